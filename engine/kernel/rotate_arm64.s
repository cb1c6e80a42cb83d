#include "textflag.h"
#include "neon_arm64.h"

// func rotateNEON(lo, hi, cos, sin *float32, n int)
// n is a multiple of 8.
TEXT ·rotateNEON(SB), NOSPLIT, $0-40
	MOVD lo+0(FP), R0
	MOVD hi+8(FP), R1
	MOVD cos+16(FP), R2
	MOVD sin+24(FP), R3
	MOVD n+32(FP), R4
rotate:
	FLDPQ (R0), (F0, F1)
	FLDPQ (R1), (F2, F3)
	FLDPQ.P 32(R2), (F4, F5)
	FLDPQ.P 32(R3), (F6, F7)
	MUL4(4, 0, 16) // a·c
	MUL4(5, 1, 17)
	MUL4(6, 2, 18) // b·s
	MUL4(7, 3, 19)
	MUL4(4, 2, 2)  // b·c
	MUL4(5, 3, 3)
	MUL4(6, 0, 0)  // a·s
	MUL4(7, 1, 1)
	SUB4(18, 16, 16)
	SUB4(19, 17, 17)
	ADD4(0, 2, 2)
	ADD4(1, 3, 3)
	FSTPQ.P (F16, F17), 32(R0)
	FSTPQ.P (F2, F3), 32(R1)
	SUBS $8, R4
	BNE  rotate
	RET

#define INTS4(n, d) WORD $(0x4E21D800 | (n)<<5 | (d)) // SCVTF  Vd.4S, Vn.4S
#define SXB(n, d)   WORD $(0x0F08A400 | (n)<<5 | (d)) // SSHLL  Vd.8H, Vn.8B, #0
#define SXB_2(n, d) WORD $(0x4F08A400 | (n)<<5 | (d)) // SSHLL2 Vd.8H, Vn.16B, #0
#define SXH(n, d)   WORD $(0x0F10A400 | (n)<<5 | (d)) // SSHLL  Vd.4S, Vn.4H, #0
#define SXH_2(n, d) WORD $(0x4F10A400 | (n)<<5 | (d)) // SSHLL2 Vd.4S, Vn.8H, #0

// EIGHT makes 8 floats of the 8 numbers of 16 bits Vn, in V6 and V7.
#define EIGHT(n, s) \
	SXH_2(n, 7);    \
	SXH(n, 6);      \
	INTS4(6, 6);    \
	INTS4(7, 7);    \
	MUL4(s, 6, 6);  \
	MUL4(s+1, 7, 7)

// func int8sNEON(dst *float32, q *byte, scales *[32]float32, n int)
// n is a multiple of 32.
TEXT ·int8sNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD q+8(FP), R1
	MOVD scales+16(FP), R2
	MOVD n+24(FP), R3
	FLDPQ (R2), (F16, F17)
	FLDPQ 32(R2), (F18, F19)
	FLDPQ 64(R2), (F20, F21)
	FLDPQ 96(R2), (F22, F23)
int8s:
	FLDPQ.P 32(R1), (F0, F2)
	SXB_2(0, 1)
	SXB(0, 0)
	SXB_2(2, 3)
	SXB(2, 2)
	EIGHT(0, 16)
	FSTPQ.P (F6, F7), 32(R0)
	EIGHT(1, 18)
	FSTPQ.P (F6, F7), 32(R0)
	EIGHT(2, 20)
	FSTPQ.P (F6, F7), 32(R0)
	EIGHT(3, 22)
	FSTPQ.P (F6, F7), 32(R0)
	SUBS $32, R3
	BNE  int8s
	RET
