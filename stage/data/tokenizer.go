package data

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Tokenizer is the operator that learns byte-level BPE from the training
// part of examples and from the text of corpora.
type Tokenizer struct {
	From  []stage.Ref `plan:"from,optional" kinds:"examples" part:"train"`
	Text  []stage.Ref `plan:"text,optional" kinds:"corpus" json:",omitempty"`
	Vocab int         `plan:"vocab" like:"4096" min:"261" max:"262144"`
}

// Name, Revision and Out implement stage.Operator.
func (*Tokenizer) Name() string    { return "bpe" }
func (*Tokenizer) Revision() int   { return 1 }
func (*Tokenizer) Out() store.Kind { return store.Tokenizer }

// Check implements stage.Checker.
func (t *Tokenizer) Check() []*say.Error { return fromOrText(t.From, t.Text) }

// Forecast implements stage.Forecaster.
func (t *Tokenizer) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	n := sum(in["from"], "problems")
	if n == 0 {
		text := sum(in["from"], "text") + sum(in["text"], "text")
		return about(text/bpeRate, 64<<20+int64(min(10*text, 1<<30)), map[string]float64{"vocab": float64(t.Vocab)})
	}
	return stage.Forecast{
		Low: n * 5e-6, High: n * 40e-6, Memory: 64<<20 + int64(n)*600,
		Basis: say.T("5–40 µs a problem, measured", "每题 5–40 微秒（实测）"),
		Size:  map[string]float64{"vocab": float64(t.Vocab)},
	}
}

// Run implements stage.Operator: it writes tokenizer.json and what belongs to it.
func (t *Tokenizer) Run(ctx context.Context, job *stage.Job) error {
	var failed error
	n := 0
	tok, err := tokenizer.Train(texts(ctx, job.Dirs("from"), job.Dirs("text"), &n, &failed), t.Vocab, tokenizer.ChatSpecial)
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"tokens": float64(tok.Vocab()), "problems": float64(n)}})
	if made := tok.Vocab(); made < t.Vocab {
		text := say.T("%d tokens were made of the %d asked for: the texts hold no more pieces", "要求 %[2]d 个词元，只做出 %[1]d 个：文本中没有更多片段", made, t.Vocab)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	return tok.Save(job.Out)
}

// errEnough ends a reading whose reader has left.
var errEnough = errors.New("data: enough was read")

// texts yields what a chat is made of, as the chat form cuts it, of problems
// and of conversations, and then the texts of corpora. It counts them, and leaves an error in failed.
func texts(ctx context.Context, dirs, corpora []string, n *int, failed *error) iter.Seq[string] {
	return func(yield func(string) bool) {
		each := func(list ...string) bool {
			*n++
			return (*n%1000 > 0 || ctx.Err() == nil) && !slices.ContainsFunc(list, func(text string) bool { return !yield(text) })
		}
		for _, dir := range dirs {
			path := filepath.Join(dir, problemsFile)
			if _, err := os.Stat(path); err == nil {
				for p, err := range stage.Problems(path) {
					if *failed = err; err != nil || !each("user\n"+p.Prompt, "\n", "assistant\n", p.Think, p.Answer) {
						return
					}
				}
				continue
			}
			for e, err := range stage.Examples(filepath.Join(dir, stage.ExamplesFile)) {
				if *failed = err; err != nil {
					return
				}
				var list []string
				for _, m := range slices.Concat(e.Messages, e.Prompt, e.Chosen, e.Rejected) {
					if m.Role == "assistant" {
						list = append(list, "assistant\n", m.Thought, m.Content)
					} else {
						list = append(list, m.Role+"\n"+m.Content, "\n")
					}
				}
				if !each(list...) {
					return
				}
			}
		}
		for _, dir := range corpora {
			err := corpusTexts(dir, func(text string) error {
				if !each(text) {
					return errEnough
				}
				return nil
			})
			if err != nil {
				if err != errEnough {
					*failed = err
				}
				return
			}
		}
	}
}
