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

#define CLEARLANES \
	VXORPS V0, V0, V0; \
	VXORPS V1, V1, V1; \
	VXORPS V2, V2, V2; \
	VXORPS V3, V3, V3

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

// Windows of this table that begin 4·n bytes before its middle are masks of the
// first n of 32 lanes.
DATA lanesOf<>+0(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+8(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+16(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+24(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+32(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+40(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+48(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+56(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+64(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+72(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+80(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+88(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+96(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+104(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+112(SB)/8, $0xffffffffffffffff
DATA lanesOf<>+120(SB)/8, $0xffffffffffffffff
GLOBL lanesOf<>(SB), RODATA|NOPTR, $256

// MASKS lets R8 point to the masks of CX lanes, fewer than 32.
#define MASKS \
	LEAQ lanesOf<>+128(SB), R8; \
	SHLQ $2, CX; \
	SUBQ CX, R8

// EXPTAIL is EXPLANE of lanes that a mask tells: others add +0.
#define EXPTAIL(off, s) \
	VMOVUPS off(R8), V9; \
	VMASKMOVPS off(SI), V9, V4; \
	VSUBPS V13, V4, V4; \
	EXP(V4, V5, V6, V7); \
	VANDPS V9, V7, V7; \
	VMASKMOVPS V7, V9, off(DX); \
	VADDPS V7, s, s

// func expSumAVX2(dst, x *float32, n int, sub float32) float32
TEXT ·expSumAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS sub+24(FP), V13
	EXPBOUNDS
	CLEARLANES
	SUBQ $32, CX
	JLT  expTail
expLoop:
	LANES(EXPLANE)
	ADDQ $128, SI
	ADDQ $128, DX
	SUBQ $32, CX
	JGE expLoop
expTail:
	ADDQ $32, CX
	JEQ  expDone
	MASKS
	EXPTAIL(0, V0)
	CMPQ CX, $32
	JLE  expDone
	EXPTAIL(32, V1)
	CMPQ CX, $64
	JLE  expDone
	EXPTAIL(64, V2)
	CMPQ CX, $96
	JLE  expDone
	EXPTAIL(96, V3)
expDone:
	TREE
	VMOVSS X0, ret+32(FP)
	VZEROUPPER
	RET

// func softmaxGradAVX2(p, dp *float32, n int, max, inv, delta float32)
TEXT ·softmaxGradAVX2(SB), NOSPLIT, $0-36
	MOVQ p+0(FP), DI
	MOVQ dp+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS max+24(FP), V13
	VBROADCASTSS inv+28(FP), V12
	VBROADCASTSS delta+32(FP), V11
	EXPBOUNDS
	SUBQ $8, CX
	JLT  softmaxgradTail
softmaxgradLoop:
	VMOVUPS (DI), V4
	VSUBPS V13, V4, V4
	EXP(V4, V5, V6, V7)
	VMULPS V12, V7, V7
	VMOVUPS (SI), V8
	VSUBPS V11, V8, V8
	VMULPS V8, V7, V8
	VMOVUPS V7, (DI)
	VMOVUPS V8, (SI)
	ADDQ $32, DI
	ADDQ $32, SI
	SUBQ $8, CX
	JGE  softmaxgradLoop
softmaxgradTail:
	ADDQ $8, CX
	JEQ  softmaxgradDone
	MASKS
	VMOVUPS (R8), V9
	VMASKMOVPS (DI), V9, V4
	VSUBPS V13, V4, V4
	EXP(V4, V5, V6, V7)
	VMULPS V12, V7, V7
	VMASKMOVPS (SI), V9, V8
	VSUBPS V11, V8, V8
	VMULPS V8, V7, V8
	VMASKMOVPS V7, V9, (DI)
	VMASKMOVPS V8, V9, (SI)
softmaxgradDone:
	VZEROUPPER
	RET

DATA unit<>+0(SB)/4, $0x3f800000
GLOBL unit<>(SB), RODATA|NOPTR, $4

#define SQUARELANE(off, s) \
	VMOVUPS off(SI)(BX*1), V8; \
	VFMADD231PS V8, V8, s

// func rmsNormAVX2(y, x, w *float32, n int, eps float32) float32
TEXT ·rmsNormAVX2(SB), NOSPLIT, $0-44
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ n+24(FP), CX
	LEAQ (CX*4), R9
	CLEARLANES
	XORQ BX, BX
rmsLoop:
	LANES(SQUARELANE)
	ADDQ $128, BX
	CMPQ BX, R9
	JLT  rmsLoop
	TREE
	VXORPS X1, X1, X1
	VCVTSI2SSQ CX, X1, X1
	VDIVSS X1, X0, X0
	VADDSS eps+32(FP), X0, X0
	VSQRTSS X0, X0, X0
	VMOVSS unit<>(SB), X1
	VDIVSS X0, X1, X1
	VMOVSS X1, ret+40(FP)
	VBROADCASTSS X1, V15
	XORQ BX, BX
rmsScale:
	VMULPS (SI)(BX*1), V15, V8
	VMULPS 32(SI)(BX*1), V15, V9
	VMULPS (DX)(BX*1), V8, V8
	VMULPS 32(DX)(BX*1), V9, V9
	VMOVUPS V8, (DI)(BX*1)
	VMOVUPS V9, 32(DI)(BX*1)
	ADDQ $64, BX
	CMPQ BX, R9
	JLT  rmsScale
	VZEROUPPER
	RET

#define MEANLANE(off, s) \
	VMOVUPS off(R10)(BX*1), V8; \
	VMULPS off(DX)(BX*1), V8, V8; \
	VFMADD231PS off(SI)(BX*1), V8, s

// func rmsNormGradAVX2(dx, dw, x, w, dy *float32, n int, r float32)
// dw may be nil.
TEXT ·rmsNormGradAVX2(SB), NOSPLIT, $0-52
	MOVQ dx+0(FP), DI
	MOVQ dw+8(FP), R8
	MOVQ x+16(FP), SI
	MOVQ w+24(FP), DX
	MOVQ dy+32(FP), R10
	MOVQ n+40(FP), CX
	LEAQ (CX*4), R9
	VBROADCASTSS r+48(FP), V15
	CLEARLANES
	XORQ BX, BX
rmsgradLoop:
	LANES(MEANLANE)
	ADDQ $128, BX
	CMPQ BX, R9
	JLT  rmsgradLoop
	TREE
	VMULSS X15, X0, X0
	VXORPS X1, X1, X1
	VCVTSI2SSQ CX, X1, X1
	VDIVSS X1, X0, X0
	VMULSS X15, X0, X0
	VBROADCASTSS X0, V14
	XORQ BX, BX
rmsgradAdd:
	VMOVUPS (R10)(BX*1), V1 // dy
	VMOVUPS (SI)(BX*1), V2  // x
	VMULPS (DX)(BX*1), V1, V3
	VFNMADD231PS V2, V14, V3
	VFMADD213PS (DI)(BX*1), V15, V3
	VMOVUPS V3, (DI)(BX*1)
	TESTQ R8, R8
	JEQ  rmsgradNext
	VMULPS V2, V15, V2
	VMOVUPS (R8)(BX*1), V4
	VFMADD231PS V1, V2, V4
	VMOVUPS V4, (R8)(BX*1)
rmsgradNext:
	ADDQ $32, BX
	CMPQ BX, R9
	JLT  rmsgradAdd
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
