package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/cpu"
	"suiren/internal/kerneltest"
)

// Conversions and roundings have the definition's bits: every 16-bit number,
// and numbers of all sizes.
func TestHalves(t *testing.T) { kerneltest.Each(t, "kernel", testHalves) }

func testHalves(t *testing.T) {
	all := make([]uint16, 1<<16+3)
	for i := range all {
		all[i] = uint16(i)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 1<<16+32)
	for i := range x {
		x[i] = math.Float32frombits(rng.Uint32())
		if i%3 > 0 {
			x[i] = float32(rng.NormFloat64() * math.Exp2(float64(rng.IntN(50)-30)))
		}
	}
	for i, h := range all[:1<<16] {
		if f := float16(h); f == f && Float16(f) != h {
			t.Fatalf("%04x widened and narrowed is %04x", i, Float16(f))
		}
	}
	run := func() (out []float32, q []int32) {
		a, b, c := make([]float32, len(all)), make([]float32, len(all)), make([]uint16, len(x))
		Float32s(a, all)
		bfloats(b, all)
		Float16s(c, x)
		out = append(append(out, a...), b...)
		for i := range c {
			if float16(c[i]) == float16(c[i]) {
				q = append(q, int32(c[i]))
			}
		}
		for i := 0; i+32 <= len(x); i += 32 {
			v := make([]float32, 32)
			for j := range v {
				v[j] = float32(math.Mod(float64(x[i+j]), 100))
				if v[j] != v[j] {
					v[j] = 7
				}
			}
			m := maxAbs(v)
			var n [32]int8
			var w [32]int16
			sums := roundBlock(&n, &w, (*[32]float32)(v), inverse(m))
			out = append(out, m)
			for j := range n {
				q = append(q, int32(n[j]), int32(w[j]))
			}
			q = append(q, sums[0][0], sums[0][1], sums[1][0], sums[1][1])
		}
		return out, q
	}
	got, gotInts := run()
	for _, i := range cpu.Impls("kernel") {
		old := *i.Use
		*i.Use = false
		defer func() { *i.Use = old }()
	}
	want, wantInts := run()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && want[i] == want[i] {
			t.Fatalf("number %d is %g, by the definition %g", i, got[i], want[i])
		}
	}
	for i := range wantInts {
		if gotInts[i] != wantInts[i] {
			t.Fatalf("integer %d is %d, by the definition %d", i, gotInts[i], wantInts[i])
		}
	}
}

// The largest magnitude passes over NaNs, in any place.
func TestMaxAbsNaN(t *testing.T) { kerneltest.Each(t, "kernel", testMaxAbsNaN) }

func testMaxAbsNaN(t *testing.T) {
	x := make([]float32, 64)
	for i := range x {
		for j := range x {
			x[j] = float32(j%7) - 5
		}
		x[i], x[(i+1)%64] = float32(math.NaN()), -9
		if got := maxAbs(x); got != 9 {
			t.Fatalf("with a NaN at %d: %g, want 9", i, got)
		}
	}
	for j := range x {
		x[j] = float32(math.NaN())
	}
	if got := maxAbs(x); got != 0 {
		t.Errorf("of NaNs alone: %g, want 0", got)
	}
}
