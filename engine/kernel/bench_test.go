package kernel

import (
	"fmt"
	"testing"
	"time"

	"suiren/internal/kerneltest"
)

// peakShare runs f, which does flops operations, in short windows between
// windows of PeakFMA, and reports f's best rate and its share of the best
// peak: so a change of the clock or a noisy neighbour meets both.
func peakShare(b *testing.B, flops float64, f func()) {
	const window = 300 * time.Microsecond
	rate := func(flops float64, f func()) float64 {
		n := 0
		start := time.Now()
		for time.Since(start) < window || n == 0 {
			f()
			n++
		}
		return float64(n) * flops / time.Since(start).Seconds()
	}
	var best, peak float64
	iter := 1000
	if ISA() == generic {
		iter = 10
	}
	perPeak := PeakFMA(iter)
	for b.Loop() {
		peak = max(peak, rate(perPeak, func() { PeakFMA(iter) }))
		best = max(best, rate(flops, f))
	}
	b.ReportMetric(best/1e9, "GFLOP/s")
	b.ReportMetric(100*best/peak, "%peak")
}

func BenchmarkGemm(b *testing.B) {
	kerneltest.Each(b, "kernel", func(b *testing.B) {
		for _, s := range []struct {
			name    string
			m, n, k int
			trans   bool
			packed  bool
		}{
			{"square", 256, 256, 256, false, false},
			{"square", 512, 512, 512, false, false},
			{"square", 1024, 1024, 1024, false, false},
			{"packed", 256, 384, 128, false, true},  // forward, width 128
			{"packed", 256, 128, 384, false, true},  //
			{"plain", 256, 128, 384, false, false},  // dX
			{"plain", 256, 384, 128, false, false},  //
			{"trans", 256, 128, 256, true, false},   // dW = dYᵀ·X
			{"trans", 256, 384, 1024, true, false},  //
			{"packed", 256, 1152, 384, false, true}, // forward, width 384
			{"packed", 256, 384, 1152, false, true}, //
			{"packed", 48, 256, 32, false, true},    // scores: queries × keys
			{"packed", 48, 100, 32, false, true},    //
			{"plain", 48, 32, 256, false, false},    // scores × values
			{"packed", 48, 256, 64, false, true},
			{"plain", 48, 64, 256, false, false},
			{"packed", 16, 384, 128, false, true}, // decode
			{"packed", 4, 384, 128, false, true},
			{"packed", 2, 384, 128, false, true},
			{"packed", 1, 384, 128, false, true},
			{"packed", 7, 384, 128, false, true},
		} {
			m, n, k := s.m, s.n, s.k
			b.Run(fmt.Sprintf("%s-%d-%d-%d", s.name, m, n, k), func(b *testing.B) {
				a, bm, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
				bp := make([]float32, PackedLen(k, n))
				for i := range a {
					a[i] = float32(i%7) - 3
				}
				for i := range bm {
					bm[i] = float32(i%5) - 2
				}
				Pack(bp, k, n, bm, n, 1)
				ars, acs := k, 1
				if s.trans {
					ars, acs = 1, m
				}
				peakShare(b, 2*float64(m)*float64(n)*float64(k), func() {
					if s.packed {
						GemmPacked(m, n, k, a, ars, acs, bp, c, n, false)
					} else {
						Gemm(m, n, k, a, ars, acs, bm, n, c, n, false)
					}
				})
			})
		}
	})
}

// What a processor takes for numbers that are nearly zero: docs/numerics.md.
func BenchmarkGemmSubnormal(b *testing.B) {
	kerneltest.Each(b, "kernel", func(b *testing.B) {
		for _, c := range []struct {
			name string
			a, b float32
		}{{"ordinary", 1, 1}, {"factors", 1e-40, 1}, {"products", 1e-20, 1e-20}, {"products that vanish", 1e-30, 1e-30}} {
			const m, n, k = 64, 256, 256
			x, y, z := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
			for i := range x {
				x[i] = c.a * (1 + float32(i%7)/8)
			}
			for i := range y {
				y[i] = c.b * (1 + float32(i%5)/8)
			}
			b.Run(c.name, func(b *testing.B) {
				for b.Loop() {
					Gemm(m, n, k, x, k, 1, y, n, z, n, false)
				}
			})
		}
	})
}
