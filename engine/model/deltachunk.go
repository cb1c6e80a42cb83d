package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// The way back through the rule goes by chunks of stateChunk tokens, so that most of
// it is products of matrices. (Yang et al., arXiv 2406.06484 and 2412.06464, have
// such a form of the way forward; that one goes token by token here, as a decoder
// does, and leaves u of every token, so that on the way back nothing is solved
// again but the gradients of u.)
//
// With S the state before a chunk, D the gradient of the one after it, aₜ, βₜ, qₜ,
// kₜ, uₜ and dyₜ of its tokens, and m(t,s) the product of the decays behind token s up to
// token t, 1 if they are the same:
//
//	duₜ = m(end,t)·Dᵀ·kₜ + Σ s≥t m(s,t)·(qₛ·kₜ)·dyₛ − Σ s>t m(s,t)·(kₛ·kₜ)·dvₛ    dvₜ = βₜ·duₜ
//	dqₜ = m(t,0)·S·dyₜ + Σ s≤t m(t,s)·(dyₜ·uₛ)·kₛ
//	dkₜ = m(end,t)·D·uₜ + Σ s≥t m(s,t)·(dyₛ·uₜ)·qₛ − Σ s>t m(s,t)·(dvₛ·uₜ)·kₛ
//	      − m(t,0)·S·dvₜ − Σ s<t m(t,s)·(dvₜ·uₛ)·kₛ
//
// m(t,0) being that of all decays up to aₜ. The gradient of log aₜ is the sum of all
// that passes aₜ: from S, or from what a token before t has put into the state,
// to what token t or a later one reads of it, or to D. Nothing in it is a difference of
// sums that are larger than it.
const stateChunk = 64

// chunkScratch is one worker's memory for a chunk of c tokens of one value head.
type chunkScratch struct {
	grad   []float32 // (K, U) of the state
	kept   []float32 // (⌈T/c⌉, K, U) states before the chunks of a document
	q, k   []float32 // (c, K)
	u, dy  []float32 // (c, U)
	kT, uT []float32 // (K, c), (U, c)
	turned []float32 // (U, K) the state, or its gradient
	qk, kk []float32 // (c, c) m·(q·k), m·(k·k)
	yu, vu []float32 // (c, c) dy·u and dv·u, then m times those
	du     []float32 // (c, U)
	dq, dk []float32 // (c, K)
	m      []float32 // (c) a row of m
	up     []float32 // (c) m(t,0)
	down   []float32 // (c) m(end,t)
	logs   []float64 // (c) of up
	passed []float64 // (c) what came from each token and goes on
	read   []float64 // (c) what each token reads of S
	left   []float64 // (c) what each leaves to D
}

func layChunk(x *Delta, t int, a *tensor.Arena) (k chunkScratch) {
	c, K, U := min(t, stateChunk), x.KeyDim, x.Dim
	k.grad, k.kept = a.Float32(K*U), a.Float32((t+c-1)/c*K*U)
	k.q, k.k, k.u, k.dy = a.Float32(c*K), a.Float32(c*K), a.Float32(c*U), a.Float32(c*U)
	k.kT, k.uT, k.turned = a.Float32(K*c), a.Float32(U*c), a.Float32(K*U)
	k.qk, k.kk, k.yu, k.vu = a.Float32(c*c), a.Float32(c*c), a.Float32(c*c), a.Float32(c*c)
	k.du, k.dq, k.dk = a.Float32(c*U), a.Float32(c*K), a.Float32(c*K)
	k.m, k.up, k.down = a.Float32(c), a.Float32(c), a.Float32(c)
	k.logs, k.passed, k.read, k.left = make([]float64, c), make([]float64, c), make([]float64, c), make([]float64, c)
	return k
}

