package kernel

// The functions of vector_amd64.h. n > 0 is a multiple of 32 in reductions, whose
// lanes are read from s and written back, and of 16 elsewhere.

//go:noescape
func dotAVX2(s *[lanes]float32, x, y *float32, n int) float32

//go:noescape
func dot3AVX2(s *[lanes]float32, x, y, z *float32, n int) float32

// expSumAVX2 and softmaxGradAVX2 take any n > 0, rmsNormAVX2 and rmsNormGradAVX2
// multiples of 32.
//
//go:noescape
func expSumAVX2(dst, x *float32, n int, sub float32) float32

//go:noescape
func softmaxGradAVX2(p, dp *float32, n int, max, inv, delta float32)

//go:noescape
func rmsNormAVX2(y, x, w *float32, n int, eps float32) float32

//go:noescape
func rmsNormGradAVX2(dx, dw, x, w, dy *float32, n int, r float32)

//go:noescape
func maximumAVX2(x *float32, n int) float32

//go:noescape
func axpyAVX2(y, x *float32, n int, a float32)

//go:noescape
func addAVX2(dst, a, b *float32, n int)

//go:noescape
func mulAVX2(dst, a, b *float32, n int)

//go:noescape
func scaleAVX2(x *float32, n int, s float32)

//go:noescape
func swiGLUAVX2(a, gate, u *float32, n int)

//go:noescape
func swiGLUGradAVX2(dg, du, gate, u, da *float32, n int)

//go:noescape
func scaleMulAVX2(y, x, w *float32, n int, r float32)

//go:noescape
func normGradAVX2(dx, x, w, dy *float32, n int, r, c float32)

//go:noescape
func normGradWAVX2(dw, x, dy *float32, n int, r float32)

//go:noescape
func adamWAVX2(p, grad, m, v *float32, n int, a *adamW)

//go:noescape
func dotAVX512(s *[lanes]float32, x, y *float32, n int) float32

//go:noescape
func expSumAVX512(dst, x *float32, n int, sub float32) float32

//go:noescape
func maximumAVX512(x *float32, n int) float32

//go:noescape
func axpyAVX512(y, x *float32, n int, a float32)

//go:noescape
func addAVX512(dst, a, b *float32, n int)

//go:noescape
func mulAVX512(dst, a, b *float32, n int)

//go:noescape
func scaleAVX512(x *float32, n int, s float32)

//go:noescape
func swiGLUAVX512(a, gate, u *float32, n int)

//go:noescape
func swiGLUGradAVX512(dg, du, gate, u, da *float32, n int)

//go:noescape
func adamWAVX512(p, grad, m, v *float32, n int, a *adamW)

// softmaxGradAVX512, rmsNormAVX512 and rmsNormGradAVX512, as expSumAVX512 and
// maximumAVX512, take any n > 0.
//
//go:noescape
func softmaxGradAVX512(p, dp *float32, n int, max, inv, delta float32)

//go:noescape
func rmsNormAVX512(y, x, w *float32, n int, eps float32) float32

//go:noescape
func rmsNormGradAVX512(dx, dw, x, w, dy *float32, n int, r float32)
