#include "textflag.h"

// A dword of a vector of nibbles holds eight weights: byte i has weight i low
// and weight 4+i high.
DATA nibbleShifts<>+0(SB)/8, $0x0000000800000000
DATA nibbleShifts<>+8(SB)/8, $0x0000001800000010
DATA nibbleShifts<>+16(SB)/8, $0x0000000c00000004
DATA nibbleShifts<>+24(SB)/8, $0x0000001c00000014
GLOBL nibbleShifts<>(SB), RODATA, $32

// NIBBLES makes eight weights, FIFTHS does with the bits above them: of the bits
// of vector v's, which begin at bit 2v of each byte at 128(SI).
#define NIBBLES(v) \
	VPBROADCASTD 32*v(SI), Y0 \
	VPSRLVD   Y15, Y0, Y0  \
	VPAND     Y14, Y0, Y0

#define FIFTHS(v) \
	NIBBLES(v) \
	VPBROADCASTD 128(SI), Y3 \
	VPSRLD    $(2*v), Y3, Y3 \
	VPSRLVD   Y12, Y3, Y3  \
	VPAND     Y11, Y3, Y3  \
	VPSLLD    $4, Y3, Y3   \
	VPOR      Y3, Y0, Y0

// EIGHT writes w = (q - offset)·scale, rounded, + low.
#define EIGHT(W, v) \
	W(v) \
	VPSUBD    Y13, Y0, Y0  \
	VCVTDQ2PS Y0, Y0       \
	VMULPS    Y1, Y0, Y0   \
	VADDPS    Y2, Y0, Y0   \
	VMOVUPS   Y0, 32*v(DI)

// ROWS writes CX rows from SI on, whose scales are at R8 and minima at R9, to
// DI. Y13 is their offset.
#define ROWS(W, row) \
	MOVQ         $15, AX            \
	VMOVQ        AX, X14            \
	VPBROADCASTD X14, Y14           \
	VMOVDQU      nibbleShifts<>(SB), Y15 \
row: \
	VBROADCASTSS (R8), Y1 \
	VBROADCASTSS (R9), Y2 \
	EIGHT(W, 0) \
	EIGHT(W, 1) \
	EIGHT(W, 2) \
	EIGHT(W, 3) \
	ADDQ $4, R8   \
	ADDQ $4, R9   \
	ADDQ $4, SI   \
	ADDQ $128, DI \
	DECQ CX       \
	JNZ  row      \
	VZEROUPPER    \
	RET

// SCALES makes the scales of 8 rows: whole numbers times halves.
#define SCALES(WIDEN, part, super, Y, T) \
	WIDEN     part, Y  \
	VCVTPH2PS super, T \
	VCVTDQ2PS Y, Y     \
	VMULPS    T, Y, Y

// KSCALES makes the scales and the minima, less than zero, of a part of Q4_K or
// Q5_K.
#define KSCALES \
	MOVQ    dst+0(FP), DI   \
	MOVQ    part+8(FP), SI  \
	MOVQ    super+16(FP), R8 \
	MOVQ    n+24(FP), CX    \
	SCALES(VPMOVZXBD, (SI), (R8), Y0, Y1) \
	SCALES(VPMOVZXBD, 8(SI), 16(R8), Y2, Y3) \
	VPCMPEQD Y3, Y3, Y3     \
	VPSLLD  $31, Y3, Y3     \
	VXORPS  Y3, Y2, Y2      \
	VMOVUPS Y0, scales-64(SP) \
	VMOVUPS Y2, lows-32(SP) \
	LEAQ    scales-64(SP), R8 \
	LEAQ    lows-32(SP), R9 \
	ADDQ    $16, SI         \
	VPXOR   Y13, Y13, Y13

// func unpackFourAVX2(dst *float32, vectors *byte, scales, lows *float32, n, offset int)
TEXT ·unpackFourAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         vectors+8(FP), SI
	MOVQ         scales+16(FP), R8
	MOVQ         lows+24(FP), R9
	MOVQ         n+32(FP), CX
	VPBROADCASTD offset+40(FP), Y13
	ROWS(NIBBLES, four)

// func unpackFourKAVX2(dst *float32, part, super *byte, n int)
TEXT ·unpackFourKAVX2(SB), NOSPLIT, $64-32
	KSCALES
	ROWS(NIBBLES, fourK)

