package guard

import (
	"time"

	"suiren/stage/guard/detect"
)

// Kinds of number that a policy can mask.
const (
	maskID     = "resident_id" // resident identity number, GB 11643-1999
	maskMobile = "mobile"      // mobile number of mainland China
	maskCard   = "bank_card"   // bank card number, ISO/IEC 7812
)

const maxNumber = 19 // digits of the longest number that is looked for

// numberKind says which kind of number the digits are, or "". The last of 18
// may be X.
func numberKind(digits string) string {
	switch n := len(digits); {
	case n == 18 && isResidentID(digits):
		return maskID
	case isMobile(digits):
		return maskMobile
	case 16 <= n && n <= 19 && isCard(digits):
		return maskCard
	}
	return ""
}

// isResidentID checks 18 characters by GB 11643-1999: a region, a date that
// exists, and the check digit of ISO 7064 MOD 11-2.
func isResidentID(s string) bool {
	// The first digit is the part of the country: 1 to 6 the mainland, 7 and 8
	// Taiwan, Hong Kong and Macau, 9 residence permits of foreigners.
	if s[0] == '0' {
		return false
	}
	sum, weight := 0, [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weight {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += w * int(s[i]-'0')
	}
	if "10X98765432"[sum%11] != s[17] {
		return false
	}
	born, err := time.Parse("20060102", s[6:14])
	return err == nil && born.Year() >= 1850 && born.Year() < 2100
}

// isMobile checks 1[3-9] and nine digits, with or without the country's 86.
func isMobile(s string) bool {
	switch {
	case len(s) == 13 && s[:2] == "86":
		s = s[2:]
	case len(s) == 15 && s[:4] == "0086":
		s = s[4:]
	}
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && onlyDigits(s)
}

// isCard checks the Luhn digit, and that the first digit is one that banks
// use: 3 to 6, or 9 for cards of one country (ISO/IEC 7812-1).
func isCard(s string) bool {
	if !onlyDigits(s) || (s[0] < '3' || s[0] > '6') && s[0] != '9' {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// numbers follows a sequence of groups of digits with one separator between
// neighbours: 138 1234 5678. A number begins and ends where groups do, so it is
// never a piece of a longer run of digits.
type numbers struct {
	groups []group
	total  int  // digits in groups
	open   bool // the last rune was a digit
	gap    bool // the last rune was a separator
	part   bool // groups are not the whole sequence: earlier ones were let go
	long   bool // the last group is longer than any number and was let go
}

type group struct {
	from, to int                 // place of the first rune, and that after the last
	digits   [maxNumber + 2]byte // may end with X
	n        int                 // of digits
}

func (g *group) add(c byte) {
	g.digits[g.n] = c
	g.n++
}

// separates reports what may stand between the groups of a number. A line
// break may not, nor may a point: it makes decimals.
func separates(c rune) bool {
	switch c {
	case ' ', '\t', '\u00a0', '\u3000', '-', '_', '\u2212', '\uff0d', '·':
		return true
	}
	return '\u2000' <= c && c <= '\u200a' || '\u2010' <= c && c <= '\u2015'
}

// number tells the numbers of a plain rune, which is in r.runes.
func (r *reading) number(at int) {
	n := &r.numbers
	if len(r.runes) != 1 {
		r.end(r.inWord)
		return
	}
	switch c := r.runes[0]; {
	case '0' <= c && c <= '9':
		r.digit(at, byte(c))
	case c == 'x' && n.open && len(n.groups) > 0:
		g := &n.groups[len(n.groups)-1]
		g.add('X')
		g.to, n.open = r.place(), false
		n.total++
	default:
		r.end(r.inWord)
	}
}

func (r *reading) digit(at int, d byte) {
	n := &r.numbers
	if n.long {
		if n.open {
			return
		}
		n.long = false
	} else if len(n.groups) > 0 && !n.open && !n.gap { // directly after an X
		r.end(true)
	}
	if !n.open {
		n.groups = append(n.groups, group{from: at})
	}
	g := &n.groups[len(n.groups)-1]
	g.add(d)
	g.to = r.place()
	n.total++
	n.open, n.gap = true, false
	for n.total > maxNumber {
		if len(n.groups) == 1 {
			*n = numbers{groups: n.groups[:0], open: true, part: true, long: true}
			return
		}
		// Nothing that begins with the first group can reach the last one.
		r.drop(r.mask(len(n.groups) - 1))
	}
}

// separate notes one separator.
func (r *reading) separate() {
	n := &r.numbers
	if n.gap || len(n.groups) == 0 && !n.long {
		r.end(false)
		return
	}
	n.open, n.gap = false, true
}

// end notes the end of a sequence of groups. word says that a word goes on
// into the rune that ended it.
func (r *reading) end(word bool) {
	n := &r.numbers
	if len(n.groups) == 0 && !n.long && !n.part {
		return
	}
	if len(n.groups) > 0 && word && !n.open && !n.gap {
		n.groups[len(n.groups)-1].add('X') // 11010519491231002Xavier: the X was no check digit
	}
	for len(n.groups) > 0 {
		r.drop(r.mask(len(n.groups)))
	}
	*n = numbers{groups: n.groups[:0]}
}

// mask masks the longest number that begins with the first group and ends
// before group end. It returns how many groups are settled by that. Groups of
// one or two digits only count when the number is all there is: 1 3 8 … in a
// longer list of digits is arithmetic.
func (r *reading) mask(end int) int {
	n := &r.numbers
	for last := end - 1; last >= 0; last-- {
		var buf [2 * maxNumber]byte
		digits, short := buf[:0], false
		for i := range n.groups[:last+1] {
			g := &n.groups[i]
			digits = append(digits, g.digits[:g.n]...)
			short = short || g.n < 3
		}
		if whole := !n.part && last == len(n.groups)-1; short && !whole {
			continue
		}
		if kind := numberKind(string(digits)); r.numerals[kind] {
			r.found = append(r.found, annotation{from: n.groups[0].from, to: n.groups[last].to,
				hit: detect.Hit{Detector: "pii", Kind: kind, Class: "A.4.f", Confidence: 1}})
			return last + 1
		}
	}
	return 1
}

// drop lets the first k groups go.
func (r *reading) drop(k int) {
	n := &r.numbers
	for _, g := range n.groups[:k] {
		n.total -= g.n
	}
	n.groups = append(n.groups[:0], n.groups[k:]...)
	n.part = true
}
