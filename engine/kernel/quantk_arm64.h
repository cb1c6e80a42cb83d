// The kernels of the K types. Sums of minima are V18 and V19 with one token; with
// four, no registers are left for them, and another loop makes them.

// TWOS unpacks the first two fours of 2-bit weights of the vector at o, TWOLAST
// the others. V8 is the mask.
#define TWOS(o) \
	FLDPQ (o)(R1), (F0, F1); \
	VUSHR $2, V0.B16, V2.B16; \
	VUSHR $2, V1.B16, V3.B16; \
	VAND V8.B16, V0.B16, V0.B16; \
	VAND V8.B16, V1.B16, V1.B16; \
	VAND V8.B16, V2.B16, V2.B16; \
	VAND V8.B16, V3.B16, V3.B16

#define TWOLAST(o) \
	FLDPQ (o)(R1), (F0, F1); \
	VUSHR $6, V0.B16, V2.B16; \
	VUSHR $6, V1.B16, V3.B16; \
	VUSHR $4, V0.B16, V0.B16; \
	VUSHR $4, V1.B16, V1.B16; \
	VAND V8.B16, V0.B16, V0.B16; \
	VAND V8.B16, V1.B16, V1.B16

// SCALES makes integers of the low nibbles of the 8 bytes at o, for V9 to be the
// mask, MINIMA of the high ones.
#define SCALES(o) \
	BYTES(o); \
	VAND V9.B16, V10.B16, V10.B16; \
	VAND V9.B16, V11.B16, V11.B16

#define MINIMA(o) \
	BYTES(o); \
	VUSHR $4, V10.S4, V10.S4; \
	VUSHR $4, V11.S4, V11.S4

// SIXFIRST and SIXLAST unpack the first and the last two fours of half a block
// of 6-bit weights, whose vectors begin at o.
#define SIXFIRST(o) \
	FLDPQ (o)(R1), (F0, F1); \
	FLDPQ (o+32)(R1), (F2, F3); \
	VAND V9.B16, V0.B16, V0.B16; \
	VAND V9.B16, V1.B16, V1.B16; \
	VAND V9.B16, V2.B16, V2.B16; \
	VAND V9.B16, V3.B16, V3.B16

#define SIXLAST(o) \
	FLDPQ (o+64)(R1), (F0, F1); \
	FLDPQ (o+32)(R1), (F10, F11); \
	FLDPQ (o)(R1), (F14, F15); \
	VUSHR $6, V0.B16, V2.B16; \
	VUSHR $6, V1.B16, V3.B16; \
	VUSHR $6, V10.B16, V10.B16; \
	VUSHR $6, V11.B16, V11.B16; \
	VUSHR $6, V14.B16, V14.B16; \
	VUSHR $6, V15.B16, V15.B16; \
	VSLI $2, V10.B16, V2.B16; \
	VSLI $2, V11.B16, V3.B16; \
	VSLI $4, V14.B16, V2.B16; \
	VSLI $4, V15.B16, V3.B16; \
	VAND V9.B16, V0.B16, V0.B16; \
	VAND V9.B16, V1.B16, V1.B16

// PAIRED adds minima times -32·Σa, the pair at o of R, to the sums f, EIGHTFOLD
// takes off minima times the 8·Σa there: INTS4_5 and INTS4_3 undo the 32 and 8.
#define PAIRED(R, f, o) \
	FMOVS o(R), F14; \
	PAIRS4(14, 14); \
	MLABY4(14, 10, f); \
	MLABY4(14, 11, f+1)

#define EIGHTFOLD(R, f, o) \
	FMOVS o(R), F14; \
	MLSBY4(14, 10, f); \
	MLSBY4(14, 11, f+1)

#define LEAST4(L, o) \
	L(R6, 16, o); \
	L(R7, 18, o); \
	L(R8, 20, o); \
	L(R9, 22, o)

// AGAIN4 goes back to the beginning of 256 weights, whose minima and activations'
// sums are all that is read again, ONWARDS4 to the next part, of w bytes.
#define AGAIN4 \
	ADD $32, R11, R1; \
	SUB $192, R6; \
	SUB $192, R7; \
	SUB $192, R8; \
	SUB $192, R9; \
	MOVD $8, R13

#define ONWARDS4(w) \
	ADD $(w), R1; \
	ADD $24, R6; \
	ADD $24, R7; \
	ADD $24, R8; \
	ADD $24, R9; \
	SUB $1, R13

TEXT Q2K(SB), NOSPLIT, $0-8
	ARGS
	VMOVI $3, V8.B16
	VMOVI $15, V9.B16
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
foursub:
	ZERO4
	OTHERS4(0, TWOS, 16, TWOLAST, 16)
	SCALES(0)
	ADDALL4(TOTAL)
	ZERO4
	OTHERS4(2, TWOS, 48, TWOLAST, 48)
	SCALES(8)
	ADDALL4(TOTAL)
	STEP4(80)
	SUB  $1, R13
	CBNZ R13, foursub
	FINISH4(0, INTS4)
	AGAIN4
