package kernel

// Rotate turns the pairs (x[i], x[i+n]) by angles, n being the length of their
// cosines and sines. (Su et al., RoFormer, arXiv 2104.09864.)
func Rotate(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) < 2*n {
		panic("kernel: Rotate: lengths differ")
	}
	rotate(x[:n], x[n:2*n], cos, sin)
}

// RotateBack undoes Rotate: it is its transpose, so its backward pass.
func RotateBack(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) < 2*n {
		panic("kernel: RotateBack: lengths differ")
	}
	rotate(x[n:2*n], x[:n], cos, sin) // the other way round
}

// RotatePairs turns the neighbours (x[2i], x[2i+1]) by angles. There is no other
// implementation: it is a thousandth of the products beside it.
func RotatePairs(x, cos, sin []float32) {
	if len(sin) != len(cos) || len(x) < 2*len(cos) {
		panic("kernel: RotatePairs: lengths differ")
	}
	for i, c := range cos {
		s, a, b := sin[i], x[2*i], x[2*i+1]
		x[2*i] = float32(a*c) - float32(b*s)
		x[2*i+1] = float32(b*c) + float32(a*s)
	}
}

// RotatePairsBack undoes RotatePairs.
func RotatePairsBack(x, cos, sin []float32) {
	if len(sin) != len(cos) || len(x) < 2*len(cos) {
		panic("kernel: RotatePairsBack: lengths differ")
	}
	for i, c := range cos {
		s, a, b := sin[i], x[2*i], x[2*i+1]
		x[2*i] = float32(a*c) + float32(b*s)
		x[2*i+1] = float32(b*c) - float32(a*s)
	}
}

// rotateGeneric rounds every product.
func rotateGeneric(lo, hi, cos, sin []float32) {
	for i, c := range cos {
		s, a, b := sin[i], lo[i], hi[i]
		lo[i] = float32(a*c) - float32(b*s)
		hi[i] = float32(b*c) + float32(a*s)
	}
}
