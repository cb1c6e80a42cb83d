package run

import (
	"context"
	"testing"

	"suiren/stage"
	"suiren/store"
)

// A learn is a step that trains: it tells what its job says of what it learns.
type learn struct {
	lessons, ordered bool
}

func (*learn) Name() string    { return "learn" }
func (*learn) Revision() int   { return 1 }
func (*learn) Out() store.Kind { return store.Weights }
func (l *learn) Run(_ context.Context, job *stage.Job) error {
	l.lessons, l.ordered = job.Lessons, job.Ordered
	return nil
}

// What is learnt is lessons only if the records say so of all that its rows are made
// of, and in their order only if the rows are not shuffled.
func TestLessons(t *testing.T) {
	st := open(t)
	examples := func(operator, text string) store.Used {
		out := put(t, st, "train/x", text)
		train, _, err := st.Part(out, "train")
		check(t, err)
		if operator != "" {
			check(t, st.Record(store.Record{Key: store.Digest{1, text[0]}, Kind: store.Examples, Name: text, Operator: operator, Output: out, Settings: []byte("{}"), Machine: []byte("{}"), Forecast: []byte("{}")}))
		}
		return store.Used{Arg: "from", Block: "examples." + text, Part: "train", Digest: train, From: out}
	}
	text := put(t, st, "corpus.jsonl", "prose")
	lessons, own, unknown := examples("lessons", "lessons"), examples("chats", "own"), examples("", "unknown")
	for i, c := range []struct {
		from             []store.Used
		settings         string
		lessons, ordered bool
	}{
		{[]store.Used{lessons}, `{"Length":64}`, true, true},
		{[]store.Used{lessons}, `{"Length":64,"Shuffle":true}`, true, false},
		{[]store.Used{lessons, {Arg: "tokenizer", Block: "tokenizer.t", Digest: text, From: text}}, `{}`, true, true},
		{[]store.Used{lessons, own}, `{}`, false, false},
		{[]store.Used{own}, `{}`, false, false},
		{[]store.Used{unknown}, `{}`, false, false},
		{[]store.Used{lessons, {Arg: "text", Block: "corpus.c", Digest: text, From: text}}, `{}`, false, false},
	} {
		rows := put(t, st, "rows", string(rune('a'+i)))
		check(t, st.Record(store.Record{Key: store.Digest{2, byte(i)}, Kind: store.Tokens, Name: "rows", Operator: "rows", Output: rows, Inputs: c.from, Settings: []byte(c.settings), Machine: []byte("{}"), Forecast: []byte("{}")}))
		op := new(learn)
		s := &Step{Kind: store.Weights, Name: "w", Op: op, Key: store.Digest{3, byte(i)},
			Inputs: []stage.Input{{Arg: "from", Digest: rows}}, Used: []store.Used{{Arg: "from", Block: "tokens.rows", Digest: rows, From: rows}}}
		_, err := s.Run(t.Context(), st, stage.Machine{Threads: 1}, "v1", "20261125T193752Z-0001", func(stage.Event) {})
		check(t, err)
		if op.lessons != c.lessons || op.ordered != c.ordered {
			t.Errorf("%d: lessons %v in order %v, want %v and %v", i, op.lessons, op.ordered, c.lessons, c.ordered)
		}
	}
}
