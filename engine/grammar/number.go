package grammar

import (
	"math/big"
	"strconv"
	"strings"
)

// Places in a number of JSON.
const (
	numSign  uint8 = iota // after -
	numZero               // after a leading 0
	numDigit              // in the whole part
	numPoint              // after the point
	numZeros              // in a fraction of zeros
	numFrac               // in a fraction
	numE                  // after e
	numESign              // after its sign
	numExp                // in the exponent
	numBad                // no place
)

// numStart returns the place after a number's first byte.
func numStart(b byte) uint8 {
	switch {
	case b == '-':
		return numSign
	case b == '0':
		return numZero
	case b >= '1' && b <= '9':
		return numDigit
	}
	return numBad
}

// numStep returns the place after one more byte.
func numStep(s uint8, b byte) uint8 {
	digit := b >= '0' && b <= '9'
	switch s {
	case numSign:
		if b != '-' {
			return numStart(b)
		}
	case numZero, numDigit:
		switch {
		case s == numDigit && digit:
			return numDigit
		case b == '.':
			return numPoint
		case b == 'e' || b == 'E':
			return numE
		}
	case numPoint, numZeros, numFrac:
		switch {
		case b == '0' && s != numFrac:
			return numZeros
		case digit:
			return numFrac
		case s != numPoint && (b == 'e' || b == 'E'):
			return numE
		}
	case numE:
		if b == '+' || b == '-' {
			return numESign
		}
		if digit {
			return numExp
		}
	case numESign, numExp:
		if digit {
			return numExp
		}
	}
	return numBad
}

// numEnds reports whether a number may end at a place.
func numEnds(s uint8) bool {
	return s == numZero || s == numDigit || s == numZeros || s == numFrac || s == numExp
}

// settled is the text of a number which nothing that follows makes wrong.
const settled = "+"

// digit notes a byte of a number that leads to a place.
func (m *machine) digit(f *frame, place uint8, b byte) {
	f.place = place
	if !f.g.text || f.text == settled {
		return
	}
	f.text += string(b)
	if place == numSign {
		return
	}
	for _, id := range f.g.nodes {
		if n := &m.nodes[id]; n.asksNumbers() && !n.settles(f.text) {
			return
		}
	}
	f.text = settled
}

// settles reports whether a number stays within n's bounds whatever follows.
func (n *node) settles(text string) bool {
	if n.multiple != nil || n.enum != nil {
		return false
	}
	bound, open, other := n.low, n.lowOpen, n.high
	if text[0] == '-' {
		bound, open, other = n.high, n.highOpen, n.low
	}
	if other != nil {
		return false
	}
	if bound == nil {
		return true
	}
	at := new(big.Rat) // the nearest to 0 that it may become: an exponent can make it small
	if n.whole {
		var ok bool
		if at, ok = number(strings.TrimSuffix(text, ".")); !ok {
			return false
		}
	}
	c := at.Cmp(bound)
	if text[0] == '-' {
		c = -c
	}
	return c > 0 || c == 0 && !open
}

// number judges the number so far: no if it cannot become what n asks for.
func (n *node) number(text string, place uint8, done bool) tri {
	if n.whole && (place == numFrac || place >= numE) { // integers are written without exponents
		return no
	}
	if done {
		if !n.asksNumbers() {
			return yes
		}
		if text == settled {
			return yes
		}
		r, ok := number(text)
		return yesIf(ok && n.holds(r))
	}
	if !n.asksNumbers() {
		if n.whole {
			return maybe
		}
		return yes
	}
	if text == "" || text == settled {
		return maybe
	}
	if place >= numE {
		if !n.raised(text) {
			return no
		}
		return maybe
	}
	if n.enum != nil {
		found := false
		for _, r := range n.enum.numbers {
			found = found || reaches(text, place, r, r, false, false)
		}
		if !found {
			return no
		}
	}
	if !reaches(text, place, n.low, n.high, n.lowOpen, n.highOpen) {
		return no
	}
	return maybe
}

