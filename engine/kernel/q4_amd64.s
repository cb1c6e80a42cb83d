#include "textflag.h"
#include "quantwhole_amd64.h"

// Products of 4-bit weights. Vector v of a block holds, in the dword of lane
// r, weights 8v to 8v+3 of row r in the low nibbles and 8v+4 to 8v+7 in the
// high ones. Nibbles are unsigned, so eight products of bytes fit in 16 bits:
// 8·2·15·127 = 30,480. Of Q4_K, 256 weights are summed up as those of q2_amd64.s.

// ·spread makes of 8 bytes words, each twice.
DATA ·spread+0(SB)/8, $0x8001800180008000
DATA ·spread+8(SB)/8, $0x8003800380028002
DATA ·spread+16(SB)/8, $0x8005800580048004
DATA ·spread+24(SB)/8, $0x8007800780068006
GLOBL ·spread(SB), RODATA|NOPTR, $32

// Y14 low nibbles, Y15 ones.
#define CONSTANTS \
	MASK(Y14) \
	ONES(Y15)

#define DOT1(o, V, W) \
	SPLITS(o, V, W) \
	FIRSTS1(0) \
	SPLITS(o+32, V, W) \
	NEXTS1(8) \
	SPLITS(o+64, V, W) \
	NEXTS1(16) \
	SPLITS(o+96, V, W) \
	NEXTS1(24)

#define Q40(V, W, S, T) \
	DOT1(16, V, W) \
	WIDEN(Y4, Y5, Y15) \
	VPBROADCASTD B_OFF(DI), Y10 \
	VPSUBD Y10, Y4, Y4 \
	VPSUBD Y10, Y5, Y5 \
	HALVESOF(V, W) \
	SCALE1(Y4, Y5, S, T)

#define Q41(V, W, S, T) \
	DOT1(32, V, W) \
	WIDEN(Y4, Y5, Y15) \
	HALVESOF(V, W) \
	LOWSOF(V, W) \
	SCALE1(Y4, Y5, S, T) \
	MIN1(S, T)

#define Q4K(V, W, S, T) \
	DOT1(16, V, W) \
	WHOLES16(V, W) \
	TOTAL1(Y4, Y5, S, T)

#define DOT2(o) \
	SPLIT(o) \
	FIRSTS2(0) \
	SPLIT(o+32) \
	NEXTS2(8) \
	SPLIT(o+64) \
	NEXTS2(16) \
	SPLIT(o+96) \
	NEXTS2(24)

#define DOT4(o) \
	SPLIT(o) \
	FIRSTS4(0) \
	SPLIT(o+32) \
	NEXTS4(8) \
	SPLIT(o+64) \
	NEXTS4(16) \
	SPLIT(o+96) \
	NEXTS4(24)

// OFFSET adds the products less 8·Σa, scaled, MINIMUM the products, scaled,
// and the minima.
#define OFFSET(A, B, at, o) \
	WIDEN(A, B, Y15)            \
	VPBROADCASTD B_OFF at, Y10  \
	VPSUBD Y10, A, A            \
	VPSUBD Y10, B, B            \
	SCALE(A, B, B_D at, o)      \
	STORE(A, B, o)

#define MINIMUM(A, B, at, o) \
	WIDEN(A, B, Y15)       \
	SCALE(A, B, B_D at, o) \
	MIN(A, B, B_S at)      \
	STORE(A, B, o)

#define OFFSETS2 \
	OFFSET(Y0, Y4, (DI), 0) \
	OFFSET(Y1, Y5, (DI)(R13*1), 64)

#define OFFSETS4 \
	OFFSETS2 \
	OFFSET(Y2, Y6, (DI)(R13*2), 128) \
	OFFSET(Y3, Y7, (DI)(R12*1), 192)

#define MINIMA2 \
	MINIMUM(Y0, Y4, (DI), 0) \
	MINIMUM(Y1, Y5, (DI)(R13*1), 64)

