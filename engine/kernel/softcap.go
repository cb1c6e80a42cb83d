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
