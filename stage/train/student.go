package train

import (
	"context"
	"path/filepath"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
)

// A student is a base that learns from answers: a model of our own, or one of
// any family with its own template, whole or by an adapter.
type student struct {
	l     *Learner
	w     *writer
	facts facts
	job   *stage.Job

	brought *brought // nil: a model of our own, all of whose weights learn
	own     own
	begin   func(*model.Params) error // gives a model of our own the weights that it begins with
}

// broughtRate is the factor of the learning rates of whole models of others in
// DPO and KTO: of AdamW it makes 5e-6. An adapter learns ten times as fast.
const broughtRate = 0.00125

// studentRate is the factor over a brought base, of which rate is the plan's.
func studentRate(rate float64, rank int) float64 {
	if rank > 0 {
		return orDefault(rate, 10*broughtRate)
	}
	return orDefault(rate, broughtRate)
}

// mostTokens bounds the answers that a brought model learns from, with their
// prompts: memory goes with the longest.
const mostTokens = 4096

// openStudent opens the base, to learn as o says, and finds the form of its
// conversations. o.rate 0 is the default, which of a model of our own is ours,
// whether it lies in a folder or in a GGUF file.
func openStudent(job *stage.Job, o own, ours float64) (*student, error) {
	base, adapted := job.Dir("base"), o.lora != nil || job.Dir("adapter") != ""
	s := &student{job: job}
	var err error
	if s.facts, err = readFacts(base); err != nil {
		s.facts = facts{} // the owner's
	}
	s.facts.Left = nil // of what the base learnt
	tellAside(job)
	if !adapted && tokenizer.IsChat(base) {
		file, err := model.Open(base) // whose sizes are those of its tensors
		if err != nil {
			return nil, unread.Error("base", base, err)
		}
		c := file.Shape.Config
		file.Close()
		if s.w, err = newWriter(base, c.Context); err != nil {
			return nil, err
		}
		s.isOurs(o, c, ours, func(p *model.Params) error {
			params, arena, err := model.Load(base)
			if err != nil {
				return unread.Error("base", base, err)
			}
			defer arena.Close()
			return p.Copy(params)
		})
		s.facts.Direct = s.w.Direct
		return s, nil
	}
	if s.brought, err = openBrought(base); err != nil {
		return nil, unread.Error("base", base, err)
	}
	b := s.brought
	if err := o.goOn(job, b); err != nil {
		b.Close()
		return nil, err
	}
	if o.first != "" {
		if err := s.facts.under(o.first); err != nil {
			b.Close()
			return nil, err
		}
		s.facts.Left = nil
	}
	rank := o.rank()
	if _, err := b.trainShape(rank > 0); err != nil {
		b.Close()
		return nil, err
	}
	s.own = o
	s.own.batch, s.own.rate = 4, studentRate(o.rate, rank)
	if rank == 0 && b.words.Own() {
		s.own.rate, s.own.native = o.rate, ours
	}
	if s.w, err = s.brought.writer(); err != nil {
		b.Close()
		return nil, err
	}
	s.own.ends, s.facts.Direct = s.w.TurnEnd(), s.w.Direct
	return s, nil
}

// isOurs makes s a model of our own of shape c, all of whose weights learn as o says; begin
// gives it those that it begins with, and ours is the default of the rate.
func (s *student) isOurs(o own, c model.Config, ours float64, begin func(*model.Params) error) {
	s.own, s.begin = o, begin
	s.own.whole, s.own.batch, s.own.native = &c, microRows, ours
}

// learns notes what the student learns from rows: texts teach no end of a turn, and
// chats without thoughts to be asked without.
func (s *student) learns(info stage.RowsInfo) {
	if info.Words == "" {
		s.own.ends = nil
		return
	}
	knows, _ := s.w.Thinks()
	s.facts.Direct = info.Direct() && knows
}

// follows notes that the student learns what a teacher writes, who was asked as it is
// where it is served.
func (s *student) follows(teacher *writer) {
	if knows, _ := teacher.Thinks(); knows {
		knows, _ = s.w.Thinks()
		s.facts.Direct = teacher.Direct && knows
	}
}

// said writes a teacher's answers to problems in the student's own words, as far as they fit.
func (s *student) said(problems []stage.Problem, answers []said) (docs []doc, err error) {
	var lost talk.Losses
	for _, a := range answers {
		p := &problems[a.Problem]
		d, fits, err := s.w.doc(p.ID, p.Asking(), []stage.Message{{Role: "assistant", Thought: a.Thought, Content: a.Answer}}, p.Tools)
		if err != nil {
			return nil, err
		}
		lost.Add(p.ID, d.lost)
		if fits {
			docs = append(docs, d)
		}
	}
	return docs, lost.Tell(s.job, "base", s.w.Writer)
}

// ready makes the learner, which takes the memory that docs need.
func (s *student) ready(docs []doc) error {
	longest, tokens := 0, 0
	for _, d := range docs {
		longest, tokens = max(longest, len(d.ids)), tokens+len(d.ids)
	}
	s.own.held = tokenBytes * int64(tokens)
	return s.readyFor(longest)
}

