package kernel

import "unsafe"

// Types of which 256 weights are summed up as integers (see tileWhole) meet many
// tokens by tile units so. A weight times the scale of its part is made of two
// bytes, one of which counts 8 or 64: of 16 rows and 16 tokens, eight instructions
// sum up both, and numbers of floating point come in once.

const (
	wholeTokens = 2 * tileSide
	wholeBytes  = 2 * 256 * tileSide // of a panel of 16 rows and 256 steps
	// wholeMost is how many tokens are multiplied with the same rows, wholeSupers
	// how many blocks of 256 steps of them at a time: with the tokens' activations
	// these, unpacked, stay in the second-level cache.
	wholeMost   = 512
	wholeSupers = byteWeights / wholeBytes * tileSide / byteRows
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
	sums   *float32 // (32, rows and a line), which is added to
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
	return byteTiles() && n >= tileSide && forms[m.Type].super != nil && m.Type != Q2_K
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
	most := byteRows
	if n <= wholeTokens {
		most = wholeFew
	}
	nb := m.K / 256
	for ; lo < hi; lo += most {
		w := wholeRows{m, s, n, min(most, hi-lo), dst[lo:], ldd, add}
		for t := 0; t < n; t += wholeMost {
			end := min(n, t+wholeMost)
			clear(s.sums[:(end-t+wholeTokens-1)/wholeTokens*w.group()])
			for b := 0; b < nb; b += wholeSupers {
				supers := min(wholeSupers, nb-b)
				for p := range w.rows / tileSide {
					m.unpackWhole(s.w[p*wholeBytes:], s.scale[p*m.wholeScales():], lo+p*tileSide, b, supers, w.rows/tileSide)
				}
				for at := t; at < end; at += wholeTokens {
					w.mul(in, at, s.sums[(at-t)/wholeTokens*w.group():], b, supers)
				}
			}
		}
	}
}

// wholeRows are rows that are multiplied with n tokens.
type wholeRows struct {
	m       *Matrix
	s       *byteScratch
	n, rows int
	dst     []float32
	ldd     int
	add     bool
}

// apart is how far a token's sums are from the next one's: a line further, so that
// they do not all take the same places of a cache. group is what 32 tokens take.
func (w *wholeRows) apart() int { return w.rows + tileSide }
func (w *wholeRows) group() int { return wholeTokens * w.apart() }

// sixteens returns where the tokens begin that are multiplied from token t on: of
// either sixteen some may be done, and if they are one, there is but one.
func sixteens(t, n int) (first, second int) {
	first = min(t, n-tileSide)
	return first, min(max(n-tileSide, first), t+tileSide)
}

// mul adds to sums what blocks b and on give, so many, with tokens t and on, at
// most 32. After the last it puts them where they belong.
func (w *wholeRows) mul(in *Input, t int, sums []float32, b, supers int) {
	m, x, nb := w.m, &in.forms[1], w.m.K/256
	first, second := sixteens(t, w.n)
	tokens, panels := wholeTokens, w.rows/tileSide
	if second == first {
		tokens = tileSide
	}
	q := wholeTile{
		a: [2]*int8{&x.q[first*m.K+b*256], &x.q[second*m.K+b*256]}, as: m.K,
		d: [2]*super{&x.super[first*nb+b], &x.super[second*nb+b]}, ds: nb * int(unsafe.Sizeof(super{})),
		w: &w.s.w[0], scale: &w.s.scale[0], sums: &sums[0], ts: 4 * w.apart(),
		panels: panels, all: supers * panels, back: 4 * (tokens*w.apart() - tileSide),
		ring: (*[4 * wholeTokens * tileSide]int32)(w.s.ring), left: [2]int{panels, panels}, supers: supers,
	}
	last := b+supers == nb
	if last && forms[m.Type].unit == 0 && first == t && tokens == min(w.n-t, wholeTokens) {
		q.dst, q.ldd = &w.dst[t*w.ldd], 4*w.ldd
		if w.add {
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
	if last && q.dst == nil {
		w.put(t, sums)
	}
}

// put puts the sums of tokens t and on where they belong, where not all do or a
// unit multiplies them.
func (w *wholeRows) put(t int, sums []float32) {
	first, second := sixteens(t, w.n)
	for at := t; at < min(w.n, t+wholeTokens); at++ {
		i := at - first
		if i >= tileSide {
			i = at - second + tileSide
		}
		to, from := w.dst[at*w.ldd:][:w.rows], sums[i*w.apart():][:w.rows]
		if unit := forms[w.m.Type].unit; unit != 0 {
			Scale(from, unit)
		}
		if w.add {
			Add(to, to, from)
		} else {
			copy(to, from)
		}
	}
}
