package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// LayerNormGrad is the derivative of Σ dy⊙LayerNorm(x), which differences of it
// in float64 give to 1e-8 or so; it adds to what is there, and without weights'
// gradients to dx alone, with the same bits.
func TestLayerNormGrad(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 4, 7, 64, 65} {
		list := make([][]float32, 7)
		for i := range list {
			for range n {
				list[i] = append(list[i], float32(rng.NormFloat64())+0.5)
			}
		}
		x, w, dy := list[0], list[1], list[3]
		in := [3][]float64{}
		for i := range in {
			for _, v := range list[i] {
				in[i] = append(in[i], float64(v))
			}
		}
		const eps = 1e-3
		value := func() (s float64) {
			var mean, square float64
			for _, v := range in[0] {
				mean += v / float64(n)
			}
			for _, v := range in[0] {
				square += (v - mean) * (v - mean) / float64(n)
			}
			for i, v := range in[0] {
				s += float64(dy[i]) * ((v-mean)/math.Sqrt(square+float64(float32(eps)))*in[1][i] + in[2][i])
			}
			return s
		}
		before := [3][]float32{}
		for i := range before {
			before[i] = append(before[i], list[4+i]...)
		}
		alone := append([]float32(nil), before[0]...)
		LayerNormGrad(alone, nil, nil, x, w, dy, eps)
		LayerNormGrad(list[4], list[5], list[6], x, w, dy, eps)
		for j := range in { // of x, w and b
			for i := range n {
				const h = 1e-5
				saved := in[j][i]
				in[j][i] = saved + h
				up := value()
				in[j][i] = saved - h
				down := value()
				in[j][i] = saved
				want, got := (up-down)/(2*h), float64(list[4+j][i])-float64(before[j][i])
				if math.Abs(got-want) > 4e-6*(1+math.Abs(want)) {
					t.Errorf("of %d: gradient %d at %d is %.9g, want %.9g", n, j, i, got, want)
				}
			}
		}
		if i := differ(alone, list[4]); i >= 0 {
			t.Errorf("of %d: without weights' gradients dx[%d] is %g, not %g", n, i, alone[i], list[4][i])
		}
	}
}

// The gradients of GELU are those of GEGLU behind an open gate.
func TestGELUGrad(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var x, dy, one []float32
	for range 200 {
		x, dy, one = append(x, 3*float32(rng.NormFloat64())), append(dy, float32(rng.NormFloat64())), append(one, 1)
	}
	for name, f := range map[string]struct {
		grad  func(dx, x, dy []float32)
		gated func(dg, du, g, u, da []float32)
	}{"GELU": {GELUGrad, GEGLUGrad}, "GELUTanh": {GELUTanhGrad, GEGLUTanhGrad}} {
		want, got := make([]float32, len(x)), append([]float32(nil), x...)
		f.gated(want, make([]float32, len(x)), x, one, dy)
		f.grad(got, got, dy) // in place
		if i := differ(got, want); i >= 0 {
			t.Errorf("%s of %g: %g, want %g", name, x[i], got[i], want[i])
		}
	}
}
