#include "textflag.h"
#include "quantwhole_amd64.h"

// Products of 5-bit weights: nibbles as those of q4_amd64.s, and a vector of
// the bits above them: in a byte, bits 2v and 2v+1 belong to the low and to
// the high nibble of vector v.
//
// Weights are unsigned. Of Q5_0 and Q5_1, 16·Σa is taken off first: sums of 16
// products may pass 16 bits on the way but end within 16·16·127 = 32,512. Of Q5_K,
// scales multiply sums of 8, of at most 8·31·127 = 31,496, and 256 weights are summed
// up as those of q2_amd64.s.

// Y14 low nibbles, Y15 the bit above.
#define CONSTANTS \
	MASK(Y14) \
	ONES(Y15) \
	VPSLLW $4, Y15, Y15 \
	VPACKUSWB Y15, Y15, Y15

// FIFTH adds to L and H the bits at W.
#define FIFTH(W, L, SHIFTL, l, H, SHIFTH, h) \
	VMOVDQU W, Y12          \
	SHIFTL  $l, Y12, Y13    \
	SHIFTH  $h, Y12, Y12    \
	VPAND   Y15, Y13, Y13   \
	VPAND   Y15, Y12, Y12   \
	VPOR    Y13, L, L       \
	VPOR    Y12, H, H

#define FIFTHS(o, b, SHIFTL, l, SHIFTH, h) FIFTHSOF(o, b, SHIFTL, l, SHIFTH, h, (SI), (SI)(R14*1))

#define FIFTHSOF(o, b, SHIFTL, l, SHIFTH, h, V, W) \
	SPLITS(o, V, W) \
	FIFTH((b)V, Y8, SHIFTL, l, Y9, SHIFTH, h) \
	FIFTH((b)W, Y10, SHIFTL, l, Y11, SHIFTH, h)

#define DOT1(o, V, W) \
	BEGIN(Y4, Y5, B_LOW(DI)) \
	FIFTHSOF(o+0, (o+128), VPSLLW, 4, VPSLLW, 3, V, W) \
	NEXTS1(0) \
	FIFTHSOF(o+32, (o+128), VPSLLW, 2, VPSLLW, 1, V, W) \
	NEXTS1(8) \
	FIFTHSOF(o+64, (o+128), VPSLLW, 0, VPSRLW, 1, V, W) \
	NEXTS1(16) \
	FIFTHSOF(o+96, (o+128), VPSRLW, 2, VPSRLW, 3, V, W) \
	NEXTS1(24) \
	WIDEN(Y4, Y5, ·ones16(SB))

#define DOT2(o) \
	BEGIN2(B_LOW) \
	FIFTHS(o+0, (o+128), VPSLLW, 4, VPSLLW, 3) \
	NEXTS2(0) \
	FIFTHS(o+32, (o+128), VPSLLW, 2, VPSLLW, 1) \
	NEXTS2(8) \
	FIFTHS(o+64, (o+128), VPSLLW, 0, VPSRLW, 1) \
	NEXTS2(16) \
	FIFTHS(o+96, (o+128), VPSRLW, 2, VPSRLW, 3) \
	NEXTS2(24)

#define DOT4(o) \
	BEGIN4(B_LOW) \
	FIFTHS(o+0, (o+128), VPSLLW, 4, VPSLLW, 3) \
	NEXTS4(0) \
	FIFTHS(o+32, (o+128), VPSLLW, 2, VPSLLW, 1) \
	NEXTS4(8) \
	FIFTHS(o+64, (o+128), VPSLLW, 0, VPSRLW, 1) \
	NEXTS4(16) \
	FIFTHS(o+96, (o+128), VPSRLW, 2, VPSRLW, 3) \
	NEXTS4(24)

// SIGNED adds the products, scaled; MINIMUM puts 16·Σa back, and adds the
// minima too.
#define SIGNED(A, B, at, o) \
	WIDEN(A, B, ·ones16(SB)) \
	SCALE(A, B, B_D at, o)   \
	STORE(A, B, o)

#define BACK(at) \
	VPBROADCASTD B_OFF at, Y10 \
	VPADDD Y10, Y10, Y10

#define MINIMUM(A, B, at, o) \
	WIDEN(A, B, ·ones16(SB)) \
	BACK(at)               \
	VPADDD Y10, A, A       \
	VPADDD Y10, B, B       \
	SCALE(A, B, B_D at, o) \
	MIN(A, B, B_S at)      \
	STORE(A, B, o)

#define SIGNED2 \
	SIGNED(Y0, Y4, (DI), 0) \
	SIGNED(Y1, Y5, (DI)(R13*1), 64)

#define SIGNED4 \
	SIGNED2 \
	SIGNED(Y2, Y6, (DI)(R13*2), 128) \
	SIGNED(Y3, Y7, (DI)(R12*1), 192)

#define MINIMA2 \
	MINIMUM(Y0, Y4, (DI), 0) \
	MINIMUM(Y1, Y5, (DI)(R13*1), 64)

#define MINIMA4 \
	MINIMA2 \
	MINIMUM(Y2, Y6, (DI)(R13*2), 128) \
	MINIMUM(Y3, Y7, (DI)(R12*1), 192)

#define MINIMUM1(S, T) \
	BACK((DI))           \
	VPADDD Y10, Y4, Y4   \
	VPADDD Y10, Y5, Y5   \
	SCALE1(Y4, Y5, S, T) \
	MIN1(S, T)

#define Q50(V, W, S, T) \
	DOT1(16, V, W) \
	HALVESOF(V, W) \
	SCALE1(Y4, Y5, S, T)

