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
	if t.skip != 0 { // it asks for what lies in one piece
		half.ahead = uintptr(unsafe.Pointer(t.b))
	}
	half.n = min(t.n, 16)
	gemmAVX2(&half)
	if t.n > 16 {
		half.b = (*float32)(unsafe.Add(unsafe.Pointer(t.b), 4*16))
		half.c = (*float32)(unsafe.Add(unsafe.Pointer(t.c), 4*16))
		half.n = t.n - 16
		half.ahead += uintptr(t.m / 6 * 512) // as far as the first half got
		gemmAVX2(&half)
	}
}

// gemmAVX512 multiplies one tile of at most 32 columns. It reads 32 columns of B.
//
//go:noescape
func gemmAVX512(t *tile)

// gemmAVX2 multiplies one tile of at most 16 columns. It reads 16 columns of B.
//
//go:noescape
func gemmAVX2(t *tile)