fourlow:
	MINIMA(0)
	LEAST4(PAIRED, 16)
	MINIMA(8)
	LEAST4(PAIRED, 20)
	ONWARDS4(80)
	CBNZ R13, fourlow
	FINISH4(16, INTS4_5)
	SUB  $8, R12
	CBNZ R12, four
	RET
one:
	BEGIN1
onerow:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
onesub:
	ZERO1
	OTHERS1(0, TWOS, 16, TWOLAST, 16)
	SCALES(0)
	ADDALL1(TOTAL)
	MINIMA(0)
	PAIRED(R6, 18, 16)
	ZERO1
	OTHERS1(2, TWOS, 48, TWOLAST, 48)
	SCALES(8)
	ADDALL1(TOTAL)
	MINIMA(8)
	PAIRED(R6, 18, 20)
	STEP1(80)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	FINISH1(16, 18, INTS4_5)
	SUB  $8, R12
	CBNZ R12, onerow
	RET

TEXT Q3K(SB), NOSPLIT, $0-8
	ARGS
	VMOVI $7, V8.B16
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
foursub:
	LESS4(16)
	OTHERS4(0, THREES, 16, THREES, 48)
	INTEGERS(0)
	ADDALL4(TOTAL)
	LESS4(20)
	OTHERS4(2, THREES, 80, THREELAST, 16)
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
	LESS1(16)
	OTHERS1(0, THREES, 16, THREES, 48)
	INTEGERS(0)
	ADDALL1(TOTAL)
	LESS1(20)
	OTHERS1(2, THREES, 80, THREELAST, 16)
	INTEGERS(8)
	ADDALL1(TOTAL)
	STEP1(112)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	SUB  $8, R12
	CBNZ R12, onerow
	RET

TEXT Q4K(SB), NOSPLIT, $0-8
	ARGS
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
foursub:
	ZERO4
	DOTS4(NIBBLES16, 0)
	DOTS4(NIBBLES16, 2)
	BYTES(0)
	ADDALL4(TOTAL)
	STEP4(144)
	SUB  $1, R13
	CBNZ R13, foursub
	FINISH4(0, INTS4)
	AGAIN4
fourlow:
	BYTES(8)
	LEAST4(EIGHTFOLD, 8)
	ONWARDS4(144)
	CBNZ R13, fourlow
	FINISH4(16, INTS4_3)
	SUB  $8, R12
	CBNZ R12, four
	RET
one:
	BEGIN1
onerow:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
onesub:
	ZERO1
	DOTS1(NIBBLES16, 0)
	DOTS1(NIBBLES16, 2)
	BYTES(0)
	ADDALL1(TOTAL)
	BYTES(8)
	EIGHTFOLD(R6, 18, 8)
	STEP1(144)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	FINISH1(16, 18, INTS4_3)
	SUB  $8, R12
	CBNZ R12, onerow
	RET

TEXT Q5K(SB), NOSPLIT, $0-8
	ARGS
	VMOVI $16, V9.B16
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
foursub:
	ZERO4
	FLDPQ 144(R1), (F10, F11)
	DOTS4(FIVE16, 0)
	DOTS4(FIVE16, 2)
	BYTES(0)
	ADDALL4(TOTAL)
	STEP4(176)
	SUB  $1, R13
	CBNZ R13, foursub
	FINISH4(0, INTS4)
	AGAIN4
fourlow:
	BYTES(8)
	LEAST4(EIGHTFOLD, 8)
	ONWARDS4(176)
	CBNZ R13, fourlow
	FINISH4(16, INTS4_3)
	SUB  $8, R12
	CBNZ R12, four
	RET
one:
	BEGIN1
onerow:
	MOVD R1, R11
	ADD  $32, R1
	MOVD $8, R13
onesub:
	ZERO1
	FLDPQ 144(R1), (F10, F11)
	DOTS1(FIVE16, 0)
	DOTS1(FIVE16, 2)
	BYTES(0)
	ADDALL1(TOTAL)
	BYTES(8)
	EIGHTFOLD(R6, 18, 8)
	STEP1(176)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	FINISH1(16, 18, INTS4_3)
	SUB  $8, R12
	CBNZ R12, onerow
	RET

TEXT Q6K(SB), NOSPLIT, $0-8
	ARGS
	VMOVI $63, V9.B16
	BNE one
	BEGIN4
four:
	MOVD R1, R11
	ADD  $16, R1
	MOVD $8, R13
foursub:
	OFFSET4(16)
	OTHERS4(0, SIXFIRST, 16, SIXLAST, 16)
	INTEGERS(0)
	ADDALL4(TOTAL)
	OFFSET4(20)
	OTHERS4(2, SIXFIRST, 112, SIXLAST, 112)
	INTEGERS(8)
	ADDALL4(TOTAL)
	STEP4(208)
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
	OFFSET1(16)
	OTHERS1(0, SIXFIRST, 16, SIXLAST, 16)
	INTEGERS(0)
	ADDALL1(TOTAL)
	OFFSET1(20)
	OTHERS1(2, SIXFIRST, 112, SIXLAST, 112)
	INTEGERS(8)
	ADDALL1(TOTAL)
	STEP1(208)
	SUB  $1, R13
	CBNZ R13, onesub
	FINISH1(0, 16, INTS4)
	SUB  $8, R12
	CBNZ R12, onerow
	RET
