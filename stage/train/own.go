package train

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/unread"
	"suiren/store"
)

// A Continue goes on training all of a model on rows of tokens: on raw text or
// on conversations.
type Continue struct {
	Base      stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	From      stage.Ref `plan:"from,optional" kinds:"tokens" learnt:"yes"`
	Examples  stage.Ref `plan:"examples,optional" kinds:"examples" part:"train" json:",omitzero" learnt:"yes"` // instead of from: chats
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`                    // rows a step
	Rate      float64   `plan:"rate,optional" factor:"0.004" min:"0.00001" max:"100"` // factor of the learning rates
	Optimizer string    `plan:"optimizer,optional"`
	Schedule  string    `json:",omitempty" plan:"schedule,optional"`
	Clip      float64   `json:",omitempty" plan:"clip,optional" min:"0.0001" max:"100000"`
	Warmup    *float64  `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`      // share of the steps over which the rate rises
	Decay     *float64  `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"` // of matrices, by the learning rate
	Storage   string    `json:",omitempty" plan:"storage,optional"`                       // of the weights while they are trained
	Gradients string    `json:",omitempty" plan:"gradients,optional"`                     // how the products of gradients are computed: f32, bf16x3, bf16x6
	Type      string    `plan:"type,optional"`                                            // of those that are written; "": as they are stored
	Seed      uint64    `plan:"seed,optional"`
	Watch     stage.Ref `plan:"watch,optional" kinds:"examples,corpus" part:"watch" json:",omitzero" learnt:"yes"` // not trained on: their loss is told
	Patience  int       `plan:"patience,optional" min:"1" max:"1000" json:",omitzero"`                             // looks at watch without a lower loss

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

// Name, Revision and Out implement stage.Operator.
func (*Continue) Name() string    { return "continue" }
func (c *Continue) Revision() int { return 9 + inBlocks(c.Type) }
func (*Continue) Out() store.Kind { return store.Weights }

// Check implements stage.Checker.
func (c *Continue) Check() []*say.Error {
	return slices.Concat(checkMethod(c.Optimizer), checkSchedule(c.Schedule), checkStorage(c.Storage), checkGradients(c.Gradients), checkType(c.Type), checkSource(c.From, c.Examples), checkWatch(c.Watch, c.Patience))
}

// Settled implements stage.Settler.
func (c *Continue) Settled() map[string]any {
	o := c.own()
	return map[string]any{"epochs": o.epochs, "batch": o.batch, "optimizer": "adamw", "schedule": "linear", "clip": 1, "warmup": o.warm(), "weight_decay": 0, "storage": "f32", "gradients": "f32", "type": string(orMixture(o.typ)), "seed": o.seed}
}

// Forecast implements stage.Forecaster.
func (c *Continue) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	return c.own().forecast(in, m)
}

func (c *Continue) own() *own {
	return &own{method: c.Name(), examples: c.Examples, epochs: orDefault(c.Epochs, 1), batch: orDefault(c.Batch, 16), rate: orDefault(c.Rate, continueRate), ours: unsaid(c.Rate, ourRate), optimizer: c.Optimizer,
		schedule: c.Schedule, clip: c.Clip, warmup: c.Warmup, decay: c.Decay, half: inHalves(c.Storage), split: SplitOf(c.Gradients), typ: written(c.Type, c.Storage), seed: c.Seed, every: c.Every, patience: c.Patience}
}

// Run implements stage.Operator.
func (c *Continue) Run(ctx context.Context, job *stage.Job) error {
	return c.own().run(ctx, job)
}

