package train

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/verify"
	"suiren/store"
)

// A GRPO improves weights by reinforcement with verifiable rewards: several
// answers are sampled to a problem, each is scored by the problem's exact
// answer, and every token of an answer is made likelier by the answer's
// reward less the mean of its group, over the tokens of all kept answers
// (Shao et al. 2024; without the division by the deviation, Liu et al. 2025).
// One update per batch of samples from the same weights: the policy ratio is
// one, so there is nothing to clip. Groups whose answers are all right or all
// wrong say nothing and are dropped, as is an answer cut off by its limit.
type GRPO struct {
	Base     stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Problems stage.Ref `plan:"problems" kinds:"examples" part:"train" learnt:"yes"`
	Watch    stage.Ref `plan:"watch" kinds:"examples" part:"watch" learnt:"yes"`
	Steps    int       `plan:"steps,optional" min:"1" max:"100000"`
	Prompts  int       `plan:"prompts,optional" min:"1" max:"4096"`                // a step
	Samples  int       `plan:"samples,optional" min:"2" max:"256"`                 // a prompt
	Tokens   int       `plan:"tokens,optional" min:"8" max:"8192"`                 // an answer, thought included
	Rate     float64   `plan:"rate,optional" factor:"0.004" min:"0.0001" max:"10"` // factor of the learning rates
	Seed     uint64    `plan:"seed,optional"`

	Replay stage.Ref `json:",omitzero" plan:"replay,optional" kinds:"examples" part:"train" learnt:"yes"` // lessons that are learnt again; none: those of the problems
	Weight *float64  `json:",omitempty" plan:"replay_weight,optional" min:"0" max:"10"`                   // of them, beside 1 for the answers

	// What follows makes another loss; see policy.
	Variant  string   `json:",omitempty" plan:"variant,optional"`                         // of objective.Variants
	Updates  int      `json:",omitempty" plan:"updates,optional" min:"1" max:"64"`        // of the weights by one batch of samples
	Low      float64  `json:",omitempty" plan:"clip_low,optional" min:"0.0001" max:"0.9"` // a ratio counts down to 1 - low
	High     float64  `json:",omitempty" plan:"clip_high,optional" min:"0.0001" max:"10"` // and up to 1 + high
	Beta     *float64 `json:",omitempty" plan:"beta,optional" min:"0" max:"10"`           // how near the base it stays
	Overlong int      `json:",omitempty" plan:"overlong,optional" min:"1" max:"8192"`     // last tokens before the limit, over which a reward falls by 1
	Control  string   `json:",omitempty" plan:"control,optional"`                         // random: a coin in the place of the reward

	Think   *bool     `json:",omitempty" plan:"think,optional"`                                              // none: as it was taught, or the template's way
	Adapter stage.Ref `json:",omitzero" plan:"adapter,optional" kinds:"weights" path:"adapter" learnt:"yes"` // that is trained on; none: a new one
	Rank    int       `json:",omitempty" plan:"rank,optional" min:"1" max:"1024"`                            // of an adapter; none: all weights are trained
	Alpha   float64   `json:",omitempty" plan:"alpha,optional" min:"0.001" max:"100000"`                     // of the adapter; none: twice its rank
	Targets []string  `json:",omitempty" plan:"targets,optional"`                                            // of the adapter; none: every matrix of the blocks

	Warmup    *float64 `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`      // share of the steps over which the rate rises
	Decay     *float64 `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"` // of matrices, by the learning rate
	Storage   string   `json:",omitempty" plan:"storage,optional"`                       // of all weights while they are trained
	Gradients string   `json:",omitempty" plan:"gradients,optional"`                     // how the products of gradients are computed: f32, bf16x3, bf16x6

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

const problemsFile = stage.ProblemsFile

// Name, Revision and Out implement stage.Operator.
func (*GRPO) Name() string    { return "grpo" }
func (*GRPO) Revision() int   { return 11 }
func (*GRPO) Out() store.Kind { return store.Weights }

// MakesAdapter implements stage.Adapted.
func (g *GRPO) MakesAdapter() bool { return g.Rank > 0 || !g.Adapter.IsZero() }

func orDefault[T int | float64](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

func (g *GRPO) steps() int    { return orDefault(g.Steps, 12) }
func (g *GRPO) prompts() int  { return orDefault(g.Prompts, 128) }
func (g *GRPO) samples() int  { return orDefault(g.Samples, 16) }
func (g *GRPO) tokens() int   { return orDefault(g.Tokens, 192) }
func (g *GRPO) updates() int  { return orDefault(g.Updates, 1) }
func (g *GRPO) rate() float64 { return orDefault(g.Rate, 0.1) }

// weight is that of lessons that are learnt again.
func (g *GRPO) weight() float64 {
	if g.Weight != nil {
		return *g.Weight
	}
	return 0.5
}

// Settled implements stage.Settler.
func (g *GRPO) Settled() map[string]any {
	held := map[string]any{"steps": g.steps(), "prompts": g.prompts(), "samples": g.samples(), "tokens": g.tokens(), "seed": g.Seed, "updates": g.updates(), "replay_weight": g.weight(), "warmup": 0, "weight_decay": 0, "storage": "f32", "gradients": "f32"}
	p := g.policy()
	if g.updates() > 1 { // else there is nothing to clip
		held["clip_low"], held["clip_high"] = p.Low, p.High
	}
	if g.Variant != "" {
		held["beta"] = p.Beta
	}
	return g.own().settled(held)
}

// own is how a student learns as the plan says.
func (g *GRPO) own() own {
	return own{method: g.Name(), rate: g.Rate, seed: g.Seed, warmup: g.Warmup, decay: g.Decay, half: inHalves(g.Storage), split: SplitOf(g.Gradients), typ: written("", g.Storage), from: g.Adapter, lora: adapterOf(g.Adapter, g.Rank, g.Alpha, g.Targets, g.Seed)}
}

// Gates of the pre-flight (training.md 8.3): below them reinforcement has
// nothing to learn from.
const (
	minPass        = 0.05
	minInformative = 0.10
	watchEvery     = 4    // steps between held-out scores
	leastFall      = 0.03 // of the score of all watched problems
)

// rlFacts are recorded in suiren.json.
type rlFacts struct {
	Pass        float64   `json:"pass_at_1"`       // pre-flight, sampled
	Any         float64   `json:"pass_at_k"`       // share of groups with a right answer
	Score       float64   `json:"score,omitempty"` // mean, where a verifier gives more than 0 and 1
	Informative float64   `json:"informative"`     // share of groups whose answers have different rewards
	Started     bool      `json:"started"`
	Steps       int       `json:"steps"` // kept: those of the best held-out score
	Watched     []watched `json:"watched"`
	RolledBack  string    `json:"rolled_back,omitempty"`
	SampleFLOPs float64   `json:"sample_flops"` // of rollouts and watching
	Variant     string    `json:"variant,omitempty"`
	Control     string    `json:"control,omitempty"` // random: the rewards were a coin
}

// kept says what came of so many steps, by n watched problems; 0: how many is not known.
func (f *rlFacts) kept(steps, n int) say.Text {
	first, problems := f.Watched[0], say.T("the watched problems", "观察题")
	if n > 0 {
		problems = say.T("the %d watched problems", "这 %d 道观察题", n)
	}
	grades := slices.ContainsFunc(f.Watched, func(w watched) bool { return w.Graded })
	switch {
	case f.Steps == 0 && f.RolledBack != "":
		return say.T("no step is kept, the weights stay as they were: lower rate, to a third at first", "不保留任何一步，权重保持原样：请调低 rate，可先减到三分之一")
	case f.Steps == 0 && (grades || first.Tokens > 0):
		return say.T("no step raised the mean reward of %v above %.3f: the weights stay as they were", "没有一步让%v的平均奖励高于 %.3f：权重保持原样", problems, first.mean())
	case f.Steps == 0:
		return say.T("no step raised %v above %.1f%%: the weights stay as they were", "没有一步让%v的正确率高于 %.1f%%：权重保持原样", problems, 100*first.Overall)
	}
	best := first
	for _, w := range f.Watched {
		if w.Step == f.Steps {
			best = w
		}
	}
	kept := say.T("kept step %d of %d: %v from %.1f%% to %.1f%% right", "保留第 %d 步（共走 %d 步）：%v的正确率从 %.1f%% 到 %.1f%%", f.Steps, steps, problems, 100*first.Overall, 100*best.Overall)
	if grades || first.Tokens > 0 {
		kept = say.T("%v, mean reward from %.3f to %.3f", "%v，平均奖励从 %.3f 到 %.3f", kept, first.mean(), best.mean())
	}
	if best.Tokens > 0 {
		kept = say.T("%v, answers from %.0f to %.0f tokens", "%v，回答从 %.0f 到 %.0f 个词元", kept, first.Tokens, best.Tokens)
	}
	if best.mean() == first.mean() {
		kept = say.T("%v: nothing was gained by that measure, and of equal steps the last is kept", "%v：按此衡量并无提高，成绩相同时保留最后一步", kept)
	}
	return kept
}

// watched is a greedy score on the watched problems.
type watched struct {
	Step     int                `json:"step"`
	Overall  float64            `json:"overall"`
	Families map[string]float64 `json:"families"`

	// Where a token has its price, or a verifier gives more than 0 and 1.
	Tokens float64 `json:"tokens,omitempty"` // of an answer, the mean; of a price
	Reward float64 `json:"reward,omitempty"`
	Graded bool    `json:"graded,omitempty"` // some scores are neither 0 nor 1
}

// mean is the mean reward; the share that is right where that is all there is to it.
func (w *watched) mean() float64 {
	if w.Tokens > 0 || w.Graded {
		return w.Reward
	}
	return w.Overall
}

// worth is what weights are kept for.
func (g *GRPO) worth(w *watched) float64 {
	if g.Overlong > 0 || w.Graded {
		return w.Reward
	}
	return w.Overall
}

func (g *GRPO) slots() int { return min(g.prompts()*g.samples(), 256) }

// rlState is what a checkpoint holds beside the arenas.
type rlState struct {
	Step     int        `json:"step"`
	Learned  int        `json:"learned"` // steps that had something to learn from
	FLOPs    float64    `json:"flops"`
	Best     float64    `json:"best"` // worth of what was watched
	Top      float64    `json:"top"`  // and share of it that was right
	Loss     float64    `json:"loss"`
	Last     lastLosses `json:"last"`               // of steps that learnt
	BestLast lastLosses `json:"bestLast,omitempty"` // … of those up to the step that is kept
	Facts    rlFacts    `json:"facts"`
	Ended    bool       `json:"ended"`

	Course courseState `json:"course"`
}

// rl is one run of GRPO.
type rl struct {
	*GRPO
	job     *stage.Job
	s       *student
	l       *Learner // the student's
	course  *course
	judge   verify.Judge
	tried   int // answers so far, in this process
	watch   []stage.Problem
	lessons []doc // of replay; none: those of the problems
	speaker *speaker
	most    int // tokens of the longest answer that there is room for
	best    []float32
	base    []float32 // the base's parameters, and a place of their size; nil without beta
	spare   []float32
	st      rlState
}

// Run implements stage.Operator.
func (g *GRPO) Run(ctx context.Context, job *stage.Job) error {
	s, err := openStudent(job, g.own(), g.rate())
	if err != nil {
		return err
	}
	defer s.Close()
	if bad := unthinking(s.w.Writer, g.Think); bad != nil {
		return bad
	}
	r := &rl{GRPO: g, job: job, s: s}
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.speaker.Close()
	n := len(r.l.State())
	arena, err := tensor.NewArena(r.copies() * (n + 64))
	if err != nil {
		return err
	}
	defer arena.Close()
	r.best = arena.Float32(n)
	if r.copies() > 1 {
		r.base, r.spare = arena.Float32(n), arena.Float32(n)
		copy(r.base, r.l.State())
	}
	f := s.facts
	if g.Think != nil && *g.Think {
		f.Direct = false // it learnt from its thoughts
	}
	if err := r.run(ctx, f.FLOPs); err != nil {
		return err
	}
	if r.st.Facts.Started {
		r.note(r.st.Facts.kept(r.st.Step, len(r.watch)))
	}
	copy(r.l.State(), r.best)
	r.l.Repack()
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"flops": r.st.FLOPs - f.FLOPs, "sample_flops": r.st.Facts.SampleFLOPs, "steps": float64(r.st.Facts.Steps),
	}})
	f.Method, f.Steps, f.FLOPs, f.RL, f.Loss = g.Name(), f.Steps+r.st.Facts.Steps, r.st.FLOPs, &r.st.Facts, r.st.BestLast.mean()
	f.Stop = nil // the base's
	if r.st.Facts.Steps > 0 && s.w.Template == nil {
		f.Taught.Or(taughtAsking(r.course.all))
		f.Taught.Or(taughtBy(r.lessons))
	}
	return s.write(f)
}

