package model

import (
	"math"

	"suiren/engine/kernel"
)

// saidBack takes dy, the gradient of what block l's states put out, for tokens lo
// to hi, to that of what they say, in its place, and to that of the gates, in dqkv.
// dy (T, R·U).
func (w *net) saidBack(s *layerState, l, lo, hi int, dy, dqkv []float32, v *vectorGrads, k *stateScratch) {
	x, norm, N := w.Delta, w.states[l].norm, apart(w.inputs())
	U := x.Dim
	for t := lo; t < hi; t++ {
		for r := range x.Heads {
			at, gate := t*x.values()+r*U, t*N+x.conv()+r*U
			d, said, rms := dy[at:at+U], s.state.said[at:at+U], s.state.rms[t*x.Heads+r]
			n, dn := k.said[:U], k.said[U:2*U]
			kernel.RMSNorm(n, said, norm, w.Eps)
			kernel.SwiGLUGrad(dqkv[gate:][:U], dn, s.qkv[gate:][:U], n, d)
			clear(d)
			kernel.RMSNormGrad(d, v.state.norm, said, norm, dn, rms)
		}
	}
}

// learnBack is the backward pass of learn for the value heads that read key head p,
// one after the other, from dy, the gradient of what their states say. (T, R·U) It
// writes the gradients of queries, keys and values, and those of the logarithms of
// decays and of what rates are made of. With S the state before a token and
// D the gradient of the one after it, of which the token's own part is q·dyᵀ:
//
//	du = (D + q·dyᵀ)ᵀ·k    dv = β·du    D′ = a·(D + q·dyᵀ − k·dvᵀ)
//	dq = a·S·dy + k·(u·dy)    dk = D·u + q·(dy·u) − a·S·dv    d(log a) = ⟨D′, S⟩
//
// and D′ is the gradient of S. The rate is σ of its input, so that input's is
// (1 − β)·(du·u), for u = β·(v − a·Sᵀ·k).
//
// The states are made again, by the operations that made them: once through the
// document, to keep one of every k.every, and once between each two of those.
func (w *net) learnBack(s *layerState, g *gradState, dy []float32, p int, docs []int, k *stateScratch) {
	x := w.Delta
	B, R := x.conv(), x.Heads
	clearKeys := func(lo, hi int) {
		for t := lo; t < hi; t++ {
			row := g.state.conv[t*B+p*x.KeyDim:]
			clear(row[:x.KeyDim])
			clear(row[x.keys():][:x.KeyDim])
		}
	}
	for i := range len(docs) - 1 {
		lo, hi := docs[i], docs[i+1]
		clearKeys(lo, hi)
		for r := p; r < R; r += x.KeyHeads {
			w.keepStates(s, r, lo, hi, k)
			clear(k.grad)
			for from := lo + (hi-lo-1)/k.every*k.every; from >= lo; from -= k.every {
				to := min(hi, from+k.every)
				w.statesWithin(s, r, from, to, k.kept[(from-lo)/k.every*len(k.grad):], k)
				for t := to - 1; t >= from; t-- {
					w.stepBack(s, g, dy, r, t, k.inside[(t-from)*len(k.grad):][:len(k.grad)], k)
				}
			}
		}
	}
}

// head returns what value head r reads of token t: query, key, and u.
func (x *Delta) head(conv []float32, r, t int) (q, k, u []float32) {
	c, at := conv[t*x.conv():], r%x.KeyHeads*x.KeyDim
	return c[at:][:x.KeyDim], c[x.keys()+at:][:x.KeyDim], c[2*x.keys()+r*x.Dim:][:x.Dim]
}

// keepStates keeps the states of value head r before every k.every-th token of the
// document lo to hi.
func (w *net) keepStates(s *layerState, r, lo, hi int, k *stateScratch) {
	x, one := w.Delta, len(k.grad)
	S := k.inside[:one]
	clear(S)
	for t := lo; ; t++ {
		if (t-lo)%k.every == 0 {
			copy(k.kept[(t-lo)/k.every*one:], S)
			if t+k.every >= hi {
				return
			}
		}
		_, key, u := x.head(s.state.conv, r, t)
		x.change(S, key, u, s.state.gates[t*2*x.Heads+r])
	}
}

// statesWithin makes the states before tokens lo to hi from the first of them.
func (w *net) statesWithin(s *layerState, r, lo, hi int, first []float32, k *stateScratch) {
	x, one := w.Delta, len(k.grad)
	copy(k.inside[:one], first)
	for t := lo; t < hi-1; t++ {
		S := k.inside[(t+1-lo)*one:][:one]
		copy(S, k.inside[(t-lo)*one:])
		_, key, u := x.head(s.state.conv, r, t)
		x.change(S, key, u, s.state.gates[t*2*x.Heads+r])
	}
}

