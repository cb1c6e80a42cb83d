package kernel

// SoftCap bends x to within ±cap: cap·tanh(x/cap), as (e−1)/(e+1) with the
// exponential of 2x/cap. (Gemma 2, arXiv 2408.00118.)
func SoftCap(x []float32, cap float32) {
	if len(x) == 0 {
		return
	}
	scale(x, 2/cap)
	expSum(x, x, 0)
	for i, e := range x {
		x[i] = cap * ((e - 1) / (e + 1))
	}
}

// SoftCapGrad takes dx, the gradient of what SoftCap made, to that of what it
// was made of. With y what it made, which is overwritten:
//
//	dx ← dx·(1 − (y/cap)²)
//
// The lengths must be equal. An element is off by no more than the rounding of
// one, relative to dx: where y is cap it need not be 0.
func SoftCapGrad(dx, y []float32, cap float32) {
	if len(y) != len(dx) {
		panic("kernel: SoftCapGrad: lengths differ")
	}
	mul(y, y, y)
	mul(y, y, dx)
	axpy(dx, -1/(cap*cap), y)
}
