package verify

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// typography writes signs and commands of LaTeX in ASCII, or in one sign.
// Where one name begins another, the longer stands first.
var typography = strings.NewReplacer("{,}", ",", `\$`, " ", "$", " ", `\!`, "", `\,`, "", `\%`, "%", `\(`, " ", `\)`, " ", `\[`, " ", `\]`, " ", `\ `, " ", `\;`, " ", `\:`, " ", `\\`, "\n",
	`\qquad`, " ", `\quad`, " ", `\left`, "", `\right`, "", `\dfrac`, `\frac`, `\tfrac`, `\frac`, `\cfrac`, `\frac`, `\boxed`, "", `\textbf`, "", `\textit`, "", `\text`, "", `\mathrm`, "", `\mathbf`, "", `\mbox`, "", `\displaystyle`, "",
	`\times`, "*", `\cdot`, "*", `\div`, "/", "×", "*", "÷", "/", "⋅", "*", "·", "*", "∕", "/", "⁄", "/", "−", "-", "–", "-", "∶", ":",
	`\pmod`, " mod ", `\pm`, "±", "+/-", "±", `\approx`, "≈", `\neq`, "≠", `\ne`, "≠", "!=", "≠", `\pi`, "π", `\sqrt`, "√", `^\circ`, "°", `^{\circ}`, "°", `\degree`, "°", "[", "(", "]", ")",
	"½", "(1/2)", "⅓", "(1/3)", "⅔", "(2/3)", "¼", "(1/4)", "¾", "(3/4)", "⅕", "(1/5)", "⅖", "(2/5)", "⅗", "(3/5)", "⅘", "(4/5)", "⅛", "(1/8)", "⅜", "(3/8)", "⅝", "(5/8)", "⅞", "(7/8)")

var (
	worked   = regexp.MustCompile(`<<[^<>\n]*>>`) // GSM8K tells its calculator <<6*7=42>>
	tag      = regexp.MustCompile(`</?[A-Za-z][A-Za-z0-9_ ="'/-]{0,40}>`)
	inner    = regexp.MustCompile(`\(\s?\(\s?(-?\d+)\s?\)\s?/\s?\(\s?(-?\d+)\s?\)\s?\)`)
	hundred  = regexp.MustCompile(`(\d\)?)\s?per ?cent\b`)
	percent  = regexp.MustCompile(`百分之\s?(` + numeral + `)`)
	mille    = regexp.MustCompile(`千分之\s?(` + numeral + `)`)
	myriadth = regexp.MustCompile(`万分之\s?(` + numeral + `)`)
	added    = regexp.MustCompile(`(\d+)\s?又\s?\(?(\d+)\s?/\s?(\d+)\)?`)
	whole    = regexp.MustCompile(`(\d+)\s?又\s?(\d+)\s?分之\s?(\d+)`)
	part     = regexp.MustCompile(`(\d+)\s?分之\s?(\d+)`)
	halfZh   = regexp.MustCompile(`(^|[^\d.,/])(\d+)\s?(` + wholes + `)半(小时|钟头|月)?([^\p{Han}]|$)`)
	half     = regexp.MustCompile(`(?i)(^|[^\d.,/])(\d+) and (?:a|one)[ -]half\b`)
	squared  = regexp.MustCompile(`(^|[^A-Za-z])([kcdmμ]?m|ft|yd|mi)[23]([^0-9A-Za-z]|$)`)
)

// plain writes a text's numbers and expressions in one way: ASCII, a fraction
// as (1/2), a mixed number as 2(1/2), a power as 10^(3), without Markdown's
// bold and tags, with a sign for minus. The exponent of a unit and an index go, as they are no numbers.
func plain(s string) string {
	s = tag.ReplaceAllString(worked.ReplaceAllString(width.Fold.String(s), ""), " ")
	p := &scribe{in: typography.Replace(unrecurred(dollarWords(s)))}
	for p.at < len(p.in) {
		p.step(0)
	}
	s = inner.ReplaceAllString(string(p.out), "($1/$2)")
	if strings.Contains(s, "又") || strings.Contains(s, "分之") {
		s = added.ReplaceAllString(s, "$1($2/$3)")
		s = percent.ReplaceAllString(s, "$1%")
		s = mille.ReplaceAllString(s, "$1‰")
		s = myriadth.ReplaceAllString(s, "$1*10^(-4)")
		s = part.ReplaceAllString(whole.ReplaceAllString(s, "$1($3/$2)"), "($2/$1)")
	}
	s = half.ReplaceAllString(halfZh.ReplaceAllString(s, "$1$2(1/2)$3$4$5"), "$1$2(1/2)")
	s = hundred.ReplaceAllString(s, "$1%")
	s = squared.ReplaceAllString(s, "$1$2$3")
	return signed(s)
}

