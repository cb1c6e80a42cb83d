package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/kerneltest"
)

// extremes go into some of the inputs: what comparisons, roundings and the
// bounds of exp may get wrong.
var extremes = []float32{
	0, float32(math.Copysign(0, -1)), 88, 88.5, -87.69, -87.7, -88, -103, 1e30, -1e30, 1e-40, -1e-40, math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.Float32frombits(0x7f800001), // a signalling NaN, which some instructions treat as no other
}

// A vectorCase is one kernel and its definition on the same memory: in holds
// the arguments, of which both may change any, and the result is a scalar.
type vectorCase struct {
	name     string
	args     int
	kernel   func(in [][]float32) float32
	generic  func(in [][]float32) float32
	positive bool // moments of AdamW are
}

var testAdam = adamW{0.9, 0.1, 0.95, 0.05, 2, 3, 0.01, 0.1, 1e-3}

var vectorCases = []vectorCase{
	{"Dot", 2, func(in [][]float32) float32 { return Dot(in[0], in[1]) },
		func(in [][]float32) float32 { return dotGeneric(in[0], in[1]) }, false},
	{"dot3", 3, func(in [][]float32) float32 { return dot3(in[0], in[1], in[2]) },
		func(in [][]float32) float32 { return dot3Generic(in[0], in[1], in[2]) }, false},
	{"Max", 1, func(in [][]float32) float32 { return Max(in[0]) },
		func(in [][]float32) float32 { return maximumGeneric(in[0]) }, false},
	{"ExpSum", 2, func(in [][]float32) float32 { return ExpSum(in[0], in[1], 0.5) },
		func(in [][]float32) float32 { return expSumGeneric(in[0], in[1], 0.5) }, false},
	{"ExpSum in place", 1, func(in [][]float32) float32 { return ExpSum(in[0], in[0], float32(math.Inf(-1))) },
		func(in [][]float32) float32 { return expSumGeneric(in[0], in[0], float32(math.Inf(-1))) }, false},
	{"Axpy", 2, func(in [][]float32) float32 { Axpy(in[0], 1.3, in[1]); return 0 },
		func(in [][]float32) float32 { axpyGeneric(in[0], 1.3, in[1]); return 0 }, false},
	{"Add", 3, func(in [][]float32) float32 { Add(in[0], in[1], in[2]); return 0 },
		func(in [][]float32) float32 { addGeneric(in[0], in[1], in[2]); return 0 }, false},
	{"Mul", 3, func(in [][]float32) float32 { Mul(in[0], in[1], in[2]); return 0 },
		func(in [][]float32) float32 { mulGeneric(in[0], in[1], in[2]); return 0 }, false},
	{"Scale", 1, func(in [][]float32) float32 { Scale(in[0], 0.3); return 0 },
		func(in [][]float32) float32 { scaleGeneric(in[0], 0.3); return 0 }, false},
	{"SwiGLU", 3, func(in [][]float32) float32 { SwiGLU(in[0], in[1], in[2]); return 0 },
		func(in [][]float32) float32 { swiGLUGeneric(in[0], in[1], in[2]); return 0 }, false},
	{"SwiGLUGrad", 5, func(in [][]float32) float32 { SwiGLUGrad(in[0], in[1], in[2], in[3], in[4]); return 0 },
		func(in [][]float32) float32 { swiGLUGradGeneric(in[0], in[1], in[2], in[3], in[4]); return 0 }, false},
	{"SwiGLUGrad in place", 3, func(in [][]float32) float32 { SwiGLUGrad(in[0], in[1], in[0], in[1], in[2]); return 0 },
		func(in [][]float32) float32 { swiGLUGradGeneric(in[0], in[1], in[0], in[1], in[2]); return 0 }, false},
	{"scaleMul", 3, func(in [][]float32) float32 { scaleMul(in[0], in[1], in[2], 0.7); return 0 },
		func(in [][]float32) float32 { scaleMulGeneric(in[0], in[1], in[2], 0.7); return 0 }, false},
	{"normGrad", 4, func(in [][]float32) float32 { normGrad(in[0], in[1], in[2], in[3], 0.7, 0.2); return 0 },
		func(in [][]float32) float32 { normGradGeneric(in[0], in[1], in[2], in[3], 0.7, 0.2); return 0 }, false},
	{"normGradW", 3, func(in [][]float32) float32 { normGradW(in[0], in[1], in[2], 0.7); return 0 },
		func(in [][]float32) float32 { normGradWGeneric(in[0], in[1], in[2], 0.7); return 0 }, false},
	{"Rotate", 4, func(in [][]float32) float32 { rotate(in[0], in[1], in[2], in[3]); return 0 },
		func(in [][]float32) float32 { rotateGeneric(in[0], in[1], in[2], in[3]); return 0 }, false},
	{"RMSNorm", 3, func(in [][]float32) float32 { return RMSNorm(in[0], in[1], in[2], 1e-6) },
		func(in [][]float32) float32 {
			if len(in[0]) == 0 {
				return 1 / sqrt(1e-6)
			}
			r := 1 / sqrt(dotGeneric(in[1], in[1])/float32(len(in[1]))+1e-6)
			scaleMulGeneric(in[0], in[1], in[2], r)
			return r
		}, false},
	{"RMSNormGrad", 5, func(in [][]float32) float32 { RMSNormGrad(in[0], in[1], in[2], in[3], in[4], 0.7); return 0 },
		func(in [][]float32) float32 { rmsNormGradGeneric(in[0], in[1], in[2], in[3], in[4], 0.7); return 0 }, false},
	{"RMSNormGrad without weights", 4, func(in [][]float32) float32 { RMSNormGrad(in[0], nil, in[1], in[2], in[3], 0.7); return 0 },
		func(in [][]float32) float32 { rmsNormGradGeneric(in[0], nil, in[1], in[2], in[3], 0.7); return 0 }, false},
	{"SoftmaxGrad", 2, func(in [][]float32) float32 { SoftmaxGrad(in[0], in[1], 0.5, 0.3, 0.2); return 0 },
		func(in [][]float32) float32 {
			expSumGeneric(in[0], in[0], 0.5)
			for i, p := range in[0] {
				in[0][i] = float32(p * 0.3)
				in[1][i] = in[0][i] * (in[1][i] - 0.2)
			}
			return 0
		}, false},
	{"AdamW", 4, func(in [][]float32) float32 { adamWStep(in[0], in[1], in[2], in[3], &testAdam); return 0 },
		func(in [][]float32) float32 { adamWStepGeneric(in[0], in[1], in[2], in[3], &testAdam); return 0 }, true},
}

