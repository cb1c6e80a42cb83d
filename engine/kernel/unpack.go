package kernel

import "fmt"

// Unpack writes rows lo to hi as numbers, as rows at and on of the matrix of
// depth rows and K columns that bp holds in the form of Pack. With it,
// GemmPacked multiplies by the matrices that are stacked there from the other
// side: dx = dy·W. lo is a multiple of NR.
//
// A number is the product of scale and integer, rounded, and then the sum
// with the minimum: what the type's definition says, to the bit.
//
// Cost: 4·(hi−lo)·K bytes written.
func (m *Matrix) Unpack(bp []float32, depth, at, lo, hi int) {
	if lo < 0 || hi < lo || hi > m.Rows || lo%NR != 0 || at < 0 || at+hi-lo > depth {
		panic(fmt.Sprintf("kernel: Unpack: rows %d to %d of %d, to %d of %d", lo, hi, m.Rows, at, depth))
	}
	if len(bp) < PackedLen(depth, m.K) {
		panic("kernel: Unpack: the packed slice is too short")
	}
	if !m.Type.Quantised() {
		m.unpackFloats(bp, depth, at, lo, hi)
		return
	}
	f := &forms[m.Type]
	per, size := f.weights/32, m.K/f.weights*f.packed
	for g := lo; g < hi; g += Group {
		n := min(Group, hi-g)
		for b := range m.K / 32 {
			m.unpackBlock(bp[b*depth*NR+(at+g-lo)*NR:], m.Data[g/Group*size+b/per*f.packed:][:f.packed], b%per, n)
		}
	}
}

// unpackBlockGeneric writes block j of 32 columns of n rows of a group, NR
// numbers a row.
func (m *Matrix) unpackBlockGeneric(dst []float32, src []byte, j, n int) {
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for r := range n {
		m.rowBlock(dst[r*NR:], src, r, j, q)
	}
}

// rowBlock writes 32 numbers of row r of a group.
func (m *Matrix) rowBlock(dst []float32, src []byte, r, j int, q *[32]int32) {
	f := &forms[m.Type]
	scale, low := f.row(src, r, j, q)
	if f.super != nil {
		s, l := f.super(src, r)
		if f.unit != 0 {
			s *= f.unit
		}
		for h := range scale {
			scale[h] *= s
			low[h] *= l
		}
	} else {
		scale[1], low[1] = scale[0], low[0]
	}
	out := dst[:32]
	for i, v := range q {
		out[i] = scale[i/16] * float32(v)
	}
	if m.Type.minimum() {
		for i := range out {
			out[i] += low[i/16]
		}
	}
}

// unpackFloats turns panels, whose columns are rows of the matrix.
func (m *Matrix) unpackFloats(bp []float32, depth, at, lo, hi int) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for r := lo; r < hi; r += NR {
		for j := 0; j < m.K; j += NR {
			n := min(NR, m.K-j)
			from := s.b[:n*NR]
			m.widen(from, r*m.K+j*NR)
			packPanel(bp[j*depth+(at+r-lo)*NR:], min(NR, hi-r), n, from, 1, NR)
		}
	}
}

// widen writes the numbers of F32, F16 and BF16 from element i of Data on.
func (m *Matrix) widen(dst []float32, i int) {
	switch m.Type {
	case F32:
		copy(dst, floats(m.Data)[i:])
	case F16:
		Float32s(dst, halves(m.Data)[i:i+len(dst)])
	default:
		bfloats(dst, halves(m.Data)[i:i+len(dst)])
	}
}

// Row writes row r as numbers. dst (K)
func (m *Matrix) Row(dst []float32, r int) {
	if r < 0 || r >= m.Rows || len(dst) < m.K {
		panic(fmt.Sprintf("kernel: Row: row %d of %d, to %d numbers of %d", r, m.Rows, len(dst), m.K))
	}
	if !m.Type.Quantised() {
		for j := range m.K {
			m.widen(dst[j:j+1], r/NR*NR*m.K+j*NR+r%NR)
		}
		return
	}
	f := &forms[m.Type]
	per, size := f.weights/32, m.K/f.weights*f.packed
	q := integers32.Get().(*[32]int32)
	defer integers32.Put(q)
	for b := range m.K / 32 {
		m.rowBlock(dst[b*32:], m.Data[r/Group*size+b/per*f.packed:][:f.packed], r%Group, b%per, q)
	}
}
