package kernel

func packRows(bp []float32, k int, b []float32, brs, step, right int) {
	if !avx2() {
		packRowsGeneric(bp, k, b, brs, step, right)
		return
	}
	packRowsAVX2(&bp[0], &b[0], k, 4*brs, 4*step, 4*right)
}

// transpose takes blocks of 8 rows by 8 columns from the top left, then what
// is left below and right.
func transpose(dst []float32, ld, k, n int, b []float32, bcs int) {
	done, cols := k&^7, n&^7
	if !avx2() || done == 0 {
		done, cols = 0, 0
	}
	for j := 0; j < cols; j += 8 {
		transposeAVX2(&dst[j], &b[j*bcs], done, 4*bcs, 4*ld)
	}
	transposeGeneric(dst, ld, k, n, done, cols, b, bcs)
}

// packRowsAVX2 is packRowsGeneric for k > 0, with distances in bytes.
//
//go:noescape
func packRowsAVX2(bp, b *float32, k, brs, step, right int)

// transposeAVX2 transposes 8 runs of k floats, bcs bytes apart in b, into k
// rows of 8, ld bytes apart in dst. k > 0 and k%8 == 0.
//
//go:noescape
func transposeAVX2(dst, b *float32, k, bcs, ld int)
