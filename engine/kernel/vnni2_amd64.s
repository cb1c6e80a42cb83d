#include "textflag.h"
#include "vnniwhole_amd64.h"

// Q2_K: as Q3_K, but weights have minima instead of an offset: Z25, Z26, Z27 and
// Z31 total -32·Σa with those.

#define CONSTANTS \
	TWICE \
	CONST(0x0f0f0f0f, Z30) \
	CONST(0x03030303, Z28)

#define TWOS(o) \
	LOAD(o, Y13, Z13)   \
	VPSRLW $2, Z13, Z9  \
	VPANDD Z28, Z13, Z8 \
	VPANDD Z28, Z9, Z9

#define LASTTWOS \
	VPSRLW $4, Z13, Z8 \
	VPSRLW $6, Z13, Z9 \
	VPANDD Z28, Z8, Z8 \
	VPANDD Z28, Z9, Z9

// BYTES makes of the bytes at o the scales Z10 and the minima Z11, each twice.
#define BYTES(o) \
	VMOVQ (o)(SI), X10 \
	VPINSRQ $1, (o)(SI)(R14*1), X10, X10 \
	VPMOVZXBD X10, Z10 \
	VPSRLD $4, Z10, Z11 \
	VPANDD Z30, Z10, Z10 \
	VPSHUFB Z29, Z11, Z11

#define TOTAL(S, T, M, at) \
	VPDPWSSD Z10, S, T \
	VPDPWSSD.BCST at, Z11, M

#define TOTALS1(f) \
	BYTES(f*2) \
	TOTAL(Z0, Z21, Z25, (B_HALF+f)(DI))

#define TOTALS2(f) \
	TOTALS1(f) \
	TOTAL(Z1, Z22, Z26, (B_HALF+f)(DI)(R13*1))

#define TOTALS4(f) \
	TOTALS2(f) \
	TOTAL(Z2, Z23, Z27, (B_HALF+f)(DI)(R13*2)) \
	TOTAL(Z3, Z24, Z31, (B_HALF+f)(DI)(R12*1))

#define SUB(Z, P, T) \
	Z \
	TWOS(16) \
	P(0)     \
	LASTTWOS \
	P(8)     \
	T(0)     \
	Z \
	TWOS(48) \
	P(16)    \
	LASTTWOS \
	P(24)    \
	T(4)

// func q2Kx4VNNI(t *quantTile)
TEXT ·q2Kx4VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
	SUMS4
	LESS4
q2Kx4:
	SUPER
	CLEAR4
q2Kx4sub:
	AHEAD(640)
	AHEAD(704)
	SUB(START4, CHAIN4, TOTALS4)
	STEP4(32, 80)
	DECQ AX
	JNZ  q2Kx4sub
	FINISHLOW4(5)
	SUBQ $8, CX
	JNZ  q2Kx4
	STORE4
	RET

// func q2Kx2VNNI(t *quantTile)
TEXT ·q2Kx2VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
	SUMS2
	LESS2
q2Kx2:
	SUPER
	CLEAR2
q2Kx2sub:
	AHEAD(640)
	AHEAD(704)
	SUB(START2, CHAIN2, TOTALS2)
	STEP2(32, 80)
	DECQ AX
	JNZ  q2Kx2sub
	FINISHLOW2(5)
	SUBQ $8, CX
	JNZ  q2Kx2
	STORE2
	RET

// func q2Kx1VNNI(t *quantTile)
TEXT ·q2Kx1VNNI(SB), NOSPLIT, $0-8
	CONSTANTS
	PAIRS
	LESS2
q2Kx1rows:
	NEWPAIR
q2Kx1:
	SUPER
	ADDQ $32, R15
	CLEAR1
q2Kx1sub:
	FETCH2
	PASS(80)
	SUB(START1, CHAIN1, TOTALS1)
	STEP1(32, 80)
	DECQ AX
	JNZ  q2Kx1sub
	FINISHLOW1(5)
	SUBQ $8, CX
	JNZ  q2Kx1
	ENDPAIR
	JNZ  q2Kx1rows
	VZEROUPPER
	RET
