package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A posted is what attention or the feed-forward layer of one block of one row
// adds, before its norm or its factor: of families that have such.
type posted struct {
	x []float32 // (T, C) the product
	r []float32 // (T) its 1/rms
}

// posts reports whether what a block adds is normalised or scaled first.
func (c *Shape) posts() bool { return c.PostNorms || c.scaled() }

// layPosted lays out what a block adds, for t tokens; of most families nothing.
func (c *Shape) layPosted(t int, a *tensor.Arena) (list [2]posted) {
	if c.posts() {
		for i := range list {
			list[i] = posted{a.Float32(t * c.Width), a.Float32(t)}
		}
	}
	return list
}

// posted returns what outLinear or downLinear makes.
func (s *layerState) posted(which int) *posted {
	if which == outLinear {
		return &s.post[0]
	}
	return &s.post[1]
}

// postNorm returns the norm after a product; nil if the family has none.
func (l *Layer) postNorm(which int) []float32 {
	if which == outLinear {
		return l.attnPost
	}
	return l.mlpPost
}

// addPosted sets to, for tokens lo to hi, to x and the norm of what a product
// made, or a factor of it, if the family has one: else it was added already. (T, C)
func (w *net) addPosted(which int, s *layerState, l, lo, hi int, x, to []float32) {
	if !w.posts() {
		return
	}
	C, p, norm := w.Width, s.posted(which), w.layers[l].postNorm(which)
	for t := lo; t < hi; t++ {
		row := to[t*C : (t+1)*C]
		if norm != nil {
			p.r[t] = kernel.RMSNorm(row, p.x[t*C:(t+1)*C], norm, w.Eps)
		} else {
			copy(row, p.x[t*C:(t+1)*C])
		}
		if w.scaled() {
			kernel.Scale(row, w.Residual)
		}
		kernel.Add(row, x[t*C:(t+1)*C], row)
	}
}

// takePosted sets dy, the gradient of a product, for tokens lo to hi, from dx,
// that of what its norm, or a factor of it, was added to; dnorm is added to that of the norm.
func (w *net) takePosted(which int, s *layerState, l, lo, hi int, dx, dy, dnorm []float32) {
	C := w.Width
	if !w.PostNorms {
		copy(dy[lo*C:hi*C], dx[lo*C:])
		if w.scaled() {
			kernel.Scale(dy[lo*C:hi*C], w.Residual)
		}
		return
	}
	p, norm := s.posted(which), w.layers[l].postNorm(which)
	clear(dy[lo*C : hi*C])
	for t := lo; t < hi; t++ {
		kernel.RMSNormGrad(dy[t*C:(t+1)*C], dnorm, p.x[t*C:(t+1)*C], norm, dx[t*C:(t+1)*C], p.r[t])
	}
}

// snap rounds the norms of a family whose folders hold them less one to numbers
// that such a folder can hold: what is trained is what is written.
func (p *Params) snap() {
	row, err := familyOf(p.Arch)
	if err != nil || !row.unitNorms {
		return
	}
	unit := func(x []float32) {
		for i := range x {
			x[i] = float32(x[i]-1) + 1
		}
	}
	unit(p.norm)
	for i := range p.layers {
		l := &p.layers[i]
		for _, x := range [...][]float32{l.attnNorm, l.attnPost, l.mlpNorm, l.mlpPost, l.qNorm, l.kNorm} {
			unit(x)
		}
	}
}
