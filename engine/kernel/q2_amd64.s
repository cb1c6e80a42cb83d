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

// HALFBLOCK multiplies half a block: its vector is at o, the activations at a, the
// scales at b.
#define HALFBLOCK(o, a, b, ZERO, NEXTS, T) \
	ZERO     \
	TWOS(o, (SI), (SI)(R14*1)) \
	NEXTS(a)   \
	LASTTWOS(o, (SI), (SI)(R14*1)) \
	NEXTS(a+8) \
	SCALES(b, (SI), (SI)(R14*1)) \
	T

#define LEAST1 \
	LEASTS1(LOW, 0, B_HALF) \
	LEASTS1(LOW, 8, B_HALF+4)

#define LEAST2 \
	LEASTS2(LOW, 0, B_HALF) \
	LEASTS2(LOW, 8, B_HALF+4)

#define LEAST4 \
	LEASTS4(LOW, 0, B_HALF) \
	LEASTS4(LOW, 8, B_HALF+4)

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
	HALFBLOCK(16, 0, 0, ZERO4, NEXTS4, TOTALS4)
	HALFBLOCK(48, 16, 8, ZERO4, NEXTS4, TOTALS4)
	STEP4(32, 80)
	DECQ AX
	JNZ  q2Kx4sub
	ENDLOW4(80, LEAST4, 5)
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
	HALFBLOCK(16, 0, 0, ZERO2, NEXTS2, TOTALS2)
	HALFBLOCK(48, 16, 8, ZERO2, NEXTS2, TOTALS2)
	STEP2(32, 80)
	DECQ AX
	JNZ  q2Kx2sub
	ENDLOW2(80, LEAST2, 5)
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
	ENDLOW1(80, LEAST1, 5)
	SUBQ $8, CX
	JNZ  q2Kx1
	STORE1
	JNZ  q2Kx1rows
	VZEROUPPER
	RET
