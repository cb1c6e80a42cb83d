package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// Layers with a state in training. A row passes them as a decoder's sequence does,
// in the decoder's order of operations: the convolution token by token, then each
// value head from the first token of a document to its last, with a state of its
// own that begins at zero. What is kept of a token is of a token's size; the states
// that its gradient is made of are made again on the way back.

// stateRows is what the forward pass of such a block of one row leaves behind.
type stateRows struct {
	conv  []float32 // (T, B) queries and keys as the rule reads them; behind them of each value head u
	gates []float32 // (T, 2R) decays and rates
	said  []float32 // (T, R·U) what the states say, before the norm
	rms   []float32 // (T, R) its 1/rms
}

// stateGrad is what its backward pass leaves behind; the blocks of a row share it.
type stateGrad struct {
	conv  []float32 // (T, B) of stateRows.conv, then of the convolution's products
	gates []float32 // (T, 2R) of the logarithms of decays, and of what rates are made of
}

// stateScratch is one worker's memory for the rule.
type stateScratch struct {
	tmp   []float32 // (max(3, W), B)
	said  []float32 // (2, U)
	state []float32 // (K, U)
	chunk chunkScratch
}

func layStateRows(x *Delta, t int, a *tensor.Arena) *stateRows {
	return &stateRows{conv: a.Float32(t * x.conv()), gates: a.Float32(t * 2 * x.Heads), said: a.Float32(t * x.values()), rms: a.Float32(t * x.Heads)}
}

func layStateGrad(x *Delta, t int, a *tensor.Arena) (g stateGrad) {
	if x != nil {
		g = stateGrad{a.Float32(t * x.conv()), a.Float32(t * 2 * x.Heads)}
	}
	return g
}

// layStateScratch lays out scratch for rows of t tokens.
func layStateScratch(x *Delta, t int, a *tensor.Arena) (k stateScratch) {
	if x != nil {
		k.tmp, k.said, k.state = a.Float32(max(3, x.Conv)*x.conv()), a.Float32(2*x.Dim), a.Float32(x.KeyDim*x.Dim)
		k.chunk = layChunk(x, t, a)
	}
	return k
}

// outputs is the width of what the block's attention or state puts out.
func (s *layerState) outputs(c *Shape) int {
	if s.state != nil {
		return c.Delta.values()
	}
	return c.q()
}

// seen returns what the convolution sees of the token i before token t, which stands
// at position pos of its document.
func (w *net) seen(s *layerState, t, i, pos int) []float32 {
	if i > pos {
		return w.zeros
	}
	return s.qkv[(t-i)*apart(w.inputs()):][:w.Delta.conv()]
}

// convolve makes of tokens lo to hi what the rule of block l reads.
func (w *net) convolve(s *layerState, l, lo, hi int, pos []int32, k *stateScratch) {
	x, b, N := w.Delta, w.states[l], apart(w.inputs())
	for t := lo; t < hi; t++ {
		y := s.state.conv[t*x.conv():][:x.conv()]
		b.convolve(y, k.tmp[:x.conv()], func(i int) []float32 { return w.seen(s, t, x.Conv-1-i, int(pos[t])) })
		x.heads(y, w.ones)
		x.open(b, s.state.gates[t*2*x.Heads:], s.qkv[t*N+x.conv()+x.values():])
	}
}

// learn takes value head r of block l through the documents of a row.
func (w *net) learn(s *layerState, l, r int, docs []int, k *stateScratch) {
	x, b, N := w.Delta, w.states[l], apart(w.inputs())
	B, R, U := x.conv(), x.Heads, x.Dim
	S := k.state
	for i := range len(docs) - 1 {
		clear(S)
		for t := docs[i]; t < docs[i+1]; t++ {
			gates := s.state.gates[t*2*R:]
			x.step(S, s.state.conv[t*B:], r, gates[r], gates[R+r], k.said)
			at := t*x.values() + r*U
			y := s.y[t*s.ld[outLinear]+r*U:][:U]
			copy(s.state.said[at:], k.said[:U])
			s.state.rms[t*R+r] = kernel.RMSNorm(y, k.said[:U], b.norm, w.Eps)
			kernel.SwiGLU(y, s.qkv[t*N+B+r*U:][:U], y)
		}
	}
}

