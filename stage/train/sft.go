// Package train makes weights from tokens (SFT, from random weights or a
// base) and from problems (GRPO).
package train

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// An SFT trains a model on rows of tokens, from random weights or from a base.
//
// Depth is the one dial: width, heads and the rest follow from it (see
// model.Scale) and every one of them can be set.
type SFT struct {
	From      stage.Ref `plan:"from,optional" kinds:"tokens" learnt:"yes"`
	Tokenizer stage.Ref `plan:"tokenizer,optional" kinds:"tokenizer" learnt:"no"`
	Depth     int       `plan:"depth,optional" min:"1" max:"64"`
	Width     int       `plan:"width,optional" min:"32" max:"8192"`
	Hidden    int       `plan:"hidden,optional" min:"32" max:"32768"`
	Heads     int       `json:",omitzero" plan:"heads,optional" min:"1" max:"256"`    // of queries
	KVHeads   int       `json:",omitzero" plan:"kv_heads,optional" min:"1" max:"256"` // of keys and values
	Window    int       `json:",omitzero" plan:"window,optional" min:"8" max:"8192"`  // tokens that three layers of four see; 0: all
	FLOPs     float64   `plan:"flops,optional" min:"1e6" max:"1e21"`                  // how long to train; 0: by epochs
	Minutes   float64   `plan:"minutes,optional" min:"0.001" max:"1000000"`           // the same in minutes of two free AVX2 cores
	Epochs    int       `json:",omitzero" plan:"epochs,optional" min:"1" max:"1000"`  // the same in times through the rows
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`                    // rows a step; 0: by depth
	Rate      float64   `plan:"rate,optional" factor:"0.004" min:"0.01" max:"100"`    // factor of the learning rates; 0: 1
	Seed      uint64    `plan:"seed,optional"`
	Optimizer string    `json:",omitempty" plan:"optimizer,optional"`
	Schedule  string    `json:",omitempty" plan:"schedule,optional"`                                               // wsd, linear, cosine
	Clip      float64   `json:",omitempty" plan:"clip,optional" min:"0.0001" max:"100000"`                         // largest norm of the gradients
	Warmup    *float64  `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`                               // share of the steps over which the rate rises
	Decay     *float64  `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"`                          // of matrices, by the learning rate
	Storage   string    `json:",omitempty" plan:"storage,optional"`                                                // of the weights while they are trained: f32, bf16
	Gradients string    `json:",omitempty" plan:"gradients,optional"`                                              // how the products of gradients are computed: f32, bf16x3, bf16x6
	Type      string    `json:",omitempty" plan:"type,optional"`                                                   // over a base: of the weights that are written
	Base      stage.Ref `plan:"base,optional" kinds:"weights" path:"model" json:",omitzero" learnt:"yes"`          // instead of depth: goes on from it
	Examples  stage.Ref `plan:"examples,optional" kinds:"examples" part:"train" json:",omitzero" learnt:"yes"`     // of a base, instead of from: chats
	Watch     stage.Ref `plan:"watch,optional" kinds:"examples,corpus" part:"watch" json:",omitzero" learnt:"yes"` // not trained on: their loss is told
	Patience  int       `plan:"patience,optional" min:"1" max:"1000" json:",omitzero"`                             // looks at watch without a lower loss; then the weights of the lowest are kept

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
	Rung  bool          `json:"-" plan:"-"` // of a ladder, whose budget no one can raise: it is not told that it is small
}

// Name, Revision and Out implement stage.Operator.
func (*SFT) Name() string { return "sft" }
func (s *SFT) Revision() int {
	switch {
	case !s.Base.IsZero():
		return 8 + inBlocks(s.Type) // its loss is told otherwise, twice, and of what is watched; at other rates, twice; answers without a thought end one first; bases of the K types multiply otherwise; and thoughts are learnt as the template writes them
	case s.Patience > 0:
		return s.revised(7) // those are watched; and what texts end with ends an answer
	}
	return s.revised(6)
}

func (*SFT) Out() store.Kind { return store.Weights }

