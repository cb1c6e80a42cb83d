package model

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// turns are the frequencies of a Rope, rounded as the reference does, and what
// cosines and sines are multiplied by.
type turns struct {
	freq []float32
	gain float32
}

func newTurns(r Rope) turns {
	t := turns{make([]float32, r.Dims/2), 1}
	if r.Gain != 0 {
		t.gain = r.Gain
	}
	for i := range t.freq {
		t.freq[i] = float32(1 / math.Pow(r.Theta, float64(2*i)/float64(r.Dims)))
		if r.Div != nil {
			t.freq[i] /= r.Div[i]
		}
	}
	return t
}

// turn turns the pairs of a head.
func (r *Rope) turn(x, cos, sin []float32) {
	if r.Pairs {
		kernel.RotatePairs(x, cos, sin)
		return
	}
	kernel.Rotate(x, cos, sin)
}

// turnBack undoes turn.
func (r *Rope) turnBack(x, cos, sin []float32) {
	if r.Pairs {
		kernel.RotatePairsBack(x, cos, sin)
		return
	}
	kernel.RotateBack(x, cos, sin)
}

// angles writes the cosines and sines of positions, (T, Dims/2) each: the
// product of frequency and position is rounded to float32, as the reference
// does.
func (f turns) angles(cos, sin []float32, pos []int32) {
	n := len(f.freq)
	for t, p := range pos {
		for i, freq := range f.freq {
			s, c := math.Sincos(float64(float32(p) * freq))
			cos[t*n+i], sin[t*n+i] = float32(c)*f.gain, float32(s)*f.gain
		}
	}
}

// ropeTable holds the cosines and sines of the first positions.
type ropeTable struct {
	cos, sin []float32 // (positions, Dims/2)
	half     int
}

func newRope(positions int, r Rope) *ropeTable {
	half := r.Dims / 2
	t := &ropeTable{make([]float32, positions*half), make([]float32, positions*half), half}
	t.fill(r)
	return t
}

// layRope is newRope in an arena, to be filled.
func layRope(positions, headDim int, a *tensor.Arena) *ropeTable {
	half := headDim / 2
	return &ropeTable{a.Float32(positions * half), a.Float32(positions * half), half}
}

func (t *ropeTable) fill(r Rope) {
	pos := make([]int32, len(t.cos)/t.half)
	for i := range pos {
		pos[i] = int32(i)
	}
	newTurns(r).angles(t.cos, t.sin, pos)
}

// at returns the cosines and sines of a position. No table turns nothing.
func (t *ropeTable) at(pos int) (cos, sin []float32) {
	if t == nil {
		return nil, nil
	}
	return t.cos[pos*t.half : (pos+1)*t.half], t.sin[pos*t.half : (pos+1)*t.half]
}
