package kernel

import "math"

// A Split says into how many numbers of bfloat16 a float32 is split: into two,
// hi + lo, which leave off at most 2⁻¹⁷ of it, or into three, hi + mid + lo,
// which leave off nothing. A product is then three of theirs, hi·hi + lo·hi +
// hi·lo, or of three numbers the six that matter in float32: what is left out is
// at most 2⁻²⁴ of it. Each is exact in float32, and processors with tile units
// (AMX) add thirty-two of them to each of 256 sums at once.
//
// A number that is smaller than leastA or leastB is zero, and of a float below 2¹⁶
// of them the lower ones are. So no product and no sum of
// them is subnormal, which tile units would take for zero: they are all
// multiples of 2⁻¹²⁴. A is meant for gradients, which may be very small, B for
// weights and activations.
type Split int

const (
	leastA2 = (127 - 80) << 23 // 2⁻⁸⁰
	leastB2 = (127 - 30) << 23 // 2⁻³⁰
	leastA3 = (127 - 70) << 23
	leastB3 = (127 - 40) << 23
)

// leastA is what a number of A is at least, or zero; leastB of B.
func (s Split) leastA() uint32 {
	if s == 2 {
		return leastA2
	}
	return leastA3
}

func (s Split) leastB() uint32 {
	if s == 2 {
		return leastB2
	}
	return leastB3
}

// A factors is one of the products that a product of floats is made of: which
// number of A, and which of B.
type factors struct{ a, b int }

// products are those of a split, in the order in which they are added.
func (s Split) products() []factors {
	if s == 2 {
		return []factors{{0, 0}, {1, 0}, {0, 1}}
	}
	return []factors{{0, 0}, {1, 0}, {2, 0}, {1, 1}, {0, 1}, {0, 2}}
}

// SplitK is how many steps of K the tiles of a split matrix hold. A tile is 16 by
// 16 words, a word two steps of one column (of B) or row (of A), the first of
// them in its lower half; of B a row of a tile is two steps, of A a row. For NR
// columns or rows there are two tiles of the upper numbers, and so on.
const (
	SplitK  = 32
	tileLen = 16 * 16
)

// piece is the words of the tiles of SplitK steps and NR columns or rows.
func (s Split) piece() int { return int(s) * 2 * tileLen }

// Len returns the length of a k×n matrix as Pack writes it.
func (s Split) Len(k, n int) int { return chunks(k) * ((n + NR - 1) / NR) * s.piece() }

// chunks is into how many pieces of SplitK steps k is cut.
func chunks(k int) int { return (k + SplitK - 1) / SplitK }

// Pack writes the k×n matrix B, row-major with ldb elements from row to row,
// into bp as Gemm reads it: panels of NR columns, in each of them SplitK steps
// after the other. Steps and columns that are missing are zero.
func (s Split) Pack(bp []uint32, k, n int, b []float32, ldb int) {
	if k < 0 || n < 0 || k > 0 && n > 0 && (ldb < n || len(b) < (k-1)*ldb+n) {
		panic("kernel: Split.Pack: B is too short")
	}
	if len(bp) < s.Len(k, n) {
		panic("kernel: Split.Pack: the packed slice is too short")
	}
	x := splitScratches.Get().(*splitScratch)
	defer splitScratches.Put(x)
	for j := 0; j < n; j += NR {
		for l := 0; l < k; l += SplitK {
			x.splitPairs(s, bp, b[l*ldb+j:], min(SplitK, k-l), min(NR, n-j), ldb)
			bp = bp[s.piece():]
		}
	}
}

