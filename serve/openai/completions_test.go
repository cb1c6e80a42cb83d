package openai

import (
	"slices"
	"testing"
)

// Offsets are places in the text: a character that tokens share begins with the first of
// them, and a byte that is none is one.
func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		tokens []string
		want   []int
	}{
		{[]string{"ab", " c", ""}, []int{0, 2, 4}},
		{[]string{"你", "\xe5", "\xa5", "\xbd", "!"}, []int{0, 1, 1, 1, 2}},
		{[]string{"a\xe5", "\xa5\xbdb", "c"}, []int{0, 1, 3}},
		{[]string{"\xff", "a", "\xe5", "b", "c"}, []int{0, 1, 2, 2, 4}},
	} {
		var o offset
		var got []int
		for _, tok := range c.tokens {
			got = append(got, o.pass([]byte(tok)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.tokens, got, c.want)
		}
	}
}
