package kernel

import "unsafe"

// gemmTile multiplies one tile.
func gemmTile(t *tile) {
	if useAVX512 {
		gemmAVX512(t)
		return
	}
	n := t.n
	t.n = min(n, 16)
	gemmAVX2(t)
	if n > 16 {
		t.b = (*float32)(unsafe.Add(unsafe.Pointer(t.b), 4*16))
		t.c = (*float32)(unsafe.Add(unsafe.Pointer(t.c), 4*16))
		t.n = n - 16
		gemmAVX2(t)
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
