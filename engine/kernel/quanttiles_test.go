package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/engine/kernel"
	"suiren/internal/kerneltest"
)

// TestByteTiles compares products with many tokens, by tile units and without,
// with those of one token at a time.
func TestByteTiles(t *testing.T) {
	for name, typ := range matrixTypes {
		if !typ.t.Quantised() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, size := range []struct{ rows, k, n, lo, hi int }{
				{16, 256, 16, 0, 16}, {64, 512, 17, 32, 64}, {71, 1280, 33, 0, 71}, {48, 512, 16, 0, 48}, {48, 512, 48, 32, 48}, {32, 1024, 64, 0, 32}, {32, 3072, 545, 0, 32}, {300, 2304, 47, 32, 300}, {40, 768, 15, 0, 40},
			} {
				rng := rand.New(rand.NewPCG(uint64(size.k), uint64(typ.t)))
				m := packed(typ.t, typ.w, size.rows, size.k, randomRows(typ.w, size.rows, size.k, uint64(size.rows)))
				in := kernel.NewInput(size.n, size.k, make([]float32, kernel.InputFloats(size.n, size.k)))
				for i := range in.Floats() {
					in.Floats()[i] = float32(rng.NormFloat64())
				}
				in.Quantise(0, size.n, typ.t.Forms())
				const pad = 3
				ld := size.rows + pad
				for _, add := range []bool{false, true} {
					before := kerneltest.Float32s(t, size.n*ld)
					for i := range before {
						before[i] = float32(i % 11)
					}
					want := append([]float32(nil), before...)
					for i := range size.n { // one token
						one := kernel.NewInput(1, size.k, make([]float32, kernel.InputFloats(1, size.k)))
						copy(one.Floats(), in.Row(i))
						one.Quantise(0, 1, typ.t.Forms())
						m.Mul(one, 1, size.lo, size.hi, want[i*ld:], ld, add)
					}
					kerneltest.Each(t, "bytes", func(t *testing.T) {
						got := append([]float32(nil), before...)
						m.Mul(in, size.n, size.lo, size.hi, got, ld, add)
						for i := range got {
							if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
								t.Fatalf("%v, add %v: row %d of token %d is %x, want %x", size, add, i%ld, i/ld, got[i], want[i])
							}
						}
					})
				}
			}
		})
	}
}

// BenchmarkManyTokens reports GOP/s of 128 rows with as many tokens as a prompt
// or a row of training has.
func BenchmarkManyTokens(b *testing.B) {
	const rows, k = 128, 1024
	for _, name := range []string{"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q3_K", "IQ4_XS"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 1))
		for _, n := range []int{16, 64, 512} {
			in := kernel.NewInput(n, k, make([]float32, kernel.InputFloats(n, k)))
			for i := range in.Floats() {
				in.Floats()[i] = float32(i%7) - 3
			}
			in.Quantise(0, n, typ.t.Forms())
			dst := make([]float32, n*rows)
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				kerneltest.Each(b, "bytes", func(b *testing.B) {
					for b.Loop() {
						m.Mul(in, n, 0, rows, dst, rows, false)
					}
					b.ReportMetric(2*float64(rows*k*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GOP/s")
				})
			})
		}
	}
}
