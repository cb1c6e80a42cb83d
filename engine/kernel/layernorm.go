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

// LayerNormGrad adds to dx, dw and db the gradients of LayerNorm for dy. With
// r = 1/√(variance+eps), n = (x−mean)·r and g = dy⊙w:
//
//	dx += r·(g − mean(g) − n·mean(g⊙n))
//	dw += dy⊙n
//	db += dy
//
// The lengths must be equal, but dw and db may be nil. What is added to
// overlaps nothing. Sums are in float64, of every fourth element.
func LayerNormGrad(dx, dw, db, x, w, dy []float32, eps float32) {
	C := len(x)
	if len(dx) != C || len(w) != C || len(dy) != C || dw != nil && len(dw) != C || db != nil && len(db) != C {
		panic("kernel: LayerNormGrad: lengths differ")
	}
	n := float64(C)
	mean := sum4(x) / n
	r := 1 / math.Sqrt(squares4(x, mean)/n+float64(eps))
	var g, gn [4]float64
	for i, a := range x {
		gi := float64(dy[i]) * float64(w[i]) // exact
		g[i%4] += gi
		gn[i%4] += float64(gi * float64((float64(a)-mean)*r))
	}
	mg, mgn := ((g[0]+g[2])+(g[1]+g[3]))/n, ((gn[0]+gn[2])+(gn[1]+gn[3]))/n
	for i, a := range x {
		ni := float64((float64(a) - mean) * r)
		dx[i] += float32(r * (float64(dy[i])*float64(w[i]) - mg - float64(ni*mgn)))
		if dw != nil {
			dw[i] += float32(float64(dy[i]) * ni)
		}
	}
	if db != nil {
		Add(db, db, dy)
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
