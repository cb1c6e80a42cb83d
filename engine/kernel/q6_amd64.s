#include "textflag.h"
#include "quant_amd64.h"

// Products of 6-bit weights. A block of 32 has 16 scales (of the first 16
// weights of each row, then of the others), the low nibbles as those of
// q4_amd64.s, and two vectors of the two high bits: of vectors 0 and 1, then 2
// and 3; in a byte, from the lowest, bits of the low and of the high nibble of
// the even vector, then of the odd one.
//
// Weights are unsigned, and 32·Σa is taken off first: sums of 16 products may
// pass 16 bits on the way but end within 16·32·127/2 = 32,512.

DATA ·ones16+0(SB)/8, $0x0001000100010001
DATA ·ones16+8(SB)/8, $0x0001000100010001
DATA ·ones16+16(SB)/8, $0x0001000100010001
DATA ·ones16+24(SB)/8, $0x0001000100010001
GLOBL ·ones16(SB), RODATA|NOPTR, $32

// Y14 low nibbles, Y15 the bits above them.
#define CONSTANTS \
	MASK(Y14) \
	VPCMPEQB Y15, Y15, Y15 \
	VPSRLW   $14, Y15, Y15 \
	VPSLLW   $4, Y15, Y15 \
	VPACKUSWB Y15, Y15, Y15

// EVEN and ODD add to L and H the high bits at W.
#define EVEN(W, L, H) \
	VMOVDQU W, Y12          \
	VPSLLW  $4, Y12, Y13    \
	VPSLLW  $2, Y12, Y12    \
	VPAND   Y15, Y13, Y13   \
	VPAND   Y15, Y12, Y12   \
	VPOR    Y13, L, L       \
	VPOR    Y12, H, H

#define ODD(W, L, H) \
	VMOVDQU W, Y12          \
	VPSRLW  $2, Y12, Y13    \
	VPAND   Y15, Y12, Y12   \
	VPAND   Y15, Y13, Y13   \
	VPOR    Y12, L, L       \
	VPOR    Y13, H, H

#define EVENS(o, h) \
	SPLIT(o) \
	EVEN(h(SI), Y8, Y9) \
	EVEN(h(SI)(R14*1), Y10, Y11)

#define ODDS(o, h) \
	SPLIT(o) \
	ODD(h(SI), Y8, Y9) \
	ODD(h(SI)(R14*1), Y10, Y11)

// HALFSCALE makes the scales of the half whose integers are at W, those of
// the 256 being at S.
#define HALFSCALE(W, S, Y) \
	VPMOVSXBD W, Y      \
	VCVTPH2PS S, Y10    \
	VCVTDQ2PS Y, Y      \
	VMULPS Y10, Y, Y

#define HALFSCALE1(W, S, Y) \
	VPMOVSXBD W, Y      \
	VCVTDQ2PS Y, Y      \
	VMULPS S, Y, Y

#define HALFSCALES(o) \
	HALFSCALE(o(SI), (R15), Y8) \
	HALFSCALE(o(SI)(R14*1), (R15)(R14*1), Y9)

#define ADD(A, B, at, o) \
	WIDEN(A, B, ·ones16(SB)) \
	SCALE(A, B, B_D at, o)  \
	STORE(A, B, o)

#define ADDS2 \
	ADD(Y0, Y4, (DI), 0) \
	ADD(Y1, Y5, (DI)(R13*1), 64)

#define ADDS4 \
	ADDS2 \
	ADD(Y2, Y6, (DI)(R13*2), 128) \
	ADD(Y3, Y7, (DI)(R12*1), 192)

// func q6Kx4AVX2(t *quantTile)
TEXT ·q6Kx4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q6Kx4:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
q6Kx4sub:
	AHEAD(1664)
	AHEAD(1728)
	AHEAD(1792)
	AHEAD(1856)
	BEGIN4(B_HALF)
	EVENS(16, 144)
	NEXTS4(0)
	ODDS(48, 144)
	NEXTS4(8)
	HALFSCALES(0)
	ADDS4
	BEGIN4(B_HALF+4)
	EVENS(80, 176)
	NEXTS4(16)
	ODDS(112, 176)
	NEXTS4(24)
	HALFSCALES(8)
	ADDS4
	STEP4(32, 208)
	DECQ AX
	JNZ  q6Kx4sub
	SUBQ $8, CX
	JNZ  q6Kx4
	VZEROUPPER
	RET

// func q6Kx2AVX2(t *quantTile)
TEXT ·q6Kx2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS2
q6Kx2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
q6Kx2sub:
	AHEAD(1664)
	AHEAD(1728)
	AHEAD(1792)
	AHEAD(1856)
	BEGIN2(B_HALF)
	EVENS(16, 144)
	NEXTS2(0)
	ODDS(48, 144)
	NEXTS2(8)
	HALFSCALES(0)
	ADDS2
	BEGIN2(B_HALF+4)
	EVENS(80, 176)
	NEXTS2(16)
	ODDS(112, 176)
	NEXTS2(24)
	HALFSCALES(8)
	ADDS2
	STEP2(32, 208)
	DECQ AX
	JNZ  q6Kx2sub
	SUBQ $8, CX
	JNZ  q6Kx2
	VZEROUPPER
	RET

#define HALF1(e, h, o, a, s) \
	VPBROADCASTD (B_HALF+s)(DI), Y4 \
	SPLIT1(e) \
	EVEN(h(SI), Y8, Y9) \
	VPXOR Y5, Y5, Y5 \
	NEXT1(a) \
	SPLIT1(o) \
	ODD(h(SI), Y8, Y9) \
	NEXT1(a+8) \
	VPADDW Y5, Y4, Y4 \
	VPMADDWD ·ones16(SB), Y4, Y4

// func q6Kx1AVX2(t *quantTile)
TEXT ·q6Kx1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGSROWS
q6Kx1rows:
	ROWS
q6Kx1:
	VCVTPH2PS (SI), Y6
	ADDQ $16, SI
	MOVQ $8, AX
q6Kx1sub:
	AHEAD3
	HALF1(16, 144, 48, 0, 0)
	HALFSCALE1((SI), Y6, Y8)
	SCALE1(B_D(DI))
	HALF1(80, 176, 112, 16, 4)
	HALFSCALE1(8(SI), Y6, Y8)
	SCALE1(B_D(DI))
	STEP1(32, 208)
	DECQ AX
	JNZ  q6Kx1sub
	SUBQ $8, CX
	JNZ  q6Kx1
	STORE1
	JNZ  q6Kx1rows
	VZEROUPPER
	RET