// learnBack is the backward pass of learn for the value heads that read key head p,
// one after the other, from dy, the gradient of what their states say. (T, R·U) It
// writes the gradients of queries, keys and values, and those of the logarithms of
// decays and of what rates are made of: that of σ, of β, is (1 − β)·(du·u), for
// u = β·(v − what the state said to k).
func (w *net) learnBack(s *layerState, g *gradState, l int, dy []float32, p int, docs []int, k *stateScratch) {
	x, c := w.Delta, &k.chunk
	one, each := x.KeyDim*x.Dim, len(c.logs)
	for i := range len(docs) - 1 {
		lo, hi := docs[i], docs[i+1]
		for t := lo; t < hi; t++ {
			dq, dk, _ := x.head(g.state.conv, p, t)
			clear(dq)
			clear(dk)
		}
		for r := p; r < x.Heads; r += x.KeyHeads {
			clear(c.kept[:one])
			for from := lo; from+each < hi; from += each { // the states are made again
				at := (from - lo) / each * one
				copy(c.kept[at+one:], c.kept[at:at+one])
				w.gather(s, l, r, from, from+each, c)
				c.add(c.kept[at+one:at+2*one], c.k, c.u, c.down, c.up[each-1], each, x)
			}
			clear(c.grad)
			for from := lo + (hi-lo-1)/each*each; from >= lo; from -= each {
				to := min(hi, from+each)
				w.gather(s, l, r, from, to, c)
				c.back(x, s, g, dy, r, from, to, c.kept[(from-lo)/each*one:][:one])
			}
		}
	}
}

// head returns what value head r has of token t: query, key, and u.
func (x *Delta) head(conv []float32, r, t int) (q, k, u []float32) {
	c, at := conv[t*x.conv():], r%x.KeyHeads*x.KeyDim
	return c[at:][:x.KeyDim], c[x.keys()+at:][:x.KeyDim], c[2*x.keys()+r*x.Dim:][:x.Dim]
}

// gather copies what value head r of block l reads of tokens lo to hi, and makes
// the products of their decays.
func (w *net) gather(s *layerState, l, r, lo, hi int, c *chunkScratch) {
	x, b := w.Delta, w.states[l]
	K, U, in := x.KeyDim, x.Dim, s.qkv[x.conv()+x.values()+x.Heads+r:]
	sum := 0.0
	for t := lo; t < hi; t++ {
		i := t - lo
		q, k, u := x.head(s.state.conv, r, t)
		copy(c.q[i*K:], q)
		copy(c.k[i*K:], k)
		copy(c.u[i*U:], u)
		sum += b.logDecay(r, in[t*apart(w.inputs())])
		c.logs[i] = sum
	}
	n := hi - lo
	for i, log := range c.logs[:n] {
		c.up[i], c.down[i] = float32(log), float32(sum-log)
	}
	kernel.ExpSum(c.up[:n], c.up[:n], 0)
	kernel.ExpSum(c.down[:n], c.down[:n], 0)
}

// add sets S to decay·S + Σ scale·x·yᵀ over n tokens, and scales x. x (n, K), y (n, U).
func (c *chunkScratch) add(S, x, y, scale []float32, decay float32, n int, d *Delta) {
	scaleRows(x, scale[:n], d.KeyDim)
	kernel.Scale(S, decay)
	kernel.Gemm(d.KeyDim, d.Dim, n, x, 1, d.KeyDim, y, d.Dim, S, d.Dim, true)
}

// scaleRows multiplies each row of x by its factor. (len(by), n)
func scaleRows(x, by []float32, n int) {
	for i, f := range by {
		kernel.Scale(x[i*n:(i+1)*n], f)
	}
}

