package kernel

func packRows(bp []float32, k int, b []float32, brs, step, right int) {
	if !neon() || step != NR {
		packRowsGeneric(bp, k, b, brs, step, right)
		return
	}
	packRowsNEON(&bp[0], &b[0], k, 4*brs)
}

// transpose takes blocks of 4 rows by 8 columns from the top left, then what
// is left below and right.
func transpose(dst []float32, ld, k, n int, b []float32, bcs int) {
	done, cols := k&^3, n&^7
	if !neon() || done == 0 {
		done, cols = 0, 0
	}
	for j := 0; j < cols; j += 8 {
		transposeNEON(&dst[j], &b[j*bcs], done, 4*bcs, 4*ld)
	}
	transposeGeneric(dst, ld, k, n, done, cols, b, bcs)
}

// packRowsNEON copies k > 0 rows of NR floats, brs bytes apart in b, to bp.
//
//go:noescape
func packRowsNEON(bp, b *float32, k, brs int)

// transposeNEON transposes 8 runs of k floats, bcs bytes apart in b, into k
// rows of 8, ld bytes apart in dst. k > 0 and k%4 == 0.
//
//go:noescape
func transposeNEON(dst, b *float32, k, bcs, ld int)
