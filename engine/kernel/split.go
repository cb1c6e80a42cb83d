package kernel

import "math"

// A float32 is split into two numbers of bfloat16, hi + lo, which leave off
// at most 2⁻¹⁷ of it. A product is then three of theirs, hi·hi + lo·hi + hi·lo:
// each is exact in float32, and processors with tile units (AMX) add
// thirty-two of them to each of 256 sums at once.
//
// What is smaller than leastA or leastB is zero. So no product and no sum of
// them is subnormal, which tile units would take for zero: they are all
// multiples of 2⁻¹²⁴. A is meant for gradients, which may be very small, B for
// weights and activations.
const (
	leastA = (127 - 80) << 23 // 2⁻⁸⁰
	leastB = (127 - 30) << 23 // 2⁻³⁰
)

// SplitK is how many steps of K the tiles of a split matrix hold, splitLen the
// words of the tiles of SplitK steps and NR columns (of B) or rows (of A): the
// upper numbers of 16 of them, those of the other 16, and so the lower ones.
// A tile is 16 by 16 words, a word two steps of one column or row, the first
// of them in its lower half; of B a row of a tile is two steps, of A a row.
const (
	SplitK   = 32
	tileLen  = 16 * 16
	splitLen = 4 * tileLen
)

// SplitLen returns the length of a k×n matrix as PackSplit writes it.
func SplitLen(k, n int) int { return chunks(k) * ((n + NR - 1) / NR) * splitLen }

// chunks is into how many pieces of SplitK steps k is cut.
func chunks(k int) int { return (k + SplitK - 1) / SplitK }

// PackSplit writes the k×n matrix B, row-major with ldb elements from row to
// row, into bp as GemmSplit reads it: panels of NR columns, in each of them
// SplitK steps after the other. Steps and columns that are missing are zero.
func PackSplit(bp []uint32, k, n int, b []float32, ldb int) {
	if k < 0 || n < 0 || k > 0 && n > 0 && (ldb < n || len(b) < (k-1)*ldb+n) {
		panic("kernel: PackSplit: B is too short")
	}
	if len(bp) < SplitLen(k, n) {
		panic("kernel: PackSplit: the packed slice is too short")
	}
	s := splitScratches.Get().(*splitScratch)
	defer splitScratches.Put(s)
	for j := 0; j < n; j += NR {
		for l := 0; l < k; l += SplitK {
			s.splitPairs(bp, b[l*ldb+j:], min(SplitK, k-l), min(NR, n-j), ldb, leastB)
			bp = bp[splitLen:]
		}
	}
}

// GemmSplit computes C = A·B, or C += A·B if add, as Gemm does, with the
// numbers of A and B split. bp is B as PackSplit wrote it.
//
// An element of C is one sum over the pieces of SplitK steps of K, from +0 or
// from what it is if add: to it are added hi·hi, then lo·hi, then hi·lo, each
// the sum of two chains from +0, of the even steps and of the odd ones. That is
// the order of TDPBF16PS (Intel SDM, volume 2). So a product may be cut by rows
// and columns anywhere, and by K at pieces.
//
// What is added to must be zero or what GemmSplit left there: else it may be
// no multiple of 2⁻¹²⁴, and a sum subnormal.
//
// Cost: 6mnk FLOPs.
func GemmSplit(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	checkA("GemmSplit", m, k, a, ars, acs)
	checkC("GemmSplit", m, n, c, ldc)
	if len(bp) < SplitLen(k, n) {
		panic("kernel: GemmSplit: B is too short")
	}
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || ISA() == generic && !amx() {
		gemmSplitGeneric(m, n, k, a, ars, acs, bp, c, ldc, add)
		return
	}
	gemmSplit(m, n, k, a, ars, acs, bp, c, ldc, add)
}

// Tiles reports whether GemmSplit runs on tile units. Without them it has the
// same bits, and takes longer than Gemm.
func Tiles() bool { return amx() }

// split returns the two numbers of x, each a bfloat16.
func split(x float32, least uint32) (hi, lo float32) {
	hi = bfloat(x, least)
	return hi, bfloat(x-hi, least)
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

// gemmSplitGeneric defines GemmSplit.
func gemmSplitGeneric(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	for i := range m {
		for j := range n {
			var sum float32
			if add {
				sum = c[i*ldc+j]
			}
			for l0 := 0; l0 < k; l0 += SplitK {
				tiles := bp[(j/NR*chunks(k)+l0/SplitK)*splitLen:]
				var hh, lh, hl [2]float32 // of even steps, and of odd ones
				for l := range min(SplitK, k-l0) {
					at, odd := j%NR/16*tileLen+l/2*16+j%16, l%2
					ahi, alo := split(a[i*ars+(l0+l)*acs], leastA)
					bhi, blo := half(tiles[at], odd), half(tiles[2*tileLen+at], odd)
					hh[odd] = fma(ahi, bhi, hh[odd])
					lh[odd] = fma(alo, bhi, lh[odd])
					hl[odd] = fma(ahi, blo, hl[odd])
				}
				sum += hh[0] + hh[1]
				sum += lh[0] + lh[1]
				sum += hl[0] + hl[1]
			}
			c[i*ldc+j] = sum
		}
	}
}

// half returns the lower number of a word, or the upper one.
func half(w uint32, upper int) float32 {
	return math.Float32frombits(w >> (16 * upper) << 16)
}

// splitPairsGeneric writes the tiles of k ≤ SplitK steps and n ≤ 32 columns of
// the row-major b: a word is two steps of a column.
func splitPairsGeneric(dst []uint32, b []float32, k, n, ldb int, least uint32) {
	clear(dst[:splitLen])
	for l := range k {
		for j, x := range b[l*ldb:][:n] {
			put(dst, j/16*tileLen+l/2*16+j%16, l%2, x, least)
		}
	}
}

// splitLinesGeneric writes the tiles of m ≤ 32 rows and k ≤ SplitK columns of
// the row-major a: a word is two columns of a row.
func splitLinesGeneric(dst []uint32, a []float32, m, k, lda int, least uint32) {
	clear(dst[:splitLen])
	for i := range m {
		for l, x := range a[i*lda:][:k] {
			put(dst, i/16*tileLen+i%16*16+l/2, l%2, x, least)
		}
	}
}

// put sets half of the words at at.
func put(dst []uint32, at, upper int, x float32, least uint32) {
	hi, lo := split(x, least)
	dst[at] |= math.Float32bits(hi) >> 16 << (16 * upper)
	dst[2*tileLen+at] |= math.Float32bits(lo) >> 16 << (16 * upper)
}
