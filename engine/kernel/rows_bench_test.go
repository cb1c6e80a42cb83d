package kernel

import (
	"testing"
	"time"

	"suiren/internal/kerneltest"
)

// BenchmarkRows reports nanoseconds for an element of what a decoder does to
// rows, of the fastest call.
func BenchmarkRows(b *testing.B) {
	kerneltest.Each(b, "kernel", func(b *testing.B) {
		const n = 2048
		x, y, w, q := make([]float32, n), make([]float32, n), make([]float32, n), make([]byte, n)
		var scales [NR]float32
		in := NewInput(1, n, make([]float32, InputFloats(1, n)))
		for i := range x {
			x[i], w[i], in.f[i] = float32(i%7)-3, 1, float32(i%7)-3
		}
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"Rotate", func() { Rotate(x, w[:n/2], y[n/2:]) }},
			{"Int8s", func() { Int8s(y, q, &scales) }},
			{"ToInt8s", func() { ToInt8s(q, x) }},
			{"ToInt8s/generic", func() { toInt8sGeneric(q, x) }},
			{"SoftCap", func() { SoftCap(x, 30) }},
			{"GEGLUTanhGrad", func() { GEGLUTanhGrad(y, w, x, w, w) }},
			{"LayerNorm", func() { LayerNorm(y, x, w, w, 1e-5) }},
			{"Quantise", func() { in.Quantise(0, 1, By32) }},
			{"Quantise256", func() { in.Quantise(0, 1, By256) }},
			{"GELU16", func() { GELU16(y, x) }},
		} {
			b.Run(c.name, func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					c.f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/n, "ns/element")
			})
		}
	})
}
