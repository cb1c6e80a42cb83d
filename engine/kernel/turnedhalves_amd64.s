#include "textflag.h"
#include "turned_amd64.h"

// What turnedPairs reads, and assembly multiplies without tile units: pairs of rows of
// weights, and halves of gradients.

// WEIGHTS8 writes 8 columns of two rows side by side.
#define WEIGHTS8(o, to) \
	VCVTPS2DQ o(SI), Y0       \
	VCVTPS2DQ (o+128)(SI), Y1 \
	VPSLLD $16, Y1, Y1        \
	VPBLENDW $0xaa, Y1, Y0, Y0 \
	VMOVDQU Y0, to(DI)

#define WEIGHTS16(o, to) \
	WEIGHTS8(o, to) \
	WEIGHTS8(o+32, to+32)

// func turnPairsAVX2(w *int16, src *float32)
TEXT ·turnPairsAVX2(SB), NOSPLIT, $0-16
	MOVQ w+0(FP), DI
	MOVQ src+8(FP), SI
	WEIGHTS16(0, 0)
	WEIGHTS16(256, 64)
	WEIGHTS16(512, 128)
	WEIGHTS16(768, 192)
	WEIGHTS16(64, 8192)
	WEIGHTS16(320, 8256)
	WEIGHTS16(576, 8320)
	WEIGHTS16(832, 8384)
	VZEROUPPER
	RET

// PRODUCT8 makes 8 of x times scale and keeps the largest.
#define PRODUCT8(o, max) \
	VMOVUPS o(SI), Y4       \
	VMULPS  o(R8), Y4, Y4   \
	VMOVUPS Y4, o(DX)       \
	VANDPS  Y15, Y4, Y4     \
	VPMAXUD Y4, max, max

// HALVES makes those of 8 rows: the lower 12 bits with their sign, and what is above them.
#define HALVES(o, HI, LO) \
	VMULPS o(DX), Y0, HI \
	VCVTPS2DQ HI, HI     \
	VPSLLD $20, HI, LO   \
	VPADDD Y1, HI, HI    \
	VPSRAD $20, LO, LO   \
	VPSRAD $12, HI, HI

#define HALVES16 \
	HALVES(0, Y2, Y3)    \
	HALVES(32, Y4, Y5)   \
	VPACKSSDW Y4, Y2, Y2 \
	VPACKSSDW Y5, Y3, Y3 \
	VPERMQ $0xd8, Y2, Y2 \
	VPERMQ $0xd8, Y3, Y3 \
	VMOVDQU Y2, UPPER(DI) \
	VMOVDQU Y3, LOWER(DI)

#define LARGESTOF4(X0, X1) \
	VPMAXUD X1, X0, X0        \
	VPSHUFD $0x4e, X0, X1  \
	VPMAXUD X1, X0, X0        \
	VPSHUFD $0xb1, X0, X1  \
	VPMAXUD X1, X0, X0

// func turnedHalvesAVX2(a *int16, x, scale, wide *float32, ahead int) float32
TEXT ·turnedHalvesAVX2(SB), NOSPLIT, $0-44
	MOVQ a+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ scale+16(FP), R8
	MOVQ wide+24(FP), DX
	MOVQ ahead+32(FP), R9
	VPCMPEQD Y15, Y15, Y15
	VPSRLD $1, Y15, Y15
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ $8, CX

products:
	PREFETCHT0 (SI)(R9*1)
	PREFETCHT0 64(SI)(R9*1)
	PRODUCT8(0, Y0)
	PRODUCT8(32, Y1)
	PRODUCT8(64, Y2)
	PRODUCT8(96, Y3)
	ADDQ $128, SI
	ADDQ $128, R8
	ADDQ $128, DX
	DECQ CX
	JNZ  products
	SUBQ $1024, DX
	VPMAXUD Y1, Y0, Y0
	VPMAXUD Y3, Y2, Y2
	VPMAXUD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	LARGESTOF4(X0, X1)
	VMOVSS X0, ret+40(FP)
	MOVL $0x4afe0000, AX // 127·2¹⁶
	VMOVD AX, X1
	VDIVSS X0, X1, X1
	MOVL ret+40(FP), AX
	CMPL AX, $0x0d800000 // 2⁻¹⁰⁰
	JGE  enough
	VPXOR X1, X1, X1

enough:
	VBROADCASTSS X1, Y0
	VPCMPEQD Y1, Y1, Y1
	VPSRLD $31, Y1, Y1
	VPSLLD $11, Y1, Y1
	MOVQ $16, CX

halves:
	HALVES16
	ADDQ $64, DX
	ADDQ $32, DI
	DECQ CX
	JNZ  halves
	VZEROUPPER
	RET

// HALVES32 writes those of two registers.
#define HALVES32(o, A, B) \
	VMULPS Z20, A, A          \
	VMULPS Z20, B, B          \
	VCVTPS2DQ A, A            \
	VCVTPS2DQ B, B            \
	VPSLLD $20, A, Z24        \
	VPSLLD $20, B, Z25        \
	VPADDD Z21, A, A          \
	VPADDD Z21, B, B          \
	VPSRAD $20, Z24, Z24      \
	VPSRAD $20, Z25, Z25      \
	VPSRAD $12, A, A          \
	VPSRAD $12, B, B          \
	VPACKSSDW B, A, A         \
	VPACKSSDW Z25, Z24, Z24   \
	VPERMQ A, Z22, A          \
	VPERMQ Z24, Z22, Z24      \
	VMOVDQU64 A, (o+UPPER)(DI)    \
	VMOVDQU64 Z24, (o+LOWER)(DI)

// func turnedHalvesAVX512(a *int16, x, scale *float32, ahead int) float32
TEXT ·turnedHalvesAVX512(SB), NOSPLIT, $0-36
	MOVQ a+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ scale+16(FP), R8
	MOVQ ahead+24(FP), R9
	SCALED256
	VMOVSS X16, ret+32(FP)
	MOVL $2048, AX
	VPBROADCASTD AX, Z21
	MOVQ $0x0705030106040200, AX
	VMOVQ AX, X22
	VPMOVZXBQ X22, Z22
	HALVES32(0, Z0, Z1)
	HALVES32(64, Z2, Z3)
	HALVES32(128, Z4, Z5)
	HALVES32(192, Z6, Z7)
	HALVES32(256, Z8, Z9)
	HALVES32(320, Z10, Z11)
	HALVES32(384, Z12, Z13)
	HALVES32(448, Z14, Z15)
	VZEROUPPER
	RET
