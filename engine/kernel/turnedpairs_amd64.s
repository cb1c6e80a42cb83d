#include "textflag.h"

// Gradients of 24 bits times weights of 13, without tile units: struct turnedPairs.
// A gradient is q = 4096·h + l, l having a sign, and of two rows at once h and l are
// multiplied with the weights. Of 256 rows neither sum leaves 32 bits:
// 2032·4096·256 < 2³¹, and for l to add up to 2³¹ all weights would have to be -4096,
// which is less than any type has. On the way sums may go around, for they come back.
//
// Sums begin at 2³¹, so that they have no sign, and are put beneath the upper half of
// a float64: it then is 2⁵² and the sum of l, or 2⁶⁴ and 4096 times that of h. Less
// what they have too much, they make a whole number of less than 2⁵³, which is
// exact, and is rounded once.
//
// SI gradients, BX weights, CX steps left; R8 where those of 32 or 16 columns begin, R9
// scales, DI what is added to and R14 bytes from token to token, R12 tokens left.

#define H 0    // of a token's gradients
#define L 512
#define TOKEN 1024

#define ARGS \
	MOVQ t+0(FP), AX \
	MOVQ 0(AX), SI   \
	MOVQ 8(AX), R8   \
	MOVQ 16(AX), R9  \
	MOVQ 24(AX), DI  \
	MOVQ 32(AX), R14 \
	MOVQ 40(AX), R12

// CONST makes all of a register the number n.
#define CONST(BROADCAST, n, X, V) \
	MOVQ $n, AX \
	VMOVQ AX, X \
	BROADCAST X, V

// Z31 and Z30 are upper halves of float64, 2⁶⁴ and 2⁵², Z29 is 2⁶⁴+2⁵²+2⁴³+2³¹.
#define HIGH 0x43f0000043f00000
#define LOW 0x4330000043300000
#define BOTH 0x43f0010080080000
#define FIRST 0x8000000080000000

// PRODUCTS32 multiplies a token's pair of rows with Z16 and Z17.
#define PRODUCTS32(o, H0, H1, L0, L1, A, B) \
	VPBROADCASTD (o+H)(SI), A \
	VPBROADCASTD (o+L)(SI), B \
	VPDPWSSD Z16, A, H0       \
	VPDPWSSD Z17, A, H1       \
	VPDPWSSD Z16, B, L0       \
	VPDPWSSD Z17, B, L1

#define PAIR1(a, w) \
	VMOVDQU64 w(BX), Z16      \
	VMOVDQU64 (w+8192)(BX), Z17 \
	PRODUCTS32(a, Z0, Z1, Z2, Z3, Z18, Z19)

#define PAIR2(a, w) \
	PAIR1(a, w) \
	PRODUCTS32(a+TOKEN, Z4, Z5, Z6, Z7, Z20, Z21)

#define PAIR4(a, w) \
	PAIR2(a, w) \
	PRODUCTS32(a+2*TOKEN, Z8, Z9, Z10, Z11, Z22, Z23) \
	PRODUCTS32(a+3*TOKEN, Z12, Z13, Z14, Z15, Z24, Z25)

#define BEGIN32(H0, H1, L0, L1) \
	VMOVDQA64 Z28, H0 \
	VMOVDQA64 Z28, H1 \
	VMOVDQA64 Z28, L0 \
	VMOVDQA64 Z28, L1

// FETCH asks for what is added to: it comes while sums are made.
#define FETCH(at, at64) \
	PREFETCHT0 at \
	PREFETCHT0 at64

#define ADDED16(H, L, o) \
	VPUNPCKLDQ Z31, H, Z16  \
	VPUNPCKHDQ Z31, H, Z17  \
	VPUNPCKLDQ Z30, L, Z18  \
	VPUNPCKHDQ Z30, L, Z19  \
	VSUBPD Z29, Z16, Z16    \
	VSUBPD Z29, Z17, Z17    \
	VADDPD Z18, Z16, Z16    \
	VADDPD Z19, Z17, Z17    \
	VCVTPD2PS Z16, Y16      \
	VCVTPD2PS Z17, Y17      \
	VPERMT2PD Z17, Z27, Z16 \
	VMOVUPS o(DI), Z18      \
	VFMADD231PS.BCST (R9), Z16, Z18 \
	VMOVUPS Z18, o(DI)

