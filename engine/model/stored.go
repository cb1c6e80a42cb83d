package model

import (
	"unsafe"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A stored is a matrix of a model in training, row after row: in float32, or
// in bfloat16, which is widened as it is multiplied.
type stored struct {
	f []float32
	h []uint16
}

// storedFloats returns the floats of an arena that n numbers take.
func storedFloats(n int, half bool) int {
	if half {
		return (n + 1) / 2
	}
	return n
}

// newStored views mem, of storedFloats, as n numbers.
func newStored(mem []float32, n int, half bool) stored {
	if !half || mem == nil {
		return stored{f: mem}
	}
	return stored{h: unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(mem))), n)}
}

func (s stored) part(lo, hi int) stored {
	switch {
	case s.h != nil:
		return stored{h: s.h[lo:hi]}
	case s.f != nil:
		return stored{f: s.f[lo:hi]}
	}
	return s // only counted
}

// tensor names the matrix.
func (s stored) tensor(name string, rows, cols int, matrix bool) Tensor {
	return Tensor{Name: name, Shape: []int{rows, cols}, Data: s.f, Half: s.h, Matrix: matrix}
}

// read copies the numbers from lo on.
func (s stored) read(dst []float32, lo int) {
	if s.h != nil {
		kernel.BFloats(dst, s.h[lo:lo+len(dst)])
		return
	}
	copy(dst, s.f[lo:])
}

// write sets the numbers from lo on: in bfloat16 to the nearest, of two to the
// even; one that it cannot hold is an error.
func (s stored) write(src []float32, lo int) error {
	if s.h != nil {
		return weights.Encode(bytesOf(s.h[lo:lo+len(src)]), src, weights.BF16)
	}
	copy(s.f[lo:], src)
	return nil
}

// Rows of a matrix in bfloat16 that are widened at a time: forward, then also
// packed, and back, whole blocks of Gemm's sums.
const (
	wideRows = 4 * kernel.NR
	backRows = kernel.KC
)

// wideScratch is one worker's memory for rows that are widened, of so many columns.
func wideScratch(cols int, a *tensor.Arena) []float32 {
	return a.Float32(max(2*wideRows, backRows) * cols)
}

// packRows packs rows lo to hi, at most wideRows, of a matrix with so many columns:
// they then multiply from the right as columns. It needs (hi-lo)·cols of wide.
func (s stored) packRows(packed []float32, lo, hi, cols int, wide []float32) {
	wide = wide[:(hi-lo)*cols]
	s.read(wide, lo*cols)
	kernel.Pack(packed, cols, hi-lo, wide, 1, cols)
}

// mul sets y, or adds to it, x·Wᵀ of n tokens, W (rows, cols) in bfloat16. The
// bits are those of the same numbers in float32. y (n, ld)
func (s stored) mul(n, rows, cols int, x []float32, ldx int, y []float32, ld int, add bool, wide []float32) {
	packed := wide[wideRows*cols:]
	for lo := 0; lo < rows; lo += wideRows {
		hi := min(rows, lo+wideRows)
		s.packRows(packed, lo, hi, cols, wide)
		kernel.GemmPacked(n, hi-lo, cols, x, ldx, 1, packed, y[lo:], ld, add)
	}
}

// back sets dx = dy·W. dy (n, ld), dx (n, cols)
func (s stored) back(n, rows, cols int, dy []float32, ld int, dx, wide []float32) {
	for lo := 0; lo < rows; lo += backRows {
		hi := min(rows, lo+backRows)
		b := wide[:(hi-lo)*cols]
		s.read(b, lo*cols)
		kernel.Gemm(n, cols, hi-lo, dy[lo:], ld, 1, b, cols, dx, cols, lo > 0)
	}
}
