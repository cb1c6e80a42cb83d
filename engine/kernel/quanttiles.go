package kernel

import "sync"

// A quantised matrix meets many tokens by tile units where there are some: rows
// are unpacked to bytes once, 16 by 16 sums of products of a block come from
// one instruction, and are scaled and added as the definition has it. Sums of
// integers being exact, so are the bits.

const (
	tileSide = 16 // rows, and tokens, that are multiplied at a time
	// byteWeights is how many weights are unpacked at a time: they stay in the
	// second-level cache while all tokens pass by.
	byteWeights = 1 << 19
	// byteBlocks is how many blocks of 32 steps are multiplied at a time: of
	// these the activations of 16 tokens stay in the first-level cache while the
	// rows pass by.
	byteBlocks = 32
	byteRows   = 256 // of which there are sums
)

// A byteTile is the argument of the assembly: 16 tokens with panels of 16 rows.
// Strides are in bytes.
type byteTile struct {
	a  *int8 // activations
	as int   // from token to token
	d  *block
	ds int // from token to token

	// Of a panel, and from there to the next one.
	w      *int8 // block after block, fours of weights of each row
	ws     int
	scale  *float32 // of each block those of the rows, and then their minima if they have some
	ss     int
	from   *float32 // sums (16, 16) to begin with, one panel after the other; nil: zeros
	to     *float32 // 16 tokens, of 16 rows
	ts     int      // to's bytes from panel to panel
	tokens int      // to's bytes from token to token

	panels, pairs int // pairs of blocks
	add           int // 1 if what is at to is added to
	ring          *[4 * tileSide * tileSide]int32

	now [4]uintptr // of the panel under way: w, scale, from and to
}

// byteScratch is what one call needs. Its slices begin at a cache line.
type byteScratch struct {
	w     []int8
	scale []float32
	sums  []float32 // of all panels
	ring  []int32
}

var byteScratches = sync.Pool{New: func() any {
	return &byteScratch{
		w: aligned[int8](byteWeights), scale: aligned[float32](byteWeights / tileSide),
		sums: aligned[float32](wholeMost * (byteRows + tileSide)), ring: aligned[int32](8 * tileSide * tileSide),
	}
}}

// inBytes reports whether products with n tokens are made by tile units.
func (m *Matrix) inBytes(n int) bool {
	return byteTiles() && n >= tileSide && forms[m.Type].super == nil && m.K%64 == 0 && tileSide*m.K <= byteWeights
}

// mulBytes multiplies rows lo to hi, some sixteens of them, with n ≥ 16 tokens.
func (m *Matrix) mulBytes(in *Input, n, lo, hi int, dst []float32, ldd int, add bool) {
	s := byteScratches.Get().(*byteScratch)
	defer byteScratches.Put(s)
	most := min(byteWeights/m.K/tileSide*tileSide, byteRows)
	for ; lo < hi; lo += most {
		rows := min(most, hi-lo)
		for r := 0; r < rows; r += tileSide {
			m.unpackBytes(s.w[r*m.K:], s.scale[r*m.scales():], lo+r)
		}
		for t := 0; t < n; t += tileSide {
			m.mulPanels(s, in, t, n, lo, rows, dst, ldd, add)
		}
	}
}

// scales is how many numbers stand beside the weights of a row.
func (m *Matrix) scales() int {
	if m.Type.minimum() {
		return m.K / 16
	}
	return m.K / 32
}

// mulPanels multiplies unpacked rows lo and on with tokens t and on, at most 16.
func (m *Matrix) mulPanels(s *byteScratch, in *Input, t, n, lo, rows int, dst []float32, ldd int, add bool) {
	x, nb := &in.forms[m.Type.Forms().index()], m.K/32
	first := min(t, n-tileSide) // of sixteen, some of which may be done
	for b := 0; b < nb; b += byteBlocks {
		blocks := min(byteBlocks, nb-b)
		q := byteTile{
			a: &x.q[first*m.K+b*32], as: m.K, d: &x.b[first*nb+b], ds: nb * 4 * blockFloats,
			w: &s.w[b*32*tileSide], ws: tileSide * m.K, scale: &s.scale[b*m.scales()/nb*tileSide], ss: 4 * tileSide * m.scales(),
			to: &s.sums[0], ts: 4 * tileSide * tileSide, tokens: 4 * tileSide,
			panels: rows / tileSide, pairs: blocks / 2, ring: (*[4 * tileSide * tileSide]int32)(s.ring),
		}
		if b > 0 {
			q.from = &s.sums[0]
		}
		if b+blocks == nb && first == t {
			q.to, q.ts, q.tokens = &dst[t*ldd+lo], 4*tileSide, 4*ldd
			if add {
				q.add = 1
			}
		}
		if m.Type.minimum() {
			mulLowAMX(&q)
		} else {
			mulBytesAMX(&q)
		}
	}
	if first == t {
		return
	}
	for ; t < n; t++ {
		for r := 0; r < rows; r += tileSide {
			to, from := dst[t*ldd+lo+r:][:tileSide], s.sums[(r+t-first)*tileSide:]
			if add {
				Add(to, to, from[:tileSide])
			} else {
				copy(to, from)
			}
		}
	}
}

// unpackBytesGeneric unpacks 16 rows, from row lo on, as tiles read them: fours
// of steps, of each a four of each row; and their scales and minima.
func (m *Matrix) unpackBytesGeneric(w []int8, scale []float32, lo int) {
	f := &forms[m.Type]
	per, nb, parts := f.weights/32, m.K/32, m.scales()*32/m.K
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for r := range tileSide {
		for b := range nb {
			blk := m.Data[((lo+r)/Group*nb+b)/per*f.packed:][:f.packed]
			scales, low := f.row(blk, (lo+r)%Group, b%per, q)
			for l, v := range q {
				w[(b*8+l/4)*4*tileSide+4*r+l%4] = int8(v)
			}
			to := scale[b*parts*tileSide+r:]
			to[0] = scales[0]
			if parts == 2 {
				to[tileSide] = low[0]
			}
		}
	}
}
