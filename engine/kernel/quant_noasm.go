//go:build !amd64 && !arm64

package kernel

func (m *Matrix) tile(in *Input, w []byte, groups, t, n int, out []float32) {
	m.tileGeneric(in, w, groups, t, n, out)
}

func (t Type) most() int { return 4 }

func maxAbs(x []float32) float32 { return maxAbsGeneric(x) }

func roundBlock(q *[32]int8, w *[32]int16, x *[32]float32, inv float32) [2][2]int32 {
	return roundBlockGeneric(q, w, x, inv)
}

func float32s(dst []float32, src []uint16) { float32sGeneric(dst, src) }

func float16s(dst []uint16, src []float32) { float16sGeneric(dst, src) }

func bfloats(dst []float32, src []uint16) { bfloatsGeneric(dst, src) }

func fewHalves() int { return 0 }

func (m *Matrix) halvesTile(*Input, []uint16, int, int, *[2 * NR]float32) {
	panic("kernel: no assembly on this platform")
}
