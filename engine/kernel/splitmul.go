package kernel

import (
	"sync"
	"unsafe"
)

// splitKC is how many steps of K are multiplied at a time, splitRows how many rows
// of A are split at a time: three quarters of a megabyte at most, which stay in the
// second-level cache while panels of B pass. Without tile units their floats are
// twice as large, and wideKC steps of a panel of B stay in the first level.
const (
	splitKC   = 1024
	splitRows = 128
	wideKC    = 256
	wideRows  = 128
)

// A splitTile is the argument of the assembly: blocks of 32 rows of A and a
// panel of B, both split.
type splitTile struct {
	a         *uint32  // block after block its pieces of SplitK steps
	b         *uint32  // pieces of SplitK steps
	c         *float32 // (32·blocks, NR)
	cs        int      // bytes from row to row
	blocks, k int      // and pieces
	add       int      // 1 if C += A·B

	// The panel that is next, to be asked for: no pointer, for there may be none.
	next  uintptr
	parts int // numbers of a float: two or three
}

// splitScratch is what one call needs. Its slices begin at a cache line.
type splitScratch struct {
	a    []uint32  // of splitRows rows and splitKC steps
	out  []float32 // (32, NR)
	edge []float32 // (SplitK, NR)
	turn []float32 // (NR, SplitK): a block of A that is transposed

	// Without tile units: the numbers of A and of a piece of B as floats, even
	// steps apart from odd ones, and sums.
	wideA []float32 // (pieces of SplitK, parts, even and odd, wideRows, SplitK/2)
	wideB []float32 // (parts, even and odd, SplitK/2, NR)
	sums  []float32 // (wideRows, NR)
	sum   []float32 // (wideRows, NR) of one product
}

var splitScratches = sync.Pool{New: func() any {
	return &splitScratch{
		a: aligned[uint32](Split(3).Len(splitKC, splitRows)), out: aligned[float32](32 * NR), edge: aligned[float32](SplitK * NR),
		turn: aligned[float32](NR * SplitK),
	}
}}

// aligned returns n zeros that begin at a cache line.
func aligned[T int8 | int32 | uint32 | float32](n int) []T {
	size := unsafe.Sizeof(*new(T))
	s := make([]T, n+int(63/size))
	at := int(-uintptr(unsafe.Pointer(&s[0])) % 64 / size)
	return s[at:][:n:n]
}

// gemm walks the tiles.
func (s Split) gemm(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	x := splitScratches.Get().(*splitScratch)
	defer splitScratches.Put(x)
	if !amx() && x.wideA == nil {
		x.lay()
	}
	most, deep := splitRows, splitKC
	if !amx() {
		most, deep = wideRows, wideKC
	}
	for i0 := 0; i0 < m; i0 += most {
		rows := min(most, m-i0)
		for l0 := 0; l0 < k; l0 += deep {
			steps := min(deep, k-l0)
			x.splitA(s, rows, steps, a[i0*ars+l0*acs:], ars, acs)
			if !amx() {
				x.widenA(s, rows, chunks(steps))
			}
			for j0 := 0; j0 < n; j0 += NR {
				panel := bp[(j0/NR*chunks(k)+l0/SplitK)*s.piece():]
				x.panel(s, rows, min(NR, n-j0), chunks(steps), panel, chunks(k)*s.piece(), c[i0*ldc+j0:], ldc, add || l0 > 0)
			}
		}
	}
}

// panel multiplies m rows and k pieces of A by a panel of n columns; the next
// panel begins step words after it.
func (x *splitScratch) panel(s Split, m, n, k int, b []uint32, step int, c []float32, ldc int, add bool) {
	if !amx() {
		x.emulate(s, m, n, k, b, c, ldc, add)
		return
	}
	t := splitTile{a: &x.a[0], b: &b[0], c: &c[0], cs: 4 * ldc, k: k, parts: int(s)}
	t.next = uintptr(unsafe.Pointer(t.b)) + 4*uintptr(step)
	if add {
		t.add = 1
	}
	done := 0
	if n == NR {
		done = m / 32 * 32
		if t.blocks = m / 32; t.blocks > 0 {
			splitMulAMX(&t)
		}
	}
	t.blocks, t.c, t.cs = 1, &x.out[0], 4*NR
	for ; done < m; done += 32 { // at an edge of C
		rows := min(32, m-done)
		t.a = &x.a[done/32*k*s.piece()]
		for i := range rows {
			copy(x.out[i*NR:][:n], c[(done+i)*ldc:])
		}
		splitMulAMX(&t)
		for i := range rows {
			copy(c[(done+i)*ldc:][:n], x.out[i*NR:])
		}
	}
}

