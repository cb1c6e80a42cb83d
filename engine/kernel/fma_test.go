package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA computes x·y+z without rounding and rounds it once.
func exactFMA(x, y, z float32) float32 {
	const prec = 700 // holds any product plus any float32
	f := func(v float32) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(float64(v)) }
	s := f(x)
	s.Mul(s, f(y)).Add(s, f(z))
	if s.Sign() == 0 { // big.Float has no rule for the sign of a zero sum
		return x*y + z
	}
	r, _ := s.Float32()
	return r
}

func TestFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0x1p-149, -0x1p-149, 0x1p-126, 0x1.fffffep127, 0x1p-75, 3}
	draw := func() float32 {
		switch rng.IntN(4) {
		case 0: // any finite bits
			for {
				if f := math.Float32frombits(rng.Uint32()); f-f == 0 {
					return f
				}
			}
		case 1:
			return special[rng.IntN(len(special))]
		default: // few bits and near exponents: halfway cases are common
			return float32(rng.IntN(1<<13)-1<<12) * float32(math.Ldexp(1, rng.IntN(40)-20))
		}
	}
	twice := 0
	for range 400_000 {
		x, y, z := draw(), draw(), draw()
		got, want := fma(x, y, z), exactFMA(x, y, z)
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("fma(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
		if float32(float64(x)*float64(y)+float64(z)) != want {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no case in which rounding twice is wrong: the test proves nothing")
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range [][4]float32{{inf, 1, 1, inf}, {inf, 1, -inf, nan}, {inf, 0, 1, nan}, {1, nan, 1, nan}, {1, 1, nan, nan}, {0x1p100, 0x1p100, 0, inf}} {
		if got := fma(c[0], c[1], c[2]); got != c[3] && (got == got || c[3] == c[3]) {
			t.Errorf("fma(%g, %g, %g) = %g, want %g", c[0], c[1], c[2], got, c[3])
		}
	}
}
