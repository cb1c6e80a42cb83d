#include "textflag.h"
#include "neon_arm64.h"
#include "turned_arm64.h"

#define NARROW4(n, d)   WORD $(0x0E612800 | (n)<<5 | (d)) // XTN    Vd.4H, Vn.4S
#define NARROW4_2(n, d) WORD $(0x4E612800 | (n)<<5 | (d)) // XTN2   Vd.8H, Vn.4S
#define UPPER4(n, d)    WORD $(0x0F148C00 | (n)<<5 | (d)) // RSHRN  Vd.4H, Vn.4S, #12
#define UPPER4_2(n, d)  WORD $(0x4F148C00 | (n)<<5 | (d)) // RSHRN2 Vd.8H, Vn.4S, #12
#define SIGNED8(n, d)   WORD $(0x4F1C0400 | (n)<<5 | (d)) // SSHR   Vd.8H, Vn.8H, #4

// MLAL4 and MLAL4_2 add the products with number i of 8.
#define LANE(i) (((i)&4)<<9 | ((i)&3)<<20)
#define MLAL4(i, m, n, d)   WORD $(0x0F402000 | LANE(i) | (m)<<16 | (n)<<5 | (d)) // SMLAL  Vd.4S, Vn.4H, Vm.H[i]
#define MLAL4_2(i, m, n, d) WORD $(0x4F402000 | LANE(i) | (m)<<16 | (n)<<5 | (d)) // SMLAL2 Vd.4S, Vn.8H, Vm.H[i]

// func turnedHalvesNEON(a *int8, x *float32, inv float32)
//
// Of 8 integers q the upper halves, (q+2¹¹)>>12, then the lower ones, what is left:
// the last 12 bits with a sign.
TEXT ·turnedHalvesNEON(SB), NOSPLIT, $0-20
	MOVD  a+0(FP), R0
	MOVD  x+8(FP), R1
	FMOVS inv+16(FP), F16
	MOVD  $256, R2

halves:
	FLDPQ.P 32(R1), (F0, F1)
	MULBY4(16, 0, 0)
	MULBY4(16, 1, 1)
	ROUND4(0, 0)
	ROUND4(1, 1)
	UPPER4(0, 2)
	UPPER4_2(1, 2)
	NARROW4(0, 3)
	NARROW4_2(1, 3)
	VSHL    $4, V3.H8, V3.H8
	SIGNED8(3, 3)
	FSTPQ.P (F2, F3), 32(R0)
	SUBS    $8, R2
	BNE     halves
	RET

// A row of 16 weights, V6 and V7, times number i of a token's upper and lower
// halves, Va and Va+1: sums from Vc on and from Vc+4 on.
#define TOKEN(i, a, c) \
	MLAL4(i, a, 6, c);       \
	MLAL4_2(i, a, 6, c+1);   \
	MLAL4(i, a, 7, c+2);     \
	MLAL4_2(i, a, 7, c+3);   \
	MLAL4(i, a+1, 6, c+4);   \
	MLAL4_2(i, a+1, 6, c+5); \
	MLAL4(i, a+1, 7, c+6);   \
	MLAL4_2(i, a+1, 7, c+7)

#define ROW3(i) \
	FLDPQ.P 32(R7), (F6, F7); \
	TOKEN(i, 0, 8);           \
	TOKEN(i, 2, 16);          \
	TOKEN(i, 4, 24)

#define ROW1(i) \
	FLDPQ.P 32(R7), (F6, F7); \
	TOKEN(i, 0, 8)

// ADDED adds a token's sums, from Vc on, to the 16 numbers at R3, and goes to the
// next token.
#define ADDED(c) \
	FMOVS.P 4(R2), F7;           \
	WHOLE(12, c, c+4, 5, 0);     \
	WHOLE(12, c+1, c+5, 5, 1);   \
	WHOLE(12, c+2, c+6, 5, 2);   \
	WHOLE(12, c+3, c+7, 5, 3);   \
	FLDPQ (R3), (F4, F5);        \
	FMA4(7, 0, 4);               \
	FMA4(7, 1, 5);               \
	FSTPQ (F4, F5), (R3);        \
	FLDPQ 32(R3), (F4, F5);      \
	FMA4(7, 2, 4);               \
	FMA4(7, 3, 5);               \
	FSTPQ (F4, F5), 32(R3);      \
	ADD   R4, R3

// func mulTurnedNEON(t *turnedTile)
//
// Three tokens by 16 columns: 24 sums of 4, six registers of what they are multiplied
// by, that must be among the first 16, and two of weights.
//
// R0 tokens' integers, R1 weights, R2 scales, R3 where sums are added to, R4 its
// stride, R5 tokens left, R6 rows left, R7 weights at this row, R8 and R9 the second
// and third token's integers.
TEXT ·mulTurnedNEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R10
	MOVD 0(R10), R0
	MOVD 8(R10), R1
	MOVD 16(R10), R2
	MOVD 24(R10), R3
	MOVD 32(R10), R4
	MOVD 40(R10), R5

next:
	MOVD R1, R7
	MOVD $256, R6
	ZERO8(V8, V9, V10, V11, V12, V13, V14, V15)
	CMP  $3, R5
	BLT  single
	ADD  $1024, R0, R8
	ADD  $2048, R0, R9
	ZERO8(V16, V17, V18, V19, V20, V21, V22, V23)
	ZERO8(V24, V25, V26, V27, V28, V29, V30, V31)

