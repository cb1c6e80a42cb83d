package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// A class is the set of properties by which the patterns distinguish runes.
type class uint16

const (
	letter  class = 1 << iota // \p{L}
	upper                     // \p{Lu}, \p{Lt}
	lower                     // \p{Ll}
	mark                      // \p{M}
	number                    // \p{N}
	punct                     // \p{P}
	symbol                    // \p{S}
	space                     // \s
	newline                   // [\r\n], which are \s too
)

// classes holds the classes of the first two planes, where nearly all text
// is. A table costs a load; the unicode package searches.
var classes = func() *[0x20000]class {
	t := new([0x20000]class)
	for _, c := range classTables {
		for _, r := range c.table.R16 {
			for i := uint32(r.Lo); i <= uint32(r.Hi); i += uint32(r.Stride) {
				t[i] |= c.class
			}
		}
		for _, r := range c.table.R32 {
			for i := r.Lo; i <= r.Hi && i < uint32(len(t)); i += r.Stride {
				t[i] |= c.class
			}
		}
	}
	t['\r'] |= newline
	t['\n'] |= newline
	return t
}()

var classTables = []struct {
	table *unicode.RangeTable
	class class
}{
	{unicode.L, letter}, {unicode.Lu, upper}, {unicode.Lt, upper}, {unicode.Ll, lower}, {unicode.M, mark},
	{unicode.N, number}, {unicode.P, punct}, {unicode.S, symbol}, {unicode.White_Space, space},
}

func classOf(r rune) (c class) {
	if uint32(r) < uint32(len(classes)) {
		return classes[r]
	}
	for _, t := range classTables {
		if unicode.Is(t.table, r) {
			c |= t.class
		}
	}
	return c
}

// at returns the class and the width of the rune of s at i, and width 0 at
// its end. A byte that is not UTF-8 is of no class.
func at(s string, i int) (class, int) {
	if i >= len(s) {
		return 0, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return classes[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && n == 1 {
		return 0, 1
	}
	return classOf(r), n
}

// run returns the end of the runes from i on that have a class of set.
func run(s string, i int, set class) int {
	for {
		c, n := at(s, i)
		if n == 0 || c&set == 0 {
			return i
		}
		i += n
	}
}

// runNot returns the end of the runes from i on that have no class of set.
func runNot(s string, i int, set class) int {
	for {
		c, n := at(s, i)
		if n == 0 || c&set != 0 {
			return i
		}
		i += n
	}
}

func isASCIIPunct(c byte) bool {
	return c < utf8.RuneSelf && classes[c]&(punct|symbol) != 0
}

func isASCIILetter(c byte) bool { return c < utf8.RuneSelf && classes[c]&letter != 0 }
