package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/kerneltest"
)

// fill sets x to random values of both signs and several magnitudes.
func fill(rng *rand.Rand, x []float32) {
	for i := range x {
		x[i] = (rng.Float32()*2 - 1) * float32(math.Ldexp(1, rng.IntN(8)))
	}
}

// same reports whether two floats have the same bits or are both NaN.
func same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// differ returns the first index at which x and y are not the same, or -1.
func differ(x, y []float32) int {
	for i := range x {
		if !same(x[i], y[i]) {
			return i
		}
	}
	return -1
}

var gemmShapes = [][3]int{ // m, n, k
	{1, 1, 1}, {1, 32, 1}, {2, 16, 3}, {3, 31, 7}, {4, 33, 8}, {5, 17, 64}, {6, 48, 31}, {7, 9, 5}, {8, 64, 16},
	{9, 65, 33}, {10, 8, 2}, {11, 40, 4}, {12, 32, 32}, {13, 100, 9}, {14, 24, 12}, {23, 15, 257}, {25, 127, 40},
	{27, 96, 255}, {1, 130, 256}, {2, 70, 513}, {3, 160, 300}, {4, 257, 20}, {48, 63, 64}, {259, 35, 3}, {300, 32, 260},
	{9, 130, 512}, {520, 129, 9}, // A is copied
	{16, 0, 4}, {0, 16, 4}, {5, 5, 0},
}

// operands returns random A, with its strides, B and C of a product, with pad
// columns of other matrices to the right of each.
func operands(t *testing.T, rng *rand.Rand, m, n, k int, trans bool, pad int) (a []float32, ars, acs int, b, c []float32) {
	ars, acs, alen := k+pad, 1, (m-1)*(k+pad)+k
	if trans {
		ars, acs, alen = 1, m+pad, (k-1)*(m+pad)+m
	}
	if m == 0 || k == 0 {
		ars, acs, alen = 1, 1, 0
	}
	a, b = kerneltest.Float32s(t, alen), kerneltest.Float32s(t, max(0, k*(n+pad)-pad))
	c = kerneltest.Float32s(t, max(0, m*(n+pad)-pad))
	fill(rng, a)
	fill(rng, b)
	fill(rng, c)
	return a, ars, acs, b, c
}

func TestGemm(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, shape := range gemmShapes {
			m, n, k := shape[0], shape[1], shape[2]
			for mode := range 8 {
				trans, add := mode&1 != 0, mode&2 != 0
				pad := mode & 4 * 2 // columns of other matrices, right of A, B and C
				a, ars, acs, b, c := operands(t, rng, m, n, k, trans, pad)
				before, want := append([]float32(nil), c...), append([]float32(nil), c...)
				gemmGeneric(m, n, k, a, ars, acs, b, n+pad, want, n+pad, add)
				for _, packed := range []bool{false, true} {
					copy(c, before)
					if packed {
						bp := kerneltest.Float32s(t, PackedLen(k, n))
						Pack(bp, k, n, b, n+pad, 1)
						GemmPacked(m, n, k, a, ars, acs, bp, c, n+pad, add)
					} else {
						Gemm(m, n, k, a, ars, acs, b, n+pad, c, n+pad, add)
					}
					if i := differ(c, want); i >= 0 {
						t.Fatalf("%d×%d×%d, transposed %v, add %v, packed %v, pad %d: element (%d,%d) is %x, want %x",
							m, n, k, trans, add, packed, pad, i/(n+pad), i%(n+pad), c[i], want[i])
					}
				}
			}
		}
	})
}

// TestGemmTruth compares the definition with float64, within the bound γ of
// its longest chain of additions (Higham, Accuracy and Stability, §3.1).
func TestGemmTruth(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, k := range []int{1, 100, 256, 257, 1000} {
		const m, n = 3, 5
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		fill(rng, a)
		fill(rng, b)
		gemmGeneric(m, n, k, a, k, 1, b, n, c, n, false)
		for i := range m {
			for j := range n {
				var want, abs float64
				for l := range k {
					p := float64(a[i*k+l]) * float64(b[l*n+j])
					want, abs = want+p, abs+math.Abs(p)
				}
				nu := float64(min(k, KC)+k/KC+1) * 0x1p-24
				if bound := nu / (1 - nu) * abs; math.Abs(float64(c[i*n+j])-want) > bound {
					t.Errorf("k %d: (%d,%d) is %g, want %g ± %g", k, i, j, c[i*n+j], want, bound)
				}
			}
		}
	}
}

// A NaN in A marks its row, one in B its column, and nothing else.
func TestGemmNaN(t *testing.T) {
	nan := float32(math.NaN())
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		const m, n, k = 27, 71, 5
		for at := range max(m, n) {
			a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
			row, col := -1, -1
			if at < m {
				row, a[at*k+at%k] = at, nan
			}
			if at < n {
				col, b[at%k*n+at] = at, nan
			}
			Gemm(m, n, k, a, k, 1, b, n, c, n, true)
			for i := range c {
				if (c[i] != c[i]) != (i/n == row || i%n == col) {
					t.Fatalf("NaN in row %d of A and column %d of B: (%d,%d) is %g", row, col, i/n, i%n, c[i])
				}
			}
		}
	})
}

func TestPack(t *testing.T) {
	kerneltest.Each(t, "kernel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, k := range []int{0, 1, 2, 7, 8, 9, 16, 31, 33, 64, 100} {
			for _, n := range []int{0, 1, 3, 8, 15, 16, 17, 31, 32, 33, 50, 64, 97} {
				for mode := range 4 {
					trans, pad := mode&1 != 0, mode&2*3
					brs, bcs, blen := n+pad, 1, k*(n+pad)-pad
					if trans {
						brs, bcs, blen = 1, k+pad, n*(k+pad)-pad
					}
					if k == 0 || n == 0 {
						brs, bcs, blen = 1, 1, 0
					}
					b, bp := kerneltest.Float32s(t, blen), kerneltest.Float32s(t, PackedLen(k, n))
					fill(rng, b)
					fill(rng, bp)
					Pack(bp, k, n, b, brs, bcs)
					for i, got := range bp {
						l, j := i/NR%max(k, 1), i/NR/max(k, 1)*NR+i%NR
						var want float32
						if j < n {
							want = b[l*brs+j*bcs]
						}
						if !same(got, want) {
							t.Fatalf("%d×%d, transposed %v, pad %d: (%d,%d) is %g, want %g", k, n, trans, pad, l, j, got, want)
						}
					}
				}
			}
		}
	})
}

func TestGemmAllocs(t *testing.T) {
	const m, n, k = 13, 45, 300
	a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	if got := testing.AllocsPerRun(20, func() { Gemm(m, n, k, a, k, 1, b, n, c, n, false) }); got != 0 {
		t.Errorf("%g allocations", got)
	}
}

func ExampleGemm() {
	a := []float32{1, 2, 3, 4, 5, 6} // 2×3
	b := []float32{1, 0, 0, 1, 1, 1} // 3×2
	c := make([]float32, 4)          // 2×2
	Gemm(2, 2, 3, a, 3, 1, b, 2, c, 2, false)
	fmt.Println(c)
	// Output: [4 5 10 11]
}
