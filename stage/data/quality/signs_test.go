package quality

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// The table says of every character what the standard library says.
func TestSigns(t *testing.T) {
	for c := rune(-1); c <= unicode.MaxRune; c++ {
		is := sign(c)
		for bit, want := range map[uint16]bool{
			isSpace:  c >= 0 && (unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f),
			isAlpha:  unicode.IsLetter(c),
			isLetter: c != utf8.RuneError && (unicode.IsLetter(c) || c >= 0x3000 && c <= 0x303f || unicode.IsMark(c)),
			isUpper:  unicode.IsUpper(c),
			isLower:  unicode.IsLower(c),
			isDigit:  unicode.IsDigit(c),
			isIcon:   unicode.Is(unicode.So, c),
			isPunct:  unicode.IsPunct(c),
			isEnd:    c > 0 && strings.ContainsRune(terminals, c),
			isQuote:  c > 0 && c != utf8.RuneError && strings.ContainsRune(quotes, c),
		} {
			if is&bit != 0 != want {
				t.Fatalf("%U: bit %b is %v", c, bit, !want)
			}
		}
	}
}

// Words longer than a line may hold are found behind any number of others.
func TestCountWords(t *testing.T) {
	long := strings.Repeat("é", longestWord+1)
	for _, c := range []struct {
		line      string
		few, long bool
	}{
		{"", true, false}, {"one two", true, false}, {"one two three", false, false}, {"a\u3000b\u2003c", false, false},
		{long, true, true}, {long[2:], true, false}, {"a b c d " + long, false, true}, {"a b c d " + long + " e", false, true},
		{strings.Repeat("word ", 500) + long[2:], false, false}, {strings.Repeat("word ", 500) + long, false, true},
		{"a b " + long + strings.Repeat(" word", 500), false, true},
		{strings.Repeat("\u3000x", 2000), false, false},
	} {
		if few, long := countWords(c.line); few != c.few || long != c.long {
			t.Errorf("%.20q of %d bytes: %v %v", c.line, len(c.line), few, long)
		}
	}
}
