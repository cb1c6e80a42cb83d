package verify

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// numeral is a number in digits, with thousands separators.
	numeral = `\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+`
	// mixed is a whole number and a fraction, as plain writes it.
	mixed = `(?:\d+)\s?\(\d+\s?/\s?\d+\)`
	// literal is a number that stands for itself, with a sign: mixed, 2 1/2, a
	// fraction in parentheses, a power of ten, or a numeral, of which there may
	// be a fraction or a multiple of a power of ten; then per cent or per mille.
	literal = `(-?)\s?(?:(\d+)\s?\((\d+)\s?/\s?(\d+)\)|(\d+) (\d+)/(\d+)|\((-?\d+)\s?/\s?(-?\d+)\)|10\^\((-?\d{1,3})\)|` +
		`(` + numeral + `)(?:\s?/\s?(` + numeral + `))?(?:[eE]([+-]?\d{1,3})|\s?\*\s?10\^\((-?\d{1,3})\))?)\s?([%‰]?)`
)

var (
	literals = regexp.MustCompile(literal)
	only     = regexp.MustCompile(`^\s*` + literal + `\s*$`)
)

// A figure is a number as a text has it.
type figure struct {
	value   *big.Rat
	percent bool
	power   int       // of ten, that it is a multiple of as it is written: 7万, 7*10^4
	parts   [2]string // of a fraction: what stands above and below its line

	fraction bool // of what is wanted: it is written as one
	bound    bound

	near *figure // the other one of 1/3 ≈ 0.333
}

// numbers writes the numbers of a text in one way, as plain does, with words of
// size as powers of ten.
func numbers(s string) string { return multiplied(summed(ungrouped(plain(s)))) }

// soleNumber reads a text that is a number and nothing else.
func soleNumber(s string) (figure, bool) {
	if len(s) > 2*maxDigits {
		return figure{}, false
	}
	m := only.FindStringSubmatch(numbers(s))
	if m == nil {
		return figure{}, false
	}
	return numberOf(m)
}

// numberOf makes a number of the parts that literals finds; false if they mean
// none, as 2(3/2) or 1/0.
func numberOf(m []string) (f figure, ok bool) {
	switch {
	case m[2] != "":
		f.value, ok = mix(m[2], m[3], m[4])
	case m[5] != "":
		f.value, ok = mix(m[5], m[6], m[7])
	case m[8] != "":
		f.value, ok = ratio(m[8], m[9])
		f.parts = [2]string{m[8], m[9]}
	case m[10] != "":
		f.value, ok = ratio("1e"+m[10], "1")
	default:
		top, bottom := strings.ReplaceAll(m[11], ",", ""), "1"
		if e := m[13] + m[14]; e != "" {
			top += "e" + e
		}
		if m[12] != "" {
			bottom = strings.ReplaceAll(m[12], ",", "")
			f.parts = [2]string{top, bottom}
		}
		f.value, ok = ratio(top, bottom)
		f.power, _ = strconv.Atoi(m[14]) // of at most three digits
	}
	if !ok || m[12] != "" && m[15] != "" { // 3/4% may be two things
		return f, false
	}
	if m[1] == "-" {
		f.value.Neg(f.value)
	}
	switch m[15] {
	case "%":
		f.percent = true
		f.value.Quo(f.value, big.NewRat(100, 1))
	case "‰":
		f.value.Quo(f.value, big.NewRat(1000, 1))
	}
	return f, true
}

// ratio reads two numbers as a fraction.
func ratio(top, bottom string) (*big.Rat, bool) {
	if len(top)+len(bottom) > maxDigits {
		return nil, false
	}
	a, ok := new(big.Rat).SetString(top)
	b, also := new(big.Rat).SetString(bottom)
	if !ok || !also || b.Sign() == 0 {
		return nil, false
	}
	return a.Quo(a, b), true
}

// mix reads a whole number and a proper fraction as their sum.
func mix(whole, top, bottom string) (*big.Rat, bool) {
	a, ok := ratio(whole, "1")
	b, also := ratio(top, bottom)
	if !ok || !also || b.Cmp(big.NewRat(1, 1)) >= 0 {
		return nil, false
	}
	return a.Add(a, b), true
}

// maxRead bounds how much of an answer's end is read for its numbers.
const maxRead = 1 << 16

func tail(s string) string {
	if len(s) <= maxRead {
		return s
	}
	s = s[len(s)-maxRead:]
	for len(s) > 0 && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}

