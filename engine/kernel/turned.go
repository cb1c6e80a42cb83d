package kernel

import (
	"fmt"
	"math"
	"sync"
	"unsafe"
)

// A Turned is rows of a matrix of a K type (or IQ4_XS, or those of IQ3 and IQ2) as
// the way back reads them: gradients of what the matrix made, times the matrix,
// by sums of integers, which are exact, whatever unit makes them.
//
// Rows are taken 256 at a time, from the first one on, columns by the 256 that
// have one scale of floating point in each row. Of those, a gradient times its
// row's scale is rounded to 24 bits of the largest of them; a weight times the
// scale of its part is a whole number anyway. See Mul.
type Turned struct {
	m       *Matrix
	lo      int // the first row
	rows    int
	weights []int16   // of 256 columns 256 rows after the other, in a unit's own order
	scale   []float32 // (K/256, rows and what fills them up) of rows
	low     []float32 // (rows, K/32) minima, packed, if the type has them
}

const (
	// turnedRows is how many rows are summed up, and have a largest one,
	// turnedWeights the weights of so many rows and columns.
	turnedRows    = 256
	turnedWeights = turnedRows * 256
	// turnedMost is the gradient of largest magnitude as an integer, 127·2¹⁶: so of
	// three bytes each may have a sign, and of two halves of 12 bits, whose products
	// with 256 weights, of at most 2¹², are then sums of 32 bits.
	turnedMost = 127 << 16
	// turnedTokens is how many tokens pass by the same weights: their integers, as
	// the weights, stay in the second-level cache.
	turnedTokens = 256
)

// Turns reports whether there is a Turned of matrices of the type.
func (t Type) Turns() bool { return forms[t].super != nil && t != Q2_K }

// TurnedFloats returns the floats of memory that n rows of K columns take.
func TurnedFloats(t Type, n, k int) int {
	groups := (n + turnedRows - 1) / turnedRows
	floats := groups*turnedRows*k/2 + groups*k
	if t.minimum() {
		floats += PackedLen(n, k/32)
	}
	return floats
}

// NewTurned lays out n rows of m, from row lo on, in mem, of TurnedFloats. lo is a
// multiple of 256. Until Unpack there is nothing in it.
func NewTurned(m *Matrix, lo, n int, mem []float32) Turned {
	if !m.Type.Turns() || lo%turnedRows != 0 || lo+n > m.Rows || len(mem) < TurnedFloats(m.Type, n, m.K) {
		panic(fmt.Sprintf("kernel: NewTurned: rows %d to %d of %d", lo, lo+n, m.Rows))
	}
	groups := (n + turnedRows - 1) / turnedRows
	w := groups * turnedRows * m.K / 2
	return Turned{m, lo, n, shorts(mem[:w]), mem[w : w+groups*m.K], mem[w+groups*m.K:]}
}

// Unpack unpacks rows lo to hi of the matrix. lo is a multiple of NR.
//
// Cost: 2·(hi−lo)·K bytes written.
func (t *Turned) Unpack(lo, hi int) {
	m, all := t.m, t.groups()*turnedRows
	if lo < t.lo || hi > t.lo+t.rows || lo%NR != 0 {
		panic(fmt.Sprintf("kernel: Turned.Unpack: rows %d to %d of %d to %d", lo, hi, t.lo, t.lo+t.rows))
	}
	s := turnedScratches.Get().(*turnedScratch)
	defer turnedScratches.Put(s)
	f := &forms[m.Type]
	size := m.K / 256 * f.packed
	for g := lo; g < hi; g += Group {
		at := g - t.lo
		for b := range m.K / 256 {
			from := m.Data[g/Group*size+b*f.packed:]
			t.scales(t.scale[b*all+at:], from, b, at, min(Group, hi-g))
			w := t.weights[(b*t.groups()+at/turnedRows)*turnedWeights:][:turnedWeights]
			switch {
			case !byteTiles():
				for j := range 8 {
					m.turnBlock(s, w, from[:f.packed], at%turnedRows, j)
				}
			case at%16 == 0:
				wide := size
				if g+Group >= m.Rows {
					wide = 0 // no second eight: gradients of what fills up are zeros
				}
				m.turnSixteen(w, from, wide, at%turnedRows)
			}
		}
	}
}

