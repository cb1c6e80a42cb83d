package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// headState is what the head needs of the supervised tokens of a micro-batch,
// which lie one after the other, row after row.
type headState struct {
	n      int       // how many there are
	h      []float32 // (n, C) the last hidden states
	dh     []float32 // (n, C)
	target []int32   // (n)
	soft   []Soft    // (n)
	taught bool      // some of soft say something
	w      []float32 // (n) weights
	loss   []float64 // (n) unweighted
	logits []float32 // (most, V)
	most   int       // tokens whose logits are alive at a time
	grad   []float32 // (V, C) of the head, apart so that micro-batches do not change the order of additions

	in    *kernel.Input // some of h, for a frozen head
	block []float32     // (headRows, C) rows of a frozen head, unpacked

	lo, hi     int    // tokens whose logits there are
	spans      []span // the same
	from, rows int    // of the head, in block
	tokens     int    // in in

	logitTask, quantiseTask, pieceTask, lossTask, probTask, gradTask, unpackTask, backTask func(worker, i int)
}

const (
	// logitFloats bounds the logits that are alive at a time, if KC tokens are
	// not more.
	logitFloats = 1 << 21
	// headRows is how many rows of a frozen head are unpacked at a time on the
	// way back: whole blocks of Gemm's sums.
	headRows = 8 * kernel.KC
	// headTokens is the supervised tokens of a task.
	headTokens = 64
)

func (t *Trainer) layHead(tokens int, a *tensor.Arena) headState {
	c := &t.net.Shape
	h := headState{
		h: a.Float32(tokens * c.Width), dh: a.Float32(tokens * c.Width),
		target: make([]int32, tokens), soft: make([]Soft, tokens), w: make([]float32, tokens), loss: make([]float64, tokens),
	}
	h.most = min(tokens, max(logitFloats/c.Vocab, kernel.KC))
	h.logits = a.Float32(h.most * c.Vocab)
	if t.Grads != nil {
		h.grad = a.Float32(c.Vocab * c.Width)
	} else {
		want := t.net.head.forms()
		h.in = kernel.NewIntegers(h.most, c.Width, want, a.Float32(kernel.IntegerFloats(h.most, c.Width, want)))
		h.block = a.Float32(kernel.PackedLen(min(headRows, c.Vocab), c.Width))
	}
	return h
}

// A span is supervised tokens of one row, lo to hi. lo is a multiple of KC
// from the row's first: sums over a row's tokens go in blocks of that length.
type span struct{ lo, hi int }

// groupFrom sets h.spans to those from token lo on whose logits fit, and
// returns where they end.
func (t *Trainer) groupFrom(lo int) (end int) {
	h := &t.heads
	h.spans, end = h.spans[:0], lo
	for i := range t.batch {
		r := &t.batch[i]
		for end >= r.lo && end < r.hi {
			hi := r.hi
			if hi-end > h.most {
				hi = end + h.most/kernel.KC*kernel.KC
			}
			if hi-lo > h.most {
				return end
			}
			h.spans = append(h.spans, span{end, hi})
			end = hi
		}
	}
	return end
}

// head computes the losses of a micro-batch, the gradients of its outputs,
// and that of the head.
func (t *Trainer) head() {
	h, V := &t.heads, t.net.Vocab
	for h.lo = 0; h.lo < h.n; h.lo = h.hi {
		h.hi = t.groupFrom(h.lo)
		t.logits()
		t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.lossTask)
		if t.Grads == nil {
			t.headBack()
			continue
		}
		t.team.For((V+gradSpan/2-1)/(gradSpan/2), h.gradTask)
	}
}

// loops makes the bodies of the head's parallel loops.
func (h *headState) loops(t *Trainer) {
	d, C, V := t.net.head, t.net.Width, t.net.Vocab
	// tokens returns those of task i, and their logits.
	tokens := func(i int) (lo, hi int, z []float32) {
		lo = h.lo + i*headTokens
		hi = min(h.hi, lo+headTokens)
		return lo, hi, h.logits[(lo-h.lo)*V:][:(hi-lo)*V]
	}
	h.quantiseTask = func(_, i int) {
		lo := i * headTokens
		h.in.Quantise(lo, min(h.tokens, lo+headTokens), d.forms())
	}
	h.pieceTask = func(_, i int) { d.pieces[i].mul(h.in, h.tokens, h.logits, V, false) }
	h.logitTask = func(_, i int) {
		lo, hi, z := tokens(i)
		kernel.GemmPacked(hi-lo, V, C, h.h[lo*C:], C, 1, d.packed, z, V, false)
	}
	h.lossTask = func(_, i int) {
		lo, hi, z := tokens(i)
		if h.taught {
			divergence(z, h.soft[lo:hi], h.target[lo:hi], h.w[lo:hi], h.loss[lo:hi])
		} else {
			crossEntropy(z, h.target[lo:hi], h.w[lo:hi], h.loss[lo:hi])
		}
		if t.Grads != nil {
			kernel.Gemm(hi-lo, C, V, z, V, 1, t.Params.head, C, h.dh[lo*C:], C, false)
		}
	}
	h.probTask = func(_, i int) {
		lo, hi, z := tokens(i)
		logLosses(z, h.target[lo:hi], h.loss[lo:hi])
	}
	h.gradTask = func(_, i int) {
		from := i * gradSpan / 2
		to := min(from+gradSpan/2, V)
		for _, s := range h.spans {
			kernel.Gemm(to-from, C, s.hi-s.lo, h.logits[(s.lo-h.lo)*V+from:], 1, V, h.h[s.lo*C:], C, h.grad[from*C:], C, true)
		}
	}
	h.unpackTask = func(_, i int) {
		p := d.pieces[h.from/pieceRows+i]
		p.m.Unpack(h.block, h.rows, p.lo-h.from, p.lo, p.hi)
	}
	h.backTask = func(_, i int) {
		lo, hi, z := tokens(i)
		kernel.GemmPacked(hi-lo, C, h.rows, z[h.from:], V, 1, h.block, h.dh[lo*C:], C, h.from > 0)
	}
}

// logits makes the logits of tokens h.lo to h.hi.
func (t *Trainer) logits() {
	h := &t.heads
	if t.net.head.pieces != nil {
		h.frozenLogits(t, h.h[h.lo*t.net.Width:], h.hi-h.lo)
		return
	}
	t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.logitTask)
}

// frozenLogits makes the logits of n tokens whose hidden states are x. (n, C)
func (h *headState) frozenLogits(t *Trainer, x []float32, n int) {
	h.in.Use(x)
	h.tokens = n
	t.team.For((n+headTokens-1)/headTokens, h.quantiseTask)
	t.team.For(len(t.net.head.pieces), h.pieceTask)
}

// headBack sets dh = dz·W for a frozen head.
func (t *Trainer) headBack() {
	h, V := &t.heads, t.net.Vocab
	for h.from = 0; h.from < V; h.from += headRows {
		h.rows = min(headRows, V-h.from)
		t.team.For((h.rows+pieceRows-1)/pieceRows, h.unpackTask)
		t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.backTask)
	}
}
