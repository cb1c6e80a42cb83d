package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
	"suiren/internal/cpu"
	"suiren/internal/kerneltest"
)

var matrixTypes = map[string]struct {
	t kernel.Type
	w weights.Type
}{
	"F32": {kernel.F32, weights.F32}, "F16": {kernel.F16, weights.F16}, "BF16": {kernel.BF16, weights.BF16},
	"Q8_0": {kernel.Q8_0, weights.Q8_0}, "Q4_0": {kernel.Q4_0, weights.Q4_0}, "Q4_1": {kernel.Q4_1, weights.Q4_1},
	"Q5_0": {kernel.Q5_0, weights.Q5_0}, "Q5_1": {kernel.Q5_1, weights.Q5_1}, "Q4_K": {kernel.Q4_K, weights.Q4_K},
	"Q5_K": {kernel.Q5_K, weights.Q5_K}, "Q6_K": {kernel.Q6_K, weights.Q6_K}, "IQ4_NL": {kernel.IQ4_NL, weights.IQ4_NL},
	"MXFP4": {kernel.MXFP4, weights.MXFP4}, "Q2_K": {kernel.Q2_K, weights.Q2_K}, "Q3_K": {kernel.Q3_K, weights.Q3_K}, "IQ4_XS": {kernel.IQ4_XS, weights.IQ4_XS},
	"IQ3_S": {kernel.IQ3_S, weights.IQ3_S}, "IQ3_XXS": {kernel.IQ3_XXS, weights.IQ3_XXS},
	"IQ2_S": {kernel.IQ2_S, weights.IQ2_S}, "IQ2_XS": {kernel.IQ2_XS, weights.IQ2_XS}, "IQ2_XXS": {kernel.IQ2_XXS, weights.IQ2_XXS},
}

// randomRows returns rows of random blocks, as they lie in a file: any bits
// but for the scales, which are about one.
func randomRows(t weights.Type, rows, k int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, uint64(t)))
	return filledRows(t, rows, k, rng, func() byte { return byte(rng.Uint32()) })
}

// filledRows returns rows of blocks of bytes that fill gives.
func filledRows(t weights.Type, rows, k int, rng *rand.Rand, fill func() byte) []byte {
	n, bytes := t.Block()
	b := make([]byte, rows*k/n*bytes)
	for i := range b {
		b[i] = fill()
	}
	half := func(at int) { // 0.25 to 4, either sign
		b[at], b[at+1] = byte(rng.Uint32()), byte(0x34+rng.IntN(12))|byte(rng.IntN(2)<<7)
	}
	for at := 0; at < len(b); at += bytes {
		switch t {
		case weights.F32:
			b[at+3] = 0x3f
		case weights.F16:
			half(at)
		case weights.BF16:
			b[at+1] = 0x3f
		case weights.MXFP4:
			b[at] = byte(126 + rng.IntN(4))
		case weights.Q2_K:
			half(at + 80)
			half(at + 82)
		case weights.Q3_K:
			half(at + 108)
		case weights.Q6_K:
			half(at + 208)
		case weights.Q4_1, weights.Q5_1, weights.Q4_K, weights.Q5_K:
			half(at)
			half(at + 2)
		default:
			half(at)
		}
	}
	return b
}

// packed returns the matrix, in pieces.
func packed(t kernel.Type, w weights.Type, rows, k int, src []byte) kernel.Matrix {
	m := kernel.Matrix{Type: t, Rows: rows, K: k, Data: bytesOf(make([]float32, (kernel.PackedBytes(t, rows, k)+3)/4))}
	row := len(src) / rows
	for lo := 0; lo < rows; lo += 32 {
		hi := min(rows, lo+32)
		m.Pack(lo, hi, src[lo*row:hi*row])
	}
	return m
}

// Every type's product is near that of its decoded weights, and has the bits
// of the definition whatever the rows, the tokens and the implementation.
func TestMatrix(t *testing.T) { kerneltest.Each(t, "kernel", testMatrix) }

