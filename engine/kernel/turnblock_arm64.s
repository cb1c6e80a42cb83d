#include "textflag.h"
#include "neon_arm64.h"
#include "quant_arm64.h"

// Weights times the scales of their part, of 8 rows that are packed: see turnBlock.
// R0 where 16 columns go, R1 the part, V24 to V27 scales of two rows each, eight bytes.

#define SMUL8(m, n, d)   WORD $(0x0E20C000 | (m)<<16 | (n)<<5 | (d)) // SMULL  Vd.8H, Vn.8B, Vm.8B
#define SMUL8_2(m, n, d) WORD $(0x4E20C000 | (m)<<16 | (n)<<5 | (d)) // SMULL2 Vd.8H, Vn.16B, Vm.16B

// SCALES8 takes those at o.
#define SCALES8(o) \
	FMOVD o(R1), F24;               \
	VZIP1 V24.B16, V24.B16, V24.B16; \
	VZIP2 V24.H8, V24.H8, V26.H8;   \
	VZIP1 V24.H8, V24.H8, V24.H8;   \
	VZIP2 V24.S4, V24.S4, V25.S4;   \
	VZIP1 V24.S4, V24.S4, V24.S4;   \
	VZIP2 V26.S4, V26.S4, V27.S4;   \
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
	SMUL8(24+i, 16+i, 4);   \
	SMUL8(24+i, 20+i, 5);   \
	SMUL8_2(24+i, 16+i, 6); \
	SMUL8_2(24+i, 20+i, 7); \
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
	U(o);                         \
	BESIDE(V16, V17, V18, V19);   \
	T(p);                         \
	BESIDE(V20, V21, V22, V23);   \
	ROWS;                         \
	ADD $8192, R0

// func turnFourKNEON(w *int16, part *byte)
TEXT ·turnFourKNEON(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $15, V8.B16
	SCALES8(0)
	SIXTEEN(NIBBLES16, 0, NIBBLES16, 1)
	SIXTEEN(NIBBLES16, 2, NIBBLES16, 3)
	RET

// func turnFiveKNEON(w *int16, part *byte)
TEXT ·turnFiveKNEON(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $15, V8.B16
	VMOVI $16, V9.B16
	FLDPQ 144(R1), (F10, F11)
	SCALES8(0)
	SIXTEEN(FIVE16, 0, FIVE16, 1)
	SIXTEEN(FIVE16, 2, FIVE16, 3)
	RET

// SIGNEDFIRST and SIGNEDLAST take off the 32, V12.
#define LESS32 \
	VSUB V12.B16, V0.B16, V0.B16; \
	VSUB V12.B16, V1.B16, V1.B16; \
	VSUB V12.B16, V2.B16, V2.B16; \
	VSUB V12.B16, V3.B16, V3.B16

#define SIGNEDFIRST(o) SIXFIRST(o); LESS32
#define SIGNEDLAST(o) SIXLAST(o); LESS32

// func turnSixNEON(w *int16, part *byte)
TEXT ·turnSixNEON(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $63, V9.B16
	VMOVI $32, V12.B16
	SCALES8(0)
	SIXTEEN(SIGNEDFIRST, 16, SIGNEDLAST, 16)
	SCALES8(8)
	SIXTEEN(SIGNEDFIRST, 112, SIGNEDLAST, 112)
	RET
