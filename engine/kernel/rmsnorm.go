package kernel

import "math"

// RMSNorm sets y = x·r⊙w with r = 1/√(mean x² + eps), and returns r. The
// lengths must be equal; y may be x. (Zhang and Sennrich, arXiv 1910.07467.)
//
// The sum of squares is Dot's.
func RMSNorm(y, x, w []float32, eps float32) (r float32) {
	if len(x) != len(y) || len(w) != len(y) {
		panic("kernel: RMSNorm: lengths differ")
	}
	if len(x) == 0 {
		return 1 / sqrt(eps)
	}
	return rmsNorm(y, x, w, eps)
}

// rmsNormParts defines RMSNorm.
func rmsNormParts(y, x, w []float32, eps float32) (r float32) {
	r = 1 / sqrt(dot(x, x)/float32(len(x))+eps)
	scaleMul(y, x, w, r)
	return r
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// scaleMulGeneric sets y = (x·r)⊙w.
func scaleMulGeneric(y, x, w []float32, r float32) {
	for i := range y {
		y[i] = x[i] * r * w[i]
	}
}

// RMSNormGrad adds to dx and dw the gradients of RMSNorm for dy, r being what
// RMSNorm returned. With g = dy⊙w and n = x·r:
//
//	dx += r·(g - n·mean(g⊙n))
//	dw += dy⊙n
//
// The lengths must be equal, but dw may be nil. dx and dw overlap nothing.
//
// The mean is a sum of g⊙x in lanes as Dot, times r/len.
func RMSNormGrad(dx, dw, x, w, dy []float32, r float32) {
	if len(dx) != len(x) || len(w) != len(x) || len(dy) != len(x) || dw != nil && len(dw) != len(x) {
		panic("kernel: RMSNormGrad: lengths differ")
	}
	if len(x) == 0 {
		return
	}
	rmsNormGrad(dx, dw, x, w, dy, r)
}

// rmsNormGradParts defines RMSNormGrad.
func rmsNormGradParts(dx, dw, x, w, dy []float32, r float32) {
	c := dot3(dy, w, x) * r / float32(len(x)) * r
	normGrad(dx, x, w, dy, r, c)
	if dw != nil {
		normGradW(dw, x, dy, r)
	}
}

// dot3Generic returns Σ (x·y)·z: the first product is rounded.
func dot3Generic(x, y, z []float32) float32 {
	var s [lanes]float32
	for i := range x {
		s[i%lanes] = fma(float32(x[i]*y[i]), z[i], s[i%lanes])
	}
	padLanes(&s, len(x))
	return tree(&s)
}

// normGradGeneric sets dx = r·(dy⊙w - c·x) + dx.
func normGradGeneric(dx, x, w, dy []float32, r, c float32) {
	for i := range dx {
		dx[i] = fma(r, fma(-c, x[i], float32(dy[i]*w[i])), dx[i])
	}
}

// normGradWGeneric sets dw = dy⊙(x·r) + dw.
func normGradWGeneric(dw, x, dy []float32, r float32) {
	for i := range dw {
		dw[i] = fma(dy[i], float32(x[i]*r), dw[i])
	}
}
