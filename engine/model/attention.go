package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// tile is how many queries attend at a time. It changes speed, and the order
// in which key gradients are added, so it is a constant.
const tile = 64

// attnScratch is one worker's memory for attention over documents of at most
// t tokens. What many products read or add to is packed, or made contiguous,
// once: rows of the state lie so far apart that they compete in a cache.
type attnScratch struct {
	kT []float32 // packed transpose of one head's keys, (D, t)
	vT []float32 // the same of its values
	k  []float32 // its keys, packed, (t, D)
	v  []float32 // its values
	dk []float32 // (t, D) their gradients
	dv []float32 // (t, D)
	p  []float32 // (tile, t) scores, then probabilities
	dp []float32 // (tile, t)

	capped []float32 // (t) scores behind their cap, if they have one
}

func newAttnScratch(c *Shape, t int, a *tensor.Arena) attnScratch {
	across, along := kernel.PackedLen(c.HeadDim, t), kernel.PackedLen(t, c.HeadDim)
	scores := tile * apart(t)
	s := attnScratch{
		kT: a.Float32(across), vT: a.Float32(across), k: a.Float32(along), v: a.Float32(along),
		dk: a.Float32(t * c.HeadDim), dv: a.Float32(t * c.HeadDim), p: a.Float32(scores), dp: a.Float32(scores),
	}
	if c.CapScores > 0 {
		s.capped = a.Float32(t)
	}
	return s
}

// apart returns the distance of rows of n floats: an odd number of cache lines,
// so that rows that are read together do not compete for one set of a cache.
func apart(n int) int { return (n+15)/16*16 | 16 }