#define Q51(V, W, S, T) \
	DOT1(32, V, W) \
	HALVESOF(V, W) \
	LOWSOF(V, W) \
	MINIMUM1(S, T)

// FIVES multiplies a part of Q5_K.
#define FIVES1(V, W, S, T) \
	FIFTHSOF(16, 144, VPSLLW, 4, VPSLLW, 3, V, W) \
	FIRSTS1(0) \
	FIFTHSOF(48, 144, VPSLLW, 2, VPSLLW, 1, V, W) \
	NEXTS1(8) \
	WHOLES16(V, W) \
	TOTAL1(Y4, Y5, S, T) \
	FIFTHSOF(80, 144, VPSLLW, 0, VPSRLW, 1, V, W) \
	FIRSTS1(16) \
	FIFTHSOF(112, 144, VPSRLW, 2, VPSRLW, 3, V, W) \
	NEXTS1(24) \
	WHOLES16(V, W) \
	TOTAL1(Y4, Y5, S, T)

#define FIVES(FIRSTS, NEXTS, TOTALS) \
	FIFTHS(16, 144, VPSLLW, 4, VPSLLW, 3) \
	FIRSTS(0) \
	FIFTHS(48, 144, VPSLLW, 2, VPSLLW, 1) \
	NEXTS(8) \
	WHOLES16((SI), (SI)(R14*1)) \
	TOTALS \
	FIFTHS(80, 144, VPSLLW, 0, VPSRLW, 1) \
	FIRSTS(16) \
	FIFTHS(112, 144, VPSRLW, 2, VPSRLW, 3) \
	NEXTS(24) \
	WHOLES16((SI), (SI)(R14*1)) \
	TOTALS

// func q50x4AVX2(t *quantTile)
TEXT ·q50x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q50x4:
	AHEAD(1408)
	AHEAD(1472)
	AHEAD(1536)
	DOT4(16)
	HALVES
	SIGNED4
	STEP4(32, 176)
	DECQ CX
	JNZ  q50x4
	VZEROUPPER
	RET

// func q50x2AVX2(t *quantTile)
TEXT ·q50x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
q50x2:
	AHEAD(1408)
	AHEAD(1472)
	AHEAD(1536)
	DOT2(16)
	HALVES
	SIGNED2
	STEP2(32, 176)
	DECQ CX
	JNZ  q50x2
	VZEROUPPER
	RET

// func q50x1AVX2(t *quantTile)
TEXT ·q50x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGSROWS
q50x1rows:
	ROWS
q50x1:
	FOUR(Q50)
	STEP1(32, 176)
	DECQ CX
	JNZ  q50x1
	STORE1
	JNZ  q50x1rows
	VZEROUPPER
	RET

// func q51x4AVX2(t *quantTile)
TEXT ·q51x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q51x4:
	AHEAD(1536)
	AHEAD(1600)
	AHEAD(1664)
	DOT4(32)
	HALVES
	LOWS
	MINIMA4
	STEP4(32, 192)
	DECQ CX
	JNZ  q51x4
	VZEROUPPER
	RET

// func q51x2AVX2(t *quantTile)
TEXT ·q51x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
q51x2:
	AHEAD(1536)
	AHEAD(1600)
	AHEAD(1664)
	DOT2(32)
	HALVES
	LOWS
	MINIMA2
	STEP2(32, 192)
	DECQ CX
	JNZ  q51x2
	VZEROUPPER
	RET

// func q51x1AVX2(t *quantTile)
TEXT ·q51x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGSROWS
q51x1rows:
	ROWS
q51x1:
	FOUR(Q51)
	STEP1(32, 192)
	DECQ CX
	JNZ  q51x1
	STORE1
	JNZ  q51x1rows
	VZEROUPPER
	RET

// func q5Kx4AVX2(t *quantTile)
TEXT ·q5Kx4AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS4
	STACK
q5Kx4:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
q5Kx4sub:
	AHEAD(1408)
	AHEAD(1472)
	AHEAD(1536)
	FIVES(FIRSTS4, NEXTS4, TOTALS4)
	STEP4(32, 176)
	DECQ AX
	JNZ  q5Kx4sub
	ENDLOW4(176, LOWPART4, 4)
	SUBQ $8, CX
	JNZ  q5Kx4
	VZEROUPPER
	RET

// func q5Kx2AVX2(t *quantTile)
TEXT ·q5Kx2AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS2
	STACK
q5Kx2:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
q5Kx2sub:
	AHEAD(1408)
	AHEAD(1472)
	AHEAD(1536)
	FIVES(FIRSTS2, NEXTS2, TOTALS2)
	STEP2(32, 176)
	DECQ AX
	JNZ  q5Kx2sub
	ENDLOW2(176, LOWPART2, 4)
	SUBQ $8, CX
	JNZ  q5Kx2
	VZEROUPPER
	RET

// func q5Kx1AVX2(t *quantTile)
TEXT ·q5Kx1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS
	ARGSROWS
q5Kx1rows:
	ROWS
	KEEP
q5Kx1:
	MOVQ SI, BX
	ADDQ $32, SI
	MOVQ $8, AX
	ROWZERO
q5Kx1sub:
	FOUR(FIVES1)
	STEP1(32, 176)
	DECQ AX
	JNZ  q5Kx1sub
	ENDLOW1(176, LOWPART1, 4)
	SUBQ $8, CX
	JNZ  q5Kx1
	STORE1
	JNZ  q5Kx1rows
	VZEROUPPER
	RET