// figureAt reads the number that stands at a place of s.
func figureAt(s string, at []int) (figure, bool) {
	m := literals.FindStringSubmatch(s[at[0]:at[1]])
	if m == nil {
		return figure{}, false
	}
	if m[1] == "-" && minus(s, at[0]) {
		return figure{}, false
	}
	f, ok := numberOf(m)
	f.bound = boundAt(s, at)
	return f, ok
}

// minus reports whether the - at a place takes something from what stands
// before it, as in 3-5, x-5 and 3 - 5, not in 3 -5.
func minus(s string, at int) bool {
	before := strings.TrimRight(s[:at], " ")
	if before == "" || !operand(before[len(before)-1]) && !letter.MatchString(before[max(0, len(before)-2):]) {
		return false
	}
	return len(before) == at || at+1 < len(s) && s[at+1] == ' '
}

var (
	function = regexp.MustCompile(`(?:√|π|±|\b(?:sqrt|log|ln|lg|sin|cos|tan|exp|mod)|\\(?:[dt]?binom|choose|overline|bar|dot|lfloor|lceil|[pb]?mod|log|ln|lg|sin|cos|tan|cot|sec|csc|arc[a-z]+|gcd|lcm|exp|ge|geq|le|leq|gt|lt|mp))[\s(]*$`)
	times    = regexp.MustCompile(`^\s?(?:[√π^]|\*\s?[0-9A-Za-z(√π])`)
)

// inExpression reports whether a number is an operand of an expression that
// was not worked out: 6*7 is neither 6 nor 7, nor 42.
func inExpression(s string, at []int) bool {
	after := ahead(s, at[1])
	if s[at[1]-1] == ' ' { // a literal takes one
		after = ahead(s, at[1]-1)
	}
	if times.MatchString(after) || algebra.MatchString(after) || goesOn.MatchString(after) {
		return true
	}
	glued := at[0] > 0 && s[at[0]] != ' '
	before := strings.TrimRight(s[max(0, at[0]-40):at[0]], " (")
	if before == "" {
		return false
	}
	if function.MatchString(before) {
		return true
	}
	rest := strings.TrimRight(before[:len(before)-1], " ")
	var prior byte
	if rest != "" {
		prior = rest[len(rest)-1]
	}
	c := before[len(before)-1]
	switch c {
	case '^':
		return true
	case '*', '/', '+':
		return alnum(prior) || prior == ')' || prior == '%'
	case '-':
		return operand(prior) || strings.HasSuffix(s[:at[0]], "(") // -(3) is not 3
	case ':':
		return len(rest) == len(before)-1 && prior >= '0' && prior <= '9' && glued && s[at[0]-1] == ':' // 3:4
	case ')':
		return glued && s[at[0]-1] == ')' && operand(prior) // what is left of 10^(3).5
	}
	if n := at[0]; n > 1 && s[n-2] >= '0' && s[n-2] <= '9' && alnum(s[n-1]) && s[n-1] > '9' {
		return true // 6x7
	}
	return glued && s[at[0]-1] >= '0' && s[at[0]-1] <= '9'
}

// lastNumber reads the number that a text announces last, if it only explains
// that one behind it, else its last number; if it stands for itself and is the
// only one that the text offers.
func lastNumber(text string) (figure, bool) {
	s := unproven(mainPart(corrected(numbers(tail(text)), givesNumber)))
	all := literals.FindAllStringIndex(s, -1)
	if len(all) == 0 {
		return wordNumber(s)
	}
	every := all
	if n := announced(s, all); n >= 0 {
		all = all[:n+1]
	}
	for i := len(all) - 1; i >= 0; i-- {
		if denied(s, all[i]) { // 42, not 41
			continue
		}
		f, ok := figureAt(s, all[i])
		if !ok || inExpression(s, all[i]) || askedOrRelated(s, all[i], all[i]) {
			return figure{}, false
		}
		differs := func(j int) bool {
			g, ok := figureAt(s, all[j])
			return !ok || g.value.Cmp(f.value) != 0
		}
		if i > 0 && (compound(s, all[i-1], all[i]) || orElse(s, all[i-1], all[i]) && differs(i-1)) {
			return figure{}, false
		}
		for j := i - 1; j >= 0 && !isResult(s, all[j]) && !ordinal(s, all[j]) && listed(s, all[j], all[j+1]); j-- {
			if differs(j) {
				return figure{}, false
			}
		}
		f.near = near(s, every, i)
		return f, onlyAnnounced(s, f)
	}
	return figure{}, false
}

// beforeEquals is a number, with what it counts, that an = stands behind.
var beforeEquals = regexp.MustCompile(literal + `\s?[\p{L}°]{0,12}\s?\(?\s?$`)

