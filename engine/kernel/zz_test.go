package kernel

import "testing"

func BenchmarkWhole(b *testing.B) {
	for _, typ := range []Type{Q4_K, Q6_K} {
		const rows, k, n = 256, 1024, 512
		m := Matrix{Type: typ, Rows: rows, K: k, Data: make([]byte, PackedBytes(typ, rows, k))}
		in := NewInput(n, k, make([]float32, InputFloats(n, k)))
		for i := range in.Floats() {
			in.Floats()[i] = float32(i%7) - 3
		}
		in.Quantise(0, n, By256)
		dst := make([]float32, n*rows)
		s := byteScratches.Get().(*byteScratch)
		for p := range rows / tileSide {
			m.unpackWhole(s.w[p*wholeBytes:], s.scale[p*m.wholeScales():], p*tileSide, rows/tileSide)
		}
		b.Run([]string{Q4_K: "Q4K", Q6_K: "Q6K"}[typ], func(b *testing.B) {
			for b.Loop() {
				for t := 0; t < n; t += wholeTokens {
					m.wholePanels(s, in, t, n, rows, dst, rows, false)
				}
			}
			b.ReportMetric(2*float64(rows*k*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GOP/s")
		})
		b.Run("unpack", func(b *testing.B) {
			for b.Loop() {
				for p := range rows / tileSide {
					m.unpackWhole(s.w[p*wholeBytes:], s.scale[p*m.wholeScales():], p*tileSide, rows/tileSide)
				}
			}
		})
	}
}
