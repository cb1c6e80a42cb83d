#include "textflag.h"

// Products of 4-bit weights, 8 rows, with 1 or 4 tokens. Vector j of a block
// holds, in the dword of lane r, weights 8j to 8j+3 of row r in the low
// nibbles and 8j+4 to 8j+7 in the high ones. Nibbles are unsigned, so eight
// products of bytes fit in 16 bits: 8·2·15·127 = 30,480.

// Y15 ones (int16), Y14 low nibbles.
#define CONSTANTS \
	VPCMPEQB Y15, Y15, Y15 \
	VPSRLW   $12, Y15, Y14 \
	VPACKUSWB Y14, Y14, Y14 \
	VPSRLW   $15, Y15, Y15

// LOADW splits the vector at offset o into Y9 and Y10.
#define LOADW(o) \
	VMOVDQU o(SI), Y9      \
	VPSRLW  $4, Y9, Y10    \
	VPAND   Y14, Y9, Y9    \
	VPAND   Y14, Y10, Y10

#define FIRST(AR, ACC) \
	VPBROADCASTD 0(AR), Y11    \
	VPMADDUBSW Y11, Y9, ACC    \
	VPBROADCASTD 4(AR), Y12    \
	VPMADDUBSW Y12, Y10, Y12   \
	VPADDW     Y12, ACC, ACC

#define NEXT(AR, ACC, o) \
	VPBROADCASTD (o)(AR), Y11   \
	VPMADDUBSW Y11, Y9, Y11     \
	VPBROADCASTD (o+4)(AR), Y12 \
	VPMADDUBSW Y12, Y10, Y12    \
	VPADDW     Y11, ACC, ACC    \
	VPADDW     Y12, ACC, ACC

#define DOT4(o) \
	LOADW(o) \
	FIRST(R8, Y4) \
	FIRST(R9, Y5) \
	FIRST(R10, Y6) \
	FIRST(R11, Y7) \
	LOADW(o+32) \
	NEXT(R8, Y4, 8) \
	NEXT(R9, Y5, 8) \
	NEXT(R10, Y6, 8) \
	NEXT(R11, Y7, 8) \
	LOADW(o+64) \
	NEXT(R8, Y4, 16) \
	NEXT(R9, Y5, 16) \
	NEXT(R10, Y6, 16) \
	NEXT(R11, Y7, 16) \
	LOADW(o+96) \
	NEXT(R8, Y4, 24) \
	NEXT(R9, Y5, 24) \
	NEXT(R10, Y6, 24) \
	NEXT(R11, Y7, 24)

#define DOT1(o) \
	LOADW(o) \
	FIRST(R8, Y4) \
	LOADW(o+32) \
	NEXT(R8, Y4, 8) \
	LOADW(o+64) \
	NEXT(R8, Y4, 16) \
	LOADW(o+96) \
	NEXT(R8, Y4, 24)

// ARGS4 and ARGS1 load the tile: CX blocks, SI weights, R8 to R11 tokens,
// DI scales of the activations, BX their sums, R13 and R12 one and three
// times the distance of those.
#define ARGS1 \
	MOVQ t+0(FP), AX    \
	MOVQ 0(AX), CX      \
	MOVQ 8(AX), SI      \
	MOVQ 16(AX), R8     \
	MOVQ 32(AX), DI     \
	MOVQ 40(AX), BX     \
	MOVQ 48(AX), R13    \
	MOVQ 56(AX), DX     \
	VXORPS Y0, Y0, Y0

#define ARGS4 \
	ARGS1 \
	MOVQ 24(AX), R12    \
	LEAQ (R8)(R12*1), R9   \
	LEAQ (R9)(R12*1), R10  \
	LEAQ (R10)(R12*1), R11 \
	LEAQ (R13)(R13*2), R12 \
	VXORPS Y1, Y1, Y1   \
	VXORPS Y2, Y2, Y2   \
	VXORPS Y3, Y3, Y3

#define STEP1 \
	ADDQ $32, R8 \
	ADDQ $4, DI  \
	ADDQ $4, BX

#define STEP4 \
	STEP1        \
	ADDQ $32, R9 \
	ADDQ $32, R10 \
	ADDQ $32, R11

#define STORE4 \
	VMOVUPS Y0, (DX)   \
	VMOVUPS Y1, 32(DX) \
	VMOVUPS Y2, 64(DX) \
	VMOVUPS Y3, 96(DX) \
	VZEROUPPER

// OFFSET takes 8·Σa from the sums, and adds them, scaled, to F.
#define OFFSET(ACC, F, D, S) \
	VPMADDWD Y15, ACC, ACC   \
	VPBROADCASTD S, Y9       \
	VPSUBD   Y9, ACC, ACC    \
	VCVTDQ2PS ACC, ACC       \
	VBROADCASTSS D, Y10      \
	VMULPS   Y8, Y10, Y10    \
	VFMADD231PS ACC, Y10, F

