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
	block []float32     // (headRows, C) rows of a head that is not in float32, widened or turned
	words []uint32      // (headRows, C) rows of the head, split, if gradients are products of split numbers
	read  []uint32      // (most, C) of h, split: span after span

	lo, hi     int       // tokens whose logits there are
	spans      []span    // the same
	from, rows int       // of the head, in block
	tokens     int       // in in
	x          []float32 // (tokens, C) what is multiplied by block

	logitTask, quantiseTask, pieceTask, widenTask, wideTask, lossTask, probTask, gradTask, unpackTask, splitTask, readTask, turnedTask, backTask func(worker, i int)
}

const (
	// logitFloats bounds the logits that are alive at a time, if KC tokens are
	// not more.
	logitFloats = 1 << 21
	// headRows is how many rows of a head that is not in float32 are widened at a
	// time: whole blocks of Gemm's sums.
	headRows = 8 * kernel.KC
	// headTokens is the supervised tokens of a task.
	headTokens = 64
)

func (t *Trainer) layHead(tokens int, half bool, a *tensor.Arena) headState {
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
	}
	rows := min(headRows, c.Vocab)
	switch d := t.net.head; {
	case d.turns:
		h.block = a.Float32(kernel.TurnedFloats(d.pieces[0].m.Type, rows, c.Width))
	case t.Grads == nil || half:
		h.block = a.Float32(max(kernel.PackedLen(rows, c.Width), kernel.PackedLen(c.Width, rows)))
	}
	if t.split > 0 && !t.net.head.turns {
		h.words = words(a.Float32(t.split.Len(min(headRows, c.Vocab), c.Width)))
		if t.Grads != nil {
			h.read = words(a.Float32(t.split.Len(h.most+kernel.SplitK*(len(t.rows)+1), c.Width))) // a span may end anywhere
		}
	}
	return h
}

// A span is supervised tokens of one row, lo to hi. lo is a multiple of KC
// from the row's first: sums over a row's tokens go in blocks of that length.
type span struct {
	lo, hi int
	read   int // where its tokens begin in headState.read
}

// groupFrom sets h.spans to those from token lo on whose logits fit, and
// returns where they end.
func (t *Trainer) groupFrom(lo int) (end int) {
	h := &t.heads
	h.spans, end = h.spans[:0], lo
	read := 0
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
			h.spans = append(h.spans, span{end, hi, read})
			read += t.split.Len(hi-end, t.net.Width)
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
		if h.block != nil || t.split > 0 {
			t.headBack()
		}
		if t.Grads != nil {
			if t.split > 0 {
				t.team.For(len(h.spans), h.readTask)
			}
			t.team.For((V+gradSpan/2-1)/(gradSpan/2), h.gradTask)
		}
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
	h.lossTask = func(worker, i int) {
		lo, hi, z := tokens(i)
		t.net.scaleLogits(z[:(hi-lo)*V])
		if t.net.CapLogits > 0 {
			h.cappedLosses(lo, hi, z, t.net.CapLogits, t.scratch[worker].capped)
		} else {
			h.losses(lo, hi, z)
		}
		t.net.scaleLogits(z[:(hi-lo)*V]) // their gradients now
		if h.block == nil && t.split == 0 {
			kernel.Gemm(hi-lo, C, V, z, V, 1, d.w.f, C, h.dh[lo*C:], C, false)
		}
	}
	h.probTask = func(_, i int) {
		lo, hi, z := tokens(i)
		t.net.capLogits(z)
		logLosses(z, h.target[lo:hi], h.loss[lo:hi])
	}
	h.gradTask = func(_, i int) {
		from := i * gradSpan / 2
		to := min(from+gradSpan/2, V)
		for _, s := range h.spans {
			if t.split > 0 {
				t.split.Gemm(to-from, C, s.hi-s.lo, h.logits[(s.lo-h.lo)*V+from:], 1, V, h.read[s.read:], h.grad[from*C:], C, true)
				continue
			}
			kernel.Gemm(to-from, C, s.hi-s.lo, h.logits[(s.lo-h.lo)*V+from:], 1, V, h.h[s.lo*C:], C, h.grad[from*C:], C, true)
		}
	}
	h.readTask = func(_, i int) {
		s := &h.spans[i]
		t.split.Pack(h.read[s.read:], s.hi-s.lo, C, h.h[s.lo*C:], C)
	}
	h.widenTask = func(worker, i int) {
		lo := i * wideRows
		d.w.packRows(h.block[lo*C:], h.from+lo, h.from+min(h.rows, lo+wideRows), C, t.scratch[worker].dense.wide)
	}
	h.wideTask = func(_, i int) {
		lo := i * headTokens
		n := min(h.tokens-lo, headTokens)
		kernel.GemmPacked(n, h.rows, C, h.x[lo*C:], C, 1, h.block, h.logits[lo*V+h.from:], V, false)
	}
	h.unpackTask = func(_, i int) {
		if d.pieces == nil {
			lo := i * pieceRows
			hi := min(h.rows, lo+pieceRows)
			d.w.read(h.block[lo*C:hi*C], (h.from+lo)*C)
			return
		}
		p := &d.pieces[h.from/pieceRows+i]
		if d.turns {
			w := h.turned(p.m)
			w.Unpack(p.lo, p.hi)
			return
		}
		p.m.Unpack(h.block, h.rows, p.lo-h.from, p.lo, p.hi)
	}
	h.splitTask = func(worker, i int) {
		lo := i * splitSpan
		hi := min(C, lo+splitSpan)
		if d.pieces == nil {
			d.w.split(t.split, h.words, h.from, h.rows, C, lo, hi, t.scratch[worker].dense.panel)
			return
		}
		splitPanels(t.split, h.words, h.block, h.rows, lo, hi)
	}
	h.turnedTask = func(_, i int) {
		w := h.turned(d.pieces[0].m)
		w.Mul(h.hi-h.lo, h.logits[h.from:], V, i*256, (i+1)*256, h.dh[h.lo*C:], C, h.from > 0)
	}
	h.backTask = func(_, i int) {
		lo, hi, z := tokens(i)
		if t.split > 0 {
			t.split.Gemm(hi-lo, C, h.rows, z[h.from:], V, 1, h.words, h.dh[lo*C:], C, h.from > 0)
			return
		}
		if d.pieces == nil {
			kernel.Gemm(hi-lo, C, h.rows, z[h.from:], V, 1, h.block, C, h.dh[lo*C:], C, h.from > 0)
			return
		}
		kernel.GemmPacked(hi-lo, C, h.rows, z[h.from:], V, 1, h.block, h.dh[lo*C:], C, h.from > 0)
	}
}

