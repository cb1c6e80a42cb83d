#include "vnni_amd64.h"

// Products of types whose blocks of 256 are summed up as integers, with VNNI:
// VPDPWSSD multiplies sums with scales and adds the products. Z21 to Z24 are
// those totals, Z12 the scales of 256 weights, Z29 what doubles low words.

#define TWICE \
	VBROADCASTI32X4 ·twice(SB), Z29

// INTEGERS makes of the bytes at o of both groups Z10, each in a dword, and Z11,
// each twice.
#define INTEGERS(o) INTEGERSBY(o, Z29)

#define INTEGERSBY(o, Z) \
	VMOVQ (o)(SI), X10 \
	VPINSRQ $1, (o)(SI)(R14*1), X10, X10 \
	VPMOVSXBD X10, Z10 \
	VPSHUFB Z, Z10, Z11

// START begins one sum of a token, CHAIN adds the products of Z8 and Z9 with eight
// activations at a. Where scales multiply every 16 products, two sums would be an
// addition more: the work beside them fills the time that products wait.
#define START1 \
	VPXORD Z0, Z0, Z0

#define START2 \
	START1 \
	VPXORD Z1, Z1, Z1

#define START4 \
	START2 \
	VPXORD Z2, Z2, Z2 \
	VPXORD Z3, Z3, Z3

#define CHAIN1(a) \
	PRODUCTS(R8, a, Z0, Z0)

#define CHAIN2(a) \
	CHAIN1(a) \
	PRODUCTS(R9, a, Z1, Z1)

#define CHAIN4(a) \
	CHAIN2(a) \
	PRODUCTS(R10, a, Z2, Z2) \
	PRODUCTS(R11, a, Z3, Z3)

#define CLEAR1 \
	VPXORD Z21, Z21, Z21

#define CLEAR2 \
	CLEAR1 \
	VPXORD Z22, Z22, Z22

#define CLEAR4 \
	CLEAR2 \
	VPXORD Z23, Z23, Z23 \
	VPXORD Z24, Z24, Z24

// FINISH adds the totals T of 256 weights, whose activations end before at.
#define FINISH(T, F, at) \
	VCVTDQ2PS T, T \
	VMULPS.BCST (B_D-24)at, Z12, Z20 \
	VFMADD231PS T, Z20, F

#define FINISH1 \
	FINISH(Z21, Z4, (DI))

#define FINISH2 \
	FINISH1 \
	FINISH(Z22, Z5, (DI)(R13*1))

#define FINISH4 \
	FINISH2 \
	FINISH(Z23, Z6, (DI)(R13*2)) \
	FINISH(Z24, Z7, (DI)(R12*1))

// Z25, Z26, Z27 and Z31 total minima, or an offset, with -Σa or so many times that.

#define LESS2 \
	VPXORD Z25, Z25, Z25 \
	VPXORD Z26, Z26, Z26

#define LESS4 \
	LESS2 \
	VPXORD Z27, Z27, Z27 \
	VPXORD Z31, Z31, Z31

// SUPER begins 256 weights with minima, whose scales Z14 are.
#define SUPER \
	BOTH(0, SI, X12, Y12, Z12)  \
	BOTH(16, SI, X14, Y14, Z14) \
	ADDQ $32, SI \
	MOVQ $8, AX

// FINISHLOW adds totals and then minima times -Σa, of those times so many bits more,
// which it sets to zero.
#define FINISHLOW(T, M, F, at, bits) \
	FINISH(T, F, at) \
	VPSRAD $bits, M, M \
	VCVTDQ2PS M, M   \
	VMULPS.BCST (B_D-24)at, Z14, Z20 \
	VFMADD231PS M, Z20, F \
	VPXORD M, M, M

#define FINISHLOW1(bits) \
	FINISHLOW(Z21, Z25, Z4, (DI), bits)

#define FINISHLOW2(bits) \
	FINISHLOW1(bits) \
	FINISHLOW(Z22, Z26, Z5, (DI)(R13*1), bits)

#define FINISHLOW4(bits) \
	FINISHLOW2(bits) \
	FINISHLOW(Z23, Z27, Z6, (DI)(R13*2), bits) \
	FINISHLOW(Z24, Z31, Z7, (DI)(R12*1), bits)

// Weights of 3 bits: see putThrees. Z27, Z28 and Z30 are the low 2, 4 and 3 bits.

#define THREES(o, Y, Z) \
	LOAD(o, Y, Z)       \
	VPSRLW $3, Z, Z9    \
	VPANDD Z30, Z, Z8   \
	VPANDD Z30, Z9, Z9

// THREELAST takes the high bits of Z13 to Z15.
#define THREELAST \
	VPSRLW $6, Z13, Z13 \
	VPSRLW $4, Z14, Z14 \
	VPSRLW $2, Z15, Z15 \
	VPTERNLOGD $0xe4, Z27, Z14, Z13 \
	VPTERNLOGD $0xe4, Z28, Z15, Z13 \
	VPSRLW $3, Z13, Z9  \
	VPANDD Z30, Z13, Z8 \
	VPANDD Z30, Z9, Z9

// SIXES takes half a block: Z13, Z14 and Z15 are its three vectors. The fourth
// four of weights lies in their high bits.
#define SIXES(o, a, P) \
	LOAD(o, Y13, Z13)    \
	LOAD(o+32, Y14, Z14) \
	LOAD(o+64, Y15, Z15) \
	VPANDD Z30, Z13, Z8  \
	VPANDD Z30, Z14, Z9  \
	P(a)                 \
	VPSRLW $2, Z13, Z13  \
	VPSRLW $4, Z14, Z14  \
	VPSRLW $6, Z15, Z9   \
	VPANDD Z28, Z13, Z13 \
	VPANDD Z27, Z14, Z14 \
	VPANDD Z29, Z9, Z9   \
	VPTERNLOGD $0xfe, Z14, Z13, Z9 \
	VPANDD Z30, Z15, Z8  \
	P(a+8)

#define CONSTANTS6 \
	CONST(0x3f3f3f3f, Z30) \
	CONST(0x30303030, Z28) \
	CONST(0x0c0c0c0c, Z27) \
	CONST(0x03030303, Z29)
