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
func GEGLUGrad(dg, du, g, u, da []float32) { gegluGrad("GEGLUGrad", dg, du, g, u, da, geluSlope) }

// GEGLUTanhGrad is GEGLUGrad of GELUTanh.
func GEGLUTanhGrad(dg, du, g, u, da []float32) {
	gegluGrad("GEGLUTanhGrad", dg, du, g, u, da, geluTanhSlope)
}

// GELUGrad sets dx = dy·(Φ(x) + x·φ(x)), the gradient of GELU for dy. The
// lengths must be equal; dx may be x or dy.
func GELUGrad(dx, x, dy []float32) { geluGrad("GELUGrad", dx, x, dy, geluSlope) }

// GELUTanhGrad is GELUGrad of GELUTanh.
func GELUTanhGrad(dx, x, dy []float32) { geluGrad("GELUTanhGrad", dx, x, dy, geluTanhSlope) }

// geluSlope returns GELU of x and its derivative there.
func geluSlope(x float64) (y, d float64) {
	phi := 0.5 * float64(1+math.Erf(x/math.Sqrt2))
	return x * phi, phi + float64(x*math.Exp(-0.5*float64(x*x)))/math.Sqrt(2*math.Pi)
}

func geluTanhSlope(x float64) (y, d float64) {
	root := math.Sqrt(2 / math.Pi)
	th := math.Tanh(root * float64(x+float64(0.044715*x*x)*x))
	half := 0.5 * float64(1+th)
	return x * half, half + float64(0.5*x*float64(1-float64(th*th)))*root*float64(1+float64(3*0.044715*x)*x)
}

func geluGrad(name string, dx, x, dy []float32, f func(x float64) (y, d float64)) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		panic("kernel: " + name + ": lengths differ")
	}
	for i, v := range x {
		_, d := f(float64(v))
		dx[i] = float32(float64(dy[i]) * d)
	}
}

func gegluGrad(name string, dg, du, g, u, da []float32, f func(x float64) (y, d float64)) {
	if len(du) != len(dg) || len(g) != len(dg) || len(u) != len(dg) || len(da) != len(dg) {
		panic("kernel: " + name + ": lengths differ")
	}
	for i, v := range g {
		y, d := f(float64(v))
		dgi := float64(float64(da[i]) * float64(u[i]) * d)
		du[i] = float32(float64(da[i]) * y)
		dg[i] = float32(dgi)
	}
}
