package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
	"suiren/internal/kerneltest"
)

// eachTurned runs f with and without tile units, then, on every implementation of the
// other kernels, with and without products of pairs by one instruction.
func eachTurned[T kerneltest.Runner[T]](t T, f func(T)) {
	t.Helper()
	kerneltest.Each(t, "bytes", f)
	kerneltest.Each(t, "pairs", func(t T) { kerneltest.Each(t, "kernel", f) })
}

// turned returns dx = dy·W of columns lo to hi, by integers, added to what was there
// or not. Rows are those from row first on.
func turned(t testing.TB, m *kernel.Matrix, first, n int, dy []float32, ld, lo, hi, ldx int, add bool) []float32 {
	rows := m.Rows - first
	mem := make([]float32, kernel.TurnedFloats(m.Type, rows, m.K))
	for i := range mem {
		mem[i] = 3
	}
	w := kernel.NewTurned(m, first, rows, mem)
	for at := first; at < m.Rows; at += 96 {
		w.Unpack(at, min(m.Rows, at+96))
	}
	dx := kerneltest.Float32s(t, (n-1)*ldx+hi)
	for i := range dx {
		dx[i] = float32(i%11) - 5
	}
	w.Mul(n, dy, ld, lo, hi, dx, ldx, add)
	return dx
}

// TestTurned compares gradients by integers with those of the decoded weights, and
// their bits with the definition's.
func TestTurned(t *testing.T) {
	for name, typ := range matrixTypes {
		if !typ.t.Quantised() || !typ.t.Turns() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, size := range []struct{ rows, first, k, n, lo, hi int }{
				{256, 0, 256, 16, 0, 256}, {19, 0, 256, 1, 0, 256}, {530, 256, 512, 37, 256, 512}, {520, 0, 1280, 5, 0, 1280}, {40, 0, 256, 300, 0, 256},
			} {
				src := randomRows(typ.w, size.rows, size.k, uint64(size.rows))
				m := packed(typ.t, typ.w, size.rows, size.k, src)
				w := make([]float32, size.rows*size.k)
				weights.Decode(w, src, typ.w)
				rng := rand.New(rand.NewPCG(uint64(size.k), uint64(typ.t)))
				rows := size.rows - size.first
				ld, ldx := rows+3, size.k+5
				dy := kerneltest.Float32s(t, (size.n-1)*ld+rows)
				for i := range dy {
					dy[i] = float32(rng.NormFloat64() * math.Exp(3*rng.NormFloat64()))
				}
				for _, add := range []bool{false, true} {
					run := func() []float32 {
						return turned(t, &m, size.first, size.n, dy, ld, size.lo, size.hi, ldx, add)
					}
					want := generic(run)
					for i := range size.n {
						largest := 0.0 // products; those of a row are rounded to a share of them
						for r := range rows {
							for c := size.lo; c < size.hi; c++ {
								largest = max(largest, math.Abs(float64(dy[i*ld+r])*float64(w[(size.first+r)*size.k+c])))
							}
						}
						for c := size.lo; c < size.hi; c++ {
							var sum, all float64
							for r := range rows {
								x := float64(dy[i*ld+r]) * float64(w[(size.first+r)*size.k+c])
								sum, all = sum+x, all+math.Abs(x)
							}
							if add {
								sum += float64((i*ldx+c)%11 - 5)
							}
							if off := math.Abs(float64(want[i*ldx+c]) - sum); off > 1e-5*largest+2e-6*all {
								t.Fatalf("%v: column %d of token %d is %g, want %g; the largest product is %g", size, c, i, want[i*ldx+c], sum, largest)
							}
						}
					}
					eachTurned(t, func(t *testing.T) { same(t, fmt.Sprint(size, add), run(), want) })
				}
			}
		})
	}
}

