package model

import "math"

// ropeTable holds cosines and sines of pos·θ^(−2i/D), each (positions, D/2).
type ropeTable struct {
	cos, sin []float32
	half     int
}

// newRope computes the table as the reference does: the frequency and its
// product with the position are rounded to float32.
func newRope(positions, headDim int, theta float64) *ropeTable {
	half := headDim / 2
	t := &ropeTable{make([]float32, positions*half), make([]float32, positions*half), half}
	for i := range half {
		freq := float32(1 / math.Pow(theta, float64(2*i)/float64(headDim)))
		for pos := range positions {
			s, c := math.Sincos(float64(float32(pos) * freq))
			t.cos[pos*half+i], t.sin[pos*half+i] = float32(c), float32(s)
		}
	}
	return t
}

// rotate turns the pairs (x[i], x[i+D/2]) by the angles of pos. (D)
func (t *ropeTable) rotate(x []float32, pos int) {
	cos, sin := t.cos[pos*t.half:(pos+1)*t.half], t.sin[pos*t.half:(pos+1)*t.half]
	lo, hi := x[:t.half], x[t.half:2*t.half]
	for i, c := range cos {
		s, a, b := sin[i], lo[i], hi[i]
		lo[i] = float32(a*c) - float32(b*s)
		hi[i] = float32(b*c) + float32(a*s)
	}
}

// rotateBack undoes rotate: it is its transpose, so its backward pass.
func (t *ropeTable) rotateBack(x []float32, pos int) {
	cos, sin := t.cos[pos*t.half:(pos+1)*t.half], t.sin[pos*t.half:(pos+1)*t.half]
	lo, hi := x[:t.half], x[t.half:2*t.half]
	for i, c := range cos {
		s, a, b := sin[i], lo[i], hi[i]
		lo[i] = float32(a*c) + float32(b*s)
		hi[i] = float32(b*c) - float32(a*s)
	}
}
