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
	half.parts = max(1, min(t.k/8, max(t.parts, maxParts)/2))
	half.part = t.k / half.parts &^ 3
	if t.skip != 0 {
		half.aheadBy = 16 * NR / max(half.part, 4)
		half.skip += t.aheadBy*t.part - half.aheadBy*(half.part/4)
	}
	if half.n = min(t.n, halfNR); t.n == half.n {
		gemmAVX2(&half)
		return
	}
	right := unsafe.Add(unsafe.Pointer(t.c), 4*halfNR)
	half.nextA, half.nextC = uintptr(unsafe.Pointer(t.a)), uintptr(right)
	gemmAVX2(&half)
	half.b, half.c = (*float32)(unsafe.Add(unsafe.Pointer(t.b), 4*halfNR+t.apart)), (*float32)(right)
	half.nextA, half.nextC = t.nextA, t.nextC
	half.m, half.n = t.m, t.n-halfNR
	if t.skip != 0 { // the first half asked for all
		half.ahead, half.aheadBy, half.skip = uintptr(unsafe.Pointer(t.b)), 0, 0
	}
	gemmAVX2(&half)
}

// halved reports whether gemmTile takes a panel of B in two halves. They are
// copied apart where many rows of A pass by: as they lie in a panel, a half
// takes every second line of it, so that of a first-level cache of 32 KB,
// which processors with AVX2 alone have, it fills one half and leaves the
// other empty.
func halved() bool { return !avx512() }

// gemmAVX512 multiplies one tile of at most 32 columns. It reads 32 columns of B.
//
//go:noescape
func gemmAVX512(t *tile)

// gemmAVX2 multiplies one tile of at most 16 columns, and changes it. It reads
// 16 columns of B. Its aheadBy is of four steps.
//
//go:noescape
func gemmAVX2(t *tile)
