#include "textflag.h"

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V12 Y12
#define V13 Y13
#define V14 Y14
#define V15 Y15
#define WIDTH 32
#define SHIFT 3

#define DOT ·dotAVX2(SB)
#define DOT3 ·dot3AVX2(SB)
#define EXPSUM ·expSumAVX2(SB)
#define AXPY ·axpyAVX2(SB)
#define ADD ·addAVX2(SB)
#define MUL ·mulAVX2(SB)
#define SCALE ·scaleAVX2(SB)
#define SWIGLU ·swiGLUAVX2(SB)
#define SWIGLUGRAD ·swiGLUGradAVX2(SB)
#define SCALEMUL ·scaleMulAVX2(SB)
#define NORMGRAD ·normGradAVX2(SB)
#define NORMGRADW ·normGradWAVX2(SB)
#define ADAMW ·adamWAVX2(SB)
#define MAXIMUM ·maximumAVX2(SB)

// A reduction's lanes are V0 and up.
#define LANES(op) \
	op(0, V0); \
	op(32, V1); \
	op(64, V2); \
	op(96, V3)

#define LOADLANES \
	VMOVUPS 0(DI), V0; \
	VMOVUPS 32(DI), V1; \
	VMOVUPS 64(DI), V2; \
	VMOVUPS 96(DI), V3

#define STORELANES \
	VMOVUPS V0, 0(DI); \
	VMOVUPS V1, 32(DI); \
	VMOVUPS V2, 64(DI); \
	VMOVUPS V3, 96(DI)

#define STARTMAX \
	VBROADCASTSS ninf<>(SB), V0; \
	VBROADCASTSS ninf<>(SB), V1; \
	VBROADCASTSS ninf<>(SB), V2; \
	VBROADCASTSS ninf<>(SB), V3

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
	VADDPS V2, V0, V0; \
	VADDPS V3, V1, V1; \
	VADDPS V1, V0, V0; \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS X1, X0, X0; \
	VMOVHLPS X0, X0, X1; \
	VADDPS X1, X0, X0; \
	VMOVSHDUP X0, X1; \
	VADDPS X1, X0, X0

#define MAXTREE \
	VMAXPS V2, V0, V0; \
	VMAXPS V3, V1, V1; \
	VMAXPS V1, V0, V0; \
	VEXTRACTF128 $1, Y0, X1; \
	VMAXPS X1, X0, X0; \
	VMOVHLPS X0, X0, X1; \
	VMAXPS X1, X0, X0; \
	VMOVSHDUP X0, X1; \
	VMAXPS X1, X0, X0

#include "vector_amd64.h"