// turned returns the rows of a head that turns which are at hand.
func (h *headState) turned(m *kernel.Matrix) kernel.Turned {
	return kernel.NewTurned(m, h.from, h.rows, h.block)
}

// logits makes the logits of tokens h.lo to h.hi.
func (t *Trainer) logits() {
	h := &t.heads
	if h.block != nil {
		h.wideLogits(t, h.h[h.lo*t.net.Width:], h.hi-h.lo)
		return
	}
	t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.logitTask)
}

// wideLogits makes the logits of n tokens whose hidden states are x, by a head
// that is not in float32. (n, C)
func (h *headState) wideLogits(t *Trainer, x []float32, n int) {
	h.x, h.tokens = x, n
	tasks := (n + headTokens - 1) / headTokens
	if t.net.head.pieces != nil {
		h.in.Use(x)
		t.team.For(tasks, h.quantiseTask)
		t.team.For(len(t.net.head.pieces), h.pieceTask)
		return
	}
	V := t.net.Vocab
	for h.from = 0; h.from < V; h.from += headRows {
		h.rows = min(headRows, V-h.from)
		t.team.For((h.rows+wideRows-1)/wideRows, h.widenTask)
		t.team.For(tasks, h.wideTask)
	}
}

// headBack sets dh = dz·W for a head that is not in float32, or that is split.
func (t *Trainer) headBack() {
	h, V := &t.heads, t.net.Vocab
	for h.from = 0; h.from < V; h.from += headRows {
		h.rows = min(headRows, V-h.from)
		if h.block != nil && (t.split == 0 || t.net.head.pieces != nil) {
			t.team.For((h.rows+pieceRows-1)/pieceRows, h.unpackTask)
		}
		if t.net.head.turns { // by columns, so that all tokens read a weight once
			t.team.For(t.net.Width/256, h.turnedTask)
			continue
		}
		if t.split > 0 {
			t.team.For((t.net.Width+splitSpan-1)/splitSpan, h.splitTask)
		}
		t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.backTask)
	}
}

// losses turns the logits z of tokens lo to hi into their gradients and writes
// their losses. z (hi-lo, V)
func (h *headState) losses(lo, hi int, z []float32) {
	if h.taught {
		divergence(z, h.soft[lo:hi], h.target[lo:hi], h.w[lo:hi], h.loss[lo:hi])
		return
	}
	crossEntropy(z, h.target[lo:hi], h.w[lo:hi], h.loss[lo:hi])
}

// cappedLosses is losses of logits that are bent to within ±cap first, and of
// the gradients of what was bent. capped (V) is scratch.
func (h *headState) cappedLosses(lo, hi int, z []float32, cap float32, capped []float32) {
	for V := len(capped); lo < hi; lo, z = lo+1, z[V:] {
		row := z[:V]
		kernel.SoftCap(row, cap)
		copy(capped, row)
		h.losses(lo, lo+1, row)
		kernel.SoftCapGrad(row, capped, cap)
	}
}

// scaleLogits multiplies logits, or their gradients, if the family does that.
func (c *Shape) scaleLogits(z []float32) {
	if f := c.Logits; f != 0 && f != 1 {
		kernel.Scale(z, f)
	}
}

// capLogits multiplies and bends logits, if the family does that.
func (c *Shape) capLogits(z []float32) {
	c.scaleLogits(z)
	if c.CapLogits > 0 {
		kernel.SoftCap(z, c.CapLogits)
	}
}
