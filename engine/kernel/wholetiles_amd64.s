#include "textflag.h"
#include "tiles_amd64.h"

// 32 tokens, or 16, with panels of 16 rows: struct wholeTile.
//
// SI and R9 activations of both sixteens, CX bytes from token to token; BX
// weights, DX 64; R8 where sums go, R15 where those of the panel before are; DI
// and R13 what describes the activations of both sixteens, R10 bytes from token
// to token, R11 three times that; AX scales and R12 sums to be added to, of the
// panel before, R14 bytes from token to token of those.

#define LOADB(tile, at) BYTE $0xc4; BYTE $0xc2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x09; LONG $(at)
#define MULUNSIGNED(sum, a, b) BYTE $0xc4; BYTE $0xe2; BYTE $((15-(b))<<3|2); BYTE $0x5e; BYTE $(0xc0|(sum)<<3|(a)) // TDPBSUD

// STEPS multiplies the i-th 64 steps with both bytes of the weights, ONESTEPS of
// one sixteen of tokens.
#define STEPS(MUL, i) \
	LOADA(0, 64*i)    \
	LOADW(2, 2048*i)  \
	MUL(4, 0, 2)      \
	LOADB(1, 64*i)    \
	MUL(5, 1, 2)      \
	LOADW(3, 2048*i+1024) \
	MUL(6, 0, 3)      \
	MUL(7, 1, 3)

#define ONESTEPS(MUL, i) \
	LOADA(0, 64*i)    \
	LOADW(2, 2048*i)  \
	MUL(4, 0, 2)      \
	LOADW(3, 2048*i+1024) \
	MUL(6, 0, 3)

#define ONEBEGIN \
	ZERO(4) \
	ZERO(6)

#define BEGIN \
	ONEBEGIN \
	ZERO(5)  \
	ZERO(7)

#define ONEEND \
	SETSUM(4, 0)    \
	SETSUM(6, 2048) \
	ADDQ $8192, BX  \
	XCHGQ R8, R15

#define END \
	SETSUM(5, 1024) \
	SETSUM(7, 3072) \
	ONEEND

// JOINED scales a token's sums, which are at o, and adds what they are added to:
// the first byte counts 1<<shift, and d is the activations' scale.
#define JOINED(shift, o, d, to) \
	VPSLLD $shift, o(R15), Z2   \
	VPADDD (o+2048)(R15), Z2, Z2 \
	VCVTDQ2PS Z2, Z2            \
	VMULPS.BCST d, Z0, Z3       \
	VFMADD213PS to, Z3, Z2

#define SIX(o, d, to) \
	JOINED(6, o, d, to) \
	VMOVUPS Z2, to

// FOUR takes minima off: of pairs of parts times pairs of sums.
#define FOUR(o, d, to) \
	JOINED(3, o, d, to) \
	VPXORD Z4, Z4, Z4 \
	VPDPWSSD.BCST 4+d, Z8, Z4   \
	VPDPWSSD.BCST 8+d, Z9, Z4   \
	VPDPWSSD.BCST 12+d, Z10, Z4 \
	VPDPWSSD.BCST 16+d, Z11, Z4 \
	VCVTDQ2PS Z4, Z4            \
	VMULPS.BCST d, Z1, Z3       \
	VFNMADD231PS Z4, Z3, Z2     \
	VMOVUPS Z2, to

#define TOKENS(ADD, D, o) \
	ADD(o, 0(D), (R12))                 \
	ADD(o+64, 0(D)(R10*1), (R12)(R14*1)) \
	LEAQ (R12)(R14*2), R12              \
	ADD(o+128, 0(D)(R10*2), (R12))      \
	ADD(o+192, 0(D)(R11*1), (R12)(R14*1)) \
	LEAQ (R12)(R14*2), R12              \
	LEAQ (D)(R10*4), D

// FIRST to FOURTH do so to eight tokens, ONEFIRST to ONEFOURTH to four.
#define FIRST(ADD) \
	TOKENS(ADD, DI, 0) \
	TOKENS(ADD, DI, 256)

#define SECOND(ADD) \
	TOKENS(ADD, DI, 512) \
	TOKENS(ADD, DI, 768)

#define THIRD(ADD) \
	TOKENS(ADD, R13, 1024) \
	TOKENS(ADD, R13, 1280)

#define FOURTH(ADD) \
	TOKENS(ADD, R13, 1536) \
	TOKENS(ADD, R13, 1792)

#define ONEFIRST(ADD)  TOKENS(ADD, DI, 0)
#define ONESECOND(ADD) TOKENS(ADD, DI, 256)
#define ONETHIRD(ADD)  TOKENS(ADD, DI, 512)
#define ONEFOURTH(ADD) TOKENS(ADD, DI, 768)

#define SCALES \
	VMOVUPS (AX), Z0

#define LOWSCALES \
	SCALES \
	VMOVUPS 64(AX), Z1 \
	VMOVDQU64 128(AX), Z8  \
	VMOVDQU64 192(AX), Z9  \
	VMOVDQU64 256(AX), Z10 \
	VMOVDQU64 320(AX), Z11

// ONWARD goes to the next panel that is multiplied, or to the first one of the
// next 256 steps.
#define ONWARD(more) \
	MOVQ t+0(FP), DI  \
	DECQ 112(DI)      \
	JNZ  more         \
	MOVQ 80(DI), R13  \
	MOVQ R13, 112(DI) \
	ADDQ $256, SI     \
	ADDQ $256, R9

