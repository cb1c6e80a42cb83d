package kernel

import (
	"sync"
	"unsafe"
)

// KC is the length of the blocks into which Gemm cuts K.
const KC = 256

// Gemm computes C = A·B, or C += A·B if add, for A m×k, B k×n and C m×n.
//
// Element (i,l) of A is a[i*ars+l*acs], one of ars and acs being 1: A may be
// a row-major matrix or the transpose of one. B and C are row-major with ldb
// and ldc elements from row to row. C overlaps neither A nor B.
//
// Every element of C is a sum over blocks of KC steps of K. A block's sum is
// one chain of fused multiply-adds in the order of K, from +0; blocks are
// added to C in order, the first onto C if add and else in place of it. So
// how the work is cut by rows or columns does not change a bit.
//
// Cost: 2mnk FLOPs.
func Gemm(m, n, k int, a []float32, ars, acs int, b []float32, ldb int, c []float32, ldc int, add bool) {
	checkA("Gemm", m, k, a, ars, acs)
	if k > 0 && n > 0 && (ldb < n || len(b) < (k-1)*ldb+n) {
		panic("kernel: Gemm: B is too short")
	}
	checkC("Gemm", m, n, c, ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || ISA() == generic {
		gemmGeneric(m, n, k, a, ars, acs, b, ldb, c, ldc, add)
		return
	}
	gemm(m, n, k, a, ars, acs, b, ldb, c, ldc, add)
}

// GemmPacked is Gemm with B as Pack wrote it.
func GemmPacked(m, n, k int, a []float32, ars, acs int, bp []float32, c []float32, ldc int, add bool) {
	checkA("GemmPacked", m, k, a, ars, acs)
	if len(bp) < PackedLen(k, n) {
		panic("kernel: GemmPacked: B is too short")
	}
	checkC("GemmPacked", m, n, c, ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || ISA() == generic {
		for j := 0; j < n; j += NR {
			gemmGeneric(m, min(NR, n-j), k, a, ars, acs, bp[j*k:], NR, c[j:], ldc, add)
		}
		return
	}
	gemm(m, n, k, a, ars, acs, bp, 0, c, ldc, add)
}

func checkA(name string, m, k int, a []float32, ars, acs int) {
	if m < 0 || k < 0 || ars < 0 || acs < 0 || ars != 1 && acs != 1 {
		panic("kernel: " + name + ": bad shape of A")
	}
	if m > 0 && k > 0 && len(a) < (m-1)*ars+(k-1)*acs+1 {
		panic("kernel: " + name + ": A is too short")
	}
}

func checkC(name string, m, n int, c []float32, ldc int) {
	if n < 0 || m > 0 && n > 0 && (ldc < n || len(c) < (m-1)*ldc+n) {
		panic("kernel: " + name + ": C is too short")
	}
}

// gemmGeneric defines Gemm.
func gemmGeneric(m, n, k int, a []float32, ars, acs int, b []float32, ldb int, c []float32, ldc int, add bool) {
	for i := range m {
		for j := range n {
			var sum float32
			if add {
				sum = c[i*ldc+j]
			}
			for l0 := 0; l0 < k; l0 += KC {
				var block float32
				for l := l0; l < min(l0+KC, k); l++ {
					block = fma(a[i*ars+l*acs], b[l*ldb+j], block)
				}
				if l0 == 0 && !add {
					sum = block
				} else {
					sum += block
				}
			}
			c[i*ldc+j] = sum
		}
	}
}

// MC is the most rows that one call of assembly takes.
const MC = 256

// tileRows is how many rows gemmAVX512 takes at a time.
const tileRows = 12

// A tile is the argument of an assembly kernel: C = A·B or C += A·B for at
// most MC rows, KC steps and NR columns. Strides are in bytes.
type tile struct {
	a        *float32
	ars, acs int // from row to row, from step to step
	b        *float32
	bs       int // from step to step
	c        *float32
	cs       int // from row to row
	m, n, k  int
	add      int     // 1 if C += A·B
	ahead    uintptr // what is read next, to be fetched: no pointer, for it may pass the end

	// Of gemmAVX512 and gemmAVX2, which ask for the rows after these as well.
	aheadBy      int     // bytes by which ahead moves at a step, of gemmAVX2 at four
	part         int     // steps in which it asks for a row of A and one of C
	nextA, nextC uintptr // the rows after the last
	stepA        int     // bytes by which it moves along a row of A at a step
	rowA, rowC   uintptr // what it counts
	left         int
	skip         int // bytes by which ahead moves after a part
	parts        int // in how many they take the steps of a tile

	apart int // bytes by which the right half of B lies further off than in a panel, of gemmAVX2
}

// cut gives t k steps, in at most so many parts, of at least eight where there are
// as many: with fewer, as in attention, the parts' ends would take longer than they.
func (t *tile) cut(k, parts int) {
	t.k, t.parts = k, max(1, min(k/8, parts))
	t.part = k / t.parts
}

// maxParts is the most parts in which a tile takes its steps, where many rows pass
// by a panel; where few do, they are twice as many.
const maxParts = 16

// MB is the number of rows whose block of A is copied at a time.
const MB = 2 * MC

// scratch is what one call needs: a packed panel of B, and a block of A, row
// after row, lineLen apart.
type scratch struct {
	b [KC * NR]float32
	a [MB * lineLen]float32
}

// lineLen is an odd number of cache lines, so that the rows that a tile reads
// together do not compete for one set of a cache.
const lineLen = KC + 16

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// far reports whether rows of this many floats lie so that walking down a
// column meets only a few sets of the first-level cache: at 512 bytes, 8 of 64.
// The twelve rows of A that are read together do so at 2,048 bytes: two sets.
func far(stride int) bool { return stride >= 128 && stride%64 == 0 }

// gemm walks the tiles. ldb 0 means that B is packed.
//
// A panel of B (KC×NR, 32 KB) stays in the first-level cache while the rows
// of A pass by it from the second level. Where rows are far apart, the panel
// is packed first, if there is enough to do with it, and the block of A
// copied; so is that of a transpose, whose steps would each be a line apart.
func gemm(m, n, k int, a []float32, ars, acs int, b []float32, ldb int, c []float32, ldc int, add bool) {
	packB := far(ldb) && m >= 64
	halve := halved() && m >= 128 && ldb%32 != 16 // rows of an odd number of lines spread over all sets as they lie
	copyA := (acs > 1 || ars%512 == 0) && n >= 4*NR
	var s *scratch
	if packB || copyA || halve || ldb != 0 && n%NR != 0 {
		s = scratches.Get().(*scratch)
		defer scratches.Put(s)
	}
	t, parts := tile{cs: 4 * ldc, stepA: 64}, maxParts
	if ldb != 0 && m < KC/maxParts*tileRows { // a row of the next panel in each would not be all of it: see askB
		parts *= 2
	}
	if acs > 1 && !copyA { // what lies along a row is other rows
		t.stepA = 0
	}
	for i0 := 0; i0 < m; i0 += MB {
		rows := min(MB, m-i0)
		for l0 := 0; l0 < k; l0 += KC {
			t.cut(min(KC, k-l0), parts)
			t.ars, t.acs = 4*ars, 4*acs
			block := a[i0*ars+l0*acs:]
			if copyA {
				copyBlock(s.a[:], block, rows, t.k, ars, acs)
				block, t.ars, t.acs = s.a[:], 4*lineLen, 4
			}
			t.add = 0
			if add || l0 > 0 {
				t.add = 1
			}
			for j0 := 0; j0 < n; j0 += NR {
				t.n, t.apart = min(NR, n-j0), 0
				switch {
				case halve && (ldb == 0 || t.n == NR):
					from, bs := b[l0*ldb+j0:], ldb
					if ldb == 0 {
						from, bs = b[j0*k+l0*NR:], NR
					}
					packRows(s.b[:], t.k, from, bs, halfNR, halfNR*t.k)
					t.b, t.bs, t.apart = &s.b[0], 4*halfNR, 4*halfNR*(t.k-1)
				case ldb == 0:
					t.b, t.bs = &b[j0*k+l0*NR], 4*NR
				case packB || t.n < NR:
					packPanel(s.b[:], t.k, t.n, b[l0*ldb+j0:], ldb, 1)
					t.b, t.bs = &s.b[0], 4*NR
				default:
					t.b, t.bs = &b[l0*ldb+j0], 4*ldb
				}
				for i := 0; i < rows; i += MC {
					t.m = min(MC, rows-i)
					t.a, t.c = &block[i*t.ars/4], &c[(i0+i)*ldc+j0]
					t.askB(n, k, b, ldb, j0, l0, min(rows, MC))
					next, down, right := 0, i0, j0+NR // the first rows by the next columns
					if i+MC < rows {
						next, down, right = i+MC, i0+i+MC, j0
					} else if right >= n {
						right = 0
					}
					t.nextA, t.nextC = uintptr(unsafe.Pointer(&block[next*t.ars/4])), uintptr(unsafe.Pointer(&c[down*ldc+right]))
					gemmTile(&t)
				}
			}
		}
	}
}

// askB sets what is asked for of the panel that comes after the one at column
// j0 and step l0: all of it while m rows pass.
func (t *tile) askB(n, k int, b []float32, ldb, j0, l0, m int) {
	t.ahead, t.aheadBy, t.skip = 0, 0, 0
	if j0 += NR; j0 >= n {
		j0, l0 = 0, l0+KC
	}
	switch {
	case l0 >= k:
	case ldb == 0:
		t.ahead, t.aheadBy = uintptr(unsafe.Pointer(&b[j0*k+l0*NR])), tileRows*4*NR/m
	case t.part > 0: // a row in each part
		t.ahead, t.aheadBy = uintptr(unsafe.Pointer(&b[l0*ldb+j0])), 4*NR/t.part
		t.skip = 4*ldb - t.aheadBy*t.part
	}
}

// copyBlock copies m rows and k columns of A to rows lineLen apart.
func copyBlock(dst, a []float32, m, k, ars, acs int) {
	if acs != 1 {
		transpose(dst, lineLen, m, k, a, acs)
		return
	}
	for i := range m {
		copy(dst[i*lineLen:][:k], a[i*ars:])
	}
}