func testMatrix(t *testing.T) {
	for name, typ := range matrixTypes {
		t.Run(name, func(t *testing.T) {
			for _, shape := range [][3]int{{32, 256, 1}, {72, 512, 9}, {19, 256, 70}} {
				rows, k, n := shape[0], shape[1], shape[2]
				src := randomRows(typ.w, rows, k, 1)
				m := packed(typ.t, typ.w, rows, k, src)
				in := kernel.NewInput(n, k, make([]float32, kernel.InputFloats(n, k)))
				rng := rand.New(rand.NewPCG(2, 3))
				for i := range in.Floats() {
					in.Floats()[i] = float32(rng.NormFloat64())
				}
				in.Quantise(0, n, typ.t.Forms())
				want := generic(func() []float32 { return product(&m, in, n, false) })
				w := make([]float32, rows*k)
				weights.Decode(w, src, typ.w)
				var e, sum float64
				for r := range rows {
					for i := range n {
						var s float64
						for l, x := range in.Row(i) {
							s += float64(w[r*k+l]) * float64(x)
						}
						d := float64(want[i*rows+r]) - s
						e, sum = e+d*d, sum+s*s
					}
				}
				limit := 1e-12
				if typ.t.Quantised() {
					limit = 1e-4 // int8 activations err by (max|x|/127)²/12; minima that cancel make it twice that
				}
				if far := e / sum; !(far < limit) {
					t.Errorf("%v: NMSE %.1e", shape, far)
				}
				same(t, fmt.Sprint(shape), product(&m, in, n, false), want)
				for _, few := range []int{1, 2, 3, 5, 7} {
					if few <= n {
						same(t, fmt.Sprint(shape, few), product(&m, in, few, false), want[:few*rows])
					}
				}
				same(t, "in pieces", product(&m, in, n, true), want)
			}
		})
	}
}

// One token with more rows than a call takes has the bits of the definition.
func TestMatrixRows(t *testing.T) { kerneltest.Each(t, "kernel", testMatrixRows) }

func testMatrixRows(t *testing.T) {
	const rows, k = 531, 256
	for name, typ := range matrixTypes {
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 6))
		in := kernel.NewInput(1, k, make([]float32, kernel.InputFloats(1, k)))
		rng := rand.New(rand.NewPCG(7, 8))
		for i := range in.Floats() {
			in.Floats()[i] = float32(rng.NormFloat64())
		}
		in.Quantise(0, 1, typ.t.Forms())
		want := generic(func() []float32 { return product(&m, in, 1, false) })
		same(t, name, product(&m, in, 1, false), want)
		got := make([]float32, rows)
		m.Mul(in, 1, 0, rows, got, rows, false)
		same(t, name+", in one call", got, want)
	}
}

// The largest integers of a type do not overflow a sum on its way.
func TestMatrixExtremes(t *testing.T) { kerneltest.Each(t, "kernel", testMatrixExtremes) }

func testMatrixExtremes(t *testing.T) {
	const rows, k, n = 32, 512, 5
	for name, typ := range matrixTypes {
		if !typ.t.Quantised() {
			continue
		}
		for _, fill := range []byte{0x00, 0x7f, 0x80, 0xff} {
			src := filledRows(typ.w, rows, k, rand.New(rand.NewPCG(4, 5)), func() byte { return fill })
			m := packed(typ.t, typ.w, rows, k, src)
			in := kernel.NewInput(n, k, make([]float32, kernel.InputFloats(n, k)))
			for i := range n { // ones, then signs that change every 1, 2, 4, 8
				for l := range in.Row(i) {
					in.Row(i)[l] = 1 - 2*float32(l<<1>>i&1)
				}
			}
			in.Quantise(0, n, typ.t.Forms())
			want := generic(func() []float32 { return product(&m, in, n, false) })
			same(t, fmt.Sprintf("%s of %#x", name, fill), product(&m, in, n, false), want)
		}
	}
}

// product multiplies, at once or in pieces of rows.
func product(m *kernel.Matrix, in *kernel.Input, n int, pieces bool) []float32 {
	dst := make([]float32, n*m.Rows)
	step := m.Rows
	if pieces {
		step = 32
	}
	for lo := 0; lo < m.Rows; lo += step {
		m.Mul(in, n, lo, min(m.Rows, lo+step), dst, m.Rows, false)
	}
	return dst
}

// generic runs f by the definitions alone.
func generic(f func() []float32) []float32 {
	for _, i := range cpu.Impls("kernel") {
		old := *i.Use
		*i.Use = false
		defer func() { *i.Use = old }()
	}
	return f()
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d is %g, by the definition %g", what, i, got[i], want[i])
		}
	}
}

// Rows that are rounded in parts, as several workers do it, give the products
// of those rounded whole.
func TestQuantisePart(t *testing.T) {
	const n, k, rows = 3, 768, 32
	for _, name := range []string{"Q8_0", "Q4_K"} {
		typ := matrixTypes[name]
		m := packed(typ.t, typ.w, rows, k, randomRows(typ.w, rows, k, 3))
		rng := rand.New(rand.NewPCG(4, 5))
		whole := kernel.NewInput(n, k, make([]float32, kernel.InputFloats(n, k)))
		parts := kernel.NewInput(n, k, make([]float32, kernel.InputFloats(n, k)))
		for i := range whole.Floats() {
			whole.Floats()[i] = rng.Float32() - 0.5
		}
		copy(parts.Floats(), whole.Floats())
		whole.Quantise(0, n, typ.t.Forms())
		for r := range n {
			for _, at := range []int{512, 0, 256} {
				parts.QuantisePart(r, at, at+256, typ.t.Forms())
			}
		}
		same(t, name, product(&m, parts, n, false), product(&m, whole, n, false))
	}
}
