//go:build !amd64 && !arm64

package kernel

func dot(x, y []float32) float32                    { return dotGeneric(x, y) }
func axpy(y []float32, a float32, x []float32)      { axpyGeneric(y, a, x) }
func add(dst, a, b []float32)                       { addGeneric(dst, a, b) }
func mul(dst, a, b []float32)                       { mulGeneric(dst, a, b) }
func scale(x []float32, s float32)                  { scaleGeneric(x, s) }
func maximum(x []float32) float32                   { return maximumGeneric(x) }
func expSum(dst, x []float32, sub float32) float32  { return expSumGeneric(dst, x, sub) }
func swiGLU(a, g, u []float32)                      { swiGLUGeneric(a, g, u) }
func swiGLUGrad(dg, du, g, u, da []float32)         { swiGLUGradGeneric(dg, du, g, u, da) }
func scaleMul(y, x, w []float32, r float32)         { scaleMulGeneric(y, x, w, r) }
func dot3(x, y, z []float32) float32                { return dot3Generic(x, y, z) }
func normGrad(dx, x, w, dy []float32, r, c float32) { normGradGeneric(dx, x, w, dy, r, c) }
func normGradW(dw, x, dy []float32, r float32)      { normGradWGeneric(dw, x, dy, r) }
func adamWStep(p, g, m, v []float32, a *adamW)      { adamWStepGeneric(p, g, m, v, a) }
func rotate(lo, hi, cos, sin []float32)             { rotateGeneric(lo, hi, cos, sin) }

func int8s(dst []float32, q []byte, scales *[NR]float32) { int8sGeneric(dst, q, scales) }

func rmsNorm(y, x, w []float32, eps float32) float32 { return rmsNormParts(y, x, w, eps) }

func rmsNormGrad(dx, dw, x, w, dy []float32, r float32) { rmsNormGradParts(dx, dw, x, w, dy, r) }

func softmaxGrad(p, dp []float32, max, inv, delta float32) { softmaxGradParts(p, dp, max, inv, delta) }
