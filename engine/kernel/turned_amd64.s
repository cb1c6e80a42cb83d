#include "textflag.h"
#include "tiles_amd64.h"
#include "turned_amd64.h"

// Gradients of three bytes times weights of two: struct turnedTile. A tile of sums
// has 16 tokens and 16 columns; there are four, of what counts as much.
//
// SI gradients, CX 256; BX weights, DX 64; R8 where sums go, R15 where those of the tile
// before are; DI where they are added to and R9 their scales, R12 and R13 the same of
// the tile before, R14 bytes from token to token.

#define PLANE 65536

// STEPS multiplies the i-th 64 rows. Products that count as much are as far apart as
// they can be, for each waits for the one before.
#define STEPS(i) \
	LOADA(0, 2*PLANE+64*i) \
	LOADW(2, 2048*i)       \
	MULBYTES(4, 0, 2)      \
	LOADW(3, 2048*i+1024)  \
	MULBYTES(5, 0, 3)      \
	LOADA(1, PLANE+64*i)   \
	MULBYTES(6, 1, 3)      \
	LOADA(0, 64*i)         \
	MULBYTES(7, 0, 3)      \
	MULBYTES(5, 1, 2)      \
	MULBYTES(6, 0, 2)

#define BEGIN \
	ZERO(4) \
	ZERO(5) \
	ZERO(6) \
	ZERO(7)

#define END \
	SETSUM(4, 0)    \
	SETSUM(5, 1024) \
	SETSUM(6, 2048) \
	SETSUM(7, 3072) \
	XCHGQ R8, R15

// ADDED adds a token's sums, which are at o: exact in float64, rounded once.
#define ADDED(o) \
	VPSLLD $8, o(R15), Z2        \
	VPADDD (o+1024)(R15), Z2, Z2 \
	VPSLLD $8, (o+2048)(R15), Z4 \
	VPADDD (o+3072)(R15), Z4, Z4 \
	VEXTRACTI64X4 $1, Z2, Y3     \
	VEXTRACTI64X4 $1, Z4, Y5     \
	VCVTDQ2PD Y2, Z2             \
	VCVTDQ2PD Y3, Z3             \
	VCVTDQ2PD Y4, Z4             \
	VCVTDQ2PD Y5, Z5             \
	VFMADD231PD Z31, Z2, Z4      \
	VFMADD231PD Z31, Z3, Z5      \
	VCVTPD2PS Z4, Y4             \
	VCVTPD2PS Z5, Y5             \
	VINSERTF64X4 $1, Y5, Z4, Z4  \
	VMOVUPS (R12), Z6            \
	VFMADD231PS.BCST (R13), Z4, Z6 \
	VMOVUPS Z6, (R12)            \
	ADDQ $4, R13                 \
	ADDQ R14, R12

#define FOURADDED(o) \
	ADDED(o)     \
	ADDED(o+64)  \
	ADDED(o+128) \
	ADDED(o+192)

// func mulTurnedAMX(t *turnedTile)
TEXT ·mulTurnedAMX(SB), NOSPLIT, $0-8
	LEAQ ·wholeTiles(SB), AX
	CONFIG
	MOVQ t+0(FP), AX
	MOVQ 8(AX), BX
	MOVQ 24(AX), R12
	MOVQ 16(AX), R13
	MOVQ 32(AX), R14
	MOVQ 48(AX), R8
	LEAQ 4096(R8), R15
	MOVQ $256, CX
	MOVQ $64, DX
	MOVQ $0x40f0000000000000, R10 // 2¹⁶
	VMOVQ R10, X31
	VBROADCASTSD X31, Z31
	MOVQ R12, R11 // columns under way
	MOVQ $4, 56(AX)

columns: // four sixteens, whose weights stay in the first cache
	MOVQ t+0(FP), AX
	MOVQ 0(AX), SI
	MOVQ 16(AX), R9
	MOVQ 40(AX), R10
	MOVQ R10, 64(AX)
	MOVQ R11, DI

tokens:
	MOVQ $4, R10

tile:
	BEGIN
	STEPS(0)
	FOURADDED(0)
	STEPS(1)
	FOURADDED(256)
	STEPS(2)
	FOURADDED(512)
	STEPS(3)
	FOURADDED(768)
	END
	MOVQ DI, R12
	MOVQ R9, R13
	ADDQ $64, DI
	ADDQ $8192, BX
	DECQ R10
	JNZ  tile
	SUBQ $32768, BX
	SUBQ $256, DI
	MOVQ R14, R10
	SHLQ $4, R10
	ADDQ R10, DI
	ADDQ $64, R9
	ADDQ $4096, SI
	MOVQ t+0(FP), AX
	DECQ 64(AX)
	JNZ  tokens
	ADDQ $32768, BX
	ADDQ $256, R11
	DECQ 56(AX)
	JNZ  columns
	FOURADDED(0)
	FOURADDED(256)
	FOURADDED(512)
	FOURADDED(768)
	RELEASE
	VZEROUPPER
	RET

// SIGNED makes, of a number, bytes that each have a sign, and puts those of four
// side by side that count as much.
#define SIGNED(Z) \
	VMULPS Z20, Z, Z  \
	VCVTPS2DQ Z, Z    \
	VPADDD Z21, Z, Z  \
	VPXORD Z21, Z, Z  \
	VPSHUFB Z22, Z, Z

#define BYTES64(o, A, B, C, D) \
	SIGNED(A) \
	SIGNED(B) \
	SIGNED(C) \
	SIGNED(D) \
	VPUNPCKLDQ B, A, Z24 \
	VPUNPCKHDQ B, A, Z25 \
	VPUNPCKLDQ D, C, Z26 \
	VPUNPCKHDQ D, C, Z27 \
	VPUNPCKLQDQ Z26, Z24, Z28 \
	VPUNPCKHQDQ Z26, Z24, Z29 \
	VPUNPCKLQDQ Z27, Z25, Z30 \
	VMOVDQU64 Z28, o(DI)         \
	VMOVDQU64 Z29, (PLANE+o)(DI) \
	VMOVDQU64 Z30, (2*PLANE+o)(DI)

// func turnedBytesAVX512(a *int8, x, scale *float32, ahead int) float32
TEXT ·turnedBytesAVX512(SB), NOSPLIT, $0-36
	MOVQ a+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ scale+16(FP), R8
	MOVQ ahead+24(FP), R9
	SCALED256
	VMOVSS X16, ret+32(FP)
	MOVL $0x00808080, AX
	VPBROADCASTD AX, Z21
	VBROADCASTI32X4 ·exchanged(SB), Z22
	BYTES64(0, Z0, Z1, Z2, Z3)
	BYTES64(64, Z4, Z5, Z6, Z7)
	BYTES64(128, Z8, Z9, Z10, Z11)
	BYTES64(192, Z12, Z13, Z14, Z15)
	VZEROUPPER
	RET

// func addPartsAVX2(to, lows *float32, n int)
TEXT ·addPartsAVX2(SB), NOSPLIT, $0-24
	MOVQ to+0(FP), DI
	MOVQ lows+8(FP), SI
	MOVQ n+16(FP), CX

part:
	VBROADCASTSS (SI), Y0
	VADDPS 0(DI), Y0, Y1
	VADDPS 32(DI), Y0, Y2
	VADDPS 64(DI), Y0, Y3
	VADDPS 96(DI), Y0, Y4
	VMOVUPS Y1, 0(DI)
	VMOVUPS Y2, 32(DI)
	VMOVUPS Y3, 64(DI)
	VMOVUPS Y4, 96(DI)
	ADDQ $4, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  part
	VZEROUPPER
	RET
