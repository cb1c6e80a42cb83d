package train

import (
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/stage"
)

// Rows of text whose characters are of several tokens may begin within one.
func TestWroteWithin(t *testing.T) {
	text := "the other thing that they gather"
	tok, err := tokenizer.Train(slices.Values([]string{text}), 262+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	ids := tok.Encode(nil, strings.Repeat("水涨船高𠀀", 20))
	for from := range 12 {
		dir := t.TempDir()
		w, err := stage.NewRowWriter(dir, tok.Vocab(), 128, true)
		check(t, err)
		check(t, w.Add([]stage.RowDoc{{IDs: ids[from : from+100], Supervised: 50}}))
		_, err = w.Close()
		check(t, err)
		rows, err := stage.OpenRows(dir)
		check(t, err)
		if !wrote(tok, rows) {
			t.Errorf("rows that begin at byte %d are taken for another tokenizer's", from)
		}
		check(t, rows.Close())
	}
}
