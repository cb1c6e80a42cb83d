package quality

import (
	"strings"
	"sync"
	"unicode"
)

// A class is what the rules ask of a character, as bits.
type class uint16

const (
	isLetter   class = 1 << iota // letter
	isLower                      // lower
	isUpper                      // upper
	isQuote                      // quote
	isIcon                       // icon
	isAffix                      // of marks
	isSpace                      // space
	isAlpha                      // unicode.IsLetter
	isDecimal                    // unicode.IsDigit
	isNoWord                     // isMark
	isEnd                        // isTerminal
	isPunctual                   // isPunct
)

var kinds = []struct {
	bit class
	has func(rune) bool
}{
	{isLetter, letter}, {isLower, lower}, {isUpper, upper}, {isQuote, quote}, {isIcon, icon},
	{isAffix, func(c rune) bool { return strings.ContainsRune(marks, c) }}, {isSpace, space}, {isAlpha, unicode.IsLetter}, {isDecimal, unicode.IsDigit},
	{isNoWord, isMark}, {isEnd, isTerminal}, {isPunctual, isPunct},
}

// classify asks the definitions.
func classify(c rune) (k class) {
	for _, x := range kinds {
		if x.has(c) {
			k |= x.bit
		}
	}
	return k
}

// classOf returns the class of a character, of the first plane from a table.
func classOf(c rune) class {
	if uint32(c) < 1<<16 {
		return classes()[c]
	}
	return classify(c)
}

var classes = sync.OnceValue(func() *[1 << 16]class {
	t := new([1 << 16]class)
	for c := range t {
		t[c] = classify(rune(c))
	}
	return t
})
