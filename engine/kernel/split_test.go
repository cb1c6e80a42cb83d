package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/cpu"
	"suiren/internal/kerneltest"
)

// eachSplit runs f with tile units, and without them on every implementation
// of the kernels that take their place.
func eachSplit(t *testing.T, f func(*testing.T)) {
	kerneltest.Each(t, "split", func(t *testing.T) {
		if amx() {
			f(t)
		} else {
			kerneltest.Each(t, "kernel", f)
		}
	})
}

// odd sets some of x to what is rounded, left off or not a number at all.
func odd(rng *rand.Rand, x []float32) {
	for i := range x {
		switch rng.IntN(40) {
		case 0:
			x[i] = 0
		case 1: // around what counts as zero
			x[i] = float32(math.Ldexp(float64(x[i]), -30))
		case 2:
			x[i] = float32(math.Ldexp(float64(x[i]), -84))
		case 3: // a tie
			x[i] = math.Float32frombits(math.Float32bits(x[i])&^0xffff | 0x8000)
		case 4:
			x[i] = math.Float32frombits(uint32(rng.IntN(1 << 23))) // subnormal
		}
	}
}

func TestSplitGemm(t *testing.T) {
	eachSplit(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 5))
		for _, shape := range gemmShapes {
			m, n, k := shape[0], shape[1], shape[2]
			if testing.Short() && m*n*k > 200_000 {
				continue
			}
			for mode := range 8 {
				trans, add, s := mode&1 != 0, mode&2 != 0, Split(2+mode>>2)
				pad := mode & 1 * 5
				a, ars, acs, b, c := operands(t, rng, m, n, k, trans, pad)
				odd(rng, a)
				odd(rng, b)
				want := append([]float32(nil), c...)
				bp := make([]uint32, s.Len(k, n))
				s.Pack(bp, k, n, b, n+pad)
				s.gemmGeneric(m, n, k, a, ars, acs, bp, want, n+pad, add)
				s.Gemm(m, n, k, a, ars, acs, bp, c, n+pad, add)
				if i := differ(c, want); i >= 0 {
					t.Fatalf("%d×%d×%d in %d, transposed %v, add %v, pad %d: element (%d,%d) is %x, want %x",
						m, n, k, s, trans, add, pad, i/(n+pad), i%(n+pad), c[i], want[i])
				}
			}
		}
	})
}

// TestSplitPack compares every word with what the definition of the numbers
// says, at the places that the definition of the product reads.
func TestSplitPack(t *testing.T) {
	eachSplit(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 5))
		for _, shape := range [][2]int{{1, 1}, {2, 32}, {31, 33}, {32, 16}, {33, 64}, {64, 65}, {100, 7}} {
			k, n := shape[0], shape[1]
			b := kerneltest.Float32s(t, k*n)
			fill(rng, b)
			odd(rng, b)
			b[rng.IntN(len(b))] = float32(math.Inf(1))
			b[rng.IntN(len(b))] = math.Float32frombits(0xffffffff) // NaN, which rounds to zero as an integer
			b[rng.IntN(len(b))] = math.MaxFloat32
			for _, s := range []Split{2, 3} {
				got := make([]uint32, s.Len(k, n))
				for i := range got {
					got[i] = 0xdeadbeef
				}
				s.Pack(got, k, n, b, n)
				for j := range (n + NR - 1) / NR * NR {
					for l := range chunks(k) * SplitK {
						var want [3]float32
						if j < n && l < k {
							split(want[:s], b[l*n+j], s.leastB())
						}
						at := (j/NR*chunks(k)+l/SplitK)*s.piece() + j%NR/16*tileLen + l%SplitK/2*16 + j%16
						for i, y := range want[:s] {
							if x := half(got[at+i*2*tileLen], l%2); !same(x, y) {
								t.Fatalf("%d×%d: number %d of %d of element (%d,%d) is %x, want %x", k, n, i, s, l, j, x, y)
							}
						}
					}
				}
			}
		}
	})
}

