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
			d := float64(dlog * float64(b.decay[r]) * open)                  // not fused with the sum
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
