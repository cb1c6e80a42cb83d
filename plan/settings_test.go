package plan

import (
	"encoding/json"
	"slices"
	"testing"

	"suiren/stage"
	"suiren/store"
)

// A settled operator knows what holds where its plan says nothing.
type settled struct {
	From  stage.Ref `plan:"from,optional"`
	Width int       `plan:"width,optional"`
	Rate  float64   `plan:"rate,optional"`
	Flag  *float64  `plan:"flag,optional"`
	Names []string  `plan:"names,optional"`
	Seed  uint64    `plan:"seed,optional"`
	Clip  float64   `plan:"clip,optional" json:",omitzero"`
	lesson
}

func (*settled) Name() string { return "settled" }
func (s *settled) Settled() map[string]any {
	m := map[string]any{"width": max(s.Width, 128), "names": []string{"en", "zh"}, "flag": .05, "seed": s.Seed}
	if s.From.IsZero() {
		m["rate"] = 1e9
	}
	return m
}

// What was left out is shown as what held instead, and not as nothing: numbers
// of a record are zeros there.
func TestSettings(t *testing.T) {
	v := Vocabulary{store.Weights: {Ops: map[string]func() stage.Operator{"a": func() stage.Operator { return new(grow) }, "b": func() stage.Operator { return new(settled) }}}}
	zero, from := 0.0, []store.Used{{Arg: "from", Block: "tokens.rows"}}
	for _, c := range []struct {
		op         settled
		inputs     []store.Used
		revision   int
		said, held []string
	}{
		{revision: 1, held: []string{"width = 128", "rate = 1e9", "flag = 0.05", `names = ["en","zh"]`, "seed = 0"}},
		{inputs: from, revision: 1, held: []string{"width = 128", "flag = 0.05", `names = ["en","zh"]`, "seed = 0"}},
		{op: settled{Width: 64, Rate: 600000000000, Flag: &zero, Names: []string{"zh"}, Seed: 7, Clip: .5}, revision: 1,
			said: []string{"width = 64", "rate = 6e11", "flag = 0", `names = ["zh"]`, "seed = 7", "clip = 0.5"}},
		{op: settled{Width: 64}, revision: 2, said: []string{"width = 64"}}, // its defaults were others
	} {
		b, err := json.Marshal(&c.op)
		if err != nil {
			t.Fatal(err)
		}
		said, held, ok := v.Settings(store.Record{Kind: store.Weights, Operator: "settled", Revision: c.revision, Settings: b, Inputs: c.inputs})
		if !ok || !slices.Equal(said, c.said) || !slices.Equal(held, c.held) {
			t.Errorf("%s: said %q and held %q, want %q and %q", b, said, held, c.said, c.held)
		}
	}
	if _, _, ok := v.Settings(store.Record{Kind: store.Weights, Operator: "other", Settings: json.RawMessage("{}")}); ok {
		t.Error("an operator that the vocabulary lacks has settings")
	}
}
