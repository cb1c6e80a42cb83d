package leak

import (
	"strings"
	"unicode/utf8"

	"suiren/pii"
)

// reckons reports whether the units are a calculation whose result comes next: no
// number goes on behind that.
func (s *stream) reckons() bool {
	n, terms := len(s.units), false
	if n == 0 || s.units[n-1].v != ')' && (s.units[n-1].v < '0' || s.units[n-1].v > '9') {
		return false
	}
	for k, u := range s.units {
		switch {
		case k > 0 && isOneOf(u.v, "+-*/"):
			terms = true
		case u.s != gap && (u.v < '0' || u.v > '9') && !isOneOf(u.v, "()=-+"):
			return false
		}
	}
	return terms
}

// count notes the sign of the last unit where it is evidence: digits, and the signs of
// mail.
func (s *stream) count(v rune) {
	if n := len(s.units); v >= '0' && v <= '9' || v >= utf8.RuneSelf || isOneOf(v, "=:%&\\") || v >= 'A' && v <= 'Z' && n > 1 && isAlnum(s.units[n-2].v) {
		s.odd++
	}
	switch {
	case v >= '0' && v <= '9':
		s.digits++
	case v == '@':
		s.at++
	case v == '.':
		s.dots++
	case v|0x20 == 'a' || v|0x20 == 'd': // (at), [dot]
		if n := len(s.units); n > 1 && isOneOf(s.units[n-2].v, "([{<") {
			s.spelled++
		}
	}
}

// plain reports whether a run is a plain word, with which no secret begins, and not
// behind a sign that announces one.
func (s *stream) plain(run []unit) bool {
	if len(run) < 3 || !isLetter(run[0].v) {
		return false
	}
	for i := 1; i < len(run); i++ {
		if run[i].v < 'a' || run[i].v > 'z' {
			return false
		}
	}
	if c := s.context; s.atom == 0 && len(c) > 1 && isOneOf(c[len(c)-1], ":=") {
		return false
	}
	return !s.keys.Have(run[0].v, run[1].v, run[2].v)
}

// joins reports whether the last run may go on behind white space: it holds a digit,
// is short, or begins like a secret or an address of mail. Plain words do not.
func (s *stream) joins() bool {
	a := s.units[s.atom:]
	n := len(a)
	if s.pem == 0 && s.plain(a) {
		return s.aligned(s.atom, len(s.units))
	}
	var buf [48]byte
	word := buf[:0]
	for _, u := range a {
		if u.v >= '0' && u.v <= '9' || u.v == '@' || u.v == '=' && n > 1 || u.s == place {
			return true
		}
		if len(word) < len(buf) {
			word = append(word, byte(u.v))
		}
	}
	if s.pem > 0 {
		if n >= 5 && a[n-1].v == '-' {
			s.pem--
		}
		return true
	}
	if n == 1 && isOneOf(a[0].v, "+=<>") {
		return false
	}
	if strings.HasSuffix(string(word), "-BEGIN") {
		s.pem, s.long = 2, true
		return true
	}
	if n <= 2 || isOneOf(a[n-1].v, "-_.\\%&*:/") && n < 24 && !isOneOf(a[n-1].v, ".:") {
		return true
	}
	if pii.KeyMayBegin(string(word)) {
		s.long = true
		return true
	}
	if n <= 6 && isOneOf(a[0].v, "([{<") && isOneOf(a[n-1].v, ")]}>") { // (at)
		return true
	}
	if s.atom == 0 && s.asked() {
		return true
	}
	for i := 1; i+1 < n; i++ { // the first half of an address of mail
		if isOneOf(a[i].v, "._") {
			return true
		}
	}
	if n == 4 && isOneOf(a[0].v, "\"'`") && a[2].v == a[0].v && a[3].v == ',' { // one of "a", "b"
		return true
	}
	end := s.runEnd(s.atom, len(s.units))
	return n >= fewestGroup && mixed(word) || s.aligned(s.atom, end) || s.lastRow(s.atom, end) // a line of an encoded text
}
