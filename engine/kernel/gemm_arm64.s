#include "textflag.h"
#include "neon_arm64.h"

// ROW adds A(i,l)·B(l,0:16), B being in V0 to V3, to row i's sums from Vc on,
// by way of Vm, whose other name is fm.
#define ROW(a, fm, m, c) \
	FMOVS (a)(R7), fm; \
	FMA4(m, 0, c);     \
	FMA4(m, 1, c+1);   \
	FMA4(m, 2, c+2);   \
	FMA4(m, 3, c+3)

#define ZERO4(v0, v1, v2, v3) \
	VEOR v0.B16, v0.B16, v0.B16; \
	VEOR v1.B16, v1.B16, v1.B16; \
	VEOR v2.B16, v2.B16, v2.B16; \
	VEOR v3.B16, v3.B16, v3.B16

// PLUS adds the row of C at R20 to the sums from Vc on and steps to the next.
#define PLUS(c) \
	FLDPQ (R20), (F0, F1);   \
	FLDPQ 32(R20), (F2, F3); \
	ADD4(0, c, c);           \
	ADD4(1, c+1, c+1);       \
	ADD4(2, c+2, c+2);       \
	ADD4(3, c+3, c+3);       \
	ADD R15, R20

// STORE stores a row at R20 and steps on by a stride.
#define STORE(stride, f0, f1, f2, f3) \
	FSTPQ (f0, f1), (R20);   \
	FSTPQ (f2, f3), 32(R20); \
	ADD stride, R20

#define STORE4(stride) \
	STORE(stride, F8, F9, F10, F11);   \
	STORE(stride, F12, F13, F14, F15); \
	STORE(stride, F16, F17, F18, F19); \
	STORE(stride, F20, F21, F22, F23)

#define STORE6(stride) \
	STORE4(stride);                    \
	STORE(stride, F24, F25, F26, F27); \
	STORE(stride, F28, F29, F30, F31)

// LOADTILE reads the tile at R0.
//
// R1, R2: B at this step, its stride; R6: steps left
// R3: A, first step of these rows; R4, R5: its strides; R7: R5 times the steps done
// R8 to R13: the rows of A
// R14, R15: C, its stride; R16: rows left; R17: columns; R19: 1 to add to C
#define LOADTILE \
	MOVD t+0(FP), R0; \
	MOVD 0(R0), R3;   \
	MOVD 8(R0), R4;   \
	MOVD 16(R0), R5;  \
	MOVD 32(R0), R2;  \
	MOVD 40(R0), R14; \
	MOVD 48(R0), R15; \
	MOVD 56(R0), R16; \
	MOVD 64(R0), R17; \
	MOVD 80(R0), R19

#define START \
	MOVD 24(R0), R1; \
	MOVD 72(R0), R6; \
	MOVD ZR, R7;     \
	MOVD R3, R8;     \
	ADD  R4, R8, R9

// func gemmNEON16(t *tile)
//
// Six rows by 16 columns: 24 sums, enough for four FMAs to start each cycle
// though one takes four, for 10 loads. A's elements are loaded without being
// spread over a register, which would take the place of FMAs.
TEXT ·gemmNEON16(SB), $384-8
	LOADTILE

next:
	CBZ  R16, done
	START
	ADD  R4, R9, R10
	ADD  R4, R10, R11
	ZERO4(V8, V9, V10, V11)
	ZERO4(V12, V13, V14, V15)
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)
	CMP  $4, R16
	BEQ  four
	CMP  $8, R16 // as 4+4, not 6+2
	BEQ  four
	ADD  R4, R11, R12
	ADD  R4, R12, R13
	ADD  R4, R13, R3
	ZERO4(V24, V25, V26, V27)
	ZERO4(V28, V29, V30, V31)

six_k:
	FLDPQ (R1), (F0, F1)
	FLDPQ 32(R1), (F2, F3)
	ADD   R2, R1
	ROW(R8, F4, 4, 8)
	ROW(R9, F5, 5, 12)
	ROW(R10, F6, 6, 16)
	ROW(R11, F7, 7, 20)
	ROW(R12, F4, 4, 24)
	ROW(R13, F5, 5, 28)
	ADD   R5, R7
	SUBS  $1, R6
	BNE   six_k

	SUB  $6, R16
	CMP  $16, R17
	BNE  six_edge
	CBZ  R19, six_store
	MOVD R14, R20
	PLUS(8)
	PLUS(12)
	PLUS(16)
	PLUS(20)
	PLUS(24)
	PLUS(28)

