package kernel

import "unsafe"

// gemmTile multiplies one tile and leaves t as it is.
func gemmTile(t *tile) {
	half := *t
	if t.ahead == 0 {
		half.ahead = uintptr(unsafe.Pointer(t.b))
	}
	if avx512() {
		gemmAVX512(&half)
		return
	}
	half.parts = max(1, min(t.k/8, 8))
	half.part = t.k / half.parts &^ 3
	if t.skip != 0 {
		half.aheadBy = 16 * NR / max(half.part, 4)
		half.skip += t.aheadBy*t.part - half.aheadBy*(half.part/4)
	}
	if half.n = min(t.n, 16); t.n == half.n {
		gemmAVX2(&half)
		return
	}
	right := unsafe.Add(unsafe.Pointer(t.c), 4*16)
	half.nextA, half.nextC = uintptr(unsafe.Pointer(t.a)), uintptr(right)
	gemmAVX2(&half)
	half.b, half.c = (*float32)(unsafe.Add(unsafe.Pointer(t.b), 4*16)), (*float32)(right)
	half.nextA, half.nextC = t.nextA, t.nextC
	half.m, half.n = t.m, t.n-16
	if t.skip != 0 { // the first half asked for all
		half.ahead, half.aheadBy, half.skip = uintptr(unsafe.Pointer(t.b)), 0, 0
	}
	gemmAVX2(&half)
}

// gemmAVX512 multiplies one tile of at most 32 columns. It reads 32 columns of B.
//
//go:noescape
func gemmAVX512(t *tile)

// gemmAVX2 multiplies one tile of at most 16 columns, and changes it. It reads
// 16 columns of B. Its aheadBy is of four steps.
//
//go:noescape
func gemmAVX2(t *tile)
