package train

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"suiren/engine/objective"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A KTO makes answers that were called good likelier and those called bad less
// likely, measured against the base (Ethayarajh et al. 2024).
type KTO struct {
	Base      stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Labels    stage.Ref `plan:"labels" kinds:"examples" part:"train" learnt:"yes"`
	Beta      float64   `plan:"beta,optional" min:"0.0001" max:"100"` // how near the base it stays
	Good      float64   `plan:"good,optional" min:"0.01" max:"100"`   // weight of good answers
	Bad       float64   `plan:"bad,optional" min:"0.01" max:"100"`    // weight of bad ones
	Epochs    int       `plan:"epochs,optional" min:"1" max:"1000"`
	Batch     int       `plan:"batch,optional" min:"2" max:"4096"`                   // answers a step
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
func (*KTO) Name() string    { return "kto" }
func (*KTO) Revision() int   { return 9 }
func (*KTO) Out() store.Kind { return store.Weights }

// MakesAdapter implements stage.Adapted.
func (k *KTO) MakesAdapter() bool { return k.Rank > 0 || !k.Adapter.IsZero() }

// Check implements stage.Checker.
func (k *KTO) Check() []*say.Error {
	return slices.Concat(checkMethod(k.Optimizer), checkAdapter(k.Adapter, k.Rank, k.Alpha, k.Targets), checkStored(k.Storage, k.MakesAdapter()), checkGradients(k.Gradients), checkWatch(k.Watch, k.Patience))
}

// own is how a student learns as the plan says.
func (k *KTO) own() own {
	return own{method: k.Name(), optimizer: k.Optimizer, patience: k.Patience, rate: k.Rate, batch: k.batch(), epochs: k.epochs(), seed: k.Seed,
		warmup: k.Warmup, decay: k.Decay, half: inHalves(k.Storage), split: SplitOf(k.Gradients), typ: written("", k.Storage), from: k.Adapter, lora: adapterOf(k.Adapter, k.Rank, k.Alpha, k.Targets, k.Seed)}
}

func (k *KTO) batch() int  { return orDefault(k.Batch, 32) }
func (k *KTO) epochs() int { return orDefault(k.Epochs, 1) }

// loss is 0.1 from the base, and good and bad answers alike, unless said.
func (k *KTO) loss() objective.KTO {
	return objective.KTO{Beta: orDefault(k.Beta, 0.1), Good: orDefault(k.Good, 1), Bad: orDefault(k.Bad, 1)}
}

// Settled implements stage.Settler.
func (k *KTO) Settled() map[string]any {
	l := k.loss()
	return k.own().settled(map[string]any{"beta": l.Beta, "good": l.Good, "bad": l.Bad, "epochs": k.epochs(), "batch": k.batch(), "seed": k.Seed, "warmup": 0.1, "weight_decay": 0, "storage": "f32", "gradients": "f32"})
}

// Forecast implements stage.Forecaster.
func (k *KTO) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	o, loss := k.own(), k.loss()
	o.fair = loss.Good == loss.Bad
	f := o.forecastAnswers(in, stage.UseLabels, "labels", k.Labels, k.Watch, 1, 2, 2*watchPairs, m) // each stands beside one to another prompt
	f.Wrong = append(f.Wrong, unfit(in, stage.UseLabels, "labels", "watch")...)
	return f
}

