#include "textflag.h"
#include "quant_amd64.h"

// Products of 8-bit weights. Vector p of a block holds weights 2p and 2p+1 of
// each row; activations are 16-bit, for products of bytes would not fit in 16
// bits.

// PAIRS widens weights 4i to 4i+3, at offset o.
#define PAIRS(o) PAIRSOF(o, (SI), (SI)(R14*1))

#define PAIRSOF(o, V, W) \
	VPMOVSXBW (o)V, Y8     \
	VPMOVSXBW (o+16)V, Y9  \
	VPMOVSXBW (o)W, Y10    \
	VPMOVSXBW (o+16)W, Y11

#define WIDE(AR, A, B, o) \
	VPBROADCASTD (o)(AR), Y12   \
	VPBROADCASTD (o+4)(AR), Y14 \
	VPMADDWD Y12, Y8, Y13       \
	VPMADDWD Y12, Y10, Y12      \
	VPADDD   Y13, A, A          \
	VPADDD   Y12, B, B          \
	VPMADDWD Y14, Y9, Y13       \
	VPMADDWD Y14, Y11, Y14      \
	VPADDD   Y13, A, A          \
	VPADDD   Y14, B, B

#define WIDE0(AR, A, B) \
	VPBROADCASTD (AR), Y12      \
	VPBROADCASTD 4(AR), Y14     \
	VPMADDWD Y12, Y8, A         \
	VPMADDWD Y12, Y10, B        \
	VPMADDWD Y14, Y9, Y13       \
	VPMADDWD Y14, Y11, Y14      \
	VPADDD   Y13, A, A          \
	VPADDD   Y14, B, B

#define WIDES2(o) \
	WIDE(R8, Y0, Y4, o) \
	WIDE(R9, Y1, Y5, o)

#define WIDES4(o) \
	WIDES2(o) \
	WIDE(R10, Y2, Y6, o) \
	WIDE(R11, Y3, Y7, o)

#define DOTW2(o) \
	PAIRS(o) \
	WIDE0(R8, Y0, Y4) \
	WIDE0(R9, Y1, Y5) \
	PAIRS(o+32) \
	WIDES2(8) \
	PAIRS(o+64) \
	WIDES2(16) \
	PAIRS(o+96) \
	WIDES2(24) \
	PAIRS(o+128) \
	WIDES2(32) \
	PAIRS(o+160) \
	WIDES2(40) \
	PAIRS(o+192) \
	WIDES2(48) \
	PAIRS(o+224) \
	WIDES2(56)

#define DOTW4(o) \
	PAIRS(o) \
	WIDE0(R8, Y0, Y4) \
	WIDE0(R9, Y1, Y5) \
	WIDE0(R10, Y2, Y6) \
	WIDE0(R11, Y3, Y7) \
	PAIRS(o+32) \
	WIDES4(8) \
	PAIRS(o+64) \
	WIDES4(16) \
	PAIRS(o+96) \
	WIDES4(24) \
	PAIRS(o+128) \
	WIDES4(32) \
	PAIRS(o+160) \
	WIDES4(40) \
	PAIRS(o+192) \
	WIDES4(48) \
	PAIRS(o+224) \
	WIDES4(56)

#define Q80(V, W, S, T) \
	PAIRSOF(16, V, W) \
	WIDE0(R8, Y4, Y5) \
	PAIRSOF(48, V, W) \
	WIDE(R8, Y4, Y5, 8) \
	PAIRSOF(80, V, W) \
	WIDE(R8, Y4, Y5, 16) \
	PAIRSOF(112, V, W) \
	WIDE(R8, Y4, Y5, 24) \
	PAIRSOF(144, V, W) \
	WIDE(R8, Y4, Y5, 32) \
	PAIRSOF(176, V, W) \
	WIDE(R8, Y4, Y5, 40) \
	PAIRSOF(208, V, W) \
	WIDE(R8, Y4, Y5, 48) \
	PAIRSOF(240, V, W) \
	WIDE(R8, Y4, Y5, 56) \
	HALVESOF(V, W) \
	SCALE1(Y4, Y5, S, T)

#define SCALED(A, B, at, o) \
	SCALE(A, B, B_D at, o) \
	STORE(A, B, o)

#define SCALED2 \
	SCALED(Y0, Y4, (DI), 0) \
	SCALED(Y1, Y5, (DI)(R13*1), 64)

#define SCALED4 \
	SCALED2 \
	SCALED(Y2, Y6, (DI)(R13*2), 128) \
	SCALED(Y3, Y7, (DI)(R12*1), 192)

// func q80x4AVX2(t *quantTile)
TEXT ·q80x4AVX2(SB), NOSPLIT, $0-8
	ARGS4
q80x4:
	AHEAD(2176)
	AHEAD(2240)
	AHEAD(2304)
	AHEAD(2368)
	AHEAD(2432)
	DOTW4(16)
	VCVTPH2PS (SI), Y8
	VCVTPH2PS (SI)(R14*1), Y9
	SCALED4
	STEP4(64, 272)
	DECQ CX
	JNZ  q80x4
	VZEROUPPER
	RET

// func q80x2AVX2(t *quantTile)
TEXT ·q80x2AVX2(SB), NOSPLIT, $0-8
	ARGS2
q80x2:
	AHEAD(2176)
	AHEAD(2240)
	AHEAD(2304)
	AHEAD(2368)
	AHEAD(2432)
	DOTW2(16)
	VCVTPH2PS (SI), Y8
	VCVTPH2PS (SI)(R14*1), Y9
	SCALED2
	STEP2(64, 272)
	DECQ CX
	JNZ  q80x2
	VZEROUPPER
	RET

// func q80x1AVX2(t *quantTile)
TEXT ·q80x1AVX2(SB), NOSPLIT, $0-8
	ARGSROWS
q80x1rows:
	ROWS
q80x1:
	ROWSAHEAD(1088)
	ROWSAHEAD(1152)
	ROWSAHEAD(1216)
	ROWSAHEAD(1280)
	FOUR(Q80)
	STEP1(64, 272)
	DECQ CX
	JNZ  q80x1
	STORE1
	JNZ  q80x1rows
	VZEROUPPER
	RET