// Settled implements stage.Settler.
func (s *SFT) Settled() map[string]any {
	if !s.Base.IsZero() {
		return map[string]any{"batch": s.own().batch, "rate": orDefault(s.Rate, 1), "seed": s.Seed, "optimizer": "adamw", "storage": "f32", "gradients": "f32"}
	}
	c := s.config(0, leastContext) // vocabulary and context are of the rows
	return map[string]any{"width": c.Width, "hidden": c.Hidden, "heads": c.Heads, "kv_heads": c.KVHeads, "batch": s.batch(), "rate": orDefault(s.Rate, 1), "seed": s.Seed, "optimizer": "muon", "schedule": "wsd", "storage": "f32", "gradients": "f32"}
}

// config derives the model's shape.
func (s *SFT) config(vocab, context int) model.Config {
	c := model.Scale(s.Depth, vocab, context)
	if s.Width > 0 {
		layers := c.Layers
		c = model.Scale(s.Width/32, vocab, context)
		if s.Width > 256 {
			c = model.Scale(s.Width/64+4, vocab, context)
		}
		c.Layers = layers
	}
	if s.Hidden > 0 {
		c.Hidden = s.Hidden
	}
	if s.Heads > 0 {
		c.Heads, c.KVHeads, c.HeadDim = s.Heads, s.Heads, c.Width/s.Heads
		if s.Heads%2 == 0 {
			c.KVHeads = s.Heads / 2
		}
	}
	if s.KVHeads > 0 {
		c.KVHeads = s.KVHeads
	}
	c.Window = s.Window
	return c
}

// batch is the rows of a step: 16 up to depth 4, then growing with depth.
func (s *SFT) batch() int {
	if s.Batch > 0 {
		return s.Batch
	}
	return 16 * max(1, (s.Depth+2)/4)
}

// settings are those of the optimiser, from random weights.
func (s *SFT) settings() optim.Settings {
	how := recipe(s.Optimizer, orDefault(s.Rate, 1))
	how.Decay, how.Clip = decayOf(s.Decay, how.Method.Default().Decay), s.Clip
	return how
}

// pace is the schedule of so many steps from random weights.
func (s *SFT) pace(steps int) optim.Schedule {
	return warmed(optim.Schedule{Form: schedules[s.Schedule], Warmup: max(min(20, steps/10), 1), Decay: lateDecay, End: 0.05}, s.Warmup, steps)
}

// microRows bounds the rows whose activations are alive at a time.
const microRows = 16

// perMinute is the FLOPs of a minute of training on two free AVX2 cores, about.
// A plan that says minutes says operations: the same on every machine, so that
// a faster one makes the same weights in less time.
const perMinute = 6e12

// schedules are the schedules by their names in a plan.
var schedules = map[string]optim.Form{"wsd": optim.WSD, "linear": optim.Linear, "cosine": optim.Cosine}

// checkSchedule finds fault with a schedule's name.
func checkSchedule(name string) []*say.Error {
	if _, ok := schedules[name]; ok || name == "" {
		return nil
	}
	return []*say.Error{unknown("schedule", name, []string{"wsd", "linear", "cosine"})}
}

// budget is the FLOPs to train for; 0: once through the rows.
func (s *SFT) budget() float64 {
	if s.Minutes > 0 {
		return s.Minutes * perMinute
	}
	return s.FLOPs
}

// ofRandom are the arguments in the plan that only random weights have.
func (s *SFT) ofRandom() (names []string) {
	for _, a := range []struct {
		name  string
		given bool
	}{
		{"depth", s.Depth > 0}, {"width", s.Width > 0}, {"hidden", s.Hidden > 0}, {"heads", s.Heads > 0}, {"kv_heads", s.KVHeads > 0}, {"window", s.Window > 0},
		{"flops", s.FLOPs > 0}, {"minutes", s.Minutes > 0}, {"tokenizer", !s.Tokenizer.IsZero()},
	} {
		if a.given {
			names = append(names, a.name)
		}
	}
	return names
}

