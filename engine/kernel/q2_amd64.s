#include "textflag.h"
#include "quantwhole_amd64.h"

// Products of 2-bit weights: see packQ2_K. 256 weights are summed up as those of
// q3_amd64.s. Then their minima are, times -32·Σa, which is less than 2^29.

// Y14 the low 2 bits.
#define CONSTANTS \
	VPCMPEQB Y14, Y14, Y14 \
	VPSRLW   $14, Y14, Y14 \
	VPACKUSWB Y14, Y14, Y14

// TWOS makes of the vector at o of 16 rows the first two fours of weights,
// LASTTWOS the others.
#define TWOS(o, V, W) \
	VMOVDQU (o)V, Y8     \
	VMOVDQU (o)W, Y10    \
	VPSRLW  $2, Y8, Y9   \
	VPSRLW  $2, Y10, Y11 \
	APART

#define LASTTWOS(o, V, W) \
	VMOVDQU (o)V, Y8     \
	VMOVDQU (o)W, Y10    \
	VPSRLW  $6, Y8, Y9   \
	VPSRLW  $6, Y10, Y11 \
	VPSRLW  $4, Y8, Y8   \
	VPSRLW  $4, Y10, Y10 \
	APART

#define APART \
	VPAND   Y14, Y8, Y8  \
	VPAND   Y14, Y9, Y9  \
	VPAND   Y14, Y10, Y10 \
	VPAND   Y14, Y11, Y11

// SCALES makes the scales of 16 rows, their bytes being at o, LOW the minima Y of
// 8, each twice.
#define SCALES(o, V, W) \
	MASK(Y11)          \
	VPMOVZXBD o V, Y8  \
	VPMOVZXBD o W, Y9  \
	VPSHUFB ·twice(SB), Y8, Y8 \
	VPSHUFB ·twice(SB), Y9, Y9 \
	VPAND Y11, Y8, Y8 \
	VPAND Y11, Y9, Y9

#define LOW(at, Y) \
	VPMOVZXBD at, Y \
	VPSHUFB ·twice(SB), Y, Y \
	VPSRLW $4, Y, Y

#define BEGINS2 \
	VPXOR Y0, Y0, Y0 \
	VPXOR Y1, Y1, Y1 \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y5, Y5, Y5

#define BEGINS4 \
	BEGINS2 \
	VPXOR Y2, Y2, Y2 \
	VPXOR Y3, Y3, Y3 \
	VPXOR Y6, Y6, Y6 \
	VPXOR Y7, Y7, Y7

// HALFBLOCK multiplies half a block: its vector is at o, the activations at a, the
// scales at b.
#define HALFBLOCK(o, a, b, BEGINS, NEXTS, T) \
	BEGINS     \
	TWOS(o, (SI), (SI)(R14*1)) \
	NEXTS(a)   \
	LASTTWOS(o, (SI), (SI)(R14*1)) \
	NEXTS(a+8) \
	SCALES(b, (SI), (SI)(R14*1)) \
	T

// LEAST adds the minima Y10 and Y11 of 16 rows times the pair at.
#define LEAST(A, B, at) \
	VPBROADCASTD at, Y12    \
	VPMADDWD Y10, Y12, Y13  \
	VPMADDWD Y11, Y12, Y12  \
	VPADDD Y13, A, A \
	VPADDD Y12, B, B

#define LEAST2(f) \
	LOW(f*2(SI), Y10) \
	LOW(f*2(SI)(R14*1), Y11) \
	LEAST(Y0, Y4, (B_HALF+f)(DI)) \
	LEAST(Y1, Y5, (B_HALF+f)(DI)(R13*1))

#define LEAST4(f) \
	LEAST2(f) \
	LEAST(Y2, Y6, (B_HALF+f)(DI)(R13*2)) \
	LEAST(Y3, Y7, (B_HALF+f)(DI)(R12*1))

// AGAIN goes back to the beginning of 256 weights, of which only the scales and
// what describes the activations are read again.
#define AGAIN \
	SUBQ $640, SI \
	SUBQ $192, DI \
	MOVQ $8, AX

#define ONWARDS \
	ADDQ $80, SI \
	ADDQ $24, DI \
	DECQ AX

#define LOWEST(A, B, D, o) \
	VPSRAD $5, A, A \
	VPSRAD $5, B, B \
	SCALE(A, B, D, o) \
	STORE(A, B, o)

