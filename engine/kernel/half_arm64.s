#include "textflag.h"
#include "neon_arm64.h"

#define ABS4(n, d)     WORD $(0x4EA0F800 | (n)<<5 | (d)) // FABS   Vd.4S, Vn.4S
#define MULBY4(m, n, d) WORD $(0x4F809000 | (m)<<16 | (n)<<5 | (d)) // FMUL Vd.4S, Vn.4S, Vm.S[0]
#define ROUND4(n, d)   WORD $(0x4E21A800 | (n)<<5 | (d)) // FCVTNS Vd.4S, Vn.4S
#define NARROW4(n, d)  WORD $(0x0E612800 | (n)<<5 | (d)) // XTN    Vd.4H, Vn.4S
#define NARROW4_2(n, d) WORD $(0x4E612800 | (n)<<5 | (d)) // XTN2  Vd.8H, Vn.4S
#define NARROW8(n, d)  WORD $(0x0E212800 | (n)<<5 | (d)) // XTN    Vd.8B, Vn.8H
#define NARROW8_2(n, d) WORD $(0x4E212800 | (n)<<5 | (d)) // XTN2  Vd.16B, Vn.8H
#define HALF4(n, d)    WORD $(0x0E217800 | (n)<<5 | (d)) // FCVTL  Vd.4S, Vn.4H
#define HALF4_2(n, d)  WORD $(0x4E217800 | (n)<<5 | (d)) // FCVTL2 Vd.4S, Vn.8H
#define TOHALF(n, d)   WORD $(0x0E216800 | (n)<<5 | (d)) // FCVTN  Vd.4H, Vn.4S
#define TOHALF_2(n, d) WORD $(0x4E216800 | (n)<<5 | (d)) // FCVTN2 Vd.8H, Vn.4S
#define TOP4(n, d)     WORD $(0x2E613800 | (n)<<5 | (d)) // SHLL   Vd.4S, Vn.4H, #16
#define TOP4_2(n, d)   WORD $(0x6E613800 | (n)<<5 | (d)) // SHLL2  Vd.4S, Vn.8H, #16

// func maxAbsNEON(x *float32, n int) float32
// n is a multiple of 32. A comparison passes over NaNs.
TEXT ·maxAbsNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
maxabs:
	FLDPQ.P 32(R0), (F2, F3)
	ABS4(2, 2)
	ABS4(3, 3)
	MORE4(0, 2, 4)
	MORE4(1, 3, 5)
	PICK4(4, 2, 0)
	PICK4(5, 3, 1)
	SUBS $8, R1
	BNE  maxabs
	MAX4(1, 0, 0)
	MAXV4(0, 0)
	FMOVS F0, ret+16(FP)
	RET

// func roundNEON(q *int8, w *int16, x *float32, inv float32, sums *[2][2]int32)
TEXT ·roundNEON(SB), NOSPLIT, $0-40
	MOVD q+0(FP), R0
	MOVD w+8(FP), R1
	MOVD x+16(FP), R2
	FMOVS inv+24(FP), F16
	MOVD sums+32(FP), R3
	FLDPQ (R2), (F0, F1)
	FLDPQ 32(R2), (F2, F3)
	FLDPQ 64(R2), (F4, F5)
	FLDPQ 96(R2), (F6, F7)
	MULBY4(16, 0, 0)
	MULBY4(16, 1, 1)
	MULBY4(16, 2, 2)
	MULBY4(16, 3, 3)
	MULBY4(16, 4, 4)
	MULBY4(16, 5, 5)
	MULBY4(16, 6, 6)
	MULBY4(16, 7, 7)
	ROUND4(0, 0)
	ROUND4(1, 1)
	ROUND4(2, 2)
	ROUND4(3, 3)
	ROUND4(4, 4)
	ROUND4(5, 5)
	ROUND4(6, 6)
	ROUND4(7, 7)
	VADD V1.S4, V0.S4, V17.S4 // the sums of the halves' pairs
	VADD V3.S4, V2.S4, V18.S4
	VADD V5.S4, V4.S4, V19.S4
	VADD V7.S4, V6.S4, V20.S4
	VADD V18.S4, V17.S4, V17.S4
	VADD V20.S4, V19.S4, V19.S4
	VADDP V19.S4, V17.S4, V17.S4
	FMOVQ F17, (R3)
	NARROW4(0, 0)
	NARROW4_2(1, 0)
	NARROW4(2, 2)
	NARROW4_2(3, 2)
	NARROW4(4, 4)
	NARROW4_2(5, 4)
	NARROW4(6, 6)
	NARROW4_2(7, 6)
	FSTPQ (F0, F2), (R1)
	FSTPQ (F4, F6), 32(R1)
	NARROW8(0, 0)
	NARROW8_2(2, 0)
	NARROW8(4, 4)
	NARROW8_2(6, 4)
	FSTPQ (F0, F4), (R0)
	RET

// func float32sNEON(dst *float32, src *uint16, n int)
TEXT ·float32sNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
widen:
	FMOVQ.P 16(R1), F0
	HALF4_2(0, 1)
	HALF4(0, 0)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BNE  widen
	RET

// func float16sNEON(dst *uint16, src *float32, n int)
TEXT ·float16sNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
narrow:
	FLDPQ.P 32(R1), (F0, F1)
	TOHALF(0, 2)
	TOHALF_2(1, 2)
	FMOVQ.P F2, 16(R0)
	SUBS $8, R2
	BNE  narrow
	RET

// func bfloatsNEON(dst *float32, src *uint16, n int)
TEXT ·bfloatsNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
bwiden:
	FMOVQ.P 16(R1), F0
	TOP4_2(0, 1)
	TOP4(0, 0)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS $8, R2
	BNE  bwiden
	RET
