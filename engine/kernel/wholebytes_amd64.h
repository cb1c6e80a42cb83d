#include "vnniwhole_amd64.h"

// Weights of 16 rows as bytes, eight of each row at a time, and their parts' whole
// scales: P(a) puts what Z8 and Z9 hold, four activations of each row and the next
// four, from the a-th of a part on.

// BYTES makes numbers of the 8 bytes at o of both groups.
#define BYTES(WIDE, o, X, Z) \
	VMOVQ (o)(SI), X \
	VPINSRQ $1, (o)(SI)(R14*1), X, X \
	WIDE X, Z

#define FOURS(P) \
	NIBBLES(16) \
	P(0)        \
	NIBBLES(48) \
	P(8)        \
	NIBBLES(80) \
	P(16)       \
	NIBBLES(112) \
	P(24)

#define FIVES(P) \
	LOAD(144, Y15, Z15) \
	NIBBLES(16) \
	FIFTH(VPSLLW, 4, VPSLLW, 3) \
	P(0) \
	NIBBLES(48) \
	FIFTH(VPSLLW, 2, VPSLLW, 1) \
	P(8) \
	NIBBLES(80) \
	FIFTH(VPSLLW, 0, VPSRLW, 1) \
	P(16) \
	NIBBLES(112) \
	FIFTH(VPSRLW, 2, VPSRLW, 3) \
	P(24)

// SIGNED makes of the scales at o Z16, each twice.
#define SIGNED(o) \
	BYTES(VPMOVSXBD, o, X10, Z16) \
	VPSHUFB Z20, Z16, Z16

#define OFF \
	VPSUBB Z31, Z8, Z8 \
	VPSUBB Z31, Z9, Z9

#define LOOK \
	VPSHUFB Z8, Z31, Z8 \
	VPSHUFB Z9, Z31, Z9

#define SIXPART(P) \
	SIGNED(0) \
	SIXES(16, 0, P) \
	SIGNED(8) \
	SIXES(112, 16, P)

#define THREEPART(P) \
	SIGNED(0) \
	THREES(16, Y13, Z13) \
	P(0) \
	THREES(48, Y14, Z14) \
	P(8) \
	SIGNED(8) \
	THREES(80, Y15, Z15) \
	P(16) \
	THREELAST \
	P(24)

#define LOOKPART(P) \
	SIGNED(128) \
	NIBBLES(0)  \
	P(0)        \
	NIBBLES(32) \
	P(8)        \
	NIBBLES(64) \
	P(16)       \
	NIBBLES(96) \
	P(24)

#define CONSTANTS3 \
	CONST(0x07070707, Z30) \
	CONST(0x0f0f0f0f, Z28) \
	CONST(0x03030303, Z27)
