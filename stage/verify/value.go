package verify

import (
	"math/big"
	"regexp"
	"strings"
)

// numeral is a number: with thousands separators, a fraction, a power of ten
// or per cent.
const numeral = `\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+`

var (
	numbers   = regexp.MustCompile(`(-?)\s?(` + numeral + `)(?:\s?/\s?(\d+))?(?:[eE]([+-]?\d{1,3}))?\s?(%?)`)
	only      = regexp.MustCompile(`^\s*` + numbers.String() + `\s*$`)
	fraction  = regexp.MustCompile(`\\d?frac\{(-?\d+)\}\{(-?\d+)\}`)
	decorated = strings.NewReplacer(`\$`, "", `\,`, "", `\!`, "", `\%`, "%", "−", "-", "–", "-", "×", "*", "÷", "/", `\times`, "*", `\cdot`, "*", `\div`, "/", "⋅", "*", "·", "*", `\left`, "", `\right`, "", "[", "(", "]", ")", "$", "")
)

// maxDigits bounds a number that is taken.
const maxDigits = 1000

// plain writes what LaTeX and typography have in ASCII.
func plain(s string) string {
	return fraction.ReplaceAllString(decorated.Replace(s), "$1/$2")
}

// soleNumber reads a text that is a number and nothing else.
func soleNumber(s string) (*big.Rat, bool) {
	m := only.FindStringSubmatch(plain(s))
	if m == nil {
		return nil, false
	}
	return rat(m)
}

// lastNumber reads the last number of a text.
func lastNumber(s string) (*big.Rat, bool) {
	s = plain(s)
	all := numbers.FindAllStringSubmatchIndex(s, -1)
	if len(all) == 0 {
		return nil, false
	}
	at := all[len(all)-1]
	m := make([]string, len(at)/2)
	for i := range m {
		if at[2*i] >= 0 {
			m[i] = s[at[2*i]:at[2*i+1]]
		}
	}
	before := strings.TrimRight(s[:at[0]], " ")
	if m[1] == "-" && before != "" && strings.IndexByte("0123456789)", before[len(before)-1]) >= 0 {
		apart := len(before) < at[0] && s[at[0]+1] != ' '
		if !apart { // 3-5 and 3 - 5, not 3 -5
			m[1] = ""
		}
	}
	return rat(m)
}

// rat makes a number of the parts that numbers finds.
func rat(m []string) (*big.Rat, bool) {
	s := strings.ReplaceAll(m[2], ",", "")
	if m[4] != "" {
		s += "e" + m[4]
	}
	if len(s)+len(m[3]) > maxDigits {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(m[1] + s)
	if !ok {
		return nil, false
	}
	if m[3] != "" {
		d, ok := new(big.Rat).SetString(m[3])
		if !ok || d.Sign() == 0 {
			return nil, false
		}
		r.Quo(r, d)
	}
	if m[5] != "" {
		r.Quo(r, big.NewRat(100, 1))
	}
	return r, true
}

// afterEquals returns the right side of x = …; s if it has no left one.
func afterEquals(s string) string {
	if left, right, ok := strings.Cut(s, "="); ok && len(strings.TrimSpace(left)) == 1 {
		return right
	}
	return s
}

// expression is a run of what an expression can hold.
var expression = regexp.MustCompile(`[-+(]*\s*(?:` + numeral + `)[-+*/().,%\s\d]*`)

// lastValue works out the last expression of an answer. Of a chain of
// equations it is the longest side: in (8-3)*4+4 = 24 the expression, not
// the result. Used collects its numbers.
func lastValue(answer string, used *[]*big.Rat) (*big.Rat, bool) {
	lines := strings.Split(strings.TrimSpace(plain(answer)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		var best string
		for _, side := range strings.Split(lines[i], "=") {
			all := expression.FindAllString(side, -1)
			if len(all) == 0 {
				continue
			}
			if e := strings.TrimRight(all[len(all)-1], " .,+-*/("); len(e) > len(best) {
				best = e
			}
		}
		if best != "" {
			return evaluate(best, used)
		}
	}
	return nil, false
}

// evaluate works out an expression exactly. Used, unless nil, collects its
// numbers in order.
func evaluate(s string, used *[]*big.Rat) (*big.Rat, bool) {
	c := &calculator{s: plain(s), used: used}
	if len(s) > 4096 {
		return nil, false
	}
	v, ok := c.sum(0)
	c.space()
	return v, ok && c.at == len(c.s)
}

type calculator struct {
	s    string
	at   int
	used *[]*big.Rat
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

var unsigned = regexp.MustCompile(`^(?:` + numeral + `)%?`)

func (c *calculator) factor(depth int) (*big.Rat, bool) {
	if depth > 100 {
		return nil, false
	}
	switch c.take("-+(") {
	case '-':
		v, ok := c.factor(depth + 1)
		if ok {
			v.Neg(v)
		}
		return v, ok
	case '+':
		return c.factor(depth + 1)
	case '(':
		v, ok := c.sum(depth + 1)
		return v, ok && c.take(")") == ')'
	}
	m := unsigned.FindString(c.s[c.at:])
	if m == "" {
		return nil, false
	}
	c.at += len(m)
	v, ok := soleNumber(m)
	if ok && c.used != nil {
		*c.used = append(*c.used, new(big.Rat).Set(v))
	}
	return v, ok
}
