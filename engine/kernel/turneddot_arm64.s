#include "textflag.h"
#include "neon_arm64.h"
#include "turned_arm64.h"

// Gradients of three bytes times weights of two, by dot products of bytes: six of
// four rows, where halves of 16 bits are two of one.

// DOT adds the products of four rows, number i of four in Vm, and four columns.
#define DOT(i, m, n, d) WORD $(0x4F80E000 | ((i)&1)<<21 | ((i)&2)<<10 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[i]

#define BYTEUP4(n, d)   WORD $(0x4F285400 | (n)<<5 | (d)) // SHL    Vd.4S, Vn.4S, #8
#define SUM4(m, n, d)   WORD $(0x4EA08400 | (m)<<16 | (n)<<5 | (d)) // ADD    Vd.4S, Vn.4S, Vm.4S
#define UPPER8(n, d)    WORD $(0x0F088C00 | (n)<<5 | (d)) // RSHRN  Vd.8B, Vn.8H, #8
#define UPPER8_2(n, d)  WORD $(0x4F088C00 | (n)<<5 | (d)) // RSHRN2 Vd.16B, Vn.8H, #8

// func turnedBytesNEON(a *int8, x *float32, inv float32)
//
// Each byte has a sign. Of 16 integers the lowest bytes come first, then the middle
// and the highest ones, and those of three other tokens before the next 16.
TEXT ·turnedBytesNEON(SB), NOSPLIT, $0-20
	MOVD  a+0(FP), R0
	MOVD  x+8(FP), R1
	FMOVS inv+16(FP), F16
	MOVW  $0x00808080, R3
	VDUP  R3, V17.S4
	MOVD  $256, R2

bytes:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	MULBY4(16, 0, 0)
	MULBY4(16, 1, 1)
	MULBY4(16, 2, 2)
	MULBY4(16, 3, 3)
	ROUND4(0, 0)
	ROUND4(1, 1)
	ROUND4(2, 2)
	ROUND4(3, 3)
	VADD    V17.S4, V0.S4, V0.S4
	VADD    V17.S4, V1.S4, V1.S4
	VADD    V17.S4, V2.S4, V2.S4
	VADD    V17.S4, V3.S4, V3.S4
	VEOR    V17.B16, V0.B16, V0.B16
	VEOR    V17.B16, V1.B16, V1.B16
	VEOR    V17.B16, V2.B16, V2.B16
	VEOR    V17.B16, V3.B16, V3.B16
	VUZP1   V1.H8, V0.H8, V4.H8
	VUZP1   V3.H8, V2.H8, V5.H8
	VUZP2   V1.H8, V0.H8, V6.H8
	VUZP2   V3.H8, V2.H8, V7.H8
	VUZP1   V5.B16, V4.B16, V0.B16
	VUZP2   V5.B16, V4.B16, V1.B16
	VUZP1   V7.B16, V6.B16, V2.B16
	FSTPQ   (F0, F1), (R0)
	FMOVQ   F2, 32(R0)
	ADD     $192, R0
	SUBS    $16, R2
	BNE     bytes
	RET

// TOKENS adds the products of four tokens' bytes, from Va on, with the weights' w to
// the sums that count as much, from Vc on.
#define TOKENS(i, a, w, c) \
	DOT(i, a, w, c);     \
	DOT(i, a+3, w, c+4); \
	DOT(i, a+6, w, c+8); \
	DOT(i, a+9, w, c+12)

// ROWS4 takes the i-th four of 16 rows. Products that are added to the same sums are
// far from one another.
#define ROWS4(i, f0, f1, w) \
	FLDPQ.P 32(R7), (f0, f1); \
	TOKENS(i, 16, w, 0);   \
	TOKENS(i, 17, w, 1);   \
	TOKENS(i, 18, w, 2);   \
	TOKENS(i, 16, w+1, 1); \
	TOKENS(i, 17, w+1, 2); \
	TOKENS(i, 18, w+1, 3)

// ADDED adds a token's sums, from Vc on, to the four numbers at R12, and goes to the
// next token.
#define ADDED(c) \
	FMOVS.P 4(R13), F16;       \
	BYTEUP4(c+1, 17);          \
	BYTEUP4(c+3, 18);          \
	SUM4(c, 17, 17);           \
	SUM4(c+2, 18, 18);         \
	FMOVQ (R12), F21;          \
	WHOLE(16, 18, 17, 19, 20); \
	FMA4(16, 20, 21);          \
	FMOVQ F21, (R12);          \
	ADD R4, R12

