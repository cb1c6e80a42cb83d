package train

import (
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// ownFresh is how a student of random weights learns as the plan says.
func (d *Distil) ownFresh() own {
	o := d.own()
	if o.decay == nil {
		usual := float64(methods[d.Optimizer].Default().Decay)
		o.decay = &usual
	}
	return o
}

// fresh makes a student of random weights that reads what its teacher reads.
func (r *distilling) fresh(length int) error {
	d, job, home := r.Distil, r.job, r.job.Dir("teacher")
	if words, err := talk.Open(home); err == nil && words.GGUF && words.Own() {
		return packedTeacher()
	}
	if !tokenizer.IsChat(home) {
		return foreignTeacher()
	}
	tok, err := tokenizer.Load(home)
	if err != nil {
		return err
	}
	if length == 0 {
		shape, err := model.FromFolder(home)
		if err != nil {
			return err
		}
		length = min(shape.Context, mostTokens)
	}
	r.home, r.s = home, &student{job: job, facts: facts{Think: true}}
	r.s.isOurs(d.ownFresh(), model.Scale(d.Depth, tok.Vocab(), length), d.rate(), func(p *model.Params) error {
		p.Init(d.Seed)
		return nil
	})
	r.s.own.batch = min(d.batch(), microRows)
	r.s.w, err = newWriter(home, length)
	return err
}

// foreignTeacher is the error of a student of random weights whose teacher goes back to a
// model that was brought.
func foreignTeacher() *say.Error {
	return &say.Error{Where: "depth", What: say.T("a student of random weights needs a teacher that was trained here from random ones", "从随机权重开始的学生，需要在此从随机权重训练的教师"),
		Next: say.T("give a base instead of depth", "请用 base 代替 depth")}
}

// packedTeacher is the error of one whose teacher speaks our own chat, and is a GGUF file:
// it was quantised.
func packedTeacher() *say.Error {
	return &say.Error{Where: "teacher", What: say.T("the teacher is quantised: a student of random weights takes its tokenizer from a folder, and this is a GGUF file", "教师是量化过的：从随机权重开始的学生要从文件夹取得分词器，而它是 GGUF 文件"),
		Next: say.T("name the weights that were quantised, or give a base instead of depth", "请改用量化之前的权重作教师，或用 base 代替 depth")}
}

// unlearnable finds fault with b as the teacher of a student of random weights, made or not;
// nil also where it cannot be read, which is told by itself.
func (b *footing) unlearnable() []*say.Error {
	switch {
	case len(b.bad) > 0:
		return nil
	case b.brought:
		return []*say.Error{foreignTeacher()}
	case !b.chat:
		return []*say.Error{packedTeacher()}
	}
	return nil
}

// freshPupil foretells a student of random weights of shape c, beside a teacher that takes
// so many bytes.
func (d *Distil) freshPupil(c model.Config, beside int64, watched bool, m stage.Machine) *pupil {
	s := &pupil{footing: footing{shape: model.Shape{Config: c, Tied: true}, chat: true}, length: c.Context,
		way: way{threads: m.Threads, split: SplitOf(d.Gradients), tiles: m.Tiles, muon: methods[d.Optimizer] == optim.Muon, eight: d.Optimizer == "adamw8"}}
	s.f.Size, s.f.Model = sizeOf(&s.shape), unmade(model.Unmade(c, orMixture(written("", d.Storage))))
	o := d.ownFresh()
	o.whole, o.batch, o.beside, o.watched = &c, min(d.batch(), microRows), beside, watched
	s.run, s.most = o, c.Context
	o.foretellOver(&s.f, nil, &s.way, c.Context, m) // of no base there is no error
	if !s.way.again {
		s.way.micro = o.batch
	}
	for n := d.Depth - 1; m.Memory > 0 && s.f.Memory > m.Memory && n > 0; n-- {
		less := model.Scale(n, c.Vocab, c.Context)
		o.whole = &less
		if _, fits, err := o.fit(nil, c.Context, m); fits && err == nil {
			s.f.Smaller = append([]say.Text{say.T("depth = %d", "depth = %d", n)}, s.f.Smaller...)
			break
		}
	}
	return s
}
