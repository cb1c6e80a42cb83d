package grammar

import (
	"slices"
	"unicode/utf8"
)

// An alphabet divides the characters into classes: what asks about characters
// gives one answer for all of a class.
type alphabet struct {
	from  []rune  // where segments begin, ascending; the first is 0
	class []int32 // of a segment's characters
	ascii [utf8.RuneSelf]int32
	some  []rune // a character of each class, one that is easily written if there is one
}

// easy are the characters that stand in a string of JSON as they are, the
// easiest last.
const easy = " !#$%&'()*+,-./:;<=>?@[]^_`{|}~ABCDEFGHIJKLMNOPQRSTUVWXYZ987654321zyxwvutsrqponmlkjihgfedcb0a"

// newAlphabet returns the coarsest alphabet that tells apart what the labels
// do. A label is constant between two cuts.
func newAlphabet(cuts []rune, labels ...func(r rune) int32) *alphabet {
	cuts = slices.DeleteFunc(append(slices.Clone(cuts), 0), func(r rune) bool { return r > utf8.MaxRune })
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	a := &alphabet{from: cuts, class: make([]int32, len(cuts))}
	for _, label := range labels {
		finer := map[[2]int32]int32{}
		for i, r := range cuts {
			key := [2]int32{a.class[i], label(r)}
			c, ok := finer[key]
			if !ok {
				c = int32(len(finer))
				finer[key] = c
			}
			a.class[i] = c
		}
	}
	for i, r := range cuts {
		if int(a.class[i]) == len(a.some) {
			a.some = append(a.some, r)
		}
	}
	for r := range rune(utf8.RuneSelf) {
		a.ascii[r] = a.class[a.segment(r)]
	}
	for _, r := range easy {
		a.some[a.ascii[r]] = r
	}
	return a
}

// segment returns the number of the segment that r is in.
func (a *alphabet) segment(r rune) int {
	i, found := slices.BinarySearch(a.from, r)
	if !found {
		i--
	}
	return i
}

// of returns the class of a character.
func (a *alphabet) of(r rune) int32 {
	if r < utf8.RuneSelf {
		return a.ascii[r]
	}
	return a.class[a.segment(r)]
}

// within returns the classes of the characters from low to high, some of them
// more than once.
func (a *alphabet) within(low, high rune) []int32 {
	return a.class[a.segment(low) : a.segment(high)+1]
}