// func mulTurnedSDOT(t *turnedTile)
//
// Four tokens by four columns: 16 sums of 4, four of what counts as much for each
// token, twelve registers of its bytes and twice two of weights'. Fewer tokens are
// multiplied as four, of what is there.
//
// R0 tokens' integers, R1 weights, R2 scales, R3 where sums are added to, R4 its
// stride, R5 tokens left, R6 rows left, R7 weights and R8 integers at this row, R10
// fours of columns left, R11 where these are added to, R12 and R13 a token's place
// there and its scale.
TEXT ·mulTurnedSDOT(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R10
	MOVD 0(R10), R0
	MOVD 8(R10), R1
	MOVD 16(R10), R2
	MOVD 24(R10), R3
	MOVD 32(R10), R4
	MOVD 40(R10), R5

tokens:
	MOVD R1, R7
	MOVD $4, R10
	MOVD R3, R11

columns:
	MOVD R0, R8
	MOVD $256, R6
	ZERO8(V0, V1, V2, V3, V4, V5, V6, V7)
	ZERO8(V8, V9, V10, V11, V12, V13, V14, V15)

rows:
	FLDPQ.P 32(R8), (F16, F17)
	FLDPQ.P 32(R8), (F18, F19)
	FLDPQ.P 32(R8), (F20, F21)
	FLDPQ.P 32(R8), (F22, F23)
	FLDPQ.P 32(R8), (F24, F25)
	FLDPQ.P 32(R8), (F26, F27)
	ROWS4(0, F28, F29, 28)
	ROWS4(1, F30, F31, 30)
	ROWS4(2, F28, F29, 28)
	ROWS4(3, F30, F31, 30)
	SUBS    $16, R6
	BNE     rows

	MOVD R11, R12
	MOVD R2, R13
	ADDED(0)
	CMP  $2, R5
	BLT  added
	ADDED(4)
	CMP  $3, R5
	BLT  added
	ADDED(8)
	CMP  $4, R5
	BLT  added
	ADDED(12)

added:
	ADD  $16, R11
	SUBS $1, R10
	BNE  columns

	ADD  $3072, R0
	ADD  $16, R2
	ADD  R4<<2, R3
	SUBS $4, R5
	BGT  tokens
	RET

// SCALES takes those at o: V24 of rows 0 to 3, V25 of the others, four times each.
#define SCALES(o) \
	FMOVD o(R1), F25;       \
	VDUP V25.S[0], V24.S4;  \
	VDUP V25.S[1], V25.S4

// BYTES8 writes both bytes of four columns of 8 rows, v0 of the first four, that V26 turns.
#define BYTES8(v0, v1) \
	VTBL V26.B16, [v0.B16], V16.B16; \
	VTBL V26.B16, [v1.B16], V17.B16; \
	SMUL8(24, 16, 4);                \
	SMUL8_2(24, 16, 5);              \
	SMUL8(25, 17, 6);                \
	SMUL8_2(25, 17, 7);              \
	VUZP1 V5.B16, V4.B16, V16.B16;   \
	UPPER8(4, 17);                   \
	UPPER8_2(5, 17);                 \
	VUZP1 V7.B16, V6.B16, V18.B16;   \
	UPPER8(6, 19);                   \
	UPPER8_2(7, 19);                 \
	FSTPQ (F16, F17), (R0);          \
	FSTPQ (F18, F19), 32(R0);        \
	ADD $2048, R0

#define SIXTEEN(U, o, T, p) \
	MOVD $turned<>(SB), R2; \
	FMOVQ (R2), F26;        \
	U(o);                   \
	BYTES8(V0, V1);         \
	BYTES8(V2, V3);         \
	T(p);                   \
	BYTES8(V0, V1);         \
	BYTES8(V2, V3)

// A column's four rows, side by side.
DATA turned<>+0(SB)/8, $0x0d0905010c080400
DATA turned<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL turned<>(SB), RODATA|NOPTR, $16

#define FOURK ·turnFourKSDOT
#define FIVEK ·turnFiveKSDOT
#define SIX   ·turnSixSDOT

#include "turnblock_arm64.h"