// Check implements stage.Checker.
func (s *SFT) Check() []*say.Error {
	if errs := slices.Concat(checkMethod(s.Optimizer), checkSchedule(s.Schedule), checkStorage(s.Storage), checkGradients(s.Gradients), checkType(s.Type)); len(errs) > 0 {
		return errs
	}
	if !s.Base.IsZero() {
		if own := s.ofRandom(); len(own) > 0 {
			return []*say.Error{{Where: own[0], What: say.T("a base has its shape and its tokenizer, and is trained by epochs", "基座自带形状和分词器，训练多久由 epochs 规定"), Next: say.T("remove %s", "请删去 %s", own)}}
		}
		return slices.Concat(checkSource(s.From, s.Examples), checkWatch(s.Watch, s.Patience))
	}
	if s.Type != "" {
		return []*say.Error{{Where: "type", What: say.T("what is trained from random weights is written as it is stored", "从随机权重训练的模型按存放的类型写出"), Next: say.T("write it in another type by train = \"quantise\"", "请用 train = \"quantise\" 写成别的类型")}}
	}
	if s.From.IsZero() {
		return []*say.Error{{Where: "from", What: say.T("random weights are trained on rows of tokens", "随机权重要在词元行上训练"), Next: say.T("write from = tokens.name", "请写 from = tokens.名字")}}
	}
	if !s.Examples.IsZero() {
		return []*say.Error{{Where: "examples", What: say.T("examples are for a base, in whose template they are written", "examples 用于基座，按基座的模板书写"), Next: say.T("make tokens of them and name those in from", "请用它们生成 tokens，并写在 from 中")}}
	}
	if s.Depth == 0 || s.Tokenizer.IsZero() {
		bad := &say.Error{Where: "tokenizer", What: say.T("random weights have a depth and a tokenizer", "随机权重需要 depth 和 tokenizer"), Next: say.T("write tokenizer = tokenizer.name", "请写 tokenizer = tokenizer.名字")}
		if s.Depth == 0 {
			bad.Where, bad.Next = "depth", say.T("write depth = 4, or name a base", "请写 depth = 4，或指定 base")
		}
		return []*say.Error{bad}
	}
	if errs := checkWatch(s.Watch, s.Patience); errs != nil {
		return errs
	}
	if said := []bool{s.FLOPs > 0, s.Minutes > 0, s.Epochs > 0}; len(slices.DeleteFunc(said, func(b bool) bool { return !b })) > 1 {
		return []*say.Error{{Where: "minutes", What: say.T("flops, minutes and epochs all say how long to train", "flops、minutes 和 epochs 都在规定训练多久"),
			Next: say.T("keep one of them", "请只保留一个")}}
	}
	if s.Width%32 != 0 || s.Width > 256 && s.Width%64 != 0 {
		return []*say.Error{{Where: "width", What: say.T("width %d cannot be split into heads", "宽度 %d 无法分成注意力头", s.Width),
			Next: say.T("use a multiple of 32, above 256 of 64", "请用 32 的倍数，超过 256 时用 64 的倍数")}}
	}
	return s.checkHeads()
}

// checkHeads finds fault with how the width is split into heads, and with a
// window that no layer has.
func (s *SFT) checkHeads() (list []*say.Error) {
	c := s.config(1, leastContext)
	if c.Width%c.Heads != 0 || c.HeadDim%2 != 0 || c.HeadDim > mostHead {
		list = append(list, &say.Error{Where: "heads", What: say.T("a width of %d cannot be split into %d heads", "宽度 %d 无法分成 %d 个注意力头", c.Width, c.Heads),
			Next: say.T("choose heads so that each has an even size of at most %d", "请选择头数，使每个头的大小为不超过 %d 的偶数", mostHead)})
	}
	if c.Heads%c.KVHeads != 0 {
		list = append(list, &say.Error{Where: "kv_heads", What: say.T("%d heads of queries cannot share %d of keys and values", "%d 个查询头无法共用 %d 个键值头", c.Heads, c.KVHeads),
			Next: say.T("choose a number that divides %d", "请选择能整除 %d 的数", c.Heads)})
	}
	if s.Window > 0 && s.Depth == 1 {
		list = append(list, &say.Error{Where: "window", What: say.T("the last layer sees everything, and there is no other", "末层看得到全部内容，而这里只有这一层"),
			Next: say.T("leave window out, or raise depth", "请删去 window，或调大 depth")})
	}
	return list
}

