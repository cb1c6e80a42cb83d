package kernel

// NR is the number of columns of a packed panel.
const NR = 32

const halfNR = NR / 2

// PackedLen returns the length of a k×n matrix when packed.
func PackedLen(k, n int) int { return k * ((n + NR - 1) / NR * NR) }

// Pack writes the k×n matrix B into bp in panels of NR columns: element (l,j)
// goes to bp[(j/NR)*k*NR + l*NR + j%NR], and columns past n are zero. Element
// (l,j) is read from b[l*brs+j*bcs], one of brs and bcs being 1, so B may be
// a row-major matrix or the transpose of one.
//
// Cost: 8kn bytes moved.
func Pack(bp []float32, k, n int, b []float32, brs, bcs int) {
	if k < 0 || n < 0 || brs < 0 || bcs < 0 || brs != 1 && bcs != 1 {
		panic("kernel: Pack: bad shape of B")
	}
	if k > 0 && n > 0 && len(b) < (k-1)*brs+(n-1)*bcs+1 {
		panic("kernel: Pack: B is too short")
	}
	if len(bp) < PackedLen(k, n) {
		panic("kernel: Pack: the packed slice is too short")
	}
	if k == 0 {
		return
	}
	for j := 0; j < n; j += NR {
		packPanel(bp[j*k:], k, min(NR, n-j), b[j*bcs:], brs, bcs)
	}
}

// Transpose sets dst (cols, rows) to the transpose of src (rows, cols).
func Transpose(dst, src []float32, rows, cols int) {
	if rows < 0 || cols < 0 || len(src) < rows*cols || len(dst) < rows*cols {
		panic("kernel: Transpose: a slice is too short")
	}
	if rows > 0 && cols > 0 {
		transpose(dst, rows, cols, rows, src, cols)
	}
}

// packPanel packs one panel of n ≤ NR columns.
func packPanel(bp []float32, k, n int, b []float32, brs, bcs int) {
	switch {
	case brs == 1:
		transpose(bp, NR, k, n, b, bcs)
	case n == NR:
		packRows(bp, k, b, brs, NR, halfNR)
	default:
		for l := range k {
			copy(bp[l*NR:][:n], b[l*brs:])
		}
	}
	if n < NR {
		for l := range k {
			clear(bp[l*NR+n : l*NR+NR])
		}
	}
}

// packRowsGeneric copies k rows of NR floats, brs apart in b, to bp: their left
// halves step apart, and each right half so many floats behind its left one.
func packRowsGeneric(bp []float32, k int, b []float32, brs, step, right int) {
	for l := range k {
		copy(bp[l*step:][:halfNR], b[l*brs:])
		copy(bp[l*step+right:][:halfNR], b[l*brs+halfNR:])
	}
}

// transposeGeneric sets dst[l*ld+j] = b[l+j*bcs] for l < k and j < n, but for
// those with l < kDone and j < nDone.
func transposeGeneric(dst []float32, ld, k, n, kDone, nDone int, b []float32, bcs int) {
	for l := range k {
		from := nDone
		if l >= kDone {
			from = 0
		}
		for j := from; j < n; j++ {
			dst[l*ld+j] = b[l+j*bcs]
		}
	}
}