// copies is how many times a run keeps what is trained: the best, and to measure
// how far it is from the base, that and a place of its size.
func (g *GRPO) copies() int {
	if g.policy().Beta > 0 {
		return 3
	}
	return 1
}

// open reads the problems, makes the learner and lets it speak.
func (r *rl) open(ctx context.Context) error {
	problems, err := stage.ReadProblems(filepath.Join(r.job.Dir("problems"), problemsFile))
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		return nothing(r.job, "problems", 0, 0)
	}
	r.course = newCourse(problems)
	if r.watch, err = stage.ReadProblems(filepath.Join(r.job.Dir("watch"), problemsFile)); err != nil {
		return err
	}
	if len(r.watch) == 0 { // by its score the weights that are kept are chosen
		return nothingWatched()
	}
	lessons, err := r.readLessons(ctx)
	if err != nil {
		return err
	}
	shortest, longest, err := r.lengths()
	if err != nil {
		return err
	}
	most, o := min(longest+r.tokens(), r.s.w.context), &r.s.own
	limit, slots, memory := r.s.w.context, r.slots(), int64(0)
	if b := r.s.brought; b != nil {
		limit, slots, memory = most, min(slots, 64), r.job.Machine.Memory/4
		_, takes, err := within(b.File, infer.Options{Slots: slots, Limit: limit, Threads: r.job.Machine.Threads, KV: model.KVFloat32}, memory)
		if err != nil {
			return err
		}
		o.slimBeside = takes.Total() + 4*int64(r.copies())*int64(adapterParams(&b.Shape, slimRank))
		o.beside = takes.Total() + keptBytes(o.half)*int64(r.copies())*o.trained(&b.Shape)
		if o.lora == nil {
			o.beside += 4 * int64(b.Shape.Params()) // what is sampled from, in f32
		}
	} else {
		over := footingOf([]stage.Forecast{{Path: r.job.Dir("base")}})
		o.beside, o.slimBeside, _ = r.besides(o, &over, most, 0, r.job.Machine)
	}
	o.held = int64(tokenBytes*lessons.tokens + recordsOf(problems))
	if slices.ContainsFunc(problems, func(p stage.Problem) bool { return verify.Program(p.Verify) == "code" }) {
		_, bytes := verify.Sandboxes()
		o.held += bytes
	}
	if err := r.s.readyFor(max(most, lessons.longest)); err != nil {
		return err
	}
	r.l = r.s.l
	if r.speaker, err = r.s.speaker(slots, limit, memory); err == nil {
		r.most = min(r.tokens(), r.speaker.limit-shortest)
	}
	return err
}