func (t *Turned) groups() int { return (t.rows + turnedRows - 1) / turnedRows }

// scales writes what is of floating point in block b of a group of 8 rows, of
// which there are n, from the at-th row on.
func (t *Turned) scales(dst []float32, src []byte, b, at, n int) {
	f := &forms[t.m.Type]
	var scale, low [Group]float32
	float32s(scale[:], halves(src[:2*Group]))
	for r := range n {
		dst[r] = scale[r]
		if f.unit != 0 {
			dst[r] *= f.unit
		}
	}
	if !t.m.Type.minimum() {
		return
	}
	float32s(low[:], halves(src[2*Group:4*Group]))
	parts, size := src[4*Group:], (f.packed-4*Group)/8
	for r := range n {
		to := t.low[b*8/NR*t.rows*NR+(at+r)*NR+b*8%NR:][:8]
		for j := range to { // see wholes
			to[j] = -float32(parts[j*size+Group+r]) * low[r]
		}
	}
}

// turnBlockGeneric unpacks 32 columns, block j of 256, of 8 rows from the at-th of
// w's on: w is (columns of 16, rows, 16).
func (m *Matrix) turnBlockGeneric(w []int16, src []byte, at, j int) {
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for r := range Group {
		scale, _ := forms[m.Type].row(src, r, j, q)
		for l, v := range q {
			w[(2*j+l/16)*16*turnedRows+(at+r)*16+l%16] = int16(v * int32(scale[l/16]))
		}
	}
}

// turnedScratch is what one call needs. Its slices begin at a cache line.
type turnedScratch struct {
	a    []int32   // (turnedTokens, turnedRows) gradients as integers, or what a unit makes of them
	d    []float32 // (turnedTokens) and their scales
	wide []float32 // (turnedRows) a row of them before that, and scales; 32 columns of 8 rows
	lows []float32 // (turnedTokens, NR) of minima

	ring []int32   // sums of two tiles, of four products
	edge []float32 // (tileSide, 256) of tokens that fill no tile
}

var turnedScratches = sync.Pool{New: func() any {
	return &turnedScratch{
		a: aligned[int32](turnedTokens * turnedRows), d: aligned[float32](turnedTokens),
		wide: aligned[float32](2 * turnedRows), lows: aligned[float32](turnedTokens * NR),
		ring: aligned[int32](8 * tileSide * tileSide), edge: aligned[float32](tileSide * 256),
	}
}}

func shorts(f []float32) []int16 {
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(f))), 2*len(f))
}

func asBytes[T int16 | int32](w []T) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*int(unsafe.Sizeof(w[0])))
}

// Mul computes columns lo to hi, whole blocks of 256, of
//
//	dx[t·ldx+c] = Σ dy[t·ld+r]·w[r,c]   or, with add, +=
//
// for n tokens. To what is there, or to zero, a matrix with minima adds Σ dy·minimum,
// as Gemm sums it up; then every 256 rows add fma(Σqw, m/most, dx), the sum of
// products of integers being exact and rounded once: w the weight times the scale of its part,
// x the gradient times the row's scale, rounded, m the largest |x| of the rows,
// q = round(x·(most/m)), ties to even, and most 127·2¹⁶.
//
// Cost: 2·n·rows·(hi−lo) FLOPs.
func (t *Turned) Mul(n int, dy []float32, ld, lo, hi int, dx []float32, ldx int, add bool) {
	if lo < 0 || hi > t.m.K || lo%256 != 0 || hi%256 != 0 {
		panic(fmt.Sprintf("kernel: Turned.Mul: columns %d to %d of %d", lo, hi, t.m.K))
	}
	checkA("Turned.Mul", n, t.rows, dy, ld, 1)
	checkC("Turned.Mul", n, hi, dx, ldx)
	if n == 0 || lo == hi {
		return
	}
	s := turnedScratches.Get().(*turnedScratch)
	defer turnedScratches.Put(s)
	for i := 0; i < n; i += turnedTokens {
		t.mul(s, min(turnedTokens, n-i), dy[i*ld:], ld, lo, hi, dx[i*ldx:], ldx, add)
	}
}

