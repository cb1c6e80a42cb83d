package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// attnGrads are the gradients around the attention of a row.
type attnGrads struct {
	dy    []float32 // (T, H·D) of its output; or (T, R·U) of a state's
	dqk   []float32 // (T, (H+G)·D) of rotated queries and keys
	delta []float32 // (T, H) dO·O
}

func newAttnGrads(c *Shape, t int, a *tensor.Arena) attnGrads {
	return attnGrads{a.Float32(t * c.outputs()), a.Float32(t * (c.q() + c.kv())), a.Float32(t * c.Heads)}
}

// vectorGrads are one row's gradients of the vectors of a block; rows are
// added in order afterwards, so that the sum does not depend on who ran them.
// Of a frozen model they are nil.
type vectorGrads struct {
	attn, bias, q, k, mlp, attnPost, mlpPost, attnNormB, mlpNormB, out, up, down []float32
	state                                                                        stateVectors
}

// back takes dx, the gradient of block l's output, one product further to
// that of its input, in place, for tokens lo to hi: from the matrix which to
// what attention made, or to the gradient before the product before. It turns
// s.gateUp into its gradient and leaves in g the others that the weights'
// gradients need. last says that nobody asks for the gradient of the input.
func (w *net) back(which int, s *layerState, g *gradState, l, lo, hi int, dx []float32, v *vectorGrads, b *attnGrads, ws *workScratch, last bool) {
	c, d := &w.Shape, &ws.dense
	C, F, N, wide := c.Width, c.Hidden, apart(c.inputs()), apart(c.ups())
	p, m := &w.layers[l], w.blocks[l][which]
	switch which {
	case downLinear:
		w.takePosted(which, s, l, lo, hi, dx, g.dtop, v.mlpPost)
		m.back(g.dtop, C, lo, hi, s.act, ws.da, d, g.pairs[which])
		for t := lo; t < hi; t++ {
			c.activateGrad(s.gateUp[t*wide:][:c.ups()], ws.da[(t-lo)*F:(t-lo+1)*F])
		}
		addRows(v.down, g.dtop, C, lo, hi)
		addRows(v.up, s.gateUp, wide, lo, hi)
	case gateUpLinear:
		if c.Experts > 0 {
			w.routeBack(s, g, lo, hi)
			m.back(s.mix.probs, c.scored(), lo, hi, s.n2, ws.dn, d, g.pairs[which])
			w.readBack(s, g, lo, hi, ws.dn)
		} else {
			m.back(s.gateUp, wide, lo, hi, s.n2, ws.dn, d, g.pairs[which])
		}
		for t := lo; t < hi; t++ {
			c.normaliseGrad(dx[t*C:(t+1)*C], v.mlp, v.mlpNormB, s.x1[t*C:(t+1)*C], p.mlpNorm, ws.dn[(t-lo)*C:(t-lo+1)*C], s.r2[t])
		}
		w.takePosted(outLinear, s, l, lo, hi, dx, g.dmid, v.attnPost)
	case outLinear:
		m.back(g.dmid, C, lo, hi, s.y, b.dy[lo*s.outputs(c):], d, g.pairs[which])
		addRows(v.out, g.dmid, C, lo, hi)
		if s.state != nil {
			w.saidBack(s, l, lo, hi, b.dy, g.dqkv, v, &ws.state)
			return
		}
		w.gateBack(s, lo, hi, b, g.dqkv)
	case qkvLinear:
		if last {
			m.back(g.dqkv, N, lo, hi, s.n1, nil, d, g.pairs[which])
			return
		}
		m.back(g.dqkv, N, lo, hi, s.n1, ws.dn, d, g.pairs[which])
		for t := lo; t < hi; t++ {
			c.normaliseGrad(dx[t*C:(t+1)*C], v.attn, v.attnNormB, s.x[t*C:(t+1)*C], p.attnNorm, ws.dn[(t-lo)*C:(t-lo+1)*C], s.r1[t])
		}
	}
}

// turnBack takes the gradients of rotated queries and keys to those of the
// projections, for tokens lo to hi.
func (w *net) turnBack(s *layerState, g *gradState, l, lo, hi int, pos []int32, v *vectorGrads, b *attnGrads) {
	c := &w.Shape
	D, N, p := c.HeadDim, apart(c.inputs()), &w.layers[l]
	heads, rope, r := c.Heads+c.KVHeads, w.ropes[c.class(l)], &c.Rope[c.class(l)]
	for t := lo; t < hi; t++ {
		cos, sin := rope.at(int(pos[t]))
		kernel.Scale(b.dqk[t*heads*D:][:c.q()], c.Query)
		for h := range heads {
			dh := b.dqk[(t*heads+h)*D:][:D]
			norm, dnorm := p.qNorm, v.q
			if h >= c.Heads {
				norm, dnorm = p.kNorm, v.k
			}
			at := t*N + c.headAt(h)
			to, from := g.dqkv[at:][:D], s.qkv[at:][:D]
			if norm != nil && c.LateQK {
				if c.turned(l) {
					r.turn(from, cos, sin) // what was normalised; nobody reads the rest again
				}
				clear(to)
				kernel.RMSNormGrad(to, dnorm, from, norm, dh, s.rq[t*heads+h])
				copy(dh, to)
			}
			if c.turned(l) {
				r.turnBack(dh, cos, sin)
			}
			if norm == nil || c.LateQK || c.WideQK {
				copy(to, dh)
				continue
			}
			clear(to)
			kernel.RMSNormGrad(to, dnorm, from, norm, dh, s.rq[t*heads+h])
		}
		if c.WideQK {
			dq, dk := b.dqk[t*heads*D:][:c.q()], b.dqk[t*heads*D+c.q():][:c.kv()]
			clear(g.dqkv[t*N:][:c.q()+c.kv()])
			kernel.RMSNormGrad(g.dqkv[t*N:][:c.q()], v.q, s.qkv[t*N:][:c.q()], p.qNorm, dq, s.rq[t*heads])
			kernel.RMSNormGrad(g.dqkv[t*N+c.q():][:c.kv()], v.k, s.qkv[t*N+c.q():][:c.kv()], p.kNorm, dk, s.rq[t*heads+1])
		}
		if v.bias != nil {
			kernel.Add(v.bias, v.bias, g.dqkv[t*N:][:len(v.bias)])
		}
	}
}

// outer returns what the gradient of one of a block's matrices is made of:
// the gradients of its outputs and its inputs, dW += dYᵀ·X.
func (c *Shape) outer(which int, s *layerState, g *gradState) (dy []float32, out int, x []float32, in int) {
	switch which {
	case qkvLinear:
		return g.dqkv, apart(c.inputs()), s.n1, c.Width
	case outLinear:
		return g.dmid, c.Width, s.y, s.outputs(c)
	case gateUpLinear:
		if c.Experts > 0 {
			return s.mix.probs, c.scored(), s.n2, c.Width
		}
		return s.gateUp, apart(c.ups()), s.n2, c.Width
	}
	return g.dtop, c.Width, s.act, c.Hidden
}

// matrix returns one of a block's matrices.
func (l *Layer) matrix(which int) stored {
	if which == gateUpLinear && (l.router.f != nil || l.router.h != nil) {
		return l.router
	}
	return [linears]stored{qkvLinear: l.qkv, outLinear: l.out, gateUpLinear: l.gateUp, downLinear: l.down}[which]
}
