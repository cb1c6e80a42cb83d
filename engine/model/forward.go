package model

import (
	"math"
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A net is a model as training reads it: vectors from Params, matrices from
// its blocks.
type net struct {
	*Params
	blocks  [][linears]*dense
	experts [][]expertDense // (L, E) of a mixture
	head    *dense
	tokens  *linear // the embeddings, if they are frozen
	ropes   [2]*ropeTable
	states  []*deltaBlock // (L) what the rule of blocks with a state reads; nil of others
	ones    []float32     // (B)
	zeros   []float32     // (B) a token before a document's first
}

// all lists every matrix.
func (w *net) all() []*dense {
	list := []*dense{w.head}
	for i := range w.blocks {
		list = append(list, w.blocks[i][:]...)
	}
	for _, block := range w.experts {
		for _, e := range block {
			list = append(list, e.gateUp, e.down)
		}
	}
	return list
}

// layerState is what the forward pass of one block of one row leaves behind.
// What the matrices of a trained model read has rows apart, so that a product
// reads it from either side. Of a model that is trained by split numbers it is
// split while it is near, and n1, n2 and act are the same memory for all blocks.
type layerState struct {
	x      []float32  // (T, C) input
	n1     []float32  // (T, C) normalised
	r1     []float32  // (T) 1/rms of x
	qkv    []float32  // (T, N) projections, before QK-norm; then the head gates
	rq     []float32  // (T, H+G) 1/rms of each query and key head
	qk     []float32  // (T, (H+G)·D) queries, scaled, and keys: normalised and rotated
	maxes  []float32  // (T, H) largest score of each query
	sums   []float32  // (T, H) 1/Σ exp(score − max)
	y      []float32  // (T, H·D) attention's output, behind its gates
	x1     []float32  // (T, C) after attention
	n2     []float32  // (T, C) normalised
	r2     []float32  // (T)
	gateUp []float32  // (T, 2F), or (T, F) without a gate; becomes its own gradient
	act    []float32  // (T, F)
	mix    mixState   // instead of gateUp and act
	state  *stateRows // of a block with a state, instead of rq to sums
	post   [2]posted  // what attention and feed-forward add, where that is normalised

	ld [linears]int       // of what the matrices read, n1, y, n2 and act, from token to token
	in [linears][]float32 // that, split, if gradients are made of split numbers; of outLinear on the way back
}

// gradState is what the backward pass of one block of one row leaves behind,
// from which the weights' gradients are made.
type gradState struct {
	dqkv  []float32 // (T, N) gradient of qkv
	dmid  []float32 // (T, C) gradient of what attention adds, before its norm
	dtop  []float32 // (T, C) gradient of what the feed-forward layer adds
	pairs [linears][]pairState
	mix   mixGrad
	state stateGrad
}

// forwardState lays out the state of one of the blocks ls for up to t tokens, input
// aside. spread sets the rows of what matrices read apart. near is what the
// blocks share of a model that is trained by numbers split so, n1, n2, act and
// what outLinear read; nil: each has its own.
func forwardState(c *Shape, ls []int, t int, x []float32, spread bool, near *layerState, split kernel.Split, a *tensor.Arena) layerState {
	s := layerState{
		x: x, r1: a.Float32(t), qkv: a.Float32(t * apart(c.inputs())),
		y: a.Float32(t * step(c.outputs(), spread)), x1: a.Float32(t * c.Width), r2: a.Float32(t),
		post: c.layPosted(t, a),
	}
	if slices.ContainsFunc(ls, func(l int) bool { return !c.delta(l) }) {
		s.rq, s.qk = a.Float32(t*(c.Heads+c.KVHeads)), a.Float32(t*(c.q()+c.kv()))
		s.maxes, s.sums = a.Float32(t*c.Heads), a.Float32(t*c.Heads)
	}
	if slices.ContainsFunc(ls, c.delta) {
		s.state = layStateRows(c.Delta, t, a)
	}
	s.ld = [linears]int{step(c.Width, spread), step(s.outputs(c), spread), step(c.Width, spread), step(c.Hidden, spread)}
	if c.Experts > 0 { // which gather what they read
		s.mix = layMixState(c, t, a)
		s.ld[gateUpLinear], s.ld[downLinear] = c.Width, 0
	} else {
		s.gateUp = a.Float32(t * apart(c.ups()))
	}
	if near == nil {
		s.n1, s.n2, s.act = a.Float32(t*s.ld[qkvLinear]), a.Float32(t*s.ld[gateUpLinear]), a.Float32(t*s.ld[downLinear])
		return s
	}
	s.n1, s.n2, s.act = near.n1, near.n2, near.act
	s.in[qkvLinear], s.in[outLinear] = a.Float32(split.Len(t, c.Width)), near.in[outLinear]
	if c.Experts > 0 { // of n2 each expert reads some tokens
		s.n2 = a.Float32(t * c.Width)
		return s
	}
	s.in[gateUpLinear], s.in[downLinear] = a.Float32(split.Len(t, c.Width)), a.Float32(split.Len(t, c.Hidden))
	return s
}

// step is the distance of rows of n floats.
func step(n int, spread bool) int {
	if spread {
		return apart(n)
	}
	return n
}

// embedRows copies the embeddings of ids into x. (T, C)
func (w *net) embedRows(x []float32, ids []int32) {
	C := w.Width
	for t, id := range ids {
		if to := x[t*C : (t+1)*C]; w.tokens != nil {
			w.tokens.parts[0].m.Row(to, int(id))
		} else {
			w.embed.read(to, int(id)*C)
		}
	}
	if w.Embed != 1 {
		kernel.Scale(x[:len(ids)*C], w.Embed)
	}
}

// before runs what block l does before a product, for tokens lo to hi: it
// makes the product's input, and of what is added to the sum to be added to.
// next is where the block's output goes. (T, C)
func (w *net) before(which int, s *layerState, l, lo, hi int, next []float32) {
	c := &w.Shape
	C, p := c.Width, &w.layers[l]
	switch which {
	case qkvLinear:
		for t := lo; t < hi; t++ {
			x := s.x[t*C : (t+1)*C]
			s.r1[t] = c.normalise(s.n1[t*s.ld[which]:][:C], x, p.attnNorm, p.attnNormB)
			if !c.posts() {
				copy(s.x1[t*C:], x) // for outLinear to be added to, while it is near
			}
		}
	case outLinear:
		if s.state == nil && (c.HeadGate || c.OutGate) {
			w.gate(s, lo, hi)
		}
	case gateUpLinear:
		for t := lo; t < hi; t++ {
			s.r2[t] = c.normalise(s.n2[t*s.ld[which]:][:C], s.x1[t*C:(t+1)*C], p.mlpNorm, p.mlpNormB)
		}
	case downLinear:
		if !c.posts() {
			copy(next[lo*C:hi*C], s.x1[lo*C:])
		}
	}
}

// product returns where a product's input lies, and its output, of ld floats
// a token; add says that it is added.
func (c *Shape) product(which int, s *layerState, next []float32) (x, y []float32, ld int, add bool) {
	switch which {
	case qkvLinear:
		return s.n1, s.qkv, apart(c.inputs()), false
	case outLinear:
		x, y = s.y, s.x1
	case gateUpLinear:
		if c.Experts > 0 {
			return s.n2, s.mix.probs, c.scored(), false
		}
		return s.n2, s.gateUp, apart(c.ups()), false
	case downLinear:
		x, y = s.act, next
	}
	if c.posts() {
		return x, s.posted(which).x, c.Width, false
	}
	return x, y, c.Width, true
}

// after runs what block l does with a product, for tokens lo to hi at
// positions pos: it normalises, rotates and scales queries and keys, makes
// the activations of the feed-forward layer, or normalises what is added.
func (w *net) after(which int, s *layerState, l, lo, hi int, pos []int32, next []float32) {
	switch which {
	case qkvLinear:
		if s.state == nil {
			w.turn(s, l, lo, hi, pos)
		}
	case outLinear:
		w.addPosted(which, s, l, lo, hi, s.x, s.x1)
	case downLinear:
		w.addPosted(which, s, l, lo, hi, s.x1, next)
	case gateUpLinear:
		if w.Experts > 0 {
			w.route(s, lo, hi)
			return
		}
		F, up, wide, coarse := w.Hidden, w.ups(), apart(w.ups()), w.blocks[l][downLinear].forms() != 0
		for t := lo; t < hi; t++ {
			w.activate(s.act[t*s.ld[downLinear]:][:F], s.gateUp[t*wide:][:up], 0, F, coarse)
		}
	}
}

func (w *net) turn(s *layerState, l, lo, hi int, pos []int32) {
	c := &w.Shape
	D, N, p, heads, rope := c.HeadDim, apart(c.inputs()), &w.layers[l], c.Heads+c.KVHeads, w.ropes[c.class(l)]
	for t := lo; t < hi; t++ {
		cos, sin := rope.at(int(pos[t]))
		if c.WideQK {
			s.rq[t*heads] = kernel.RMSNorm(s.qk[t*heads*D:][:c.q()], s.qkv[t*N:][:c.q()], p.qNorm, c.Eps)
			s.rq[t*heads+1] = kernel.RMSNorm(s.qk[t*heads*D+c.q():][:c.kv()], s.qkv[t*N+c.q():][:c.kv()], p.kNorm, c.Eps)
		}
		for h := range heads {
			norm := p.qNorm
			if h >= c.Heads {
				norm = p.kNorm
			}
			from, to := s.qkv[t*N+c.headAt(h):][:D], s.qk[(t*heads+h)*D:][:D]
			if c.WideQK { // it is
			} else if norm != nil && !c.LateQK {
				s.rq[t*heads+h] = kernel.RMSNorm(to, from, norm, c.Eps)
			} else {
				copy(to, from)
			}
			if c.turned(l) {
				c.Rope[c.class(l)].turn(to, cos, sin)
			}
			if norm != nil && c.LateQK {
				s.rq[t*heads+h] = kernel.RMSNorm(to, to, norm, c.Eps)
			}
		}
		kernel.Scale(s.qk[t*heads*D:][:c.q()], c.Query)
	}
}

// attentionScale is D^−½; queries carry it.
func attentionScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// gate multiplies the heads of s.y by their gates.
func (w *net) gate(s *layerState, lo, hi int) {
	c := &w.Shape
	for t := lo; t < hi; t++ {
		for h := range c.Heads {
			y := s.y[t*s.ld[outLinear]+h*c.HeadDim:][:c.HeadDim]
			if c.OutGate {
				gateOutput(y, s.qkv[t*apart(c.inputs())+c.headAt(h)+c.HeadDim:])
				continue
			}
			kernel.Scale(y, sigmoid(s.qkv[t*apart(c.inputs())+c.qkv()+h]))
		}
	}
}