// A LoRA trains adapters over a model that stays as it is, in the type it has:
// over quantised weights this is QLoRA.
type LoRA struct {
	Base      stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	From      stage.Ref `plan:"from,optional" kinds:"tokens" learnt:"yes"`
	Examples  stage.Ref `plan:"examples,optional" kinds:"examples" part:"train" json:",omitzero" learnt:"yes"` // instead of from: chats
	Adapter   stage.Ref `json:",omitzero" plan:"adapter,optional" kinds:"weights" path:"adapter" learnt:"yes"` // that is trained on; none: a new one
	Rank      int       `plan:"rank,optional" min:"1" max:"1024"`
	Alpha     float64   `plan:"alpha,optional" min:"0.001" max:"100000"`
	Targets   []string  `plan:"targets,optional"` // none: every matrix of the blocks
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`                    // rows a step
	Rate      float64   `plan:"rate,optional" factor:"0.004" min:"0.00001" max:"100"` // factor of the learning rates
	Optimizer string    `plan:"optimizer,optional"`
	Schedule  string    `json:",omitempty" plan:"schedule,optional"`
	Clip      float64   `json:",omitempty" plan:"clip,optional" min:"0.0001" max:"100000"`
	Warmup    *float64  `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`      // share of the steps over which the rate rises
	Decay     *float64  `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"` // of matrices, by the learning rate
	Gradients string    `json:",omitempty" plan:"gradients,optional"`                     // how the products of gradients are computed: f32, bf16x3, bf16x6
	Seed      uint64    `plan:"seed,optional"`
	Watch     stage.Ref `plan:"watch,optional" kinds:"examples,corpus" part:"watch" json:",omitzero" learnt:"yes"` // not trained on: their loss is told
	Patience  int       `plan:"patience,optional" min:"1" max:"1000" json:",omitzero"`                             // looks at watch without a lower loss

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

// Name, Revision and Out implement stage.Operator.
func (*LoRA) Name() string    { return "lora" }
func (*LoRA) Revision() int   { return 10 }
func (*LoRA) Out() store.Kind { return store.Weights }

// MakesAdapter implements stage.Adapted.
func (*LoRA) MakesAdapter() bool { return true }

// Check implements stage.Checker.
func (l *LoRA) Check() []*say.Error {
	rank := l.Rank
	if l.Adapter.IsZero() {
		rank = l.own().lora.Rank
	}
	return slices.Concat(checkAdapter(l.Adapter, rank, l.Alpha, l.Targets), checkMethod(l.Optimizer), checkSchedule(l.Schedule), checkGradients(l.Gradients), checkSource(l.From, l.Examples), checkWatch(l.Watch, l.Patience))
}

// Settled implements stage.Settler.
func (l *LoRA) Settled() map[string]any {
	o := l.own()
	m := map[string]any{"epochs": o.epochs, "batch": o.batch, "optimizer": "adamw", "schedule": "linear", "clip": 1, "warmup": o.warm(), "weight_decay": 0, "gradients": "f32", "seed": o.seed}
	if l.Adapter.IsZero() {
		m["rank"], m["alpha"] = o.lora.Rank, o.lora.Alpha
	}
	return m
}

// Forecast implements stage.Forecaster.
func (l *LoRA) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	return l.own().forecast(in, m)
}

func (l *LoRA) own() *own {
	return &own{method: l.Name(), examples: l.Examples, epochs: orDefault(l.Epochs, 1), batch: orDefault(l.Batch, 16), rate: orDefault(l.Rate, loraRate), ours: unsaid(l.Rate, ourLoRARate), optimizer: l.Optimizer,
		schedule: l.Schedule, clip: l.Clip, warmup: l.Warmup, decay: l.Decay, split: SplitOf(l.Gradients), seed: l.Seed, every: l.Every, patience: l.Patience, from: l.Adapter, lora: adapterOf(l.Adapter, orDefault(l.Rank, 16), l.Alpha, l.Targets, l.Seed)}
}

// Run implements stage.Operator.
func (l *LoRA) Run(ctx context.Context, job *stage.Job) error {
	return l.own().run(ctx, job)
}

// Factors of the learning rates unless the plan says otherwise: of AdamW they
// make 2e-5 for whole models, and ten times that for adapters (training.md 7).
// Models that were trained here from random weights are a thousand times
// smaller, and learn next to nothing at that. Theirs is divided by the width:
// over a width of 128 AdamW at 8e-4 and 2e-3 came to 1.75 and 1.44 where it was
// at 4.06 with 2e-5, over 256 at 4e-4, 1e-3 and 2e-3 to 1.96, 2.11 and 2.18.
const (
	continueRate = 0.005
	loraRate     = 0.05
	ourRate      = 24
	ourLoRARate  = 4 * ourRate
)

