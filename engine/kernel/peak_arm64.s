#include "textflag.h"
#include "neon_arm64.h"

#define FMA4X4(c) \
	FMA4(0, 1, c);   \
	FMA4(0, 1, c+1); \
	FMA4(0, 1, c+2); \
	FMA4(0, 1, c+3)

// func peakNEON(n int)
TEXT ·peakNEON(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CMP  $0, R0
	BLE  done
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

loop:
	FMA4X4(8)
	FMA4X4(12)
	FMA4X4(16)
	FMA4X4(20)
	FMA4X4(24)
	FMA4X4(28)
	SUBS $1, R0
	BNE  loop

done:
	RET

// LOAD loads 64 bytes and steps on.
#define LOAD(f0, f1, f2, f3) \
	FLDPQ   32(R0), (f2, f3); \
	FLDPQ.P 64(R0), (f0, f1)

#define ADDTO(v0, v1, v2, v3) \
	VADD v0.D2, V16.D2, V16.D2; \
	VADD v1.D2, V17.D2, V17.D2; \
	VADD v2.D2, V18.D2, V18.D2; \
	VADD v3.D2, V19.D2, V19.D2

// func readSumNEON(p *byte, n int) uint64
TEXT ·readSumNEON(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16

loop:
	LOAD(F0, F1, F2, F3)
	LOAD(F4, F5, F6, F7)
	LOAD(F8, F9, F10, F11)
	LOAD(F12, F13, F14, F15)
	ADDTO(V0, V1, V2, V3)
	ADDTO(V4, V5, V6, V7)
	ADDTO(V8, V9, V10, V11)
	ADDTO(V12, V13, V14, V15)
	SUBS $256, R1
	BNE  loop

	VADD V17.D2, V16.D2, V16.D2
	VADD V19.D2, V18.D2, V18.D2
	VADD V18.D2, V16.D2, V16.D2
	VMOV V16.D[0], R2
	VMOV V16.D[1], R3
	ADD  R2, R3, R2
	MOVD R2, ret+16(FP)
	RET
