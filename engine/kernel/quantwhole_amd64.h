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

// Types with minima pass over 256 weights again: AGAIN goes back to the beginning.
// Only the minima and what describes the activations are read.
#define AGAIN(w) \
	SUBQ $(8*w), SI \
	SUBQ $192, DI \
	MOVQ $8, AX

#define ONWARDS(w) \
	ADDQ $w, SI  \
	ADDQ $24, DI \
	DECQ AX

#define ZERO2 \
	VPXOR Y0, Y0, Y0 \
	VPXOR Y1, Y1, Y1 \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y5, Y5, Y5

#define ZERO4 \
	ZERO2 \
	VPXOR Y2, Y2, Y2 \
	VPXOR Y3, Y3, Y3 \
	VPXOR Y6, Y6, Y6 \
	VPXOR Y7, Y7, Y7

// LEAST adds the minima Y10 and Y11 of 16 rows times the pair at.
#define LEAST(A, B, at) \
	VPBROADCASTD at, Y12    \
	VPMADDWD Y10, Y12, Y13  \
	VPMADDWD Y11, Y12, Y12  \
	VPADDD Y13, A, A \
	VPADDD Y12, B, B

// LEASTS adds those that LOW makes of the bytes at o times the pairs at f.
#define LEASTS2(LOW, o, f) \
	LOW((o)(SI), Y10) \
	LOW((o)(SI)(R14*1), Y11) \
	LEAST(Y0, Y4, (f)(DI)) \
	LEAST(Y1, Y5, (f)(DI)(R13*1))

#define LEASTS4(LOW, o, f) \
	LEASTS2(LOW, o, f) \
	LEAST(Y2, Y6, (f)(DI)(R13*2)) \
	LEAST(Y3, Y7, (f)(DI)(R12*1))

#define LEASTS1(LOW, o, f) \
	VPBROADCASTD (f)(DI), Y12 \
	LEASTROWS(LOW, (o)(SI), Y0) \
	LEASTROWS(LOW, (o)(SI)(R14*1), Y1) \
	LEASTROWS(LOW, (o)(SI)(R14*2), Y2) \
	LEASTROWS(LOW, (o)(SI)(R15*1), Y3)

#define LEASTROWS(LOW, at, S) \
	LOW(at, Y8) \
	VPMADDWD Y8, Y12, Y8 \
	VPADDD Y8, S, S

// LOWEST adds minima times -Σa, of those times so many bits more.
#define LOWEST(A, B, D, o, bits) \
	VPSRAD $bits, A, A \
	VPSRAD $bits, B, B \
	SCALE(A, B, D, o) \
	STORE(A, B, o)

#define LOWESTS2(bits) \
	HALVESOF(16(R15), 16(R15)(R14*1)) \
	LOWEST(Y0, Y4, (B_D-24)(DI), 0, bits)   \
	LOWEST(Y1, Y5, (B_D-24)(DI)(R13*1), 64, bits)

#define LOWESTS4(bits) \
	LOWESTS2(bits) \
	LOWEST(Y2, Y6, (B_D-24)(DI)(R13*2), 128, bits) \
	LOWEST(Y3, Y7, (B_D-24)(DI)(R12*1), 192, bits)

#define LOWEST1(bits) \
	VPSRAD $bits, Y0, Y0 \
	VPSRAD $bits, Y1, Y1 \
	VPSRAD $bits, Y2, Y2 \
	VPSRAD $bits, Y3, Y3 \
	FINISH1(16)

// ENDLOW ends 256 weights with minima: their parts have w bytes, LEASTS adds what
// the minima of one give.
#define ENDLOW4(w, LEASTS, bits) \
	HALVESOF((R15), (R15)(R14*1)) \
	FINISH2 \
	FINISH4 \
	AGAIN(w) \
	ZERO4 \
low: \
	LEASTS \
	ONWARDS(w) \
	JNZ low \
	LOWESTS4(bits)

#define ENDLOW2(w, LEASTS, bits) \
	HALVESOF((R15), (R15)(R14*1)) \
	FINISH2 \
	AGAIN(w) \
	ZERO2 \
low: \
	LEASTS \
	ONWARDS(w) \
	JNZ low \
	LOWESTS2(bits)

#define ENDLOW1(w, LEASTS, bits) \
	FINISH1(0) \
	KEEP \
	AGAIN(w) \
	ROWZERO \
low: \
	LEASTS \
	ONWARDS(w) \
	JNZ low \
	LOWEST1(bits) \
	KEEP

// Of Q4_K and Q5_K, a part has one scale and one minimum of 6 bits of each row: 8
// bytes of either. WHOLES makes of those at integers, each twice.
#define WHOLES(at, Y) \
	VPBROADCASTQ at, Y \
	VPSHUFB ·spread(SB), Y, Y

#define WHOLES16(V, W) \
	WHOLES(V, Y8) \
	WHOLES(W, Y9)

#define LOWPART1 LEASTS1(WHOLES, 8, B_LOW)
#define LOWPART2 LEASTS2(WHOLES, 8, B_LOW)
#define LOWPART4 LEASTS4(WHOLES, 8, B_LOW)