// usual is the rate where the plan says none, over a base of such a width, which was
// trained here from random weights if it is ours.
func (o *own) usual(isOurs bool, width int) float64 {
	rate, ours := continueRate, float64(ourRate)
	if o.lora != nil {
		rate, ours = loraRate, ourLoRARate
	}
	if isOurs {
		return ours / float64(width)
	}
	return rate
}

// unsaid is a default where the plan says no rate; 0 where it does.
func unsaid(rate, unless float64) float64 {
	if rate > 0 {
		return 0
	}
	return unless
}

// own is a run over rows that goes on from a model of any family.
type own struct {
	method     string
	examples   stage.Ref // chats that it learns from
	epochs     int
	batch      int
	rate       float64
	ours       float64 // rate times width, over a model that was trained here from random weights; 0: rate
	native     float64 // the default of the rate of the recipe of a model of our own, of which all weights learn; 0: no recipe
	optimizer  string
	schedule   string       // "": linear
	clip       float64      // 0: 1
	warmup     *float64     // share of the steps; nil: a tenth
	decay      *float64     // of weights; nil: none
	half       bool         // weights are kept in bfloat16 while they are trained
	split      kernel.Split // of what numbers the products of gradients are
	typ        model.Mixture
	seed       uint64
	every      time.Duration
	lora       *model.LoRA
	from       stage.Ref     // the adapter that it goes on from; none: lora is a new one
	formed     bool          // … its form is known, and is lora's: of a forecast
	first      string        // … the folder: of a run, where lora has its form
	whole      *model.Config // of a student that is a model of our own, of which all weights learn in rows of its context; nil: others
	ends       []int32       // tokens with which the turns end that are learnt
	patience   int
	fair       bool  // of labels: true and false weigh the same
	watched    bool  // of a forecast: some of it is answered
	beside     int64 // bytes of what else the run keeps
	slimBeside int64 // the same, if an adapter learnt instead of all weights
	held       int64 // bytes of examples that the process keeps, which are not in need
	need       int64 // bytes of all of it, as learner found
	proof      int64 // bytes of it that are taken at the end
}

