#include "textflag.h"
#include "quantwhole_amd64.h"
#include "qlook_amd64.h"

// Products of types whose nibbles choose a weight of a table, and whose scales are
// whole: see quanttable.go. 256 weights are summed up as those of q3_amd64.s.

#define TABLES \
	MOVQ 80(AX), BX \
	VBROADCASTI128 (BX), Y15 \
	VBROADCASTI128 16(BX), Y13 \
	MASK(Y14)

// WHOLE makes L of L + 16·H, times the scales S. H began with -8·Σa.
#define WHOLE(L, H, S) \
	VPMADDWD S, L, L \
	VPMADDWD S, H, H \
	VPSLLD $4, H, H  \
	VPADDD H, L, L

// EIGHTOFF makes -8·Σa of -16·Σa.
#define EIGHTOFF(H, at) \
	VPBROADCASTD B_LOW at, H \
	VPSRAW $1, H, H

// SUM adds A and B to the integers at o.
#define SUM(A, B, o) \
	VPADDD (o)(BX), A, A \
	VPADDD (o+32)(BX), B, B \
	VMOVDQA A, (o)(BX) \
	VMOVDQA B, (o+32)(BX)

// func lookx2AVX2(t *quantTile)
TEXT ·lookx2AVX2(SB), NOSPLIT, $160-8
	ARGS2
	TABLES
	STACK
lookx2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
lookx2sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	VPXOR Y0, Y0, Y0
	VPXOR Y2, Y2, Y2
	VPXOR Y4, Y4, Y4
	VPXOR Y6, Y6, Y6
	EIGHTOFF(Y1, (DI))
	EIGHTOFF(Y3, (DI)(R13*1))
	VMOVDQA Y1, Y5
	VMOVDQA Y3, Y7
	TWOS2(0, 0)
	TWOS2(32, 8)
	TWOS2(64, 16)
	TWOS2(96, 24)
	INTEGERS(128)
	WHOLE(Y0, Y1, Y8)
	WHOLE(Y2, Y3, Y8)
	WHOLE(Y4, Y5, Y9)
	WHOLE(Y6, Y7, Y9)
	SUM(Y0, Y4, 0)
	SUM(Y2, Y6, 64)
	STEP2(32, 136)
	DECQ AX
	JNZ  lookx2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	SUBQ $8, CX
	JNZ  lookx2
	VZEROUPPER
	RET

#define LOOKUP(V, W, S, T) \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y6, Y6, Y6 \
	EIGHTOFF(Y5, (DI)) \
	VMOVDQA Y5, Y7 \
	ONES1(0, 0, V, W) \
	ONES1(32, 8, V, W) \
	ONES1(64, 16, V, W) \
	ONES1(96, 24, V, W) \
	INTEGERS1(128, V, W) \
	WHOLE(Y4, Y5, Y8) \
	WHOLE(Y6, Y7, Y9) \
	VPADDD Y4, S, S \
	VPADDD Y6, T, T

// func lookx1AVX2(t *quantTile)
TEXT ·lookx1AVX2(SB), NOSPLIT, $128-8
	ARGSROWS
	TABLES
lookx1rows:
	ROWS
	KEEP
lookx1:
	MOVQ SI, BX
	ADDQ $16, SI
	MOVQ $8, AX
	ROWZERO
lookx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	ROWSAHEAD(1152)
	FOUR(LOOKUP)
	STEP1(32, 136)
	DECQ AX
	JNZ  lookx1sub
	FINISH1(0)
	KEEP
	SUBQ $8, CX
	JNZ  lookx1
	STORE1
	JNZ  lookx1rows
	VZEROUPPER
	RET