// TestSplit holds split to what its comment says: bfloat16 numbers that leave
// off little, and whose products and sums are never subnormal.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 5))
	for range 100000 {
		x := float32(math.Ldexp(rng.Float64()*2-1, rng.IntN(60)-20))
		for _, s := range []Split{2, 3} {
			var parts [3]float32
			split(parts[:s], x, s.leastB())
			left := float64(x)
			for _, y := range parts[:s] {
				if math.Float32bits(y)&0xffff != 0 {
					t.Fatalf("%x is split into %x, of which one is no number of bfloat16", x, parts[:s])
				}
				left -= float64(y)
			}
			left = math.Abs(left)
			most := 0.0 // of two numbers, 2⁻¹⁷ of it
			if s == 2 {
				most = math.Ldexp(math.Abs(float64(x)), -17)
			}
			if left > most && left >= float64(math.Float32frombits(s.leastB())) {
				t.Fatalf("%x is split into %x: %g is left", x, parts[:s], left)
			}
		}
	}
	for _, s := range []Split{2, 3} {
		smallest := math.Float32frombits(s.leastA()) * math.Float32frombits(s.leastB())
		if ulp := smallest / (1 << 14); ulp < math.Float32frombits(1<<23) {
			t.Fatalf("the last bit of the smallest product, %g, is subnormal", ulp)
		}
	}
}

// TestSplitNear compares with sums in float64, and products of three numbers
// with those of float32, which are further from them.
func TestSplitNear(t *testing.T) {
	const m, n, k = 40, 50, 300
	rng := rand.New(rand.NewPCG(2, 6))
	a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	for i := range a {
		a[i] = float32(rng.NormFloat64() * 1e-9)
	}
	for i := range b {
		b[i] = float32(rng.NormFloat64() * 0.02)
	}
	off := func() float64 {
		var off, all float64
		for i := range m {
			for j := range n {
				var sum float64
				for l := range k {
					sum += float64(a[i*k+l]) * float64(b[l*n+j])
				}
				off += (sum - float64(c[i*n+j])) * (sum - float64(c[i*n+j]))
				all += sum * sum
			}
		}
		return math.Sqrt(off / all)
	}
	Gemm(m, n, k, a, k, 1, b, n, c, n, false)
	most := map[Split]float64{2: 5e-6, 3: off()}
	for s, most := range most {
		bp := make([]uint32, s.Len(k, n))
		s.Pack(bp, k, n, b, n)
		s.Gemm(m, n, k, a, k, 1, bp, c, n, false)
		if r := off(); r > most || r == 0 {
			t.Errorf("the products of %d numbers are off by %.2g of their size, want at most %.2g", s, r, most)
		} else {
			t.Logf("off by %.2g, at most %.2g", r, most)
		}
	}
}

// BenchmarkSplit compares split products, with tile units and without, with
// float32. (T: A is a transpose)
func BenchmarkSplit(b *testing.B) {
	for _, shape := range [][3]int{{512, 256, 256}, {512, 768, 2048}, {96, 256, 512}} {
		m, n, k := shape[0], shape[1], shape[2]
		for _, trans := range []bool{false, true} {
			a, w, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
			rng := rand.New(rand.NewPCG(1, 1))
			fill(rng, a)
			fill(rng, w)
			ars, acs := k, 1
			if trans {
				ars, acs = 1, m
			}
			run := func(name string, f func()) {
				if trans {
					name += "T"
				}
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						f()
					}
					b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
			shape := fmt.Sprintf("-%d×%d×%d", m, n, k)
			for _, s := range []Split{2, 3} {
				bp := aligned[uint32](s.Len(k, n))
				s.Pack(bp, k, n, w, n)
				of := fmt.Sprintf("%d%s", s, shape)
				if amx() {
					run("AMX"+of, func() { s.Gemm(m, n, k, a, ars, acs, bp, c, n, false) })
					run("pack"+of, func() { s.Pack(bp, k, n, w, n) })
				}
				impls := cpu.Impls("split")
				for _, i := range impls {
					*i.Use = false
				}
				run("without"+of, func() { s.Gemm(m, n, k, a, ars, acs, bp, c, n, false) })
				for _, i := range impls {
					*i.Use = i.Have
				}
			}
			run("f32"+shape, func() { Gemm(m, n, k, a, ars, acs, w, n, c, n, false) })
		}
	}
}
