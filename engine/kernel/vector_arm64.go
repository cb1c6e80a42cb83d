package kernel

import "math"

// The assembly takes steps of 16 floats or, in reductions, groups of 32 lanes;
// what is left over goes through the definition, or through a group filled up
// with what changes nothing.

// whole returns how many of n elements NEON takes in steps of size, a power of 2.
func whole(n, size int) int {
	if !neon() {
		return 0
	}
	return n &^ (size - 1)
}

func dot(x, y []float32) float32 {
	if !neon() {
		return dotGeneric(x, y)
	}
	var s [lanes]float32
	var sum float32
	n := whole(len(x), lanes)
	if n > 0 {
		sum = dotNEON(&s, &x[0], &y[0], n)
	}
	if n < len(x) {
		var xs, ys [lanes]float32
		copy(xs[:], x[n:])
		copy(ys[:], y[n:])
		sum = dotNEON(&s, &xs[0], &ys[0], lanes)
	}
	return sum
}

func dot3(x, y, z []float32) float32 {
	if !neon() {
		return dot3Generic(x, y, z)
	}
	var s [lanes]float32
	var sum float32
	n := whole(len(x), lanes)
	if n > 0 {
		sum = dot3NEON(&s, &x[0], &y[0], &z[0], n)
	}
	if n < len(x) {
		var xs, ys, zs [lanes]float32
		copy(xs[:], x[n:])
		copy(ys[:], y[n:])
		copy(zs[:], z[n:])
		sum = dot3NEON(&s, &xs[0], &ys[0], &zs[0], lanes)
	}
	return sum
}

func expSum(dst, x []float32, sub float32) float32 {
	// An infinite sub would turn the filling into NaNs.
	if !neon() || math.IsInf(float64(sub), -1) {
		return expSumGeneric(dst, x, sub)
	}
	var s [lanes]float32
	var sum float32
	n := whole(len(x), lanes)
	if n > 0 {
		sum = expSumNEON(&s, &dst[0], &x[0], n, sub)
	}
	if n < len(x) {
		var t [lanes]float32
		for i := copy(t[:], x[n:]); i < lanes; i++ {
			t[i] = float32(math.Inf(-1)) // its exponential, +0, leaves a sum as it is
		}
		sum = expSumNEON(&s, &t[0], &t[0], lanes, sub)
		copy(dst[n:], t[:])
	}
	return sum
}

func maximum(x []float32) float32 {
	n := whole(len(x), lanes)
	if n == 0 {
		return maximumGeneric(x)
	}
	return max(maximumNEON(&x[0], n), maximumGeneric(x[n:])) + 0
}

func axpy(y []float32, a float32, x []float32) {
	n := whole(len(y), 16)
	if n > 0 {
		axpyNEON(&y[0], &x[0], n, a)
	}
	axpyGeneric(y[n:], a, x[n:])
}

func add(dst, a, b []float32) {
	n := whole(len(dst), 16)
	if n > 0 {
		addNEON(&dst[0], &a[0], &b[0], n)
	}
	addGeneric(dst[n:], a[n:], b[n:])
}

func mul(dst, a, b []float32) {
	n := whole(len(dst), 16)
	if n > 0 {
		mulNEON(&dst[0], &a[0], &b[0], n)
	}
	mulGeneric(dst[n:], a[n:], b[n:])
}

func scale(x []float32, s float32) {
	n := whole(len(x), 16)
	if n > 0 {
		scaleNEON(&x[0], n, s)
	}
	scaleGeneric(x[n:], s)
}

func swiGLU(a, g, u []float32) {
	n := whole(len(a), 16)
	if n > 0 {
		swiGLUNEON(&a[0], &g[0], &u[0], n)
	}
	swiGLUGeneric(a[n:], g[n:], u[n:])
}

func swiGLUGrad(dg, du, g, u, da []float32) {
	n := whole(len(dg), 16)
	if n > 0 {
		swiGLUGradNEON(&dg[0], &du[0], &g[0], &u[0], &da[0], n)
	}
	swiGLUGradGeneric(dg[n:], du[n:], g[n:], u[n:], da[n:])
}

func scaleMul(y, x, w []float32, r float32) {
	n := whole(len(y), 16)
	if n > 0 {
		scaleMulNEON(&y[0], &x[0], &w[0], n, r)
	}
	scaleMulGeneric(y[n:], x[n:], w[n:], r)
}

func normGrad(dx, x, w, dy []float32, r, c float32) {
	n := whole(len(dx), 16)
	if n > 0 {
		normGradNEON(&dx[0], &x[0], &w[0], &dy[0], n, r, c)
	}
	normGradGeneric(dx[n:], x[n:], w[n:], dy[n:], r, c)
}

func normGradW(dw, x, dy []float32, r float32) {
	n := whole(len(dw), 16)
	if n > 0 {
		normGradWNEON(&dw[0], &x[0], &dy[0], n, r)
	}
	normGradWGeneric(dw[n:], x[n:], dy[n:], r)
}

func adamWStep(p, g, m, v []float32, a *adamW) {
	n := whole(len(p), 16)
	if n > 0 {
		adamWNEON(&p[0], &g[0], &m[0], &v[0], n, a)
	}
	adamWStepGeneric(p[n:], g[n:], m[n:], v[n:], a)
}

func rmsNorm(y, x, w []float32, eps float32) float32 { return rmsNormParts(y, x, w, eps) }

func rmsNormGrad(dx, dw, x, w, dy []float32, r float32) { rmsNormGradParts(dx, dw, x, w, dy, r) }

func softmaxGrad(p, dp []float32, max, inv, delta float32) { softmaxGradParts(p, dp, max, inv, delta) }