// back takes c.grad, the gradient of the state after tokens lo to hi, which were
// gathered, to that of S, the one before them.
func (c *chunkScratch) back(x *Delta, s *layerState, g *gradState, dsaid []float32, r, lo, hi int, S []float32) {
	n, K, U, R := hi-lo, x.KeyDim, x.Dim, x.Heads
	q, k, u, dy, du, dq, dk := c.q[:n*K], c.k[:n*K], c.u[:n*U], c.dy[:n*U], c.du[:n*U], c.dq[:n*K], c.dk[:n*K]
	rate := func(i int) float32 { return s.state.gates[(lo+i)*2*R+R+r] }
	for i := range n {
		copy(dy[i*U:(i+1)*U], dsaid[(lo+i)*x.values()+r*U:])
	}
	kernel.Transpose(c.kT, k, n, K)
	kernel.Transpose(c.uT, u, n, U)
	kernel.Gemm(n, n, K, q, K, 1, c.kT, n, c.qk, n, false)
	kernel.Gemm(n, n, K, k, K, 1, c.kT, n, c.kk, n, false)
	kernel.Gemm(n, n, U, dy, U, 1, c.uT, n, c.yu, n, false)
	c.fade(c.qk, n, true)
	c.fade(c.kk, n, false)

	// du, from the last token to the first; dv in its place.
	kernel.Gemm(n, U, K, k, K, 1, c.grad, U, du, U, false)
	scaleRows(du, c.down[:n], U)
	kernel.Gemm(n, U, n, c.qk, 1, n, dy, U, du, U, true)
	for t := n - 1; t >= 0; t-- {
		row := du[t*U : (t+1)*U]
		for s := t + 1; s < n; s++ {
			kernel.Axpy(row, -c.kk[s*n+t], du[s*U:(s+1)*U])
		}
		g.state.gates[(lo+t)*2*R+R+r] = (1 - rate(t)) * kernel.Dot(row, u[t*U:(t+1)*U])
		kernel.Scale(row, rate(t))
		_, _, dv := x.head(g.state.conv, r, lo+t)
		copy(dv, row)
	}
	dv := du
	kernel.Gemm(n, n, U, dv, U, 1, c.uT, n, c.vu, n, false)

	// What passes each decay.
	kernel.Transpose(c.turned, S, K, U)
	kernel.Gemm(n, K, U, dy, U, 1, c.turned, K, dq, K, false)
	scaleRows(dq, c.up[:n], K)
	kernel.Gemm(n, K, U, dv, U, 1, c.turned, K, dk, K, false)
	scaleRows(dk, c.up[:n], K)
	for t := range n {
		c.read[t] = float64(kernel.Dot(q[t*K:(t+1)*K], dq[t*K:(t+1)*K])) - float64(kernel.Dot(k[t*K:(t+1)*K], dk[t*K:(t+1)*K]))
	}
	kernel.Scale(dk, -1)
	left := c.kT[:n*K] // no longer needed
	kernel.Transpose(c.turned, c.grad, K, U)
	kernel.Gemm(n, K, U, u, U, 1, c.turned, K, left, K, false)
	scaleRows(left, c.down[:n], K)
	through := float64(c.up[n-1]) * float64(kernel.Dot(c.grad, S))
	sum := 0.0
	for t := range n {
		c.left[t] = float64(kernel.Dot(k[t*K:(t+1)*K], left[t*K:(t+1)*K]))
		c.passed[t] = 0
		sum += c.left[t]
	}
	kernel.Add(dk, dk, left)
	read := 0.0
	for t := n - 1; t >= 0; t-- {
		read += c.read[t]
		sum -= c.left[t] // of those before t
		d := read + sum + through
		for s := range t {
			c.passed[s] += float64(c.qk[t*n+s]*c.yu[t*n+s]) - float64(c.kk[t*n+s]*c.vu[t*n+s])
			d += c.passed[s]
		}
		g.state.gates[(lo+t)*2*R+r] = float32(d)
	}

	// dq and dk.
	c.fade(c.yu, n, true)
	c.fade(c.vu, n, false)
	kernel.Gemm(n, K, n, c.yu, n, 1, k, K, dq, K, true)
	kernel.Gemm(n, K, n, c.yu, 1, n, q, K, dk, K, true)
	kernel.Scale(c.vu[:n*n], -1)
	kernel.Gemm(n, K, n, c.vu, n, 1, k, K, dk, K, true)
	kernel.Gemm(n, K, n, c.vu, 1, n, k, K, dk, K, true)
	for t := range n {
		toQ, toK, _ := x.head(g.state.conv, r, lo+t)
		kernel.Add(toQ, toQ, dq[t*K:(t+1)*K])
		kernel.Add(toK, toK, dk[t*K:(t+1)*K])
	}
	decay := c.up[n-1]
	c.add(c.grad, q, dy, c.up, decay, n, x)
	kernel.Scale(k, -1)
	c.add(c.grad, k, dv, c.up, 1, n, x)
}

// fade multiplies element (t, s) of a matrix by m(t,s), and clears those above the
// diagonal, and those on it unless own. (n, n)
func (c *chunkScratch) fade(a []float32, n int, own bool) {
	for t := range n {
		to := t
		if own {
			to++
		}
		m, row := c.m[:to], a[t*n:(t+1)*n]
		for s := range m {
			m[s] = float32(c.logs[t] - c.logs[s])
		}
		kernel.ExpSum(m, m, 0)
		kernel.Mul(row[:to], row[:to], m)
		clear(row[to:])
	}
}
