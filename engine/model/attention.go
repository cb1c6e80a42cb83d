package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// tile is how many queries attend at a time. It changes speed, and the order
// in which key gradients are added, so it is a constant.
const tile = 64

// attnScratch is one worker's memory for attention over documents of at most
// t tokens.
type attnScratch struct {
	kT []float32 // packed transpose of one head's keys, (D, t)
	vT []float32 // the same of its values
	p  []float32 // (tile, t) scores, then probabilities
	dp []float32 // (tile, t)
}

func newAttnScratch(c Config, t int, a *tensor.Arena) attnScratch {
	n := kernel.PackedLen(c.HeadDim, t)
	return attnScratch{a.Float32(n), a.Float32(n), a.Float32(tile * t), a.Float32(tile * t)}
}

// softmaxRow turns the first n of the m scores in row into exp(score − max)
// and the rest, which are of later keys, into zeros: adding zero·v to a sum
// leaves its bits alone, so a row does not depend on the tile it is in.
func softmaxRow(row []float32, n int) (max, inv float32) {
	max = kernel.Max(row[:n])
	inv = 1 / kernel.ExpSum(row[:n], row[:n], max)
	clear(row[n:])
	return max, inv
}

// attend computes causal attention within each document of a row. docs holds
// the bounds: document i is tokens docs[i] to docs[i+1].
func (w *net) attend(s *layerState, docs []int, a *attnScratch) {
	c := &w.Config
	D, N, H, Q := c.HeadDim, c.qkv(), c.Heads, c.q()
	stride, group := Q+c.kv(), c.Heads/c.KVHeads
	for i := range len(docs) - 1 {
		lo, n := docs[i], docs[i+1]-docs[i]
		for g := range c.KVHeads {
			kernel.Pack(a.kT, D, n, s.qk[lo*stride+Q+g*D:], 1, stride)
			v := s.qkv[lo*N+Q+c.kv()+g*D:]
			for h := g * group; h < (g+1)*group; h++ {
				for t0 := 0; t0 < n; t0 += tile {
					m, keys := min(tile, n-t0), min(t0+tile, n)
					at := lo + t0
					kernel.GemmPacked(m, keys, D, s.qk[at*stride+h*D:], stride, 1, a.kT, a.p, keys, false)
					for r := range m {
						s.maxes[(at+r)*H+h], s.sums[(at+r)*H+h] = softmaxRow(a.p[r*keys:(r+1)*keys], t0+r+1)
					}
					kernel.Gemm(m, D, keys, a.p, keys, 1, v, N, s.y[at*Q+h*D:], Q, false)
					for r := range m {
						kernel.Scale(s.y[(at+r)*Q+h*D:][:D], s.sums[(at+r)*H+h])
					}
				}
			}
		}
	}
}

// attendBack is the backward pass of attend: from dy, the gradient of s.y, it
// writes the gradients of the rotated queries and keys to dqk and those of
// the values to s.dqkv. Probabilities are computed again from the saved
// maxima and sums. With P = exp(S − max)/sum and δ = dO·O:
//
//	dV = Pᵀ·dO   dS = P⊙(dO·Vᵀ − δ)   dQ = dS·K   dK = dSᵀ·Q
//
// Q carries the scale, so dQ does not.
func (w *net) attendBack(s *layerState, docs []int, dy, dqk []float32, a *attnScratch) {
	c := &w.Config
	D, N, H, Q := c.HeadDim, c.qkv(), c.Heads, c.q()
	stride, group := Q+c.kv(), c.Heads/c.KVHeads
	for i := range len(docs) - 1 {
		lo, n := docs[i], docs[i+1]-docs[i]
		for g := range c.KVHeads {
			k, v, dk, dv := s.qk[lo*stride+Q+g*D:], s.qkv[lo*N+Q+c.kv()+g*D:], dqk[lo*stride+Q+g*D:], s.dqkv[lo*N+Q+c.kv()+g*D:]
			kernel.Pack(a.kT, D, n, k, 1, stride)
			kernel.Pack(a.vT, D, n, v, 1, N)
			for t := range n {
				clear(dk[t*stride:][:D])
				clear(dv[t*N:][:D])
			}
			for h := g * group; h < (g+1)*group; h++ {
				for t0 := 0; t0 < n; t0 += tile {
					m, keys := min(tile, n-t0), min(t0+tile, n)
					at := lo + t0
					q, do := s.qk[at*stride+h*D:], dy[at*Q+h*D:]
					kernel.GemmPacked(m, keys, D, q, stride, 1, a.kT, a.p, keys, false)
					kernel.GemmPacked(m, keys, D, do, Q, 1, a.vT, a.dp, keys, false)
					for r := range m {
						j := (at+r)*H + h
						p, dp, live := a.p[r*keys:(r+1)*keys], a.dp[r*keys:(r+1)*keys], t0+r+1
						delta := kernel.Dot(do[r*Q:][:D], s.y[(at+r)*Q+h*D:][:D])
						kernel.ExpSum(p[:live], p[:live], s.maxes[j])
						kernel.Scale(p[:live], s.sums[j])
						clear(p[live:])
						for i, prob := range p { // zero beyond live, where p is
							dp[i] = prob * (dp[i] - delta)
						}
					}
					kernel.Gemm(keys, D, m, a.p, 1, keys, do, Q, dv, N, true)
					kernel.Gemm(m, D, keys, a.dp, keys, 1, k, stride, dqk[at*stride+h*D:], stride, false)
					kernel.Gemm(keys, D, m, a.dp, 1, keys, q, stride, dk, stride, true)
				}
			}
		}
	}
}