// Run implements stage.Operator.
func (k *KTO) Run(ctx context.Context, job *stage.Job) error {
	s, err := openStudent(job, k.own(), preferenceRate)
	if err != nil {
		return err
	}
	defer s.Close()
	read, err := s.w.labels(ctx, filepath.Join(job.Dir("labels"), stage.ExamplesFile))
	if err != nil {
		return err
	}
	if err := read.lost.Tell(job, "base", s.w.Writer); err != nil {
		return err
	}
	loss := k.loss()
	if len(read.docs) == 0 || read.called.even() && loss.Good == loss.Bad {
		return read.nothing(job, "labels", s.w.context)
	}
	docs, good := read.docs, read.good
	facts := preferenceFacts{Examples: len(docs), Dropped: read.long, labels: labelsOf(good)}
	facts.tell(job)
	read.tell(job, "labels")
	// Behind each answer stands one to another prompt, for the baseline.
	count := len(docs)
	strange, has := mismatch(docs, s.w.context)
	var held, heldStrange []doc
	var heldGood []bool
	if dir := job.Dir("watch"); dir != "" {
		seen, err := s.w.labels(ctx, filepath.Join(dir, stage.ExamplesFile))
		if err != nil {
			return err
		}
		if err := seen.lost.TellWatched(job); err != nil {
			return err
		}
		all, good := seen.docs, seen.good
		if len(all) == 0 {
			return seen.nothing(job, "watch", s.w.context)
		}
		for _, i := range spread(len(all), watchPairs) {
			held, heldGood = append(held, all[i]), append(heldGood, good[i])
		}
		tellWatched(job, false, len(held), len(all), seen.long)
		right := 0.0
		for _, g := range heldGood {
			if g {
				right++
			}
		}
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"watch_good": right, "watch_bad": float64(len(heldGood)) - right}})
		heldStrange, _ = mismatch(held, s.w.context)
	}
	if err := s.ready(slices.Concat(docs, strange, held, heldStrange)); err != nil {
		return err
	}
	l := s.l
	reference, err := references(ctx, job, l, referenceFile, append(docs, strange...), k.Every)
	if err != nil {
		return err
	}
	n := min(k.batch(), count)
	order := shuffle{n: count, seed: k.Seed}
	t := tuning{job: job, l: l, steps: stepsOf(count, n, k.epochs()), every: k.Every}
	tellFew(job, t.steps, false)
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"batch": float64(n), "rows": float64(count), "epochs": float64(t.steps*n) / float64(count)}})
	t.schedule = warmed(gentle(t.steps), k.Warmup, t.steps)
	t.st.FLOPs = s.facts.FLOPs
	t.batch = func(ctx context.Context, step int) (outcome, error) {
		var batch, other []doc
		var refs, otherRefs []float64
		labels := make([]bool, n)
		for i := range n {
			at := order.at(step*n + i)
			batch, refs, labels[i] = append(batch, docs[at]), append(refs, reference[at]), good[at]
			if j := has[at]; j >= 0 {
				other, otherRefs = append(other, strange[j]), append(otherRefs, reference[count+j])
			}
		}
		var o outcome
		var apart []objective.Answer
		if len(other) > 0 {
			b, err := l.score(ctx, other)
			if err != nil {
				return o, err
			}
			for i := range other {
				apart = append(apart, b.answer(i, otherRefs[i]))
			}
			for _, r := range b.rows {
				o.flops += rowFLOPs(&l.Params.Shape, r) / 3
			}
		}
		z := loss.Baseline(apart)
		b, err := l.score(ctx, batch)
		if err != nil {
			return o, err
		}
		answers, weight := make([]objective.Answer, n), make([]float64, n)
		for i := range answers {
			answers[i] = b.answer(i, refs[i])
		}
		o.right = told(answers, labels)
		o.loss = loss.Loss(answers, labels, z, weight)
		for i := range answers {
			b.weigh1(i, weight[i])
		}
		tokens, flops, err := l.learn(ctx, b)
		if err != nil {
			return o, err
		}
		o.tokens = tokens
		o.flops += flops
		o.vals = map[string]float64{"right": o.right, "kl": z}
		return o, nil
	}
	if len(held) > 0 {
		if err := s.watch(ctx, &t, k.Patience, append(held, heldStrange...), func(b *scored, refs []float64) (float64, map[string]float64) {
			m := len(held)
			var apart []objective.Answer
			for i := m; i < len(refs); i++ {
				apart = append(apart, b.answer(i, refs[i]))
			}
			answers := make([]objective.Answer, m)
			byLabel := map[bool][]objective.Answer{}
			for i := range answers {
				answers[i] = b.answer(i, refs[i])
				byLabel[heldGood[i]] = append(byLabel[heldGood[i]], answers[i])
			}
			vals := map[string]float64{}
			if len(byLabel) == 2 {
				vals["watch_right"] = told(answers, heldGood)
			}
			for good, list := range byLabel {
				vals[map[bool]string{true: "watch_chosen", false: "watch_rejected"}[good]] = likelier(list)
			}
			return loss.Loss(answers, heldGood, loss.Baseline(apart), make([]float64, m)), vals
		}); err != nil {
			return err
		}
		defer t.watch.Close()
	}
	s.facts.Taught.Or(taughtBy(docs))
	return finishPreference(ctx, &t, s, k.Name(), facts)
}

// told is the share of pairs of a good and a bad answer in which the good one
// gained more on the base; ties, and answers of one kind alone, are a half. All of them may
// move up or down together: that is not told by it.
func told(answers []objective.Answer, good []bool) float64 {
	right, pairs := 0.0, 0.0
	for i, a := range answers {
		for j, b := range answers {
			if !good[i] || good[j] {
				continue
			}
			pairs++
			switch more := a.LogProb - a.Reference - b.LogProb + b.Reference; {
			case more > 0:
				right++
			case more == 0:
				right += 0.5
			}
		}
	}
	if pairs == 0 {
		return 0.5
	}
	return right / pairs
}

// mismatch gives each prompt the answer of the next document that has another
// prompt, and fits. has[i] is which of list is document i's; -1: none.
func mismatch(docs []doc, context int) (list []doc, has []int) {
	const near = 64 // documents to look at
	for i, d := range docs {
		has = append(has, -1)
		for j := 1; j < min(near, len(docs)); j++ {
			o := docs[(i+j)%len(docs)]
			if !slices.Equal(o.prompt(), d.prompt()) && len(d.prompt())+o.supervised <= context {
				has[i] = len(list)
				list = append(list, d.swap(o))
				break
			}
		}
	}
	return list, has
}
