package tokenizer

import "strings"

// A scanner returns the length of the first piece of s, which is not empty.
// Every text is a sequence of pieces: the matches of a pattern, and what lies
// between them. No pattern here looks behind, so a piece depends only on the
// text from its start on.
type scanner func(s string) int

// between makes a scanner of match, which returns the length of a pattern's
// match at the start of s, or 0: text without a match is a piece of its own.
func between(match func(s string) int) scanner {
	return func(s string) int {
		for i := 0; i < len(s); {
			if n := match(s[i:]); n > 0 {
				if i == 0 {
					return n
				}
				return i
			}
			_, n := at(s, i)
			i += n
		}
		return len(s)
	}
}

// modern scans as cl100k and its many descendants do:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// Source: https://github.com/openai/tiktoken, tiktoken_ext/openai_public.py.
type modern struct {
	digits        int   // numbers are at most so long; 0 is any length
	word          class // letter, or letter|mark
	noContraction bool
	noTail        bool // punctuation leaves the newlines that follow it
}

func (m modern) scan(s string) int {
	if !m.noContraction {
		if n := contraction(s); n > 0 {
			return n
		}
	}
	c, n := at(s, 0)
	if c&m.word != 0 {
		return run(s, n, m.word)
	}
	if c&number != 0 {
		return m.number(s, n)
	}
	d, k := at(s, n)
	if c&newline == 0 && d&m.word != 0 { // [^\r\n\p{L}\p{N}]?\p{L}+
		return run(s, n+k, m.word)
	}
	if c&space == 0 || s[0] == ' ' && k > 0 && d&(space|number) == 0 { //  ?[^\s\p{L}\p{N}]+[\r\n]*
		n = runNot(s, n, space|number|m.word)
		if m.noTail {
			return n
		}
		return run(s, n, newline)
	}
	return lines(s)
}

func (m modern) number(s string, n int) int {
	for have := 1; m.digits == 0 || have < m.digits; have++ {
		c, k := at(s, n)
		if k == 0 || c&number == 0 {
			break
		}
		n += k
	}
	return n
}

// lines returns the match of \s*[\r\n]+|\s+(?!\S)|\s+ at the start of s, a
// white space: up to and with its last newline; else all of it at the end of
// the text; else all but the last rune, which the next piece may want.
func lines(s string) int {
	i, last, line := 0, 0, 0
	for {
		c, n := at(s, i)
		if n == 0 && line == 0 {
			return i
		}
		if n == 0 || c&space == 0 {
			break
		}
		last, i = i, i+n
		if c&newline != 0 {
			line = i
		}
	}
	switch {
	case line > 0:
		return line
	case last > 0:
		return last
	}
	return i
}

// blanks returns the match of \s+(?!\S)|\s+ at the start of s, a white space.
func blanks(s string) int {
	i, last := 0, 0
	for {
		c, n := at(s, i)
		if n == 0 {
			return i
		}
		if c&space == 0 {
			break
		}
		last, i = i, i+n
	}
	if last > 0 {
		return last
	}
	return i
}

// contraction returns the length of (?i:'s|'t|'re|'ve|'m|'ll|'d) at the start
// of s, or 0. The long s, ſ, is an s whose case is folded.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if len(s) > 2 && s[2]|0x20 == 'e' {
			return 3
		}
	case 'l':
		if len(s) > 2 && s[2]|0x20 == 'l' {
			return 3
		}
	}
	if len(s) > 2 && s[1:3] == "ſ" {
		return 3
	}
	return 0
}

// gpt2 scans as GPT-2 does:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py
func gpt2(s string) int {
	if s[0] == '\'' {
		for _, c := range []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
			if strings.HasPrefix(s, c) {
				return len(c)
			}
		}
	}
	i := 0
	c, n := at(s, 0)
	if s[0] == ' ' && len(s) > 1 {
		i = 1
		c, n = at(s, 1)
	}
	switch {
	case c&letter != 0:
		return run(s, i+n, letter)
	case c&number != 0:
		return run(s, i+n, number)
	case c&space == 0:
		return runNot(s, i+n, space|letter|number)
	}
	return blanks(s)
}

// cased scans as o200k does, which splits words where the case changes:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
type cased struct {
	digits        int
	noContraction bool
}

func (o cased) scan(s string) int {
	c, n := at(s, 0)
	if n = o.word(s, c, n); n > 0 {
		if !o.noContraction {
			n += contraction(s[n:])
		}
		return n
	}
	_, n = at(s, 0)
	if c&number != 0 {
		return modern{digits: o.digits}.number(s, n)
	}
	d, k := at(s, n)
	if c&space == 0 || s[0] == ' ' && k > 0 && d&(space|letter|number) == 0 {
		n = runNot(s, n, space|letter|number)
		for n < len(s) && (s[n] == '\r' || s[n] == '\n' || s[n] == '/') {
			n++
		}
		return n
	}
	return lines(s)
}

// word returns the match of the first two alternatives, or 0.
func (o cased) word(s string, c class, n int) int {
	if c&(newline|letter|number) == 0 {
		if end := lowerWord(s, n); end > 0 {
			return end
		}
	}
	if end := lowerWord(s, 0); end > 0 {
		return end
	}
	if c&(newline|letter|number) == 0 {
		if end := upperWord(s, n); end > 0 {
			return end
		}
	}
	return upperWord(s, 0)
}

// isUpper tells whether c is of [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], isLower of
// [\p{Ll}\p{Lm}\p{Lo}\p{M}].
func isUpper(c class) bool { return c&(letter|mark) != 0 && c&lower == 0 }
func isLower(c class) bool { return c&(letter|mark) != 0 && c&upper == 0 }

// lowerWord returns the end of upper*lower+ from i on, or 0.
func lowerWord(s string, i int) int {
	last := 0 // the end of the last rune so far that is both
	for {
		c, n := at(s, i)
		switch {
		case n > 0 && isUpper(c):
			i += n
			if isLower(c) {
				last = i
			}
		case n > 0 && isLower(c):
			return lowerRun(s, i)
		default:
			return last
		}
	}
}

// upperWord returns the end of upper+lower* from i on, or 0.
func upperWord(s string, i int) int {
	start := i
	for {
		c, n := at(s, i)
		if n == 0 || !isUpper(c) {
			break
		}
		i += n
	}
	if i == start {
		return 0
	}
	return lowerRun(s, i)
}

func lowerRun(s string, i int) int {
	for {
		c, n := at(s, i)
		if n == 0 || !isLower(c) {
			return i
		}
		i += n
	}
}
