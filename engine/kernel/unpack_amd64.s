#include "textflag.h"

// A dword of a vector of nibbles holds eight weights: byte i has weight i low
// and weight 4+i high.
DATA nibbleShifts<>+0(SB)/8, $0x0000000800000000
DATA nibbleShifts<>+8(SB)/8, $0x0000001800000010
DATA nibbleShifts<>+16(SB)/8, $0x0000000c00000004
DATA nibbleShifts<>+24(SB)/8, $0x0000001c00000014
GLOBL nibbleShifts<>(SB), RODATA, $32

// A dword of bit pairs holds sixteen: byte i has those of weights i, 4+i, 8+i and 12+i.
DATA pairShifts<>+0(SB)/8, $0x0000000800000000
DATA pairShifts<>+8(SB)/8, $0x0000001800000010
DATA pairShifts<>+16(SB)/8, $0x0000000a00000002
DATA pairShifts<>+24(SB)/8, $0x0000001a00000012
GLOBL pairShifts<>(SB), RODATA, $32

// EIGHT writes w = (q - offset)·scale, rounded, + low.
#define EIGHT(from, to) \
	VPBROADCASTD from, Y0  \
	VPSRLVD   Y15, Y0, Y0  \
	VPAND     Y14, Y0, Y0  \
	VPSUBD    Y13, Y0, Y0  \
	VCVTDQ2PS Y0, Y0       \
	VMULPS    Y1, Y0, Y0   \
	VADDPS    Y2, Y0, Y0   \
	VMOVUPS   Y0, to

// func unpackFourAVX2(dst *float32, vectors *byte, scales, lows *float32, n, offset int)
TEXT ·unpackFourAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         vectors+8(FP), SI
	MOVQ         scales+16(FP), R8
	MOVQ         lows+24(FP), R9
	MOVQ         n+32(FP), CX
	VPBROADCASTD offset+40(FP), Y13
	MOVQ         $15, AX
	VMOVQ        AX, X14
	VPBROADCASTD X14, Y14
	VMOVDQU      nibbleShifts<>(SB), Y15

four:
	VBROADCASTSS (R8), Y1
	VBROADCASTSS (R9), Y2
	EIGHT(0(SI), 0(DI))
	EIGHT(32(SI), 32(DI))
	EIGHT(64(SI), 64(DI))
	EIGHT(96(SI), 96(DI))
	ADDQ $4, R8
	ADDQ $4, R9
	ADDQ $4, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  four
	VZEROUPPER
	RET

// SIX writes w = (q - 32)·scale, q's high bits being pairs from bit Y12 on.
#define SIX(from, high, shifts, scale, to) \
	VPBROADCASTD from, Y0         \
	VPBROADCASTD high, Y3         \
	VPSRLVD      Y15, Y0, Y0      \
	VPSRLVD      shifts, Y3, Y3   \
	VPAND        Y14, Y0, Y0      \
	VPAND        Y10, Y3, Y3      \
	VPSLLD       $4, Y3, Y3       \
	VPOR         Y3, Y0, Y0       \
	VPSUBD       Y13, Y0, Y0      \
	VCVTDQ2PS    Y0, Y0           \
	VMULPS       scale, Y0, Y0    \
	VMOVUPS      Y0, to

// func unpackSixAVX2(dst *float32, part *byte, scales *[2][8]float32, n int)
TEXT ·unpackSixAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         part+8(FP), SI
	MOVQ         scales+16(FP), R8
	MOVQ         n+24(FP), CX
	MOVQ         $15, AX
	VMOVQ        AX, X14
	VPBROADCASTD X14, Y14
	MOVQ         $32, AX
	VMOVQ        AX, X13
	VPBROADCASTD X13, Y13
	MOVQ         $3, AX
	VMOVQ        AX, X10
	VPBROADCASTD X10, Y10
	MOVQ         $4, AX
	VMOVQ        AX, X4
	VPBROADCASTD X4, Y4
	VMOVDQU      nibbleShifts<>(SB), Y15
	VMOVDQU      pairShifts<>(SB), Y12
	VPADDD       Y4, Y12, Y11

six:
	VBROADCASTSS (R8), Y1
	VBROADCASTSS 32(R8), Y2
	SIX(16(SI), 144(SI), Y12, Y1, 0(DI))
	SIX(48(SI), 144(SI), Y11, Y1, 32(DI))
	SIX(80(SI), 176(SI), Y12, Y2, 64(DI))
	SIX(112(SI), 176(SI), Y11, Y2, 96(DI))
	ADDQ $4, R8
	ADDQ $4, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  six
	VZEROUPPER
	RET
