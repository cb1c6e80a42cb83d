package kernel

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/kerneltest"
)

func TestInt8s(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, n := range []int{0, 1, 31, 32, 33, 64, 80, 256} {
			q := make([]byte, n)
			for i := range q {
				q[i] = byte(rng.Uint32())
			}
			var scales [NR]float32
			for i := range scales {
				scales[i] = float32(rng.NormFloat64())
			}
			got, want := kerneltest.Float32s(t, n), make([]float32, n)
			Int8s(got, q, &scales)
			int8sGeneric(want, q, &scales)
			if i := differ(got, want); i >= 0 {
				t.Fatalf("of %d: element %d is %g, want %g", n, i, got[i], want[i])
			}
		}
	})
}

// SoftCap is within 2⁻²² of cap, the rounding of e−1 and of e where they are
// near 0 and 1, and has the same bits everywhere; its gradient is within 2⁻²² of
// what it is made of: three roundings of one.
func TestSoftCap(t *testing.T) {
	x := []float32{0, 1e-3, -1e-3, 0.5, -7, 29, -31, 60, 1e4, -1e4, float32(math.Inf(1)), float32(math.Inf(-1))}
	for len(x) < 50 {
		x = append(x, float32(len(x))-25)
	}
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		const limit = 30
		got := append([]float32(nil), x...)
		SoftCap(got, limit)
		for i, v := range x {
			want := limit * math.Tanh(float64(v)/limit)
			if math.Abs(float64(got[i])-want) > limit*0x1p-22 {
				t.Errorf("of %g: %g, want %g", v, got[i], want)
			}
		}
		grad := make([]float32, len(x))
		for i := range grad {
			grad[i] = float32(i) - 20
		}
		SoftCapGrad(grad, append([]float32(nil), got...), limit)
		for i, y := range got {
			dy := float64(i) - 20
			want := dy * (1 - float64(y)/limit*float64(y)/limit)
			if math.Abs(float64(grad[i])-want) > math.Abs(dy)*0x1p-22 {
				t.Errorf("the gradient at %g: %g, want %g", y, grad[i], want)
			}
		}
	})
}

// The gradients of GELU by tanh are those of its formula, within the bound that
// they give, in place too; of numbers out of any range they are still numbers.
func TestGEGLUTanhGrad(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, n := range []int{0, 1, 127, 128, 129, 300} {
			var in [3][]float32
			for i := range in {
				in[i] = kerneltest.Float32s(t, n)
				fill(rng, in[i])
			}
			for i := range in[0] {
				in[0][i] *= 4
			}
			if n > 6 {
				copy(in[0], []float32{0, -12, 12, 1e6, -1e6, 1e15})
			}
			g, u, da := append([]float32(nil), in[0]...), append([]float32(nil), in[1]...), append([]float32(nil), in[2]...)
			GEGLUTanhGrad(in[0], in[1], in[0], in[1], in[2])
			for i := range g {
				x, root := float64(g[i]), math.Sqrt(2/math.Pi)
				th := math.Tanh(root * (x + 0.044715*x*x*x))
				y, d := 0.5*x*(1+th), 0.5*(1+th)+0.5*x*(1-th*th)*root*(1+3*0.044715*x*x)
				bound := math.Max(1, math.Abs(x)) * math.Abs(float64(da[i])) * 0x1p-20
				if math.Abs(float64(in[1][i])-float64(da[i])*y) > bound {
					t.Fatalf("of %g: du is %g, want %g", x, in[1][i], float64(da[i])*y)
				}
				if want := float64(da[i]) * float64(u[i]) * d; !(math.Abs(float64(in[0][i])-want) <= bound*math.Abs(float64(u[i]))) {
					t.Fatalf("of %g: dg is %g, want %g", x, in[0][i], want)
				}
			}
		}
	})
}

// ToInt8s has the definition's bits, whatever the length and the numbers.
func TestToInt8s(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{0, 1, 31, 32, 33, 64, 80, 128, 255} {
			for _, odd := range []float32{1, 0, 1e-40, 1e-45, 3e-37, 1e30, math.MaxFloat32, float32(math.Inf(-1)), float32(math.NaN())} {
				x := kerneltest.Float32s(t, n)
				for i := range x {
					x[i] = float32(rng.IntN(255)-127) / 2 // 63.5 is the largest: ties are many
					if odd < 1 {
						x[i] = 0
					}
				}
				if n > 0 {
					x[rng.IntN(n)] = odd
				}
				got, want := make([]byte, n), make([]byte, n)
				for i := range got {
					got[i] = 77
				}
				scale, exact := ToInt8s(got, x), toInt8sGeneric(want, x)
				if !same(scale, exact) {
					t.Fatalf("%d with %g: scale %g, want %g", n, odd, scale, exact)
				}
				if odd != odd && n > 0 && scale == scale {
					t.Fatalf("%d with a NaN: scale %g", n, scale)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("%d with %g: %d, want %d", n, odd, got, want)
				}
			}
		}
	})
}
