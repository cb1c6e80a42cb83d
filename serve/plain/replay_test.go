package plain

import (
	"math"
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