// rule runs what block l of a row does between its first two products.
func (w *net) rule(r *rowState, l int, k *stateScratch) {
	s := &r.layers[l]
	w.convolve(s, l, 0, len(r.in.IDs), r.pos, k)
	for h := range w.Delta.Heads {
		w.learn(s, l, h, r.in.Docs, k)
	}
}

// ruleBack takes its gradient back, from that of what the states say.
func (w *net) ruleBack(r *rowState, l int, said []float32, v *vectorGrads, k *stateScratch) {
	s, n := &r.layers[l], len(r.in.IDs)
	for p := range w.Delta.KeyHeads {
		w.learnBack(s, r.gradOf(l), l, said, p, r.in.Docs, k)
	}
	w.headsBack(s, r.gradOf(l), l, 0, n, r.pos, k)
	w.convolveBack(s, r.gradOf(l), l, 0, n, n, r.pos, v, k)
}

// frozenStates are the loops of blocks with a state of a frozen model.
type frozenStates struct{ convolve, learn, learnBack, headsBack, convolveBack func(worker, i int) }

func (f *frozenStates) loops(t *Trainer) {
	w, p, x := &t.net, &t.loops, t.net.Delta
	if x == nil {
		return
	}
	of := func(i int) (s *stretch, st *layerState) {
		s = &t.frozen.stretches[i]
		return s, &s.r.layers[p.l]
	}
	f.convolve = func(worker, i int) {
		s, st := of(i)
		w.convolve(st, p.l, s.lo, s.hi, s.r.pos, &t.scratch[worker].state)
	}
	f.learn = func(worker, i int) {
		r := &t.batch[i/x.Heads]
		w.learn(&r.layers[p.l], p.l, i%x.Heads, r.in.Docs, &t.scratch[worker].state)
	}
	f.learnBack = func(worker, i int) {
		r := &t.batch[i/x.KeyHeads]
		w.learnBack(&r.layers[p.l], &r.grad, p.l, r.attn.dy, i%x.KeyHeads, r.in.Docs, &t.scratch[worker].state)
	}
	f.headsBack = func(worker, i int) {
		s, st := of(i)
		w.headsBack(st, &s.r.grad, p.l, s.lo, s.hi, s.r.pos, &t.scratch[worker].state)
	}
	f.convolveBack = func(worker, i int) {
		s, st := of(i)
		w.convolveBack(st, &s.r.grad, p.l, s.lo, s.hi, len(s.r.in.IDs), s.r.pos, &s.r.norms[p.l], &t.scratch[worker].state)
	}
}

// ruleFrozen and ruleBackFrozen are rule and ruleBack of a micro-batch.
func (t *Trainer) ruleFrozen() {
	f := &t.frozen
	t.team.For(len(f.stretches), f.states.convolve)
	t.team.For(len(t.batch)*t.net.Delta.Heads, f.states.learn)
}

func (t *Trainer) ruleBackFrozen() {
	f := &t.frozen
	t.team.For(len(t.batch)*t.net.Delta.KeyHeads, f.states.learnBack)
	t.team.For(len(f.stretches), f.states.headsBack)
	t.team.For(len(f.stretches), f.states.convolveBack)
}

// input returns where a product of block l reads its tokens as integers.
func (r *rowState) input(l, which int) *kernel.Input {
	if which == outLinear && r.layers[l].state != nil {
		return r.stateIn
	}
	return r.inputs[which]
}

// mostRanks returns of the adapters of a linear, as many as the block has that has the most,
// the largest rank that each has in any.
func (w *net) mostRanks(which int) (ranks []int) {
	for _, b := range w.blocks {
		ranks = larger(ranks, b[which].loras)
	}
	return ranks
}

// larger raises ranks to those of pairs.
func larger(ranks []int, pairs []*Pair) []int {
	for i, p := range pairs {
		if i == len(ranks) {
			ranks = append(ranks, 0)
		}
		ranks[i] = max(ranks[i], p.rank)
	}
	return ranks
}
