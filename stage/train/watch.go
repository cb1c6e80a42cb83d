package train

import (
	"cmp"
	"context"
	"slices"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// A sight is what was seen of what is watched. It is part of a checkpoint.
type sight struct {
	Best   float64 `json:"best,omitempty"`   // lowest loss of what is watched that counted (better)
	BestAt int     `json:"bestAt,omitempty"` // the step it was seen after; 0: not yet
	Worse  int     `json:"worse,omitempty"`  // looks since
	Before float64 `json:"before,omitempty"` // the loss of the base; 0: not known
	Unseen bool    `json:"unseen,omitempty"` // the look after the last step was cut short, and is due

	Last     lastLosses `json:"last"`
	BestLast lastLosses `json:"bestLast,omitempty"` // Last after the step with the lowest loss, where its weights are kept
}

// better is the least part by which a loss must fall below the lowest that counted to
// count as lower: the last bits of a logarithm are not the same on all machines, and
// all are to keep the same weights.
const better = 1e-4

// saw notes a loss after a step and reports whether it counts as the lowest.
func (s *sight) saw(loss float64, step int) bool {
	if s.BestAt > 0 && loss >= float64(s.Best*(1-better)) {
		s.Worse++
		return false
	}
	s.Best, s.BestAt, s.Worse = loss, step, 0
	return true
}

// A lookout looks at examples that are not trained on, in a run from a base:
// their loss every so many steps, and a few answers. With patience the weights
// of the lowest loss are kept, and the run ends when it falls no more.
type lookout struct {
	job            *stage.Job
	l              *Learner
	every, answers int // steps between looks, and between samples
	patience       int
	direct         bool         // thoughts are left out
	choice         stage.Choice // what of the turns is learnt, and so counted
	best           []float32
	arena          *tensor.Arena

	rows  []model.Row                                // of a look at text
	whole func(ctx context.Context) (float64, error) // tells the loss of all that is held out; nil: every look does
	vals  map[string]float64                         // told by the last look; with patience, by the best
	loss  func(ctx context.Context) (loss float64, vals map[string]float64, err error)
	speak func() (*speaker, error) // nil: there are no samples
	w     *writer
	asks  []asked
}

// What a look costs, and what is sampled.
const (
	watchLooks   = 20 // a run, at most
	watchRows    = 8  // a look, unless there is room for more
	watchSamples = 3
	watchTokens  = 96 // of a sample
)

// An asked is a question that is sampled, and its words for people.
type asked struct {
	q    talk.Question
	text string
	most int // tokens of the answer
}

// checkWatch finds fault with patience that watches nothing.
func checkWatch(watch stage.Ref, patience int) []*say.Error {
	if patience == 0 || !watch.IsZero() {
		return nil
	}
	return []*say.Error{{Where: "patience", What: say.T("patience needs something to watch", "patience 需要观察集"),
		Next: say.T("add watch = examples.NAME or, of rows of a corpus with split, watch = corpus.NAME", "请加上 watch = examples.名称；数据行来自设了 split 的语料时，加上 watch = corpus.名称")}}
}

// newLookout makes the lookout of a run of so many steps.
func newLookout(job *stage.Job, l *Learner, w *writer, steps, patience int) (*lookout, error) {
	o := &lookout{job: job, l: l, w: w, every: max(steps/watchLooks, 1), answers: max(steps/4, 1), patience: patience}
	if patience > 0 {
		job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"patience": float64(patience)}})
		n := len(l.State())
		var err error
		if o.arena, err = tensor.NewArena(n); err != nil {
			return nil, err
		}
		o.best = o.arena.Float32(n)
	}
	return o, nil
}

// Close frees the memory; o may be nil.
func (o *lookout) Close() {
	if o != nil && o.arena != nil {
		o.arena.Close()
	}
}

// state is what a checkpoint holds of o, which may be nil.
func (o *lookout) state() [][]float32 {
	if o == nil || o.best == nil {
		return nil
	}
	return [][]float32{o.best}
}

// done reports whether patience is at its end.
func (o *lookout) done(s *sight) bool { return o != nil && o.patience > 0 && s.Worse >= o.patience }

// seen is what was told of the weights that are kept; nil if there was no look
// at them since the run began or went on.
func (o *lookout) seen() map[string]float64 {
	if o == nil {
		return nil
	}
	return o.vals
}

