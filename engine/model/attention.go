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

// halfTile is half a tile: the first half of a tile's queries sees no key of
// the tile's second half, so that those are left out of products.
const halfTile = tile / 2

// seen returns how many of a tile's keys query r of m is multiplied with.
func seen(r, m, keys int) int {
	if r < halfTile && m > halfTile {
		return keys - (m - halfTile)
	}
	return keys
}

// scores sets p (m, keys) to q·K for a tile's queries and the keys that kT
// (depth, keys) holds, as Pack writes it, but for those that are not seen.
func scores(m, keys, depth int, q []float32, stride int, kT, p []float32, ld int) {
	first := seen(0, m, keys)
	kernel.GemmPacked(m, first, depth, q, stride, 1, kT, p, ld, false)
	if first < keys {
		kernel.GemmPacked(m-halfTile, keys-first, depth, q[halfTile*stride:], stride, 1, kT[first*depth:], p[halfTile*ld+first:], ld, false)
	}
}

// addTurned adds pᵀ·x to c (keys, n), for p (m, keys) but for what is not seen.
func addTurned(m, keys, n int, p []float32, ld int, x []float32, stride int, c []float32) {
	first := seen(0, m, keys)
	kernel.Gemm(first, n, m, p, 1, ld, x, stride, c, n, true)
	if first < keys {
		kernel.Gemm(keys-first, n, m-halfTile, p[halfTile*ld+first:], 1, ld, x[halfTile*stride:], stride, c[first*n:], n, true)
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
	D, N, H, Q, Y := c.HeadDim, apart(c.inputs()), c.Heads, c.q(), s.ld[outLinear]
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
				scores(m, keys, D, s.qk[at*stride+h*D:], stride, a.kT[lo*D:], a.p, ld)
				for r := range m {
					row, from := a.p[r*ld:r*ld+seen(r, m, keys)], c.first(l, t0+r)-lo
					if c.CapScores > 0 {
						kernel.SoftCap(row[from:t0+r+1-lo], c.CapScores)
					}
					clear(row[:from])
					s.maxes[(at+r)*H+h], s.sums[(at+r)*H+h] = softmaxRow(row[from:], t0+r+1-lo-from)
				}
				for r, rows := 0, min(m, halfTile); r < m; r, rows = r+rows, m-rows {
					end := lo + seen(r, m, keys)
					for from := lo; from < end; {
						to := end
						if from%kernel.KC != 0 {
							to = min(end, (from/kernel.KC+1)*kernel.KC)
						}
						timesPacked(rows, D, from, to, n, a.p[r*ld+from-lo:], ld, a.v, s.y[(at+r)*Y+h*D:], Y, from > lo)
						from = to
					}
				}
				for r := range m {
					kernel.Scale(s.y[(at+r)*Y+h*D:][:D], s.sums[(at+r)*H+h])
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
		d, y := b.dy[i*D:][:D], s.y[i/c.Heads*s.ld[outLinear]+i%c.Heads*D:][:D]
		b.delta[i] = kernel.Dot(d, y)
		if c.HeadGate {
			at := i/c.Heads*N + c.qkv() + i%c.Heads
			open := sigmoid(s.qkv[at])
			dqkv[at] = (1 - open) * b.delta[i]
			kernel.Scale(d, open)
		}
		if c.OutGate {
			at := i/c.Heads*N + c.headAt(i%c.Heads) + D
			for j, y := range y {
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
				scores(m, keys, D, q, stride, a.kT[lo*D:], a.p, ld)
				scores(m, keys, D, do, Q, a.vT[lo*D:], a.dp, ld)
				for r := range m {
					j, read := (at+r)*H+h, r*ld+seen(r, m, keys)
					from, to := c.first(l, t0+r)-lo, t0+r+1-lo
					p, dp := a.p[r*ld:read], a.dp[r*ld:read]
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
				addTurned(m, keys, D, a.p, ld, do, Q, a.dv[lo*D:])
				addTurned(m, keys, D, a.dp, ld, q, stride, a.dk[lo*D:])
				for r, rows := 0, min(m, halfTile); r < m; r, rows = r+rows, m-rows {
					timesPacked(rows, D, lo, lo+seen(r, m, keys), n, a.dp[r*ld:], ld, a.k, dqk[(at+r)*stride+h*D:], stride, false)
				}
			}
		}
		for t := range n {
			copy(dk[t*stride:][:D], a.dk[t*D:])
			copy(dv[t*N:][:D], a.dv[t*D:])
		}
	}
}
