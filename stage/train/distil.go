package train

import (
	"context"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Distil teaches a smaller model what a teacher says: its distribution over
// the next token, of rows that are given (logits), or of answers that it wrote
// to problems and got right (sequences). A teacher of another vocabulary judges
// the tokens that both have.
type Distil struct {
	Teacher   stage.Ref `plan:"teacher" kinds:"weights" path:"model" learnt:"no"`
	Base      stage.Ref `plan:"base,optional" kinds:"weights" path:"model" learnt:"yes"` // none: random weights
	Depth     int       `plan:"depth,optional" min:"1" max:"64"`
	From      stage.Ref `plan:"from,optional" kinds:"tokens" learnt:"yes"`
	Problems  stage.Ref `plan:"problems,optional" kinds:"examples" part:"train" learnt:"yes"`
	Top       *int      `plan:"top,optional" min:"0" max:"256"`        // the teacher's likeliest tokens that are learnt; 0: only its text
	Hard      float64   `plan:"hard,optional" min:"0" max:"1"`         // share of the text's own token
	Count     int       `plan:"count,optional" min:"1" max:"10000000"` // problems that the teacher answers, evenly among all
	Tokens    int       `plan:"tokens,optional" min:"8" max:"8192"`    // of an answer that the teacher writes
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`                   // rows a step
	Rate      float64   `plan:"rate,optional" factor:"0.004" min:"0.0001" max:"100"` // factor of the learning rates
	Optimizer string    `plan:"optimizer,optional"`
	Seed      uint64    `plan:"seed,optional"`
	Adapter   stage.Ref `json:",omitzero" plan:"adapter,optional" kinds:"weights" path:"adapter" learnt:"yes"`     // that is trained on; none: a new one
	Rank      int       `json:",omitempty" plan:"rank,optional" min:"1" max:"1024"`                                // of an adapter over a base of another family
	Alpha     float64   `json:",omitempty" plan:"alpha,optional" min:"0.001" max:"100000"`                         // of the adapter; none: twice its rank
	Targets   []string  `json:",omitempty" plan:"targets,optional"`                                                // of the adapter; none: every matrix of the blocks
	Watch     stage.Ref `plan:"watch,optional" kinds:"examples,corpus" part:"watch" json:",omitzero" learnt:"yes"` // not trained on: their loss is told
	Patience  int       `plan:"patience,optional" min:"1" max:"1000" json:",omitzero"`                             // looks at watch without a lower loss
	Warmup    *float64  `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`                               // share of the steps over which the rate rises
	Decay     *float64  `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"`                          // of matrices, by the learning rate
	Storage   string    `json:",omitempty" plan:"storage,optional"`                                                // of all weights while they are trained
	Gradients string    `json:",omitempty" plan:"gradients,optional"`                                              // how the products of gradients are computed: f32, bf16x3, bf16x6

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

// Name, Revision and Out implement stage.Operator.
func (*Distil) Name() string { return "distil" }
func (d *Distil) Revision() int {
	if !d.Problems.IsZero() {
		return 12 // a teacher of another vocabulary reads by its own context; answers are read differently by verifiers; thoughts are learnt as the template writes them; the loss that is told is another mean, and the owner's have no order
	}
	return 10 // and watched so; and those with no order are drawn; and a teacher of another vocabulary reads by its own context
}
func (*Distil) Out() store.Kind { return store.Weights }

// MakesAdapter implements stage.Adapted.
func (d *Distil) MakesAdapter() bool { return d.Rank > 0 || !d.Adapter.IsZero() }

// Check implements stage.Checker.
func (d *Distil) Check() []*say.Error {
	list := checkMethod(d.Optimizer)
	one := func(a, b string, hasA, hasB bool) {
		switch {
		case hasA && hasB:
			list = append(list, &say.Error{Where: b, What: say.T("%s and %s exclude each other", "%s 与 %s 不能同时给出", a, b), Next: say.T("keep one of them", "请只保留一个")})
		case !hasA && !hasB:
			list = append(list, &say.Error{Where: a, What: say.T("neither %s nor %s is given", "%s 与 %s 都没有给出", a, b), Next: say.T("give one of them", "请给出其中一个")})
		}
	}
	one("base", "depth", !d.Base.IsZero(), d.Depth > 0)
	one("from", "problems", !d.From.IsZero(), !d.Problems.IsZero())
	if where := firstOf(map[string]bool{"count": d.Count > 0, "tokens": d.Tokens > 0}); where != "" && !d.From.IsZero() {
		list = append(list, withoutEffect(where, say.T("it is said of problems, and rows are given", "它针对 problems，而这里给的是 from"), say.T("leave it out", "请省略此项")))
	}
	if d.top() == 0 && !d.From.IsZero() {
		list = append(list, withoutEffect("top", say.T("of rows that are given, the teacher's judgement is all that it teaches", "对给定的词元行，教师只能教它的评判"), say.T("make it larger, or train on the rows with sft or continue", "请调大它，或用 sft、continue 训练这些行")))
	}
	if d.top() > 0 && d.Hard == 1 && !d.From.IsZero() {
		list = append(list, withoutEffect("hard", say.T("with hard = 1 the text's own tokens are all that is learnt: of rows that are given the teacher would teach nothing", "hard = 1 时学的只有文本自身的词元：对给定的词元行，教师什么也教不了"), say.T("make it smaller, or train on the rows with sft or continue", "请调小它，或用 sft、continue 训练这些行")))
	}
	if d.top() == 0 && d.Hard > 0 {
		list = append(list, withoutEffect("hard", say.T("with top = 0 the text's own tokens are all that is learnt", "top = 0 时学的只有文本自身的词元"), say.T("leave it out, or make top larger", "请省略此项，或调大 top")))
	}
	if where := firstOf(map[string]bool{"rank": d.Rank > 0, "adapter": !d.Adapter.IsZero()}); where != "" && d.Depth > 0 {
		list = append(list, withoutEffect(where, say.T("random weights are trained as a whole", "随机权重只能整体训练"), say.T("leave it out", "请省略此项")))
	}
	return slices.Concat(list, checkAdapter(d.Adapter, d.Rank, d.Alpha, d.Targets), checkStored(d.Storage, d.MakesAdapter()), checkGradients(d.Gradients), checkWatch(d.Watch, d.Patience))
}

// own is how a student learns as the plan says.
func (d *Distil) own() own {
	return own{method: d.Name(), optimizer: d.Optimizer, patience: d.Patience, rate: d.Rate, seed: d.Seed,
		warmup: d.Warmup, decay: d.Decay, half: inHalves(d.Storage), split: SplitOf(d.Gradients), typ: written("", d.Storage), from: d.Adapter, lora: adapterOf(d.Adapter, d.Rank, d.Alpha, d.Targets, d.Seed)}
}

func (d *Distil) top() int {
	if d.Top == nil {
		return 16
	}
	return *d.Top
}

func (d *Distil) batch() int  { return orDefault(d.Batch, 16) }
func (d *Distil) epochs() int { return orDefault(d.Epochs, 1) }
func (d *Distil) count() int  { return orDefault(d.Count, 4096) }
func (d *Distil) tokens() int { return orDefault(d.Tokens, 192) }

// rate is SFT's from random weights, a tenth of it from a base.
func (d *Distil) rate() float64 {
	if d.Base.IsZero() {
		return orDefault(d.Rate, 1)
	}
	return orDefault(d.Rate, 0.1)
}

// Settled implements stage.Settler.
func (d *Distil) Settled() map[string]any {
	m := map[string]any{"top": d.top(), "hard": d.Hard, "epochs": d.epochs(), "batch": d.batch(), "seed": d.Seed, "warmup": 0.1, "storage": "f32", "gradients": "f32"}
	if !d.Problems.IsZero() {
		m["count"], m["tokens"] = d.count(), d.tokens()
	}
	if d.Base.IsZero() {
		m["rate"], m["optimizer"] = d.rate(), "muon"
	}
	return d.own().settled(m)
}

// A distilling is one run of Distil.
type distilling struct {
	*Distil
	job   *stage.Job
	s     *student
	t     *teacher
	home  string // whose words a student of random weights has
	count int    // of rows
	row   func(i int) model.Row
	order *shuffle // nil: that of the rows
	told  distilFacts

	direct bool         // what is learnt has no thoughts
	choice stage.Choice // what of conversations is learnt
}

// Run implements stage.Operator.
func (d *Distil) Run(ctx context.Context, job *stage.Job) error {
	r := &distilling{Distil: d, job: job, told: distilFacts{Top: d.top()}}
	if err := r.open(ctx); err != nil {
		r.close()
		return err
	}
	defer r.close()
	l, f := r.s.l, r.s.facts
	tellDirect(job, f.Direct)
	c := &l.Params.Shape
	if d.top() > 0 {
		if err := r.compare(); err != nil {
			return err
		}
	}
	j := newJudgement(r.t, job.Work, float32(d.Hard), r.row, r.count)
	if d.top() > 0 {
		if err := j.fits(ctx, job.Machine); err != nil {
			return err
		}
	}
	if r.order != nil {
		j.inOrder(r.order)
	}
	n := min(d.batch(), r.count)
	run := tuning{job: job, l: l, steps: stepsOf(r.count, n, d.epochs()), every: d.Every}
	tellFew(job, run.steps, false)
	run.schedule = warmed(gentle(run.steps), d.Warmup, run.steps)
	run.st.FLOPs = f.FLOPs
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"batch": float64(n), "rows": float64(r.count), "epochs": float64(run.steps*n) / float64(r.count)}})
	run.batch = func(ctx context.Context, step int) (o outcome, err error) {
		var list []model.Row
		for i := range n {
			at := r.at(step*n + i)
			row := r.row(at)
			if d.top() > 0 {
				if row.Soft, err = j.of(ctx, at); err != nil {
					return o, err
				}
			}
			list = append(list, row)
			o.tokens += len(row.IDs)
			o.flops += rowFLOPs(c, row)
		}
		if o.loss, _, _, err = l.AccumulateUntil(ctx, mean(list)); err != nil {
			return o, err
		}
		o.vals = map[string]float64{"loss": o.loss}
		return o, nil
	}
	if dir := job.Dir("watch"); dir != "" {
		var err error
		if run.watch, err = newLookout(job, l, r.s.w, run.steps, d.Patience); err != nil {
			return err
		}
		defer run.watch.Close()
		run.watch.direct, run.watch.choice = r.direct, r.choice
		if err := run.watch.watchAll(ctx, dir, r.s.length(), watchRows, run.steps, r.s.brought, &r.s.own); err != nil {
			return err
		}
		if err := r.mark(ctx, run.watch.rows); err != nil {
			return err
		}
	}
	before := f.FLOPs
	if err := run.run(ctx); err != nil {
		return err
	}
	r.told.Rows = r.count
	if d.top() > 0 {
		for i := range min(r.count, run.st.Step*n) {
			row := r.row(r.at(i))
			for k := range len(row.Docs) - 1 {
				if ids, _, ok := r.t.reads(row.IDs[row.Docs[k]:row.Docs[k+1]]); ok {
					r.told.TeacherFLOPs += r.t.flops(len(ids), len(ids))
				}
			}
		}
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": run.st.FLOPs - before, "steps": float64(run.st.Step), "params": float64(c.Params())}})
	f.Method, f.Steps, f.FLOPs, f.Loss, f.Distil = d.Name(), f.Steps+run.st.Step, run.st.FLOPs, run.st.Last.mean(), &r.told
	f.Stop = run.stop
	if r.home != "" {
		return writeFolder(job, r.home, l.Params, f)
	}
	return r.s.write(f)
}

