#include "textflag.h"

// func dotsAVX2(out *int32, rows *int8, q *int16, n, width int)
//
// Four rows at a time share what is read of q. As in dotAVX2 bytes are widened to
// words, and VPMADDWD is exact. n > 0 is a multiple of 4, width > 0 of 16.
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), R8
	MOVQ q+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ width+32(FP), BX

four:
	LEAQ  (R8)(BX*1), R9
	LEAQ  (R9)(BX*1), R10
	LEAQ  (R10)(BX*1), R11
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	XORQ  AX, AX

loop:
	VMOVDQU   (DX)(AX*2), Y8  // q[k:k+16]
	VPMOVSXBW (R8)(AX*1), Y4  // row 0[k:k+16]
	VPMOVSXBW (R9)(AX*1), Y5
	VPMOVSXBW (R10)(AX*1), Y6
	VPMOVSXBW (R11)(AX*1), Y7
	VPMADDWD  Y8, Y4, Y4
	VPMADDWD  Y8, Y5, Y5
	VPMADDWD  Y8, Y6, Y6
	VPMADDWD  Y8, Y7, Y7
	VPADDD    Y4, Y0, Y0
	VPADDD    Y5, Y1, Y1
	VPADDD    Y6, Y2, Y2
	VPADDD    Y7, Y3, Y3
	ADDQ      $16, AX
	CMPQ      AX, BX
	JLT       loop

	VPHADDD      Y1, Y0, Y0    // neighbours
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y2, Y0, Y0    // a half of each row's sum in each half
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VMOVDQU      X0, (DI)      // out[0:4]
	ADDQ         $16, DI
	LEAQ         (R11)(BX*1), R8
	SUBQ         $4, CX
	JNZ          four

	VZEROUPPER
	RET
