package kernel

import "unsafe"

//go:noescape
func q40x4AVX2(t *quantTile)

//go:noescape
func q40x2AVX2(t *quantTile)

//go:noescape
func q40x1AVX2(t *quantTile)

//go:noescape
func q41x4AVX2(t *quantTile)

//go:noescape
func q41x2AVX2(t *quantTile)

//go:noescape
func q41x1AVX2(t *quantTile)

//go:noescape
func q4Kx4AVX2(t *quantTile)

//go:noescape
func q4Kx2AVX2(t *quantTile)

//go:noescape
func q4Kx1AVX2(t *quantTile)

//go:noescape
func q50x4AVX2(t *quantTile)

//go:noescape
func q50x2AVX2(t *quantTile)

//go:noescape
func q50x1AVX2(t *quantTile)

//go:noescape
func q51x4AVX2(t *quantTile)

//go:noescape
func q51x2AVX2(t *quantTile)

//go:noescape
func q51x1AVX2(t *quantTile)

//go:noescape
func q5Kx4AVX2(t *quantTile)

//go:noescape
func q5Kx2AVX2(t *quantTile)

//go:noescape
func q5Kx1AVX2(t *quantTile)

//go:noescape
func q6Kx4AVX2(t *quantTile)

//go:noescape
func q6Kx2AVX2(t *quantTile)

//go:noescape
func q6Kx1AVX2(t *quantTile)

//go:noescape
func q80x4AVX2(t *quantTile)

//go:noescape
func q80x2AVX2(t *quantTile)

//go:noescape
func q80x1AVX2(t *quantTile)

//go:noescape
func mxfp4x4AVX2(t *quantTile)

//go:noescape
func mxfp4x2AVX2(t *quantTile)

//go:noescape
func mxfp4x1AVX2(t *quantTile)

//go:noescape
func iq2x4AVX2(t *quantTile)

//go:noescape
func iq2x2AVX2(t *quantTile)

//go:noescape
func iq2x1AVX2(t *quantTile)

//go:noescape
func q2Kx4AVX2(t *quantTile)

//go:noescape
func q2Kx2AVX2(t *quantTile)

//go:noescape
func q2Kx1AVX2(t *quantTile)

//go:noescape
func q3Kx4AVX2(t *quantTile)

//go:noescape
func q3Kx2AVX2(t *quantTile)

//go:noescape
func q3Kx1AVX2(t *quantTile)

//go:noescape
func lookx2AVX2(t *quantTile)

//go:noescape
func lookx1AVX2(t *quantTile)

//go:noescape
func iq4x2AVX2(t *quantTile)

//go:noescape
func iq4x1AVX2(t *quantTile)

// tile multiplies groups of 8 rows, w, with n tokens from t on: some with one
// token, one or two with more.
func (m *Matrix) tile(in *Input, w []byte, groups, t, n int, out []float32) {
	if !avx2() {
		m.tileGeneric(in, w, groups, t, n, out)
		return
	}
	nb := m.K / 32
	x := &in.forms[m.Type.Forms().index()]
	var q quantTile // a literal would be made elsewhere and copied, which stalls every tile
	q.nb, q.wide, q.as, q.bs, q.look = nb, len(w)/groups, m.K, nb*int(unsafe.Sizeof(block{})), m.Type.table()
	vnni := useVNNI && m.Type.vnni() && groups > 1
	wide := m.Type == Q8_0 && !vnni
	if wide {
		q.as *= 2
	}
	clear(out)
	at := func(i int) {
		q.w, q.b = &w[0], &x.b[(t+i)*nb]
		q.a = (*byte)(unsafe.Pointer(&x.q[(t+i)*m.K]))
		if wide {
			q.a = (*byte)(unsafe.Pointer(&x.w[(t+i)*m.K]))
		}
		q.out = (*[Group]float32)(out[i*groups*Group:])
	}
	if vnni {
		q.n = groups / 2
		at(0)
		m.Type.tileVNNI(&q, n)
		if n == 1 && groups%2 == 1 {
			last := groups - 1
			m.tile(in, w[last*q.wide:], 1, t, 1, out[last*Group:])
		}
		return
	}
	if groups == 2 && n > 1 {
		at(0)
		m.Type.tileAVX2(&q, n)
		return
	}
	done := 0 // groups
	if n == 1 {
		if q.n = groups / 4; q.n > 0 {
			q.wide, q.outs = q.n*q.wide, q.n*Group*4
			at(0)
			m.Type.tileAVX2(&q, 1)
			done = 4 * q.n
		}
	}
	// The rows at the end take the places of four groups.
	q.n, q.wide, q.outs = 1, 0, 0
	for ; done < groups; done++ {
		for i := range n {
			at(i)
			q.w, q.out = &w[done*(len(w)/groups)], (*[Group]float32)(out[(i*groups+done)*Group:])
			m.Type.tileAVX2(&q, 1)
		}
	}
}