// PUT puts the sums of a panel, whose last steps these were, where they belong,
// if they all belong somewhere: so those stores, which mostly miss all caches,
// go on beside the next panel's products.
#define PUT(EACH, shift, add, next) \
	MOVQ t+0(FP), R13 \
	CMPQ 128(R13), $1 \
	JNE  next         \
	MOVQ 136(R13), DI \
	TESTQ DI, DI      \
	JZ   next         \
	ADDQ $64, 136(R13) \
	MOVQ R14, R11     \
	SHLQ $shift, R11  \
	NEGQ R11          \
	ADDQ R12, R11     \
	CMPQ 152(R13), $0 \
	MOVQ 144(R13), R13 \
	JNE  add          \
	EACH(PUTONE)      \
	JMP  next         \
add: \
	EACH(ADDONE)

#define EACH16(F) F; F; F; F; F; F; F; F; F; F; F; F; F; F; F; F
#define EACH32(F) EACH16(F); EACH16(F)

#define PUTONE \
	VMOVUPS (R11), Z2 \
	VMOVUPS Z2, (DI)  \
	ADDQ R14, R11     \
	ADDQ R13, DI

#define ADDONE \
	VMOVUPS (R11), Z2 \
	VADDPS (DI), Z2, Z2 \
	VMOVUPS Z2, (DI)  \
	ADDQ R14, R11     \
	ADDQ R13, DI

// NEXT goes to the panel whose sums are added next.
#define NEXT(scales, more) \
	MOVQ t+0(FP), DI  \
	LEAQ (R10)(R10*2), R11 \
	ADDQ $scales, AX  \
	SUBQ 96(DI), R12  \
	DECQ 120(DI)      \
	JNZ  more         \
	MOVQ 80(DI), R13  \
	MOVQ R13, 120(DI) \
	SHLQ $6, R13      \
	SUBQ R13, R12     \
	DECQ 128(DI)      \
	ADDQ $20, 24(DI)  \
	ADDQ $20, 32(DI)

// PANELS multiplies one panel after the other, of 256 steps after the others:
// the sums of one are scaled and added between the products of the next.
#define PANELS(BEGIN, STEPS, END, FIRST, SECOND, THIRD, FOURTH, EACH, shift, MUL, SCALES, ADD, scales) \
	LEAQ ·wholeTiles(SB), AX \
	CONFIG \
	MOVQ t+0(FP), DI  \
	MOVQ 0(DI), SI    \
	MOVQ 8(DI), R9    \
	MOVQ 16(DI), CX   \
	MOVQ 40(DI), R10  \
	LEAQ (R10)(R10*2), R11 \
	MOVQ 48(DI), BX   \
	MOVQ 56(DI), AX   \
	MOVQ 64(DI), R12  \
	MOVQ 72(DI), R14  \
	MOVQ 104(DI), R8  \
	LEAQ 4096(R8), R15 \
	MOVQ $64, DX      \
	BEGIN             \
	STEPS(MUL, 0)     \
	STEPS(MUL, 1)     \
	STEPS(MUL, 2)     \
	STEPS(MUL, 3)     \
	END               \
	ONWARD(begun)     \
begun: \
	MOVQ t+0(FP), R13 \
	MOVQ 24(R13), DI  \
	DECQ 88(R13)      \
	MOVQ 32(R13), R13 \
	JZ   last         \
	SCALES            \
	BEGIN             \
	STEPS(MUL, 0)     \
	FIRST(ADD)        \
	STEPS(MUL, 1)     \
	SECOND(ADD)       \
	STEPS(MUL, 2)     \
	THIRD(ADD)        \
	STEPS(MUL, 3)     \
	FOURTH(ADD)       \
	END               \
	ONWARD(multiplied) \
multiplied: \
	PUT(EACH, shift, add, next) \
next: \
	NEXT(scales, more) \
more: \
	MOVQ t+0(FP), R13 \
	CMPQ 88(R13), $0  \
	JNE  begun        \
	RELEASE \
	VZEROUPPER \
	RET \
last: \
	SCALES            \
	FIRST(ADD)        \
	SECOND(ADD)       \
	THIRD(ADD)        \
	FOURTH(ADD)       \
	JMP  multiplied

#define BOTHPANELS(MUL, SCALES, ADD, scales) \
	PANELS(BEGIN, STEPS, END, FIRST, SECOND, THIRD, FOURTH, EACH32, 5, MUL, SCALES, ADD, scales)

#define ONEPANELS(MUL, SCALES, ADD, scales) \
	PANELS(ONEBEGIN, ONESTEPS, ONEEND, ONEFIRST, ONESECOND, ONETHIRD, ONEFOURTH, EACH16, 4, MUL, SCALES, ADD, scales)

// func fours32AMX(t *wholeTile)
TEXT ·fours32AMX(SB), NOSPLIT, $0-8
	BOTHPANELS(MULUNSIGNED, LOWSCALES, FOUR, 384)

// func fours16AMX(t *wholeTile)
TEXT ·fours16AMX(SB), NOSPLIT, $0-8
	ONEPANELS(MULUNSIGNED, LOWSCALES, FOUR, 384)

// func sixes32AMX(t *wholeTile)
TEXT ·sixes32AMX(SB), NOSPLIT, $0-8
	BOTHPANELS(MULBYTES, SCALES, SIX, 64)

// func sixes16AMX(t *wholeTile)
TEXT ·sixes16AMX(SB), NOSPLIT, $0-8
	ONEPANELS(MULBYTES, SCALES, SIX, 64)