#define MINIMA4 \
	MINIMA2 \
	MINIMUM(Y2, Y6, (DI)(R13*2), 128) \
	MINIMUM(Y3, Y7, (DI)(R12*1), 192)

// func q40x4AVX2(t *quantTile)
TEXT ·q40x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q40x4:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	DOT4(16)
	HALVES
	OFFSETS4
	STEP4(32, 144)
	DECQ CX
	JNZ  q40x4
	VZEROUPPER
	RET

// func q40x2AVX2(t *quantTile)
TEXT ·q40x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
q40x2:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	DOT2(16)
	HALVES
	OFFSETS2
	STEP2(32, 144)
	DECQ CX
	JNZ  q40x2
	VZEROUPPER
	RET

// func q40x1AVX2(t *quantTile)
TEXT ·q40x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGSROWS
q40x1rows:
	ROWS
q40x1:
	FOUR(Q40)
	STEP1(32, 144)
	DECQ CX
	JNZ  q40x1
	STORE1
	JNZ  q40x1rows
	VZEROUPPER
	RET

// func q41x4AVX2(t *quantTile)
TEXT ·q41x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q41x4:
	AHEAD(1280)
	AHEAD(1344)
	AHEAD(1408)
	DOT4(32)
	HALVES
	LOWS
	MINIMA4
	STEP4(32, 160)
	DECQ CX
	JNZ  q41x4
	VZEROUPPER
	RET

// func q41x2AVX2(t *quantTile)
TEXT ·q41x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
q41x2:
	AHEAD(1280)
	AHEAD(1344)
	AHEAD(1408)
	DOT2(32)
	HALVES
	LOWS
	MINIMA2
	STEP2(32, 160)
	DECQ CX
	JNZ  q41x2
	VZEROUPPER
	RET

// func q41x1AVX2(t *quantTile)
TEXT ·q41x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGSROWS
q41x1rows:
	ROWS
q41x1:
	FOUR(Q41)
	STEP1(32, 160)
	DECQ CX
	JNZ  q41x1
	STORE1
	JNZ  q41x1rows
	VZEROUPPER
	RET

// func q4Kx4AVX2(t *quantTile)
TEXT ·q4Kx4AVX2(SB), NOSPLIT, $288-8
	MASK(Y14)
	ARGS4
	STACK
q4Kx4:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
q4Kx4sub:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	DOT4(16)
	WHOLES16((SI), (SI)(R14*1))
	TOTALS4
	STEP4(32, 144)
	DECQ AX
	JNZ  q4Kx4sub
	ENDLOW4(144, LOWPART4, 4)
	SUBQ $8, CX
	JNZ  q4Kx4
	VZEROUPPER
	RET

// func q4Kx2AVX2(t *quantTile)
TEXT ·q4Kx2AVX2(SB), NOSPLIT, $288-8
	MASK(Y14)
	ARGS2
	STACK
q4Kx2:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
q4Kx2sub:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	DOT2(16)
	WHOLES16((SI), (SI)(R14*1))
	TOTALS2
	STEP2(32, 144)
	DECQ AX
	JNZ  q4Kx2sub
	ENDLOW2(144, LOWPART2, 4)
	SUBQ $8, CX
	JNZ  q4Kx2
	VZEROUPPER
	RET

// func q4Kx1AVX2(t *quantTile)
TEXT ·q4Kx1AVX2(SB), NOSPLIT, $128-8
	MASK(Y14)
	ARGSROWS
q4Kx1rows:
	ROWS
	KEEP
q4Kx1:
	MOVQ SI, BX
	ADDQ $32, SI
	MOVQ $8, AX
	ROWZERO
q4Kx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	FOUR(Q4K)
	STEP1(32, 144)
	DECQ AX
	JNZ  q4Kx1sub
	ENDLOW1(144, LOWPART1, 4)
	SUBQ $8, CX
	JNZ  q4Kx1
	STORE1
	JNZ  q4Kx1rows
	VZEROUPPER
	RET
