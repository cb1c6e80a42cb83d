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