// mostHead is the size of the largest head.
const mostHead = 1024

// narrow finds fault with a window in which a row of so many tokens lies whole.
func (s *SFT) narrow(length int) []*say.Error {
	if s.Window == 0 || s.Window < length {
		return nil
	}
	return []*say.Error{{Where: "window", What: say.T("rows have %d tokens, so a window of %d hides none of them", "每行有 %d 个词元，窗口 %d 遮不住任何一个", length, s.Window),
		Next: say.T("choose a smaller window, or leave it out", "请调小 window，或删去它")}}
}

// leastContext is the context of a model whose rows are shorter, or not known yet.
const leastContext = 64

// Forecast implements stage.Forecaster.
func (s *SFT) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	if len(in["base"]) > 0 {
		return s.own().forecast(in, m)
	}
	w, vocab, words := workload{}, 260, ""
	for _, arg := range []string{"tokenizer", "from"} {
		for _, f := range in[arg] {
			vocab = max(vocab, int(f.Size["vocab"]))
			if arg == "from" {
				w = rowsLoad(f)
			} else {
				words = f.Path // made, it has the chat of our own beside it
			}
		}
	}
	c := s.config(vocab, max(w.length, leastContext))
	shape := model.Own(c)
	batch := s.batchOf(int(math.Ceil(w.rows)))
	k := way{batch: batch, threads: m.Threads, passes: 1, muon: methods[s.Optimizer] == optim.Muon, eight: s.Optimizer == "adamw8", tiles: m.Tiles}
	need, fits := s.otherwise(&k, s.Gradients, c, m)
	if s.budget() == 0 {
		k.passes = passesOf(w.rows, batch, s.Epochs)
	}
	held := watchedIn(in, footing{file: words, wordsAt: words}, w.length)
	f := stage.Forecast{FLOPs: w.flops(&shape, &k), Size: sizeOf(&shape), WordsPath: words, Model: unmade(model.Unmade(c, orMixture(written("", s.Storage)))), Memory: need, Wrong: slices.Concat(otherTokenizer(in, "tokenizer"), unfit(in, stage.UseChats, "watch"), held.unfitWatched(w.length))}
	if w.length > 0 {
		f.Wrong = append(f.Wrong, s.narrow(w.length)...)
	}
	toil, share := w.toil(&shape, &k), 1.0 // of the data that the budget is enough for
	step := 0.0                            // operations of one, where the budget has not as many
	if b := s.budget(); b > 0 && f.FLOPs > 0 {
		if one := f.FLOPs / w.rows * float64(k.batch); one > b {
			step, b = one, one
		}
		share = b / f.FLOPs
		toil *= share
		f.FLOPs = b
	}
	steps := f.FLOPs / max(w.flops(&shape, &way{batch: k.batch, passes: 1, muon: k.muon})/max(w.rows, 1)*float64(k.batch), 1)
	steps = max(steps, 1)
	warm := float64(s.pace(int(steps)).Warmup) / steps
	if s.Warmup != nil {
		warm = *s.Warmup
	}
	count := int(math.Round(steps))
	pace := paced(s.settings(), cmp.Or(s.Schedule, "wsd"), warm, 1)
	f.Derived = say.T("%v; %d rows a step; %v", "%v；每步 %d 行；%v", shapeOf(&c), k.batch, pace)
	if w.rows > 0 {
		f.Derived = remarkTimes(say.T("%v; %d rows a step, about %.0f steps; %v", "%v；每步 %d 行，约 %.0f 步；%v", shapeOf(&c), k.batch, math.Round(steps), pace), steps*float64(batch)/w.rows, s.Patience)
		if step > 0 {
			f.Derived = say.T("%v; one step alone takes %.2g operations, more than the budget of %.2g", "%v；单是一步就需 %.2g 次运算，超过 %.2g 次的预算", f.Derived, step, s.budget())
		}
		f.Derived = remarkSteps(f.Derived, count, s.budget() > 0)
		if len(in["watch"]) > 0 {
			every, _ := watchEverySteps(count, batch)
			f.Derived = remarkLooks(f.Derived, count, every, s.Patience)
		}
	}
	f.Derived = held.remarkWatched(f.Derived, roomOfRow(w.length))
	if len(in["watch"]) > 0 && w.rows > 0 { // the last look; the others are a hundredth
		toil += min(watchWhole, w.rows) / w.rows * w.judging(&shape, &way{passes: 1})
	}
	setTime(&f, toil, m)
	k.remark(&f, m, func(k *way) float64 { return share * w.toil(&shape, k) }, func(k *way, gradients string) bool {
		_, fits := s.otherwise(k, gradients, c, m)
		return fits
	})
	if !fits {
		f.Smaller = s.smaller(vocab, c.Context, m)
	}
	return f
}