// look looks after n of steps, if it is time. It changes no weight.
func (o *lookout) look(ctx context.Context, s *sight, n, steps int) error {
	if o == nil || n%o.every != 0 && n != steps {
		return nil
	}
	loss, vals, err := o.loss(ctx)
	if s.Unseen = err != nil; err != nil {
		return err
	}
	if err := diverged(loss, n); err != nil {
		return err
	}
	if vals == nil {
		vals = map[string]float64{}
	}
	vals["step"], vals["watch_loss"] = float64(n), loss
	o.job.Emit(stage.Event{Type: "metric", Vals: vals})
	if n == 0 {
		s.Before = loss
		return nil
	}
	lowest := s.saw(loss, n)
	if lowest && o.best != nil {
		copy(o.best, o.l.State())
		s.BestLast = slices.Clone(s.Last)
	}
	if lowest || o.best == nil {
		o.vals = vals
	}
	due := n%o.answers < o.every && n >= o.answers && steps-n >= o.every // not right before the end
	if o.speak != nil && len(o.asks) > 0 && (due || n == steps) {
		return o.sample(ctx, n)
	}
	return nil
}

// base looks at the base before the first step: a lowest loss that is above its own is
// none to be glad of.
func (o *lookout) base(ctx context.Context, s *sight, n, steps int) error {
	if o == nil || n > 0 || s.Before > 0 {
		return nil
	}
	return o.look(ctx, s, 0, steps)
}

// retake takes the look again that was cut short before the run went on from its checkpoint.
func (o *lookout) retake(ctx context.Context, s *sight, n, steps int) error {
	if !s.Unseen {
		return nil
	}
	return o.look(ctx, s, n, steps)
}

// lookOrSave looks behind step n. A run that is stopped meanwhile saves what it has: the step
// is whole, and the look is taken again.
func (o *lookout) lookOrSave(ctx context.Context, s *sight, n, steps int, save func() error) error {
	err := o.look(ctx, s, n, steps)
	if err != nil && ctx.Err() != nil {
		return cmp.Or(save(), err)
	}
	return err
}

// stopFacts are recorded in suiren.json of a run with patience.
type stopFacts struct {
	Kept    int     `json:"kept"`    // the step whose weights these are
	Loss    float64 `json:"loss"`    // on what is watched, of these
	Ended   int     `json:"ended"`   // the last step
	Planned int     `json:"planned"` // steps
}

// keep takes back the weights of the lowest loss after n of steps, looks at them as a whole, and says so.
func (o *lookout) keep(ctx context.Context, s *sight, n, steps int) (*stopFacts, error) {
	if o == nil || s.BestAt == 0 {
		return nil, nil
	}
	var f *stopFacts
	if o.best != nil {
		copy(o.l.State(), o.best)
		o.l.Repack()
		s.Last = s.BestLast // what is told is of these weights
	}
	loss := s.Best
	if o.whole != nil {
		var err error
		if loss, err = o.whole(ctx); err != nil {
			return nil, err
		}
	}
	if o.best != nil {
		f = &stopFacts{s.BestAt, rounded(loss), n, steps}
		note(o.job, f.text())
	}
	if s.Before > 0 && s.Best >= s.Before {
		before := say.T("the base itself", "基座自身")
		if o.job.Dir("adapter") != "" {
			before = say.T("the base with the adapter as it was", "带着原适配器的基座")
		}
		note(o.job, say.T("%v has a loss of %.3g there, which no step came below: lower rate, or look at what is learnt", "%v在此的损失为 %.3g，没有一步低于它：请调低 rate，或查看所学的内容", before, s.Before))
	}
	return f, nil
}

func (f *stopFacts) text() say.Text {
	if f.Ended < f.Planned {
		return say.T("ended after step %d of %d, as the loss on watch fell by %g%% no more; kept the weights of step %d, where it was lowest to within as much: held-out loss %.3g", "观察集损失的下降不再达到 %[3]g%%，训练在第 %[1]d 步（共 %[2]d 步）结束；保留其最低时（相差不到这一幅度）第 %[4]d 步的权重，留出损失 %.3[5]g", f.Ended, f.Planned, 100*better, f.Kept, f.Loss)
	}
	return say.T("kept the weights of step %d of %d, where the loss on watch was lowest to within %g%%: held-out loss %.3g", "保留观察集损失最低时（相差不到 %[3]g%%）第 %[1]d 步（共 %[2]d 步）的权重，留出损失 %.3[4]g", f.Kept, f.Planned, 100*better, f.Loss)
}

