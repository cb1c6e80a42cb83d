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
#define AXPY ·axpyAVX2(SB)
#define ADD ·addAVX2(SB)
#define MUL ·mulAVX2(SB)
#define SCALE ·scaleAVX2(SB)
#define SWIGLU ·swiGLUAVX2(SB)
#define SWIGLUGRAD ·swiGLUGradAVX2(SB)
#define ADAMW ·adamWAVX2(SB)

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

// What follows AVX-512 has in another form.

// func dot3(s *[lanes]float32, x, y, z *float32, n int) float32
TEXT ·dot3AVX2(SB), NOSPLIT, $0-44
	MOVQ s+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ z+24(FP), BX
	MOVQ n+32(FP), CX
	LOADLANES
dot3Loop:
	LANES(DOT3LANE)
	ADDQ $128, SI
	ADDQ $128, DX
	ADDQ $128, BX
	SUBQ $32, CX
	JNE dot3Loop
	STORELANES
	TREE
	VMOVSS X0, ret+40(FP)
	VZEROUPPER
	RET

// func expSum(s *[lanes]float32, dst, x *float32, n int, sub float32) float32
TEXT ·expSumAVX2(SB), NOSPLIT, $0-44
	MOVQ s+0(FP), DI
	MOVQ dst+8(FP), DX
	MOVQ x+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS sub+32(FP), V13
	EXPBOUNDS
	LOADLANES
expLoop:
	LANES(EXPLANE)
	ADDQ $128, SI
	ADDQ $128, DX
	SUBQ $32, CX
	JNE expLoop
	STORELANES
	TREE
	VMOVSS X0, ret+40(FP)
	VZEROUPPER
	RET

DATA ninf<>+0(SB)/4, $0xff800000
GLOBL ninf<>(SB), RODATA|NOPTR, $4

// func maximum(x *float32, n int) float32
// The candidate is the first source of max, so that a NaN loses to what the
// lane holds, which is therefore never one.
TEXT ·maximumAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	SHRQ $5, CX
	STARTMAX
maxLoop:
	LANES(MAXLANE)
	ADDQ $128, SI
	DECQ CX
	JNE maxLoop
	MAXTREE
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func scaleMul(y, x, w *float32, n int, r float32)
TEXT ·scaleMulAVX2(SB), NOSPLIT, $0-36
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS r+32(FP), V15
	SHRQ $SHIFT, CX
	XORQ AX, AX
scalemulLoop:
	VMULPS (SI)(AX*1), V15, V0
	VMULPS (DX)(AX*1), V0, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE scalemulLoop
	VZEROUPPER
	RET

// func normGrad(dx, x, w, dy *float32, n int, r, c float32)
TEXT ·normGradAVX2(SB), NOSPLIT, $0-48
	MOVQ dx+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ dy+24(FP), BX
	MOVQ n+32(FP), CX
	VBROADCASTSS r+40(FP), V15
	VBROADCASTSS c+44(FP), V14
	SHRQ $SHIFT, CX
	XORQ AX, AX
normgradLoop:
	VMOVUPS (BX)(AX*1), V0
	VMULPS (DX)(AX*1), V0, V0
	VFNMADD231PS (SI)(AX*1), V14, V0
	VFMADD213PS (DI)(AX*1), V15, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE normgradLoop
	VZEROUPPER
	RET

// func normGradW(dw, x, dy *float32, n int, r float32)
TEXT ·normGradWAVX2(SB), NOSPLIT, $0-36
	MOVQ dw+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS r+32(FP), V15
	SHRQ $SHIFT, CX
	XORQ AX, AX
normgradwLoop:
	VMULPS (SI)(AX*1), V15, V0
	VMOVUPS (DX)(AX*1), V1
	VFMADD213PS (DI)(AX*1), V1, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE normgradwLoop
	VZEROUPPER
	RET
