package kernel

import (
	"math"
	"sync"
)

// GELU sets y = x·Φ(x), by the error function. The lengths must be equal; y
// may be x. (Hendrycks and Gimpel, arXiv 1606.08415.)
func GELU(y, x []float32) {
	if len(x) != len(y) {
		panic("kernel: GELU: lengths differ")
	}
	for i, v := range x {
		y[i] = gelu(v)
	}
}

// GELUTanh sets y to GELU's approximation by tanh.
func GELUTanh(y, x []float32) {
	if len(x) != len(y) {
		panic("kernel: GELUTanh: lengths differ")
	}
	for i, v := range x {
		y[i] = geluTanh(v)
	}
}

// gelu and geluTanh are what Go's library says in float64, rounded once; so no kernel has
// their bits without its pieces: four rational functions of erf, two of tanh, and an
// exponential whose last bit differs between processors with fused multiply-adds and
// without. Of no float32 between 0.01 and 9 in size does that reach the result, but below
// -5 what 1+erf and 1+tanh have lost by cancelling does. An approximation in float32, as
// the gradients by tanh have, would have other bits than models here were trained with.
func gelu(v float32) float32 {
	x := float64(v)
	return float32(0.5 * x * float64(1+math.Erf(x/math.Sqrt2)))
}

func geluTanh(v float32) float32 {
	x := float64(v)
	cube := float64(0.044715*x*x) * x
	return float32(0.5 * x * float64(1+math.Tanh(math.Sqrt(2/math.Pi)*float64(x+cube))))
}

// gelu16 is GELUTanh of every binary16 number, rounded to binary16.
var gelu16 = sync.OnceValue(func() *[1 << 16]float32 {
	t := new([1 << 16]float32)
	for h := range t {
		t[h] = float16(Float16(geluTanh(float16(uint16(h)))))
	}
	return t
})

// GELU16 is GELUTanh with x and y rounded to binary16: enough where y is to be
// rounded to eight bits, and a look into a table.
func GELU16(y, x []float32) {
	if len(x) != len(y) {
		panic("kernel: GELU16: lengths differ")
	}
	table := gelu16()
	var h [64]uint16
	for len(x) > 0 {
		n := min(len(x), len(h))
		float16s(h[:n], x[:n])
		for i, v := range h[:n] {
			y[i] = table[v]
		}
		y, x = y[n:], x[n:]
	}
}

// GEGLUGrad sets dg and du to the gradients of gelu(g)⊙u for da:
//
//	du = da·gelu(g)
//	dg = da·u·(Φ(g) + g·φ(g))
//
// The lengths must be equal; dg and du may be any of g, u and da.
func GEGLUGrad(dg, du, g, u, da []float32) {
	checkGEGLU("GEGLUGrad", dg, du, g, u, da)
	for i, v := range g {
		y, d := geluSlope(float64(v))
		dgi := float64(float64(da[i]) * float64(u[i]) * d)
		du[i] = float32(float64(da[i]) * y)
		dg[i] = float32(dgi)
	}
}

// GEGLUTanhGrad is GEGLUGrad of GELUTanh, in float32: within 2⁻²⁰ of the larger
// of |g| and 1, times da, and times u.
func GEGLUTanhGrad(dg, du, g, u, da []float32) {
	checkGEGLU("GEGLUTanhGrad", dg, du, g, u, da)
	var y, d [slopes]float32
	for len(g) > 0 {
		n := min(len(g), slopes)
		geluTanhSlopes(&y, &d, g[:n])
		for i := range n {
			dgi := float32(float32(da[i]*u[i]) * d[i])
			du[i] = da[i] * y[i]
			dg[i] = dgi
		}
		dg, du, g, u, da = dg[n:], du[n:], g[n:], u[n:], da[n:]
	}
}

func checkGEGLU(name string, dg, du, g, u, da []float32) {
	if len(du) != len(dg) || len(g) != len(dg) || len(u) != len(dg) || len(da) != len(dg) {
		panic("kernel: " + name + ": lengths differ")
	}
}

// GELUGrad sets dx = dy·(Φ(x) + x·φ(x)), the gradient of GELU for dy. The
// lengths must be equal; dx may be x or dy.
func GELUGrad(dx, x, dy []float32) {
	checkGELU("GELUGrad", dx, x, dy)
	for i, v := range x {
		_, d := geluSlope(float64(v))
		dx[i] = float32(float64(dy[i]) * d)
	}
}

// GELUTanhGrad is GELUGrad of GELUTanh, in float32: within 2⁻²⁰ of the larger of
// |x| and 1, times dy.
func GELUTanhGrad(dx, x, dy []float32) {
	checkGELU("GELUTanhGrad", dx, x, dy)
	var y, d [slopes]float32
	for len(x) > 0 {
		n := min(len(x), slopes)
		geluTanhSlopes(&y, &d, x[:n])
		mul(dx[:n], dy[:n], d[:n])
		dx, x, dy = dx[n:], x[n:], dy[n:]
	}
}

func checkGELU(name string, dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		panic("kernel: " + name + ": lengths differ")
	}
}

// geluSlope returns GELU of x and its derivative there.
func geluSlope(x float64) (y, d float64) {
	phi := 0.5 * float64(1+math.Erf(x/math.Sqrt2))
	return x * phi, phi + float64(x*math.Exp(-0.5*float64(x*x)))/math.Sqrt(2*math.Pi)
}

// slopes is how many derivatives are made at a time.
const slopes = 128

// geluTanhSlopes sets y to GELUTanh of x, and d to its derivative there. GELUTanh
// is x·σ(2z) with z what its tanh is taken of; the exponential is ExpSum's.
func geluTanhSlopes(y, d *[slopes]float32, x []float32) {
	const twice, cubic = 2 * 0.7978845608028654, 0.044715 // 2·√(2/π)
	e := d[:len(x)]
	for i, v := range x {
		e[i] = -twice * float32(v*float32(1+float32(cubic*float32(v*v))))
	}
	expSum(e, e, 0)
	for i, v := range x {
		s := 1 / (1 + e[i])
		slope := twice * float32(1+float32(3*cubic*float32(v*v)))
		y[i] = v * s
		d[i] = s + float32(float32(float32(e[i]*s)*y[i])*slope) // e·s is 1−s
	}
}
