#include "quant_amd64.h"

// Of types whose blocks of 256 are summed up as integers, BX is where those sums
// of 2 or 4 tokens are, at the offsets that sums at DX have.

#define STACK \
	LEAQ 31(SP), BX \
	ANDQ $~31, BX

#define CLEAR(o) \
	VMOVDQA Y8, (o)(BX) \
	VMOVDQA Y8, (o+32)(BX)

#define CLEAR2 \
	VPXOR Y8, Y8, Y8 \
	CLEAR(0) \
	CLEAR(64)

#define CLEAR4 \
	CLEAR(128) \
	CLEAR(192)

// INTEGERS makes the scales Y8 and Y9 of 8 integers at o of 16 rows, each twice.
#define INTEGERS(o) INTEGERS1(o, (SI), (SI)(R14*1))

#define INTEGERS1(o, V, W) \
	VPMOVSXBD o V, Y8 \
	VPMOVSXBD o W, Y9 \
	VPSHUFB ·twice(SB), Y8, Y8 \
	VPSHUFB ·twice(SB), Y9, Y9

// TOTAL scales sums of pairs of 16 bits and adds them.
#define TOTAL(A, B, o) \
	VPMADDWD Y8, A, A \
	VPMADDWD Y9, B, B \
	VPADDD (o)(BX), A, A \
	VPADDD (o+32)(BX), B, B \
	VMOVDQA A, (o)(BX) \
	VMOVDQA B, (o+32)(BX)

#define TOTALS2 \
	TOTAL(Y0, Y4, 0) \
	TOTAL(Y1, Y5, 64)

#define TOTALS4 \
	TOTALS2 \
	TOTAL(Y2, Y6, 128) \
	TOTAL(Y3, Y7, 192)

// FINISH adds the integers at o, with the scales Y8 and Y9 and, of the
// activations whose last block lies before D, D.
#define FINISH(D, o) \
	VMOVDQA (o)(BX), Y0 \
	VMOVDQA (o+32)(BX), Y1 \
	SCALE(Y0, Y1, D, o) \
	STORE(Y0, Y1, o)

#define FINISH2 \
	FINISH((B_D-24)(DI), 0) \
	FINISH((B_D-24)(DI)(R13*1), 64)

#define FINISH4 \
	FINISH((B_D-24)(DI)(R13*2), 128) \
	FINISH((B_D-24)(DI)(R12*1), 192)

// Of one token, the integers are Y0 to Y3, and sums lie on the stack.

#define KEEP \
	VMOVUPS Y0, (SP) \
	VMOVUPS Y1, 32(SP) \
	VMOVUPS Y2, 64(SP) \
	VMOVUPS Y3, 96(SP)

#define ROWZERO \
	VPXOR Y0, Y0, Y0 \
	VPXOR Y1, Y1, Y1 \
	VPXOR Y2, Y2, Y2 \
	VPXOR Y3, Y3, Y3

#define TOTAL1(A, B, S, T) \
	VPMADDWD Y8, A, A \
	VPMADDWD Y9, B, B \
	VPADDD A, S, S \
	VPADDD B, T, T

// LAST1 makes of integers sums, with those at o, the scales being at V.
#define LAST1(S, V, o) \
	VCVTPH2PS V, Y8 \
	VCVTDQ2PS S, S  \
	VMULPS Y12, Y8, Y8 \
	VFMADD213PS (o)(SP), Y8, S

// FINISH1 does so with the scales at p of 256 weights.
#define FINISH1(p) \
	VBROADCASTSS (B_D-24)(DI), Y12 \
	LAST1(Y0, p(BX), 0) \
	LAST1(Y1, p(BX)(R14*1), 32) \
	LAST1(Y2, p(BX)(R14*2), 64) \
	LAST1(Y3, p(BX)(R15*1), 96)
