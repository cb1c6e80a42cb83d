package kernel_test

import (
	"bytes"
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
	for _, name := range []string{"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q5_K", "Q6_K", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4", "Q2_K", "Q3_K", "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS"} {
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
				if typ.t.Quantised() {
					b.ReportMetric(2*float64(rows*k*n)/s/int8Roof(), "of-int8-roof")
				}
			})
		}
	}
}

// BenchmarkMatrixStream reports GB/s of a token's products with weights that
// come from memory, and their share of a read of the same bytes that does
// nothing: of the fastest calls for each piece of about a megabyte, because
// other programs disturb the others. Rows are 1,024 long, as in a model of 0.6B:
// in short ones it counts most which are asked for ahead.
func BenchmarkMatrixStream(b *testing.B) {
	const rows, k, times = 64, 1024, 2048
	for _, name := range []string{"Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q5_K", "Q6_K", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4", "Q2_K", "Q3_K", "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 1))
		m.Rows *= times
		m.Data = bytes.Repeat(m.Data, times) // 70 to 150 MB
		in := kernel.NewInput(1, k, make([]float32, kernel.InputFloats(1, k)))
		for i := range in.Floats() {
			in.Floats()[i] = float32(i%7) - 3
		}
		in.Quantise(0, 1, typ.t.Forms())
		dst := make([]float32, m.Rows)
		const pieces = times / 8
		b.Run(name, func(b *testing.B) {
			var best, read [pieces]time.Duration
			for i := range best {
				best[i], read[i] = time.Hour, time.Hour
			}
			for b.Loop() {
				for i := range pieces {
					start := time.Now()
					m.Mul(in, 1, i*m.Rows/pieces, (i+1)*m.Rows/pieces, dst, m.Rows, false)
					best[i] = min(best[i], time.Since(start))
				}
				for i := range pieces {
					start := time.Now()
					kernel.ReadSum(m.Data[i*len(m.Data)/pieces : (i+1)*len(m.Data)/pieces])
					read[i] = min(read[i], time.Since(start))
				}
			}
			var t, r time.Duration
			for i := range best {
				t, r = t+best[i], r+read[i]
			}
			b.ReportMetric(float64(len(m.Data))/t.Seconds()/1e9, "GB/s")
			b.ReportMetric(r.Seconds()/t.Seconds(), "of-a-read")
		})
	}
}

// int8Roof returns the operations a second of products of bytes in registers,
// of the fastest of many short runs.
func int8Roof() (roof float64) {
	for range 200 {
		start := time.Now()
		ops := kernel.PeakInt8(2000)
		roof = max(roof, ops/time.Since(start).Seconds())
	}
	return roof
}
