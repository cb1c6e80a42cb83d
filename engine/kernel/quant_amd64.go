package kernel

import "unsafe"

//go:noescape
func q40x4AVX2(t *quantTile)

//go:noescape
func q40x1AVX2(t *quantTile)

//go:noescape
func q41x4AVX2(t *quantTile)

//go:noescape
func q41x1AVX2(t *quantTile)

//go:noescape
func q4Kx4AVX2(t *quantTile)

//go:noescape
func q4Kx1AVX2(t *quantTile)

//go:noescape
func q6Kx4AVX2(t *quantTile)

//go:noescape
func q6Kx1AVX2(t *quantTile)

//go:noescape
func q80x4AVX2(t *quantTile)

//go:noescape
func q80x1AVX2(t *quantTile)

//go:noescape
func q8Fx4AVX2(t *quantTile)

//go:noescape
func q8Fx1AVX2(t *quantTile)

// tile multiplies 8 rows with k tokens, 1 or 4, from t on.
func (m *Matrix) tile(in *Input, w []byte, t, k int, out *[4 * Group]float32) {
	if !avx2() {
		m.tileGeneric(in, w, t, k, out)
		return
	}
	nb := m.K / 32
	x := &in.forms[m.Type.Forms().index()]
	q := quantTile{nb: nb, w: &w[0], d: &x.d[t*nb], ds: 4 * nb, s: &x.s[t*nb], out: &out[0]}
	q.a, q.as = (*byte)(unsafe.Pointer(&x.q[t*m.K])), m.K
	four := k == 4
	switch m.Type {
	case Q4_0:
		q.s = (*float32)(unsafe.Pointer(&x.off[t*nb]))
		if four {
			q40x4AVX2(&q)
		} else {
			q40x1AVX2(&q)
		}
	case Q4_1:
		if four {
			q41x4AVX2(&q)
		} else {
			q41x1AVX2(&q)
		}
	case Q4_K:
		if four {
			q4Kx4AVX2(&q)
		} else {
			q4Kx1AVX2(&q)
		}
	case Q6_K:
		q.half = &x.half[2*t*nb]
		if four {
			q6Kx4AVX2(&q)
		} else {
			q6Kx1AVX2(&q)
		}
	case Q8_0:
		q.a, q.as = (*byte)(unsafe.Pointer(&x.w[t*m.K])), 2*m.K
		if four {
			q80x4AVX2(&q)
		} else {
			q80x1AVX2(&q)
		}
	default:
		q.a, q.as = (*byte)(unsafe.Pointer(&x.w[t*m.K])), 2*m.K
		if four {
			q8Fx4AVX2(&q)
		} else {
			q8Fx1AVX2(&q)
		}
	}
}

// Of what follows, whole registers of 8 go to the assembly.

//go:noescape
func maxAbsAVX2(x *float32, n int) float32

//go:noescape
func roundAVX2(q *int8, w *int16, x *float32, inv float32, sums *[2]int32)

//go:noescape
func float32sAVX2(dst *float32, src *uint16, n int)

//go:noescape
func float16sAVX2(dst *uint16, src *float32, n int)

//go:noescape
func bfloatsAVX2(dst *float32, src *uint16, n int)

func maxAbs(x []float32) float32 {
	if !avx2() {
		return maxAbsGeneric(x)
	}
	return maxAbsAVX2(&x[0], len(x))
}

func roundBlock(q *[32]int8, w *[32]int16, x *[32]float32, inv float32) (sums [2]int32) {
	if !avx2() {
		return roundBlockGeneric(q, w, x, inv)
	}
	roundAVX2(&q[0], &w[0], &x[0], inv, &sums)
	return sums
}

func float32s(dst []float32, src []uint16) {
	n := len(src) &^ 7
	if n > 0 && avx2() {
		float32sAVX2(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	float32sGeneric(dst[n:], src[n:])
}

func float16s(dst []uint16, src []float32) {
	n := len(src) &^ 7
	if n > 0 && avx2() {
		float16sAVX2(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	float16sGeneric(dst[n:], src[n:])
}

func bfloats(dst []float32, src []uint16) {
	n := len(src) &^ 7
	if n > 0 && avx2() {
		bfloatsAVX2(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	bfloatsGeneric(dst[n:], src[n:])
}
