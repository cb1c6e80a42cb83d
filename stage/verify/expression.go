package verify

import (
	"math/big"
	"regexp"
	"strings"
)

const (
	maxDigits     = 1000 // of a number that is taken
	maxExpression = 4096 // bytes of what is worked out of one text
)

// afterEquals returns the right side of x = …; s if it has no left one.
func afterEquals(s string) string {
	if left, right, ok := strings.Cut(s, "="); ok && len(strings.TrimSpace(left)) == 1 {
		return right
	}
	return s
}

// colon is a : between two operands, as in 3:4 and (1+2):4.
var colon = regexp.MustCompile(`([\d)%）％]\s?)[:：∶](\s?[-\d(（])`)

// divided writes : between operands as /.
func divided(s string) string {
	s = colon.ReplaceAllString(s, "$1/$2")
	return colon.ReplaceAllString(s, "$1/$2") // of 3:4:5 the first time leaves a second
}

// answerEquation returns the sides of the equation that an answer settles on,
// each of which has the value that is wanted: that of its last box, where all
// boxes have that value; else the last one of what settled returns.
func answerEquation(answer string, want *big.Rat, powers bool) (sides []side, ok bool) {
	boxes, rest, behind := settled(answer)
	if len(boxes) == 0 {
		boxes = []string{rest}
	}
	for _, b := range boxes {
		if sides, ok = lastEquation(b, powers); !ok || sides[0].value.Cmp(want) != 0 {
			return nil, false
		}
	}
	return sides, !otherwise.MatchString(plain(tail(behind)))
}

// A side is one side of an equation, worked out.
type side struct {
	value *big.Rat
	used  []*big.Rat // its numbers
}

// expression is a run of what an expression can hold.
var expression = regexp.MustCompile(`[-+( \t]*(?:` + numeral + `)(?:[-+*/^()% \t]|` + numeral + `)*`)

// equal is what may stand between two sides of one equation.
var equal = regexp.MustCompile(`^[^,;:、。.!?≠<>\n]*[=≈][^,;:、。.!?≠<>\n]*$`)

// lastEquation works out the sides of the last equation of a text; a single
// expression is one with one side. All its sides must be equal to each other,
// and so must those of each equation before it in its line.
func lastEquation(text string, powers bool) ([]side, bool) {
	s := plain(tail(text))
	runs := expression.FindAllStringIndex(s, -1)
	for _, at := range runs {
		trim(s, at)
	}
	var last []side
	left := maxExpression
	for hi := len(runs); hi > 0; {
		lo := hi - 1
		for lo > 0 && equal.MatchString(s[runs[lo-1][1]:runs[lo][0]]) {
			lo--
		}
		switch {
		case hi == len(runs):
			var ok bool
			if last, ok = workOut(s, runs[lo:], &left, powers); !ok || askedOrRelated(s, runs[lo], runs[hi-1]) {
				return nil, false
			}
			if lo > 0 && (orElse(s, runs[lo-1], runs[lo]) || hi-lo == 1 && !isResult(s, runs[lo-1]) && listed(s, runs[lo-1], runs[lo]) && s[runs[lo-1][0]:runs[lo-1][1]] != s[runs[lo][0]:runs[lo][1]]) {
				return nil, false
			}
		case strings.Contains(s[runs[hi-1][1]:runs[len(runs)-1][0]], "\n"):
			return last, true
		case hi-lo > 1 && !unknown(s, runs[lo:hi]):
			if _, ok := workOut(s, runs[lo:hi], &left, powers); !ok {
				return nil, false
			}
		}
		hi = lo
	}
	return last, last != nil
}

// trim takes from a run what is no part of its expression: an operator at the
// end, and parentheses that are open or closed elsewhere.
func trim(s string, at []int) {
	run := s[at[0]:at[1]]
	open := strings.Count(run, "(") - strings.Count(run, ")")
	for changed := true; changed && at[0] < at[1]; {
		changed = false
		switch c := s[at[1]-1]; {
		case strings.IndexByte(" \t+-*/^", c) >= 0:
			changed = true
		case c == '(':
			changed, open = true, open-1
		case c == ')' && open < 0:
			changed, open = true, open+1
		}
		if changed {
			at[1]--
			continue
		}
		switch c := s[at[0]]; {
		case c == ' ' || c == '\t':
			changed = true
		case c == '(' && open > 0:
			changed, open = true, open-1
		}
		if changed {
			at[0]++
		}
	}
}

// workOut works out runs of s that must be equal, within what is left of the
// bytes to work out.
func workOut(s string, runs [][]int, left *int, powers bool) ([]side, bool) {
	var sides []side
	for _, at := range runs {
		if *left -= at[1] - at[0]; *left < 0 {
			return nil, false
		}
		var x side
		var ok bool
		if times.MatchString(ahead(s, at[1])) || function.MatchString(behindOf(s, at[0])) { // 20π
			return nil, false
		}
		written := implied.ReplaceAllString(s[at[0]:at[1]], "$1*$2")
		if x.value, ok = evaluate(written, &x.used, powers); !ok || len(sides) > 0 && x.value.Cmp(sides[0].value) != 0 {
			return nil, false
		}
		sides = append(sides, x)
	}
	return sides, true
}

