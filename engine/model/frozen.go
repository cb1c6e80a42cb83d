package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// frozen is how a model whose matrices are not trained runs: one product at a
// time for all rows of a micro-batch. A worker takes a piece of a matrix with
// all tokens, or a stretch of tokens with everything else, so that a single
// row keeps all workers busy. No sum is split, so nothing depends on the cut.
//
// Forward, products are those of the decoder, to the bit: with a quantised
// matrix, of integers. What is trained is what is served. On the way back a
// matrix is unpacked once for all tokens.
type frozen struct {
	stretches []stretch // of the micro-batch
	attended  int       // pairs of a row and a key-value head
	unpacked  *dense    // for the way back

	embed, before, multiply, after, attend, outputs func(worker, i int)
	unpack, split, back, attendBack, turnBack       func(worker, i int)
	frozenExperts
	states frozenStates
}

// A stretch is tokens lo to hi of a row.
type stretch struct {
	r      *rowState
	lo, hi int
}

// Stretches are as long as gives every worker two, within these bounds.
const (
	leastStretch = 32
	mostStretch  = 256
)

// layFrozen lays out what a row of a frozen model has beside its state.
func (t *Trainer) layFrozen(r *rowState, a *tensor.Arena) {
	T := t.length
	g := newAttnGrads(&t.net.Shape, T, a)
	r.attn = &g
	var want [linears]kernel.Forms
	floats := 0
	cols := func(which int) int {
		if which == outLinear {
			return t.net.q()
		}
		return t.net.blocks[0][which].cols
	}
	for which := range want {
		for _, b := range t.net.blocks {
			want[which] |= b[which].forms()
		}
		floats = max(floats, kernel.IntegerFloats(T, cols(which), want[which]))
	}
	if x := t.net.Delta; x != nil {
		floats = max(floats, kernel.IntegerFloats(T, x.values(), want[outLinear]))
	}
	mem := a.Float32(floats) // one product's at a time
	for which := range want {
		r.inputs[which] = kernel.NewIntegers(T, cols(which), want[which], mem)
	}
	if x := t.net.Delta; x != nil {
		r.stateIn = kernel.NewIntegers(T, x.values(), want[outLinear], mem)
	}
}

func (f *frozen) loops(t *Trainer) {
	w, p := &t.net, &t.loops
	f.embed = func(_, i int) {
		s := &f.stretches[i]
		w.embedRows(s.r.layers[0].x[s.lo*w.Width:], s.r.in.IDs[s.lo:s.hi])
		w.placeRows(s.r.layers[0].x[s.lo*w.Width:], s.r.pos[s.lo:s.hi])
	}
	f.before = func(_, i int) {
		s := &f.stretches[i]
		st, next, in := &s.r.layers[p.l], s.r.next(p.l), s.r.input(p.l, p.which)
		w.before(p.which, st, p.l, s.lo, s.hi, next)
		in.Quantise(s.lo, s.hi, w.blocks[p.l][p.which].forms())
	}
	f.multiply = func(_, i int) {
		k := &w.blocks[p.l][p.which].pieces[i]
		for j := range t.batch {
			r := &t.batch[j]
			_, y, ld, add := w.product(p.which, &r.layers[p.l], r.next(p.l))
			k.mul(r.input(p.l, p.which), len(r.in.IDs), y, ld, add)
		}
	}
	f.after = func(worker, i int) {
		s := &f.stretches[i]
		st := &s.r.layers[p.l]
		x, y, ld, _ := w.product(p.which, st, s.r.next(p.l))
		w.blocks[p.l][p.which].adapt(x, y, ld, s.lo, s.hi, &t.scratch[worker].dense)
		w.after(p.which, st, p.l, s.lo, s.hi, s.r.pos, s.r.next(p.l))
	}
	f.experts(t)
	f.states.loops(t)
	f.attend = func(worker, i int) {
		r := &t.batch[i/w.KVHeads]
		w.attend(&r.layers[p.l], p.l, i%w.KVHeads, r.in.Docs, &t.scratch[worker].attn)
	}
	f.outputs = func(_, i int) { t.outputs(&t.batch[i]) }
	f.unpack = func(worker, i int) {
		d, s := f.unpacked, &t.scratch[worker].dense
		if t.split > 0 && !d.turns && d.whole() {
			d.splitPiece(&d.pieces[i], s)
			return
		}
		d.unpack(&d.pieces[i], s.wide)
	}
	f.split = func(worker, i int) {
		d, s := f.unpacked, &t.scratch[worker].dense
		splitPanels(s.split, s.words, s.wide, d.rows, i*splitSpan, min(d.cols, (i+1)*splitSpan))
	}
	f.back = func(worker, i int) {
		s := &f.stretches[i]
		w.back(p.which, &s.r.layers[p.l], &s.r.grad, p.l, s.lo, s.hi, s.r.nf, &s.r.norms[p.l], s.r.attn, &t.scratch[worker], t.unasked())
	}
	f.attendBack = func(worker, i int) {
		r := &t.batch[i/w.KVHeads]
		w.attendBack(&r.layers[p.l], p.l, i%w.KVHeads, r.in.Docs, r.attn, r.grad.dqkv, &t.scratch[worker].attn)
	}
	f.turnBack = func(_, i int) {
		s := &f.stretches[i]
		w.turnBack(&s.r.layers[p.l], &s.r.grad, p.l, s.lo, s.hi, s.r.pos, &s.r.norms[p.l], s.r.attn)
	}
}

