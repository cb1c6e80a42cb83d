#include "textflag.h"
#include "tiles_amd64.h"

// 16 tokens with panels of 16 rows: struct byteTile.
//
// SI activations, CX bytes from token to token; BX weights, DX 64; R8 where sums
// of two blocks lie, R14 from there to where the next two come, and back; DI what
// describes the first eight tokens' blocks, R9 the others', R10 to R13 one,
// three, five and seven times what is from token to token; AX scales; R15 pairs
// of blocks. Z16 to Z31 sums of the tokens.

// PRODUCTS makes the sums of two blocks, of so many steps.
#define PRODUCTS(steps) \
	LOADA(0, 0); \
	LOADW(2, 0); \
	ZERO(4); \
	MULBYTES(4, 0, 2); \
	SETSUM(4, 0); \
	LOADA(1, steps); \
	LOADW(3, 16*steps); \
	ZERO(5); \
	MULBYTES(5, 1, 3); \
	SETSUM(5, 1024)

// SCALED adds a token's sums, scaled; LOWEST adds the minima too. o is where they
// lie, and d the token's block at R.
#define SCALED(o, d, R, F) \
	VCVTDQ2PS o(R8), Z2 \
	VMULPS.BCST d R, Z0, Z3 \
	VFMADD231PS Z2, Z3, F

#define LOWEST(o, d, R, F) \
	SCALED(o, d, R, F) \
	VFMADD231PS.BCST (d+4)R, Z1, F

#define TOKENS(ADD, o, d) \
	ADD(o, d, (DI), Z16) \
	ADD(o+64, d, (DI)(R10*1), Z17) \
	ADD(o+128, d, (DI)(R10*2), Z18) \
	ADD(o+192, d, (DI)(R11*1), Z19) \
	ADD(o+256, d, (DI)(R10*4), Z20) \
	ADD(o+320, d, (DI)(R12*1), Z21) \
	ADD(o+384, d, (DI)(R11*2), Z22) \
	ADD(o+448, d, (DI)(R13*1), Z23) \
	ADD(o+512, d, (R9), Z24) \
	ADD(o+576, d, (R9)(R10*1), Z25) \
	ADD(o+640, d, (R9)(R10*2), Z26) \
	ADD(o+704, d, (R9)(R11*1), Z27) \
	ADD(o+768, d, (R9)(R10*4), Z28) \
	ADD(o+832, d, (R9)(R12*1), Z29) \
	ADD(o+896, d, (R9)(R11*2), Z30) \
	ADD(o+960, d, (R9)(R13*1), Z31)

#define ALL(F) \
	F(0, Z16) F(1, Z17) F(2, Z18) F(3, Z19) F(4, Z20) F(5, Z21) F(6, Z22) F(7, Z23) \
	F(8, Z24) F(9, Z25) F(10, Z26) F(11, Z27) F(12, Z28) F(13, Z29) F(14, Z30) F(15, Z31)

#define CLEAR(i, Z) VPXORD Z, Z, Z;
#define BEGIN(i, Z) VMOVUPS (64*i)(SI), Z;
#define PLUS(i, Z) VADDPS (SI), Z, Z; ADDQ DI, SI;
#define END(i, Z) VMOVUPS Z, (SI); ADDQ DI, SI;

// PANELS multiplies one panel after the other by tiles of so many steps: PAIR adds
// the sums of two blocks, which are described in d bytes and have so many bytes of
// scales, while those of the next two are on their way. A panel begins with zeros,
// or with the sums at from.
#define PANELS(config, steps, PAIR, d, scales) \
	LEAQ config(SB), AX \
	CONFIG \
	MOVQ t+0(FP), R15 \
	MOVQ 8(R15), CX \
	MOVQ 24(R15), R10 \
	MOVQ 32(R15), BX \
	MOVQ BX, 128(R15) \
	MOVQ 48(R15), BX \
	MOVQ BX, 136(R15) \
	MOVQ 64(R15), BX \
	MOVQ BX, 144(R15) \
	MOVQ 72(R15), BX \
	MOVQ BX, 152(R15) \
	MOVQ $64, DX \
	LEAQ (R10)(R10*2), R11 \
	LEAQ (R10)(R10*4), R12 \
	LEAQ (R11)(R10*4), R13 \
panel: \
	MOVQ t+0(FP), R15 \
	MOVQ 144(R15), SI \
	TESTQ SI, SI \
	JZ zeros \
	ALL(BEGIN) \
	ADDQ $1024, SI \
	MOVQ SI, 144(R15) \
	JMP begun \
zeros: \
	ALL(CLEAR) \
begun: \
	MOVQ 0(R15), SI \
	MOVQ 16(R15), DI \
	LEAQ (DI)(R10*8), R9 \
	MOVQ 128(R15), BX \
	MOVQ 136(R15), AX \
	MOVQ 120(R15), R8 \
	MOVQ $2048, R14 \
	MOVQ 104(R15), R15 \
	PRODUCTS(steps) \
pair: \
	DECQ R15 \
	JZ last \
	ADDQ $(2*steps), SI \
	ADDQ $(32*steps), BX \
	ADDQ R14, R8 \
	PRODUCTS(steps) \
	SUBQ R14, R8 \
last: \
	PAIR \
	ADDQ $d, DI \
	ADDQ $d, R9 \
	ADDQ $scales, AX \
	ADDQ R14, R8 \
	NEGQ R14 \
	TESTQ R15, R15 \
	JNZ pair \
	MOVQ t+0(FP), R15 \
	MOVQ 152(R15), SI \
	MOVQ 88(R15), DI \
	CMPQ 112(R15), $0 \
	JE store \
	ALL(PLUS) \
	MOVQ 152(R15), SI \
store: \
	ALL(END) \
	MOVQ 80(R15), SI \
	ADDQ SI, 152(R15) \
	MOVQ 40(R15), SI \
	ADDQ SI, 128(R15) \
	MOVQ 56(R15), SI \
	ADDQ SI, 136(R15) \
	DECQ 96(R15) \
	JNZ panel \
	RELEASE \
	VZEROUPPER \
	RET

// BLOCKS adds those of two blocks, LOWBLOCKS minima too.
#define BLOCKS \
	VMOVUPS (AX), Z0 \
	TOKENS(SCALED, 0, 0) \
	VMOVUPS 64(AX), Z0 \
	TOKENS(SCALED, 1024, 24)

#define LOWBLOCKS \
	VMOVUPS (AX), Z0 \
	VMOVUPS 64(AX), Z1 \
	TOKENS(LOWEST, 0, 0) \
	VMOVUPS 128(AX), Z0 \
	VMOVUPS 192(AX), Z1 \
	TOKENS(LOWEST, 1024, 24)

// func mulBytesAMX(t *byteTile)
TEXT ·mulBytesAMX(SB), NOSPLIT, $0-8
	PANELS(·byteTileSizes, 32, BLOCKS, 48, 128)

// func mulLowAMX(t *byteTile)
TEXT ·mulLowAMX(SB), NOSPLIT, $0-8
	PANELS(·byteTileSizes, 32, LOWBLOCKS, 48, 256)
