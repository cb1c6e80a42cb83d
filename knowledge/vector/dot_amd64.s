#include "textflag.h"

// func dotAVX2(x, y *int8, n int) int32
//
// Bytes are widened to words; VPMADDWD multiplies words and adds neighbours
// in 32 bits, which is exact. n > 0 is a multiple of 32. Two sums hide its latency.
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), SI
	MOVQ y+8(FP), DI
	MOVQ n+16(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

loop:
	VPMOVSXBW (SI), Y2       // x[0:16]
	VPMOVSXBW (DI), Y3       // y[0:16]
	VPMOVSXBW 16(SI), Y4     // x[16:32]
	VPMOVSXBW 16(DI), Y5     // y[16:32]
	VPMADDWD  Y2, Y3, Y2
	VPMADDWD  Y4, Y5, Y4
	VPADDD    Y2, Y0, Y0
	VPADDD    Y4, Y1, Y1
	ADDQ      $32, SI
	ADDQ      $32, DI
	SUBQ      $32, CX
	JNZ       loop

	VPADDD       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0x4E, X0, X1 // the upper two
	VPADDD       X1, X0, X0
	VPSHUFD      $0xB1, X0, X1 // neighbours
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	VZEROUPPER
	MOVL         AX, ret+24(FP)
	RET
