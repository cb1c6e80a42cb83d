#include "textflag.h"
#include "turned_amd64.h"

// Gradients of 24 bits times weights of 13, without tile units: struct turnedPairs.
// A gradient is q = 4096·h + l, l having a sign, and of two rows at once h and l are
// multiplied with the weights. Of 256 rows neither sum leaves 32 bits:
// 2032·4096·256 < 2³¹, and for l to add up to 2³¹ all weights would have to be -4096,
// which is less than any type has. On the way sums may go around, for they come back.
//
// The sum, 4096 times that of h and that of l, has 44 bits. Its upper 20 and its
// lower 24 are floating point without loss, and a fused multiply-add joins them: so
// it is rounded once.
//
// SI gradients, BX weights, CX steps left; R8 where those of 32 or 16 columns begin, R9
// scales, DI what is added to and R14 bytes from token to token, R12 tokens left.

// Where h and l of a token are, and the next token.
#define UPPER 0
#define LOWER 512
#define TOKEN 1024

#define ARGS \
	MOVQ t+0(FP), AX \
	MOVQ 0(AX), SI   \
	MOVQ 8(AX), R8   \
	MOVQ 16(AX), R9  \
	MOVQ 24(AX), DI  \
	MOVQ 32(AX), R14 \
	MOVQ 40(AX), R12

