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

#define DOT(m, n, d)   WORD $(0x4E809400 | (m)<<16 | (n)<<5 | (d)) // SDOT  Vd.4S, Vn.16B, Vm.16B
#define SMLAL(m, n, d) WORD $(0x0E208000 | (m)<<16 | (n)<<5 | (d)) // SMLAL Vd.8H, Vn.8B, Vm.8B

// func peakSDOT(n int)
TEXT ·peakSDOT(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CMP  $0, R0
	BLE  done

loop:
	DOT(30, 31, 0)
	DOT(30, 31, 1)
	DOT(30, 31, 2)
	DOT(30, 31, 3)
	DOT(30, 31, 4)
	DOT(30, 31, 5)
	DOT(30, 31, 6)
	DOT(30, 31, 7)
	DOT(30, 31, 8)
	DOT(30, 31, 9)
	DOT(30, 31, 10)
	DOT(30, 31, 11)
	DOT(30, 31, 12)
	DOT(30, 31, 13)
	DOT(30, 31, 14)
	DOT(30, 31, 15)
	DOT(30, 31, 16)
	DOT(30, 31, 17)
	DOT(30, 31, 18)
	DOT(30, 31, 19)
	DOT(30, 31, 20)
	DOT(30, 31, 21)
	DOT(30, 31, 22)
	DOT(30, 31, 23)
	SUB  $1, R0
	CBNZ R0, loop

done:
	RET


// func peakSMLAL(n int)
TEXT ·peakSMLAL(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CMP  $0, R0
	BLE  done

loop:
	SMLAL(30, 31, 0)
	SMLAL(30, 31, 1)
	SMLAL(30, 31, 2)
	SMLAL(30, 31, 3)
	SMLAL(30, 31, 4)
	SMLAL(30, 31, 5)
	SMLAL(30, 31, 6)
	SMLAL(30, 31, 7)
	SMLAL(30, 31, 8)
	SMLAL(30, 31, 9)
	SMLAL(30, 31, 10)
	SMLAL(30, 31, 11)
	SMLAL(30, 31, 12)
	SMLAL(30, 31, 13)
	SMLAL(30, 31, 14)
	SMLAL(30, 31, 15)
	SMLAL(30, 31, 16)
	SMLAL(30, 31, 17)
	SMLAL(30, 31, 18)
	SMLAL(30, 31, 19)
	SMLAL(30, 31, 20)
	SMLAL(30, 31, 21)
	SMLAL(30, 31, 22)
	SMLAL(30, 31, 23)
	SUB  $1, R0
	CBNZ R0, loop

done:
	RET
