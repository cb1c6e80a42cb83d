package kernel

import "unsafe"

// Types of which 256 weights are summed up as integers (see tileWhole) meet many
// tokens by tile units so. A weight times the scale of its part is made of two
// bytes, one of which counts 8 or 64: of 16 rows and 16 tokens, eight instructions
// sum up both, and numbers of floating point come in once.

const (
	wholeTokens = 2 * tileSide
	wholeBytes  = 2 * 256 * tileSide // of a panel of 16 rows and 256 steps
	// wholeFew is how many rows are unpacked at a time for tokens that pass by once.
	wholeFew = 64
)

// A wholeTile is the argument of the assembly: two sixteens of tokens with
// panels of 16 rows. Strides are in bytes.
type wholeTile struct {
	a      [2]*int8 // activations of both sixteens
	as     int      // from token to token
	d      [2]*super
	ds     int      // from token to token
	w      *int8    // panel after panel, of 256 steps after the others
	scale  *float32 // those of a panel's rows, and if they have minima theirs, and those of pairs of parts
	sums   *float32 // (32, rows), which is added to
	ts     int      // from token to token
	panels int      // of 256 steps
	all    int      // of all steps
	back   int      // from past the last token to the first one of the next panel
	ring   *[4 * wholeTokens * tileSide]int32
	left   [2]int // panels of the 256 steps under way, to be multiplied and to be added
	supers int    // to be added
	dst    *float32
	ldd    int // from token to token
	add    int // 1 if what is at dst is added to
}

// inWhole reports whether products with n tokens are made so.
func (m *Matrix) inWhole(n int) bool {
	return byteTiles() && n >= tileSide && forms[m.Type].super != nil && m.Type != Q2_K && 2*tileSide*m.K <= byteWeights
}

// wholeScales is how many numbers stand beside 256 steps of 16 rows.
func (m *Matrix) wholeScales() int {
	if m.Type.minimum() {
		return 6 * tileSide
	}
	return tileSide
}

// mulWhole multiplies rows lo to hi, some sixteens of them, with n ≥ 16 tokens.
func (m *Matrix) mulWhole(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	s := byteScratches.Get().(*byteScratch)
	defer byteScratches.Put(s)
	most := min(byteWeights/2/m.K/tileSide*tileSide, byteRows)
	if n <= wholeTokens {
		most = min(most, wholeFew)
	}
	for ; lo < hi; lo += most {
		rows := min(most, hi-lo)
		for p := range rows / tileSide {
			m.unpackWhole(s.w[p*wholeBytes:], s.scale[p*m.wholeScales():], lo+p*tileSide, rows/tileSide)
		}
		for t := 0; t < n; t += wholeTokens {
			m.wholePanels(s, in, t, n, rows, dst[lo:], ldd, add)
		}
	}
}

// sixteens returns where the tokens begin that are multiplied from token t on: of
// either sixteen some may be done, and if they are one, there is but one.
func sixteens(t, n int) (first, second int) {
	first = min(t, n-tileSide)
	return first, min(max(n-tileSide, first), t+tileSide)
}

// wholePanels multiplies unpacked rows with tokens t and on, at most 32.
func (m *Matrix) wholePanels(s *byteScratch, in *Input, t, n, rows int, dst []float32, ldd int, add bool) {
	x, nb := &in.forms[1], m.K/256
	first, second := sixteens(t, n)
	tokens, panels, apart := wholeTokens, rows/tileSide, sumsApart(rows)
	if second == first {
		tokens = tileSide
	}
	clear(s.sums[:tokens*apart])
	q := wholeTile{
		a: [2]*int8{&x.q[first*m.K], &x.q[second*m.K]}, as: m.K,
		d: [2]*super{&x.super[first*nb], &x.super[second*nb]}, ds: nb * int(unsafe.Sizeof(super{})),
		w: &s.w[0], scale: &s.scale[0], sums: &s.sums[0], ts: 4 * apart,
		panels: panels, all: nb * panels, back: 4 * (tokens*apart - tileSide),
		ring: (*[4 * wholeTokens * tileSide]int32)(s.ring), left: [2]int{panels, panels}, supers: nb,
	}
	unit := forms[m.Type].unit
	if unit == 0 && first == t && tokens == min(n-t, wholeTokens) {
		q.dst, q.ldd = &dst[t*ldd], 4*ldd
		if add {
			q.add = 1
		}
	}
	switch {
	case m.Type.minimum() && tokens == tileSide:
		fours16AMX(&q)
	case m.Type.minimum():
		fours32AMX(&q)
	case tokens == tileSide:
		sixes16AMX(&q)
	default:
		sixes32AMX(&q)
	}
	if q.dst == nil {
		s.putWhole(t, n, rows, dst, ldd, add, unit)
	}
}

// sumsApart is how far a token's sums are from the next one's: a line further,
// so that they do not all take the same places of a cache.
func sumsApart(rows int) int { return rows + tileSide }

// putWhole puts the sums of tokens t and on where they belong, where not all do or a unit
// multiplies them.
func (s *byteScratch) putWhole(t, n, rows int, dst []float32, ldd int, add bool, unit float32) {
	first, second := sixteens(t, n)
	for at := t; at < min(n, t+wholeTokens); at++ {
		i := at - first
		if i >= tileSide {
			i = at - second + tileSide
		}
		to, from := dst[at*ldd:][:rows], s.sums[i*sumsApart(rows):][:rows]
		if unit != 0 {
			Scale(from, unit)
		}
		if add {
			Add(to, to, from)
		} else {
			copy(to, from)
		}
	}
}