// raised reports whether a number whose exponent has begun can become what n
// asks for.
func (n *node) raised(text string) bool {
	at := strings.IndexAny(text, "eE") + 1
	digits := strings.TrimLeft(text[at:], "+-")
	minus := strings.HasPrefix(text[at:], "-")
	holds := func(e int) bool {
		if minus {
			e = -e
		}
		r, ok := number(text[:at] + strconv.Itoa(e))
		return ok && n.holds(r)
	}
	if digits == "" {
		for e := range maxExponent + 1 {
			if holds(e) || len(text) == at && holds(-e) {
				return true
			}
		}
		return false
	}
	low, err := strconv.Atoi(digits)
	for high := low; err == nil && low <= maxExponent; low, high = 10*low, 10*high+9 {
		for e := low; e <= min(high, maxExponent); e++ {
			if holds(e) {
				return true
			}
		}
		if high >= maxExponent {
			break
		}
	}
	return false
}

// holds reports whether a number is what n asks for.
func (n *node) holds(r *big.Rat) bool {
	if n.whole && !r.IsInt() {
		return false
	}
	if n.low != nil {
		if c := r.Cmp(n.low); c < 0 || c == 0 && n.lowOpen {
			return false
		}
	}
	if n.high != nil {
		if c := r.Cmp(n.high); c > 0 || c == 0 && n.highOpen {
			return false
		}
	}
	if n.multiple != nil && !new(big.Rat).Quo(r, n.multiple).IsInt() {
		return false
	}
	if n.enum != nil {
		for _, x := range n.enum.numbers {
			if x.Cmp(r) == 0 {
				return true
			}
		}
		return false
	}
	return true
}

// asksNumbers reports whether n asks anything of numbers but a type.
func (n *node) asksNumbers() bool {
	return n.low != nil || n.high != nil || n.multiple != nil || n.enum != nil && len(n.enum.numbers) > 0
}

var ten = big.NewRat(10, 1)

// reaches reports whether digits after text, without an exponent, can lead
// into the bounds. nil is no bound.
func reaches(text string, place uint8, low, high *big.Rat, lowOpen, highOpen bool) bool {
	if low == nil && high == nil {
		return true
	}
	if may, ok := reachesInt(text, place, low, high, lowOpen, highOpen); ok {
		return may
	}
	negative := strings.HasPrefix(text, "-")
	digits := strings.TrimSuffix(strings.TrimPrefix(text, "-"), ".")
	if negative { // look at the mirror image
		low, high, lowOpen, highOpen = high, low, highOpen, lowOpen
		if low != nil {
			low = new(big.Rat).Neg(low)
		}
		if high != nil {
			high = new(big.Rat).Neg(high)
		}
	}
	if digits == "" {
		digits = "0"
		place = numSign
	}
	at, ok := number(digits)
	if !ok {
		return false
	}
	width := big.NewRat(1, 1) // of what more digits can add
	if dot := strings.IndexByte(digits, '.'); dot >= 0 {
		for range len(digits) - dot - 1 {
			width.Quo(width, ten)
		}
	}
	if place == numSign { // anything from 0 on
		return high == nil || high.Sign() > 0 || high.Sign() == 0 && !highOpen
	}
	for range 420 {
		// [at, at+width) meets the bounds?
		above := high == nil || at.Cmp(high) < 0 || at.Cmp(high) == 0 && !highOpen
		end := new(big.Rat).Add(at, width)
		below := low == nil || end.Cmp(low) > 0
		if above && below {
			if low != nil && high != nil && low.Cmp(high) == 0 { // one number: is it in it?
				return at.Cmp(low) <= 0
			}
			return true
		}
		if place != numDigit || !above {
			return false
		}
		at, width = new(big.Rat).Mul(at, ten), new(big.Rat).Mul(width, ten)
	}
	return false
}

// reachesInt is reaches for small whole numbers; ok is false if it cannot say.
func reachesInt(text string, place uint8, low, high *big.Rat, lowOpen, highOpen bool) (may, ok bool) {
	const most = int64(1e15)
	small := func(r *big.Rat) bool {
		return r == nil || r.IsInt() && r.Num().IsInt64() && max(r.Num().Int64(), -r.Num().Int64()) < most
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || place != numDigit && place != numZero || text[0] == '-' || at > most || lowOpen || highOpen || !small(low) || !small(high) {
		return false, false
	}
	from, to := -most, most
	if low != nil {
		from = low.Num().Int64()
	}
	if high != nil {
		to = high.Num().Int64()
	}
	for width := int64(1); at <= to; at, width = 10*at, 10*width {
		if from == to && at > from {
			return false, true
		}
		if at+width > from { // [at, at+width) meets the bounds
			return true, true
		}
		if place != numDigit {
			return false, true
		}
	}
	return false, true
}