// ADDED32 adds a token's sums.
#define ADDED32(H0, H1, L0, L1) \
	ADDED16(H0, L0, 0)  \
	ADDED16(H1, L1, 64) \
	ADDQ $4, R9         \
	ADDQ R14, DI

// STEPS makes the products of n pairs at a time.
#define STEPS32(PAIR, loop) \
	MOVQ R8, BX  \
	MOVQ $32, CX \
loop: \
	PAIR(0, 0)    \
	PAIR(4, 64)   \
	PAIR(8, 128)  \
	PAIR(12, 192) \
	ADDQ $16, SI  \
	ADDQ $256, BX \
	DECQ CX       \
	JNZ  loop

// func turnedPairsVNNI(t *turnedPairs)
//
// Four tokens by 32 columns: 16 sums, for 10 loads, and two products can start each
// cycle though one takes five.
TEXT ·turnedPairsVNNI(SB), NOSPLIT, $0-8
	ARGS
	CONST(VPBROADCASTQ, HIGH, X31, Z31)
	CONST(VPBROADCASTQ, LOW, X30, Z30)
	CONST(VPBROADCASTQ, BOTH, X29, Z29)
	CONST(VPBROADCASTQ, FIRST, X28, Z28)
	CONST(VPMOVZXBQ, 0x0b030a0209010800, X27, Z27) // pairs of columns in turn of two registers
	SUBQ $4, R12
	JLT  rest

four:
	LEAQ (R14)(R14*2), R10
	FETCH((DI), 64(DI))
	FETCH((DI)(R14*1), 64(DI)(R14*1))
	FETCH((DI)(R14*2), 64(DI)(R14*2))
	FETCH((DI)(R10*1), 64(DI)(R10*1))
	BEGIN32(Z0, Z1, Z2, Z3)
	BEGIN32(Z4, Z5, Z6, Z7)
	BEGIN32(Z8, Z9, Z10, Z11)
	BEGIN32(Z12, Z13, Z14, Z15)
	STEPS32(PAIR4, four_pairs)
	ADDED32(Z0, Z1, Z2, Z3)
	ADDED32(Z4, Z5, Z6, Z7)
	ADDED32(Z8, Z9, Z10, Z11)
	ADDED32(Z12, Z13, Z14, Z15)
	ADDQ $(4*TOKEN-512), SI
	SUBQ $4, R12
	JGE  four

rest:
	TESTQ $2, R12
	JEQ   odd
	BEGIN32(Z0, Z1, Z2, Z3)
	BEGIN32(Z4, Z5, Z6, Z7)
	STEPS32(PAIR2, two_pairs)
	ADDED32(Z0, Z1, Z2, Z3)
	ADDED32(Z4, Z5, Z6, Z7)
	ADDQ $(2*TOKEN-512), SI

odd:
	TESTQ $1, R12
	JEQ   done
	BEGIN32(Z0, Z1, Z2, Z3)
	STEPS32(PAIR1, one_pairs)
	ADDED32(Z0, Z1, Z2, Z3)

done:
	VZEROUPPER
	RET

// PRODUCTS16 multiplies a token's pair of rows with Y8 and Y9.
#define PRODUCTS16(o, H0, H1, L0, L1) \
	VPBROADCASTD (o+H)(SI), Y10 \
	VPBROADCASTD (o+L)(SI), Y11 \
	VPMADDWD Y8, Y10, Y12 \
	VPMADDWD Y9, Y10, Y13 \
	VPMADDWD Y8, Y11, Y14 \
	VPMADDWD Y9, Y11, Y15 \
	VPADDD Y12, H0, H0    \
	VPADDD Y13, H1, H1    \
	VPADDD Y14, L0, L0    \
	VPADDD Y15, L1, L1

#define ONE(a, w) \
	VMOVDQU w(BX), Y8       \
	VMOVDQU (w+32)(BX), Y9  \
	PRODUCTS16(a, Y0, Y1, Y2, Y3)

#define TWO(a, w) \
	ONE(a, w) \
	PRODUCTS16(a+TOKEN, Y4, Y5, Y6, Y7)