// Gemm computes C = A·B, or C += A·B if add, as the function Gemm does, with the
// numbers of A and B split. bp is B as Pack wrote it.
//
// An element of C is one sum over the pieces of SplitK steps of K, from +0 or
// from what it is if add: to it are added the products of a split in their
// order, each the sum of two chains from +0, of the even steps and of the odd
// ones. That is the order of TDPBF16PS (Intel SDM, volume 2). So a product may be
// cut by rows and columns anywhere, and by K at pieces.
//
// What is added to must be zero or what Gemm left there: else it may be no
// multiple of 2⁻¹²⁴, and a sum subnormal.
//
// Cost: 6mnk FLOPs, or 12mnk of three numbers.
func (s Split) Gemm(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	checkA("Split.Gemm", m, k, a, ars, acs)
	checkC("Split.Gemm", m, n, c, ldc)
	if len(bp) < s.Len(k, n) {
		panic("kernel: Split.Gemm: B is too short")
	}
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || ISA() == generic && !amx() {
		s.gemmGeneric(m, n, k, a, ars, acs, bp, c, ldc, add)
		return
	}
	s.gemm(m, n, k, a, ars, acs, bp, c, ldc, add)
}

// Tiles reports whether a split's Gemm runs on tile units. Without them it has the
// same bits, and takes longer than Gemm.
func Tiles() bool { return amx() }

// split writes the numbers of x, each a bfloat16, into parts.
func split(parts []float32, x float32, least uint32) {
	for i := range parts {
		parts[i] = bfloat(x, least)
		x -= parts[i]
	}
}

// bfloat rounds to bfloat16, ties to even. Less than least is zero.
func bfloat(x float32, least uint32) float32 {
	if x != x {
		return x
	}
	b := math.Float32bits(x)
	b = (b + 0x7fff + b>>16&1) &^ 0xffff
	if b&^(1<<31) < least {
		return 0
	}
	return math.Float32frombits(b)
}

// gemmGeneric defines Gemm.
func (s Split) gemmGeneric(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	var of [3]float32 // numbers of one of A
	for i := range m {
		for j := range n {
			var sum float32
			if add {
				sum = c[i*ldc+j]
			}
			for l0 := 0; l0 < k; l0 += SplitK {
				tiles := bp[(j/NR*chunks(k)+l0/SplitK)*s.piece():]
				for _, f := range s.products() {
					var chains [2]float32 // of even steps, and of odd ones
					for l := range min(SplitK, k-l0) {
						split(of[:s], a[i*ars+(l0+l)*acs], s.leastA())
						b := half(tiles[f.b*2*tileLen+j%NR/16*tileLen+l/2*16+j%16], l%2)
						chains[l%2] = fma(of[f.a], b, chains[l%2])
					}
					sum += chains[0] + chains[1]
				}
			}
			c[i*ldc+j] = sum
		}
	}
}

// half returns the lower number of a word, or the upper one.
func half(w uint32, upper int) float32 {
	return math.Float32frombits(w >> (16 * upper) << 16)
}

// pairsGeneric writes the tiles of k ≤ SplitK steps and n ≤ 32 columns of the
// row-major b: a word is two steps of a column.
func (s Split) pairsGeneric(dst []uint32, b []float32, k, n, ldb int) {
	clear(dst[:s.piece()])
	for l := range k {
		for j, x := range b[l*ldb:][:n] {
			s.put(dst, j/16*tileLen+l/2*16+j%16, l%2, x, s.leastB())
		}
	}
}

// linesGeneric writes the tiles of m ≤ 32 rows and k ≤ SplitK columns of the
// row-major a: a word is two columns of a row.
func (s Split) linesGeneric(dst []uint32, a []float32, m, k, lda int) {
	clear(dst[:s.piece()])
	for i := range m {
		for l, x := range a[i*lda:][:k] {
			s.put(dst, i/16*tileLen+i%16*16+l/2, l%2, x, s.leastA())
		}
	}
}

// put sets half of the words at at.
func (s Split) put(dst []uint32, at, upper int, x float32, least uint32) {
	var parts [3]float32
	split(parts[:s], x, least)
	for i, y := range parts[:s] {
		dst[i*2*tileLen+at] |= math.Float32bits(y) >> 16 << (16 * upper)
	}
}
