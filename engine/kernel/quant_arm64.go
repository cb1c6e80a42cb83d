package kernel

import "unsafe"

//go:noescape
func q40SDOT(t *quantTile)

//go:noescape
func q40SMULL(t *quantTile)

//go:noescape
func q41SDOT(t *quantTile)

//go:noescape
func q41SMULL(t *quantTile)

//go:noescape
func q50SDOT(t *quantTile)

//go:noescape
func q50SMULL(t *quantTile)

//go:noescape
func q51SDOT(t *quantTile)

//go:noescape
func q51SMULL(t *quantTile)

//go:noescape
func q80SDOT(t *quantTile)

//go:noescape
func q80SMULL(t *quantTile)

//go:noescape
func mxfp4SDOT(t *quantTile)

//go:noescape
func mxfp4SMULL(t *quantTile)

//go:noescape
func iq4SDOT(t *quantTile)

//go:noescape
func iq4SMULL(t *quantTile)

//go:noescape
func q4KSDOT(t *quantTile)

//go:noescape
func q4KSMULL(t *quantTile)

//go:noescape
func q5KSDOT(t *quantTile)

//go:noescape
func q5KSMULL(t *quantTile)

//go:noescape
func q6KSDOT(t *quantTile)

//go:noescape
func q6KSMULL(t *quantTile)

//go:noescape
func iq2SDOT(t *quantTile)

//go:noescape
func iq2SMULL(t *quantTile)

//go:noescape
func q2KSDOT(t *quantTile)

//go:noescape
func q2KSMULL(t *quantTile)

//go:noescape
func q3KSDOT(t *quantTile)

//go:noescape
func q3KSMULL(t *quantTile)

//go:noescape
func lookSDOT(t *quantTile)

//go:noescape
func lookSMULL(t *quantTile)

// tile multiplies one or two groups of 8 rows, w, with n tokens from t on.
func (m *Matrix) tile(in *Input, w []byte, groups, t, n int, out []float32) {
	if !neon() {
		m.tileGeneric(in, w, groups, t, n, out)
		return
	}
	nb := m.K / 32
	x := &in.forms[m.Type.Forms().index()]
	q := quantTile{nb: nb, wide: len(w) / groups, as: m.K, bs: nb * int(unsafe.Sizeof(block{})), n: 1, outs: 4 * groups * Group, look: m.Type.table()}
	if n == 4 {
		q.n = 4
	}
	for g := range groups {
		for i := 0; i < n; i += q.n {
			q.w, q.b = &w[g*q.wide], &x.b[(t+i)*nb]
			q.a = (*byte)(unsafe.Pointer(&x.q[(t+i)*m.K]))
			q.out = (*[Group]float32)(out[(i*groups+g)*Group:])
			if useSDOT {
				m.Type.tileSDOT(&q)
			} else {
				m.Type.tileSMULL(&q)
			}
		}
	}
}

func (t Type) tileSDOT(q *quantTile) {
	switch t {
	case Q4_0:
		q40SDOT(q)
	case Q4_1:
		q41SDOT(q)
	case Q5_0:
		q50SDOT(q)
	case Q5_1:
		q51SDOT(q)
	case Q8_0:
		q80SDOT(q)
	case MXFP4:
		mxfp4SDOT(q)
	case IQ4_NL:
		iq4SDOT(q)
	case Q4_K:
		q4KSDOT(q)
	case Q5_K:
		q5KSDOT(q)
	case Q6_K:
		q6KSDOT(q)
	case IQ2_S, IQ2_XS, IQ2_XXS:
		iq2SDOT(q)
	case Q2_K:
		q2KSDOT(q)
	case Q3_K:
		q3KSDOT(q)
	case IQ4_XS, IQ3_S, IQ3_XXS:
		lookSDOT(q)
	}
}

func (t Type) tileSMULL(q *quantTile) {
	switch t {
	case Q4_0:
		q40SMULL(q)
	case Q4_1:
		q41SMULL(q)
	case Q5_0:
		q50SMULL(q)
	case Q5_1:
		q51SMULL(q)
	case Q8_0:
		q80SMULL(q)
	case MXFP4:
		mxfp4SMULL(q)
	case IQ4_NL:
		iq4SMULL(q)
	case Q4_K:
		q4KSMULL(q)
	case Q5_K:
		q5KSMULL(q)
	case Q6_K:
		q6KSMULL(q)
	case IQ2_S, IQ2_XS, IQ2_XXS:
		iq2SMULL(q)
	case Q2_K:
		q2KSMULL(q)
	case Q3_K:
		q3KSMULL(q)
	case IQ4_XS, IQ3_S, IQ3_XXS:
		lookSMULL(q)
	}
}

func (t Type) most() int { return 4 }

// Of what follows, whole registers go to the assembly.

//go:noescape
func maxAbsNEON(x *float32, n int) float32

//go:noescape
func roundNEON(q *int8, w *int16, x *float32, inv float32, sums *[2][2]int32)

//go:noescape
func float32sNEON(dst *float32, src *uint16, n int)

//go:noescape
func float16sNEON(dst *uint16, src *float32, n int)

//go:noescape
func bfloatsNEON(dst *float32, src *uint16, n int)

func maxAbs(x []float32) float32 {
	if !neon() {
		return maxAbsGeneric(x)
	}
	return maxAbsNEON(&x[0], len(x))
}

func roundBlock(q *[32]int8, w *[32]int16, x *[32]float32, inv float32) (sums [2][2]int32) {
	if !neon() {
		return roundBlockGeneric(q, w, x, inv)
	}
	roundNEON(&q[0], &w[0], &x[0], inv, &sums)
	return sums
}

func float32s(dst []float32, src []uint16) {
	n := len(src) &^ 7
	if n > 0 && neon() {
		float32sNEON(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	float32sGeneric(dst[n:], src[n:])
}

func float16s(dst []uint16, src []float32) {
	n := len(src) &^ 7
	if n > 0 && neon() {
		float16sNEON(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	float16sGeneric(dst[n:], src[n:])
}

func bfloats(dst []float32, src []uint16) {
	n := len(src) &^ 7
	if n > 0 && neon() {
		bfloatsNEON(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	bfloatsGeneric(dst[n:], src[n:])
}

func fewHalves() int { return 0 }

func (m *Matrix) halvesTile(*Input, []uint16, int, int, *[2 * NR]float32) {
	panic("kernel: no assembly on this platform")
}
