package model

import "suiren/engine/kernel"

// backScratch is one worker's memory for the backward pass of a row.
type backScratch struct {
	dy  []float32 // (T, H·D)
	dqk []float32 // (T, (H+G)·D)
	da  []float32 // (T, F)
	dn  []float32 // (T, C)
}

// normGrads are one row's gradients of the vectors of a block; rows are added
// in order afterwards, so that the sum does not depend on who ran them.
type normGrads struct{ attn, q, k, mlp []float32 }

// blockBack takes dx, the gradient of block l's output, to that of its input,
// in place. It leaves in s what weightGrads needs.
func (w *net) blockBack(s *layerState, l, n int, docs []int, pos []int32, dx []float32, ng *normGrads, b *backScratch, a *attnScratch) {
	c := &w.Config
	C, D, F, N, Q := c.Width, c.HeadDim, c.Hidden, c.qkv(), c.q()
	p := &w.layers[l]

	copy(s.dtop[:n*C], dx)
	kernel.Gemm(n, F, C, dx, C, 1, p.down, F, b.da, F, false)
	for t := range n {
		g, u := s.gateUp[2*t*F:][:F], s.gateUp[(2*t+1)*F:][:F]
		kernel.SwiGLUGrad(g, u, g, u, b.da[t*F:(t+1)*F])
	}
	kernel.Gemm(n, C, 2*F, s.gateUp, 2*F, 1, p.gateUp, C, b.dn, C, false)
	for t := range n {
		kernel.RMSNormGrad(dx[t*C:(t+1)*C], ng.mlp, s.x1[t*C:(t+1)*C], p.mlpNorm, b.dn[t*C:(t+1)*C], s.r2[t])
	}

	copy(s.dmid[:n*C], dx)
	kernel.Gemm(n, Q, C, dx, C, 1, p.out, Q, b.dy, Q, false)
	w.attendBack(s, docs, b.dy, b.dqk, a)
	scale, heads := attentionScale(D), c.Heads+c.KVHeads
	for t := range n {
		cos, sin := w.rope.at(int(pos[t]))
		for h := range heads {
			d := b.dqk[(t*heads+h)*D:][:D]
			norm, dnorm := p.qNorm, ng.q
			if h >= c.Heads {
				norm, dnorm = p.kNorm, ng.k
			} else {
				kernel.Scale(d, scale)
			}
			rotateBack(d, cos, sin)
			to := s.dqkv[t*N+h*D:][:D]
			clear(to)
			kernel.RMSNormGrad(to, dnorm, s.qkv[t*N+h*D:][:D], norm, d, s.rq[t*heads+h])
		}
	}
	kernel.Gemm(n, C, N, s.dqkv, N, 1, p.qkv, C, b.dn, C, false)
	for t := range n {
		kernel.RMSNormGrad(dx[t*C:(t+1)*C], ng.attn, s.x[t*C:(t+1)*C], p.attnNorm, b.dn[t*C:(t+1)*C], s.r1[t])
	}
}

// weightGrads adds to g the gradients of rows lo to hi of block l's matrix
// which, made from one row's states: dW += dYᵀ·X. It owns those rows of dW
// and takes all tokens, so the bits do not depend on who else runs.
func weightGrads(c *Config, g *Layer, s *layerState, n, which, lo, hi int) {
	C, F, N, Q := c.Width, c.Hidden, c.qkv(), c.q()
	outer := func(dw, dy []float32, out int, x []float32, in int) {
		kernel.Gemm(hi-lo, in, n, dy[lo:], 1, out, x, in, dw[lo*in:], in, true)
	}
	switch which {
	case 0:
		outer(g.qkv, s.dqkv, N, s.n1, C)
	case 1:
		outer(g.out, s.dmid, C, s.y, Q)
	case 2:
		outer(g.gateUp, s.gateUp, 2*F, s.n2, C)
	case 3:
		outer(g.down, s.dtop, C, s.act, F)
	}
}
