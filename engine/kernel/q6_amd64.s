#include "textflag.h"

// Products of 6-bit weights, 8 rows, with 1 or 4 tokens. A block of 32 has 16
// scales (of the first 16 weights of each row, then of the others), the low
// nibbles as those of q4_amd64.s, and two vectors of the two high bits: of
// vectors 0 and 1, then 2 and 3; in a byte, from the lowest, bits of the low
// and of the high nibble of the even vector, then of the odd one. Weights are
// unsigned; 32 times the activations' sum is taken off.

// Y15 ones (int16), Y14 low nibbles, Y13 0x30.
#define CONSTANTS6 \
	VPCMPEQB Y15, Y15, Y15 \
	VPSRLW   $12, Y15, Y14 \
	VPACKUSWB Y14, Y14, Y14 \
	VPSRLW   $15, Y15, Y15

// EVEN and ODD make the weights of the vector at o, whose high bits are at h.
#define EVEN(o, h) \
	VMOVDQU o(SI), Y9        \
	VMOVDQU h(SI), Y12       \
	VPSRLW  $4, Y9, Y10      \
	VPAND   Y14, Y9, Y9      \
	VPAND   Y14, Y10, Y10    \
	VPSLLW  $4, Y12, Y11     \
	VPAND   Y13, Y11, Y11    \
	VPOR    Y11, Y9, Y9      \
	VPSLLW  $2, Y12, Y11     \
	VPAND   Y13, Y11, Y11    \
	VPOR    Y11, Y10, Y10

#define ODD(o, h) \
	VMOVDQU o(SI), Y9        \
	VMOVDQU h(SI), Y12       \
	VPSRLW  $4, Y9, Y10      \
	VPAND   Y14, Y9, Y9      \
	VPAND   Y14, Y10, Y10    \
	VPAND   Y13, Y12, Y11    \
	VPOR    Y11, Y9, Y9      \
	VPSRLW  $2, Y12, Y11     \
	VPAND   Y13, Y11, Y11    \
	VPOR    Y11, Y10, Y10

// SIX multiplies Y9 and Y10 with 8 activations: 2·(2·63·127) fit in 16 bits.
#define SIX(AR, ACC, o) \
	VPBROADCASTD (o)(AR), Y11    \
	VPMADDUBSW Y11, Y9, Y11      \
	VPBROADCASTD (o+4)(AR), Y12  \
	VPMADDUBSW Y12, Y10, Y12     \
	VPADDW   Y12, Y11, Y11       \
	VPMADDWD Y15, Y11, Y11       \
	VPADDD   Y11, ACC, ACC

#define CLEAR4 \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y5, Y5, Y5 \
	VPXOR Y6, Y6, Y6 \
	VPXOR Y7, Y7, Y7

#define SIX4(o) \
	SIX(R8, Y4, o) \
	SIX(R9, Y5, o) \
	SIX(R10, Y6, o) \
	SIX(R11, Y7, o)

// HALFSCALE makes the scales Y8 of the half whose integers are at o, of those at DX.
#define HALFSCALE(o) \
	VCVTPH2PS (DX), Y11    \
	VPMOVSXBD o(SI), Y8    \
	VCVTDQ2PS Y8, Y8       \
	VMULPS    Y11, Y8, Y8

#define ADD6(ACC, F, D, S) \
	VPBROADCASTD S, Y9       \
	VPSUBD   Y9, ACC, ACC    \
	VCVTDQ2PS ACC, ACC       \
	VBROADCASTSS D, Y10      \
	VMULPS   Y8, Y10, Y10    \
	VFMADD231PS ACC, Y10, F

// func q6Kx4AVX2(t *quantTile)
TEXT ·q6Kx4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS6
	MOVQ $0x3030303030303030, AX
	MOVQ AX, X13
	VPBROADCASTQ X13, Y13
	MOVQ t+0(FP), AX
	MOVQ 0(AX), CX
	MOVQ 8(AX), SI
	MOVQ 16(AX), R8
	MOVQ 24(AX), R12
	MOVQ 32(AX), DI
	MOVQ 64(AX), BX
	MOVQ 48(AX), R13
	LEAQ (R8)(R12*1), R9
	LEAQ (R9)(R12*1), R10
	LEAQ (R10)(R12*1), R11
	LEAQ (R13)(R13*2), R12
	LEAQ (R13)(R13*1), R14
	LEAQ (R14)(R14*2), R15
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
q6Kx4:
	MOVQ SI, DX
	ADDQ $16, SI
	MOVQ $8, AX
q6Kx4sub:
	CLEAR4
	EVEN(16, 144)
	SIX4(0)
	ODD(48, 144)
	SIX4(8)
	HALFSCALE(0)
	ADD6(Y4, Y0, (DI), (BX))
	ADD6(Y5, Y1, (DI)(R13*1), (BX)(R14*1))
	ADD6(Y6, Y2, (DI)(R13*2), (BX)(R14*2))
	ADD6(Y7, Y3, (DI)(R12*1), (BX)(R15*1))
	CLEAR4
	EVEN(80, 176)
	SIX4(16)
	ODD(112, 176)
	SIX4(24)
	HALFSCALE(8)
	ADD6(Y4, Y0, (DI), 4(BX))
	ADD6(Y5, Y1, (DI)(R13*1), 4(BX)(R14*1))
	ADD6(Y6, Y2, (DI)(R13*2), 4(BX)(R14*2))
	ADD6(Y7, Y3, (DI)(R12*1), 4(BX)(R15*1))
	ADDQ $208, SI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $32, R10
	ADDQ $32, R11
	ADDQ $4, DI
	ADDQ $8, BX
	DECQ AX
	JNZ  q6Kx4sub
	SUBQ $8, CX
	JNZ  q6Kx4
	MOVQ t+0(FP), AX
	MOVQ 56(AX), DX
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	VZEROUPPER
	RET

// func q6Kx1AVX2(t *quantTile)
TEXT ·q6Kx1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS6
	MOVQ $0x3030303030303030, AX
	MOVQ AX, X13
	VPBROADCASTQ X13, Y13
	MOVQ t+0(FP), AX
	MOVQ 0(AX), CX
	MOVQ 8(AX), SI
	MOVQ 16(AX), R8
	MOVQ 32(AX), DI
	MOVQ 64(AX), BX
	VXORPS Y0, Y0, Y0
q6Kx1:
	MOVQ SI, DX
	ADDQ $16, SI
	MOVQ $8, AX
q6Kx1sub:
	PREFETCHT0 1248(SI)
	PREFETCHT0 1312(SI)
	PREFETCHT0 1376(SI)
	VPXOR Y4, Y4, Y4
	EVEN(16, 144)
	SIX(R8, Y4, 0)
	ODD(48, 144)
	SIX(R8, Y4, 8)
	HALFSCALE(0)
	ADD6(Y4, Y0, (DI), (BX))
	VPXOR Y4, Y4, Y4
	EVEN(80, 176)
	SIX(R8, Y4, 16)
	ODD(112, 176)
	SIX(R8, Y4, 24)
	HALFSCALE(8)
	ADD6(Y4, Y0, (DI), 4(BX))
	ADDQ $208, SI
	ADDQ $32, R8
	ADDQ $4, DI
	ADDQ $8, BX
	DECQ AX
	JNZ  q6Kx1sub
	SUBQ $8, CX
	JNZ  q6Kx1
	MOVQ t+0(FP), AX
	MOVQ 56(AX), DX
	VMOVUPS Y0, (DX)
	VZEROUPPER
	RET
