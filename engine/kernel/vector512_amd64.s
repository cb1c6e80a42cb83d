#include "textflag.h"

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V12 Z12
#define V13 Z13
#define V14 Z14
#define V15 Z15
#define WIDTH 64
#define SHIFT 4

#define DOT ·dotAVX512(SB)
#define DOT3 ·dot3AVX512(SB)
#define EXPSUM ·expSumAVX512(SB)
#define AXPY ·axpyAVX512(SB)
#define ADD ·addAVX512(SB)
#define MUL ·mulAVX512(SB)
#define SCALE ·scaleAVX512(SB)
#define SWIGLU ·swiGLUAVX512(SB)
#define SWIGLUGRAD ·swiGLUGradAVX512(SB)
#define SCALEMUL ·scaleMulAVX512(SB)
#define NORMGRAD ·normGradAVX512(SB)
#define NORMGRADW ·normGradWAVX512(SB)
#define ADAMW ·adamWAVX512(SB)
#define MAXIMUM ·maximumAVX512(SB)

// A reduction's lanes are V0 and up.
#define LANES(op) \
	op(0, V0); \
	op(64, V1)

#define LOADLANES \
	VMOVUPS 0(DI), V0; \
	VMOVUPS 64(DI), V1

#define STORELANES \
	VMOVUPS V0, 0(DI); \
	VMOVUPS V1, 64(DI)

#define STARTMAX \
	VBROADCASTSS ninf<>(SB), V0; \
	VBROADCASTSS ninf<>(SB), V1

#define DOTLANE(off, s) \
	VMOVUPS off(SI), V8; \
	VFMADD231PS off(DX), V8, s

#define DOT3LANE(off, s) \
	VMOVUPS off(SI), V8; \
	VMULPS off(DX), V8, V8; \
	VFMADD231PS off(BX), V8, s

#define EXPLANE(off, s) \
	VMOVUPS off(SI), V4; \
	VSUBPS V13, V4, V4; \
	EXP(V4, V5, V6, V7); \
	VMOVUPS V7, off(DX); \
	VADDPS V7, s, s

#define MAXLANE(off, s) \
	VMOVUPS off(SI), V8; \
	VMAXPS s, V8, s

#define TREE \
	VADDPS V1, V0, V0; \
	VEXTRACTF64X4 $1, Z0, Y1; \
	VADDPS Y1, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS X1, X0, X0; \
	VMOVHLPS X0, X0, X1; \
	VADDPS X1, X0, X0; \
	VMOVSHDUP X0, X1; \
	VADDPS X1, X0, X0

#define MAXTREE \
	VMAXPS V1, V0, V0; \
	VEXTRACTF64X4 $1, Z0, Y1; \
	VMAXPS Y1, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X1; \
	VMAXPS X1, X0, X0; \
	VMOVHLPS X0, X0, X1; \
	VMAXPS X1, X0, X0; \
	VMOVSHDUP X0, X1; \
	VMAXPS X1, X0, X0

#include "vector_amd64.h"
