package plain

import (
	"context"
	"math"
	"slices"
	"testing"

	"suiren/serve/form"
)

// A receipt that another made is not believed: of a model that writes no answers, or for
// more tokens than there are.
func TestReplayHostile(t *testing.T) {
	enc, err := Open("../../testdata/oracle/arch/bert-mean", Options{Threads: 1, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	m := open(t, Options{})
	for name, c := range map[string]struct {
		m   *Model
		max int
		ids []int32
	}{
		"vectors": {enc, 4, []int32{1}}, "long": {m, math.MaxInt, []int32{1}}, "negative": {m, -5, []int32{1}}, "unknown": {m, 4, []int32{1 << 30}}, "empty": {m, 4, nil},
	} {
		for _, chat := range []bool{false, true} {
			r := &form.Receipt{Version: form.ReceiptVersion, Prompt: form.Tokens(c.ids, true), Answer: form.ReceiptTokens{Tokens: 1}, MaxTokens: c.max, Chat: chat}
			if _, same, err := c.m.Replay(t.Context(), r); err == nil || same {
				t.Errorf("%s: %v, %v", name, same, err)
			}
		}
	}
}

// What a receipt's tokens say is what was answered, whatever of them is no text.
func TestReplaySaid(t *testing.T) {
	m := open(t, Options{Name: "tiny", Digest: "ab"})
	hot, bias := 1.0, map[int32]float64{}
	for id, s := range m.words.special {
		if s.Control && !slices.Contains(m.words.stops, id) && !m.tag(s.Text) {
			bias[id] = 5
		}
	}
	if len(bias) == 0 {
		t.Fatal("all special tokens are text, or end an answer")
	}
	for seed := range uint64(20) {
		a := hello(func(r *form.Request) { r.Sampling.Temperature, r.Sampling.Bias, r.Think.Mode = &hot, bias, "off" })
		a.Seed, a.Receipt = seed, &form.Receipt{ID: "x"}
		got := must(t, m, a)
		text, same, err := m.Replay(context.Background(), a.Receipt)
		if err != nil || !same || text != got.text {
			t.Errorf("%q, %v, %v: answered %q", text, same, err, got.text)
		}
	}
}
