package leak

import (
	"unicode/utf8"

	"suiren/pii"
	"suiren/stage/guard/fold"
)

// A chain is digits one by one with the same sign between all of them: 1 + 3 + 8, or 1、3、8.
// Runs end at such signs, so that calculations and lists leave while they are written;
// a number in this disguise is found here. White space stands on both sides of + = < >, and
// may stand behind any other. What a result follows is a calculation.
type chain struct {
	open     bool
	from, to int
	digits   []byte
	mark     rune // between the digits; 0 before the second
	gaps     int  // in a row
	marked   bool // the mark stands behind the last digit
	inWord   bool // a letter or digit stands before: none begins here
}

// link takes a rune that draws something into the chain, or begins one.
func (s *stream) link(kind sort, v rune, from, to int) {
	c := &s.chain
	digit := (kind == sign || kind == numeral) && v >= '0' && v <= '9'
	if c.open {
		switch n := len(c.digits); {
		case kind == gap && v != '\n' && c.gaps < maxGap:
			c.gaps++
			return
		case !c.marked && (c.mark == 0 || c.mark == v) && (kind == sign && c.gaps > 0 && isOneOf(v, "+=<>") || kind == other && !fold.IsHan(v)):
			c.mark, c.marked, c.gaps = v, true, 0
			return
		case (c.gaps > 0 || c.mark >= utf8.RuneSelf) && c.marked && n < longestNumber && (digit || n == 17 && v|0x20 == 'x'):
			c.digits, c.to = append(c.digits, byte(v)), to
			c.marked, c.gaps, c.inWord = false, 0, true
			return
		}
		s.endChain(v)
	}
	if digit && !c.inWord {
		*c = chain{open: true, from: from, to: to, digits: append(c.digits[:0], byte(v))}
	}
	c.inWord = digit || kind == sign && isAlnum(v)
}

// endChain looks at the chain, which v ends.
func (s *stream) endChain(v rune) {
	c := &s.chain
	if c.open && len(c.digits) >= 11 && !(c.mark == '+' && v == '=') {
		value := string(c.digits)
		if value[len(value)-1] == 'x' {
			value = value[:len(value)-1] + "X"
		}
		if k := pii.NumberKind(value); k != "" && s.kinds[k] {
			s.hit(k, c.from, c.to, .9, value)
		}
	}
	c.open = false
}