func rmsNormGradGeneric(dx, dw, x, w, dy []float32, r float32) {
	if len(x) == 0 {
		return
	}
	normGradGeneric(dx, x, w, dy, r, dot3Generic(dy, w, x)*r/float32(len(x))*r)
	if dw != nil {
		normGradWGeneric(dw, x, dy, r)
	}
}

func TestVector(t *testing.T) {
	lengths := []int{128, 160, 255, 1000}
	for n := range 100 {
		lengths = append(lengths, n)
	}
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, c := range vectorCases {
			for _, n := range lengths {
				in, want := make([][]float32, c.args), make([][]float32, c.args)
				for i := range in {
					in[i] = kerneltest.Float32s(t, n)
					fill(rng, in[i])
					if n > 0 && n%3 == 0 && !c.positive {
						in[i][rng.IntN(n)] = extremes[rng.IntN(len(extremes))]
					}
					if c.positive && i == 3 {
						for j := range in[i] {
							in[i][j] = float32(math.Abs(float64(in[i][j])))
						}
					}
					want[i] = append([]float32(nil), in[i]...)
				}
				got, exact := c.kernel(in), c.generic(want)
				if !same(got, exact) {
					t.Fatalf("%s of %d: %x, want %x", c.name, n, got, exact)
				}
				for i := range in {
					if j := differ(in[i], want[i]); j >= 0 {
						t.Fatalf("%s of %d: element %d of argument %d is %x, want %x", c.name, n, j, i, in[i][j], want[i][j])
					}
				}
			}
		}
	})
}

