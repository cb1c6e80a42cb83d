// The kernels of types whose blocks of 256 are summed up as integers: those sums
// are V16 to V23, and the sums to return stay at R10 and R19 to R21.

#define MLA4(m, n, d)    WORD $(0x4EA09400 | (m)<<16 | (n)<<5 | (d)) // MLA    Vd.4S, Vn.4S, Vm.4S
#define MLABY4(m, n, d)  WORD $(0x6F800000 | (m)<<16 | (n)<<5 | (d)) // MLA    Vd.4S, Vn.4S, Vm.S[0]
#define MLSBY4(m, n, d)  WORD $(0x6F804000 | (m)<<16 | (n)<<5 | (d)) // MLS    Vd.4S, Vn.4S, Vm.S[0]
#define INTS4_3(n, d)    WORD $(0x4F3DE400 | (n)<<5 | (d)) // SCVTF  Vd.4S, Vn.4S, #3
#define INTS4_5(n, d)    WORD $(0x4F3BE400 | (n)<<5 | (d)) // SCVTF  Vd.4S, Vn.4S, #5
#define EIGHTH4(n, d)    WORD $(0x4F3D0400 | (n)<<5 | (d)) // SSHR   Vd.4S, Vn.4S, #3

// BEGIN4 and BEGIN1 set the sums to return to zero.
#define BEGIN1 \
	FSTPQ (F16, F17), (R10)

#define BEGIN4 \
	BEGIN1; \
	ADD R14, R10, R19; \
	ADD R14, R19, R20; \
	ADD R14, R20, R21; \
	FSTPQ (F16, F17), (R19); \
	FSTPQ (F16, F17), (R20); \
	FSTPQ (F16, F17), (R21)

// INTEGERS makes 8 scales of the signed bytes at o, BYTES of unsigned ones, TOTAL
// adds a part's sums.
#define INTEGERS(o) \
	FMOVD o(R1), F10; \
	SXB(10, 10); \
	SXH_2(10, 11); \
	SXH(10, 10)

#define BYTES(o) \
	FMOVD o(R1), F10; \
	VUXTL V10.B8, V10.H8; \
	VUXTL2 V10.H8, V11.S4; \
	VUXTL V10.H4, V10.S4

#define TOTAL(R, a, f) \
	MLA4(10, a, f); \
	MLA4(11, a+1, f+1)

// FINISH adds the integers of 256 weights, whose activations end before R, to the
// sums at OUT, by I, and sets them to zero; the scales are at p of the 256.
#define FINISHSCALES(p) \
	FMOVQ p(R11), F10; \
	HALF4_2(10, 11); \
	HALF4(10, 10)

#define FINISH(R, OUT, f, I) \
	FMOVS -24(R), F14; \
	FLDPQ (OUT), (F24, F25); \
	I(f, f); \
	I(f+1, f+1); \
	MULBY4(14, 10, 15); \
	MULBY4(14, 11, 14); \
	FMLA4(15, f, 24); \
	FMLA4(14, f+1, 25); \
	FSTPQ (F24, F25), (OUT); \
	ZERO(f); \
	ZERO(f+1)

#define ZERO(d) WORD $(0x6E201C00 | (d)<<16 | (d)<<5 | (d)) // EOR Vd.16B, Vd.16B, Vd.16B

#define FINISH1(p, f, I) \
	FINISHSCALES(p); \
	FINISH(R6, R10, f, I)

#define FINISH4(p, I) \
	FINISH1(p, 16, I); \
	FINISH(R7, R19, 18, I); \
	FINISH(R8, R20, 20, I); \
	FINISH(R9, R21, 22, I)

// LESS begins a half's sums with -4·Σa, o being where -32·Σa is.
#define LESS(R, a, o) \
	FMOVS o(R), F14; \
	VDUP V14.S[0], V14.S4; \
	PAIRS4(14, a); \
	EIGHTH4(a, a+1); \
	EIGHTH4(a, a)

#define LESS1(o) \
	LESS(R6, 24, o); \
	VEOR V26.B16, V26.B16, V26.B16; \
	VEOR V27.B16, V27.B16, V27.B16

#define LESS4(o) \
	LESS(R6, 24, o); \
	LESS(R7, 26, o); \
	LESS(R8, 28, o); \
	LESS(R9, 30, o)

