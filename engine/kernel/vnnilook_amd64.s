#include "textflag.h"
#include "vnniwhole_amd64.h"

// Products of types whose nibbles choose a weight of a table: see quanttable.go. Z28
// is that of weights and 128. Z25, Z26, Z27 and Z31 total -16·Σa with the scales.

#define CONSTANTS4 \
	TWICE \
	CONST(0x0f0f0f0f, Z30) \
	MOVQ 80(AX), BX \
	VBROADCASTI32X4 32(BX), Z28

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

#define FINISHLOOK(T, M, F, at) \
	VPSLLD $3, M, M \
	VPADDD M, T, T  \
	VPXORD M, M, M  \
	FINISH(T, F, at)

// func lookx4VNNI(t *quantTile)
TEXT ·lookx4VNNI(SB), NOSPLIT, $0-8
	ARGS4
	CONSTANTS4
	SUMS4
	LESS4
lookx4:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR4
lookx4sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	ZERO4
	LOOKS(PRODUCTS4)
	JOIN4
	TOTALS44
	STEP4(32, 136)
	DECQ AX
	JNZ  lookx4sub
	FINISHLOOK(Z21, Z25, Z4, (DI))
	FINISHLOOK(Z22, Z26, Z5, (DI)(R13*1))
	FINISHLOOK(Z23, Z27, Z6, (DI)(R13*2))
	FINISHLOOK(Z24, Z31, Z7, (DI)(R12*1))
	SUBQ $8, CX
	JNZ  lookx4
	STORE4
	RET

// func lookx2VNNI(t *quantTile)
TEXT ·lookx2VNNI(SB), NOSPLIT, $0-8
	ARGS2
	CONSTANTS4
	SUMS2
	LESS2
lookx2:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
lookx2sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	ZERO2
	LOOKS(PRODUCTS2)
	JOIN2
	TOTALS42
	STEP2(32, 136)
	DECQ AX
	JNZ  lookx2sub
	FINISHLOOK(Z21, Z25, Z4, (DI))
	FINISHLOOK(Z22, Z26, Z5, (DI)(R13*1))
	SUBQ $8, CX
	JNZ  lookx2
	STORE2
	RET

// func lookx1VNNI(t *quantTile)
TEXT ·lookx1VNNI(SB), NOSPLIT, $0-8
	PAIRS
	CONSTANTS4
	LESS2
lookx1rows:
	NEWPAIR
lookx1:
	BOTH(0, SI, X12, Y12, Z12)
	ADDQ $16, SI
	ADDQ $16, R15
	MOVQ $8, AX
	CLEAR1
lookx1sub:
	FETCH2
	PASS(136)
	ZERO1
	LOOKS1
	JOIN1
	TOTALS41
	STEP1(32, 136)
	DECQ AX
	JNZ  lookx1sub
	FINISHLOOK(Z21, Z25, Z4, (DI))
	SUBQ $8, CX
	JNZ  lookx1
	ENDPAIR
	JNZ  lookx1rows
	VZEROUPPER
	RET
