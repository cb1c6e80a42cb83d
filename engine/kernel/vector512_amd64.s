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
#define AXPY ·axpyAVX512(SB)
#define ADD ·addAVX512(SB)
#define MUL ·mulAVX512(SB)
#define SCALE ·scaleAVX512(SB)
#define SWIGLU ·swiGLUAVX512(SB)
#define SWIGLUGRAD ·swiGLUGradAVX512(SB)
#define ADAMW ·adamWAVX512(SB)

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

#define DOTLANE(off, s) \
	VMOVUPS off(SI), V8; \
	VFMADD231PS off(DX), V8, s

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

#include "vector_amd64.h"

// What follows takes any length: K1 and K2 are the masks of the last elements,
// fewer than 32, of which CX says the number.
#define MASKS \
	MOVQ  $1, AX; \
	SHLQ  CX, AX; \
	DECQ  AX; \
	KMOVW AX, K1; \
	SHRQ  $16, AX; \
	KMOVW AX, K2

// func expSumAVX512(dst, x *float32, n int, sub float32) float32
TEXT ·expSumAVX512(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS sub+24(FP), Z13
	EXPBOUNDS
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	SUBQ $32, CX
	JLT  expTail
expLoop:
	VMOVUPS (SI), Z4
	VMOVUPS 64(SI), Z8
	VSUBPS Z13, Z4, Z4
	VSUBPS Z13, Z8, Z8
	EXP(Z4, Z5, Z6, Z7)
	EXP(Z8, Z9, Z10, Z11)
	VMOVUPS Z7, (DI)
	VMOVUPS Z11, 64(DI)
	VADDPS Z7, Z0, Z0
	VADDPS Z11, Z1, Z1
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JGE  expLoop
expTail:
	ADDQ $32, CX
	JEQ  expDone
	MASKS
	VMOVUPS.Z (SI), K1, Z4
	VMOVUPS.Z 64(SI), K2, Z8
	VSUBPS Z13, Z4, Z4
	VSUBPS Z13, Z8, Z8
	EXP(Z4, Z5, Z6, Z7)
	EXP(Z8, Z9, Z10, Z11)
	VMOVUPS Z7, K1, (DI)
	VMOVUPS Z11, K2, 64(DI)
	VADDPS Z7, Z0, K1, Z0
	VADDPS Z11, Z1, K2, Z1
expDone:
	TREE
	VMOVSS X0, ret+32(FP)
	VZEROUPPER
	RET

DATA ninf<>+0(SB)/4, $0xff800000
GLOBL ninf<>(SB), RODATA|NOPTR, $4

// func maximumAVX512(x *float32, n int) float32
// The candidate is the first source of max, so that a NaN loses to what the
// lane holds, which is therefore never one.
TEXT ·maximumAVX512(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS ninf<>(SB), Z0
	VMOVAPS Z0, Z1
	SUBQ $32, CX
	JLT  maxTail
maxLoop:
	VMOVUPS (SI), Z8
	VMOVUPS 64(SI), Z9
	VMAXPS Z0, Z8, Z0
	VMAXPS Z1, Z9, Z1
	ADDQ $128, SI
	SUBQ $32, CX
	JGE  maxLoop
maxTail:
	ADDQ $32, CX
	JEQ  maxDone
	MASKS
	VMOVUPS.Z (SI), K1, Z8
	VMOVUPS.Z 64(SI), K2, Z9
	VMAXPS Z0, Z8, K1, Z0
	VMAXPS Z1, Z9, K2, Z1
maxDone:
	VMAXPS Z1, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VMAXPS Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPS X1, X0, X0
	VMOVHLPS X0, X0, X1
	VMAXPS X1, X0, X0
	VMOVSHDUP X0, X1
	VMAXPS X1, X0, X0
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func softmaxGradAVX512(p, dp *float32, n int, max, inv, delta float32)
TEXT ·softmaxGradAVX512(SB), NOSPLIT, $0-36
	MOVQ p+0(FP), DI
	MOVQ dp+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS max+24(FP), Z13
	VBROADCASTSS inv+28(FP), Z12
	VBROADCASTSS delta+32(FP), Z11
	EXPBOUNDS
	MOVQ  $0xffff, AX
	KMOVW AX, K1
softmaxgradLoop:
	CMPQ CX, $16
	JGE  softmaxgradWhole
	MASKS
softmaxgradWhole:
	VMOVUPS.Z (DI), K1, Z4
	VMOVUPS.Z (SI), K1, Z8
	VSUBPS Z13, Z4, Z4
	EXP(Z4, Z5, Z6, Z7)
	VMULPS Z12, Z7, Z7
	VSUBPS Z11, Z8, Z8
	VMULPS Z8, Z7, Z8
	VMOVUPS Z7, K1, (DI)
	VMOVUPS Z8, K1, (SI)
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $16, CX
	JGT  softmaxgradLoop
	VZEROUPPER
	RET

DATA unit<>+0(SB)/4, $0x3f800000
GLOBL unit<>(SB), RODATA|NOPTR, $4

// func rmsNormAVX512(y, x, w *float32, n int, eps float32) float32
TEXT ·rmsNormAVX512(SB), NOSPLIT, $0-44
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ CX, R8
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	XORQ BX, BX
	SUBQ $32, CX
	JLT  rmsTail
rmsLoop:
	VMOVUPS (SI)(BX*4), Z8
	VMOVUPS 64(SI)(BX*4), Z9
	VFMADD231PS Z8, Z8, Z0
	VFMADD231PS Z9, Z9, Z1
	ADDQ $32, BX
	SUBQ $32, CX
	JGE  rmsLoop
rmsTail:
	ADDQ $32, CX
	JEQ  rmsRoot
	MASKS
	VMOVUPS.Z (SI)(BX*4), K1, Z8
	VMOVUPS.Z 64(SI)(BX*4), K2, Z9
	VFMADD231PS Z8, Z8, Z0
	VFMADD231PS Z9, Z9, Z1
rmsRoot:
	TREE
	VXORPS X1, X1, X1
	VCVTSI2SSQ R8, X1, X1
	VDIVSS X1, X0, X0
	VADDSS eps+32(FP), X0, X0
	VSQRTSS X0, X0, X0
	VMOVSS unit<>(SB), X1
	VDIVSS X0, X1, X1
	VMOVSS X1, ret+40(FP)
	VBROADCASTSS X1, Z15
	MOVQ  $0xffff, AX
	KMOVW AX, K1
	MOVQ  R8, CX
rmsScale:
	CMPQ CX, $16
	JGE  rmsWhole
	MASKS
rmsWhole:
	VMOVUPS.Z (SI), K1, Z8
	VMOVUPS.Z (DX), K1, Z9
	VMULPS Z8, Z15, Z8
	VMULPS Z9, Z8, Z8
	VMOVUPS Z8, K1, (DI)
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, DI
	SUBQ $16, CX
	JGT  rmsScale
	VZEROUPPER
	RET

// func rmsNormGradAVX512(dx, dw, x, w, dy *float32, n int, r float32)
// dw may be nil.
TEXT ·rmsNormGradAVX512(SB), NOSPLIT, $0-52
	MOVQ dx+0(FP), DI
	MOVQ dw+8(FP), R9
	MOVQ x+16(FP), SI
	MOVQ w+24(FP), DX
	MOVQ dy+32(FP), R10
	MOVQ n+40(FP), CX
	MOVQ CX, R8
	VBROADCASTSS r+48(FP), Z15
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	XORQ BX, BX
	SUBQ $32, CX
	JLT  rmsgradTail
rmsgradLoop:
	VMOVUPS (R10)(BX*4), Z8
	VMOVUPS 64(R10)(BX*4), Z9
	VMULPS (DX)(BX*4), Z8, Z8
	VMULPS 64(DX)(BX*4), Z9, Z9
	VFMADD231PS (SI)(BX*4), Z8, Z0
	VFMADD231PS 64(SI)(BX*4), Z9, Z1
	ADDQ $32, BX
	SUBQ $32, CX
	JGE  rmsgradLoop
rmsgradTail:
	ADDQ $32, CX
	JEQ  rmsgradMean
	MASKS
	VMOVUPS.Z (R10)(BX*4), K1, Z8
	VMOVUPS.Z 64(R10)(BX*4), K2, Z9
	VMOVUPS.Z (DX)(BX*4), K1, Z10
	VMOVUPS.Z 64(DX)(BX*4), K2, Z11
	VMULPS Z10, Z8, Z8
	VMULPS Z11, Z9, Z9
	VMOVUPS.Z (SI)(BX*4), K1, Z10
	VMOVUPS.Z 64(SI)(BX*4), K2, Z11
	VFMADD231PS Z10, Z8, Z0
	VFMADD231PS Z11, Z9, Z1
rmsgradMean:
	TREE
	VMULSS X15, X0, X0
	VXORPS X1, X1, X1
	VCVTSI2SSQ R8, X1, X1
	VDIVSS X1, X0, X0
	VMULSS X15, X0, X0
	VBROADCASTSS X0, Z14
	MOVQ  $0xffff, AX
	KMOVW AX, K1
	MOVQ  R8, CX
rmsgradAdd:
	CMPQ CX, $16
	JGE  rmsgradWhole
	MASKS
rmsgradWhole:
	VMOVUPS.Z (R10), K1, Z1 // dy
	VMOVUPS.Z (SI), K1, Z2  // x
	VMOVUPS.Z (DX), K1, Z3
	VMOVUPS.Z (DI), K1, Z4
	VMULPS Z3, Z1, Z3
	VFNMADD231PS Z2, Z14, Z3
	VFMADD213PS Z4, Z15, Z3
	VMOVUPS Z3, K1, (DI)
	TESTQ R9, R9
	JEQ  rmsgradNext
	VMOVUPS.Z (R9), K1, Z4
	VMULPS Z2, Z15, Z2
	VFMADD231PS Z1, Z2, Z4
	VMOVUPS Z4, K1, (R9)
	ADDQ $64, R9
rmsgradNext:
	ADDQ $64, R10
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, DI
	SUBQ $16, CX
	JGT  rmsgradAdd
	VZEROUPPER
	RET
