#include "textflag.h"
#include "quantwhole_amd64.h"
#include "q3_amd64.h"

// Products of the IQ2 types: see quantiq2.go. The table has weights and 43, and
// 43·Σa is taken off: sums of 8 products may pass 16 bits on the way but end within
// 8·43·127/2 = 21,844, sums of 16 would not. So scales multiply every 8.

DATA iq2raised<>+0(SB)/8, $0x2b5644332312002b
DATA iq2raised<>+8(SB)/8, $0x2b5644332312002b
DATA iq2raised<>+16(SB)/8, $0x2b5644332312002b
DATA iq2raised<>+24(SB)/8, $0x2b5644332312002b
GLOBL iq2raised<>(SB), RODATA|NOPTR, $32

DATA all43<>+0(SB)/8, $0x2b2b2b2b2b2b2b2b
DATA all43<>+8(SB)/8, $0x2b2b2b2b2b2b2b2b
DATA all43<>+16(SB)/8, $0x2b2b2b2b2b2b2b2b
DATA all43<>+24(SB)/8, $0x2b2b2b2b2b2b2b2b
GLOBL all43<>(SB), RODATA|NOPTR, $32

#define LOOK \
	VMOVDQU iq2raised<>(SB), Y13 \
	VPSHUFB Y8, Y13, Y8   \
	VPSHUFB Y9, Y13, Y9   \
	VPSHUFB Y10, Y13, Y10 \
	VPSHUFB Y11, Y13, Y11

// EIGHT multiplies two fours of 16 rows with activations at o.
#define EIGHT(AR, A, B, o) \
	VPBROADCASTD (o)(AR), Y12   \
	VMOVDQU all43<>(SB), Y13    \
	VPMADDUBSW Y12, Y8, A       \
	VPMADDUBSW Y12, Y10, B      \
	VPMADDUBSW Y12, Y13, Y13    \
	VPSUBW     Y13, A, A        \
	VPSUBW     Y13, B, B        \
	VPBROADCASTD (o+4)(AR), Y12 \
	VPMADDUBSW Y12, Y9, Y13     \
	VPADDW     Y13, A, A        \
	VPMADDUBSW Y12, Y11, Y13    \
	VPADDW     Y13, B, B        \
	VMOVDQU all43<>(SB), Y13    \
	VPMADDUBSW Y12, Y13, Y13    \
	VPSUBW     Y13, A, A        \
	VPSUBW     Y13, B, B

#define EIGHTS2(o) \
	EIGHT(R8, Y0, Y4, o) \
	EIGHT(R9, Y1, Y5, o)

#define EIGHTS4(o) \
	EIGHTS2(o) \
	EIGHT(R10, Y2, Y6, o) \
	EIGHT(R11, Y3, Y7, o)

// QUARTER multiplies 8 weights of each row, W(o) making them, from activation a on;
// the scales are at b.
#define QUARTER(W, o, a, b, E, T) \
	W(o, (SI), (SI)(R14*1)) \
	LOOK \
	E(a) \
	INTEGERS(b) \
	T

#define QUARTERS(E, T) \
	QUARTER(THREES, 16, 0, 0, E, T)  \
	QUARTER(THREES, 48, 8, 0, E, T)  \
	QUARTER(THREES, 80, 16, 8, E, T) \
	QUARTER(LASTS, 16, 24, 8, E, T)

// func iq2x4AVX2(t *quantTile)
TEXT ·iq2x4AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS4
	STACK
iq2x4:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
iq2x4sub:
	AHEAD(896)
	AHEAD(960)
	QUARTERS(EIGHTS4, TOTALS4)
	STEP4(32, 112)
	DECQ AX
	JNZ  iq2x4sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	FINISH4
	SUBQ $8, CX
	JNZ  iq2x4
	VZEROUPPER
	RET

// func iq2x2AVX2(t *quantTile)
TEXT ·iq2x2AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS2
	STACK
iq2x2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
iq2x2sub:
	AHEAD(896)
	AHEAD(960)
	QUARTERS(EIGHTS2, TOTALS2)
	STEP2(32, 112)
	DECQ AX
	JNZ  iq2x2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	SUBQ $8, CX
	JNZ  iq2x2
	VZEROUPPER
	RET

#define QUARTER1(W, o, a, b, V, V1, S, T) \
	W(o, V, V1) \
	LOOK \
	EIGHT(R8, Y4, Y5, a) \
	INTEGERS1(b, V, V1)  \
	TOTAL1(Y4, Y5, S, T)

#define IQ2(V, W, S, T) \
	QUARTER1(THREES, 16, 0, 0, V, W, S, T)  \
	QUARTER1(THREES, 48, 8, 0, V, W, S, T)  \
	QUARTER1(THREES, 80, 16, 8, V, W, S, T) \
	QUARTER1(LASTS, 16, 24, 8, V, W, S, T)

// func iq2x1AVX2(t *quantTile)
TEXT ·iq2x1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS
	ARGSROWS
iq2x1rows:
	ROWS
	KEEP
iq2x1:
	MOVQ SI, BX
	ADDQ $16, SI
	MOVQ $8, AX
	ROWZERO
iq2x1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	FOUR(IQ2)
	STEP1(32, 112)
	DECQ AX
	JNZ  iq2x1sub
	FINISH1(0)
	KEEP
	SUBQ $8, CX
	JNZ  iq2x1
	STORE1
	JNZ  iq2x1rows
	VZEROUPPER
	RET
