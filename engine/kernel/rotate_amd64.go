package kernel

//go:noescape
func rotateAVX2(lo, hi, cos, sin *float32, n int)

//go:noescape
func int8sAVX2(dst *float32, q *byte, scales *[NR]float32, n int)

func rotate(lo, hi, cos, sin []float32) {
	n := len(cos) &^ 7
	if n > 0 && avx2() {
		rotateAVX2(&lo[0], &hi[0], &cos[0], &sin[0], n)
	} else {
		n = 0
	}
	rotateGeneric(lo[n:], hi[n:], cos[n:], sin[n:])
}

func int8s(dst []float32, q []byte, scales *[NR]float32) {
	n := len(q) &^ (NR - 1)
	if n > 0 && avx2() {
		int8sAVX2(&dst[0], &q[0], scales, n)
	} else {
		n = 0
	}
	int8sGeneric(dst[n:], q[n:], scales)
}
