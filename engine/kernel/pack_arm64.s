#include "textflag.h"

// func packRowsNEON(bp, b *float32, k, brs int)
TEXT ·packRowsNEON(SB), NOSPLIT, $0-32
	MOVD bp+0(FP), R0
	MOVD b+8(FP), R1
	MOVD k+16(FP), R2
	MOVD brs+24(FP), R3

loop:
	FLDPQ   (R1), (F0, F1)
	FLDPQ   32(R1), (F2, F3)
	FLDPQ   64(R1), (F4, F5)
	FLDPQ   96(R1), (F6, F7)
	ADD     R3, R1
	FSTPQ   (F2, F3), 32(R0)
	FSTPQ   (F4, F5), 64(R0)
	FSTPQ   (F6, F7), 96(R0)
	FSTPQ.P (F0, F1), 128(R0)
	SUBS    $1, R2
	BNE     loop
	RET

// TRANSPOSE makes four columns of four steps, in c0 to c3, four rows of four
// columns in r0 to r3.
#define TRANSPOSE(c0, c1, c2, c3, r0, r1, r2, r3) \
	VTRN1 c1.S4, c0.S4, V16.S4;  /* steps 0 and 2 of columns 0 and 1 */ \
	VTRN2 c1.S4, c0.S4, V17.S4;  /* steps 1 and 3 */                    \
	VTRN1 c3.S4, c2.S4, V18.S4;  \
	VTRN2 c3.S4, c2.S4, V19.S4;  \
	VTRN1 V18.D2, V16.D2, r0.D2; \
	VTRN1 V19.D2, V17.D2, r1.D2; \
	VTRN2 V18.D2, V16.D2, r2.D2; \
	VTRN2 V19.D2, V17.D2, r3.D2

// func transposeNEON(dst, b *float32, k, bcs, ld int)
TEXT ·transposeNEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD b+8(FP), R1
	MOVD k+16(FP), R2
	MOVD bcs+24(FP), R3
	MOVD ld+32(FP), R11
	ADD  R3, R1, R4
	ADD  R3, R4, R5
	ADD  R3, R5, R6
	ADD  R3, R6, R7
	ADD  R3, R7, R8
	ADD  R3, R8, R9
	ADD  R3, R9, R10

loop:
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R4), F1
	FMOVQ.P 16(R5), F2
	FMOVQ.P 16(R6), F3
	FMOVQ.P 16(R7), F4
	FMOVQ.P 16(R8), F5
	FMOVQ.P 16(R9), F6
	FMOVQ.P 16(R10), F7
	TRANSPOSE(V0, V1, V2, V3, V8, V10, V12, V14)
	TRANSPOSE(V4, V5, V6, V7, V9, V11, V13, V15)
	FSTPQ   (F8, F9), (R0)
	ADD     R11, R0
	FSTPQ   (F10, F11), (R0)
	ADD     R11, R0
	FSTPQ   (F12, F13), (R0)
	ADD     R11, R0
	FSTPQ   (F14, F15), (R0)
	ADD     R11, R0
	SUBS    $4, R2
	BNE     loop
	RET
