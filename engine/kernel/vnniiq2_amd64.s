#include "textflag.h"
#include "vnniwhole_amd64.h"

// The IQ2 types: Z26 is the table of weights and 43. Products are multiplied with 32
// times the scale, -32·Σa with 43 times the scale is what is taken off; 32 of the
// largest sums of 256 weights, 31·43·127·256, are less than 2^31.

DATA iq2raised<>+0(SB)/8, $0x2b5644332312002b
DATA iq2raised<>+8(SB)/8, $0x2b5644332312002b
GLOBL iq2raised<>(SB), RODATA|NOPTR, $16

#define CONSTANTS \
	TWICE \
	CONST(0x07070707, Z30) \
	CONST(0x0f0f0f0f, Z28) \
	CONST(0x03030303, Z27) \
	CONST(0x002b002b, Z25) \
	VBROADCASTI32X4 iq2raised<>(SB), Z26

#define LOOK \
	VPSHUFB Z8, Z26, Z8 \
	VPSHUFB Z9, Z26, Z9

#define TOTAL(S, T, at) \
	VPMULLD Z10, S, S \
	VPADDD S, T, T    \
	VPDPWSSD.BCST at, Z11, T

#define TOTALS1(f) \
	INTEGERS(f*2) \
	VPSLLD $5, Z10, Z10   \
	VPMULLW Z25, Z11, Z11 \
	TOTAL(Z0, Z21, (B_HALF+f)(DI))

#define TOTALS2(f) \
	TOTALS1(f) \
	TOTAL(Z1, Z22, (B_HALF+f)(DI)(R13*1))

#define TOTALS4(f) \
	TOTALS2(f) \
	TOTAL(Z2, Z23, (B_HALF+f)(DI)(R13*2)) \
	TOTAL(Z3, Z24, (B_HALF+f)(DI)(R12*1))

#define SUB(Z, P, T) \
	Z \
	THREES(16, Y13, Z13) \
	LOOK  \
	P(0)  \
	THREES(48, Y14, Z14) \
	LOOK  \
	P(8)  \
	T(0)  \
	Z \
	THREES(80, Y15, Z15) \
	LOOK  \
	P(16) \
	THREELAST \
	LOOK  \
	P(24) \
	T(4)

#define FINISH32(T, F, at) \
	VPSRAD $5, T, T \
	FINISH(T, F, at)

// func iq2x4VNNI(t *quantTile)
TEXT ·iq2x4VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
	SUMS4
iq2x4:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR4
iq2x4sub:
	AHEAD(896)
	AHEAD(960)
	SUB(START4, CHAIN4, TOTALS4)
	STEP4(32, 112)
	DECQ AX
	JNZ  iq2x4sub
	FINISH32(Z21, Z4, (DI))
	FINISH32(Z22, Z5, (DI)(R13*1))
	FINISH32(Z23, Z6, (DI)(R13*2))
	FINISH32(Z24, Z7, (DI)(R12*1))
	SUBQ $8, CX
	JNZ  iq2x4
	STORE4
	RET

// func iq2x2VNNI(t *quantTile)
TEXT ·iq2x2VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
	SUMS2
iq2x2:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
iq2x2sub:
	AHEAD(896)
	AHEAD(960)
	SUB(START2, CHAIN2, TOTALS2)
	STEP2(32, 112)
	DECQ AX
	JNZ  iq2x2sub
	FINISH32(Z21, Z4, (DI))
	FINISH32(Z22, Z5, (DI)(R13*1))
	SUBQ $8, CX
	JNZ  iq2x2
	STORE2
	RET

// func iq2x1VNNI(t *quantTile)
TEXT ·iq2x1VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	PAIRS
iq2x1rows:
	NEWPAIR
iq2x1:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	ADDQ $16, R15
	MOVQ $8, AX
	CLEAR1
iq2x1sub:
	FETCH2
	PASS(112)
	SUB(START1, CHAIN1, TOTALS1)
	STEP1(32, 112)
	DECQ AX
	JNZ  iq2x1sub
	FINISH32(Z21, Z4, (DI))
	SUBQ $8, CX
	JNZ  iq2x1
	ENDPAIR
	JNZ  iq2x1rows
	VZEROUPPER
	RET