// What ADDED masks the lower 24 bits with, and 2²⁴.
DATA lower24<>+0(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+8(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+16(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+24(SB)/8, $0x00ffffff00ffffff
GLOBL lower24<>(SB), RODATA|NOPTR, $32

DATA twoTo24<>+0(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+8(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+16(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+24(SB)/8, $0x4b8000004b800000
GLOBL twoTo24<>(SB), RODATA|NOPTR, $32

// ADDED adds the sums H and L times D. M and S are lower24 and twoTo24.
#define ADDED(AND, M, S, H, L, D, T, V, at) \
	VPSRAD $12, L, T      \
	VPSLLD $12, H, V      \
	VPADDD H, T, T        \
	VPADDD L, V, V        \
	VPSRAD $12, T, T      \
	AND    M, V, V        \
	VCVTDQ2PS T, T        \
	VCVTDQ2PS V, V        \
	VFMADD231PS S, T, V   \
	VFMADD213PS at, D, V  \
	VMOVUPS V, at

// PRODUCTS32 multiplies a token's pair of rows with Z24 and Z25.
#define PRODUCTS32(o, H0, H1, L0, L1, A, B) \
	VPBROADCASTD (o+UPPER)(SI), A \
	VPBROADCASTD (o+LOWER)(SI), B \
	VPDPWSSD Z24, A, H0       \
	VPDPWSSD Z25, A, H1       \
	VPDPWSSD Z24, B, L0       \
	VPDPWSSD Z25, B, L1

#define PAIR1(a, w) \
	VMOVDQU64 w(BX), Z24        \
	VMOVDQU64 (w+8192)(BX), Z25 \
	PRODUCTS32(a, Z0, Z1, Z2, Z3, Z26, Z27)

#define PAIR2(a, w) \
	PAIR1(a, w) \
	PRODUCTS32(a+TOKEN, Z4, Z5, Z6, Z7, Z28, Z29)

#define PAIR4(a, w) \
	PAIR2(a, w) \
	PRODUCTS32(a+2*TOKEN, Z8, Z9, Z10, Z11, Z26, Z27) \
	PRODUCTS32(a+3*TOKEN, Z12, Z13, Z14, Z15, Z28, Z29)

#define PAIR6(a, w) \
	PAIR4(a, w) \
	PRODUCTS32(a+4*TOKEN, Z16, Z17, Z18, Z19, Z26, Z27) \
	PRODUCTS32(a+5*TOKEN, Z20, Z21, Z22, Z23, Z28, Z29)

#define ZERO32(H0, H1, L0, L1) \
	VPXORD H0, H0, H0 \
	VPXORD H1, H1, H1 \
	VPXORD L0, L0, L0 \
	VPXORD L1, L1, L1

#define ZERO1 \
	ZERO32(Z0, Z1, Z2, Z3)

#define ZERO2 \
	ZERO1 \
	ZERO32(Z4, Z5, Z6, Z7)

#define ZERO4 \
	ZERO2 \
	ZERO32(Z8, Z9, Z10, Z11) \
	ZERO32(Z12, Z13, Z14, Z15)

#define ZERO6 \
	ZERO4 \
	ZERO32(Z16, Z17, Z18, Z19) \
	ZERO32(Z20, Z21, Z22, Z23)

// ADDED32 adds a token's sums.
#define ADDED32(H0, H1, L0, L1) \
	VBROADCASTSS (R9), Z28 \
	ADDED(VPANDD, Z30, Z31, H0, L0, Z28, Z24, Z25, (DI))   \
	ADDED(VPANDD, Z30, Z31, H1, L1, Z28, Z26, Z27, 64(DI)) \
	ADDQ $4, R9  \
	ADDQ R14, DI

#define ADDED1 \
	ADDED32(Z0, Z1, Z2, Z3)

#define ADDED2 \
	ADDED1 \
	ADDED32(Z4, Z5, Z6, Z7)

#define ADDED4 \
	ADDED2 \
	ADDED32(Z8, Z9, Z10, Z11) \
	ADDED32(Z12, Z13, Z14, Z15)

#define ADDED6 \
	ADDED4 \
	ADDED32(Z16, Z17, Z18, Z19) \
	ADDED32(Z20, Z21, Z22, Z23)

// STEPS makes the products of 128 pairs.
#define STEPS(PAIR, loop) \
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

// FETCH asks for what is added to: it comes while sums are made.
#define FETCH(at, at64) \
	PREFETCHT0 at \
	PREFETCHT0 at64

// WEIGHTSAHEAD asks for a line of weights of the columns that come next.
#define WEIGHTSAHEAD(o) \
	PREFETCHT1 o(R13)

// func turnedPairsVNNI(t *turnedPairs)
//
// Six tokens by 32 columns: 24 sums, for 14 loads, and two products can start each
// cycle.
TEXT ·turnedPairsVNNI(SB), NOSPLIT, $0-8
	ARGS
	VPBROADCASTD lower24<>(SB), Z30
	VPBROADCASTD twoTo24<>(SB), Z31
	LEAQ 16384(R8), R13
	SUBQ $6, R12
	JLT  rest

six:
	LEAQ (R14)(R14*2), R10
	LEAQ (DI)(R10*1), R11
	FETCH((DI), 64(DI))
	FETCH((DI)(R14*1), 64(DI)(R14*1))
	FETCH((DI)(R14*2), 64(DI)(R14*2))
	FETCH((R11), 64(R11))
	FETCH((R11)(R14*1), 64(R11)(R14*1))
	FETCH((R11)(R14*2), 64(R11)(R14*2))
	WEIGHTSAHEAD(0)
	WEIGHTSAHEAD(64)
	WEIGHTSAHEAD(128)
	WEIGHTSAHEAD(192)
	WEIGHTSAHEAD(256)
	WEIGHTSAHEAD(320)
	ADDQ $384, R13
	ZERO6
	STEPS(PAIR6, six_pairs)
	ADDED6
	ADDQ $(6*TOKEN-LOWER), SI
	SUBQ $6, R12
	JGE  six

rest:
	ADDQ $6, R12
	TESTQ $4, R12
	JEQ   two
	ZERO4
	STEPS(PAIR4, four_pairs)
	ADDED4
	ADDQ $(4*TOKEN-LOWER), SI

two:
	TESTQ $2, R12
	JEQ   one
	ZERO2
	STEPS(PAIR2, two_pairs)
	ADDED2
	ADDQ $(2*TOKEN-LOWER), SI

one:
	TESTQ $1, R12
	JEQ   done
	ZERO1
	STEPS(PAIR1, one_pairs)
	ADDED1

done:
	VZEROUPPER
	RET

// PRODUCTS16 multiplies a token's pair of rows with Y12 and Y13.
#define PRODUCTS16(o, H0, H1, L0, L1) \
	HALF16((o+UPPER)(SI), H0, H1) \
	HALF16((o+LOWER)(SI), L0, L1)

#define HALF16(at, A, B) \
	VPBROADCASTD at, Y14   \
	VPMADDWD Y12, Y14, Y15 \
	VPMADDWD Y13, Y14, Y14 \
	VPADDD Y15, A, A       \
	VPADDD Y14, B, B

#define ONE(a, w) \
	VMOVDQU w(BX), Y12      \
	VMOVDQU (w+32)(BX), Y13 \
	PRODUCTS16(a, Y0, Y1, Y2, Y3)

#define TWO(a, w) \
	ONE(a, w) \
	PRODUCTS16(a+TOKEN, Y4, Y5, Y6, Y7)

#define THREE(a, w) \
	TWO(a, w) \
	PRODUCTS16(a+2*TOKEN, Y8, Y9, Y10, Y11)

#define ZERO16(H0, H1, L0, L1) \
	VPXOR H0, H0, H0 \
	VPXOR H1, H1, H1 \
	VPXOR L0, L0, L0 \
	VPXOR L1, L1, L1

// ADDED16 adds a token's sums.
#define ADDED16(H0, H1, L0, L1) \
	VBROADCASTSS (R9), Y12 \
	ADDED(VPAND, lower24<>(SB), twoTo24<>(SB), H0, L0, Y12, Y13, Y14, (DI))   \
	ADDED(VPAND, lower24<>(SB), twoTo24<>(SB), H1, L1, Y12, Y13, Y15, 32(DI)) \
	ADDQ $4, R9  \
	ADDQ R14, DI

// func turnedPairsAVX2(t *turnedPairs)
//
// Three tokens by 16 columns: 12 sums, for 8 loads. (Of two tokens it is 7 % slower.)
TEXT ·turnedPairsAVX2(SB), NOSPLIT, $0-8
	ARGS
	LEAQ 8192(R8), R13
	SUBQ $3, R12
	JLT  rest

three:
	PREFETCHT0 (DI)
	PREFETCHT0 (DI)(R14*1)
	PREFETCHT0 (DI)(R14*2)
	WEIGHTSAHEAD(0)
	WEIGHTSAHEAD(64)
	ADDQ $128, R13
	ZERO16(Y0, Y1, Y2, Y3)
	ZERO16(Y4, Y5, Y6, Y7)
	ZERO16(Y8, Y9, Y10, Y11)
	STEPS(THREE, three_pairs)
	ADDED16(Y0, Y1, Y2, Y3)
	ADDED16(Y4, Y5, Y6, Y7)
	ADDED16(Y8, Y9, Y10, Y11)
	ADDQ $(3*TOKEN-LOWER), SI
	SUBQ $3, R12
	JGE  three

rest:
	ADDQ $3, R12
	JEQ  done
	ZERO16(Y0, Y1, Y2, Y3)
	CMPQ R12, $1
	JEQ  one
	ZERO16(Y4, Y5, Y6, Y7)
	STEPS(TWO, two_pairs)
	ADDED16(Y0, Y1, Y2, Y3)
	ADDED16(Y4, Y5, Y6, Y7)
	JMP  done

one:
	STEPS(ONE, one_pairs)
	ADDED16(Y0, Y1, Y2, Y3)

done:
	VZEROUPPER
	RET

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