// sftState is what a checkpoint of SFT holds beside the arenas.
type sftState struct {
	Step  int     `json:"step"`
	FLOPs float64 `json:"flops"`
	sight
}

// own is the run that goes on from a base.
func (s *SFT) own() *own {
	return &own{method: s.Name(), examples: s.Examples, epochs: orDefault(s.Epochs, 1), batch: orDefault(s.Batch, 16), rate: continueRate * orDefault(s.Rate, 1), ours: ourRate * orDefault(s.Rate, 1), optimizer: s.Optimizer,
		schedule: s.Schedule, clip: s.Clip, warmup: s.Warmup, decay: s.Decay, half: inHalves(s.Storage), split: SplitOf(s.Gradients), typ: written(s.Type, s.Storage), seed: s.Seed, every: s.Every, patience: s.Patience}
}

// Run implements stage.Operator.
func (s *SFT) Run(ctx context.Context, job *stage.Job) error {
	if job.Dir("base") != "" {
		return s.own().run(ctx, job)
	}
	rows, err := stage.OpenRows(job.Dir("from"))
	if err != nil {
		return err
	}
	defer rows.Close()
	cfg := s.config(rows.Vocab(), rows.Length())
	if err := checkRows(rows, &cfg); err != nil {
		return err
	}
	if err := checkWords(rows, job.Dir("tokenizer")); err != nil {
		return err
	}
	for _, err := range s.narrow(rows.Length()) {
		return err
	}
	shape := model.Own(cfg)
	batch := s.batchOf(rows.Len())
	tr, need, _ := s.fit(cfg, rows.Length(), job.Machine)
	if tr.Recompute {
		text := needs(need, tr)
		note(job, text)
	}
	l, err := newLearner(cfg, tr, s.settings())
	if err != nil {
		return err
	}
	defer l.Close()

	steps := s.steps(rows, &shape, batch, l.Optimizer.FLOPs())
	var st sftState
	moments, _ := l.Optimizer.State()
	state := [][]float32{l.Params.All, moments}
	watch, err := s.lookout(ctx, job, l, rows, steps, batch)
	if err != nil {
		return err
	}
	defer watch.Close()
	state = append(state, watch.state()...)
	resumed, err := resume(job, &st, state...)
	if err != nil {
		return err
	}
	if resumed {
		l.Optimizer.SetSteps(st.Step)
		text := say.T("resumed at step %d of %d", "从第 %d 步（共 %d 步）继续", st.Step, steps)
		note(job, text)
	} else {
		l.Params.Init(s.Seed)
	}
	l.Repack()

	save := newSaver(job.Work, s.Every)
	meter := newMeter(job, steps, st.FLOPs)
	meter.l = l
	schedule := s.pace(steps)
	next := newBatcher(rows, batch, s.Seed)
	info := rows.Info()
	direct := info.Direct()
	tellDirect(job, direct)
	think := 0.0
	if rows.Think() {
		think = 1
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"params": float64(cfg.Params()), "layers": float64(cfg.Layers), "width": float64(cfg.Width), "think": think,
		"vocab": float64(cfg.Vocab), "batch": float64(batch), "warmup": float64(schedule.Warmup),
		"supervised": float64(info.Supervised) / float64(max(info.Tokens, 1)), "epochs": float64(steps) * float64(batch) / float64(rows.Len()), "rows": float64(rows.Len()), "of_usual_rate": orDefault(s.Rate, 1),
	}})
	if job.Lessons {
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"lessons": 1}})
	}
	if !resumed {
		if part := float64(steps*batch) / float64(rows.Len()); part < 0.9 && !s.Rung {
			text := endsEarly(part, job.Ordered)
			note(job, text)
		}
		tellFew(job, steps, s.budget() > 0)
	}
	if err := watch.retake(ctx, &st.sight, st.Step, steps); err != nil {
		return err
	}
	for st.Step < steps && !watch.done(&st.sight) {
		if ctx.Err() != nil {
			if err := save.save(&st, state...); err != nil {
				return err
			}
			return ctx.Err()
		}
		before := st.FLOPs
		list, flops, tokens := next.at(st.Step, &shape, st.FLOPs)
		st.FLOPs = flops + l.Optimizer.FLOPs()
		loss, _, _, err := l.AccumulateUntil(ctx, list)
		if err != nil { // stopped within a step, which is taken again
			st.FLOPs = before
			return cmp.Or(save.save(&st, state...), err)
		}
		if err := diverged(loss, st.Step); err != nil {
			return err
		}
		l.Learn(schedule.At(st.Step, steps))
		st.Step++
		st.Last.add(loss)
		meter.step(st.Step, loss, tokens, st.FLOPs)
		if err := watch.lookOrSave(ctx, &st.sight, st.Step, steps, func() error { return save.save(&st, state...) }); err != nil {
			return err
		}
		if save.due() {
			if err := save.save(&st, state...); err != nil {
				return err
			}
		}
	}
	stop, err := watch.keep(ctx, &st.sight, st.Step, steps)
	if err != nil {
		if ctx.Err() != nil { // stopped in the last look, which is taken again
			err = cmp.Or(save.save(&st, state...), err)
		}
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": st.FLOPs, "steps": float64(st.Step), "params": float64(cfg.Params())}})
	f := facts{Method: s.Name(), Think: rows.Think(), Direct: direct, Steps: st.Step, FLOPs: st.FLOPs, Loss: st.Last.mean(), Stop: stop, Taught: info.Taught}
	if err := writeFolder(job, job.Dir("tokenizer"), l.Params, f); err != nil {
		return err
	}
	return addTextEnd(job, rows)
}

