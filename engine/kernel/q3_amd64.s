#include "textflag.h"
#include "quantwhole_amd64.h"
#include "q3_amd64.h"

// Products of 3-bit weights: see packQ3_K. Weights are unsigned: 4·Σa is taken
// off first. A half's sums are multiplied with its scale while they are widened,
// and 256 weights summed up as integers: one token's stay in registers, where
// its sums of floating point go to the stack; the others' go to the stack.

// ·twice makes of dwords twice their low words.
DATA ·twice+0(SB)/8, $0x0504050401000100
DATA ·twice+8(SB)/8, $0x0d0c0d0c09080908
DATA ·twice+16(SB)/8, $0x0504050401000100
DATA ·twice+24(SB)/8, $0x0d0c0d0c09080908
GLOBL ·twice(SB), RODATA|NOPTR, $32

// BEGIN3 begins sums with -4·Σa of half a block, at being where -32·Σa is.
#define BEGIN3(A, B, at) \
	VPBROADCASTD at, A \
	VPSRAW $3, A, A \
	VMOVDQA A, B

#define BEGINS2(f) \
	BEGIN3(Y0, Y4, (f)(DI)) \
	BEGIN3(Y1, Y5, (f)(DI)(R13*1))

#define BEGINS4(f) \
	BEGINS2(f) \
	BEGIN3(Y2, Y6, (f)(DI)(R13*2)) \
	BEGIN3(Y3, Y7, (f)(DI)(R12*1))

#define HALVES4 \
	BEGINS4(B_HALF) \
	THREES(16, (SI), (SI)(R14*1)) \
	NEXTS4(0)       \
	THREES(48, (SI), (SI)(R14*1)) \
	NEXTS4(8)       \
	INTEGERS(0)     \
	TOTALS4         \
	BEGINS4(B_HALF+4) \
	THREES(80, (SI), (SI)(R14*1)) \
	NEXTS4(16)      \
	LASTS(16, (SI), (SI)(R14*1)) \
	NEXTS4(24)      \
	INTEGERS(8)     \
	TOTALS4

#define HALVES2 \
	BEGINS2(B_HALF) \
	THREES(16, (SI), (SI)(R14*1)) \
	NEXTS2(0)       \
	THREES(48, (SI), (SI)(R14*1)) \
	NEXTS2(8)       \
	INTEGERS(0)     \
	TOTALS2         \
	BEGINS2(B_HALF+4) \
	THREES(80, (SI), (SI)(R14*1)) \
	NEXTS2(16)      \
	LASTS(16, (SI), (SI)(R14*1)) \
	NEXTS2(24)      \
	INTEGERS(8)     \
	TOTALS2

// func q3Kx4AVX2(t *quantTile)
TEXT ·q3Kx4AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS4
	STACK
q3Kx4:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
q3Kx4sub:
	AHEAD(896)
	AHEAD(960)
	HALVES4
	STEP4(32, 112)
	DECQ AX
	JNZ  q3Kx4sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	FINISH4
	SUBQ $8, CX
	JNZ  q3Kx4
	VZEROUPPER
	RET

// func q3Kx2AVX2(t *quantTile)
TEXT ·q3Kx2AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS2
	STACK
q3Kx2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
q3Kx2sub:
	AHEAD(896)
	AHEAD(960)
	HALVES2
	STEP2(32, 112)
	DECQ AX
	JNZ  q3Kx2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	SUBQ $8, CX
	JNZ  q3Kx2
	VZEROUPPER
	RET

#define Q3K(V, W, S, T) \
	BEGIN3(Y4, Y5, B_HALF(DI)) \
	THREES(16, V, W) \
	NEXTS1(0)        \
	THREES(48, V, W) \
	NEXTS1(8)        \
	INTEGERS1(0, V, W) \
	TOTAL1(Y4, Y5, S, T) \
	BEGIN3(Y4, Y5, (B_HALF+4)(DI)) \
	THREES(80, V, W) \
	NEXTS1(16)       \
	LASTS(16, V, W)  \
	NEXTS1(24)       \
	INTEGERS1(8, V, W) \
	TOTAL1(Y4, Y5, S, T)

// func q3Kx1AVX2(t *quantTile)
TEXT ·q3Kx1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS
	ARGSROWS
q3Kx1rows:
	ROWS
	KEEP
q3Kx1:
	MOVQ SI, BX
	ADDQ $16, SI
	MOVQ $8, AX
	ROWZERO
q3Kx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	FOUR(Q3K)
	STEP1(32, 112)
	DECQ AX
	JNZ  q3Kx1sub
	FINISH1(0)
	KEEP
	SUBQ $8, CX
	JNZ  q3Kx1
	STORE1
	JNZ  q3Kx1rows
	VZEROUPPER
	RET
