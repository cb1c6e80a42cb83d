package kernel

import (
	"sync"
	"unsafe"
)

// splitKC is how many steps of K are multiplied at a time, splitRows how many rows
// of A are split at a time: half a megabyte of them, which stay in the
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

	// What is read next, to be asked for: no pointers, for there may be nothing.
	nextC, nextB uintptr
}

// splitScratch is what one call needs. Its slices begin at a cache line.
type splitScratch struct {
	a    []uint32  // of splitRows rows and splitKC steps
	out  []float32 // (32, NR)
	edge []float32 // (SplitK, NR)
	turn []uint32  // a block of tiles to be transposed

	// Without tile units: the numbers of A and of a piece of B as floats, even
	// steps apart from odd ones, and sums.
	wideA []float32 // (pieces of SplitK, hi and lo, even and odd, wideRows, SplitK/2)
	wideB []float32 // (hi and lo, even and odd, SplitK/2, NR)
	sums  []float32 // (wideRows, NR)
	sum   []float32 // (wideRows, NR) of one product
}

var splitScratches = sync.Pool{New: func() any {
	return &splitScratch{
		a: aligned[uint32](splitRows / NR * splitKC / SplitK * splitLen), out: aligned[float32](32 * NR),
		edge: aligned[float32](SplitK * NR), turn: aligned[uint32](splitLen),
	}
}}

// aligned returns n zeros that begin at a cache line.
func aligned[T int8 | int32 | uint32 | float32](n int) []T {
	size := unsafe.Sizeof(*new(T))
	s := make([]T, n+int(63/size))
	at := int(-uintptr(unsafe.Pointer(&s[0])) % 64 / size)
	return s[at:][:n:n]
}

// gemmSplit walks the tiles.
func gemmSplit(m, n, k int, a []float32, ars, acs int, bp []uint32, c []float32, ldc int, add bool) {
	s := splitScratches.Get().(*splitScratch)
	defer splitScratches.Put(s)
	if !amx() && s.wideA == nil {
		s.lay()
	}
	most, deep := splitRows, splitKC
	if !amx() {
		most, deep = wideRows, wideKC
	}
	for i0 := 0; i0 < m; i0 += most {
		rows := min(most, m-i0)
		for l0 := 0; l0 < k; l0 += deep {
			steps := min(deep, k-l0)
			s.splitA(rows, steps, a[i0*ars+l0*acs:], ars, acs)
			if !amx() {
				s.widenA(rows, chunks(steps))
			}
			for j0 := 0; j0 < n; j0 += NR {
				panel := bp[(j0/NR*chunks(k)+l0/SplitK)*splitLen:]
				s.panel(rows, min(NR, n-j0), chunks(steps), panel, chunks(k)*splitLen, c[i0*ldc+j0:], ldc, add || l0 > 0)
			}
		}
	}
}

// panel multiplies m rows and k pieces of A by a panel of n columns; the next
// panel begins step words after it.
func (s *splitScratch) panel(m, n, k int, b []uint32, step int, c []float32, ldc int, add bool) {
	if !amx() {
		s.emulate(m, n, k, b, c, ldc, add)
		return
	}
	t := splitTile{a: &s.a[0], b: &b[0], c: &c[0], cs: 4 * ldc, k: k}
	t.nextC, t.nextB = uintptr(unsafe.Pointer(t.c))+4*NR, uintptr(unsafe.Pointer(t.b))+4*uintptr(step)
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
	t.blocks, t.c, t.cs = 1, &s.out[0], 4*NR
	for ; done < m; done += 32 { // at an edge of C
		rows := min(32, m-done)
		t.a = &s.a[done/32*k*splitLen]
		for i := range rows {
			copy(s.out[i*NR:][:n], c[(done+i)*ldc:])
		}
		splitMulAMX(&t)
		for i := range rows {
			copy(c[(done+i)*ldc:][:n], s.out[i*NR:])
		}
	}
}

