package model

import (
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A dense is the matrices of a block that read one input, as training sees
// them: trained in float32, or frozen as a decoder has them, with or without
// adapters.
type dense struct {
	rows, cols int
	bias       []float32 // of the first rows, or nil
	w          stored    // (rows, cols)
	packed     []float32 // w in float32 as the forward pass reads it; it must be packed again whenever w changes
	split      []uint32  // w as the way back reads it, if that is by split numbers; of the block at hand
	pieces     []piece   // instead of w
	turns      bool      // whether the way back through them is by integers: see kernel.Turned
	loras      []*Pair
}

// A piece is rows lo to hi of a frozen matrix, one of those that lie one below
// the other from row start on.
type piece struct {
	m             *kernel.Matrix
	lo, hi, start int
	turned        int // where the matrix begins in denseScratch.wide, if all of the dense turn
}

// pieceRows is how many rows of a frozen matrix a worker takes at a time: some
// that stay in its cache while all tokens pass by.
const pieceRows = 4 * kernel.NR

// denseScratch is one worker's memory for frozen matrices and adapters.
type denseScratch struct {
	wide []float32 // a whole matrix of a block, dequantised or turned, for the way back, which all workers share; or rows of bfloat16, widened
	mid  []float32 // (T, rank)

	split kernel.Split // of what gradients are products
	words []uint32     // wide, split
	lines []float32    // SplitK rows of it that are split
	panel []float32    // (panelRows, NR) of what is in bfloat16, before it is split
}

// newDense lays out a trained matrix of the parameters w.
func newDense(rows, cols int, w stored, bias []float32, half bool, a *tensor.Arena) *dense {
	d := &dense{rows: rows, cols: cols, w: w, bias: bias}
	if !half {
		d.packed = a.Float32(kernel.PackedLen(cols, rows))
	}
	return d
}

// newFrozen cuts a linear.
func newFrozen(l *linear) *dense {
	d := &dense{rows: l.rows, cols: l.cols, bias: l.bias, turns: len(l.parts) > 0}
	start, turned := 0, 0
	for i := range l.parts {
		m := &l.parts[i].m
		for lo := 0; lo < m.Rows; lo += pieceRows {
			d.pieces = append(d.pieces, piece{m, lo, min(m.Rows, lo+pieceRows), start, turned})
		}
		start += m.Rows
		if d.turns = d.turns && m.Type.Turns(); d.turns {
			turned += kernel.TurnedFloats(m.Type, m.Rows, m.K)
		}
	}
	return d
}

// wideFloats is what d takes of denseScratch.wide.
func (d *dense) wideFloats() (n int) {
	if !d.turns {
		return kernel.PackedLen(d.rows, d.cols)
	}
	for i := range d.pieces {
		if p := &d.pieces[i]; p.lo == 0 {
			n += kernel.TurnedFloats(p.m.Type, p.m.Rows, p.m.K)
		}
	}
	return n
}

// turn returns the matrix of p, of a dense that turns, as it lies in wide.
func (p *piece) turn(wide []float32) kernel.Turned {
	return kernel.NewTurned(p.m, 0, p.m.Rows, wide[p.turned:])
}

// forms are those in which the pieces want their input as integers.
func (d *dense) forms() (f kernel.Forms) {
	for i := range d.pieces {
		f |= d.pieces[i].m.Type.Forms()
	}
	return f
}

// pack makes the forward pass see changed parameters.
func (d *dense) pack() {
	if d.packed != nil {
		kernel.Pack(d.packed, d.cols, d.rows, d.w.f, 1, d.cols)
	}
}

// forward multiplies a trained matrix with n tokens. x (n, ldx), y (n, ld)
func (d *dense) forward(n int, x []float32, ldx int, y []float32, ld int, add bool, s *denseScratch) {
	if d.w.h != nil {
		d.w.mul(n, d.rows, d.cols, x, ldx, y, ld, add, s.wide)
		return
	}
	kernel.GemmPacked(n, d.rows, d.cols, x, ldx, 1, d.packed, y, ld, add)
}

// unpack writes a piece of d to wide, which then multiplies from the right.
func (d *dense) unpack(p *piece, wide []float32) {
	if d.turns {
		w := p.turn(wide)
		w.Unpack(p.lo, p.hi)
		return
	}
	p.m.Unpack(wide, d.rows, p.start+p.lo, p.lo, p.hi)
}

// unpackAll unpacks all pieces, for the way back.
func (d *dense) unpackAll(s *denseScratch) {
	for i := range d.pieces {
		d.unpack(&d.pieces[i], s.wide)
	}
	if s.words != nil && !d.turns {
		splitPanels(s.split, s.words, s.wide, d.rows, 0, d.cols)
	}
}

// mul multiplies a piece with n tokens. y (n, ld)
func (p *piece) mul(in *kernel.Input, n int, y []float32, ld int, add bool) {
	p.m.Mul(in, n, p.lo, p.hi, y[p.start:], ld, add)
}

// adapt adds to the product of tokens lo to hi the bias and what adapters add.
// x (T, cols), y (T, ld).
func (d *dense) adapt(x, y []float32, ld, lo, hi int, s *denseScratch) {
	if d.bias != nil {
		for t := lo; t < hi; t++ {
			row := y[t*ld:][:len(d.bias)]
			kernel.Add(row, row, d.bias)
		}
	}
	n := hi - lo
	for _, l := range d.loras {
		kernel.GemmPacked(n, l.rank, d.cols, x[lo*d.cols:], d.cols, 1, l.packedA, s.mid, l.rank, false)
		kernel.GemmPacked(n, l.rows, l.rank, s.mid, l.rank, 1, l.packedB, y[lo*ld+l.at:], ld, true)
	}
}

// back sets dx = dy·W for tokens lo to hi, adapters included. dy (T, ld); dx
// begins at token lo: (hi-lo, cols). It leaves in states what the gradients of
// the adapters are made of; without dx it does no more than that. A frozen
// matrix has been unpacked.
func (d *dense) back(dy []float32, ld, lo, hi int, x, dx []float32, s *denseScratch, states []pairState) {
	n := hi - lo
	dy, x = dy[lo*ld:], x[lo*d.cols:]
	switch {
	case dx == nil:
	case d.split != nil:
		s.split.Gemm(n, d.cols, d.rows, dy, ld, 1, d.split, dx, d.cols, false)
	case d.turns:
		for i := range d.pieces {
			if p := &d.pieces[i]; p.lo == 0 {
				w := p.turn(s.wide)
				w.Mul(n, dy[p.start:], ld, 0, d.cols, dx, d.cols, i > 0)
			}
		}
	case d.pieces != nil && s.words != nil:
		s.split.Gemm(n, d.cols, d.rows, dy, ld, 1, s.words, dx, d.cols, false)
	case d.pieces != nil:
		kernel.GemmPacked(n, d.cols, d.rows, dy, ld, 1, s.wide, dx, d.cols, false)
	case d.w.h != nil:
		d.w.back(n, d.rows, d.cols, dy, ld, dx, s.wide)
	default:
		kernel.Gemm(n, d.cols, d.rows, dy, ld, 1, d.w.f, d.cols, dx, d.cols, false)
	}
	for i, l := range d.loras {
		mid, dmid := states[i].mid[lo*l.rank:hi*l.rank], states[i].dmid[lo*l.rank:hi*l.rank]
		kernel.GemmPacked(n, l.rank, d.cols, x, d.cols, 1, l.packedA, mid, l.rank, false)
		kernel.Scale(mid, l.scale)
		kernel.Gemm(n, l.rank, l.rows, dy[l.at:], ld, 1, l.b, l.rank, dmid, l.rank, false)
		kernel.Scale(dmid, l.scale)
		if dx != nil {
			kernel.Gemm(n, d.cols, l.rank, dmid, l.rank, 1, l.a, d.cols, dx, d.cols, true)
		}
	}
}

// common are the matrices of block l that all workers multiply with at once.
func (w *net) common(l int) []*dense {
	list := w.blocks[l][:]
	if w.Shared > 0 {
		x := &w.experts[l][w.Experts]
		list = append(slices.Clone(list), x.gateUp, x.down)
	}
	return list
}

// layScratch lays out the workers' scratch for the widest of the matrices of
// a block.
func layScratch(workers int, w *net, tokens int, half bool, split kernel.Split, a *tensor.Arena) []denseScratch {
	rank, wide, both, cols := 0, 0, 0, w.head.cols
	if w.Experts > 0 { // downLinear is empty
		cols = max(cols, w.widest())
	}
	for i := range w.blocks {
		for _, d := range w.common(i) {
			if d.pieces != nil {
				if !d.turns {
					both = max(both, split.Len(d.rows, d.cols))
				}
				if d.turns || split == 0 || !d.whole() {
					wide = max(wide, d.wideFloats())
				}
			}
			cols = max(cols, d.cols)
			for _, l := range d.loras {
				rank = max(rank, l.rank)
			}
		}
	}
	for _, block := range w.experts {
		for _, e := range block {
			for _, l := range slices.Concat(e.gateUp.loras, e.down.loras) {
				rank = max(rank, l.rank)
			}
		}
	}
	shared := a.Float32(wide)
	var apart []uint32
	if split > 0 && both > 0 {
		apart = words(a.Float32(both))
	}
	var list []denseScratch
	for range workers {
		s := denseScratch{wide: shared, split: split, words: apart, mid: a.Float32(tokens * rank)}
		if split > 0 && both > 0 {
			s.lines = a.Float32(kernel.PackedLen(kernel.SplitK, cols))
		}
		if half {
			s.wide = wideScratch(cols, a)
		}
		list = append(list, s)
	}
	return list
}
