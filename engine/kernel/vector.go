package kernel

import "math"

// Dot returns Σ x[i]·y[i]. It panics unless len(x) == len(y).
//
// Element i adds to lane i mod 32 by a fused multiply-add; the tail is
// padded with +0. The lanes are joined by halves.
//
// Cost: 2n FLOPs for 8n bytes.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic("kernel: Dot: lengths differ")
	}
	return dot(x, y)
}

// dotGeneric defines Dot.
func dotGeneric(x, y []float32) float32 {
	var s [lanes]float32
	for i := range x {
		s[i%lanes] = fma(x[i], y[i], s[i%lanes])
	}
	padLanes(&s, len(x))
	return tree(&s)
}

// padLanes adds the +0·+0 that pad a sum of n products. It turns a lane of -0
// (a product too small to be held) into +0.
func padLanes(s *[lanes]float32, n int) {
	if n%lanes != 0 {
		for i := n % lanes; i < lanes; i++ {
			s[i] += 0
		}
	}
}

// Axpy sets y[i] = a·x[i] + y[i], rounded once. It panics unless len(x) == len(y).
//
// Cost: 2n FLOPs for 12n bytes.
func Axpy(y []float32, a float32, x []float32) {
	if len(x) != len(y) {
		panic("kernel: Axpy: lengths differ")
	}
	axpy(y, a, x)
}

// axpyGeneric defines Axpy.
func axpyGeneric(y []float32, a float32, x []float32) {
	for i := range x {
		y[i] = fma(a, x[i], y[i])
	}
}

// Add sets dst[i] = a[i] + b[i]. The lengths must be equal; dst may be a or b.
func Add(dst, a, b []float32) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("kernel: Add: lengths differ")
	}
	add(dst, a, b)
}

// addGeneric defines Add.
func addGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// Mul sets dst[i] = a[i]·b[i]. The lengths must be equal; dst may be a or b.
func Mul(dst, a, b []float32) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("kernel: Mul: lengths differ")
	}
	mul(dst, a, b)
}

// mulGeneric defines Mul.
func mulGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// Scale multiplies x by s.
func Scale(x []float32, s float32) { scale(x, s) }

// scaleGeneric defines Scale.
func scaleGeneric(x []float32, s float32) {
	for i := range x {
		x[i] *= s
	}
}

// Max returns the largest element of x, or -Inf if there is none. It passes
// over NaNs; a zero is +0.
func Max(x []float32) float32 { return maximum(x) }

// maximumGeneric defines Max.
func maximumGeneric(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m + 0 // -0 + 0 is +0: the first of two zeros must not matter
}
