package detect

import "testing"

// TestBeginnings tells words of a text that may begin one that is looked for from others,
// also where the text is cut, and where spaces stand inside it.
func TestBeginnings(t *testing.T) {
	var b Beginnings
	for _, w := range []string{"bombing", "for", "inside", "a计"} {
		b.Add([]rune(w))
	}
	for _, c := range []struct {
		text        string
		has, across bool
	}{
		{"bombing ", true, true}, {"BOMBIng ", true, true}, {"bomb", true, true}, {"bo", true, true}, {"bomb squad", false, false}, {"bom bing", false, true},
		{"for all", true, true}, {"f or all", false, true}, {"fo r", false, true}, {"form ", false, false}, {"forma ", false, false},
		{"in side", false, true}, {"in the ", false, false}, {"in, side", false, true}, {"a b", true, true}, {"as ", false, false}, {"the ", false, false},
	} {
		var r Reader
		r.Each(c.text, func(cs []Char) {
			if got := b.Has(cs); got != c.has {
				t.Errorf("%q: Has is %v", c.text, got)
			}
			if got := b.HasAcross(cs); got != c.across {
				t.Errorf("%q: HasAcross is %v", c.text, got)
			}
		})
	}
}