func TestRotateBack(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for n := range 40 {
			x, cos, sin := kerneltest.Float32s(t, 2*n), kerneltest.Float32s(t, n), kerneltest.Float32s(t, n)
			fill(rng, x)
			for i := range cos {
				c, s := math.Cos(float64(i)), math.Sin(float64(i))
				cos[i], sin[i] = float32(c), float32(s)
			}
			want := append([]float32(nil), x...)
			Rotate(x, cos, sin)
			RotateBack(x, cos, sin)
			for i := range x {
				if math.Abs(float64(x[i]-want[i])) > 1e-6*math.Hypot(float64(want[i%n]), float64(want[i%n+n])) {
					t.Fatalf("of %d pairs: element %d is %g, was %g", n, i, x[i], want[i])
				}
			}
		}
	})
}

// Neighbours turn as halves do, bit for bit.
func TestRotatePairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for n := range 40 {
		x, cos, sin := make([]float32, 2*n+1), make([]float32, n), make([]float32, n)
		fill(rng, x)
		halves := make([]float32, 2*n)
		for i := range cos {
			s, c := math.Sincos(float64(i))
			cos[i], sin[i], halves[i], halves[n+i] = float32(c), float32(s), x[2*i], x[2*i+1]
		}
		rest := x[2*n]
		Rotate(halves, cos, sin)
		RotatePairs(x, cos, sin)
		for i := range cos {
			if x[2*i] != halves[i] || x[2*i+1] != halves[n+i] || x[2*n] != rest {
				t.Fatalf("of %d pairs: pair %d is (%g, %g), not (%g, %g)", n, i, x[2*i], x[2*i+1], halves[i], halves[n+i])
			}
		}
		RotateBack(halves, cos, sin)
		RotatePairsBack(x, cos, sin)
		for i := range cos {
			if x[2*i] != halves[i] || x[2*i+1] != halves[n+i] || x[2*n] != rest {
				t.Fatalf("of %d pairs, back: pair %d is (%g, %g), not (%g, %g)", n, i, x[2*i], x[2*i+1], halves[i], halves[n+i])
			}
		}
	}
}

// Without a positive element Max shows what it started from; a NaN in front
// hides nothing.
func TestMaxStart(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		for n := range 100 {
			x := kerneltest.Float32s(t, n)
			for _, v := range []float32{-3, -math.MaxFloat32, float32(math.Inf(-1)), float32(math.NaN())} {
				for i := range x {
					x[i] = v
				}
				want := v
				if n == 0 || v != v {
					want = float32(math.Inf(-1))
				}
				if got := Max(x); got != want {
					t.Fatalf("of %d times %g: %g, want %g", n, v, got, want)
				}
			}
			for i := range x {
				x[i] = float32(math.NaN())
			}
			if n > 0 {
				x[n-1] = 1
				if got := Max(x); got != 1 {
					t.Fatalf("of %d NaNs and 1: %g", n-1, got)
				}
			}
		}
	})
}

// TestExpTruth walks the whole range of exp against float64.
func TestExpTruth(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		x, y := make([]float32, 4096), make([]float32, 4096)
		for part := range 16 {
			for i := range x {
				x[i] = -87.6 + float32(part*len(x)+i)/float32(16*len(x))*175.6
			}
			ExpSum(y, x, 0)
			for i := range x {
				truth := math.Exp(float64(x[i]))
				ulp := math.Ldexp(1, max(math.Ilogb(truth)-23, -149))
				if e := math.Abs(float64(y[i])-truth) / ulp; e > 1 {
					t.Fatalf("exp(%g) = %g is %.2f units in the last place away from %g", x[i], y[i], e, truth)
				}
			}
		}
	})
}

// BenchmarkVector reports the elements per second of the kernels that
// training spends its time in, at the width of a small model's rows.
func BenchmarkVector(b *testing.B) {
	kerneltest.Each(b, "kernel", func(b *testing.B) {
		for _, c := range vectorCases {
			b.Run(c.name, func(b *testing.B) {
				in := make([][]float32, c.args)
				for i := range in {
					in[i] = make([]float32, 384)
					for j := range in[i] {
						in[i][j] = 0.5
					}
				}
				for b.Loop() {
					c.kernel(in)
				}
				b.ReportMetric(float64(b.N)*384/b.Elapsed().Seconds()/1e9, "Gelements/s")
			})
		}
	})
}
