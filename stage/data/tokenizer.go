package data

import (
	"context"
	"iter"
	"path/filepath"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Tokenizer is the operator that learns byte-level BPE from the training
// part of examples.
type Tokenizer struct {
	From  []stage.Ref `plan:"from" kinds:"examples" part:"train"`
	Vocab int         `plan:"vocab" min:"261" max:"262144"`
}

// Name, Revision and Out implement stage.Operator.
func (*Tokenizer) Name() string    { return "bpe" }
func (*Tokenizer) Revision() int   { return 1 }
func (*Tokenizer) Out() store.Kind { return store.Tokenizer }

// Forecast implements stage.Forecaster.
func (t *Tokenizer) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	n := sum(in["from"], "problems")
	return stage.Forecast{
		Low: n * 5e-6, High: n * 40e-6, Memory: 64<<20 + int64(n)*600,
		Basis: say.T("5–40 µs a problem, measured", "每题 5–40 微秒（实测）"),
		Size:  map[string]float64{"vocab": float64(t.Vocab)},
	}
}

// sum adds a size over what the steps before foretell.
func sum(list []stage.Forecast, size string) (n float64) {
	for _, f := range list {
		n += f.Size[size]
	}
	return n
}

// Run implements stage.Operator: it writes tokenizer.json and what belongs to it.
func (t *Tokenizer) Run(ctx context.Context, job *stage.Job) error {
	problems, err := readAll(job.Dirs("from"))
	if err != nil {
		return err
	}
	tok, err := tokenizer.Train(texts(ctx, problems), t.Vocab, tokenizer.ChatSpecial)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"tokens": float64(tok.Vocab()), "problems": float64(len(problems))}})
	return tok.Save(job.Out)
}

// texts yields what a chat is made of, as the chat form cuts it.
func texts(ctx context.Context, problems []stage.Problem) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range problems {
			p := &problems[i]
			if i%1000 == 0 && ctx.Err() != nil {
				return
			}
			for _, text := range []string{"user\n" + p.Prompt, "\n", "assistant\n", p.Think, p.Answer} {
				if !yield(text) {
					return
				}
			}
		}
	}
}

// readAll reads the problems of several folders.
func readAll(dirs []string) ([]stage.Problem, error) {
	var all []stage.Problem
	for _, dir := range dirs {
		list, err := stage.ReadProblems(filepath.Join(dir, problemsFile))
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}