// splitA splits a block of A.
func (x *splitScratch) splitA(s Split, m, k int, a []float32, ars, acs int) {
	to := x.a
	for i := 0; i < m; i += 32 {
		for l := 0; l < k; l += SplitK {
			block, rows, steps := a[i*ars+l*acs:], min(32, m-i), min(SplitK, k-l)
			if acs == 1 {
				x.splitLines(s, to, block, rows, steps, ars)
			} else {
				transpose(x.turn, SplitK, rows, steps, block, acs)
				x.splitLines(s, to, x.turn, rows, steps, SplitK)
			}
			to = to[s.piece():]
		}
	}
}

// splitPairs writes the tiles of k ≤ SplitK steps and n ≤ 32 columns of b.
func (x *splitScratch) splitPairs(s Split, dst []uint32, b []float32, k, n, ldb int) {
	if !amx() {
		s.pairsGeneric(dst, b, k, n, ldb)
		return
	}
	b, ldb = x.whole(b, k, n, ldb)
	splitPairsAVX512(&dst[0], &b[0], 4*ldb, s.leastB(), int(s))
}

// splitLines writes the tiles of m ≤ 32 rows and k ≤ SplitK columns of a.
func (x *splitScratch) splitLines(s Split, dst []uint32, a []float32, m, k, lda int) {
	if !amx() {
		s.linesGeneric(dst, a, m, k, lda)
		return
	}
	a, lda = x.whole(a, m, k, lda)
	splitLinesAVX512(&dst[0], &a[0], 4*lda, s.leastA(), int(s))
}

// whole returns a block of 32 rows and columns: x itself, or if it has less a
// copy with zeros.
func (x *splitScratch) whole(b []float32, rows, cols, ld int) ([]float32, int) {
	if rows == 32 && cols == 32 {
		return b, ld
	}
	clear(x.edge)
	for i := range rows {
		copy(x.edge[i*32:][:cols], b[i*ld:])
	}
	return x.edge, 32
}

// plane is the numbers of wideRows rows and every second of SplitK steps,
// planeB the same of a panel.
const (
	plane  = wideRows * SplitK / 2
	planeB = NR * SplitK / 2
)

// lay makes what is needed without tile units.
func (x *splitScratch) lay() {
	x.wideA, x.wideB = aligned[float32](wideKC/SplitK*6*plane), aligned[float32](6*planeB)
	x.sums, x.sum = aligned[float32](wideRows*NR), aligned[float32](wideRows*NR)
}

// widenA makes floats of m rows and k pieces of A.
func (x *splitScratch) widenA(s Split, m, k int) {
	from := x.a
	for i := 0; i < m; i += 32 {
		for l := range k {
			to := x.wideA[l*2*int(s)*plane:]
			for tile := range 2 * int(s) { // for each part two, of 16 rows each
				at := tile/2*2*plane + (i+tile%2*16)*SplitK/2
				widenPairs(to[at:][:tileLen], to[plane+at:][:tileLen], from[tile*tileLen:])
			}
			from = from[s.piece():]
		}
	}
}

// widenB makes floats of one piece of a panel.
func (x *splitScratch) widenB(s Split, from []uint32) {
	for tile := range 2 * int(s) {
		to := x.wideB[tile/2*2*planeB+tile%2*16:]
		for l := range 16 {
			widenPairs(to[l*NR:][:16], to[planeB+l*NR:][:16], from[tile*tileLen+l*16:])
		}
	}
}

// widenPairs writes the numbers of words.
func widenPairs(even, odd []float32, words []uint32) {
	odd, words = odd[:len(even)], words[:len(even)]
	for i, w := range words {
		even[i], odd[i] = half(w, 0), half(w, 1)
	}
}

// emulate is panel by the kernels of Gemm: a chain of SplitK/2 steps is a
// block of theirs, and that of the odd steps is added to that of the even.
func (x *splitScratch) emulate(s Split, m, n, k int, b []uint32, c []float32, ldc int, add bool) {
	sums, sum := x.sums[:m*NR], x.sum[:m*NR]
	clear(sums)
	for i := 0; i < m && add; i++ {
		copy(sums[i*NR:][:n], c[i*ldc:])
	}
	t := tile{ars: 4 * SplitK / 2, acs: 4, bs: 4 * NR, c: &sum[0], cs: 4 * NR, m: m, n: NR}
	t.cut(SplitK/2, maxParts)
	t.nextC = uintptr(unsafe.Pointer(t.c))
	for l := range k {
		x.widenB(s, b[l*s.piece():])
		for _, of := range s.products() {
			for odd := range 2 {
				t.a, t.b, t.add = &x.wideA[((l*int(s)+of.a)*2+odd)*plane], &x.wideB[(of.b*2+odd)*planeB], odd
				t.ahead, t.nextA = uintptr(unsafe.Pointer(t.b)), uintptr(unsafe.Pointer(t.a))
				gemmTile(&t)
			}
			Add(sums, sums, sum)
		}
	}
	for i := range m {
		copy(c[i*ldc:][:n], sums[i*NR:])
	}
}
