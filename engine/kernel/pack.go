package kernel

// NR is the number of columns of a packed panel.
const NR = 32

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

// packPanelGeneric packs one panel of n ≤ NR columns.
func packPanelGeneric(bp []float32, k, n int, b []float32, brs, bcs int) {
	for l := range k {
		row := bp[l*NR : l*NR+NR]
		for j := range n {
			row[j] = b[l*brs+j*bcs]
		}
		clear(row[n:])
	}
}
