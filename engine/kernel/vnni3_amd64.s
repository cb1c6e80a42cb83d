#include "textflag.h"
#include "vnniwhole_amd64.h"

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

#define TOTAL3(S, T, at) \
	VPDPWSSD Z9, S, T \
	VPDPWSSD.BCST at, Z11, T

#define TOTALS31(f) \
	INTEGERS(f*2) \
	VPSLLW.Z $3, Z11, K1, Z9 \
	TOTAL3(Z0, Z21, (B_HALF+f)(DI))

#define TOTALS32(f) \
	TOTALS31(f) \
	TOTAL3(Z1, Z22, (B_HALF+f)(DI)(R13*1))

#define TOTALS34(f) \
	TOTALS32(f) \
	TOTAL3(Z2, Z23, (B_HALF+f)(DI)(R13*2)) \
	TOTAL3(Z3, Z24, (B_HALF+f)(DI)(R12*1))

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
	SUB3(START4, CHAIN4, TOTALS34)
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
	SUB3(START2, CHAIN2, TOTALS32)
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
	SUB3(START1, CHAIN1, TOTALS31)
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