#define LOWESTS2 \
	HALVESOF(16(R15), 16(R15)(R14*1)) \
	LOWEST(Y0, Y4, (B_D-24)(DI), 0)   \
	LOWEST(Y1, Y5, (B_D-24)(DI)(R13*1), 64)

#define LOWESTS4 \
	LOWESTS2 \
	LOWEST(Y2, Y6, (B_D-24)(DI)(R13*2), 128) \
	LOWEST(Y3, Y7, (B_D-24)(DI)(R12*1), 192)

// func q2Kx4AVX2(t *quantTile)
TEXT ·q2Kx4AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS4
	STACK
q2Kx4:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
q2Kx4sub:
	AHEAD(640)
	AHEAD(704)
	HALFBLOCK(16, 0, 0, BEGINS4, NEXTS4, TOTALS4)
	HALFBLOCK(48, 16, 8, BEGINS4, NEXTS4, TOTALS4)
	STEP4(32, 80)
	DECQ AX
	JNZ  q2Kx4sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	FINISH4
	AGAIN
	BEGINS4
q2Kx4low:
	LEAST4(0)
	LEAST4(4)
	ONWARDS
	JNZ  q2Kx4low
	LOWESTS4
	SUBQ $8, CX
	JNZ  q2Kx4
	VZEROUPPER
	RET

// func q2Kx2AVX2(t *quantTile)
TEXT ·q2Kx2AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS2
	STACK
q2Kx2:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
	CLEAR2
q2Kx2sub:
	AHEAD(640)
	AHEAD(704)
	HALFBLOCK(16, 0, 0, BEGINS2, NEXTS2, TOTALS2)
	HALFBLOCK(48, 16, 8, BEGINS2, NEXTS2, TOTALS2)
	STEP2(32, 80)
	DECQ AX
	JNZ  q2Kx2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	AGAIN
	BEGINS2
q2Kx2low:
	LEAST2(0)
	LEAST2(4)
	ONWARDS
	JNZ  q2Kx2low
	LOWESTS2
	SUBQ $8, CX
	JNZ  q2Kx2
	VZEROUPPER
	RET

#define HALF1(o, a, b, V, W, S, T) \
	TWOS(o, V, W)     \
	VPXOR Y4, Y4, Y4  \
	VPXOR Y5, Y5, Y5  \
	NEXTS1(a)         \
	LASTTWOS(o, V, W) \
	NEXTS1(a+8)       \
	SCALES(b, V, W)   \
	TOTAL1(Y4, Y5, S, T)

#define Q2K(V, W, S, T) \
	HALF1(16, 0, 0, V, W, S, T) \
	HALF1(48, 16, 8, V, W, S, T)

#define LEASTROWS(f, at, S) \
	LOW(f*2 at, Y8) \
	VPMADDWD Y8, Y12, Y8 \
	VPADDD Y8, S, S

#define LEAST1(f) \
	VPBROADCASTD (B_HALF+f)(DI), Y12 \
	LEASTROWS(f, (SI), Y0) \
	LEASTROWS(f, (SI)(R14*1), Y1) \
	LEASTROWS(f, (SI)(R14*2), Y2) \
	LEASTROWS(f, (SI)(R15*1), Y3)

// func q2Kx1AVX2(t *quantTile)
TEXT ·q2Kx1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS
	ARGSROWS
q2Kx1rows:
	ROWS
	KEEP
q2Kx1:
	MOVQ SI, BX
	ADDQ $32, SI
	MOVQ $8, AX
	ROWZERO
q2Kx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	FOUR(Q2K)
	STEP1(32, 80)
	DECQ AX
	JNZ  q2Kx1sub
	FINISH1(0)
	KEEP
	AGAIN
	ROWZERO
q2Kx1low:
	LEAST1(0)
	LEAST1(4)
	ONWARDS
	JNZ  q2Kx1low
	VPSRAD $5, Y0, Y0
	VPSRAD $5, Y1, Y1
	VPSRAD $5, Y2, Y2
	VPSRAD $5, Y3, Y3
	FINISH1(16)
	KEEP
	SUBQ $8, CX
	JNZ  q2Kx1
	STORE1
	JNZ  q2Kx1rows
	VZEROUPPER
	RET