// MIN adds the sums, scaled, and then the minima Y13 times the activations' sum.
#define MIN(ACC, F, D, S) \
	VPMADDWD Y15, ACC, ACC   \
	VCVTDQ2PS ACC, ACC       \
	VBROADCASTSS D, Y10      \
	VMULPS   Y8, Y10, Y10    \
	VFMADD231PS ACC, Y10, F  \
	VBROADCASTSS S, Y9       \
	VFMADD231PS Y9, Y13, F

// func q40x4AVX2(t *quantTile)
TEXT ·q40x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q40x4:
	DOT4(16)
	VCVTPH2PS (SI), Y8
	OFFSET(Y4, Y0, (DI), (BX))
	OFFSET(Y5, Y1, (DI)(R13*1), (BX)(R13*1))
	OFFSET(Y6, Y2, (DI)(R13*2), (BX)(R13*2))
	OFFSET(Y7, Y3, (DI)(R12*1), (BX)(R12*1))
	ADDQ $144, SI
	STEP4
	DECQ CX
	JNZ  q40x4
	STORE4
	RET

// func q40x1AVX2(t *quantTile)
TEXT ·q40x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS1
q40x1:
	PREFETCHT0 1152(SI)
	PREFETCHT0 1216(SI)
	DOT1(16)
	VCVTPH2PS (SI), Y8
	OFFSET(Y4, Y0, (DI), (BX))
	ADDQ $144, SI
	STEP1
	DECQ CX
	JNZ  q40x1
	VMOVUPS Y0, (DX)
	VZEROUPPER
	RET

// func q41x4AVX2(t *quantTile)
TEXT ·q41x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q41x4:
	DOT4(32)
	VCVTPH2PS (SI), Y8
	VCVTPH2PS 16(SI), Y13
	MIN(Y4, Y0, (DI), (BX))
	MIN(Y5, Y1, (DI)(R13*1), (BX)(R13*1))
	MIN(Y6, Y2, (DI)(R13*2), (BX)(R13*2))
	MIN(Y7, Y3, (DI)(R12*1), (BX)(R12*1))
	ADDQ $160, SI
	STEP4
	DECQ CX
	JNZ  q41x4
	STORE4
	RET

// func q41x1AVX2(t *quantTile)
TEXT ·q41x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS1
q41x1:
	PREFETCHT0 1152(SI)
	PREFETCHT0 1216(SI)
	DOT1(32)
	VCVTPH2PS (SI), Y8
	VCVTPH2PS 16(SI), Y13
	MIN(Y4, Y0, (DI), (BX))
	ADDQ $160, SI
	STEP1
	DECQ CX
	JNZ  q41x1
	VMOVUPS Y0, (DX)
	VZEROUPPER
	RET

// SUBSCALES makes the scales Y8 and the minima Y13 of a block of 32 of those
// of its 256, at R15, and its own integers.
#define SUBSCALES \
	VCVTPH2PS (R15), Y11    \
	VCVTPH2PS 16(R15), Y12  \
	VPMOVZXBD (SI), Y8      \
	VPMOVZXBD 8(SI), Y13    \
	VCVTDQ2PS Y8, Y8        \
	VCVTDQ2PS Y13, Y13      \
	VMULPS Y11, Y8, Y8      \
	VMULPS Y12, Y13, Y13

// func q4Kx4AVX2(t *quantTile)
TEXT ·q4Kx4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS4
q4Kx4:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
q4Kx4sub:
	DOT4(16)
	SUBSCALES
	MIN(Y4, Y0, (DI), (BX))
	MIN(Y5, Y1, (DI)(R13*1), (BX)(R13*1))
	MIN(Y6, Y2, (DI)(R13*2), (BX)(R13*2))
	MIN(Y7, Y3, (DI)(R12*1), (BX)(R12*1))
	ADDQ $144, SI
	STEP4
	DECQ AX
	JNZ  q4Kx4sub
	SUBQ $8, CX
	JNZ  q4Kx4
	STORE4
	RET

// func q4Kx1AVX2(t *quantTile)
TEXT ·q4Kx1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS
	ARGS1
q4Kx1:
	MOVQ SI, R15
	ADDQ $32, SI
	MOVQ $8, AX
q4Kx1sub:
	PREFETCHT0 1152(SI)
	PREFETCHT0 1216(SI)
	DOT1(16)
	SUBSCALES
	MIN(Y4, Y0, (DI), (BX))
	ADDQ $144, SI
	STEP1
	DECQ AX
	JNZ  q4Kx1sub
	SUBQ $8, CX
	JNZ  q4Kx1
	VMOVUPS Y0, (DX)
	VZEROUPPER
	RET