// unknown reports whether an equation is one in letters, as 2x = 40.
func unknown(s string, runs [][]int) bool {
	for _, at := range runs {
		if at[1] < len(s) && alnum(s[at[1]]) {
			return true
		}
	}
	return false
}

// implied is a product without its sign, as 2(11-1), that cannot be the mixed
// number 2(1/2).
var implied = regexp.MustCompile(`([\d)]\s?)(\([^()/]*[-+*][^()/]*\))`)

// evaluate works out an expression exactly: numbers, mixed ones as 2(1/2),
// + - * / ( ) and, where powers are allowed, ^ with a whole exponent. Used,
// unless nil, collects its numbers in order.
func evaluate(s string, used *[]*big.Rat, powers bool) (*big.Rat, bool) {
	if len(s) > maxExpression {
		return nil, false
	}
	c := &calculator{s: plain(s), used: used, powers: powers}
	v, ok := c.sum(0)
	c.space()
	return v, ok && c.at == len(c.s)
}

type calculator struct {
	s    string
	at   int
	used *[]*big.Rat

	powers bool
}

func (c *calculator) space() {
	for c.at < len(c.s) && (c.s[c.at] == ' ' || c.s[c.at] == '\t') {
		c.at++
	}
}

// take takes one of ops, or returns 0.
func (c *calculator) take(ops string) byte {
	c.space()
	if c.at < len(c.s) && strings.IndexByte(ops, c.s[c.at]) >= 0 {
		c.at++
		return c.s[c.at-1]
	}
	return 0
}

func (c *calculator) sum(depth int) (*big.Rat, bool) {
	v, ok := c.product(depth)
	for ok {
		op := c.take("+-")
		if op == 0 {
			return v, true
		}
		var w *big.Rat
		if w, ok = c.product(depth); ok && op == '+' {
			v.Add(v, w)
		} else if ok {
			v.Sub(v, w)
		}
		ok = ok && small(v)
	}
	return nil, false
}

func (c *calculator) product(depth int) (*big.Rat, bool) {
	v, ok := c.factor(depth)
	for ok {
		op := c.take("*/")
		if op == 0 {
			return v, small(v)
		}
		var w *big.Rat
		if w, ok = c.factor(depth); !ok {
			break
		}
		if op == '*' {
			v.Mul(v, w)
		} else if ok = w.Sign() != 0; ok {
			v.Quo(v, w)
		}
		ok = ok && small(v)
	}
	return nil, false
}

// small bounds the work of the numbers to come.
func small(v *big.Rat) bool { return v.Num().BitLen()+v.Denom().BitLen() < 8*maxDigits }

func (c *calculator) factor(depth int) (*big.Rat, bool) {
	if depth > 100 {
		return nil, false
	}
	switch c.take("-+") {
	case '-':
		v, ok := c.factor(depth + 1)
		if ok {
			v.Neg(v)
		}
		return v, ok
	case '+':
		return c.factor(depth + 1)
	}
	v, ok := c.atom(depth)
	if !ok || !c.powers || c.take("^") == 0 {
		return v, ok
	}
	n, ok := c.factor(depth + 1) // 2^3^2 is 2^(3^2)
	if !ok || !n.IsInt() || !n.Num().IsInt64() {
		return nil, false
	}
	return raise(v, n.Num().Int64())
}

// raise returns v to the power of n, if it stays small. 0 has no power of 0
// or less.
func raise(v *big.Rat, n int64) (*big.Rat, bool) {
	size := int64(max(v.Num().BitLen(), v.Denom().BitLen()))
	k := max(n, -n)
	if k > maxDigits || size*k >= 8*maxDigits || v.Sign() == 0 && n <= 0 {
		return nil, false
	}
	num, den := new(big.Int).Exp(v.Num(), big.NewInt(k), nil), new(big.Int).Exp(v.Denom(), big.NewInt(k), nil)
	if n < 0 {
		num, den = den, num
	}
	return new(big.Rat).SetFrac(num, den), true
}

var unsigned = regexp.MustCompile(`^(?:` + mixed + `|\d+ \d+/\d+|(?:` + numeral + `))%?`)

// atom is a number, a mixed one, or a sum in parentheses.
func (c *calculator) atom(depth int) (*big.Rat, bool) {
	if c.take("(") != 0 {
		v, ok := c.sum(depth + 1)
		if ok = ok && c.take(")") == ')'; ok && c.take("%") != 0 {
			v.Quo(v, big.NewRat(100, 1))
		}
		return v, ok
	}
	m := unsigned.FindString(c.s[c.at:])
	if m == "" {
		return nil, false
	}
	c.at += len(m)
	n, ok := soleNumber(m)
	if ok && c.used != nil {
		*c.used = append(*c.used, new(big.Rat).Set(n.value))
	}
	return n.value, ok
}