// tileAVX2 multiplies fours of groups with a token, or two with 2 or 4.
func (t Type) tileAVX2(q *quantTile, n int) {
	switch t {
	case Q4_0:
		switch n {
		case 4:
			q40x4AVX2(q)
		case 2:
			q40x2AVX2(q)
		default:
			q40x1AVX2(q)
		}
	case Q4_1:
		switch n {
		case 4:
			q41x4AVX2(q)
		case 2:
			q41x2AVX2(q)
		default:
			q41x1AVX2(q)
		}
	case Q4_K:
		switch n {
		case 4:
			q4Kx4AVX2(q)
		case 2:
			q4Kx2AVX2(q)
		default:
			q4Kx1AVX2(q)
		}
	case Q6_K:
		switch n {
		case 4:
			q6Kx4AVX2(q)
		case 2:
			q6Kx2AVX2(q)
		default:
			q6Kx1AVX2(q)
		}
	case Q8_0:
		switch n {
		case 4:
			q80x4AVX2(q)
		case 2:
			q80x2AVX2(q)
		default:
			q80x1AVX2(q)
		}
	case Q5_0:
		switch n {
		case 4:
			q50x4AVX2(q)
		case 2:
			q50x2AVX2(q)
		default:
			q50x1AVX2(q)
		}
	case Q5_1:
		switch n {
		case 4:
			q51x4AVX2(q)
		case 2:
			q51x2AVX2(q)
		default:
			q51x1AVX2(q)
		}
	case Q5_K:
		switch n {
		case 4:
			q5Kx4AVX2(q)
		case 2:
			q5Kx2AVX2(q)
		default:
			q5Kx1AVX2(q)
		}
	case MXFP4:
		switch n {
		case 4:
			mxfp4x4AVX2(q)
		case 2:
			mxfp4x2AVX2(q)
		default:
			mxfp4x1AVX2(q)
		}
	case IQ2_S, IQ2_XS, IQ2_XXS:
		switch n {
		case 4:
			iq2x4AVX2(q)
		case 2:
			iq2x2AVX2(q)
		default:
			iq2x1AVX2(q)
		}
	case Q2_K:
		switch n {
		case 4:
			q2Kx4AVX2(q)
		case 2:
			q2Kx2AVX2(q)
		default:
			q2Kx1AVX2(q)
		}
	case Q3_K:
		switch n {
		case 4:
			q3Kx4AVX2(q)
		case 2:
			q3Kx2AVX2(q)
		default:
			q3Kx1AVX2(q)
		}
	case IQ4_XS, IQ3_S, IQ3_XXS:
		if n == 2 {
			lookx2AVX2(q)
		} else {
			lookx1AVX2(q)
		}
	case IQ4_NL:
		if n == 2 {
			iq4x2AVX2(q)
		} else {
			iq4x1AVX2(q)
		}
	}
}

// most returns the most tokens that a kernel of t takes.
func (t Type) most() int {
	if t == IQ4_NL || t.table() != nil && !useVNNI {
		return 2
	}
	return 4
}

// Of what follows, whole registers of 8 go to the assembly.

//go:noescape
func maxAbsAVX2(x *float32, n int) float32

//go:noescape
func roundAVX2(q *int8, w *int16, x *float32, inv float32, sums *[2][2]int32)

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

func roundBlock(q *[32]int8, w *[32]int16, x *[32]float32, inv float32) (sums [2][2]int32) {
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
