package data

import (
	"context"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Tokens is the operator that turns examples into packed rows: whole
// conversations side by side, the answer and the thought to be learnt.
type Tokens struct {
	From      []stage.Ref `plan:"from" kinds:"examples" part:"train"`
	Tokenizer stage.Ref   `plan:"tokenizer" kinds:"tokenizer"`
	Length    int         `plan:"length" min:"32" max:"8192"`         // tokens of a row
	Direct    bool        `plan:"direct,optional"`                    // without the thoughts
	Shuffle   bool        `json:",omitempty" plan:"shuffle,optional"` // not in the examples' order
}

// Name, Revision and Out implement stage.Operator.
func (*Tokens) Name() string    { return "rows" }
func (*Tokens) Revision() int   { return 1 }
func (*Tokens) Out() store.Kind { return store.Tokens }

// Tokens of a conversation with its thought and without, about, for a
// forecast: measured on the tutor's lessons.
const (
	thoughtTokens = 62
	directTokens  = 30
)

// Forecast implements stage.Forecaster.
func (t *Tokens) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	n := sum(in["from"], "problems")
	each := float64(thoughtTokens)
	if t.Direct {
		each = directTokens
	}
	return stage.Forecast{
		Low: n * 10e-6, High: n * 60e-6, Memory: 48<<20 + int64(n)*1000,
		Basis: say.T("10–60 µs a problem, measured", "每题 10–60 微秒（实测）"),
		Size: map[string]float64{
			"rows": n * each / float64(t.Length) * 1.03, "length": float64(t.Length), "tokens": n * each, "vocab": sum(in["tokenizer"], "vocab"),
		},
	}
}

// pool is how many conversations wait to be placed: enough to fill rows well,
// few enough to keep the order of the lessons.
const pool = 64

// Run implements stage.Operator.
func (t *Tokens) Run(ctx context.Context, job *stage.Job) error {
	problems, err := readAll(job.Dirs("from"))
	if err != nil {
		return err
	}
	if t.Shuffle {
		d := newDraw(0, "shuffle", 0)
		for i := len(problems) - 1; i > 0; i-- {
			j := d.below(i + 1)
			problems[i], problems[j] = problems[j], problems[i]
		}
	}
	tok, err := tokenizer.Load(job.Dir("tokenizer"))
	if err != nil {
		return err
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return err
	}
	w, err := stage.NewRowWriter(job.Out, tok.Vocab(), t.Length, !t.Direct)
	if err != nil {
		return err
	}
	var waiting []stage.RowDoc
	for i := range problems {
		if i%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			job.Emit(stage.Event{Type: "progress", Done: float64(i), Total: float64(len(problems)), Unit: "problems"})
		}
		p := &problems[i]
		ids, supervised := chat.Example(nil, p.Prompt, p.Think, p.Answer, !t.Direct)
		if len(ids) > t.Length {
			w.Drop()
			continue
		}
		if waiting = append(waiting, stage.RowDoc{IDs: ids, Supervised: supervised}); len(waiting) == pool {
			if waiting, err = addRow(w, waiting, t.Length); err != nil {
				return err
			}
		}
	}
	for len(waiting) > 0 {
		if waiting, err = addRow(w, waiting, t.Length); err != nil {
			return err
		}
	}
	info, err := w.Close()
	if err != nil {
		return err
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"rows": float64(info.Rows), "tokens": float64(info.Tokens), "supervised": float64(info.Supervised), "dropped": float64(info.Dropped),
		"filled": float64(info.Tokens) / float64(max(info.Rows, 1)*t.Length),
	}})
	return nil
}

// addRow writes a row: the one that has waited longest, then again and again
// the longest that still fits, the first of equals. It returns those left.
func addRow(w *stage.RowWriter, waiting []stage.RowDoc, length int) ([]stage.RowDoc, error) {
	row := []stage.RowDoc{waiting[0]}
	room := length - len(waiting[0].IDs)
	taken := make([]bool, len(waiting))
	taken[0] = true
	for {
		best := -1
		for i, d := range waiting {
			if n := len(d.IDs); !taken[i] && n <= room && (best < 0 || n > len(waiting[best].IDs)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		room -= len(waiting[best].IDs)
		row = append(row, waiting[best])
	}
	var rest []stage.RowDoc
	for i, d := range waiting {
		if !taken[i] {
			rest = append(rest, d)
		}
	}
	return rest, w.Add(row)
}
