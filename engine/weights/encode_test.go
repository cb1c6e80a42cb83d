package weights

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestEncode compares with the reference, byte for byte.
func TestEncode(t *testing.T) {
	g := openOracle(t, "values.gguf")
	x, _ := g.Tensor("encode/numbers")
	src := make([]float32, x.Weights())
	if err := g.Read(x.Name, src); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []Type{F32, F16, BF16, Q8_0, Q4_0} {
		n, _ := typ.Size(int64(len(src)))
		got := make([]byte, n)
		if err := Encode(got, src, typ); err != nil {
			t.Fatal(err)
		}
		want := g.Bytes("encode/" + typ.String())
		if typ == F32 {
			want = g.Bytes(x.Name)
		}
		if !bytes.Equal(got, want) {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: byte %d of %d differs: %x, want %x", typ, i, len(want), got[i], want[i])
		}
	}
}

// TestEncode5 compares with ggml's bytes of the same numbers: ggml of llama.cpp v0.5.0,
// ggml_quantize_chunk.
func TestEncode5(t *testing.T) {
	g := openOracle(t, "values.gguf")
	x, _ := g.Tensor("encode/numbers")
	odd := make([]float32, x.Weights())
	if err := g.Read(x.Name, odd); err != nil {
		t.Fatal(err)
	}
	even, outliers := bells()
	for typ, want := range map[Type][3]string{
		Q5_0: {"ef2efe851f43bb62468c3b71d2382750dbef2b03bca2fe3d46a7cee7c6e110de",
			"8ccad0e07ccae6d0e4ce8f469a22a59524bb5742cd68cdaf0e5cbf9701b40256",
			"ce87e94e01153256a4a4ea2409932e0f2a4701c2980809054dbb9992c2c16613"},
		Q5_1: {"3d77ccac4e77f5083866650a474bcb0e06452ed0998559f5de91a0c99b9340eb",
			"1974b49a6ecbbb57319572f2f87282b320545cbad45d55ae55f1a386394f1eda",
			"b7423156425eb97ddb038cb0f570e88e42ba1ebc9b0ea9e5df72cf8716911dec"},
	} {
		for i, src := range [][]float32{even, outliers, odd} {
			if _, dst := lossOf(t, src, typ); fmt.Sprintf("%x", sha256.Sum256(dst)) != want[i] {
				t.Errorf("%s of numbers %d: the bytes are %x", typ, i, sha256.Sum256(dst))
			}
		}
	}
}

// TestHalf rounds every binary16 number, and what lies between two of them.
func TestHalf(t *testing.T) {
	for h := range uint32(1 << 16) {
		h := uint16(h)
		x := half(h)
		if x != x {
			if got := half(toHalf(x)); got == got {
				t.Fatalf("NaN %#x becomes %v", h, got)
			}
			continue
		}
		if got := toHalf(x); got != h {
			t.Fatalf("%#x becomes %#x", h, got)
		}
		if h&0x7fff >= 0x7bff { // the largest has no neighbour
			continue
		}
		next := half(h + 1)
		mid := (x + next) / 2 // exact
		even := h + h&1
		down, up := math.Nextafter32(mid, x), math.Nextafter32(mid, next)
		if toHalf(mid) != even || toHalf(down) != h || toHalf(up) != h+1 {
			t.Fatalf("between %v and %v: %#x %#x %#x", x, next, toHalf(down), toHalf(mid), toHalf(up))
		}
	}
	for x, want := range map[float32]uint16{65519.996: 0x7bff, 65520: 0x7c00, 65536: 0x7c00, 1e30: 0x7c00, -1e30: 0xfc00, 1e-30: 0, -1e-30: 0x8000} {
		if got := toHalf(x); got != want {
			t.Errorf("%v becomes %#x, want %#x", x, got, want)
		}
	}
}