// cut finds the stretches of a micro-batch.
func (t *Trainer) cut() {
	f, n := &t.frozen, 0
	for i := range t.batch {
		n += len(t.batch[i].in.IDs)
	}
	step := min(max(n/(2*t.team.Size()), leastStretch), mostStretch)
	f.stretches = f.stretches[:0]
	for i := range t.batch {
		r := &t.batch[i]
		for lo := 0; lo < len(r.in.IDs); lo += step {
			f.stretches = append(f.stretches, stretch{r, lo, min(len(r.in.IDs), lo+step)})
		}
	}
	f.attended = len(t.batch) * t.net.KVHeads
}

// forwardFrozen runs the micro-batch through all blocks.
func (t *Trainer) forwardFrozen() {
	f := &t.frozen
	t.cut()
	t.team.For(len(f.stretches), f.embed)
	for l := range t.net.blocks {
		t.blockFrozen(l)
		if t.net.Experts > 0 {
			t.expertsOutFrozen(l)
			continue
		}
		t.stage(l, downLinear)
	}
	t.team.For(len(t.batch), f.outputs)
}

// blockFrozen runs block l up to its last product.
func (t *Trainer) blockFrozen(l int) {
	t.stage(l, qkvLinear)
	if t.net.delta(l) {
		t.ruleFrozen()
	} else {
		t.team.For(t.frozen.attended, t.frozen.attend)
	}
	t.stage(l, outLinear)
	t.stage(l, gateUpLinear)
	if t.net.Experts > 0 {
		t.expertsInFrozen(l)
	}
}

// stage runs a product of block l and what goes before and after it.
func (t *Trainer) stage(l, which int) {
	f := &t.frozen
	t.loops.l, t.loops.which = l, which
	for i := range t.batch {
		r := &t.batch[i]
		x, _, _, _ := t.net.product(which, &r.layers[l], r.next(l))
		r.input(l, which).Use(x)
	}
	t.team.For(len(f.stretches), f.before)
	t.team.For(len(t.net.blocks[l][which].pieces), f.multiply)
	t.team.For(len(f.stretches), f.after)
}

// unasked reports whether nobody asks for the gradient of the input of the
// product under way: that of the embeddings, which are frozen too.
func (t *Trainer) unasked() bool { return t.loops.l == 0 && t.loops.which == qkvLinear }

// backFrozen takes the micro-batch back through block l.
func (t *Trainer) backFrozen(l int) {
	f := &t.frozen
	if t.again(l) {
		t.blockFrozen(l)
		if t.net.PostNorms {
			t.stage(l, downLinear)
		}
	}
	for which := downLinear; which >= qkvLinear; which-- {
		t.loops.l, t.loops.which = l, which
		if which == downLinear && t.net.Experts > 0 {
			t.expertsBackFrozen()
			continue
		}
		if !t.unasked() {
			t.unpackFrozen(t.net.blocks[l][which])
		}
		t.team.For(len(f.stretches), f.back)
		if which == outLinear && t.net.delta(l) {
			t.ruleBackFrozen()
		} else if which == outLinear {
			t.team.For(f.attended, f.attendBack)
			t.team.For(len(f.stretches), f.turnBack)
		}
	}
}

// unpackFrozen unpacks a matrix for all workers.
func (t *Trainer) unpackFrozen(d *dense) {
	t.frozen.unpacked = d
	t.team.For(len(d.pieces), t.frozen.unpack)
	if t.split > 0 && !d.turns && !d.whole() {
		t.team.For((d.cols+splitSpan-1)/splitSpan, t.frozen.split)
	}
}