// Where the fifth bits of eight weights are: see q5_amd64.s.
DATA fifthShifts<>+0(SB)/8, $0x0000000800000000
DATA fifthShifts<>+8(SB)/8, $0x0000001800000010
DATA fifthShifts<>+16(SB)/8, $0x0000000900000001
DATA fifthShifts<>+24(SB)/8, $0x0000001900000011
GLOBL fifthShifts<>(SB), RODATA, $32

// func unpackFiveKAVX2(dst *float32, part, super *byte, n int)
TEXT ·unpackFiveKAVX2(SB), NOSPLIT, $64-32
	KSCALES
	VMOVDQU fifthShifts<>(SB), Y12
	VPCMPEQD Y11, Y11, Y11
	VPSRLD  $31, Y11, Y11
	ROWS(FIFTHS, fiveK)

// SIXTEEN writes half a row, w = (q - 32)·scale: three dwords hold weights 0
// to 11 in six bits of a byte each, and in the others those of 12 to 15.
#define SIXTEEN(o, scale, to) \
	VPMOVZXBD   o(SI), X0       \
	VPMOVZXBD   o+32(SI), X3    \
	VPMOVZXBD   o+64(SI), X4    \
	VPSRLD      $6, X0, X5      \
	VPSRLD      $6, X3, X6      \
	VPSRLD      $6, X4, X7      \
	VPSLLD      $4, X5, X5      \
	VPSLLD      $2, X6, X6      \
	VPOR        X6, X5, X5      \
	VPOR        X7, X5, X5      \
	VINSERTI128 $1, X3, Y0, Y0  \
	VINSERTI128 $1, X5, Y4, Y4  \
	VPAND       Y14, Y0, Y0     \
	VPAND       Y14, Y4, Y4     \
	VPSUBD      Y13, Y0, Y0     \
	VPSUBD      Y13, Y4, Y4     \
	VCVTDQ2PS   Y0, Y0          \
	VCVTDQ2PS   Y4, Y4          \
	VMULPS      scale, Y0, Y0   \
	VMULPS      scale, Y4, Y4   \
	VMOVUPS     Y0, to(DI)      \
	VMOVUPS     Y4, to+32(DI)

// func unpackSixAVX2(dst *float32, part, super *byte, n int)
TEXT ·unpackSixAVX2(SB), NOSPLIT, $64-32
	MOVQ         dst+0(FP), DI
	MOVQ         part+8(FP), SI
	MOVQ         super+16(FP), R8
	MOVQ         n+24(FP), CX
	SCALES(VPMOVSXBD, (SI), (R8), Y0, Y1)
	SCALES(VPMOVSXBD, 8(SI), (R8), Y2, Y3)
	VMOVUPS      Y0, first-64(SP)
	VMOVUPS      Y2, second-32(SP)
	LEAQ         first-64(SP), R8
	MOVQ         $63, AX
	VMOVQ        AX, X14
	VPBROADCASTD X14, Y14
	MOVQ         $32, AX
	VMOVQ        AX, X13
	VPBROADCASTD X13, Y13

six:
	VBROADCASTSS (R8), Y1
	VBROADCASTSS 32(R8), Y2
	SIXTEEN(16, Y1, 0)
	SIXTEEN(112, Y2, 64)
	ADDQ $4, R8
	ADDQ $4, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  six
	VZEROUPPER
	RET

// PAIRS8 writes eight weights, of four pairs that lie 16 bytes apart.
#define PAIRS8(o, to) \
	VPBROADCASTW o(SI), X0           \
	VPINSRW      $1, o+16(SI), X0, X0 \
	VPINSRW      $2, o+32(SI), X0, X0 \
	VPINSRW      $3, o+48(SI), X0, X0 \
	VPMOVSXBD    X0, Y0              \
	VCVTDQ2PS    Y0, Y0              \
	VMULPS       Y1, Y0, Y0          \
	VMOVUPS      Y0, to(DI)

// func unpackEightAVX2(dst *float32, pairs *byte, scales *float32, n int)
TEXT ·unpackEightAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ pairs+8(FP), SI
	MOVQ scales+16(FP), R8
	MOVQ n+24(FP), CX

eight:
	VBROADCASTSS (R8), Y1
	PAIRS8(0, 0)
	PAIRS8(64, 32)
	PAIRS8(128, 64)
	PAIRS8(192, 96)
	ADDQ $4, R8
	ADDQ $2, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  eight
	VZEROUPPER
	RET