// TestEncodeRefuses gives every type what it cannot hold, and what it can.
func TestEncodeRefuses(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for typ, c := range map[Type]struct{ good, bad []float32 }{
		F32:  {good: []float32{math.MaxFloat32, inf, nan}},
		BF16: {good: []float32{3.38e38, -inf, nan}, bad: []float32{math.MaxFloat32}},
		F16:  {good: []float32{65519, -inf, nan}, bad: []float32{65520, -1e30}},
		Q8_0: {good: []float32{8e6, 1e-45, 1e-38}, bad: []float32{8.4e6, inf, -inf, nan}},
		Q3_K: {good: []float32{4.1e6, -4.1e6, 1e-45, 1e-38}, bad: []float32{4.2e6, inf, nan}},
		Q5_K: {good: []float32{2e6, -2e6, 1e-45, 1e-38}, bad: []float32{2.1e6, inf, nan}},
		Q4_K: {good: []float32{2e6, -2e6, 1e-45, 1e-38}, bad: []float32{2.1e6, inf, nan}},
		Q6_K: {good: []float32{1.3e8, -1.3e8, 1e-45, 1e-38}, bad: []float32{1.35e8, inf, nan}},
		Q4_0: {good: []float32{-5e5, 1e-45, 1e-38}, bad: []float32{5.3e5, inf, -inf, nan}},
		Q5_0: {good: []float32{-1e6, 1e-45, 1e-38}, bad: []float32{1.05e6, inf, -inf, nan}},
		Q5_1: {good: []float32{65519, -65519, 1e-45, -1e-45, 1e-38}, bad: []float32{65520, -65520, inf, -inf, nan}},
	} {
		block, size := typ.Block()
		for i, x := range append(c.good, c.bad...) {
			src, dst := make([]float32, block), make([]byte, size)
			src[block-1] = x
			err := Encode(dst, src, typ)
			if (err == nil) != (i < len(c.good)) {
				t.Errorf("%s, %v: %v", typ, x, err)
			}
			if err != nil || !finite(x) {
				continue
			}
			back := make([]float32, block)
			Decode(back, dst, typ)
			for j, y := range back {
				if d := math.Abs(float64(y - src[j])); !(d <= math.Abs(float64(x))/128+1e-30) {
					t.Errorf("%s, %v: weight %d comes back as %v", typ, x, j, y)
				}
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for i, l := range layouts {
		if l.decode == nil {
			continue
		}
		b.Run(l.name, func(b *testing.B) {
			n := 1 << 16
			dst, src := make([]float32, n), make([]byte, n/l.weights*l.bytes)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				Decode(dst, src, Type(i))
			}
		})
	}
}

// bell returns a number that is about normal, exact, so the same on every
// machine.
func bell(r *rand.Rand) float32 {
	var sum int64
	for range 4 {
		sum += int64(int16(r.Uint32()))
	}
	return float32(sum) / (1 << 20)
}

// bells returns numbers that are about normal, without outliers and with them.
func bells() (even, outliers []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	even, outliers = make([]float32, 1<<18), make([]float32, 1<<18)
	for i := range even {
		even[i] = bell(r)
	}
	for i := range outliers {
		if outliers[i] = bell(r); r.IntN(100) == 0 {
			outliers[i] *= 10
		}
	}
	return even, outliers
}

// TestEncodeK compares the quantisers of our own with what ggml's leave of
// the same numbers, without outliers and with them: ggml of llama.cpp v0.5.0,
// ggml_quantize_chunk. And their bits must not depend on the machine.
func TestEncodeK(t *testing.T) {
	even, outliers := bells()
	for typ, c := range map[Type]struct {
		even, outliers float64 // √(Σ(x−w)²/Σx²) of ggml
		sum            string
	}{
		Q3_K: {0.14555, 0.19085, "21c5bc8f176e8c044e3466e9f57b4814b24c80fef963ba7e625a611ff9d0517d"},
		Q4_K: {0.06879, 0.09294, "ca8389ed7d51c78cc48908386ecf297247a5ae66248a2c80abec6400caca7d9a"},
		Q5_K: {0.03480, 0.04666, "8bd0232af1402f0f50d754c0df7122d1b40cc5986bed82b1d03262cd5a9b51ec"},
		Q6_K: {0.01699, 0.02724, "a3274da6218db751ea4ca658b0c385ae5b1e9d6e5c1d1e42f4b183c9fab1c96f"},
	} {
		if loss, _ := lossOf(t, outliers, typ); !(loss <= 1.003*c.outliers) { // of Q4_K 0.3% more
			t.Errorf("%s loses %.5f with outliers, ggml %.5f", typ, loss, c.outliers)
		}
		loss, dst := lossOf(t, even, typ)
		if !(loss <= c.even) {
			t.Errorf("%s loses %.5f, ggml %.5f", typ, loss, c.even)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(dst)); sum != c.sum {
			t.Errorf("%s: the bytes are %s", typ, sum)
		}
	}
}

// lossOf returns what a type loses of src, √(Σ(x−w)²/Σx²), and its bytes.
func lossOf(t *testing.T, src []float32, typ Type) (loss float64, dst []byte) {
	n, _ := typ.Size(int64(len(src)))
	dst, back := make([]byte, n), make([]float32, len(src))
	if err := Encode(dst, src, typ); err != nil {
		t.Fatal(err)
	}
	Decode(back, dst, typ)
	var e, all float64
	for i, x := range src {
		d := float64(x) - float64(back[i])
		e, all = e+d*d, all+float64(x)*float64(x)
	}
	return math.Sqrt(e / all), dst
}

// TestEncodeKEdges gives blocks that a search for a scale may stumble over.
func TestEncodeKEdges(t *testing.T) {
	fill := func(f func(i int) float32) []float32 {
		x := make([]float32, 256)
		for i := range x {
			x[i] = f(i)
		}
		return x
	}
	for name, x := range map[string][]float32{
		"zeros":         fill(func(int) float32 { return 0 }),
		"ones":          fill(func(int) float32 { return 1 }),
		"minus ones":    fill(func(int) float32 { return -1 }),
		"one and -1":    fill(func(i int) float32 { return float32(i%2*2 - 1) }),
		"one part":      fill(func(i int) float32 { return float32(max(0, i-240)) }),
		"negative":      fill(func(i int) float32 { return float32(-i) }),
		"large and not": fill(func(i int) float32 { return float32(math.Ldexp(1, i/16)) }),
		"tiny":          fill(func(i int) float32 { return float32(i) * 1e-45 }),
		"largest":       fill(func(i int) float32 { return float32(i%3-1) * 2e6 }),
	} {
		var top float64
		for _, v := range x {
			top = max(top, math.Abs(float64(v)))
		}
		for typ, steps := range map[Type]float64{Q3_K: 4, Q4_K: 15, Q5_K: 31, Q6_K: 31} {
			_, n := typ.Block()
			dst, back := make([]byte, n), make([]float32, 256)
			if err := Encode(dst, x, typ); err != nil {
				t.Fatal(err)
			}
			Decode(back, dst, typ)
			for i, y := range back {
				if d := math.Abs(float64(y - x[i])); !(d <= 2*top/steps+1e-6) {
					t.Errorf("%s, %s: %v comes back as %v", name, typ, x[i], y)
					break
				}
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	src := make([]float32, 1<<14)
	for i := range src {
		src[i] = bell(r)
	}
	for _, typ := range []Type{F16, BF16, Q8_0, Q4_0, Q5_0, Q5_1, Q3_K, Q4_K, Q5_K, Q6_K} {
		b.Run(typ.String(), func(b *testing.B) {
			n, _ := typ.Size(int64(len(src)))
			dst := make([]byte, n)
			for b.Loop() {
				if err := Encode(dst, src, typ); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(src))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mweights/s")
		})
	}
}
