package kernel

import "unsafe"

// The assembly takes whole registers or, in reductions, whole groups of 32
// lanes; what is left over goes through the definition, or through a group
// filled up with what changes nothing. Where rows are short, one call takes all
// of one, the last lanes by a mask.

// whole returns how many of n elements lie in whole registers of either width.
func whole(n int) int { return n &^ 15 }

func dot(x, y []float32) float32 {
	if !avx2() {
		return dotGeneric(x, y)
	}
	var s [lanes]float32
	var sum float32
	n := len(x) &^ (lanes - 1)
	if n > 0 {
		sum = dotLanes(&s, &x[0], &y[0], n)
	}
	if n < len(x) {
		var xs, ys [lanes]float32
		copy(xs[:], x[n:])
		copy(ys[:], y[n:])
		sum = dotLanes(&s, &xs[0], &ys[0], lanes)
	}
	return sum
}

func dotLanes(s *[lanes]float32, x, y *float32, n int) float32 {
	if avx512() {
		return dotAVX512(s, x, y, n)
	}
	return dotAVX2(s, x, y, n)
}

func dot3(x, y, z []float32) float32 {
	if !avx2() {
		return dot3Generic(x, y, z)
	}
	var s [lanes]float32
	var sum float32
	n := len(x) &^ (lanes - 1)
	if n > 0 {
		sum = dot3AVX2(&s, &x[0], &y[0], &z[0], n)
	}
	if n < len(x) {
		var xs, ys, zs [lanes]float32
		copy(xs[:], x[n:])
		copy(ys[:], y[n:])
		copy(zs[:], z[n:])
		sum = dot3AVX2(&s, &xs[0], &ys[0], &zs[0], lanes)
	}
	return sum
}

func expSum(dst, x []float32, sub float32) float32 {
	if len(x) > 0 && avx512() {
		return expSumAVX512(&dst[0], &x[0], len(x), sub)
	}
	if len(x) > 0 && useAVX2 {
		return expSumAVX2(&dst[0], &x[0], len(x), sub)
	}
	return expSumGeneric(dst, x, sub)
}

func maximum(x []float32) float32 {
	n := len(x) &^ (lanes - 1)
	switch {
	case len(x) > 0 && avx512():
		return maximumAVX512(&x[0], len(x)) + 0
	case n > 0 && useAVX2:
		return max(maximumAVX2(&x[0], n), maximumAVX2(&x[len(x)-lanes], lanes)) + 0
	}
	return maximumGeneric(x)
}

func softmaxGrad(p, dp []float32, max, inv, delta float32) {
	if len(p) > 0 && avx512() {
		softmaxGradAVX512(&p[0], &dp[0], len(p), max, inv, delta)
		return
	}
	if len(p) > 0 && useAVX2 {
		softmaxGradAVX2(&p[0], &dp[0], len(p), max, inv, delta)
		return
	}
	softmaxGradParts(p, dp, max, inv, delta)
}

func rmsNorm(y, x, w []float32, eps float32) float32 {
	if avx512() {
		return rmsNormAVX512(&y[0], &x[0], &w[0], len(x), eps)
	}
	if useAVX2 && len(x)%lanes == 0 {
		return rmsNormAVX2(&y[0], &x[0], &w[0], len(x), eps)
	}
	return rmsNormParts(y, x, w, eps)
}

func rmsNormGrad(dx, dw, x, w, dy []float32, r float32) {
	if avx512() {
		rmsNormGradAVX512(&dx[0], unsafe.SliceData(dw), &x[0], &w[0], &dy[0], len(x), r)
		return
	}
	if useAVX2 && len(x)%lanes == 0 {
		rmsNormGradAVX2(&dx[0], unsafe.SliceData(dw), &x[0], &w[0], &dy[0], len(x), r)
		return
	}
	rmsNormGradParts(dx, dw, x, w, dy, r)
}

func axpy(y []float32, a float32, x []float32) {
	n := whole(len(y))
	switch {
	case n > 0 && avx512():
		axpyAVX512(&y[0], &x[0], n, a)
	case n > 0 && useAVX2:
		axpyAVX2(&y[0], &x[0], n, a)
	default:
		n = 0
	}
	axpyGeneric(y[n:], a, x[n:])
}

func add(dst, a, b []float32) {
	n := whole(len(dst))
	switch {
	case n > 0 && avx512():
		addAVX512(&dst[0], &a[0], &b[0], n)
	case n > 0 && useAVX2:
		addAVX2(&dst[0], &a[0], &b[0], n)
	default:
		n = 0
	}
	addGeneric(dst[n:], a[n:], b[n:])
}

func mul(dst, a, b []float32) {
	n := whole(len(dst))
	switch {
	case n > 0 && avx512():
		mulAVX512(&dst[0], &a[0], &b[0], n)
	case n > 0 && useAVX2:
		mulAVX2(&dst[0], &a[0], &b[0], n)
	default:
		n = 0
	}
	mulGeneric(dst[n:], a[n:], b[n:])
}

func scale(x []float32, s float32) {
	n := whole(len(x))
	switch {
	case n > 0 && avx512():
		scaleAVX512(&x[0], n, s)
	case n > 0 && useAVX2:
		scaleAVX2(&x[0], n, s)
	default:
		n = 0
	}
	scaleGeneric(x[n:], s)
}

func swiGLU(a, g, u []float32) {
	n := whole(len(a))
	switch {
	case n > 0 && avx512():
		swiGLUAVX512(&a[0], &g[0], &u[0], n)
	case n > 0 && useAVX2:
		swiGLUAVX2(&a[0], &g[0], &u[0], n)
	default:
		n = 0
	}
	swiGLUGeneric(a[n:], g[n:], u[n:])
}

func swiGLUGrad(dg, du, g, u, da []float32) {
	n := whole(len(dg))
	switch {
	case n > 0 && avx512():
		swiGLUGradAVX512(&dg[0], &du[0], &g[0], &u[0], &da[0], n)
	case n > 0 && useAVX2:
		swiGLUGradAVX2(&dg[0], &du[0], &g[0], &u[0], &da[0], n)
	default:
		n = 0
	}
	swiGLUGradGeneric(dg[n:], du[n:], g[n:], u[n:], da[n:])
}

func scaleMul(y, x, w []float32, r float32) {
	n := whole(len(y))
	if n > 0 && avx2() {
		scaleMulAVX2(&y[0], &x[0], &w[0], n, r)
	} else {
		n = 0
	}
	scaleMulGeneric(y[n:], x[n:], w[n:], r)
}

func normGrad(dx, x, w, dy []float32, r, c float32) {
	n := whole(len(dx))
	if n > 0 && avx2() {
		normGradAVX2(&dx[0], &x[0], &w[0], &dy[0], n, r, c)
	} else {
		n = 0
	}
	normGradGeneric(dx[n:], x[n:], w[n:], dy[n:], r, c)
}

func normGradW(dw, x, dy []float32, r float32) {
	n := whole(len(dw))
	if n > 0 && avx2() {
		normGradWAVX2(&dw[0], &x[0], &dy[0], n, r)
	} else {
		n = 0
	}
	normGradWGeneric(dw[n:], x[n:], dy[n:], r)
}

func adamWStep(p, g, m, v []float32, a *adamW) {
	n := whole(len(p))
	switch {
	case n > 0 && avx512():
		adamWAVX512(&p[0], &g[0], &m[0], &v[0], n, a)
	case n > 0 && useAVX2:
		adamWAVX2(&p[0], &g[0], &m[0], &v[0], n, a)
	default:
		n = 0
	}
	adamWStepGeneric(p[n:], g[n:], m[n:], v[n:], a)
}
