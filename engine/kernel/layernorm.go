package kernel

import "math"

// LayerNorm sets y = (x−mean)/√(variance+eps)⊙w + b. The lengths must be
// equal; y may be x. (Ba, Kiros and Hinton, arXiv 1607.06450.) Sums are in
// float64, of every fourth element, what is left over being of the first.
func LayerNorm(y, x, w, b []float32, eps float32) {
	if len(x) != len(y) || len(w) != len(y) || len(b) != len(y) {
		panic("kernel: LayerNorm: lengths differ")
	}
	n := float64(len(x))
	mean := sum4(x) / n
	r := 1 / math.Sqrt(squares4(x, mean)/n+float64(eps))
	for i, a := range x {
		y[i] = float32(float32((float64(a)-mean)*r)*w[i]) + b[i]
	}
}

func sum4(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, a := range x {
		s0 += float64(a)
	}
	return (s0 + s2) + (s1 + s3)
}

// squares4 sums (x−mean)².
func squares4(x []float32, mean float64) float64 {
	var s0, s1, s2, s3 float64
	square := func(a float32) float64 {
		d := float64(a) - mean
		return float64(d * d)
	}
	for ; len(x) >= 4; x = x[4:] {
		s0 += square(x[0])
		s1 += square(x[1])
		s2 += square(x[2])
		s3 += square(x[3])
	}
	for _, a := range x {
		s0 += square(a)
	}
	return (s0 + s2) + (s1 + s3)
}
