package kernel

// packPanel packs one panel of n ≤ NR columns.
func packPanel(bp []float32, k, n int, b []float32, brs, bcs int) {
	switch {
	case !neon():
		packPanelGeneric(bp, k, n, b, brs, bcs)
	case bcs == 1 && n == NR:
		packRowsNEON(&bp[0], &b[0], k, 4*brs)
	case brs == 1 && k >= 4:
		// Blocks of 4 steps by 8 columns from the top left, then what is left
		// below and right.
		k4, n8 := k&^3, n&^7
		for j := 0; j < n8; j += 8 {
			packColumnsNEON(&bp[j], &b[j*bcs], k4, 4*bcs)
		}
		for l := range k {
			row, from := bp[l*NR:l*NR+NR], n8
			if l >= k4 {
				from = 0
			}
			for j := from; j < n; j++ {
				row[j] = b[l+j*bcs]
			}
			clear(row[n:])
		}
	default:
		packPanelGeneric(bp, k, n, b, brs, bcs)
	}
}

// packRowsNEON copies k > 0 rows of NR floats, brs bytes apart in b, to bp.
//
//go:noescape
func packRowsNEON(bp, b *float32, k, brs int)

// packColumnsNEON transposes 8 runs of k floats, bcs bytes apart in b, into
// 8 columns of the panel bp. k > 0 and k%4 == 0.
//
//go:noescape
func packColumnsNEON(bp, b *float32, k, bcs int)
