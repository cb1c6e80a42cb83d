package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/engine/objective"
	"suiren/engine/optim"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// A DPO makes chosen answers likelier than rejected ones, measured against
// the base (Rafailov et al. 2023; IPO, Azar et al. 2023).
type DPO struct {
	Base      stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Pairs     stage.Ref `plan:"pairs" kinds:"examples" part:"train" learnt:"yes"`
	Loss      string    `plan:"loss,optional"`                          // sigmoid, normalised, ipo
	Beta      float64   `plan:"beta,optional" min:"0.0001" max:"100"`   // how near the base it stays
	Smoothing float64   `plan:"smoothing,optional" min:"0" max:"0.499"` // share of pairs taken to be the wrong way round
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"1" max:"4096"`                   // pairs a step
	Rate      float64   `plan:"rate,optional" factor:"0.004" min:"0.00001" max:"10"` // factor of the learning rates
	Optimizer string    `plan:"optimizer,optional"`
	Adapter   stage.Ref `json:",omitzero" plan:"adapter,optional" kinds:"weights" path:"adapter" learnt:"yes"` // that is trained on; none: a new one
	Rank      int       `plan:"rank,optional" min:"1" max:"1024"`                                              // of an adapter; none: all weights are trained
	Alpha     float64   `json:",omitempty" plan:"alpha,optional" min:"0.001" max:"100000"`                     // of the adapter; none: twice its rank
	Targets   []string  `json:",omitempty" plan:"targets,optional"`                                            // of the adapter; none: every matrix of the blocks
	Seed      uint64    `plan:"seed,optional"`
	Watch     stage.Ref `plan:"watch,optional" kinds:"examples" part:"watch" json:",omitzero" learnt:"yes"` // not trained on: their loss is told
	Patience  int       `plan:"patience,optional" min:"1" max:"1000" json:",omitzero"`                      // looks at watch without a lower loss
	Warmup    *float64  `json:",omitempty" plan:"warmup,optional" min:"0" max:"0.5"`                        // share of the steps over which the rate rises
	Decay     *float64  `json:",omitempty" plan:"weight_decay,optional" min:"0" max:"10"`                   // of matrices, by the learning rate
	Storage   string    `json:",omitempty" plan:"storage,optional"`                                         // of all weights while they are trained
	Gradients string    `json:",omitempty" plan:"gradients,optional"`                                       // how the products of gradients are computed: f32, bf16x3, bf16x6

	Every time.Duration `json:"-" plan:"-"` // between checkpoints; 0: 10 seconds. It changes no result
}

// Name, Revision and Out implement stage.Operator.
func (*DPO) Name() string    { return "dpo" }
func (*DPO) Revision() int   { return 8 } // pairs whose answers are written alike are left out; thoughts are learnt as the template writes them; the loss that is told is another mean
func (*DPO) Out() store.Kind { return store.Weights }

// MakesAdapter implements stage.Adapted.
func (d *DPO) MakesAdapter() bool { return d.Rank > 0 || !d.Adapter.IsZero() }

// preferenceForms are the losses by their names in a plan.
var preferenceForms = map[string]objective.Form{"": objective.Sigmoid, "sigmoid": objective.Sigmoid, "normalised": objective.Normalised, "ipo": objective.IPO}

// Check implements stage.Checker.
func (d *DPO) Check() []*say.Error {
	list := checkMethod(d.Optimizer)
	if _, ok := preferenceForms[d.Loss]; !ok {
		list = append(list, unknown("loss", d.Loss, []string{"sigmoid", "normalised", "ipo"}))
	}
	if d.Loss == "ipo" && d.Smoothing > 0 {
		list = append(list, &say.Error{Where: "smoothing", What: say.T("ipo has no smoothing", "ipo 没有 smoothing"), Next: say.T("remove it", "请删去")})
	}
	return slices.Concat(list, checkAdapter(d.Adapter, d.Rank, d.Alpha, d.Targets), checkStored(d.Storage, d.MakesAdapter()), checkGradients(d.Gradients), checkWatch(d.Watch, d.Patience))
}

// own is how a student learns as the plan says.
func (d *DPO) own() own {
	return own{method: d.Name(), optimizer: d.Optimizer, patience: d.Patience, rate: d.Rate, batch: 2 * d.batch(), epochs: d.epochs(), seed: d.Seed,
		warmup: d.Warmup, decay: d.Decay, half: inHalves(d.Storage), split: SplitOf(d.Gradients), typ: written("", d.Storage), from: d.Adapter, lora: adapterOf(d.Adapter, d.Rank, d.Alpha, d.Targets, d.Seed)}
}

func (d *DPO) batch() int  { return orDefault(d.Batch, 16) }
func (d *DPO) epochs() int { return orDefault(d.Epochs, 1) }

// beta is 0.1 unless said; that of lengths divided out is 5 (arXiv 2411.15124).
func (d *DPO) beta() float64 {
	if d.Loss == "normalised" {
		return orDefault(d.Beta, 5)
	}
	return orDefault(d.Beta, 0.1)
}

// Settled implements stage.Settler.
func (d *DPO) Settled() map[string]any {
	return d.own().settled(map[string]any{"loss": "sigmoid", "beta": d.beta(), "smoothing": d.Smoothing, "epochs": d.epochs(), "batch": d.batch(), "seed": d.Seed, "warmup": 0.1, "weight_decay": 0, "storage": "f32", "gradients": "f32"})
}

// preferenceRate is the factor of the learning rates of DPO and KTO.
const preferenceRate = 0.05

// Forecast implements stage.Forecaster.
func (d *DPO) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	f := d.own().forecastAnswers(in, stage.UsePairs, "pairs", d.Pairs, d.Watch, 2, 1, 2*watchPairs, m)
	f.Wrong = append(f.Wrong, unfit(in, stage.UsePairs, "pairs", "watch")...)
	return f
}

// preferenceFacts are recorded in suiren.json.
type preferenceFacts struct {
	Examples int     `json:"examples"`
	Dropped  int     `json:"dropped"`                // longer than the context
	Same     int     `json:"same_answers,omitempty"` // pairs left out, whose answers the base's template writes alike
	Right    float64 `json:"right"`                  // share of pairs, or labels, that the weights had the right way round in the last quarter
	labels
}

// Run implements stage.Operator.
func (d *DPO) Run(ctx context.Context, job *stage.Job) error {
	s, err := openStudent(job, d.own(), preferenceRate)
	if err != nil {
		return err
	}
	defer s.Close()
	read, err := s.w.pairs(ctx, filepath.Join(job.Dir("pairs"), stage.ExamplesFile))
	if err != nil {
		return err
	}
	if err := read.lost.Tell(job, "base", s.w.Writer); err != nil {
		return err
	}
	if len(read.docs) == 0 {
		return read.nothing(job, "pairs", s.w.context)
	}
	docs, told := read.docs, preferenceFacts{Examples: len(read.docs) / 2, Dropped: read.long, Same: read.same}
	told.tell(job)
	read.tell(job, "pairs")
	var held []doc
	if dir := job.Dir("watch"); dir != "" {
		seen, err := s.w.pairs(ctx, filepath.Join(dir, stage.ExamplesFile))
		if err != nil {
			return err
		}
		if err := seen.lost.TellWatched(job); err != nil {
			return err
		}
		all := seen.docs
		if len(all) == 0 {
			return seen.nothing(job, "watch", s.w.context)
		}
		for _, i := range spread(len(all)/2, watchPairs) {
			held = append(held, all[2*i], all[2*i+1])
		}
		tellWatched(job, true, len(held)/2, len(all)/2, seen.long)
		seen.tell(job, "watch")
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"watch_pairs": float64(len(held) / 2)}})
	}
	if err := s.ready(slices.Concat(docs, held)); err != nil {
		return err
	}
	l := s.l
	reference, err := references(ctx, job, l, referenceFile, docs, d.Every)
	if err != nil {
		return err
	}
	p := objective.Preference{Form: preferenceForms[d.Loss], Beta: d.beta(), Smoothing: d.Smoothing}
	order := shuffle{n: len(docs) / 2, seed: d.Seed}
	n := min(d.batch(), order.n)
	t := tuning{job: job, l: l, steps: stepsOf(order.n, n, d.epochs()), every: d.Every}
	tellFew(job, t.steps, false)
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"batch": float64(n), "rows": float64(order.n), "epochs": float64(t.steps*n) / float64(order.n)}})
	t.schedule = warmed(gentle(t.steps), d.Warmup, t.steps)
	t.st.FLOPs = s.facts.FLOPs
	t.batch = func(ctx context.Context, step int) (outcome, error) {
		var batch []doc
		var refs []float64
		for i := range n {
			at := 2 * order.at(step*n+i)
			batch, refs = append(batch, docs[at], docs[at+1]), append(refs, reference[at], reference[at+1])
		}
		b, err := l.score(ctx, batch)
		if err != nil {
			return outcome{}, err
		}
		chosen, rejected := make([]objective.Answer, n), make([]objective.Answer, n)
		right, margin := 0.0, 0.0
		for i := range n {
			chosen[i], rejected[i] = b.answer(2*i, refs[2*i]), b.answer(2*i+1, refs[2*i+1])
			gap := chosen[i].LogProb - chosen[i].Reference - rejected[i].LogProb + rejected[i].Reference
			if margin += gap / float64(n); gap > 0 {
				right += 1 / float64(n)
			}
		}
		wc, wr := make([]float64, n), make([]float64, n)
		o := outcome{right: right, vals: map[string]float64{"right": right, "margin": margin, "chosen": likelier(chosen), "rejected": likelier(rejected)}}
		o.loss = p.Loss(chosen, rejected, wc, wr)
		for i := range n {
			b.weigh1(2*i, wc[i])
			b.weigh1(2*i+1, wr[i])
		}
		o.tokens, o.flops, err = l.learn(ctx, b)
		return o, err
	}
	if len(held) > 0 {
		if err := s.watch(ctx, &t, d.Patience, held, func(b *scored, refs []float64) (float64, map[string]float64) {
			m := len(refs) / 2
			chosen, rejected := make([]objective.Answer, m), make([]objective.Answer, m)
			right := 0.0
			for i := range m {
				chosen[i], rejected[i] = b.answer(2*i, refs[2*i]), b.answer(2*i+1, refs[2*i+1])
				if chosen[i].LogProb-chosen[i].Reference > rejected[i].LogProb-rejected[i].Reference {
					right += 1 / float64(m)
				}
			}
			return p.Loss(chosen, rejected, make([]float64, m), make([]float64, m)), map[string]float64{"watch_right": right, "watch_chosen": likelier(chosen), "watch_rejected": likelier(rejected)}
		}); err != nil {
			return err
		}
		defer t.watch.Close()
	}
	s.facts.Taught.Or(taughtBy(docs))
	return finishPreference(ctx, &t, s, d.Name(), told)
}

// watchPairs are the pairs, or answers, that a run of preference watches at most.
const watchPairs = 64

// watch has t look at documents that are not trained on, by a loss of their
// scores and of their log-probabilities under the base.
func (s *student) watch(ctx context.Context, t *tuning, patience int, held []doc, loss func(*scored, []float64) (float64, map[string]float64)) error {
	refs, err := references(ctx, s.job, s.l, referenceFile+"-watch", held, 0)
	if err != nil {
		return err
	}
	if t.watch, err = newLookout(s.job, s.l, s.w, t.steps, patience); err != nil {
		return err
	}
	t.watch.tellLooks(t.steps)
	t.watch.loss = func(ctx context.Context) (float64, map[string]float64, error) {
		b, err := s.l.score(ctx, held)
		if err != nil {
			return 0, nil, err
		}
		sum, vals := loss(b, refs)
		return sum, vals, nil
	}
	longest, last := 0, ""
	for _, d := range held {
		if text := d.asked; text != "" && text != last && len(t.watch.asks) < watchSamples && len(d.prompt())+watchTokens <= s.w.context {
			t.watch.asks, last = append(t.watch.asks, asked{talk.Question{IDs: d.prompt()}, text, watchTokens}), text
			longest = max(longest, len(d.prompt())+watchTokens)
		}
	}
	return t.watch.watching(s.brought, &s.own, orDefault(longest, s.w.context))
}

// likelier is by how much answers are likelier than under the reference: a mean, in nats.
func likelier(answers []objective.Answer) (sum float64) {
	for _, a := range answers {
		sum += (a.LogProb - a.Reference) / float64(len(answers))
	}
	return sum
}

// finishPreference takes the steps and writes the weights.
func finishPreference(ctx context.Context, t *tuning, s *student, method string, p preferenceFacts) error {
	f, before := s.facts, s.facts.FLOPs
	if err := t.run(ctx); err != nil {
		return err
	}
	p.Right = rounded(t.st.Right)
	if v := t.watch.seen(); v != nil {
		note(t.job, movedBy(v))
	}
	t.job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"flops": t.st.FLOPs - before, "steps": float64(t.st.Step), "dropped": float64(p.Dropped)}})
	f.Method, f.Steps, f.FLOPs, f.Loss, f.Preference = method, f.Steps+t.st.Step, t.st.FLOPs, t.st.Last.mean(), &p
	f.Stop = t.stop
	return s.write(f)
}

// forecastAnswers is the forecast of learning from examples of so many answers, of which o has
// documents a step. Each is read so many times beside what is learnt, and as
// often under the base before; of what is watched so many.
func (o own) forecastAnswers(in map[string][]stage.Forecast, use stage.Use, arg string, from, watch stage.Ref, answers int, reads float64, watched int, m stage.Machine) stage.Forecast {
	b := footingOf(in["base"])
	misfits := o.foretellAdapter(in, &b)
	t := tallyOf(in[arg], &b)
	longest := t.longest
	if reads > 1 { // an answer stands behind another's prompt, too
		longest = min(max(longest, t.ask+t.answer), b.context())
	}
	o.watched, o.held = len(in["watch"]) > 0, int64(reads*tokenBytes*t.tokens)
	wrong := append(misfits, t.refused(in, use, arg, from, &b)...)
	if len(wrong) == 0 && o.fair && t.known(&b) && t.called.even() {
		wrong = append(wrong, t.alike.noDifference(arg, refName(from, arg), &t.called))
	}
	var held tally
	if o.watched && t.over == 0 {
		held = tallyOf(in["watch"], &b)
		wrong = append(wrong, held.refused(in, use, "watch", watch, &b)...)
		o.held += int64(tokenBytes * held.each() * min(float64(watched), reads*held.docs))
	}
	s := newPupil(b, o, longest, m)
	s.f.Wrong = append(s.f.Wrong, wrong...)
	w := t.load(s.length)
	// An example is so many answers, and stands in a step whole, and once.
	examples := max(int(math.Round(t.docs/float64(answers))), 1)
	n := min(o.batch/answers, examples)
	batch, steps := n*answers, stepsOf(examples, n, o.epochs)
	s.way.batch, s.way.passes, s.way.reads = max(int(float64(batch)*t.each()/float64(s.length)), 1), float64(steps*n)/float64(examples), reads
	s.f.FLOPs = s.flops(&w)
	once := w.judging(&s.shape, &way{integer: s.integer, passes: 1})
	toil := w.toil(&s.shape, &s.way) + reads*once
	if len(in["watch"]) > 0 {
		toil += (looksOf(float64(steps)) + 1) * float64(watched) / max(t.docs, 1) * once
	}
	setTime(&s.f, toil+s.writes(m), m)
	each, pace := say.T("%d answers a step", "每步 %d 个回答", batch), paced(s.rates(o, preferenceRate), "linear", o.warm(), s.usual(o, preferenceRate))
	s.f.Derived = say.T("%v, %v", "%v，%v", each, pace)
	if len(in[arg]) > 0 && t.docs > 0 {
		s.f.Derived = o.lasting(each, pace, steps, o.watched)
	}
	if len(t.labels) > 0 && t.known(&b) {
		if odd := labelsOf(t.labels); odd.Alike != "" {
			s.f.Derived = say.T("%v; %v", "%v；%v", s.f.Derived, odd.alike())
		}
	}
	s.f.Derived = held.remarkWatched(t.remarkLeft(s.f.Derived, use, &b), roomOf(min(b.most(), mostTokens)))
	s.f.Derived, s.f.Rough = o.adapters(&b, s.f.Derived), t.rough
	s.remark(&w, m)
	return s.f
}

// A pupil is what is foretold of a student.
type pupil struct {
	footing
	f      stage.Forecast
	way    way
	run    own // how it learns, from rows of up to most tokens
	most   int
	length int           // of its rows
	typ    model.Mixture // of what is written
}

// newPupil foretells a student over b that learns as o says from documents of
// up to longest tokens.
func newPupil(b footing, o own, longest int, m stage.Machine) *pupil {
	rank := o.rank()
	s := &pupil{footing: b, typ: o.typ}
	s.f.Size, s.f.WordsPath, s.f.Wrong = s.size(), b.wordsAt, slices.Concat(b.untrained(rank > 0), b.unspoken("base"))
	s.way = way{micro: microRows, integer: s.integer, turns: s.turns, rank: rank, threads: m.Threads, passes: 1, eight: o.optimizer == "adamw8", split: o.split, tiles: m.Tiles}
	s.most = max(longest, min(promptTokens, s.context()))
	if rank == 0 {
		s.f.Model = b.model(o.typ)
	}
	if rank == 0 && s.chat {
		s.way.muon, s.length = methods[o.optimizer] == optim.Muon, s.shape.Context
		o.whole, o.batch = &s.shape.Config, microRows
		s.run = o
		o.foretellMemory(&s.f, &s.footing, &s.way, s.most, m) // of an adapter, if that is all that fits
		if !s.way.again {
			s.way.micro = microRows
		}
		return s
	}
	o.batch = 4
	s.way.muon = rank == 0 && s.own() && methods[o.optimizer] == optim.Muon
	if bad := o.wrongTargets(&b); bad != nil {
		s.f.Wrong = append(s.f.Wrong, bad)
	}
	o.foretellForm(&s.f, &b)
	s.run, s.length = o, s.most
	o.foretellMemory(&s.f, &s.footing, &s.way, s.length, m)
	return s
}

// rates are those of its optimiser: o.rate is the plan's, ours the default of a
// model of our own.
func (s *pupil) rates(o own, ours float64) optim.Settings {
	if s.way.rank == 0 && s.own() {
		return o.recipe(ours)
	}
	o.rate = studentRate(o.rate, s.way.rank)
	return o.settings()
}

// usual is the factor of the rates where the plan says none.
func (s *pupil) usual(o own, ours float64) float64 {
	o.rate = 0
	r := s.rates(o, ours)
	return float64(r.Adam / r.Method.Default().Adam)
}

// remark tells what gradients of split numbers do to the time that it takes to
// learn from w.
func (s *pupil) remark(w *workload, m stage.Machine) {
	s.f.Derived = s.standIn(s.f.Derived)
	s.way.remark(&s.f, m, func(k *way) float64 { return w.toil(&s.shape, k) }, func(k *way, gradients string) bool {
		fits := s.run.otherwise(k, gradients, &s.footing, s.most, m)
		if s.run.isWhole() && !k.again {
			k.micro = s.way.micro
		}
		return fits
	})
}

// leave takes memory that is asked for and never touched from what is foretold, where it fits.
func (s *pupil) leave(idle int64, m stage.Machine) {
	if m.Memory <= 0 || s.f.Memory <= m.Memory {
		s.f.Memory -= idle
	}
}

// flops is the operations of learning from w, as a student's run counts them:
// all weights, whatever is frozen.
func (s *pupil) flops(w *workload) float64 {
	k := s.way
	k.rank = 0
	return w.flops(&s.shape, &k)
}

// writes is what it takes to write a student, and to prove that it is served as it is.
func (s *pupil) writes(m stage.Machine) float64 {
	switch {
	case s.way.rank > 0:
		return s.proof(sentenceTokens, m.Threads)
	case s.chat:
		return 0
	}
	return s.proof(sentenceTokens, m.Threads) + s.copying(s.typ, s.f.Model, m.Threads)
}

// scaleOf returns a shape of about as many parameters.
func scaleOf(params float64) model.Config {
	depth := 1
	for depth < 64 {
		if c := model.Scale(depth, 512, 256); float64(c.Params()) >= params {
			break
		}
		depth++
	}
	return model.Scale(depth, 512, 256)
}
