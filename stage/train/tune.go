package train

import (
	"cmp"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/engine/objective"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/unread"
)

// A tuning is a run over batches that goes on from a base.
type tuning struct {
	job      *stage.Job
	l        *Learner
	steps    int
	schedule optim.Schedule
	every    time.Duration
	watch    *lookout // nil: nothing is watched
	st       tuneState

	// batch leaves the gradients of a step in l. What it returns depends on the
	// step and the parameters alone.
	batch func(ctx context.Context, step int) (outcome, error)

	stop *stopFacts // what came of patience, once it ran
}

// tuneState is what a checkpoint holds beside the arenas.
type tuneState struct {
	Step  int     `json:"step"`
	FLOPs float64 `json:"flops"` // the base's included
	Right float64 `json:"right"` // mean of outcomes over the last quarter of the steps
	Late  float64 `json:"late"`  // running mean of outcomes

	sight
}

// An outcome is what a batch was like.
type outcome struct {
	loss   float64
	tokens int
	flops  float64
	right  float64            // share of what it compared that was the right way round; 0 if nothing
	vals   map[string]float64 // told with it
}

// wholeLearner makes a learner that fits the memory (fit), of all weights of a model of
// our own, which begin gives it; longest is what an adapter would take, if that is all that fits.
func (o *own) wholeLearner(job *stage.Job, longest int, begin func(*model.Params) error) (*Learner, error) {
	tr, fits, err := o.fit(nil, longest, job.Machine)
	if err != nil {
		return nil, err
	}
	if !fits {
		var b base
		if dir := job.Dir("base"); dir != "" {
			over, err := openBrought(dir)
			if err != nil {
				return nil, unread.Error("base", dir, err)
			}
			defer over.Close()
			b = over
		}
		return nil, o.tooLarge(b, longest, job.Machine)
	}
	if tr.Recompute {
		note(job, needs(o.need, tr))
	}
	l, err := newLearner(*o.whole, tr, o.settings())
	if err != nil {
		return nil, err
	}
	if err := begin(l.Params); err != nil {
		l.Close()
		return nil, err
	}
	l.Repack()
	return l, nil
}

// run takes all steps, from a checkpoint if there is one.
func (t *tuning) run(ctx context.Context) error {
	moments, _ := t.l.Optimizer.State()
	arenas := append([][]float32{t.l.State(), moments}, t.watch.state()...)
	resumed, err := resume(t.job, &t.st, arenas...)
	if err != nil {
		return err
	}
	if resumed {
		t.l.Optimizer.SetSteps(t.st.Step)
		t.l.Repack()
		text := say.T("resumed at step %d of %d", "从第 %d 步（共 %d 步）继续", t.st.Step, t.steps)
		note(t.job, text)
	}
	disk := newSaver(t.job.Work, t.every)
	save := func() error { return disk.save(&t.st, arenas...) }
	if err := t.watch.base(ctx, &t.st.sight, t.st.Step, t.steps); err != nil {
		return err
	}
	if err := t.watch.retake(ctx, &t.st.sight, t.st.Step, t.steps); err != nil {
		return err
	}
	meter := newMeter(t.job, t.steps, t.st.FLOPs)
	meter.l = t.l
	for t.st.Step < t.steps && !t.watch.done(&t.st.sight) {
		if err := ctx.Err(); err != nil {
			return cmp.Or(save(), err)
		}
		o, err := t.batch(ctx, t.st.Step)
		if err != nil && ctx.Err() != nil { // stopped within a step, which is taken again
			return cmp.Or(save(), err)
		}
		if err != nil {
			return err
		}
		if err := diverged(o.loss, t.st.Step); err != nil {
			return err
		}
		t.l.Learn(t.schedule.At(t.st.Step, t.steps))
		if last := t.steps - t.steps*3/4; t.st.Step >= t.steps-last {
			t.st.Right += o.right / float64(last)
		}
		if t.st.Step++; t.st.Step == 1 {
			t.st.Late = o.right
		}
		t.st.Late += float64(0.1 * (o.right - t.st.Late))
		t.st.Last.add(o.loss)
		t.st.FLOPs += o.flops + t.l.Optimizer.FLOPs()
		if o.vals != nil {
			o.vals["step"] = float64(t.st.Step)
			t.job.Emit(stage.Event{Type: "metric", Vals: o.vals})
		}
		meter.step(t.st.Step, o.loss, o.tokens, t.st.FLOPs)
		if err := t.watch.lookOrSave(ctx, &t.st.sight, t.st.Step, t.steps, save); err != nil {
			return err
		}
		if disk.due() {
			if err := save(); err != nil {
				return err
			}
		}
	}
	if t.st.Step < t.steps { // the last quarter never came
		t.st.Right = t.st.Late
	}
	t.stop, err = t.watch.keep(ctx, &t.st.sight, t.st.Step, t.steps)
	if err != nil && ctx.Err() != nil { // stopped in the last look, which is taken again
		return cmp.Or(save(), err)
	}
	return err
}

// gentle is the schedule of what goes on from a base, unless the plan names
// another form: a short warm-up, and then down in a line.
func gentle(steps int) optim.Schedule {
	return optim.Schedule{Form: optim.Linear, Warmup: max(steps/10, 1), Decay: lateDecay, End: 0.05}
}

