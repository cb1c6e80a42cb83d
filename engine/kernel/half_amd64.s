#include "textflag.h"

// func maxAbsAVX2(x *float32, n int) float32
// n is a multiple of 32. The maximum passes over NaNs: VMAXPS gives its first
// source in Go's order when one is not a number.
TEXT ·maxAbsAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	VPCMPEQD Y15, Y15, Y15
	VPSRLD   $1, Y15, Y15 // all but the sign
	VXORPS   Y0, Y0, Y0
maxabs:
	VANDPS (SI), Y15, Y1
	VANDPS 32(SI), Y15, Y2
	VANDPS 64(SI), Y15, Y3
	VANDPS 96(SI), Y15, Y4
	VMAXPS Y0, Y1, Y0
	VMAXPS Y0, Y2, Y0
	VMAXPS Y0, Y3, Y0
	VMAXPS Y0, Y4, Y0
	ADDQ   $128, SI
	SUBQ   $32, CX
	JNZ    maxabs
	VEXTRACTF128 $1, Y0, X1
	VMAXPS X1, X0, X0
	VPSHUFD $0x0e, X0, X1
	VMAXPS X1, X0, X0
	VPSHUFD $0x01, X0, X1
	VMAXSS X1, X0, X0
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func roundAVX2(q *int8, w *int16, x *float32, inv float32, sums *[2][2]int32)
TEXT ·roundAVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ w+8(FP), BX
	MOVQ x+16(FP), SI
	VBROADCASTSS inv+24(FP), Y15
	MOVQ sums+32(FP), DX
	VMULPS (SI), Y15, Y0
	VMULPS 32(SI), Y15, Y1
	VMULPS 64(SI), Y15, Y2
	VMULPS 96(SI), Y15, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPADDD Y1, Y0, Y4 // the sums of the halves' pairs
	VPADDD Y3, Y2, Y5
	VPHADDD Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPADDD X5, X4, X4
	VMOVDQU X4, (DX)
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPERMQ $0xd8, Y0, Y0
	VPERMQ $0xd8, Y2, Y2
	VMOVDQU Y0, (BX)
	VMOVDQU Y2, 32(BX)
	VPACKSSWB Y2, Y0, Y0
	VPERMQ $0xd8, Y0, Y0
	VMOVDQU Y0, (DI)
	VZEROUPPER
	RET

// func float32sAVX2(dst *float32, src *uint16, n int)
TEXT ·float32sAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
widen:
	VCVTPH2PS (SI), Y0
	VMOVUPS Y0, (DI)
	ADDQ $16, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  widen
	VZEROUPPER
	RET

// func float16sAVX2(dst *uint16, src *float32, n int)
TEXT ·float16sAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
narrow:
	VMOVUPS (SI), Y0
	VCVTPS2PH $0, Y0, (DI)
	ADDQ $32, SI
	ADDQ $16, DI
	SUBQ $8, CX
	JNZ  narrow
	VZEROUPPER
	RET

// func bfloatsAVX2(dst *float32, src *uint16, n int)
TEXT ·bfloatsAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
bwiden:
	VPMOVZXWD (SI), Y0
	VPSLLD $16, Y0, Y0
	VMOVDQU Y0, (DI)
	ADDQ $16, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  bwiden
	VZEROUPPER
	RET