func (o *own) run(ctx context.Context, job *stage.Job) error {
	b, err := openBrought(job.Dir("base"))
	if err != nil {
		return unread.Error("base", job.Dir("base"), err)
	}
	defer b.Close()
	if err := o.goOn(job, b); err != nil {
		return err
	}
	if o.ours > 0 && b.words.Own() { // in a folder or a GGUF file
		o.rate = o.ours / float64(b.Shape.Width)
	}
	shape, err := b.trainShape(o.lora != nil)
	if err != nil {
		return err
	}
	if bad := unwritable(b.words, o.typ); bad != nil {
		return bad
	}
	tellAside(job)
	rows, err := openLearnt(ctx, job, b)
	if err != nil {
		return err
	}
	defer rows.close()
	if rows.words != "" {
		o.ends = b.words.TurnEnd()
		if bad := unwritable(b.words, o.typ, o.ends...); bad != nil {
			return bad
		}
	}
	o.held = int64((tokenBytes + rowBytes) * rows.kept)
	l, err := o.learner(job, b, rows.length)
	if err != nil {
		return err
	}
	defer l.Close()
	base, err := readFacts(job.Dir("base"))
	if err != nil {
		base = facts{} // the owner's
	}
	before := 0 // steps of the adapter
	if o.first != "" {
		if err := base.under(o.first); err != nil {
			return err
		}
		before = base.Steps
	}
	if base.Loss > 0 {
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"base_loss": base.Loss}})
	}
	if rows.own {
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"own_words": 1}})
	}
	direct := rows.leaves(b.words)
	tellDirect(job, direct)
	forward := 3.0
	if o.lora != nil {
		forward = 2
	}
	order, batch := shuffle{n: rows.n, seed: o.seed}, o.batchOf(rows.n)
	t := tuning{job: job, l: l, steps: stepsOf(rows.n, batch, o.epochs), every: o.every}
	t.schedule, t.st.FLOPs = warmed(gentle(t.steps), o.warmup, t.steps), base.FLOPs
	if form, ok := schedules[o.schedule]; ok {
		t.schedule.Form = form
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"params": float64(b.Shape.Params()), "vocab": float64(b.Shape.Vocab), "batch": float64(batch), "rows": float64(rows.n),
		"warmup": float64(t.schedule.Warmup), "supervised": rows.share, "epochs": float64(t.steps) * float64(batch) / float64(rows.n), "of_usual_rate": o.rate / o.usual(b.words.Own(), b.Shape.Width)}})
	tellFew(job, t.steps, false)
	t.batch = func(ctx context.Context, step int) (outcome, error) {
		var list []model.Row
		for i := range batch {
			list = append(list, rows.row(order.at(step*batch+i)))
		}
		loss, _, _, err := l.AccumulateUntil(ctx, mean(list))
		if err != nil {
			return outcome{}, err
		}
		out := outcome{loss: loss}
		for _, r := range list {
			docs, supervised := lengths(r)
			out.flops += forward * shape.FLOPs(docs, supervised)
			out.tokens += len(r.IDs)
		}
		return out, nil
	}
	if dir := job.Dir("watch"); dir != "" {
		if t.watch, err = o.lookout(ctx, job, b, l, dir, rows, t.steps); err != nil {
			return err
		}
		defer t.watch.Close()
	}
	if err := t.run(ctx); err != nil {
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": t.st.FLOPs - base.FLOPs, "steps": float64(t.st.Step)}})
	f := facts{Method: o.method, Think: rows.think, Direct: direct, Steps: before + t.st.Step, FLOPs: t.st.FLOPs, Loss: rounded(t.st.Last.mean()), Stop: t.stop, Taught: base.Taught, Left: rows.left}
	f.Taught.Or(rows.taught)
	if f.Parity, err = o.write(job, b, l, rows); err != nil {
		return err
	}
	if o.lora != nil {
		if err := f.trainedIn(b.words, o.first, o.ends); err != nil {
			return err
		}
	}
	return stage.WriteJSON(filepath.Join(job.Out, stage.WeightsFile), f)
}

// lookout watches a part of examples, or a corpus, beside a run over rows.
func (o *own) lookout(ctx context.Context, job *stage.Job, b *brought, l *Learner, dir string, rows *learnt, steps int) (*lookout, error) {
	w, err := b.writer()
	if err != nil {
		return nil, err
	}
	w.Direct = rows.leaves(b.words) // sampled as it will be asked
	watch, err := newLookout(job, l, w, steps, o.patience)
	if err != nil {
		return nil, err
	}
	watch.choice, watch.direct = rows.choice, rows.direct
	if err := watch.watchAll(ctx, dir, rows.length, watchRows, steps, b, o); err != nil {
		watch.Close()
		return nil, err
	}
	return watch, nil
}

// lengths returns those of a row's documents, and its supervised tokens.
func lengths(r model.Row) (docs []int, supervised int) {
	for i := range len(r.Docs) - 1 {
		docs = append(docs, r.Docs[i+1]-r.Docs[i])
	}
	for _, w := range r.Weight {
		if w != 0 {
			supervised++
		}
	}
	return docs, supervised
}

// settings are those of the optimiser.
func (o *own) settings() optim.Settings {
	if o.native > 0 {
		return o.recipe(o.native)
	}
	s := methods[o.optimizer].Default()
	if o.optimizer == "" {
		s = optim.AdamW.Default()
		s.Eps = 1e-8
	}
	s.Muon, s.Adam, s.Decay, s.Clip = s.Muon*float32(o.rate), s.Adam*float32(o.rate), decayOf(o.decay, 0), orDefault(o.clip, 1)
	return s
}

// warm is the share of the steps over which the rate rises.
func (o *own) warm() float64 {
	if o.warmup != nil {
		return *o.warmup
	}
	return 0.1
}

