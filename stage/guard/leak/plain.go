package leak

import (
	"slices"
	"unicode/utf8"

	"suiren/stage/guard/detect"
	"suiren/stage/guard/fold"
)

// Most of a text is characters that nothing is made of, and plain words. They are read many
// at once, which comes to the same as to take them one by one.

// others reads the characters with which cs begins that belong to nothing, with a few signs
// by themselves between them, and returns how many these are.
func (s *stream) others(cs []detect.Char) (n int) {
	if len(s.units) > 0 {
		if !s.other(cs[0].C) {
			return 0
		}
		s.close()
	}
	signs := 0 // by themselves, at the end
	for ; n < len(cs); n++ {
		c := cs[n].C
		if s.other(c) {
			if signs == 1 && !fold.IsHan(c) { // it may be a chain
				break
			}
			signs = 0
			continue
		}
		if signs == mostFew || !alone(c, signs > 0) {
			break
		}
		signs++
	}
	if n -= signs; n > 0 {
		s.rememberAll(cs[:n])
		s.unseen, s.chain.inWord = 0, false
	}
	return n
}

// other reports whether a rune belongs to nothing.
func (s *stream) other(c rune) bool { return c < 1<<16 && !s.special.Has(c) }

// mostFew is how many signs by themselves are nothing.
const mostFew = 4

// alone reports whether a rune that may belong to something is nothing if few such stand
// together; behind says that it is not the first.
func alone(c rune, behind bool) bool {
	return fold.IsHan(c) && c != '址' && c != '住' || c < 0x80 && isAlnum(c) || behind && isOneOf(c, ".,%-/")
}

// Bounds of what words reads.
const (
	longestWord = 16 // signs
	mostShort   = 4  // short words and numbers before a longer word
	mostAhead   = 64 // characters that may wait for what follows
)

// words reads the plain words with which cs begins, with numbers of a few digits, quotes and the
// marks behind them, and the space behind that: they are in nothing that is looked for. It
// returns the number of their characters, and whether all behind these may still be so.
//
// A word is plain if taking it sign by sign ends behind its space without a look at it,
// which needs the sign that follows. Short words and numbers take the next word along: they need
// a longer one behind them.
func (s *stream) words(cs []detect.Char) (n int, open bool) {
	if c := s.context; len(s.units) > 0 || len(c) > 1 && isOneOf(c[len(c)-1], ":=") { // it may be a password
		return 0, false
	}
	short, digits := 0, 0
	at := 0
	for {
		if w := s.apart(cs[at:]); w > 0 {
			at += w
			n, short, digits = at, 0, 0
			continue
		}
		e, size, ok := s.word(cs, at, short > 0)
		if e < len(cs) && (!ok || cs[e].C != ' ' && cs[e].C != '\n') {
			break
		}
		if e+1 >= len(cs) {
			open = true
			break
		}
		if size <= 2 {
			if size <= 0 {
				digits -= size
			}
			if short++; short > mostShort || digits > 4 {
				break
			}
			at = e + 1
			continue
		}
		if c := cs[e+1].C; c <= ' ' || c < 0x80 && isOneOf(c, "@[({<._+-\x7f") || c >= 0x80 && !s.other(c) || isQuote(cs[e-1].C) && (isQuote(c) || c == '&') {
			break
		}
		at = e + 1
		n, short, digits = at, 0, 0
	}
	if n > 0 {
		s.rememberAll(cs[:n])
		s.unseen, s.chain.inWord = 0, false
	}
	return n, open
}

// apart returns the size of the word with which cs begins, and of the space behind it, if it is
// plain, of small letters, and another word follows, as with most words; else 0.
func (s *stream) apart(cs []detect.Char) int {
	if len(cs) == 0 {
		return 0
	}
	n := int(cs[0].Word)
	if n <= 2 || n > longestWord || n+1 >= len(cs) || cs[n].C != ' ' || cs[n+1].Word == 0 || !cs[0].Small || s.keys.Have(cs[0].C, cs[1].C, cs[2].C) {
		return 0
	}
	return n + 1
}