// readyFor is ready for documents of up to longest tokens.
func (s *student) readyFor(longest int) (err error) {
	longest = max(longest, min(promptTokens, s.context())) // what the gate reads
	if s.brought == nil {
		s.l, err = s.own.wholeLearner(s.job, longest, s.begin)
		return err
	}
	if s.l, err = s.own.learner(s.job, s.brought, longest); err == nil {
		s.l.length = longest
	}
	return err
}

// context is the most tokens that the student reads.
func (s *student) context() int {
	if s.brought != nil {
		return s.brought.Shape.Context
	}
	return s.own.whole.Context
}

// length is the most tokens of a row.
func (s *student) length() int { return orDefault(s.l.length, s.l.Params.Config.Context) }

// A speaker answers with the weights as they are now.
type speaker struct {
	*infer.Sampler
	adapter *model.Adapter
	limit   int
}

// speaker lets the student answer up to slots requests of limit tokens at a
// time; memory bounds its keys and values, 0: it does not.
func (s *student) speaker(slots, limit int, memory int64) (*speaker, error) {
	return newSpeaker(s.job, s.brought, s.l, slots, limit, memory)
}

// newSpeaker is the speaker of a learner: of b, or of a model of our own.
func newSpeaker(job *stage.Job, b *brought, l *Learner, slots, limit int, memory int64) (*speaker, error) {
	threads := job.Machine.Threads
	if b == nil {
		sampler, err := infer.NewSampler(l.Params, slots, limit, threads)
		return &speaker{Sampler: sampler, limit: limit}, err
	}
	f, ad := b.File, l.Adapter()
	if ad == nil {
		f = f.With(l.Params)
	}
	f = f.Within(l.Trainer.Length())
	o, _, err := within(f, infer.Options{Slots: slots, Limit: limit, Threads: threads, KV: model.KVFloat32, Tokens: b.words.Tokenizer.Vocab()}, memory)
	if err != nil {
		return nil, err
	}
	sampler, err := infer.OpenSampler(f, o)
	if err != nil {
		return nil, err
	}
	return &speaker{sampler, ad, sampler.Limit()}, nil
}

// within bounds the keys and values of an engine by memory, if its slots need
// more; 0: it does not. It returns what the engine takes, too.
func within(f *model.File, o infer.Options, memory int64) (infer.Options, infer.Memory, error) {
	m, err := infer.Plan(f, o)
	if err == nil && memory > 0 && m.Pages > memory {
		o.Memory = memory
		m, err = infer.Plan(f, o)
	}
	return o, m, err
}

// speakerBytes is the memory of what answers some of what is watched over b, as
// it is or with all its weights in training.
func (o *own) speakerBytes(b *brought, limit, threads int) (int64, error) {
	if o.isWhole() {
		pages, rest := infer.SamplerBytes(*o.whole, watchSamples, o.whole.Context, threads)
		return 4*int64(o.whole.Params()) + pages + rest, nil
	}
	_, takes, err := within(b.File, infer.Options{Slots: watchSamples, Limit: limit, Threads: max(threads, 1), KV: model.KVFloat32}, 0)
	if o.lora != nil || err != nil {
		return takes.Total(), err
	}
	return b.as(model.AsF32, takes.Total())
}

// watching makes a lookout's samples, if there is memory for a decoder beside
// what the run over b needs; b is nil of a model of our own, and run of one from random weights.
func (o *lookout) watching(b *brought, run *own, limit int) error {
	if run != nil {
		_, speaks, err := run.peak(b, limit, o.job.Machine)
		if err != nil {
			return err
		}
		if !speaks {
			text := say.T("no samples: the memory has no room for a decoder beside training", "不抽样：训练之外的内存放不下解码器")
			note(o.job, text)
			return nil
		}
	}
	o.speak = func() (*speaker, error) { return newSpeaker(o.job, b, o.l, watchSamples, limit, 0) }
	return nil
}

// Repack makes changed parameters count.
func (s *speaker) Repack() error {
	if s.adapter != nil { // the base stays, and the learner has packed the rest
		return s.Sampler.Forget()
	}
	return s.Sampler.Repack()
}

// Run answers requests as the student would.
func (s *speaker) Run(ctx context.Context, reqs []infer.Request, done func()) ([]infer.Result, error) {
	for i := range reqs {
		reqs[i].Adapter = s.adapter
	}
	return s.Sampler.Run(ctx, reqs, done)
}

// write writes the trained weights.
func (s *student) write(f facts) (err error) {
	if s.brought == nil {
		return writeFolder(s.job, s.job.Dir("base"), s.l.Params, f)
	}
	f.Loss = rounded(f.Loss)
	if s.own.lora != nil {
		if err := f.trainedIn(s.brought.words, s.own.first, s.own.ends); err != nil {
			return err
		}
	}
	if f.Parity, err = s.own.write(s.job, s.brought, s.l, nil); err != nil {
		return err
	}
	return stage.WriteJSON(filepath.Join(s.job.Out, stage.WeightsFile), f)
}

// Close frees the memory.
func (s *student) Close() {
	if s.l != nil {
		s.l.Close()
	}
	if s.brought != nil {
		s.brought.Close()
	}
}