// The largest weights and gradients of every type stay in range.
func TestTurnedExtremes(t *testing.T) {
	const rows, k, n = 256, 256, 16
	for name, typ := range matrixTypes {
		if !typ.t.Quantised() || !typ.t.Turns() {
			continue
		}
		for _, fill := range []byte{0x00, 0x7f, 0x80, 0xff} {
			src := filledRows(typ.w, rows, k, rand.New(rand.NewPCG(4, 5)), func() byte { return fill })
			m := packed(typ.t, typ.w, rows, k, src)
			w := make([]float32, rows*k)
			weights.Decode(w, src, typ.w)
			dy := make([]float32, n*rows)
			for i := range n {
				for r := range rows { // as large as they get, of the sign of the weight in column 16·i
					dy[i*rows+r] = float32(math.Copysign(1, float64(w[r*k+16*i])) / math.Abs(float64(w[r*k+16*i])+1e-9))
				}
			}
			run := func() []float32 { return turned(t, &m, 0, n, dy, rows, 0, k, k, false) }
			want := generic(run)
			eachTurned(t, func(t *testing.T) { same(t, fmt.Sprint(name, " of ", fill), run(), want) })
		}
	}
}

// Gradients that are zero, infinite or too small for integers give what the
// definition gives.
func TestTurnedOddGradients(t *testing.T) {
	const rows, k, n = 256, 256, 21
	for _, name := range []string{"Q4_K", "Q6_K", "IQ4_XS"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 3))
		dy := make([]float32, n*rows)
		for i := range dy {
			dy[i] = float32(i%17)/16 - 0.5
			switch i / rows {
			case 0:
				dy[i] = 0
			case 1:
				dy[i] *= 0x1p-100
			case 2:
				dy[i] *= 0x1p-140
			case 3:
				dy[i] *= 0x1p126
			}
		}
		dy[4*rows+7], dy[5*rows+9], dy[6*rows+3] = float32(math.Inf(-1)), math.MaxFloat32, float32(math.NaN())
		run := func() []float32 { return turned(t, &m, 0, n, dy, rows, 0, k, k, true) }
		want := generic(run)
		if x := want[6*k]; x == x {
			t.Errorf("%s: of a gradient that is no number comes %g", name, x)
		}
		eachTurned(t, func(t *testing.T) {
			for i, x := range run() {
				if y := want[i]; math.Float32bits(x) != math.Float32bits(y) && (x == x || y == y) {
					t.Fatalf("%s: element %d is %g, by the definition %g", name, i, x, y)
				}
			}
		})
	}
}

// BenchmarkTurned reports GFLOP/s of gradients by integers, with and without the
// unpacking, and of those by decoded weights.
func BenchmarkTurned(b *testing.B) {
	const rows, k, n = 1024, 1024, 256
	dy, dx := make([]float32, n*rows), make([]float32, n*k)
	for i := range dy {
		dy[i] = float32(i%13) - 6
	}
	rate := func(b *testing.B) {
		b.ReportMetric(2*float64(rows*k*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	}
	for _, name := range []string{"Q4_K", "Q5_K", "Q6_K", "IQ4_XS"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 1))
		b.Run(name, func(b *testing.B) {
			eachTurned(b, func(b *testing.B) {
				w := kernel.NewTurned(&m, 0, rows, make([]float32, kernel.TurnedFloats(typ.t, rows, k)))
				b.Run("unpack", func(b *testing.B) {
					for b.Loop() {
						w.Unpack(0, rows)
					}
					rate(b)
				})
				b.Run("multiply", func(b *testing.B) {
					for b.Loop() {
						w.Mul(n, dy, rows, 0, k, dx, k, false)
					}
					rate(b)
				})
			})
			wide := make([]float32, kernel.PackedLen(rows, k))
			b.Run("float32/unpack", func(b *testing.B) {
				for b.Loop() {
					m.Unpack(wide, rows, 0, 0, rows)
				}
				rate(b)
			})
			b.Run("float32/multiply", func(b *testing.B) {
				for b.Loop() {
					kernel.GemmPacked(n, k, rows, dy, rows, 1, wide, dx, k, false)
				}
				rate(b)
			})
		})
	}
}
