package kernel

import (
	"math"
	"unsafe"
)

type Type uint8

const (
	F32 Type = iota
	F16
	BF16
	Q8_0
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q4_K
	Q5_K
	Q6_K
	IQ4_NL
	MXFP4
)

func (t Type) Quantised() bool { return t > BF16 }

type Matrix struct {
	Type    Type
	Rows, K int
	Data    []byte
}

func PackedBytes(t Type, rows, k int) int { return 4 * PackedLen(k, rows) }

func fl(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func (m *Matrix) Pack(lo, hi int, src []byte) {
	if m.Type == BF16 {
		x := make([]float32, len(src)/2)
		for i := range x {
			x[i] = math.Float32frombits((uint32(src[2*i]) | uint32(src[2*i+1])<<8) << 16)
		}
		Pack(fl(m.Data)[lo*m.K:], m.K, hi-lo, x, 1, m.K)
		return
	}
	Pack(fl(m.Data)[lo*m.K:], m.K, hi-lo, fl(src), 1, m.K)
}

type Input struct {
	n, k int
	f    []float32
}

func InputFloats(n, k int) int                { return n * k }
func NewInput(n, k int, mem []float32) *Input { return &Input{n, k, mem} }
func (in *Input) Row(t int) []float32         { return in.f[t*in.k : (t+1)*in.k] }
func (in *Input) Floats() []float32           { return in.f }
func (in *Input) Quantise(lo, hi int)         {}
func (m *Matrix) Mul(in *Input, n int, lo, hi int, dst []float32, ldd int, add bool) {
	GemmPacked(n, hi-lo, m.K, in.f, m.K, 1, fl(m.Data)[lo*m.K:], dst[lo:], ldd, add)
}
func Float16(x float32) uint16             { return 0 }
func Float32s(dst []float32, src []uint16) {}
func GEGLU(y, g, u []float32) {
	for i := range y {
		x := float64(g[i])
		y[i] = float32(0.5*x*(1+math.Erf(x/math.Sqrt2))) * u[i]
	}
}
func GEGLUTanh(y, g, u []float32) {
	for i := range y {
		x := float64(g[i])
		y[i] = float32(0.5*x*(1+math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))) * u[i]
	}
}
func GELU(y, x []float32)     {}
func GELUTanh(y, x []float32) {}
func LayerNorm(y, x, w, b []float32, eps float32) {
	var m, v float64
	for _, a := range x {
		m += float64(a)
	}
	m /= float64(len(x))
	for _, a := range x {
		v += (float64(a) - m) * (float64(a) - m)
	}
	r := 1 / math.Sqrt(v/float64(len(x))+float64(eps))
	for i, a := range x {
		y[i] = float32((float64(a)-m)*r)*w[i] + b[i]
	}
}