// THREES unpacks two fours of 3-bit weights of the vector at o, THREELAST the
// last two of a block, of the high bits of its three vectors. V8 is the mask.
#define THREES(o) \
	FLDPQ (o)(R1), (F0, F1); \
	VUSHR $3, V0.B16, V2.B16; \
	VUSHR $3, V1.B16, V3.B16; \
	VAND V8.B16, V0.B16, V0.B16; \
	VAND V8.B16, V1.B16, V1.B16; \
	VAND V8.B16, V2.B16, V2.B16; \
	VAND V8.B16, V3.B16, V3.B16

#define THREELAST(o) \
	FLDPQ (o+64)(R1), (F0, F1); \
	FLDPQ (o+32)(R1), (F10, F11); \
	FLDPQ (o)(R1), (F14, F15); \
	VUSHR $6, V0.B16, V0.B16; \
	VUSHR $6, V1.B16, V1.B16; \
	VUSHR $6, V10.B16, V10.B16; \
	VUSHR $6, V11.B16, V11.B16; \
	VUSHR $6, V14.B16, V14.B16; \
	VUSHR $6, V15.B16, V15.B16; \
	VSLI $2, V10.B16, V14.B16; \
	VSLI $2, V11.B16, V15.B16; \
	VSLI $4, V0.B16, V14.B16; \
	VSLI $4, V1.B16, V15.B16; \
	VAND V8.B16, V14.B16, V0.B16; \
	VAND V8.B16, V15.B16, V1.B16; \
	VUSHR $3, V14.B16, V2.B16; \
	VUSHR $3, V15.B16, V3.B16

// LOOKTHREES and LOOKLAST look those up in V9.
#define LOOKTHREES(o) \
	THREES(o); \
	LOOK

#define LOOKLAST(o) \
	THREELAST(o); \
	LOOK

// OTHERS multiplies 16 weights, that U and T unpack, from activation 8·v on.
#define OTHERS1(v, U, o, T, p) \
	FMOVQ (8*(v))(R2), F4; \
	U(o); \
	LANES1(DOT0, DOT1); \
	T(p); \
	LANES1(DOT2, DOT3)

#define OTHERS4(v, U, o, T, p) \
	FMOVQ (8*(v))(R2), F4; \
	FMOVQ (8*(v))(R3), F5; \
	FMOVQ (8*(v))(R4), F6; \
	FMOVQ (8*(v))(R5), F7; \
	U(o); \
	LANES4(DOT0, DOT1); \
	T(p); \
	LANES4(DOT2, DOT3)

#define LOOK0(v) \
	NIBBLES(32*(v)); \
	LOOK

TEXT IQ2(SB), NOSPLIT, $0-8
	ARGS
	VMOVI $7, V8.B16
	MOVD $·iq2NEON(SB), R0
	FMOVQ (R0), F9
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
foursub:
	ZERO4
	OTHERS4(0, LOOKTHREES, 16, LOOKTHREES, 48)
	INTEGERS(0)
	ADDALL4(TOTAL)
	ZERO4
	OTHERS4(2, LOOKTHREES, 80, LOOKLAST, 16)
	INTEGERS(8)
	ADDALL4(TOTAL)
	STEP4(112)
	SUB  $1, R13
	CBNZ R13, foursub
	FINISH4(0, INTS4)
	SUB  $8, R12
	CBNZ R12, four
	RET
one:
	BEGIN1
onerow:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
onesub:
	ZERO1
	OTHERS1(0, LOOKTHREES, 16, LOOKTHREES, 48)
	INTEGERS(0)
	ADDALL1(TOTAL)
	ZERO1
	OTHERS1(2, LOOKTHREES, 80, LOOKLAST, 16)
	INTEGERS(8)
	ADDALL1(TOTAL)
	STEP1(112)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	SUB  $8, R12
	CBNZ R12, onerow
	RET

TEXT LOOKUP(SB), NOSPLIT, $0-8
	ARGS
	MOVD 80(R0), R0
	FMOVQ 48(R0), F9
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
foursub:
	ZERO4
	DOTS4(LOOK0, 0)
	DOTS4(LOOK0, 2)
	INTEGERS(128)
	ADDALL4(TOTAL)
	STEP4(136)
	SUB  $1, R13
	CBNZ R13, foursub
	FINISH4(0, INTS4)
	SUB  $8, R12
	CBNZ R12, four
	RET
one:
	BEGIN1
onerow:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
onesub:
	ZERO1
	DOTS1(LOOK0, 0)
	DOTS1(LOOK0, 2)
	INTEGERS(128)
	ADDALL1(TOTAL)
	STEP1(136)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	SUB  $8, R12
	CBNZ R12, onerow
	RET
