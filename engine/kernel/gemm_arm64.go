package kernel

import "unsafe"

// gemmTile multiplies one tile and leaves t as it is: an even number of rows
// by 16 columns at a time, and what is left, three rows at most, by 32.
func gemmTile(t *tile) {
	rest := t.m & 1
	if t.m < 4 {
		rest = t.m
	}
	part := *t
	if part.m = t.m - rest; part.m > 0 {
		part.n = min(t.n, 16)
		gemmNEON16(&part)
		if t.n > 16 {
			part.b = (*float32)(unsafe.Add(unsafe.Pointer(t.b), 4*16))
			part.c = (*float32)(unsafe.Add(unsafe.Pointer(t.c), 4*16))
			part.n = t.n - 16
			gemmNEON16(&part)
		}
	}
	if rest > 0 {
		part = *t
		part.a = (*float32)(unsafe.Add(unsafe.Pointer(t.a), (t.m-rest)*t.ars))
		part.c = (*float32)(unsafe.Add(unsafe.Pointer(t.c), (t.m-rest)*t.cs))
		part.m = rest
		gemmNEON32(&part)
	}
}

// halved is of gemmAVX2.
func halved() bool { return false }

// gemmNEON16 multiplies one tile of an even number of rows, at least 4, and at
// most 16 columns. It reads 16 columns of B.
//
//go:noescape
func gemmNEON16(t *tile)

// gemmNEON32 multiplies one tile of at most 3 rows and 32 columns. It reads 32
// columns of B.
//
//go:noescape
func gemmNEON32(t *tile)