// lookout watches a part of examples, or a corpus, beside the run; nil if there is none.
func (s *SFT) lookout(ctx context.Context, job *stage.Job, l *Learner, rows *stage.Rows, steps, batch int) (*lookout, error) {
	dir := job.Dir("watch")
	if dir == "" {
		return nil, nil
	}
	w, err := newWriter(job.Dir("tokenizer"), rows.Length())
	if err != nil {
		return nil, err
	}
	info := rows.Info()
	w.Direct = info.Direct() // sampled as it will be asked
	o, err := newLookout(job, l, w, steps, s.Patience)
	if err != nil {
		return nil, err
	}
	every, most := watchEverySteps(steps, batch)
	o.every, o.direct, o.choice = every, !rows.Think(), info.Choice
	if err := o.watchAll(ctx, dir, rows.Length(), most, steps, nil, nil); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// diverged is the error for a loss that is no number.
func diverged(loss float64, step int) error {
	if !math.IsNaN(loss) && !math.IsInf(loss, 0) {
		return nil
	}
	if step == 0 { // before the first update, so the rate cannot be why
		return say.Errorf("the loss is %g before the first step: what it begins from gives no numbers; take another base, or a whole copy of it", "第一步之前损失就是 %g：训练的起点给不出有限的数；请改用其他基座，或换用完整的副本", loss)
	}
	return say.Errorf("the loss is %g at step %d: training diverged; lower rate in the plan", "第 %[2]d 步的损失为 %[1]g：训练发散；请在计划中调低 rate", loss, step)
}
