package kernel_test

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"suiren/engine/kernel"
)

func bytesOf(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// BenchmarkMatrix reports GOP/s of 64 rows of 2048 with 16 tokens and with
// few, in cache, and GB/s of weights, of the fastest call: other programs
// disturb the others.
func BenchmarkMatrix(b *testing.B) {
	const rows, k = 64, 2048
	for _, name := range []string{"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q5_K", "Q6_K", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 1))
		in := kernel.NewInput(16, k, make([]float32, kernel.InputFloats(16, k)))
		for i := range in.Floats() {
			in.Floats()[i] = float32(i%7) - 3
		}
		in.Quantise(0, 16, typ.t.Forms())
		dst := make([]float32, 16*rows)
		for _, n := range []int{16, 3, 2, 1} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					m.Mul(in, n, 0, rows, dst, rows, false)
					best = min(best, time.Since(start))
				}
				s := best.Seconds()
				b.ReportMetric(2*float64(rows*k*n)/s/1e9, "GOP/s")
				b.ReportMetric(float64(len(m.Data))/s/1e9, "GB/s")
			})
		}
	}
}
