package kernel

import "math"

// The constants of exp. c2 to c6 are the minimax polynomial for
// (eʳ-1-r)/r² on |r| ≤ ln2/2 weighted for a relative error of eʳ (Remez):
// 3.8e-9 after rounding the coefficients, 1/15 of half a unit in the last place.
const (
	expMin, expMax = -88, 88
	log2e          = 0x1.715476p+0
	ln2hi          = 0x1.62e4p-1    // 15 bits, so that n·ln2hi is exact
	ln2lo          = 0x1.7f7d1cp-20 // ln2 - ln2hi
	expMagic       = 0x1.8p23       // adding it rounds to an integer, in the low bits
	expC2          = 0x1.fffffcp-2
	expC3          = 0x1.555492p-3
	expC4          = 0x1.5558f2p-5
	expC5          = 0x1.1239d4p-7
	expC6          = 0x1.6a244cp-10
)

// exp returns eˣ for x ≤ 88 within 1 unit in the last place, and e⁸⁸ above.
// It is 0 below -87.69, where eˣ is less than the smallest normal number's
// two thirds.
//
// x = n·ln2 + r; eˣ = 2ⁿ·(1 + r + r²(c2 + … + c6·r⁴)).
func exp(x float32) float32 {
	if x > expMax {
		x = expMax
	}
	if x < expMin {
		x = expMin
	}
	z := fma(x, log2e, expMagic)
	n := z - expMagic
	r := fma(n, -ln2hi, x)
	r = fma(n, -ln2lo, r)
	p := float32(expC6)
	p = fma(p, r, expC5)
	p = fma(p, r, expC4)
	p = fma(p, r, expC3)
	p = fma(p, r, expC2)
	p = fma(p, r, 1)
	p = fma(p, r, 1)
	// The low byte of z's bits is n, from -127 to 127; -127 makes the scale 0.
	return float32(p * math.Float32frombits(math.Float32bits(z)<<23+127<<23))
}

// sigmoid returns 1/(1+e⁻ˣ).
func sigmoid(x float32) float32 { return 1 / (1 + exp(-x)) }

// ExpSum sets dst[i] = exp(x[i]-sub) and returns their sum, in lanes as Dot.
// The lengths must be equal; dst may be x. Each element is within 2 units in
// the last place of the exponential of the rounded difference; a difference
// under -87.69 gives 0 and one over 88 gives e⁸⁸.
func ExpSum(dst, x []float32, sub float32) float32 {
	if len(x) != len(dst) {
		panic("kernel: ExpSum: lengths differ")
	}
	return expSum(dst, x, sub)
}

// expSumGeneric defines ExpSum.
func expSumGeneric(dst, x []float32, sub float32) float32 {
	var s [lanes]float32
	for i := range x {
		e := exp(x[i] - sub)
		dst[i] = e
		s[i%lanes] += e
	}
	return tree(&s)
}

// SoftmaxGrad turns scores into probabilities, p[i] = exp(p[i]-max)·inv, and
// the gradients of probabilities into those of scores, dp[i] = p[i]·(dp[i]-delta).
// The lengths must be equal. The exponential is ExpSum's.
func SoftmaxGrad(p, dp []float32, max, inv, delta float32) {
	if len(p) != len(dp) {
		panic("kernel: SoftmaxGrad: lengths differ")
	}
	softmaxGrad(p, dp, max, inv, delta)
}

// softmaxGradParts defines SoftmaxGrad.
func softmaxGradParts(p, dp []float32, max, inv, delta float32) {
	expSum(p, p, max)
	scale(p, inv)
	for i, prob := range p {
		dp[i] = prob * (dp[i] - delta)
	}
}

// SwiGLU sets a[i] = g·σ(g)·u for g = g[i], u = u[i]. The lengths must be
// equal; a may be g or u.
func SwiGLU(a, g, u []float32) {
	if len(g) != len(a) || len(u) != len(a) {
		panic("kernel: SwiGLU: lengths differ")
	}
	swiGLU(a, g, u)
}

// swiGLUGeneric defines SwiGLU.
func swiGLUGeneric(a, g, u []float32) {
	for i := range a {
		a[i] = g[i] * sigmoid(g[i]) * u[i]
	}
}

// SwiGLUGrad sets dg and du to the gradients of SwiGLU for da:
//
//	du = da·(g·σ(g))
//	dg = da·u·σ(g)·(1 + g·(1-σ(g)))
//
// The lengths must be equal; dg and du may be any of g, u and da.
func SwiGLUGrad(dg, du, g, u, da []float32) {
	if len(dg) != len(g) || len(du) != len(g) || len(u) != len(g) || len(da) != len(g) {
		panic("kernel: SwiGLUGrad: lengths differ")
	}
	swiGLUGrad(dg, du, g, u, da)
}

// swiGLUGradGeneric defines SwiGLUGrad.
func swiGLUGradGeneric(dg, du, g, u, da []float32) {
	for i := range g {
		s, gi, dai := sigmoid(g[i]), g[i], da[i]
		dgi := dai * u[i] * s * fma(gi, 1-s, 1)
		du[i] = dai * (gi * s)
		dg[i] = dgi
	}
}