// timesPacked sets c, or adds to it, a·B for rows from to to of a matrix of
// depth rows and n columns that bp holds as Pack writes it. a (m, to-from).
func timesPacked(m, n, from, to, depth int, a []float32, lda int, bp, c []float32, ldc int, add bool) {
	for j := 0; j < n; j += kernel.NR {
		kernel.GemmPacked(m, min(kernel.NR, n-j), to-from, a, lda, 1, bp[j*depth+from*kernel.NR:], c[j:], ldc, add)
	}
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

// first returns the first key that query t of a document sees in block l.
func (c *Shape) first(l, t int) int {
	if c.sliding(l) {
		return max(0, t+1-c.Window)
	}
	return 0
}

// attend computes causal attention of key-value head g within each document of a row. docs holds
// the bounds: document i is tokens docs[i] to docs[i+1]. A window is a lower
// bound of the loops, at the panel in which it begins.
//
// Scores begin at the first key that a query sees, and products with values
// at multiples of KC, as in decoding.
func (w *net) attend(s *layerState, l, g int, docs []int, a *attnScratch) {
	c := &w.Shape
	D, N, H, Q := c.HeadDim, apart(c.inputs()), c.Heads, c.q()
	stride, group := Q+c.kv(), c.Heads/c.KVHeads
	for i := range len(docs) - 1 {
		doc, n := docs[i], docs[i+1]-docs[i]
		kernel.Pack(a.kT, D, n, s.qk[doc*stride+Q+g*D:], 1, stride)
		kernel.Pack(a.v, n, D, s.qkv[doc*N+c.queries()+c.kv()+g*D:], N, 1)
		for h := g * group; h < (g+1)*group; h++ {
			for t0 := 0; t0 < n; t0 += tile {
				m, hi, lo := min(tile, n-t0), min(t0+tile, n), c.first(l, t0)&^(kernel.NR-1)
				at, keys := doc+t0, hi-lo
				ld := apart(keys)
				kernel.GemmPacked(m, keys, D, s.qk[at*stride+h*D:], stride, 1, a.kT[lo*D:], a.p, ld, false)
				for r := range m {
					row, from := a.p[r*ld:r*ld+keys], c.first(l, t0+r)-lo
					if c.CapScores > 0 {
						kernel.SoftCap(row[from:t0+r+1-lo], c.CapScores)
					}
					clear(row[:from])
					s.maxes[(at+r)*H+h], s.sums[(at+r)*H+h] = softmaxRow(row[from:], t0+r+1-lo-from)
				}
				for from := lo; from < hi; {
					to := hi
					if from%kernel.KC != 0 {
						to = min(hi, (from/kernel.KC+1)*kernel.KC)
					}
					timesPacked(m, D, from, to, n, a.p[from-lo:], ld, a.v, s.y[at*Q+h*D:], Q, from > lo)
					from = to
				}
				for r := range m {
					kernel.Scale(s.y[(at+r)*Q+h*D:][:D], s.sums[(at+r)*H+h])
				}
			}
		}
	}
}

// gateBack takes the gradient of the heads behind their gates to that of the
// heads before them, for tokens lo to hi, and writes δ = dO·O, which is the
// same on both sides. With y = σ(z)·o, dz = (1 − σ(z))·δ; where every number
// of a head has a gate of its own, (1 − σ(z))·dy·y.
func (w *net) gateBack(s *layerState, lo, hi int, b *attnGrads, dqkv []float32) {
	c := &w.Shape
	D, N := c.HeadDim, apart(c.inputs())
	for i := lo * c.Heads; i < hi*c.Heads; i++ {
		d := b.dy[i*D:][:D]
		b.delta[i] = kernel.Dot(d, s.y[i*D:][:D])
		if c.HeadGate {
			at := i/c.Heads*N + c.qkv() + i%c.Heads
			open := sigmoid(s.qkv[at])
			dqkv[at] = (1 - open) * b.delta[i]
			kernel.Scale(d, open)
		}
		if c.OutGate {
			at := i/c.Heads*N + c.headAt(i%c.Heads) + D
			for j, y := range s.y[i*D:][:D] {
				open := sigmoid(s.qkv[at+j])
				dqkv[at+j] = (1 - open) * (d[j] * y)
				d[j] *= open
			}
		}
	}
}

// attendBack is the backward pass of attend: from b.dy, the gradient of its
// output, and δ it writes the gradients of the rotated queries and keys to
// b.dqk and those of the values to dqkv. Probabilities are computed again from
// the saved maxima and sums. With P = exp(S − max)/sum:
//
//	dV = Pᵀ·dO   dS = P⊙(dO·Vᵀ − δ)   dQ = dS·K   dK = dSᵀ·Q
//
// Q carries the scale, so dQ does not.
func (w *net) attendBack(s *layerState, l, g int, docs []int, b *attnGrads, dqkv []float32, a *attnScratch) {
	c, dy, dqk := &w.Shape, b.dy, b.dqk
	D, N, H, Q := c.HeadDim, apart(c.inputs()), c.Heads, c.q()
	stride, group := Q+c.kv(), c.Heads/c.KVHeads
	for i := range len(docs) - 1 {
		doc, n := docs[i], docs[i+1]-docs[i]
		values := doc*N + c.queries() + c.kv() + g*D
		k, v, dk, dv := s.qk[doc*stride+Q+g*D:], s.qkv[values:], dqk[doc*stride+Q+g*D:], dqkv[values:]
		kernel.Pack(a.kT, D, n, k, 1, stride)
		kernel.Pack(a.vT, D, n, v, 1, N)
		kernel.Pack(a.k, n, D, k, stride, 1)
		clear(a.dk[:n*D])
		clear(a.dv[:n*D])
		for h := g * group; h < (g+1)*group; h++ {
			for t0 := 0; t0 < n; t0 += tile {
				m, hi, lo := min(tile, n-t0), min(t0+tile, n), c.first(l, t0)&^(kernel.NR-1)
				at, keys := doc+t0, hi-lo
				q, do, ld := s.qk[at*stride+h*D:], dy[at*Q+h*D:], apart(keys)
				kernel.GemmPacked(m, keys, D, q, stride, 1, a.kT[lo*D:], a.p, ld, false)
				kernel.GemmPacked(m, keys, D, do, Q, 1, a.vT[lo*D:], a.dp, ld, false)
				for r := range m {
					j := (at+r)*H + h
					from, to := c.first(l, t0+r)-lo, t0+r+1-lo
					p, dp := a.p[r*ld:r*ld+keys], a.dp[r*ld:r*ld+keys]
					capped := a.capped[:0]
					if c.CapScores > 0 {
						kernel.SoftCap(p[from:to], c.CapScores)
						capped = append(capped, p[from:to]...)
					}
					kernel.SoftmaxGrad(p[from:to], dp[from:to], s.maxes[j], s.sums[j], b.delta[j])
					if c.CapScores > 0 {
						kernel.SoftCapGrad(dp[from:to], capped, c.CapScores)
					}
					for _, x := range [...][]float32{p, dp} {
						clear(x[:from])
						clear(x[to:])
					}
				}
				kernel.Gemm(keys, D, m, a.p, 1, ld, do, Q, a.dv[lo*D:], D, true)
				timesPacked(m, D, lo, hi, n, a.dp, ld, a.k, dqk[at*stride+h*D:], stride, false)
				kernel.Gemm(keys, D, m, a.dp, 1, ld, q, stride, a.dk[lo*D:], D, true)
			}
		}
		for t := range n {
			copy(dk[t*stride:][:D], a.dk[t*D:])
			copy(dv[t*N:][:D], a.dv[t*D:])
		}
	}
}