// word reads a word that may be plain, or a number, with the marks around it. It returns the end
// of it, and the size of the word, or the digits of the number less than 0. It is not ok if
// something else stands there. A quote begins nothing, but goes on with what is open.
func (s *stream) word(cs []detect.Char, at int, open bool) (end, size int, ok bool) {
	if at < len(cs) && !open && isQuote(cs[at].C) {
		at++
	}
	e := at
	for e < len(cs) && cs[e].Word > 0 { // a cut ends them
		e += int(cs[e].Word)
	}
	if e == at {
		return fewDigits(cs, at)
	}
	if !small(cs[at:e]) {
		if e-at > 4 || !capital(cs[at:e]) { // an abbreviation
			return e, 0, e == len(cs) && e-at <= 4
		}
	} else {
		for e+1 < len(cs) && cs[e+1].Word > 0 && (cs[e].C == '\'' || cs[e].C == '-' && e-at > 2) {
			next := e + 1 + int(cs[e+1].Word)
			if cs[e+1].C < 'a' || !small(cs[e+1:next]) {
				return e, 0, false
			}
			e = next
		}
	}
	size = e - at
	if size == 2 && cs[at].Small && e < len(cs) && isOneOf(cs[e].C, ".,") { // No. it,
		return e + 1, size + 1, true
	}
	if size <= 2 {
		return e, size, true
	}
	if size > longestWord || s.keys.Have(cs[at].C, cs[at+1].C, cs[at+2].C) {
		return 0, 0, false
	}
	if e < len(cs) {
		if cs[e].C == '.' {
			e++
		} else {
			for most := e + 2; e < len(cs) && e < most && isOneOf(cs[e].C, ",;!?'\""); {
				e++
			}
		}
	}
	return e, size, true
}

// fewDigits reads a number of a few digits, with the mark behind it.
func fewDigits(cs []detect.Char, at int) (end, size int, ok bool) {
	e := at
	for ; e < len(cs); e++ {
		if c := cs[e].C; c >= '0' && c <= '9' {
			size--
		} else if e == at || c != '.' && c != ',' {
			break
		}
	}
	if n := e - at; n == -size && n > 0 && e < len(cs) && n+int(cs[e].Word) <= 4 { // 19th
		e += int(cs[e].Word)
	}
	return e, size, size < 0 || e == len(cs)
}

func isQuote(c rune) bool { return c == '"' || c == '\'' }

// small reports whether all letters behind the first are small ones.
func small(cs []detect.Char) bool {
	for i := 0; i < len(cs); i += int(cs[i].Word) {
		if !cs[i].Small || i > 0 && cs[i].C < 'a' {
			return false
		}
	}
	return true
}

// capital reports whether all of some letters are capitals.
func capital(cs []detect.Char) bool {
	for i := range cs {
		if cs[i].C > 'Z' {
			return false
		}
	}
	return true
}

// letters takes letters in a row, as take would one by one when nothing is open and
// no word is pending.
func (s *stream) letters(cs []detect.Char) {
	s.unseen, s.gaps, s.chain.inWord = 0, 0, true
	for i := range cs {
		c := &cs[i]
		s.units = append(s.units, unit{c.From, c.To(), c.C, sign})
		if i == 0 {
			s.count(c.C)
		} else if c.C < 'a' {
			s.odd++
		}
	}
	s.tail = len(s.units)
	s.longest = max(s.longest, s.tail-s.atom)
}

func (s *stream) remember(c rune) {
	if len(s.context) >= 4*contextLen {
		s.context = append(s.context[:0], s.context[len(s.context)-contextLen:]...)
	}
	s.context = append(s.context, c)
}

// rememberAll remembers as many as are ever asked for.
func (s *stream) rememberAll(cs []detect.Char) {
	if len(cs) >= contextLen {
		cs, s.context = cs[len(cs)-contextLen:], s.context[:0]
	} else if n := len(s.context); n+len(cs) > 4*contextLen {
		s.context = append(s.context[:0], s.context[n-contextLen:]...)
	}
	n := len(s.context)
	s.context = slices.Grow(s.context, len(cs))[:n+len(cs)]
	for i := range cs {
		c := cs[i].C
		if c >= utf8.RuneSelf {
			if e := s.sights[c]; sort(e>>8) == numeral {
				c = rune(e & 0xff)
			}
		}
		s.context[n+i] = c
	}
}