// lengths returns the tokens of the shortest and of the longest problem, asked
// or watched, and refuses one behind which there is no room for an answer.
func (r *rl) lengths() (shortest, longest int, err error) {
	shortest = r.s.w.context
	long, first := 0, (*say.Error)(nil)
	var lost talk.Losses
	for i, list := range [][]stage.Problem{r.course.all, r.watch} {
		for j := range list {
			q, err := r.ask(&list[j])
			if err != nil {
				return 0, 0, err
			}
			lost.Add(list[j].ID, q.Lost)
			if n := len(q.IDs); n >= r.s.w.context {
				if long++; first == nil {
					first = tooLong([]string{"problems", "watch"}[i], say.T("the problem %q has %d tokens, and the base reads %d with the answer", "题目 %q 长 %d 个词元，而基座连同回答最多读 %d 个", brief(list[j].Prompt), n, r.s.w.context))
				}
				continue
			}
			shortest, longest = min(shortest, len(q.IDs)), max(longest, len(q.IDs))
		}
	}
	if long > 1 {
		first.What = say.T("%v; of %d such problems it is the first", "%v；这样的题目有 %d 道，这是第一道", first.What, long)
	}
	if first != nil {
		return 0, 0, first
	}
	return shortest, longest, lost.Tell(r.job, "base", r.s.w.Writer)
}

