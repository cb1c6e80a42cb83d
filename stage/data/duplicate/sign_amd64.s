#include "textflag.h"

// HASH takes one shingle into the least values m of four permutations: its low
// half (repeated) is in Y8, its high half in Y9, 2⁶¹−1 in Y15, 1 in Y14.
//
// The product is that of 32-bit halves. What is 2⁶¹−1 or more before the last step of
// reduce has bit 61 set once 1 is added; then that is taken away with the multiple.
#define HASH(a, ahi, b, m) \
	VPMULUDQ  Y8, a, Y10      \ // low x · low a
	VPMULUDQ  Y9, a, Y11      \ // high x · low a
	VPMULUDQ  Y8, ahi, Y12    \ // low x · high a
	VPADDQ    Y12, Y11, Y11   \
	VPSLLQ    $32, Y11, Y11   \
	VPADDQ    b, Y10, Y10     \
	VPADDQ    Y11, Y10, Y10   \ // t = a·x + b mod 2⁶⁴
	VPSRLQ    $61, Y10, Y11   \
	VPAND     Y15, Y10, Y10   \
	VPADDQ    Y11, Y10, Y10   \ // y = t&(2⁶¹−1) + t>>61
	VPADDQ    Y14, Y10, Y11   \
	VPSRLQ    $61, Y11, Y11   \ // 1 if y ≥ 2⁶¹−1
	VPADDQ    Y11, Y10, Y10   \
	VPAND     Y15, Y10, Y10   \ // y mod 2⁶¹−1
	VPCMPGTQ  Y10, m, Y11     \ // all are below 2⁶³
	VPBLENDVB Y11, Y10, m, m

// func signAVX2(sig, a, b *uint64, shingles *uint64, n int)
//
// Eight permutations at a time stay in registers while all shingles go by. n > 0.
TEXT ·signAVX2(SB), NOSPLIT, $0-40
	MOVQ     sig+0(FP), DI
	MOVQ     a+8(FP), R8
	MOVQ     b+16(FP), R9
	MOVQ     $14, R10         // groups of 8
	VPCMPEQD Y15, Y15, Y15
	VPSRLQ   $63, Y15, Y14    // 1
	VPSRLQ   $3, Y15, Y15     // 2⁶¹−1

group:
	VMOVDQU (R8), Y0          // a
	VMOVDQU 32(R8), Y4
	VPSRLQ  $32, Y0, Y1       // its high half
	VPSRLQ  $32, Y4, Y5
	VMOVDQU (R9), Y2          // b
	VMOVDQU 32(R9), Y6
	VMOVDQA Y15, Y3           // least so far: above all
	VMOVDQA Y15, Y7
	MOVQ    shingles+24(FP), SI
	MOVQ    n+32(FP), CX

next:
	VPBROADCASTQ (SI), Y8     // x
	VPSRLQ       $32, Y8, Y9
	HASH(Y0, Y1, Y2, Y3)
	HASH(Y4, Y5, Y6, Y7)
	ADDQ         $8, SI
	SUBQ         $1, CX
	JNZ          next

	VMOVDQU Y3, (DI)
	VMOVDQU Y7, 32(DI)
	ADDQ    $64, DI
	ADDQ    $64, R8
	ADDQ    $64, R9
	SUBQ    $1, R10
	JNZ     group

	VZEROUPPER
	RET
