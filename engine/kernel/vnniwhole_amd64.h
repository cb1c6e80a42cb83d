#include "vnni_amd64.h"

// Products of types whose blocks of 256 are summed up as integers, with VNNI:
// VPDPWSSD multiplies sums with scales and adds the products. Z21 to Z24 are
// those totals, Z12 the scales of 256 weights, Z29 what doubles low words.

#define TWICE \
	VBROADCASTI32X4 ·twice(SB), Z29

// INTEGERS makes of the bytes at o of both groups Z10, each in a dword, and Z11,
// each twice.
#define INTEGERS(o) \
	VMOVQ (o)(SI), X10 \
	VPINSRQ $1, (o)(SI)(R14*1), X10, X10 \
	VPMOVSXBD X10, Z10 \
	VPSHUFB Z29, Z10, Z11

#define CLEAR1 \
	VPXORD Z21, Z21, Z21

#define CLEAR2 \
	CLEAR1 \
	VPXORD Z22, Z22, Z22

#define CLEAR4 \
	CLEAR2 \
	VPXORD Z23, Z23, Z23 \
	VPXORD Z24, Z24, Z24

// FINISH adds the totals T of 256 weights, whose activations end before at.
#define FINISH(T, F, at) \
	VCVTDQ2PS T, T \
	VMULPS.BCST (B_D-24)at, Z12, Z20 \
	VFMADD231PS T, Z20, F

// Weights of 3 bits: see putThrees. Z27, Z28 and Z30 are the low 2, 4 and 3 bits.

#define THREES(o, Y, Z) \
	LOAD(o, Y, Z)       \
	VPSRLW $3, Z, Z9    \
	VPANDD Z30, Z, Z8   \
	VPANDD Z30, Z9, Z9

// THREELAST takes the high bits of Z13 to Z15.
#define THREELAST \
	VPSRLW $6, Z13, Z13 \
	VPSRLW $4, Z14, Z14 \
	VPSRLW $2, Z15, Z15 \
	VPTERNLOGD $0xe4, Z27, Z14, Z13 \
	VPTERNLOGD $0xe4, Z28, Z15, Z13 \
	VPSRLW $3, Z13, Z9  \
	VPANDD Z30, Z13, Z8 \
	VPANDD Z30, Z9, Z9

// SIXES takes half a block: Z13, Z14 and Z15 are its three vectors. The fourth
// four of weights lies in their high bits.
#define SIXES(o, a, P) \
	LOAD(o, Y13, Z13)    \
	LOAD(o+32, Y14, Z14) \
	LOAD(o+64, Y15, Z15) \
	VPANDD Z30, Z13, Z8  \
	VPANDD Z30, Z14, Z9  \
	P(a)                 \
	VPSRLW $2, Z13, Z13  \
	VPSRLW $4, Z14, Z14  \
	VPSRLW $6, Z15, Z9   \
	VPANDD Z28, Z13, Z13 \
	VPANDD Z27, Z14, Z14 \
	VPANDD Z29, Z9, Z9   \
	VPORD  Z13, Z9, Z9   \
	VPORD  Z14, Z9, Z9   \
	VPANDD Z30, Z15, Z8  \
	P(a+8)

#define CONSTANTS6 \
	CONST(0x3f3f3f3f, Z30) \
	CONST(0x30303030, Z28) \
	CONST(0x0c0c0c0c, Z27) \
	CONST(0x03030303, Z29) \
	CONST(0x00010001, Z31)