// warmed is a schedule that rises over a share of the steps; nil: as it does.
func warmed(s optim.Schedule, share *float64, steps int) optim.Schedule {
	if share != nil {
		s.Warmup = int(math.Round(*share * float64(steps)))
	}
	return s
}

// lateDecay is the part of the steps over which the rate falls by wsd.
const lateDecay = 0.5

// A shuffle gives the items of a batch: all n in an order of their own in each
// round, which depends on the seed and the round alone.
type shuffle struct {
	n     int
	seed  uint64
	round int
	order []int
}

// at returns the item at place i, counted from the first round on.
func (s *shuffle) at(i int) int {
	if round := i / s.n; s.order == nil || round != s.round {
		s.round, s.order = round, make([]int, s.n)
		for j := range s.order {
			s.order[j] = j
		}
		slices.SortFunc(s.order, func(a, b int) int {
			x, y := tensor.Rand(s.seed^0x73687566, uint64(round), uint64(a)), tensor.Rand(s.seed^0x73687566, uint64(round), uint64(b))
			return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
		})
	}
	return s.order[i%s.n]
}

// scored is a batch of documents in rows, with the log-probabilities of their
// supervised tokens.
type scored struct {
	rows []model.Row
	each [][]float64 // of each document
	at   []docAt
}

// docAt is where a document's supervised tokens are.
type docAt struct{ row, lo, hi int }

// pack packs documents into rows, every supervised token with weight 1.
func (l *Learner) pack(docs []doc) (rows []model.Row, at []docAt) {
	rows = packDocs(docs, orDefault(l.length, l.Params.Config.Context))
	i := 0
	for r := range rows {
		for d := range len(rows[r].Docs) - 1 {
			hi := rows[r].Docs[d+1]
			at = append(at, docAt{r, hi - docs[i].supervised, hi})
			i++
		}
	}
	return rows, at
}

// score computes the log-probabilities of documents, until the end of ctx.
func (l *Learner) score(ctx context.Context, docs []doc) (*scored, error) {
	s := new(scored)
	s.rows, s.at = l.pack(docs)
	_, each, err := l.LogProbs(ctx, s.rows)
	if err != nil {
		return nil, err
	}
	for _, at := range s.at {
		s.each = append(s.each, each[at.row][at.lo:at.hi])
	}
	return s, nil
}

// sum returns the log-probability of document i.
func (s *scored) sum(i int) (sum float64) {
	for _, p := range s.each[i] {
		sum += p
	}
	return sum
}

// weigh gives every token of document i a weight of its own; weigh1 all of
// them the same.
func (s *scored) weigh(i int, weight []float64) {
	at := s.at[i]
	for k, w := range weight {
		s.rows[at.row].Weight[at.lo+k] = float32(w)
	}
}

func (s *scored) weigh1(i int, weight float64) {
	at := s.at[i]
	for k := at.lo; k < at.hi; k++ {
		s.rows[at.row].Weight[k] = float32(weight)
	}
}

// learn accumulates the gradients of the rows as they are weighed, and returns
// the FLOPs of that and of the score before it.
func (l *Learner) learn(ctx context.Context, s *scored) (tokens int, flops float64, err error) {
	if _, _, _, err := l.AccumulateUntil(ctx, s.rows); err != nil {
		return 0, 0, err
	}
	for _, r := range s.rows {
		tokens += len(r.IDs)
		flops += rowFLOPs(&l.Params.Shape, r) * 4 / 3
	}
	return tokens, flops, nil
}

// answer is document i for an objective.
func (s *scored) answer(i int, reference float64) objective.Answer {
	return objective.Answer{LogProb: s.sum(i), Reference: reference, Tokens: len(s.each[i])}
}

// referenceFile holds the log-probabilities of documents under the base.
const referenceFile = "reference"

// readAtOnce is how many documents are read before what was read can be kept.
const readAtOnce = 64

// references returns the log-probability of each document under l's
// parameters, which are the base's. They are computed once and kept in a file, as far
// as they are known whenever a checkpoint would be written.
func references(ctx context.Context, job *stage.Job, l *Learner, name string, docs []doc, every time.Duration) ([]float64, error) {
	var known []float64
	path := filepath.Join(job.Work, name)
	if _, err := recall(path, &known); err != nil {
		return nil, err
	}
	if len(known) > len(docs) {
		known = nil
	}
	disk := newSaver(job.Work, every)
	for len(known) < len(docs) {
		chunk := docs[len(known):min(len(docs), len(known)+readAtOnce)]
		s, err := l.score(ctx, chunk)
		if err != nil {
			return nil, errors.Join(err, keep(path, known))
		}
		for i := range chunk {
			known = append(known, s.sum(i))
		}
		if len(known) == len(docs) || disk.due() {
			disk.last = time.Now()
			if err := keep(path, known); err != nil {
				return nil, err
			}
		}
		job.Emit(stage.Event{Type: "progress", Done: float64(len(known)), Total: float64(len(docs)), Unit: "problems"})
	}
	return known, nil
}
