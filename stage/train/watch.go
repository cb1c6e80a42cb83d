package train

import (
	"context"
	"math"
	"path/filepath"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A watcher looks at examples that are not trained on: their loss every so
// many steps, and a few answers.
type watcher struct {
	job     *stage.Job
	l       *Learner
	tok     *tokenizer.Tokenizer
	chat    *tokenizer.Chat
	think   bool
	every   int // steps between looks
	answers int // steps between samples
	rows    []model.Row
	bytes   int // of what is learnt in rows
	prompts []string
}

// What looking may cost: about a hundredth of the run.
const (
	watchLooks   = 20   // a run, at most
	watchLeast   = 3    // looks, however short the run
	watchRows    = 8    // a look, unless there is room for more
	watchShare   = 0.02 // rows read of those trained on; one costs a third of a step's
	watchSamples = 3
	watchTokens  = 96 // of a sample
)

// newWatcher takes problems of the part watch; nil if there are none.
func newWatcher(job *stage.Job, l *Learner, tokenizerDir string, think bool, length, steps, batch int) (*watcher, error) {
	dir := job.Dir("watch")
	if dir == "" {
		return nil, nil
	}
	problems, err := stage.ReadProblems(filepath.Join(dir, problemsFile))
	if err != nil {
		return nil, err
	}
	w := &watcher{job: job, l: l, think: think}
	if w.tok, err = tokenizer.Load(tokenizerDir); err != nil {
		return nil, err
	}
	if w.chat, err = tokenizer.NewChat(w.tok); err != nil {
		return nil, err
	}
	room := watchShare * float64(steps*batch)
	looks := min(max(int(room/watchRows), watchLeast), watchLooks)
	w.every = max(steps/looks, 1)
	w.answers = max(steps/4, 1)
	rows := max(int(room/float64(looks)), watchRows)
	var docs []doc
	tokens := 0
	for i := range problems {
		p := &problems[i]
		ids, supervised := w.chat.Example(nil, p.Prompt, p.Think, p.Answer, think)
		if len(ids) > length {
			continue
		}
		if tokens += len(ids); tokens > rows*length {
			break
		}
		docs = append(docs, doc{ids: ids, supervised: len(ids) - supervised, weight: 1})
		for _, id := range ids[supervised:] {
			w.bytes += len(w.tok.Bytes(id))
		}
		if len(w.prompts) < watchSamples {
			w.prompts = append(w.prompts, p.Prompt)
		}
	}
	if w.rows = packDocs(docs, length); len(w.rows) == 0 || w.bytes == 0 {
		return nil, say.Errorf("no example of the part to watch fits a row of %d tokens", "观察集中没有一条能放进 %d 个词元的行", length)
	}
	return w, nil
}

// due reports whether a look comes after n steps.
func (w *watcher) due(n, steps int) bool { return w != nil && (n%w.every == 0 || n == steps) }

// look tells the loss after n steps and returns it; it changes nothing.
func (w *watcher) look(ctx context.Context, n, steps int) (float64, error) {
	sums, _ := w.l.LogProbs(w.rows)
	sum, supervised := 0.0, 0
	for i, s := range sums {
		sum -= s
		for _, v := range w.rows[i].Weight {
			if v != 0 {
				supervised++
			}
		}
	}
	loss := sum / float64(supervised)
	if err := diverged(loss, n); err != nil {
		return 0, err
	}
	w.job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{"step": float64(n), "watch_loss": loss,
		"bits_per_byte": sum / math.Ln2 / float64(w.bytes)}})
	if n%w.answers < w.every && n >= w.answers || n == steps {
		return loss, w.sample(ctx, n)
	}
	return loss, nil
}

// sample tells what the model answers now, greedily.
func (w *watcher) sample(ctx context.Context, n int) error {
	s, err := infer.NewSampler(w.l.Params, len(w.prompts), w.l.Params.Config.Context, w.job.Machine.Threads)
	if err != nil {
		return err
	}
	defer s.Close()
	var reqs []infer.Request
	for _, p := range w.prompts {
		prompt := w.chat.Prompt(nil, []tokenizer.Message{{Role: "user", Content: p}}, w.think)
		reqs = append(reqs, infer.Request{Prompt: prompt, MaxTokens: watchTokens, Stop: []int32{w.chat.End()}})
	}
	results, err := s.Run(ctx, reqs, nil)
	if err != nil {
		return err
	}
	for i, r := range results {
		text := say.T("step %[1]d: %[2]s → %[3]s", "第 %[1]d 步：%[2]s → %[3]s", n, w.prompts[i], w.tok.Decode(r.IDs))
		w.job.Emit(stage.Event{Type: "sample", Text: &text, Vals: map[string]float64{"step": float64(n)}})
	}
	return nil
}