// splitA splits a block of A.
func (s *splitScratch) splitA(m, k int, a []float32, ars, acs int) {
	to := s.a
	for i := 0; i < m; i += 32 {
		for l := 0; l < k; l += SplitK {
			block, rows, steps := a[i*ars+l*acs:], min(32, m-i), min(SplitK, k-l)
			if acs == 1 {
				s.splitLines(to, block, rows, steps, ars)
			} else {
				// As pairs of steps, and then with rows and pairs exchanged.
				s.splitPairs(s.turn, block, steps, rows, acs, leastA)
				for at := 0; at < splitLen; at += tileLen {
					transpose(floatsOf(to[at:][:tileLen]), 16, 16, 16, floatsOf(s.turn[at:][:tileLen]), 16)
				}
			}
			to = to[splitLen:]
		}
	}
}

// splitPairs writes the tiles of k ≤ SplitK steps and n ≤ 32 columns of b.
func (s *splitScratch) splitPairs(dst []uint32, b []float32, k, n, ldb int, least uint32) {
	if !amx() {
		splitPairsGeneric(dst, b, k, n, ldb, least)
		return
	}
	b, ldb = s.whole(b, k, n, ldb)
	splitPairsAVX512(&dst[0], &b[0], 4*ldb, least)
}

// splitLines writes the tiles of m ≤ 32 rows and k ≤ SplitK columns of a.
func (s *splitScratch) splitLines(dst []uint32, a []float32, m, k, lda int) {
	if !amx() {
		splitLinesGeneric(dst, a, m, k, lda, leastA)
		return
	}
	a, lda = s.whole(a, m, k, lda)
	splitLinesAVX512(&dst[0], &a[0], 4*lda, leastA)
}

// whole returns a block of 32 rows and columns: x itself, or if it has less a
// copy with zeros.
func (s *splitScratch) whole(x []float32, rows, cols, ld int) ([]float32, int) {
	if rows == 32 && cols == 32 {
		return x, ld
	}
	clear(s.edge)
	for i := range rows {
		copy(s.edge[i*32:][:cols], x[i*ld:])
	}
	return s.edge, 32
}

// floatsOf views words as floats, to move them.
func floatsOf(w []uint32) []float32 { return unsafe.Slice((*float32)(unsafe.Pointer(&w[0])), len(w)) }

// plane is the numbers of wideRows rows and every second of SplitK steps,
// planeB the same of a panel.
const (
	plane  = wideRows * SplitK / 2
	planeB = NR * SplitK / 2
)

// lay makes what is needed without tile units.
func (s *splitScratch) lay() {
	s.wideA, s.wideB = aligned[float32](wideKC/SplitK*4*plane), aligned[float32](4*planeB)
	s.sums, s.sum = aligned[float32](wideRows*NR), aligned[float32](wideRows*NR)
}

// widenA makes floats of m rows and k pieces of A.
func (s *splitScratch) widenA(m, k int) {
	from := s.a
	for i := 0; i < m; i += 32 {
		for l := range k {
			to := s.wideA[l*4*plane:]
			for tile := range 4 { // hi and hi of 16 rows each, lo and lo
				at := tile/2*2*plane + (i+tile%2*16)*SplitK/2
				widenPairs(to[at:][:tileLen], to[plane+at:][:tileLen], from[tile*tileLen:])
			}
			from = from[splitLen:]
		}
	}
}

// widenB makes floats of one piece of a panel.
func (s *splitScratch) widenB(from []uint32) {
	for tile := range 4 {
		to := s.wideB[tile/2*2*planeB+tile%2*16:]
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
func (s *splitScratch) emulate(m, n, k int, b []uint32, c []float32, ldc int, add bool) {
	sums, sum := s.sums[:m*NR], s.sum[:m*NR]
	clear(sums)
	for i := 0; i < m && add; i++ {
		copy(sums[i*NR:][:n], c[i*ldc:])
	}
	t := tile{ars: 4 * SplitK / 2, acs: 4, bs: 4 * NR, c: &sum[0], cs: 4 * NR, m: m, n: NR}
	t.cut(SplitK/2, maxParts)
	t.nextC = uintptr(unsafe.Pointer(t.c))
	for l := range k {
		s.widenB(b[l*splitLen:])
		for _, of := range [3]struct{ a, b int }{{0, 0}, {1, 0}, {0, 1}} {
			for odd := range 2 {
				t.a, t.b, t.add = &s.wideA[(l*4+of.a*2+odd)*plane], &s.wideB[(of.b*2+odd)*planeB], odd
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
