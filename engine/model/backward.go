package model

import "suiren/engine/kernel"

// backScratch is one worker's memory for the backward pass of a row.
type backScratch struct {
	dy  []float32 // (T, H·D)
	dqk []float32 // (T, (H+G)·D)
	da  []float32 // (T, F)
	dn  []float32 // (T, C)
}

// vectorGrads are one row's gradients of the vectors of a block; rows are
// added in order afterwards, so that the sum does not depend on who ran them.
// Of a frozen model they are nil.
type vectorGrads struct{ attn, bias, q, k, mlp []float32 }

// back takes dx, the gradient of block l's output, one stage further to that
// of its input, in place: from the matrix which to the one before. It turns
// s.gateUp into its gradient and leaves in g the others that the weights'
// gradients need. last says that nobody asks for the gradient of the input.
func (w *net) back(which int, s *layerState, g *gradState, l, n int, docs []int, pos []int32, dx []float32, v *vectorGrads, ws *workScratch, last bool) {
	c, b, d := &w.Shape, &ws.back, &ws.dense
	C, F, N := c.Width, c.Hidden, c.inputs()
	p, m := &w.layers[l], w.blocks[l][which]
	switch which {
	case downLinear:
		copy(g.dtop[:n*C], dx)
		m.back(dx, n, C, s.act, b.da, d, g.pairs[which])
		for t := range n {
			c.Act.gateGrad(s.gateUp[2*t*F:][:F], s.gateUp[(2*t+1)*F:][:F], b.da[t*F:(t+1)*F])
		}
	case gateUpLinear:
		m.back(s.gateUp, n, 2*F, s.n2, b.dn, d, g.pairs[which])
		for t := range n {
			kernel.RMSNormGrad(dx[t*C:(t+1)*C], v.mlp, s.x1[t*C:(t+1)*C], p.mlpNorm, b.dn[t*C:(t+1)*C], s.r2[t])
		}
	case outLinear:
		copy(g.dmid[:n*C], dx)
		m.back(dx, n, C, s.y, b.dy, d, g.pairs[which])
		w.turnBack(s, g, l, n, docs, pos, v, ws)
	case qkvLinear:
		m.back(g.dqkv, n, N, s.n1, b.dn, d, g.pairs[which])
		for t := 0; t < n && !last; t++ {
			kernel.RMSNormGrad(dx[t*C:(t+1)*C], v.attn, s.x[t*C:(t+1)*C], p.attnNorm, b.dn[t*C:(t+1)*C], s.r1[t])
		}
	}
}

// turnBack takes the gradient of attention's output to that of the
// projections.
func (w *net) turnBack(s *layerState, g *gradState, l, n int, docs []int, pos []int32, v *vectorGrads, ws *workScratch) {
	c, b, a := &w.Shape, &ws.back, &ws.attn
	D, N, p := c.HeadDim, c.inputs(), &w.layers[l]
	w.gateBack(s, n, b.dy[:n*c.q()], g.dqkv, a)
	w.attendBack(s, l, docs, b.dy, b.dqk, g.dqkv, a)
	heads, rope := c.Heads+c.KVHeads, w.ropes[c.class(l)]
	for t := range n {
		cos, sin := rope.at(int(pos[t]))
		for h := range heads {
			dh := b.dqk[(t*heads+h)*D:][:D]
			norm, dnorm := p.qNorm, v.q
			if h >= c.Heads {
				norm, dnorm = p.kNorm, v.k
			} else {
				kernel.Scale(dh, c.Query)
			}
			rotateBack(dh, cos, sin)
			to := g.dqkv[t*N+h*D:][:D]
			if norm == nil {
				copy(to, dh)
				continue
			}
			clear(to)
			kernel.RMSNormGrad(to, dnorm, s.qkv[t*N+h*D:][:D], norm, dh, s.rq[t*heads+h])
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
		return g.dqkv, c.inputs(), s.n1, c.Width
	case outLinear:
		return g.dmid, c.Width, s.y, c.q()
	case gateUpLinear:
		return s.gateUp, 2 * c.Hidden, s.n2, c.Width
	}
	return g.dtop, c.Width, s.act, c.Hidden
}

// matrix returns one of a block's matrices.
func (l *Layer) matrix(which int) []float32 {
	return [linears][]float32{qkvLinear: l.qkv, outLinear: l.out, gateUpLinear: l.gateUp, downLinear: l.down}[which]
}