six_store:
	MOVD R14, R20
	STORE6(R15)
	MOVD R20, R14
	B    next

six_edge:
	MOVD $sums-384(SP), R20
	MOVD $64, R25
	STORE6(R25)
	MOVD $sums-384(SP), R20
	MOVD $6, R21
	CALL edge<>(SB)
	B    next

four:
	ADD R4, R11, R3

four_k:
	FLDPQ (R1), (F0, F1)
	FLDPQ 32(R1), (F2, F3)
	ADD   R2, R1
	ROW(R8, F4, 4, 8)
	ROW(R9, F5, 5, 12)
	ROW(R10, F6, 6, 16)
	ROW(R11, F7, 7, 20)
	ADD   R5, R7
	SUBS  $1, R6
	BNE   four_k

	SUB  $4, R16
	CMP  $16, R17
	BNE  four_edge
	CBZ  R19, four_store
	MOVD R14, R20
	PLUS(8)
	PLUS(12)
	PLUS(16)
	PLUS(20)

four_store:
	MOVD R14, R20
	STORE4(R15)
	MOVD R20, R14
	B    next

four_edge:
	MOVD $sums-384(SP), R20
	MOVD $64, R25
	STORE4(R25)
	MOVD $sums-384(SP), R20
	MOVD $4, R21
	CALL edge<>(SB)
	B    next

done:
	RET

// WIDE adds A(i,l)·B(l,0:32), B being in V0 to V3 and V24 to V27.
#define WIDE(a, fm, m, c) \
	FMOVS (a)(R7), fm;  \
	FMA4(m, 0, c);      \
	FMA4(m, 1, c+1);    \
	FMA4(m, 2, c+2);    \
	FMA4(m, 3, c+3);    \
	FMA4(m, 24, c+4);   \
	FMA4(m, 25, c+5);   \
	FMA4(m, 26, c+6);   \
	FMA4(m, 27, c+7)

#define LOADWIDE \
	FLDPQ (R1), (F0, F1);     \
	FLDPQ 32(R1), (F2, F3);   \
	FLDPQ 64(R1), (F24, F25); \
	FLDPQ 96(R1), (F26, F27); \
	ADD   R2, R1

// func gemmNEON32(t *tile)
//
// Two rows by 32 columns, 16 sums, or one. The sums always go to C by edge:
// they are few.
TEXT ·gemmNEON32(SB), $256-8
	LOADTILE
	MOVD $128, R25

next:
	CBZ R16, done
	START
	ZERO4(V8, V9, V10, V11)
	ZERO4(V12, V13, V14, V15)
	CMP $1, R16
	BEQ one
	ADD R4, R9, R3
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)

two_k:
	LOADWIDE
	WIDE(R8, F4, 4, 8)
	WIDE(R9, F5, 5, 16)
	ADD  R5, R7
	SUBS $1, R6
	BNE  two_k

	MOVD $2, R21
	B    store

one:
	LOADWIDE
	WIDE(R8, F4, 4, 8)
	ADD  R5, R7
	SUBS $1, R6
	BNE  one

	MOVD $1, R21

store:
	SUB  R21, R16
	MOVD $sums-256(SP), R20
	MOVD $64, R22
	STORE4(R22) // past the first row if there is one, what is not used
	MOVD $sums-256(SP), R20
	CALL edge<>(SB)
	B    next

done:
	RET

// edge puts or adds R21 > 0 rows of sums at R20, R25 bytes apart, to R17
// columns of C at R14, and leaves R14 at the next row. It uses R22 to R24.
TEXT edge<>(SB), NOSPLIT|NOFRAME, $0-0
row:
	MOVD R20, R22
	MOVD R14, R23
	MOVD R17, R24

by4:
	SUBS    $4, R24
	BLT     left
	FMOVQ.P 16(R22), F0
	CBZ     R19, put4
	FMOVQ   (R23), F1
	ADD4(1, 0, 0)

put4:
	FMOVQ.P F0, 16(R23)
	B       by4

left:
	ADDS $4, R24
	BEQ  end

by1:
	FMOVS.P 4(R22), F0
	CBZ     R19, put1
	FMOVS   (R23), F1
	FADDS   F1, F0, F0

put1:
	FMOVS.P F0, 4(R23)
	SUBS    $1, R24
	BNE     by1

end:
	ADD  R25, R20
	ADD  R15, R14
	SUBS $1, R21
	BNE  row
	RET