// unproven returns s without the expression at its end that only says what its number is
// made of, as 42 = 6*7 does: worked out it must be that number.
func unproven(s string) string {
	i := strings.LastIndexByte(s, '=')
	if i < 0 {
		return s
	}
	from := max(0, i-maxDigits)
	at := beforeEquals.FindStringIndex(s[from:i])
	if at == nil {
		return s
	}
	start := from + at[0]
	at = []int{start, start + len(literals.FindString(s[start:i]))}
	f, ok := figureAt(s, at)
	expression := strings.TrimRight(s[i+1:], " .。!\n")
	if strings.HasSuffix(strings.TrimSpace(s[:i]), "(") {
		expression = strings.TrimSuffix(expression, ")")
	}
	v, also := evaluate(expression, nil, true)
	if !ok || !also || f.parts[1] != "" || !strings.ContainsAny(expression, "+-*/^") || v.Cmp(f.value) != 0 || inExpression(s, at) {
		return s
	}
	return s[:i]
}

// soleFigure reads the number of a box. It holds one, with its unit or behind
// an =, and no other that could be meant.
func soleFigure(text string) (figure, bool) {
	s := unproven(numbers(tail(text)))
	all := literals.FindAllStringIndex(s, -1)
	for i, at := range all {
		if i > 0 && separate.MatchString(s[all[i-1][1]:at[0]]) {
			return figure{}, false
		}
	}
	if len(all) == 0 {
		return wordNumber(s)
	}
	from := max(strings.LastIndexByte(s, '='), strings.LastIndex(s, "≈"))
	every, i := all, 0
	for len(all) > 1 && all[0][1] <= from {
		all, i = all[1:], i+1
	}
	if len(all) != 1 || factorial.MatchString(ahead(s, all[0][1])) || denied(s, all[0]) || inExpression(s, all[0]) || askedOrRelated(s, all[0], all[0]) {
		return figure{}, false
	}
	f, ok := figureAt(s, all[0])
	f.near = near(s, every, i)
	return f, ok
}

// unfinished reports whether a fraction is a division that is left to do: what is wanted is
// whole, a part of it is no whole number, or it is not in its lowest terms where no fraction
// is wanted. What the owner wrote himself is none.
func (f figure) unfinished(want figure) bool {
	if f.parts[1] == "" || f.parts == want.parts {
		return false
	}
	_, above := new(big.Int).SetString(f.parts[0], 10)
	_, below := new(big.Int).SetString(f.parts[1], 10)
	return !above || !below || want.value.IsInt() || !f.lowest() && !want.fraction
}

// lowest reports whether a fraction is of whole numbers, in its lowest terms.
func (f figure) lowest() bool {
	below, whole := new(big.Int).SetString(f.parts[1], 10)
	return whole && below.CmpAbs(f.value.Denom()) == 0
}

// repeats reports whether a fraction is the division that the prompt asks to work out: it is
// there as the only one, and is not in its lowest terms. 3/4 may be the answer to a question
// that has it, and 2/4 the greater of two; 135/3 is not the answer to 135/3.
func repeats(prompt string, f figure) bool {
	if f.parts[1] == "" || f.lowest() {
		return false
	}
	there := false
	s := plain(tail(prompt))
	for _, at := range literals.FindAllStringIndex(s, -1) {
		g, ok := numberOf(literals.FindStringSubmatch(s[at[0]:at[1]]))
		if !ok || g.parts[1] == "" {
			continue
		}
		if g.parts != f.parts {
			return false
		}
		there = true
	}
	return there
}

// factorial is what makes more of the number of a box; elsewhere 4! may be a cry.
var factorial = regexp.MustCompile(`^\)?\s?!`)

// answerNumber reads the number that an answer settles on: that of its boxes,
// of which all must be equal; else that of what settled returns.
func answerNumber(answer string) (f figure, ok bool) {
	boxes, rest, behind := settled(answer)
	if len(boxes) == 0 {
		if f, ok = lastNumber(rest); !ok {
			return f, false
		}
	}
	for i, b := range boxes {
		g, good := soleFigure(b)
		if !good || i > 0 && g.value.Cmp(f.value) != 0 {
			return f, false
		}
		f = g
	}
	for _, line := range marked(answer) {
		if g, sole := soleNumber(line); sole && g.value.Cmp(f.value) != 0 {
			return f, false
		}
	}
	behind = numbers(tail(behind))
	if other := corrected(behind, givesNumber); other != behind {
		if g, ok := lastNumber(other); !ok || g.value.Cmp(f.value) != 0 {
			return f, false
		}
	}
	return f, !otherwise.MatchString(behind)
}
