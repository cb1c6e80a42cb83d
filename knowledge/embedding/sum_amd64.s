#include "textflag.h"

// func addAVX2(sum *int32, row *int8, n int, weight int32)
//
// Bytes are widened to 32 bits and multiplied there. n > 0 is a multiple of 16.
TEXT ·addAVX2(SB), NOSPLIT, $0-28
	MOVQ         sum+0(FP), DI
	MOVQ         row+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVL         weight+24(FP), AX
	VMOVD        AX, X4
	VPBROADCASTD X4, Y4

loop:
	VPMOVSXBD (SI), Y0       // row[0:8]
	VPMOVSXBD 8(SI), Y1      // row[8:16]
	VPMULLD   Y4, Y0, Y0
	VPMULLD   Y4, Y1, Y1
	VPADDD    (DI), Y0, Y0
	VPADDD    32(DI), Y1, Y1
	VMOVDQU   Y0, (DI)       // sum[0:8]
	VMOVDQU   Y1, 32(DI)     // sum[8:16]
	ADDQ      $16, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JNZ       loop

	VZEROUPPER
	RET