// learner makes a learner that fits the memory (fit).
func (o *own) learner(job *stage.Job, b *brought, length int) (*Learner, error) {
	tr, fits, err := o.fit(b, length, job.Machine)
	if bad := wrongTarget(err); bad != nil {
		return nil, bad
	}
	if err != nil {
		return nil, err
	}
	if !fits {
		return nil, o.tooLarge(b, length, job.Machine)
	}
	text := needs(o.need, tr)
	note(job, text)
	trainer, err := b.NewTrainer(tr)
	if err != nil {
		return nil, err
	}
	if o.first != "" {
		if err := trainer.ReadAdapter(o.first); err != nil {
			trainer.Close()
			return nil, adapterError(err)
		}
	}
	var list []optim.Param
	params, grads := trainer.Trained()
	for i, t := range params {
		p := optim.Param{Data: t.Data, Half: t.Half, Grad: grads[i].Data, Rows: t.Shape[0], Cols: 1, Matrix: t.Matrix, Rate: 1}
		if len(t.Shape) == 2 {
			p.Cols = t.Shape[1]
		}
		list = append(list, p)
	}
	opt, err := optim.New(o.settings(), list, trainer.Team())
	if err != nil {
		trainer.Close()
		return nil, err
	}
	return &Learner{Trainer: trainer, Optimizer: opt}, nil
}

// write writes what was trained and proves that it is served as it is.
func (o *own) write(job *stage.Job, b *brought, l *Learner, rows *learnt) (*parity, error) {
	if err := pinned(job); err != nil {
		return nil, err
	}
	prompts := promptsOf(rows, b)
	if o.lora != nil {
		digest, err := b.Digest()
		if err != nil {
			return nil, err
		}
		if err := l.WriteAdapter(job.Out, digest, *o.lora); err != nil {
			return nil, err
		}
		ad, err := model.OpenAdapter(job.Out, &b.Shape)
		if err != nil {
			return nil, learntNothing(err)
		}
		defer ad.Close()
		x := model.AsF32
		if b.Quantised() { // served with activations rounded to eight bits
			x = model.AsQ8_0
		}
		return gate(job, ofTrainer(l.Trainer), b.File.Within(l.Trainer.Length()), ad, prompts, x, b.Quantised())
	}
	x := orMixture(o.typ)
	out, err := b.write(job, b.With(l.Params), x, o.ends...)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if err := sameWords(b, out, o.ends...); err != nil {
		return nil, err
	}
	return gate(job, ofTrainer(l.Trainer), out.File.Within(l.Trainer.Length()), nil, prompts, x, false)
}

func orMixture(x model.Mixture) model.Mixture {
	if x == "" {
		return model.AsF32
	}
	return x
}

// gate compares logits with those of a decoder of f, and says how near they are. over: x is
// so coarse because the base is.
func gate(job *stage.Job, want logitsOf, f *model.File, ad *model.Adapter, prompts [][]int32, x model.Mixture, over bool) (*parity, error) {
	got, done, err := served(f, ad, job.Machine.Threads)
	if err != nil {
		return nil, err
	}
	defer done()
	p, err := compareLogits(want, got, prompts, f.Shape.Vocab, x)
	if err == nil {
		text := p.text()
		note(job, text)
	}
	if bad, ok := errors.AsType[*say.Error](err); ok && errors.Is(err, stage.ErrRefused) {
		bad.Next = p.afterwards(&f.Shape, x, over)
	}
	return &p, err
}

// learntNothing is err, or what to say of an adapter that was trained to numbers that are
// none: its file is in a folder of the run that is gone.
func learntNothing(err error) error {
	bad, ok := errors.AsType[*weights.FormatError](err)
	if !ok || bad.Why != model.NotFinite {
		return err
	}
	return &say.Error{Where: "base", What: say.T("training made weights of the adapter that are not finite (%s): the numbers of the base, or the rate, are too large", "训练得到的适配器权重含有非有限的数（%s）：基座的数值或 rate 过大", bad.Place),
		Next: say.T("take another base, or a whole copy of it; if the base answers as it should, lower rate", "请改用其他基座，或换用完整的副本；若基座本身回答正常，请调低 rate"), Err: err}
}
