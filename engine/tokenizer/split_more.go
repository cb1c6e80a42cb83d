package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// digitGroups scans for \p{N}{1,n}, and for \p{N}+ if n is 0.
func digitGroups(n int) scanner {
	return func(s string) int {
		if c, k := at(s, 0); c&number != 0 {
			return modern{digits: n}.number(s, k)
		}
		return runNot(s, 0, number)
	}
}

// threeDigits matches [0-9][0-9][0-9].
func threeDigits(s string) int {
	if len(s) < 3 {
		return 0
	}
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
	}
	return 3
}

// A runes is a set of runes: pairs of the first and the last of a range.
type runes [][2]rune

func (set runes) has(r rune) bool {
	for _, x := range set {
		if x[0] <= r && r <= x[1] {
			return true
		}
	}
	return false
}

// runesOf reads what stands between the brackets of a pattern's set, without
// escapes.
func runesOf(s string) (set runes) {
	list := []rune(s)
	for i := 0; i < len(list); i++ {
		if i+2 < len(list) && list[i+1] == '-' {
			set = append(set, [2]rune{list[i], list[i+2]})
			i += 2
		} else {
			set = append(set, [2]rune{list[i], list[i]})
		}
	}
	return set
}

// end returns the end of the runes of the set from i on.
func (set runes) end(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !set.has(r) {
			break
		}
		i += n
	}
	return i
}

// match returns the length of [set]+ at the start of s, or 0.
func (set runes) match(s string) int { return set.end(s, 0) }

// afterSpace returns the length of \s?[set]+ at the start of s, or 0.
func (set runes) afterSpace(s string) int {
	if n := set.end(s, 0); n > 0 {
		return n
	}
	if c, n := at(s, 0); c&space != 0 {
		if end := set.end(s, n); end > n {
			return end
		}
	}
	return 0
}

// afterSpace returns a match of \s?[set]+ for the classes set.
func afterSpace(set class) func(s string) int {
	return func(s string) int {
		c, n := at(s, 0)
		if c&set != 0 {
			return run(s, n, set)
		}
		if c&space != 0 {
			if end := run(s, n, set); end > n {
				return end
			}
		}
		return 0
	}
}

// lastSpace scans for \s+$.
func lastSpace(s string) int {
	n := len(s)
	for n > 0 {
		r, k := utf8.DecodeLastRuneInString(s[:n])
		if r == utf8.RuneError && k == 1 || classOf(r)&space == 0 {
			break
		}
		n -= k
	}
	if n == 0 {
		return len(s)
	}
	return n
}

// oneNewline matches [\r\n].
func oneNewline(s string) int {
	if s[0] == '\r' || s[0] == '\n' {
		return 1
	}
	return 0
}

// newlines scans for [^\n]+|[\n]+.
func newlines(s string) int {
	if s[0] != '\n' {
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return n
		}
		return len(s)
	}
	n := 1
	for n < len(s) && s[n] == '\n' {
		n++
	}
	return n
}

// deepseek matches the last pattern of DeepSeek-V3, where spark is false:
//
//	[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// In Spark-X2.5's, punctuation leaves the newlines, which come one by one:
//
//	…| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+
func deepseek(s string, spark bool) int {
	if isASCIIPunct(s[0]) && len(s) > 1 && isASCIILetter(s[1]) {
		n := 2
		for n < len(s) && isASCIILetter(s[n]) {
			n++
		}
		return n
	}
	c, n := at(s, 0)
	if c&(letter|mark) != 0 {
		return run(s, n, letter|mark)
	}
	d, k := at(s, n)
	if c&(newline|punct|symbol) == 0 && d&(letter|mark) != 0 {
		return run(s, n+k, letter|mark)
	}
	if c&(punct|symbol) != 0 || s[0] == ' ' && d&(punct|symbol) != 0 {
		n = run(s, n, punct|symbol)
		if spark {
			return n
		}
		return run(s, n, newline)
	}
	switch {
	case c&space == 0:
		return 0
	case !spark:
		return lines(s)
	case c&newline != 0:
		return 1
	}
	return blanks(s)
}

// punctuation returns a match of one rune of \p{P} or of ASCII's symbols, or
// of all that follow one another.
func punctuation(all bool, but string) func(s string) int {
	return func(s string) int {
		i := 0
		for i < len(s) {
			c, n := at(s, i)
			if c&punct == 0 && (n != 1 || c&symbol == 0) || n == 1 && strings.IndexByte(but, s[i]) >= 0 {
				break
			}
			i += n
			if !all {
				break
			}
		}
		return i
	}
}

// listed matches Bloom's  ?[^(\s|[.,!?…。，、।۔،])]+.
func listed(s string) int {
	i := 0
	if s[0] == ' ' {
		i = 1
	}
	start := i
	for i < len(s) {
		c, n := at(s, i)
		if c&space != 0 || strings.Contains("(|).,!?…。，、।۔،", s[i:i+n]) {
			break
		}
		i += n
	}
	if i == start {
		return 0
	}
	return i
}

// spaceOrNot scans for \S+, with the white space between as pieces.
func spaceOrNot(s string) int {
	c, n := at(s, 0)
	if c&space != 0 {
		return run(s, n, space)
	}
	return runNot(s, n, space)
}

// words matches \w+|[^\w\s]+.
func words(s string) int {
	c, n := at(s, 0)
	switch {
	case c&space != 0:
		return 0
	case isWord(s, 0):
		for n < len(s) && isWord(s, n) {
			_, k := at(s, n)
			n += k
		}
		return n
	}
	for n < len(s) && !isWord(s, n) {
		c, k := at(s, n)
		if c&space != 0 {
			break
		}
		n += k
	}
	return n
}

// isWord tells whether the rune of s at i is of \w.
func isWord(s string, i int) bool {
	c, n := at(s, i)
	if c&(letter|mark) != 0 || s[i] == '_' {
		return true
	}
	if n > 1 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return wordRunes(r, c)
	}
	return s[i] >= '0' && s[i] <= '9'
}
