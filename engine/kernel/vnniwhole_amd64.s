#include "textflag.h"
#include "vnni_amd64.h"

// Products of types whose blocks of 256 are summed up as integers, with VNNI:
// VPDPWSSD multiplies sums with scales and adds the products. Z21 to Z24 are
// those totals, Z12 the scales of 256 weights, Z29 what doubles low words.

#define TWICE \
	VBROADCASTI32X4 ·twice(SB), Z29

// INTEGERS makes of the bytes at o of both groups Z10, each in a dword, and Z11,
// each twice.
#define INTEGERS(o) \
	VMOVQ (o)(SI), X10 \
	VPINSRQ $1, (o)(SI)(R14*1), X10, X10 \
	VPMOVSXBD X10, Z10 \
	VPSHUFB Z29, Z10, Z11

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

// Q3_K: the sum of 16 products of unsigned weights fits in 16 bits, so it is
// multiplied as the low word of a pair, with 8 times the scale; -32·Σa, with the
// scale, is 8 times what is taken off.

#define CONSTANTS3 \
	TWICE \
	CONST(0x07070707, Z30) \
	CONST(0x0f0f0f0f, Z28) \
	CONST(0x03030303, Z27) \
	MOVL $0x55555555, BX   \
	KMOVD BX, K1

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

#define TOTAL3(S, H, T, at) \
	VPADDD H, S, S     \
	VPDPWSSD Z9, S, T \
	VPDPWSSD.BCST at, Z11, T

#define TOTALS31(f) \
	INTEGERS(f*2) \
	VPSLLW.Z $3, Z11, K1, Z9 \
	TOTAL3(Z0, Z16, Z21, (B_HALF+f)(DI))

#define TOTALS32(f) \
	TOTALS31(f) \
	TOTAL3(Z1, Z17, Z22, (B_HALF+f)(DI)(R13*1))

#define TOTALS34(f) \
	TOTALS32(f) \
	TOTAL3(Z2, Z18, Z23, (B_HALF+f)(DI)(R13*2)) \
	TOTAL3(Z3, Z19, Z24, (B_HALF+f)(DI)(R12*1))

#define PRODUCTS1(a) \
	PRODUCTS(R8, a, Z0, Z16)

#define ZERO31 ZERO(Z0, Z16)

// SUB3 multiplies a block of 32: Z, P and T zero, multiply and add up.
#define SUB3(Z, P, T) \
	Z \
	THREES(16, Y13, Z13) \
	P(0) \
	THREES(48, Y14, Z14) \
	P(8) \
	T(0) \
	Z \
	THREES(80, Y15, Z15) \
	P(16) \
	THREELAST \
	P(24) \
	T(4)

#define FINISH3(T, F, at) \
	VPSRAD $3, T, T \
	FINISH(T, F, at)

// func q3Kx4VNNI(t *quantTile)
TEXT ·q3Kx4VNNI(SB), NOSPLIT, $0-8
	CONSTANTS3
	ARGS4
	SUMS4
q3Kx4:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR4
q3Kx4sub:
	AHEAD(896)
	AHEAD(960)
	SUB3(ZERO4, PRODUCTS4, TOTALS34)
	STEP4(32, 112)
	DECQ AX
	JNZ  q3Kx4sub
	FINISH3(Z21, Z4, (DI))
	FINISH3(Z22, Z5, (DI)(R13*1))
	FINISH3(Z23, Z6, (DI)(R13*2))
	FINISH3(Z24, Z7, (DI)(R12*1))
	SUBQ $8, CX
	JNZ  q3Kx4
	STORE4
	RET

// func q3Kx2VNNI(t *quantTile)
TEXT ·q3Kx2VNNI(SB), NOSPLIT, $0-8
	CONSTANTS3
	ARGS2
	SUMS2
q3Kx2:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
q3Kx2sub:
	AHEAD(896)
	AHEAD(960)
	SUB3(ZERO2, PRODUCTS2, TOTALS32)
	STEP2(32, 112)
	DECQ AX
	JNZ  q3Kx2sub
	FINISH3(Z21, Z4, (DI))
	FINISH3(Z22, Z5, (DI)(R13*1))
	SUBQ $8, CX
	JNZ  q3Kx2
	STORE2
	RET

// func q3Kx1VNNI(t *quantTile)
TEXT ·q3Kx1VNNI(SB), NOSPLIT, $0-8
	CONSTANTS3
	PAIRS
q3Kx1rows:
	NEWPAIR
q3Kx1:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	ADDQ $16, R15
	MOVQ $8, AX
	CLEAR1
q3Kx1sub:
	FETCH2
	PASS(112)
	SUB3(ZERO31, PRODUCTS1, TOTALS31)
	STEP1(32, 112)
	DECQ AX
	JNZ  q3Kx1sub
	FINISH3(Z21, Z4, (DI))
	SUBQ $8, CX
	JNZ  q3Kx1
	ENDPAIR
	JNZ  q3Kx1rows
	VZEROUPPER
	RET

