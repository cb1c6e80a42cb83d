package model

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A net is a model as training reads it: vectors from Params, matrices from
// its blocks.
type net struct {
	*Params
	blocks [][linears]*dense
	head   *dense
	tokens *dense // the embeddings, if they are frozen
	ropes  [2]*ropeTable
}

// all lists every matrix.
func (w *net) all() []*dense {
	list := []*dense{w.head}
	for i := range w.blocks {
		list = append(list, w.blocks[i][:]...)
	}
	return list
}

// layerState is what the forward pass of one block of one row leaves behind.
type layerState struct {
	x      []float32 // (T, C) input
	n1     []float32 // (T, C) normalised
	r1     []float32 // (T) 1/rms of x
	qkv    []float32 // (T, N) projections, before QK-norm; then the head gates
	rq     []float32 // (T, H+G) 1/rms of each query and key head
	qk     []float32 // (T, (H+G)·D) queries, scaled, and keys: normalised and rotated
	maxes  []float32 // (T, H) largest score of each query
	sums   []float32 // (T, H) 1/Σ exp(score − max)
	y      []float32 // (T, H·D) attention's output, behind its gates
	x1     []float32 // (T, C) after attention
	n2     []float32 // (T, C) normalised
	r2     []float32 // (T)
	gateUp []float32 // (T, 2F); becomes its own gradient
	act    []float32 // (T, F)
}

// gradState is what the backward pass of one block of one row leaves behind,
// from which the weights' gradients are made.
type gradState struct {
	dqkv  []float32 // (T, N) gradient of qkv
	dmid  []float32 // (T, C) gradient of x1
	dtop  []float32 // (T, C) gradient of the block's output
	pairs [linears][]pairState
}

// forwardState lays out a block's state for up to t tokens, input apart.
func forwardState(c *Shape, t int, x []float32, a *tensor.Arena) layerState {
	return layerState{
		x: x, n1: a.Float32(t * c.Width), r1: a.Float32(t),
		qkv: a.Float32(t * c.inputs()), rq: a.Float32(t * (c.Heads + c.KVHeads)),
		qk: a.Float32(t * (c.q() + c.kv())), maxes: a.Float32(t * c.Heads), sums: a.Float32(t * c.Heads),
		y: a.Float32(t * c.q()), x1: a.Float32(t * c.Width), n2: a.Float32(t * c.Width), r2: a.Float32(t),
		gateUp: a.Float32(t * 2 * c.Hidden), act: a.Float32(t * c.Hidden),
	}
}

// embedRows copies the embeddings of ids into x. (T, C)
func (w *net) embedRows(x []float32, ids []int32) {
	C := w.Width
	for t, id := range ids {
		if to := x[t*C : (t+1)*C]; w.tokens != nil {
			w.tokens.decode(to, int(id), int(id)+1)
		} else {
			copy(to, w.embed[int(id)*C:])
		}
	}
}

// project computes normalised, rotated queries and keys of block l for the n
// tokens of s.x at positions pos.
func (w *net) project(s *layerState, l, n int, pos []int32, d *denseScratch) {
	c := &w.Shape
	C, D, N := c.Width, c.HeadDim, c.inputs()
	p, heads, rope := &w.layers[l], c.Heads+c.KVHeads, w.ropes[c.class(l)]
	for t := range n {
		s.r1[t] = kernel.RMSNorm(s.n1[t*C:(t+1)*C], s.x[t*C:(t+1)*C], p.attnNorm, c.Eps)
	}
	w.blocks[l][qkvLinear].mul(s.n1, n, s.qkv, N, false, d)
	for t := range n {
		cos, sin := rope.at(int(pos[t]))
		for h := range heads {
			norm := p.qNorm
			if h >= c.Heads {
				norm = p.kNorm
			}
			from, to := s.qkv[t*N+h*D:][:D], s.qk[(t*heads+h)*D:][:D]
			if norm != nil {
				s.rq[t*heads+h] = kernel.RMSNorm(to, from, norm, c.Eps)
			} else {
				copy(to, from)
			}
			kernel.Rotate(to, cos, sin)
			if h < c.Heads {
				kernel.Scale(to, c.Query)
			}
		}
	}
}

// attentionScale is D^−½; queries carry it.
func attentionScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// gate multiplies the heads of s.y by their gates.
func (w *net) gate(s *layerState, n int) {
	c := &w.Shape
	for t := range n {
		for h := range c.Heads {
			kernel.Scale(s.y[(t*c.Heads+h)*c.HeadDim:][:c.HeadDim], sigmoid(s.qkv[t*c.inputs()+c.qkv()+h]))
		}
	}
}

// output runs block l from attention's output to the normalised input of its
// feed-forward layer, for n tokens.
func (w *net) output(s *layerState, l, n int, d *denseScratch) {
	c := &w.Shape
	C := c.Width
	if c.HeadGate {
		w.gate(s, n)
	}
	copy(s.x1[:n*C], s.x)
	w.blocks[l][outLinear].mul(s.y, n, s.x1, C, true, d)
	for t := range n {
		s.r2[t] = kernel.RMSNorm(s.n2[t*C:(t+1)*C], s.x1[t*C:(t+1)*C], w.layers[l].mlpNorm, c.Eps)
	}
}

// activate runs block l to the activations of its feed-forward layer.
func (w *net) activate(s *layerState, l, n int, d *denseScratch) {
	c, F := &w.Shape, w.Hidden
	w.blocks[l][gateUpLinear].mul(s.n2, n, s.gateUp, 2*F, false, d)
	for t := range n {
		c.Act.gate(s.act[t*F:(t+1)*F], s.gateUp[2*t*F:][:F], s.gateUp[(2*t+1)*F:][:F], false)
	}
}

// finish completes block l, for n tokens, into next. (T, C)
func (w *net) finish(s *layerState, l, n int, next []float32, d *denseScratch) {
	C := w.Width
	copy(next[:n*C], s.x1)
	w.blocks[l][downLinear].mul(s.act, n, next, C, true, d)
}
