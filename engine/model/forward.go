package model

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A net is what a forward pass reads: vectors from Params, matrices packed.
type net struct {
	*Params
	packed *Packed
	rope   *ropeTable
}

// layerState is what one block of one row leaves behind: the activations the
// backward pass needs and, written by it, the output gradients from which
// the weights' gradients are made.
type layerState struct {
	x      []float32 // (T, C) input
	n1     []float32 // (T, C) normalised
	r1     []float32 // (T) 1/rms of x
	qkv    []float32 // (T, N) projections, before QK-norm
	rq     []float32 // (T, H+G) 1/rms of each query and key head
	qk     []float32 // (T, (H+G)·D) queries, scaled, and keys: normalised and rotated
	maxes  []float32 // (T, H) largest score of each query
	sums   []float32 // (T, H) 1/Σ exp(score − max)
	y      []float32 // (T, H·D) attention's output
	x1     []float32 // (T, C) after attention
	n2     []float32 // (T, C) normalised
	r2     []float32 // (T)
	gateUp []float32 // (T, 2F); becomes its own gradient
	act    []float32 // (T, F)
	dqkv   []float32 // (T, N) gradient of qkv
	dmid   []float32 // (T, C) gradient of x1
	dtop   []float32 // (T, C) gradient of the block's output
}

// forwardState lays out what the forward pass alone needs for up to t tokens.
func forwardState(c Config, t int, a *tensor.Arena) layerState {
	return layerState{
		x: a.Float32(t * c.Width), n1: a.Float32(t * c.Width), r1: a.Float32(t),
		qkv: a.Float32(t * c.qkv()), rq: a.Float32(t * (c.Heads + c.KVHeads)),
		qk: a.Float32(t * (c.q() + c.kv())), maxes: a.Float32(t * c.Heads), sums: a.Float32(t * c.Heads),
		y: a.Float32(t * c.q()), x1: a.Float32(t * c.Width), n2: a.Float32(t * c.Width), r2: a.Float32(t),
		gateUp: a.Float32(t * 2 * c.Hidden), act: a.Float32(t * c.Hidden),
	}
}

// embedRows copies the embeddings of ids into x. (T, C)
func (w *net) embedRows(x []float32, ids []int32) {
	C := w.Config.Width
	for t, id := range ids {
		copy(x[t*C:(t+1)*C], w.embed[int(id)*C:])
	}
}

// project computes normalised, rotated queries and keys of block l for the n
// tokens of s.x at positions pos.
func (w *net) project(s *layerState, l, n int, pos []int32) {
	c := &w.Config
	C, D, N := c.Width, c.HeadDim, c.qkv()
	p, heads := &w.layers[l], c.Heads+c.KVHeads
	for t := range n {
		s.r1[t] = kernel.RMSNorm(s.n1[t*C:(t+1)*C], s.x[t*C:(t+1)*C], p.attnNorm, c.Eps)
	}
	kernel.GemmPacked(n, N, C, s.n1, C, 1, w.packed.layers[l].qkv, s.qkv, N, false)
	scale := attentionScale(D)
	for t := range n {
		cos, sin := w.rope.at(int(pos[t]))
		for h := range heads {
			norm := p.qNorm
			if h >= c.Heads {
				norm = p.kNorm
			}
			to := s.qk[(t*heads+h)*D:][:D]
			s.rq[t*heads+h] = kernel.RMSNorm(to, s.qkv[t*N+h*D:][:D], norm, c.Eps)
			kernel.Rotate(to, cos, sin)
			if h < c.Heads {
				kernel.Scale(to, scale)
			}
		}
	}
}

// attentionScale is D^−½; queries carry it.
func attentionScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// finish completes block l after attention, for n tokens, into next. (T, C)
func (w *net) finish(s *layerState, l, n int, next []float32) {
	c := &w.Config
	C, F := c.Width, c.Hidden
	p, packed := &w.layers[l], &w.packed.layers[l]
	copy(s.x1[:n*C], s.x)
	kernel.GemmPacked(n, C, c.q(), s.y, c.q(), 1, packed.out, s.x1, C, true)
	for t := range n {
		s.r2[t] = kernel.RMSNorm(s.n2[t*C:(t+1)*C], s.x1[t*C:(t+1)*C], p.mlpNorm, c.Eps)
	}
	kernel.GemmPacked(n, 2*F, C, s.n2, C, 1, packed.gateUp, s.gateUp, 2*F, false)
	for t := range n {
		kernel.SwiGLU(s.act[t*F:(t+1)*F], s.gateUp[2*t*F:][:F], s.gateUp[(2*t+1)*F:][:F])
	}
	copy(next[:n*C], s.x1)
	kernel.GemmPacked(n, C, F, s.act, F, 1, packed.down, next, C, true)
}