// A scribe rewrites a text from left to right, each byte once.
type scribe struct {
	in   string
	at   int
	out  []byte
	bold bool // between two ** of Markdown, in one line
}

var superscripts = map[rune]byte{'⁰': '0', '¹': '1', '²': '2', '³': '3', '⁴': '4', '⁵': '5', '⁶': '6', '⁷': '7', '⁸': '8', '⁹': '9', '⁻': '-'}

// operand reports whether what ends with b may stand before a power.
func operand(b byte) bool { return b >= '0' && b <= '9' || b == ')' || b == '%' }

func (p *scribe) last() byte {
	if len(p.out) == 0 {
		return 0
	}
	return p.out[len(p.out)-1]
}

// step rewrites what comes next. Depth counts fractions in fractions.
func (p *scribe) step(depth int) {
	rest := p.in[p.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, `\frac`) && depth < 50:
		p.at += len(`\frac`)
		p.out = append(p.out, '(')
		p.argument(depth + 1)
		p.out = append(p.out, '/')
		p.argument(depth + 1)
		p.out = append(p.out, ')')
	case strings.HasPrefix(rest, "**"):
		p.stars(rest)
	case c == '^':
		p.at++
		p.power()
	case c == '_' && (alnum(p.last())):
		p.at++
		if m := thousand.FindString(p.in[p.at:]); m != "" && p.last() <= '9' { // 1_000
			return
		}
		p.at += len(index.FindString(p.in[p.at:]))
	case c == '{' || c == '}':
		p.at++
	case c < utf8.RuneSelf:
		if c == '\n' {
			p.bold = false
		}
		p.out = append(p.out, c)
		p.at++
	default:
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case superscripts[r] != 0:
			p.raised()
		case (r == '\u00a0' || r == '\u2009' || r == '\u202f') && alnum(p.last()) && p.last() <= '9' && thousand.MatchString(rest[n:]):
			p.at += n // 10 000
		default:
			p.out = append(p.out, rest[:n]...)
			p.at += n
		}
	}
}

var (
	thousand = regexp.MustCompile(`^\d{3}(?:\D|$)`)
	index    = regexp.MustCompile(`^(?:\{[^{}]{0,20}\}|[0-9A-Za-z]{1,20})`)
	exponent = regexp.MustCompile(`^\s?(?:\{\s?(-?\d{1,9})\s?\}|\(\s?(-?\d{1,9})\s?\)|(-?\d{1,9}))`)
)

func alnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// argument writes one of a fraction's two parts, in parentheses.
func (p *scribe) argument(depth int) {
	for p.at < len(p.in) && p.in[p.at] == ' ' {
		p.at++
	}
	p.out = append(p.out, '(')
	if p.at < len(p.in) && p.in[p.at] == '{' {
		p.at++
		for open := 1; p.at < len(p.in); {
			switch p.in[p.at] {
			case '{':
				open++
			case '}':
				open--
			}
			if open == 0 {
				p.at++
				break
			}
			p.step(depth)
		}
	} else if p.at < len(p.in) {
		p.step(depth)
	}
	p.out = append(p.out, ')')
}

// stars writes ** between operands as a power, and takes it away where it
// makes text bold: there it stands on one side of a word.
func (p *scribe) stars(rest string) {
	p.at += 2
	next := strings.TrimLeft(rest[2:], " ")
	before := strings.TrimRight(string(p.out[max(0, len(p.out)-8):]), " ")
	spaced := p.last() == ' '
	if !p.bold && before != "" && operand(before[len(before)-1]) && next != "" && (operand(next[0]) && next[0] != ')' || next[0] == '(' || next[0] == '-') && spaced == (len(next) < len(rest)-2) {
		p.power()
		return
	}
	p.bold = !p.bold
	p.out = append(p.out, ' ')
}

// power writes what stands behind a ^: of an operand, as ^(3) or, if it is no
// whole number, as it is; of anything else, a unit or a letter, it goes.
func (p *scribe) power() {
	before := strings.TrimRight(string(p.out[max(0, len(p.out)-8):]), " ")
	own := before != "" && operand(before[len(before)-1])
	m := exponent.FindStringSubmatch(p.in[p.at:])
	if own {
		p.out = append(p.out, '^')
	}
	if m == nil {
		return
	}
	p.at += len(m[0])
	if own {
		p.out = append(p.out, "("+m[1]+m[2]+m[3]+")"...)
	}
}

// raised writes digits above the line as a power.
func (p *scribe) raised() {
	var digits []byte
	for p.at < len(p.in) {
		r, n := utf8.DecodeRuneInString(p.in[p.at:])
		if superscripts[r] == 0 {
			break
		}
		digits = append(digits, superscripts[r])
		p.at += n
	}
	if operand(p.last()) {
		p.out = append(p.out, "^("+string(digits)+")"...)
	}
}