// stepBack takes k.grad, the gradient of the state after token t, to that of S, the
// one before it.
func (w *net) stepBack(s *layerState, g *gradState, dsaid []float32, r, t int, S []float32, k *stateScratch) {
	x := w.Delta
	K, U, R := x.KeyDim, x.Dim, x.Heads
	q, key, u := x.head(s.state.conv, r, t)
	dq, dk, dv := x.head(g.state.conv, r, t)
	decay, rate := s.state.gates[t*2*R+r], s.state.gates[t*2*R+R+r]
	dy := dsaid[t*x.values()+r*U:][:U]
	du := k.said[:U]
	kernel.Gemm(1, U, K, key, K, 1, k.grad, U, du, U, false)
	kernel.Axpy(du, kernel.Dot(q, key), dy)
	said := kernel.Dot(dy, u)
	gates := g.state.gates[t*2*R:]
	gates[R+r] = (1 - rate) * kernel.Dot(du, u)
	copy(dv, du)
	kernel.Scale(dv, rate)
	decayed := 0.0
	for i := range K {
		m, row := k.grad[i*U:(i+1)*U], S[i*U:(i+1)*U]
		dq[i] += float32(decay*kernel.Dot(row, dy)) + float32(key[i]*said)
		dk[i] += float32(kernel.Dot(m, u)+float32(q[i]*said)) - float32(decay*kernel.Dot(row, dv))
		kernel.Axpy(m, q[i], dy)
		kernel.Axpy(m, -key[i], dv)
		kernel.Scale(m, decay)
		decayed += float64(kernel.Dot(m, row))
	}
	gates[r] = float32(decayed)
}

// headsBack takes the gradients of queries, keys and values, for tokens lo to hi, to
// those of the convolution's products, in their place.
func (w *net) headsBack(s *layerState, g *gradState, l, lo, hi int, pos []int32, k *stateScratch) {
	x, b := w.Delta, w.states[l]
	B := x.conv()
	sums, y, tmp := k.tmp[:B], k.tmp[B:2*B], k.tmp[2*B:3*B]
	for t := lo; t < hi; t++ {
		b.convolve(sums, tmp, func(i int) []float32 { return w.seen(s, t, x.Conv-1-i, int(pos[t])) })
		kernel.SwiGLU(y, sums, w.ones)
		d := g.state.conv[t*B:][:B]
		for h := range 2 * x.KeyHeads {
			head, dh := y[h*x.KeyDim:][:x.KeyDim], d[h*x.KeyDim:][:x.KeyDim]
			f := unit(head)
			scale := f
			if h < x.KeyHeads {
				scale *= x.scale()
			}
			kernel.Scale(dh, scale)
			kernel.Axpy(dh, -f*f*kernel.Dot(head, dh), head)
		}
		kernel.SwiGLUGrad(d, tmp, sums, w.ones, d)
	}
}

// convolveBack takes those, for tokens lo to hi of n, to what block l made of its
// first norm, and gates with them.
func (w *net) convolveBack(s *layerState, g *gradState, l, lo, hi, n int, pos []int32, v *vectorGrads, k *stateScratch) {
	x, b, N := w.Delta, w.states[l], apart(w.inputs())
	B, R, W := x.conv(), x.Heads, x.Conv
	tmp := k.tmp[:B]
	for t := lo; t < hi; t++ {
		d, own := g.dqkv[t*N:][:B], g.state.conv[t*B:][:B]
		kernel.Mul(d, own, b.conv[W-1])
		for i := 1; i < W && t+i < n && pos[t+i] == pos[t]+int32(i); i++ {
			kernel.Mul(tmp, g.state.conv[(t+i)*B:][:B], b.conv[W-1-i])
			kernel.Add(d, d, tmp)
		}
		if v.state.conv != nil {
			for i := range min(W, int(pos[t])+1) {
				kernel.Mul(tmp, own, w.seen(s, t, i, int(pos[t])))
				dw := v.state.conv[(W-1-i)*B:][:B]
				kernel.Add(dw, dw, tmp)
			}
		}
	}
	from := B + x.values()
	for r := range R {
		var logs, bias float64
		for t := lo; t < hi; t++ {
			gates, in, out := g.state.gates[t*2*R:], s.qkv[t*N+from:], g.dqkv[t*N+from:]
			log := b.logDecay(r, in[R+r])
			dlog := float64(gates[r])
			open := 1 / (1 + math.Exp(-float64(in[R+r])-float64(b.bias[r]))) // the slope of the softplus
			d := dlog * float64(b.decay[r]) * open
			out[r], out[R+r] = gates[R+r], float32(d)
			logs += float64(dlog * log)
			bias += d
		}
		if v.state.logs != nil {
			v.state.logs[r] += float32(logs)
			v.state.bias[r] += float32(bias)
		}
	}
}
