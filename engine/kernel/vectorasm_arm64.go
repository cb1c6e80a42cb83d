package kernel

// The functions of vector_arm64.s. n > 0 is a multiple of 32 in reductions,
// whose lanes are read from s and written back, and of 16 elsewhere.

//go:noescape
func dotNEON(s *[lanes]float32, x, y *float32, n int) float32

//go:noescape
func dot3NEON(s *[lanes]float32, x, y, z *float32, n int) float32

//go:noescape
func expSumNEON(s *[lanes]float32, dst, x *float32, n int, sub float32) float32

//go:noescape
func maximumNEON(x *float32, n int) float32

//go:noescape
func axpyNEON(y, x *float32, n int, a float32)

//go:noescape
func addNEON(dst, a, b *float32, n int)

//go:noescape
func mulNEON(dst, a, b *float32, n int)

//go:noescape
func scaleNEON(x *float32, n int, s float32)

//go:noescape
func swiGLUNEON(a, gate, u *float32, n int)

//go:noescape
func swiGLUGradNEON(dg, du, gate, u, da *float32, n int)

//go:noescape
func scaleMulNEON(y, x, w *float32, n int, r float32)

//go:noescape
func normGradNEON(dx, x, w, dy *float32, n int, r, c float32)

//go:noescape
func normGradWNEON(dw, x, dy *float32, n int, r float32)

//go:noescape
func adamWNEON(p, grad, m, v *float32, n int, a *adamW)
