#include "quant_amd64.h"

// Products of quantised weights with AVX-512 and VNNI, of 16 rows with 1, 2 or 4
// tokens: VPDPBUSD adds four products of unsigned and signed bytes to 32 bits, so
// sums need no care. Weights are unsigned, and what was added to them, times Σa,
// is taken off. Rows lie as in q4_amd64.s and the like; the upper half of a
// register is of the second 8 rows.
//
// Z0 to Z3 sums of a block, and Z16 to Z19 others of it, Z4 to Z7 sums, Z8 and Z9
// weights, Z10 scales, Z11 minima, Z12 and Z13 those of 256 weights, Z30 and Z31
// constants.

#define CONST(n, Z) \
	MOVL $n, BX \
	VPBROADCASTD BX, Z

// LOAD loads vectors of both groups of rows.
#define LOAD(o, Y, Z) \
	VMOVDQU (o)(SI), Y \
	VINSERTI64X4 $1, (o)(SI)(R14*1), Z, Z

#define ZERO(A, H) \
	VPXORD A, A, A \
	VPXORD H, H, H

#define ZERO1 \
	ZERO(Z0, Z16) \
	ZERO(Z1, Z17)

#define ZERO2 ZERO1

#define ZERO4 \
	ZERO1 \
	ZERO(Z2, Z18) \
	ZERO(Z3, Z19)

#define SUMS1 \
	VPXORD Z4, Z4, Z4

#define SUMS2 \
	SUMS1 \
	VPXORD Z5, Z5, Z5

#define SUMS4 \
	SUMS2 \
	VPXORD Z6, Z6, Z6 \
	VPXORD Z7, Z7, Z7

#define STORE2 \
	VMOVUPS Z4, (DX)   \
	VMOVUPS Z5, 64(DX) \
	VZEROUPPER

#define STORE4 \
	VMOVUPS Z6, 128(DX) \
	VMOVUPS Z7, 192(DX) \
	STORE2

// PAIRS keeps, of one token with R12 pairs of groups of rows, what NEWPAIR
// begins each of them with. R15 is where rows are asked for: 3 KB further on in a
// group of this or, where it ends (R13), of a later pair. A group of 1,024
// columns has 5 KB: asking for what stands 3 KB further on in memory would mostly
// ask for what is there.
#define PAIRS \
	ARGSROWS \
	MOVQ 16(AX), R14 \
	LEAQ 3072(SI), R15 \
	LEAQ (SI)(R14*1), R13 \
	CMPQ R15, R13 \
	JCS  4(PC) \
	ADDQ R14, R15 \
	LEAQ (R13)(R14*2), R13 \
	JMP  -4(PC)

#define NEWPAIR \
	MOVQ R9, CX  \
	MOVQ R10, R8 \
	MOVQ R11, DI \
	SUMS1

// ENDPAIR ends 16 rows; the flags tell whether more come.
#define ENDPAIR \
	VMOVUPS Z4, (DX) \
	ADDQ $64, DX     \
	ADDQ R14, SI     \
	DECQ R12

// FETCH asks for lines of rows that come later, PASS goes on by the w bytes of a
// block.
#define FETCH(o) \
	PREFETCHT0 (o)(R15) \
	PREFETCHT0 (o)(R15)(R14*1)

#define FETCH2 \
	FETCH(0) \
	FETCH(64)

#define FETCH3 \
	FETCH2 \
	FETCH(128)

#define FETCH4 \
	FETCH3 \
	FETCH(192)

#define PASS(w) \
	ADDQ $w, R15  \
	CMPQ R15, R13 \
	JCS  3(PC)    \
	ADDQ R14, R15 \
	LEAQ (R13)(R14*2), R13

// PRODUCTS adds those of Z8 and Z9 with eight activations at a.
#define PRODUCTS(R, a, A, H) \
	VPDPBUSD.BCST (a)(R), Z8, A   \
	VPDPBUSD.BCST (a+4)(R), Z9, H

#define PRODUCTS2(a) \
	PRODUCTS(R8, a, Z0, Z16) \
	PRODUCTS(R9, a, Z1, Z17)

#define PRODUCTS4(a) \
	PRODUCTS2(a) \
	PRODUCTS(R10, a, Z2, Z18) \
	PRODUCTS(R11, a, Z3, Z19)

// BOTH makes scales of the binary16 numbers at o of both groups.
#define BOTH(o, S, X, Y, Z) \
	VMOVDQU (o)(S), X \
	VINSERTI128 $1, (o)(S)(R14*1), Y, Y \
	VCVTPH2PS Y, Z

// SCALED adds the sums A, scaled.
#define SCALED(A, F, at) \
	VCVTDQ2PS A, A \
	VMULPS.BCST B_D at, Z10, Z20 \
	VFMADD231PS A, Z20, F

// Of one token, sums are of even and odd vectors too.
#define JOIN1 \
	VPADDD Z16, Z0, Z0 \
	VPADDD Z17, Z1, Z1 \
	VPADDD Z1, Z0, Z0

#define JOIN2 \
	VPADDD Z16, Z0, Z0 \
	VPADDD Z17, Z1, Z1

#define JOIN4 \
	JOIN2 \
	VPADDD Z18, Z2, Z2 \
	VPADDD Z19, Z3, Z3

// ALL does F to every token's sums.
#define ALL1(F) \
	F(Z0, Z4, (DI))

#define ALL2(F) \
	ALL1(F) \
	F(Z1, Z5, (DI)(R13*1))

#define ALL4(F) \
	ALL2(F) \
	F(Z2, Z6, (DI)(R13*2)) \
	F(Z3, Z7, (DI)(R12*1))

// NIBBLES makes two vectors of weights of one.
#define NIBBLES(o) \
	LOAD(o, Y8, Z8)     \
	VPSRLW $4, Z8, Z9   \
	VPANDD Z30, Z8, Z8  \
	VPANDD Z30, Z9, Z9

// For tile units the weights of 16 rows become bytes: fours of steps, of each a
// four of each row. DI is where, and DX where scales go, and minima if there are
// some.

#define ARGSBYTES \
	MOVQ w+0(FP), DI      \
	MOVQ scale+8(FP), DX  \
	MOVQ src+16(FP), SI   \
	MOVQ wide+24(FP), R14 \
	MOVQ nb+32(FP), CX

// FIFTH adds fifth bits to Z8 and Z9: see q5_amd64.s. Z15 is what holds them, Z29
// the bit.
#define FIFTH(SHIFTL, l, SHIFTH, h) \
	SHIFTL $l, Z15, Z11  \
	SHIFTH $h, Z15, Z14  \
	VPANDD Z29, Z11, Z11 \
	VPANDD Z29, Z14, Z14 \
	VPORD  Z11, Z8, Z8   \
	VPORD  Z14, Z9, Z9

#define PUT(at) \
	VMOVDQU64 Z8, (at)(DI) \
	VMOVDQU64 Z9, (at+64)(DI)

// PUTLESS takes off Z26.
#define PUTLESS(at) \
	VPSUBB Z26, Z8, Z8 \
	VPSUBB Z26, Z9, Z9 \
	PUT(at)
