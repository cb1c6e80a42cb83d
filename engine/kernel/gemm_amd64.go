package kernel

import "unsafe"

// gemmTile multiplies one tile.
func gemmTile(t *tile) {
	n := t.n
	t.n = min(n, 16)
	gemmAVX2(t)
	if n > 16 {
		b, c := t.b, t.c
		t.b = (*float32)(unsafe.Add(unsafe.Pointer(b), 64))
		t.c = (*float32)(unsafe.Add(unsafe.Pointer(c), 64))
		t.n = n - 16
		gemmAVX2(t)
		t.b, t.c = b, c
	}
	t.n = n
}

// gemmAVX2 multiplies one tile of at most 16 columns. It reads 16 columns of B.
//
//go:noescape
func gemmAVX2(t *tile)
