#include "textflag.h"

// func packRowsAVX2(bp, b *float32, k, brs, step, right int)
TEXT ·packRowsAVX2(SB), NOSPLIT, $0-48
	MOVQ bp+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ k+16(FP), CX
	MOVQ brs+24(FP), R8
	MOVQ step+32(FP), R10
	MOVQ right+40(FP), R11
	LEAQ (R8)(R8*4), R9
	LEAQ (R9)(R8*8), R9 // rows far apart, which no prefetcher foresees, are asked for 13 rows ahead

loop:
	PREFETCHT0 (SI)(R9*1)
	PREFETCHT0 64(SI)(R9*1)
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, (DI)(R11*1)
	VMOVUPS Y3, 32(DI)(R11*1)
	ADDQ    R8, SI
	ADDQ    R10, DI
	DECQ    CX
	JNZ     loop
	VZEROUPPER
	RET

// HALF transposes four steps of eight columns: Y0 to Y3 hold columns 0 to 3 in
// their lower and 4 to 7 in their upper half; the four rows from DI, R10 bytes apart, receive steps.
#define HALF \
	VUNPCKLPS Y1, Y0, Y4 \
	VUNPCKHPS Y1, Y0, Y5 \
	VUNPCKLPS Y3, Y2, Y6 \
	VUNPCKHPS Y3, Y2, Y7 \
	VUNPCKLPD Y6, Y4, Y0 \
	VUNPCKHPD Y6, Y4, Y1 \
	VUNPCKLPD Y7, Y5, Y2 \
	VUNPCKHPD Y7, Y5, Y3 \
	VMOVUPS   Y0, (DI) \
	VMOVUPS   Y1, (DI)(R10*1) \
	VMOVUPS   Y2, (DI)(R10*2) \
	VMOVUPS   Y3, (DI)(R11*1) \
	LEAQ      (DI)(R10*4), DI

// func transposeAVX2(dst, b *float32, k, bcs, ld int)
TEXT ·transposeAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ k+16(FP), CX
	MOVQ bcs+24(FP), R8
	MOVQ ld+32(FP), R10
	LEAQ (R10)(R10*2), R11
	LEAQ (R8)(R8*2), R9
	LEAQ (SI)(R8*4), BX // column 4
	LEAQ (SI)(R8*8), R12 // the eight columns after these, which are asked for
	LEAQ (BX)(R8*8), R13

loop: // steps 0 to 3, then 4 to 7, of eight columns
	VMOVUPS     (SI), X0
	VMOVUPS     (SI)(R8*1), X1
	VMOVUPS     (SI)(R8*2), X2
	VMOVUPS     (SI)(R9*1), X3
	VINSERTF128 $1, (BX), Y0, Y0
	VINSERTF128 $1, (BX)(R8*1), Y1, Y1
	VINSERTF128 $1, (BX)(R8*2), Y2, Y2
	VINSERTF128 $1, (BX)(R9*1), Y3, Y3
	HALF
	PREFETCHT0  (R12)
	PREFETCHT0  (R12)(R8*1)
	PREFETCHT0  (R12)(R8*2)
	PREFETCHT0  (R12)(R9*1)
	VMOVUPS     16(SI), X0
	VMOVUPS     16(SI)(R8*1), X1
	VMOVUPS     16(SI)(R8*2), X2
	VMOVUPS     16(SI)(R9*1), X3
	VINSERTF128 $1, 16(BX), Y0, Y0
	VINSERTF128 $1, 16(BX)(R8*1), Y1, Y1
	VINSERTF128 $1, 16(BX)(R8*2), Y2, Y2
	VINSERTF128 $1, 16(BX)(R9*1), Y3, Y3
	HALF
	PREFETCHT0  (R13)
	PREFETCHT0  (R13)(R8*1)
	PREFETCHT0  (R13)(R8*2)
	PREFETCHT0  (R13)(R9*1)
	ADDQ        $32, SI
	ADDQ        $32, BX
	ADDQ        $32, R12
	ADDQ        $32, R13
	SUBQ        $8, CX
	JNZ         loop
	VZEROUPPER
	RET