// at is the number of the row at place i, counted from the first round on.
func (r *distilling) at(i int) int {
	if r.order != nil {
		return r.order.at(i)
	}
	return i % r.count
}

// close frees what open took.
func (r *distilling) close() {
	if r.t != nil {
		r.t.Close()
	}
	if r.s != nil {
		r.s.Close()
	}
}

// open opens the student and the teacher, and what the one learns.
func (r *distilling) open(ctx context.Context) (err error) {
	d, job, length := r.Distil, r.job, 0
	home := job.Dir("teacher")
	if dir := job.Dir("from"); dir != "" {
		rows, err := stage.OpenRows(dir)
		if err != nil {
			return err
		}
		r.direct, r.choice = !rows.Think(), rows.Info().Choice
		length, r.count, r.row = rows.Length(), rows.Len(), func(i int) model.Row { return readRow(rows, i) }
		if d.Base.IsZero() && job.Dir("base") == "" {
			if err := r.fresh(length); err != nil {
				return err
			}
			r.s.facts.Think = rows.Think()
		} else if err := r.student(); err != nil {
			return err
		}
		r.s.facts.Taught.Or(rows.Info().Taught)
		r.s.learns(rows.Info())
		if rows.Vocab() == r.s.w.Tokenizer.Vocab() && !wrote(r.s.w.Tokenizer, rows) {
			return foreignRows()
		}
		if bad := otherTemplate(rows.Info().Words, r.s.w.Sum); bad != nil {
			return bad
		}
		if rows.Info().Drawn {
			r.order = &shuffle{n: r.count, seed: d.Seed}
		}
		if v := r.s.w.Tokenizer.Vocab(); rows.Vocab() != v || rows.Len() == 0 || length > r.s.context() {
			return say.Errorf("%d rows of %d tokens over a vocabulary of %d do not fit a student of context %d and vocabulary %d: make the rows with its tokenizer, or name problems",
				"%d 行、每行 %d 个词元、词表 %d，与学生（上下文 %d，词表 %d）不符：请用它的分词器制作数据，或改用 problems", rows.Len(), length, rows.Vocab(), r.s.context(), v)
		}
	} else {
		if taught, err := readFacts(home); err == nil { // of an owner's nobody knows
			r.direct = taught.Method != "" && !taught.Think
		}
		if job.Dir("base") != "" {
			if err := r.student(); err != nil {
				return err
			}
		} else if err := r.fresh(0); err != nil {
			return err
		} else {
			r.s.facts.Think = !r.direct
		}
	}
	if r.t, err = readTeacher(home, d.top()); err != nil {
		return err
	}
	alike := sameTokens(r.s.w.Tokenizer, r.t.w.Tokenizer)
	if alike {
		err = r.seat(min(max(length, r.s.context()), mostTokens))
	} else if r.t.m = newMapping(r.s.w.Tokenizer, r.t.w.Tokenizer); r.row != nil { // else it is known when the problems are
		err = r.seatFor(ctx, r.row, r.count)
	}
	if err != nil {
		return err
	}
	if r.row == nil {
		if err := r.answers(ctx, alike && r.s.w.Template == nil && r.t.w.Template == nil); err != nil {
			return err
		}
	} else if err := r.s.readyFor(length); err != nil {
		return err
	}
	r.t.vocab = r.s.l.Params.Config.Vocab
	return nil
}

// seat has the teacher read documents of up to length of its tokens, beside which the student learns.
func (r *distilling) seat(length int) error {
	if err := r.t.start(length, r.job.Machine); err != nil {
		return err
	}
	r.s.own.beside, r.s.own.slimBeside = r.t.bytes, r.t.bytes
	return nil
}

// seatFor is seat for the documents of n rows, in a teacher's words that are not the student's.
func (r *distilling) seatFor(ctx context.Context, row func(i int) model.Row, n int) error {
	longest, err := r.t.m.longest(ctx, row, n, n)
	if err != nil || min(longest, r.t.file.Shape.Context) <= r.t.limit {
		return err
	}
	return r.seat(longest)
}

// student opens the base.
func (r *distilling) student() (err error) {
	r.s, err = openStudent(r.job, r.own(), r.rate())
	return err
}