// sample tells what the model answers now, greedily.
func (o *lookout) sample(ctx context.Context, n int) error {
	s, err := o.speak()
	if err != nil {
		return err
	}
	defer s.Close()
	var reqs []infer.Request
	for i := range o.asks {
		req := o.w.request(&o.asks[i].q, o.asks[i].most)
		if end, ok := talk.TextEnd(o.w.Tokenizer); ok {
			req.Stop = append(slices.Clone(req.Stop), end)
		}
		reqs = append(reqs, req)
	}
	results, err := s.Run(ctx, reqs, nil)
	if err != nil {
		return err
	}
	for i, r := range results {
		text := say.T("step %[1]d: %[2]s → %[3]s", "第 %[1]d 步：%[2]s → %[3]s", n, brief(o.asks[i].text), o.w.told(r.IDs))
		o.job.Emit(stage.Event{Type: "sample", Text: &text, Vals: map[string]float64{"step": float64(n)}})
	}
	return nil
}

// questionRunes is how much is told of a question: its answer is to be seen beside it.
const questionRunes = 80

func brief(text string) string {
	if list := []rune(text); len(list) > questionRunes {
		return string(list[:questionRunes-1]) + "…"
	}
	return text
}

// ask adds the question of an example to be sampled, if there are not enough.
// Our own chat is asked for a thought where the example has one.
func (o *lookout) ask(e *stage.Example, most int) error {
	last := len(e.Messages) - 1
	messages := e.Messages[:last]
	if len(o.asks) == watchSamples || len(messages) == 0 {
		return nil
	}
	var think *bool
	if o.w.Template == nil && e.Messages[last].Thought == "" {
		think = new(bool)
	}
	q, err := o.w.Ask(e.From, messages, e.Tools, think)
	if room := most - len(q.IDs); err == nil && room > 0 {
		o.asks = append(o.asks, asked{q, messages[len(messages)-1].Content, min(room, watchTokens)})
	}
	return err
}

// watchText has o tell the mean loss of the answers in a part of examples, and
// the bits it takes to say a byte of them. Documents have up to length tokens.
func (o *lookout) watchText(ctx context.Context, dir string, length, most int) error {
	h := held{most: most * length}
	names := o.w.Tokenizer.Controls()
	read, full, long := false, false, 0
	var losses talk.Losses
	add := func(list []talk.Doc) {
		for i := range list {
			d := docOf(&list[i])
			if len(d.ids) > length || d.supervised == 0 {
				continue
			}
			bytes := 0
			for k, id := range list[i].IDs {
				if list[i].Learn[k] && !names[id] { // the name of a special token is no text
					bytes += len(o.w.Tokenizer.Bytes(id))
				}
			}
			if full = !h.add(d, bytes, length); full {
				return
			}
		}
	}
	err := watchedExamples(ctx, dir, func(e *stage.Example) (bool, error) {
		if read = true; o.direct {
			e.Direct()
		}
		list, over, err := o.w.Docs(e, o.choice, length)
		if err != nil {
			return false, err
		}
		long += over
		lost := talk.Lost(0)
		for i := range list {
			lost |= list[i].Lost
		}
		losses.Add(e.From, lost)
		add(list)
		return !full, o.ask(e, length)
	})
	if err != nil {
		return err
	}
	if !read {
		return nothingWatched()
	}
	if err := losses.TellWatched(o.job); err != nil {
		return err
	}
	switch {
	case len(h.docs) == 0 && long == 0:
		if o.job.Dir("from") == "" {
			return unlearntWatched()
		}
		return &say.Error{Where: "watch", What: say.T("nothing of the part to watch is learnt: it has none of what the rows learn", "观察集中没有要学习的内容：数据行所学的部分它都没有"),
			Next: say.T("watch examples that have it", "请观察含有这些内容的样例")}
	case len(h.docs) == 0:
		return noneFits(length)
	}
	o.measure(&h, length)
	return nil
}

// watchedExamples reads a part of examples as conversations that end with an
// answer, until each says that it has enough.
func watchedExamples(ctx context.Context, dir string, each func(*stage.Example) (more bool, err error)) error {
	for e, err := range stage.Until(ctx, stage.Conversations(dir)) {
		if err != nil {
			return err
		}
		if more, err := each(&e); err != nil || !more {
			return err
		}
	}
	return nil
}