// IQ4_XS: weights and 128. Z25, Z26, Z27 and Z31 total -16·Σa with the scales.
DATA iq4bytes<>+0(SB)/8, $0x766a5d4f3f2d1801
DATA iq4bytes<>+8(SB)/8, $0xf1d9c5b5a6998d81
GLOBL iq4bytes<>(SB), RODATA|NOPTR, $16

#define CONSTANTS4 \
	TWICE \
	CONST(0x0f0f0f0f, Z30) \
	VBROADCASTI32X4 iq4bytes<>(SB), Z28

#define LOOK(o) \
	LOAD(o, Y8, Z8)      \
	VPSRLW $4, Z8, Z9    \
	VPANDD Z30, Z8, Z8   \
	VPANDD Z30, Z9, Z9   \
	VPSHUFB Z8, Z28, Z8  \
	VPSHUFB Z9, Z28, Z9

#define LOOKS(P) \
	LOOK(0)  \
	P(0)     \
	LOOK(32) \
	P(8)     \
	LOOK(64) \
	P(16)    \
	LOOK(96) \
	P(24)

#define LOOKS1 \
	LOOK(0)  \
	PRODUCTS(R8, 0, Z0, Z16)  \
	LOOK(32) \
	PRODUCTS(R8, 8, Z1, Z17)  \
	LOOK(64) \
	PRODUCTS(R8, 16, Z0, Z16) \
	LOOK(96) \
	PRODUCTS(R8, 24, Z1, Z17)

#define TOTAL4(S, T, M, at) \
	VPMULLD Z10, S, S \
	VPADDD S, T, T    \
	VPDPWSSD.BCST B_LOW at, Z11, M

#define TOTALS41 \
	INTEGERS(128) \
	TOTAL4(Z0, Z21, Z25, (DI))

#define TOTALS42 \
	TOTALS41 \
	TOTAL4(Z1, Z22, Z26, (DI)(R13*1))

#define TOTALS44 \
	TOTALS42 \
	TOTAL4(Z2, Z23, Z27, (DI)(R13*2)) \
	TOTAL4(Z3, Z24, Z31, (DI)(R12*1))

#define FINISH4(T, M, F, at) \
	VPSLLD $3, M, M \
	VPADDD M, T, T  \
	VPXORD M, M, M  \
	FINISH(T, F, at)

#define LESS2 \
	VPXORD Z25, Z25, Z25 \
	VPXORD Z26, Z26, Z26

#define LESS4 \
	LESS2 \
	VPXORD Z27, Z27, Z27 \
	VPXORD Z31, Z31, Z31

// func iq4xsx4VNNI(t *quantTile)
TEXT ·iq4xsx4VNNI(SB), NOSPLIT, $0-8
	CONSTANTS4
	ARGS4
	SUMS4
	LESS4
iq4xsx4:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR4
iq4xsx4sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	ZERO4
	LOOKS(PRODUCTS4)
	JOIN4
	TOTALS44
	STEP4(32, 136)
	DECQ AX
	JNZ  iq4xsx4sub
	FINISH4(Z21, Z25, Z4, (DI))
	FINISH4(Z22, Z26, Z5, (DI)(R13*1))
	FINISH4(Z23, Z27, Z6, (DI)(R13*2))
	FINISH4(Z24, Z31, Z7, (DI)(R12*1))
	SUBQ $8, CX
	JNZ  iq4xsx4
	STORE4
	RET

// func iq4xsx2VNNI(t *quantTile)
TEXT ·iq4xsx2VNNI(SB), NOSPLIT, $0-8
	CONSTANTS4
	ARGS2
	SUMS2
	LESS2
iq4xsx2:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
iq4xsx2sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	ZERO2
	LOOKS(PRODUCTS2)
	JOIN2
	TOTALS42
	STEP2(32, 136)
	DECQ AX
	JNZ  iq4xsx2sub
	FINISH4(Z21, Z25, Z4, (DI))
	FINISH4(Z22, Z26, Z5, (DI)(R13*1))
	SUBQ $8, CX
	JNZ  iq4xsx2
	STORE2
	RET

// func iq4xsx1VNNI(t *quantTile)
TEXT ·iq4xsx1VNNI(SB), NOSPLIT, $0-8
	CONSTANTS4
	PAIRS
	LESS2
iq4xsx1rows:
	NEWPAIR
iq4xsx1:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	ADDQ $16, R15
	MOVQ $8, AX
	CLEAR1
iq4xsx1sub:
	FETCH2
	PASS(136)
	ZERO1
	LOOKS1
	JOIN1
	TOTALS41
	STEP1(32, 136)
	DECQ AX
	JNZ  iq4xsx1sub
	FINISH4(Z21, Z25, Z4, (DI))
	SUBQ $8, CX
	JNZ  iq4xsx1
	ENDPAIR
	JNZ  iq4xsx1rows
	VZEROUPPER
	RET