#define BEGIN16(H0, H1, L0, L1) \
	VMOVDQA Y15, H0 \
	VMOVDQA Y15, H1 \
	VMOVDQA Y15, L0 \
	VMOVDQA Y15, L1

// UPPER makes Y13, Y14 and Y15 what Z31, Z30 and Z29 are above.
#define UPPER \
	CONST(VPBROADCASTQ, HIGH, X13, Y13) \
	CONST(VPBROADCASTQ, LOW, X14, Y14)  \
	CONST(VPBROADCASTQ, BOTH, X15, Y15)

#define ADDED8(H, L, o) \
	VPUNPCKLDQ Y13, H, Y8   \
	VPUNPCKHDQ Y13, H, Y9   \
	VPUNPCKLDQ Y14, L, Y10  \
	VPUNPCKHDQ Y14, L, Y11  \
	VSUBPD Y15, Y8, Y8      \
	VSUBPD Y15, Y9, Y9      \
	VADDPD Y10, Y8, Y8      \
	VADDPD Y11, Y9, Y9      \
	VCVTPD2PSY Y8, X8       \
	VCVTPD2PSY Y9, X9       \
	VINSERTF128 $1, X9, Y8, Y8 \
	VPERMPD $0xd8, Y8, Y8   \
	VMOVUPS o(DI), Y9       \
	VFMADD231PS Y12, Y8, Y9 \
	VMOVUPS Y9, o(DI)

#define SUMS16(H0, H1, L0, L1) \
	VBROADCASTSS (R9), Y12 \
	ADDED8(H0, L0, 0)  \
	ADDED8(H1, L1, 32) \
	ADDQ $4, R9        \
	ADDQ R14, DI

#define STEPS16(PAIR, loop) \
	CONST(VPBROADCASTQ, FIRST, X15, Y15) \
	BEGIN16(Y0, Y1, Y2, Y3) \
	BEGIN16(Y4, Y5, Y6, Y7) \
	MOVQ R8, BX  \
	MOVQ $32, CX \
loop: \
	PAIR(0, 0)    \
	PAIR(4, 64)   \
	PAIR(8, 128)  \
	PAIR(12, 192) \
	ADDQ $16, SI  \
	ADDQ $256, BX \
	DECQ CX       \
	JNZ  loop     \
	UPPER         \
	SUMS16(Y0, Y1, Y2, Y3)

// func turnedPairsAVX2(t *turnedPairs)
//
// Two tokens by 16 columns: 8 sums, for 6 loads.
TEXT ·turnedPairsAVX2(SB), NOSPLIT, $0-8
	ARGS
	SUBQ $2, R12
	JLT  odd

two:
	PREFETCHT0 (DI)
	PREFETCHT0 (DI)(R14*1)
	STEPS16(TWO, two_pairs)
	SUMS16(Y4, Y5, Y6, Y7)
	ADDQ $(2*TOKEN-512), SI
	SUBQ $2, R12
	JGE  two

odd:
	TESTQ $1, R12
	JEQ   done
	STEPS16(ONE, one_pairs)

done:
	VZEROUPPER
	RET

// WEIGHTS16 writes 16 columns of two rows side by side.
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

// PRODUCT32 makes 32 of x times scale and keeps the largest.
#define PRODUCT8(o, max) \
	VMOVUPS o(SI), Y4       \
	VMULPS  o(R8), Y4, Y4   \
	VMOVUPS Y4, o(DX)       \
	VANDPS  Y15, Y4, Y4     \
	VMAXPS  max, Y4, max

// Halves of 8 rows: the lower 12 bits with their sign, and what is above them.
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
	VMOVDQU Y2, H(DI)    \
	VMOVDQU Y3, L(DI)

#define LARGEST(X0, X1) \
	VMAXPS X1, X0, X0        \
	VPERMILPS $0x4e, X0, X1  \
	VMAXPS X1, X0, X0        \
	VPERMILPS $0xb1, X0, X1  \
	VMAXPS X1, X0, X0

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
	VMAXPS Y1, Y0, Y0
	VMAXPS Y3, Y2, Y2
	VMAXPS Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	LARGEST(X0, X1)
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