three:
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R8), (F2, F3)
	FLDPQ.P 32(R9), (F4, F5)
	ROW3(0)
	ROW3(1)
	ROW3(2)
	ROW3(3)
	ROW3(4)
	ROW3(5)
	ROW3(6)
	ROW3(7)
	SUBS    $8, R6
	BNE     three

	ADDED(8)
	ADDED(16)
	ADDED(24)
	MOVD R9, R0
	SUBS $3, R5
	BNE  next
	RET

single:
	FLDPQ.P 32(R0), (F0, F1)
	ROW1(0)
	ROW1(1)
	ROW1(2)
	ROW1(3)
	ROW1(4)
	ROW1(5)
	ROW1(6)
	ROW1(7)
	SUBS    $8, R6
	BNE     single

	ADDED(8)
	SUBS $1, R5
	BNE  next
	RET

// func addPartsNEON(to, lows *float32, n int)
TEXT ·addPartsNEON(SB), NOSPLIT, $0-24
	MOVD to+0(FP), R0
	MOVD lows+8(FP), R1
	MOVD n+16(FP), R2
	MOVD R0, R3

part:
	FMOVS.P 4(R1), F8
	VDUP    V8.S[0], V8.S4
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	FLDPQ.P 32(R0), (F4, F5)
	FLDPQ.P 32(R0), (F6, F7)
	ADD4(8, 0, 0)
	ADD4(8, 1, 1)
	ADD4(8, 2, 2)
	ADD4(8, 3, 3)
	ADD4(8, 4, 4)
	ADD4(8, 5, 5)
	ADD4(8, 6, 6)
	ADD4(8, 7, 7)
	FSTPQ.P (F0, F1), 32(R3)
	FSTPQ.P (F2, F3), 32(R3)
	FSTPQ.P (F4, F5), 32(R3)
	FSTPQ.P (F6, F7), 32(R3)
	SUBS    $1, R2
	BNE     part
	RET

// SCALES takes those at o: V24 to V27 of two rows each, eight times.
#define SCALES(o) \
	FMOVD o(R1), F24;                \
	VZIP1 V24.B16, V24.B16, V24.B16; \
	VZIP2 V24.H8, V24.H8, V26.H8;    \
	VZIP1 V24.H8, V24.H8, V24.H8;    \
	VZIP2 V24.S4, V24.S4, V25.S4;    \
	VZIP1 V24.S4, V24.S4, V24.S4;    \
	VZIP2 V26.S4, V26.S4, V27.S4;    \
	VZIP1 V26.S4, V26.S4, V26.S4

// BESIDE puts fours of columns of a row, V0 and V2 of rows 0 to 3 and V1 and V3 of
// the others, side by side: two rows a register.
#define BESIDE(v0, v1, v2, v3) \
	VZIP1 V2.S4, V0.S4, v0.S4; \
	VZIP2 V2.S4, V0.S4, v1.S4; \
	VZIP1 V3.S4, V1.S4, v2.S4; \
	VZIP2 V3.S4, V1.S4, v3.S4

// TWOROWS writes 16 columns, bytes of V(16+i) and V(20+i), of rows 2i and 2i+1.
#define TWOROWS(i) \
	SMUL8(24+i, 16+i, 4);       \
	SMUL8(24+i, 20+i, 5);       \
	SMUL8_2(24+i, 16+i, 6);     \
	SMUL8_2(24+i, 20+i, 7);     \
	FSTPQ (F4, F5), (64*i)(R0); \
	FSTPQ (F6, F7), (64*i+32)(R0)

#define ROWS \
	TWOROWS(0); \
	TWOROWS(1); \
	TWOROWS(2); \
	TWOROWS(3)

// SIXTEEN writes 16 columns, eights of which U and T unpack from o and p, and goes to
// the next ones.
#define SIXTEEN(U, o, T, p) \
	U(o);                       \
	BESIDE(V16, V17, V18, V19); \
	T(p);                       \
	BESIDE(V20, V21, V22, V23); \
	ROWS;                       \
	ADD $8192, R0

#define FOURK ·turnFourKNEON
#define FIVEK ·turnFiveKNEON
#define SIX   ·turnSixNEON

#include "turnblock_arm64.h"

#define UMAX4(m, n, d) WORD $(0x6EA06400 | (m)<<16 | (n)<<5 | (d)) // UMAX  Vd.4S, Vn.4S, Vm.4S
#define UMAXV4(n, d)   WORD $(0x6EB0A800 | (n)<<5 | (d))           // UMAXV Sd, Vn.4S

// func largestNEON(x *float32) float32
TEXT ·largestNEON(SB), NOSPLIT, $0-12
	MOVD x+0(FP), R0
	MOVD $16, R1
	MOVD $0x7fffffff, R2
	VDUP R2, V8.S4
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16

more:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VAND V8.B16, V0.B16, V0.B16
	VAND V8.B16, V1.B16, V1.B16
	VAND V8.B16, V2.B16, V2.B16
	VAND V8.B16, V3.B16, V3.B16
	UMAX4(0, 4, 4)
	UMAX4(1, 5, 5)
	UMAX4(2, 6, 6)
	UMAX4(3, 7, 7)
	SUBS $1, R1
	BNE  more
	UMAX4(5, 4, 4)
	UMAX4(7, 6, 6)
	UMAX4(6, 4, 4)
	UMAXV4(4, 0)
	FMOVS F0, ret+8(FP)
	RET