func (t *Turned) mul(s *turnedScratch, n int, dy []float32, ld, lo, hi int, dx []float32, ldx int, add bool) {
	if !add {
		for i := range n {
			clear(dx[i*ldx+lo : i*ldx+hi])
		}
	}
	if t.m.Type.minimum() {
		t.addLows(s, n, dy, ld, lo, hi, dx, ldx)
	}
	groups := t.groups()
	for b := lo / 256; b < hi/256; b++ {
		for g := range groups {
			at, rows := g*turnedRows, min(turnedRows, t.rows-g*turnedRows)
			for i := range n {
				s.d[i] = turnedScale(s.integers(i, dy[i*ld+at:][:rows], ld, t.scale[b*groups*turnedRows+at:][:rows]))
			}
			w := t.weights[(b*groups+g)*turnedWeights:][:turnedWeights]
			t.m.mulTurned(s, n, w, dx[b*256:], ldx)
		}
	}
}

// addLows adds what minima give: a panel of them is NR parts of 32 columns.
func (t *Turned) addLows(s *turnedScratch, n int, dy []float32, ld, lo, hi int, dx []float32, ldx int) {
	for p := lo / 32 / NR * NR; p < hi/32; p += NR {
		parts := min(NR, t.m.K/32-p)
		GemmPacked(n, parts, t.rows, dy, ld, 1, t.low[p*t.rows:], s.lows, NR, false)
		for i := range n {
			from, to := max(p, lo/32), min(p+parts, hi/32)
			addParts(dx[i*ldx+32*from:][:32*(to-from)], s.lows[i*NR+from-p:])
		}
	}
}

// addPartsGeneric adds the first low to the first 32 numbers, and so on.
func addPartsGeneric(to, lows []float32) {
	for i := range to {
		to[i] += lows[i/32]
	}
}

// integersGeneric makes the integers of token i of x times scale, zeros after them,
// and returns the largest magnitude.
func (s *turnedScratch) integersGeneric(i int, x, scale []float32) float32 {
	wide := s.wide[:len(x)]
	for r, v := range x {
		wide[r] = v * scale[r]
	}
	m := largest(wide)
	a := s.a[i*turnedRows:][:turnedRows]
	clear(a)
	if inv := turnedInverse(m); inv > 0 {
		for r, v := range wide {
			a[r] = int32(math.RoundToEven(float64(v * inv)))
		}
	}
	return m
}

// largest returns the largest magnitude; NaN is larger than all others.
func largest(x []float32) float32 {
	var m uint32
	for _, v := range x {
		m = max(m, math.Float32bits(v)&^(1<<31))
	}
	return math.Float32frombits(m)
}

// turnedInverse returns what numbers are multiplied with of which m is the largest:
// nothing, if it is too small for that.
func turnedInverse(m float32) float32 {
	if m < 0x1p-100 {
		return 0
	}
	return turnedMost / m
}

// turnedScale returns what an integer counts if m is the largest magnitude: if that is
// infinite or no number, nothing that comes of it is one.
func turnedScale(m float32) float32 {
	if m-m != 0 {
		return float32(math.NaN())
	}
	return m / turnedMost
}

// mulTurnedGeneric adds the products of n tokens with 256 rows and columns.
func (m *Matrix) mulTurnedGeneric(s *turnedScratch, n int, w []int16, dx []float32, ldx int) {
	for i := range n {
		a := s.a[i*turnedRows:][:turnedRows]
		for c := range 256 {
			var sum int64
			for r, v := range a {
				sum += int64(v) * int64(w[c/16*16*turnedRows+r*16+c%16])
			}
			o := &dx[i*ldx+c]
			*o = fma(float32(sum), s.d[i], *o)
		}
	}
}
