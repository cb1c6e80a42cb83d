package model

import (
	"slices"
	"unsafe"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A trainer whose gradients are products of split numbers (kernel.Split)
// splits the matrices of a block for all rows of a micro-batch, before it takes
// them back through the block, and what a matrix read where it would else be
// packed. Losses and what is served do not change by it.

// words views memory of an arena as split numbers.
func words(mem []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem))
}

// A splitTask is columns lo to hi, as far as there are some, of one of a block's
// matrices.
type splitTask struct{ which, expert, lo, hi int } // −1: no expert

// splitSpan is the columns of a task: whole panels.
const splitSpan = 4 * kernel.NR

// laySplit gives the matrices of a block memory, the same to all blocks, of
// which some may have wider ones.
func (t *Trainer) laySplit(a *tensor.Arena) {
	w := &t.net
	lay := func(which, expert int) {
		most, cols := 0, 0
		for l := range w.blocks {
			d := w.dense(l, which, expert)
			most, cols = max(most, t.split.Len(d.rows, d.cols)), max(cols, d.cols)
		}
		mem := words(a.Float32(most))
		for l := range w.blocks {
			if d := w.dense(l, which, expert); d.rows > 0 {
				d.split = mem
			}
		}
		for lo := 0; lo < cols; lo += splitSpan {
			t.splits = append(t.splits, splitTask{which, expert, lo, lo + splitSpan})
		}
	}
	for which := range w.blocks[0] {
		lay(which, -1)
	}
	for e := range w.scored() {
		lay(gateUpLinear, e)
		lay(downLinear, e)
	}
}

// dense returns one of the matrices of block l, or of one of its experts.
func (w *net) dense(l, which, expert int) *dense {
	if expert >= 0 {
		return w.experts[l][expert].matrix(which)
	}
	return w.blocks[l][which]
}

// splitExperts gives a worker memory for what an expert reads, or if experts are
// frozen for its matrices.
func (t *Trainer) splitExperts(x *expertScratch, a *tensor.Arena) {
	switch {
	case t.split == 0:
	case t.Grads != nil:
		x.packed = a.Float32(t.split.Len(t.length, max(t.net.Width, t.net.widest())))
	default:
		most := 0
		for _, block := range t.net.experts {
			for _, e := range block {
				for _, d := range []*dense{e.gateUp, e.down} {
					if !d.turns {
						most = max(most, t.split.Len(d.rows, d.cols))
					}
				}
			}
		}
		x.dense.words = words(a.Float32(most))
	}
}

// splitTask splits a part of a matrix of block l.
func (t *Trainer) splitTask(l, i int, s *denseScratch) {
	k := &t.splits[i]
	d := t.net.dense(l, k.which, k.expert)
	if k.lo < d.cols {
		d.w.split(t.split, d.split, 0, d.rows, d.cols, k.lo, min(k.hi, d.cols), s.panel)
	}
}

// split splits columns lo to hi of n rows of a matrix of so many columns, from
// row at on. dst has all columns of the n rows. lo is a multiple of kernel.NR.
func (s stored) split(split kernel.Split, dst []uint32, at, n, cols, lo, hi int, panel []float32) {
	if s.h == nil {
		split.Pack(dst[split.Len(n, lo):], n, hi-lo, s.f[at*cols+lo:], cols)
		return
	}
	for ; lo < hi; lo += kernel.NR {
		m := min(kernel.NR, hi-lo)
		for i := range n {
			s.read(panel[i*m:(i+1)*m], (at+i)*cols+lo)
		}
		split.Pack(dst[split.Len(n, lo):], n, m, panel, m)
	}
}

// splitPanels splits columns lo to hi of a matrix of n rows that Matrix.Unpack
// wrote: panels of them are row-major. lo is a multiple of kernel.NR.
func splitPanels(split kernel.Split, dst []uint32, packed []float32, n, lo, hi int) {
	for ; lo < hi; lo += kernel.NR {
		split.Pack(dst[split.Len(n, lo):], n, min(kernel.NR, hi-lo), packed[lo*n:], kernel.NR)
	}
}

// whole reports whether all pieces begin where kernel.SplitK rows do.
func (d *dense) whole() bool {
	return !slices.ContainsFunc(d.pieces, func(p piece) bool { return (p.start+p.lo)%kernel.SplitK != 0 })
}

// splitPiece splits a piece of d, SplitK rows at a time, which stay in a cache
// between.
func (d *dense) splitPiece(p *piece, s *denseScratch) {
	for lo := p.lo; lo < p.hi; lo += kernel.SplitK {
		n := min(kernel.SplitK, p.hi-lo)
		p.m.Unpack(s.lines, n, 0, lo, lo+n)
		for j := 0; j < d.cols; j += kernel.NR {
			at := s.split.Len(d.rows, j) + s.split.Len(p.start+lo, kernel.NR)
			s.split.Pack(s.words[at:], n, min(kernel.NR, d.cols-j), s.lines[j*n:], kernel.NR)
		}
	}
}

// panelRows is the most rows that are split at a time.
func (w *net) panelRows() int {
	n := min(w.Vocab, headRows)
	for _, block := range w.blocks {
		for _, d := range block {
			n = max(n, d.rows)
		}
	}
	if w.Experts > 0 {
		n = max(n, 2*w.widest(), w.Width)
	}
	return n
}

// addOuterOf adds dyᵀ·x to dw, rows of the gradient of a matrix of so many
// columns, for n tokens of an x that is read once: it is split into words if the
// gradients are. dy begins at the first of the rows, ld apart from token to token.
func (t *Trainer) addOuterOf(dw []float32, rows, cols, n int, dy []float32, ld int, x, split []float32) {
	if t.split > 0 {
		t.split.Pack(words(split), n, cols, x, cols)
		t.split.Gemm(rows, cols, n, dy, 1, ld, words(split), dw, cols, true)
		return
	}
	kernel.Gemm(rows, cols, n, dy, 1, ld, x, cols, dw, cols, true)
}