// tooLong is the error of a problem behind which there is no room for an answer.
func tooLong(where string, what say.Text) *say.Error {
	return &say.Error{Where: where, What: what, Next: say.T("leave long problems out, or take a base with a longer context", "请去掉过长的题，或换用上下文更长的基座")}
}

// ask writes a problem for the base, which thinks as the plan says, or as it was
// taught here; a model of our own does so of itself.
func (r *rl) ask(p *stage.Problem) (talk.Question, error) {
	think := r.Think
	if think == nil && r.s.brought != nil && r.s.facts.Method != "" {
		think = &r.s.facts.Think
	}
	return r.s.w.Ask(p.ID, p.Asking(), p.Tools, think)
}

// run takes all steps, from a checkpoint if there is one, and leaves the
// best parameters in r.best.
func (r *rl) run(ctx context.Context, baseFLOPs float64) error {
	moments, _ := r.l.Optimizer.State()
	resumed, err := resume(r.job, &r.st, r.l.State(), r.best, moments)
	if err != nil {
		return err
	}
	if resumed {
		r.l.Optimizer.SetSteps(r.st.Learned)
		r.l.Repack()
		if err := r.speaker.Repack(); err != nil {
			return err
		}
		r.note(say.T("resumed at step %d of %d", "从第 %d 步（共 %d 步）继续", r.st.Step, r.steps()))
	}
	disk := newSaver(r.job.Work, r.Every)
	save := func() error { return disk.save(&r.st, r.l.State(), r.best, moments) }
	if !resumed {
		copy(r.best, r.l.State())
		r.st.FLOPs = baseFLOPs
		r.st.Facts.Variant, r.st.Facts.Control = r.Variant, r.Control
		if err := r.preflight(ctx, save); err != nil {
			return err
		}
	}
	meter := newMeter(r.job, r.steps(), r.st.FLOPs)
	for r.st.Facts.Started && !r.st.Ended && r.st.Step < r.steps() {
		// Only here is the state whole; a step cut short is taken again.
		if disk.due() || ctx.Err() != nil {
			if err := save(); err != nil {
				return err
			}
		}
		r.st.Course.turn()
		learned := r.st.Learned
		groups, tokens, err := r.rollout(ctx)
		if err != nil {
			return err
		}
		if r.general() {
			err = r.update(ctx, groups)
		} else {
			err = r.learn(ctx, groups)
		}
		if err != nil {
			return err
		}
		r.st.Step++
		if meter.l = nil; r.st.Learned > learned { // else there was no gradient
			meter.l = r.l
			r.st.Last.add(r.st.Loss)
		}
		meter.step(r.st.Step, r.st.Loss, tokens, r.st.FLOPs)
		if r.st.Step%watchEvery == 0 || r.st.Step == r.steps() {
			if err := r.look(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// learn takes one step by the answers of groups and by lessons again.
func (r *rl) learn(ctx context.Context, groups []group) error {
	again, err := r.replay(uint64(r.st.Step))
	if err != nil {
		return err
	}
	docs := append(advantages(groups), again...)
	list := packDocs(docs, r.s.length())
	if r.st.Loss = 0; len(list) == 0 {
		return nil
	}
	if r.st.Loss, _, _, err = r.l.AccumulateUntil(ctx, list); err != nil {
		return err
	}
	if err := diverged(r.st.Loss, r.st.Step); err != nil {
		return err
	}
	for _, row := range list {
		r.st.FLOPs += rowFLOPs(&r.l.Params.Shape, row)
	}
	r.move()
	return r.speaker.Repack()
}

// move takes the step for which the gradients are there.
func (r *rl) move() {
	r.st.FLOPs += r.l.Optimizer.FLOPs()
	r.l.Learn(warmed(optim.Schedule{Form: optim.WSD, Decay: lateDecay}, r.Warmup, r.steps()).At(r.st.Step, r.steps()))
	r.st.Learned++
}

func (r *rl) note(t say.Text) { note(r.job, t) }
