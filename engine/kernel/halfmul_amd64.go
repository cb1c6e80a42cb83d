package kernel

// A halfTile is the argument of an assembly kernel: a panel of 16-bit weights
// with 1 or 2 tokens.
type halfTile struct {
	k   int      // steps, more than 0
	w   *uint16  // (k, NR)
	x   *float32 // tokens
	xs  int      // bytes from token to token
	out *float32 // (tokens, NR) sums, to which is added
}

//go:noescape
func f16x2AVX2(t *halfTile)

//go:noescape
func f16x1AVX2(t *halfTile)

//go:noescape
func bf16x2AVX2(t *halfTile)

//go:noescape
func bf16x1AVX2(t *halfTile)

// fewHalves is the number of tokens up to which weights are widened in
// registers.
func fewHalves() int {
	if avx2() {
		return 3
	}
	return 0
}

// halvesTile adds to out the products of a panel with tokens t and, if n is 2,
// t+1.
func (m *Matrix) halvesTile(in *Input, w []uint16, t, n int, out *[2 * NR]float32) {
	a := halfTile{m.K, &w[0], &in.f[t*m.K], 4 * m.K, &out[0]}
	switch {
	case m.Type == F16 && n == 2:
		f16x2AVX2(&a)
	case m.Type == F16:
		f16x1AVX2(&a)
	case n == 2:
		bf16x2AVX2(&a)
	default:
		bf16x1AVX2(&a)
	}
}
