package weights

import (
	"bytes"
	"math"
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
		Q4_0: {good: []float32{-5e5, 1e-45, 1e-38}, bad: []float32{5.3e5, inf, -inf, nan}},
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
