package model

import "suiren/engine/kernel"

// What the layers of a block do that differs by Shape's options, forward and
// back: norms, activations, biases, learnt positions.

// normalise sets y to what the model's norm makes of x, which is x where it has
// none, and returns what normaliseGrad is to be told. y may be x.
func (s *Shape) normalise(y, x, w, b []float32) (r float32) {
	if w == nil {
		copy(y, x)
		return 0
	}
	if s.LayerNorm {
		kernel.LayerNorm(y, x, w, b, s.Eps)
		return 0
	}
	return kernel.RMSNorm(y, x, w, s.Eps)
}

// normaliseGrad adds to dx, dw and db the gradients of normalise for dy.
func (s *Shape) normaliseGrad(dx, dw, db, x, w, dy []float32, r float32) {
	if w == nil {
		kernel.Add(dx, dx, dy)
		return
	}
	if s.LayerNorm {
		kernel.LayerNormGrad(dx, dw, db, x, w, dy, s.Eps)
		return
	}
	kernel.RMSNormGrad(dx, dw, x, w, dy, r)
}

// ups is how many numbers a feed-forward layer has between its matrices.
func (s *Shape) ups() int {
	if s.Ungated {
		return s.Hidden
	}
	return 2 * s.Hidden
}

// activate sets y, of elements lo to hi of a feed-forward layer, from a token's
// products. up (ups)
func (s *Shape) activate(y, up []float32, lo, hi int, coarse bool) {
	if s.Ungated {
		s.Act.apply(y, up[lo:hi], coarse)
		return
	}
	F := s.Hidden
	s.Act.gate(y, up[lo:hi], up[F+lo:F+hi], coarse)
}

// activateGrad takes dy, the gradient of what activate made of a token's
// products, to theirs, in their place.
func (s *Shape) activateGrad(up, dy []float32) {
	F := s.Hidden
	switch {
	case !s.Ungated:
		s.Act.gateGrad(up[:F], up[F:], dy)
	case s.Act == GELU:
		kernel.GELUGrad(up, up, dy)
	default:
		kernel.GELUTanhGrad(up, up, dy)
	}
}

// addRows adds rows lo to hi of dy, ld apart, to db, the gradient of a bias; nil
// is of none.
func addRows(db, dy []float32, ld, lo, hi int) {
	for t := lo; db != nil && t < hi; t++ {
		kernel.Add(db, db, dy[t*ld:][:len(db)])
	}
}

// placeRows adds learnt positions to embedded tokens. x (T, C)
func (w *net) placeRows(x []float32, pos []int32) {
	if w.Learned {
		w.places.addRows(x, pos, w.Width)
	}
}

// addRows adds rows pos of a matrix of C columns to x. (T, C)
func (s stored) addRows(x []float32, pos []int32, C int) {
	var wide [64]float32
	for t, p := range pos {
		row, at := x[t*C:(t+1)*C], int(p)*C
		if s.f != nil {
			kernel.Add(row, row, s.f[at:at+C])
			continue
		}
		for lo := 0; lo < C; lo += len(wide) {
			part := row[lo:min(C, lo+len(wide))]
			s.read(wide[:len(part)], at+lo)
			kernel.Add(part, part, wide[:len(part)])
		}
	}
}

// placeTask adds the gradient of a span of the learnt positions.
func (t *Trainer) placeTask(_, i int) {
	C := t.net.Width
	lo := int32(i * gradSpan)
	hi := lo + gradSpan
	for j := range t.batch {
		r := &t.batch[j]
		for at, pos := range r.pos[:len(r.in.IDs)] {
			if pos >= lo && pos < hi {
				g := t.Grads.places.f[int(pos)*C:][:C]
				kernel.Add(g, g, r.nf[at*C:][:C])
			}
		}
	}
}

// biased refuses a block that lacks a bias which its family has.
func (p *planner) biased(l int, name func(role string) string) {
	var roles []string
	if p.s.Bias && !p.s.delta(l) {
		roles = []string{"attn_q", "attn_k", "attn_v"}
		if _, ok := p.src.weight(name("attn_qkv.weight")); ok {
			roles = []string{"attn_qkv"}
		}
	}
	if p.s.Biases {
		roles = append(roles, "attn_output", "ffn_up", "ffn_down")
	}
	for _, role := range roles {
		if _, ok := p.src.weight(name(role + ".bias")); !ok {
			p.fail(name(role+".bias"), "is missing")
		}
	}
}
