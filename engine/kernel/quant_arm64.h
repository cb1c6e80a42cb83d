// What the kernels of all quantised types are made of.
//
// R12 blocks, R1 rows, R2 to R5 tokens, R6 to R9 what describes their blocks
// (struct block), R10 the sums to return, R11 the beginning of 256 weights, R13
// what is left of them, R14 from token to token of the sums.
//
// V0 to V3 weights (low nibbles of rows 0 to 3 and 4 to 7, then high ones), V4
// to V7 activations, V8 and V9 constants, V10 and V11 further bits, then
// scales, V12 and V13 minima, V16 to V23 sums, V24 to V31 those of a block.
//
// The words were checked with a disassembler.

#define INTS4(n, d)      WORD $(0x4E21D800 | (n)<<5 | (d)) // SCVTF  Vd.4S, Vn.4S
#define MULBY4(m, n, d)  WORD $(0x4F809000 | (m)<<16 | (n)<<5 | (d)) // FMUL Vd.4S, Vn.4S, Vm.S[0]
#define HALF4(n, d)      WORD $(0x0E217800 | (n)<<5 | (d)) // FCVTL  Vd.4S, Vn.4H
#define HALF4_2(n, d)    WORD $(0x4E217800 | (n)<<5 | (d)) // FCVTL2 Vd.4S, Vn.8H
#define PAIRS4(n, d)     WORD $(0x4E602800 | (n)<<5 | (d)) // SADDLP Vd.4S, Vn.8H
#define HALVE4(n, d)     WORD $(0x4F3F0400 | (n)<<5 | (d)) // SSHR   Vd.4S, Vn.4S, #1
#define SXB(n, d)        WORD $(0x0F08A400 | (n)<<5 | (d)) // SSHLL  Vd.8H, Vn.8B, #0
#define SXH(n, d)        WORD $(0x0F10A400 | (n)<<5 | (d)) // SSHLL  Vd.4S, Vn.4H, #0
#define SXH_2(n, d)      WORD $(0x4F10A400 | (n)<<5 | (d)) // SSHLL2 Vd.4S, Vn.8H, #0
#define TOP4(n, d)       WORD $(0x2E613800 | (n)<<5 | (d)) // SHLL   Vd.4S, Vn.4H, #16
#define TOP4_2(n, d)     WORD $(0x6E613800 | (n)<<5 | (d)) // SHLL2  Vd.4S, Vn.8H, #16

#define ARGS \
	MOVD t+0(FP), R0; \
	MOVD 0(R0), R12; \
	MOVD 8(R0), R1; \
	MOVD 24(R0), R2; \
	MOVD 32(R0), R5; \
	MOVD 40(R0), R6; \
	MOVD 48(R0), R9; \
	MOVD 56(R0), R10; \
	MOVD 64(R0), R13; \
	MOVD 72(R0), R14; \
	ADD R5, R2, R3; \
	ADD R5, R3, R4; \
	ADD R5, R4, R5; \
	ADD R9, R6, R7; \
	ADD R9, R7, R8; \
	ADD R9, R8, R9; \
	VMOVI $15, V8.B16; \
	VEOR V16.B16, V16.B16, V16.B16; \
	VEOR V17.B16, V17.B16, V17.B16; \
	VEOR V18.B16, V18.B16, V18.B16; \
	VEOR V19.B16, V19.B16, V19.B16; \
	VEOR V20.B16, V20.B16, V20.B16; \
	VEOR V21.B16, V21.B16, V21.B16; \
	VEOR V22.B16, V22.B16, V22.B16; \
	VEOR V23.B16, V23.B16, V23.B16; \
	CMP $4, R13

// STEP goes to the next block of 32, w bytes of rows on.
#define STEP1(w) \
	ADD $(w), R1; \
	ADD $32, R2; \
	ADD $24, R6

#define STEP4(w) \
	STEP1(w); \
	ADD $32, R3; \
	ADD $32, R4; \
	ADD $32, R5; \
	ADD $24, R7; \
	ADD $24, R8; \
	ADD $24, R9

// STORE4 and STORE1 return the sums.
#define STORE1 \
	FSTPQ (F16, F17), (R10)

#define STORE4 \
	STORE1; \
	ADD R14, R10; \
	FSTPQ (F18, F19), (R10); \
	ADD R14, R10; \
	FSTPQ (F20, F21), (R10); \
	ADD R14, R10; \
	FSTPQ (F22, F23), (R10)

// ZERO4 and ZERO1 begin a block's sums; OFFSET4 and OFFSET1 begin them with the
// pair at offset o of what describes it, HALFOFF4 and HALFOFF1 with its half.
#define ZERO1 \
	VEOR V24.B16, V24.B16, V24.B16; \
	VEOR V25.B16, V25.B16, V25.B16; \
	VEOR V26.B16, V26.B16, V26.B16; \
	VEOR V27.B16, V27.B16, V27.B16

#define ZERO4 \
	VEOR V24.B16, V24.B16, V24.B16; \
	VEOR V25.B16, V25.B16, V25.B16; \
	VEOR V26.B16, V26.B16, V26.B16; \
	VEOR V27.B16, V27.B16, V27.B16; \
	VEOR V28.B16, V28.B16, V28.B16; \
	VEOR V29.B16, V29.B16, V29.B16; \
	VEOR V30.B16, V30.B16, V30.B16; \
	VEOR V31.B16, V31.B16, V31.B16

#define OFFSET(R, a, o) \
	FMOVS o(R), F14; \
	VDUP V14.S[0], V14.S4; \
	PAIRS4(14, a); \
	PAIRS4(14, a+1)

#define OFFSET1(o) \
	OFFSET(R6, 24, o); \
	VEOR V26.B16, V26.B16, V26.B16; \
	VEOR V27.B16, V27.B16, V27.B16

#define OFFSET4(o) \
	OFFSET(R6, 24, o); \
	OFFSET(R7, 26, o); \
	OFFSET(R8, 28, o); \
	OFFSET(R9, 30, o)

#define HALFOFF1(o) \
	OFFSET1(o); \
	HALVE4(24, 24); \
	HALVE4(25, 25)

#define HALFOFF4(o) \
	OFFSET4(o); \
	HALVE4(24, 24); \
	HALVE4(25, 25); \
	HALVE4(26, 26); \
	HALVE4(27, 27); \
	HALVE4(28, 28); \
	HALVE4(29, 29); \
	HALVE4(30, 30); \
	HALVE4(31, 31)

// DOTS takes weights v and v+1 in eights, that U unpacks.
#define LANES4(D, E) \
	D(4, 0, 24); \
	D(4, 1, 25); \
	D(5, 0, 26); \
	D(5, 1, 27); \
	D(6, 0, 28); \
	D(6, 1, 29); \
	D(7, 0, 30); \
	D(7, 1, 31); \
	E(4, 2, 24); \
	E(4, 3, 25); \
	E(5, 2, 26); \
	E(5, 3, 27); \
	E(6, 2, 28); \
	E(6, 3, 29); \
	E(7, 2, 30); \
	E(7, 3, 31)

#define LANES1(D, E) \
	D(4, 0, 24); \
	D(4, 1, 25); \
	E(4, 2, 26); \
	E(4, 3, 27)

#define DOTS1(U, v) \
	FMOVQ (8*(v))(R2), F4; \
	U(v); \
	LANES1(DOT0, DOT1); \
	U(v+1); \
	LANES1(DOT2, DOT3)

#define DOTS4(U, v) \
	FMOVQ (8*(v))(R2), F4; \
	FMOVQ (8*(v))(R3), F5; \
	FMOVQ (8*(v))(R4), F6; \
	FMOVQ (8*(v))(R5), F7; \
	U(v); \
	LANES4(DOT0, DOT1); \
	U(v+1); \
	LANES4(DOT2, DOT3)

// SCALED adds a block's sums, scaled by V10 and V11 and the activations' scale,
// MINIMUM the minima V12 and V13 too.
#define SCALED(R, a, f) \
	FMOVS (R), F14; \
	INTS4(a, a); \
	INTS4(a+1, a+1); \
	MULBY4(14, 10, 15); \
	MULBY4(14, 11, 14); \
	FMLA4(15, a, f); \
	FMLA4(14, a+1, f+1)

#define MINIMUM(R, a, f) \
	SCALED(R, a, f); \
	FMOVS 4(R), F14; \
	FMA4(14, 12, f); \
	FMA4(14, 13, f+1)

#define ADDALL1(F) \
	VADD V26.S4, V24.S4, V24.S4; \
	VADD V27.S4, V25.S4, V25.S4; \
	F(R6, 24, 16)

#define ADDALL4(F) \
	F(R6, 24, 16); \
	F(R7, 26, 18); \
	F(R8, 28, 20); \
	F(R9, 30, 22)

// HALVES makes scales of binary16 numbers, LOWS minima.
#define HALVES \
	FMOVQ (R1), F10; \
	HALF4_2(10, 11); \
	HALF4(10, 10)

#define LOWS \
	FMOVQ 16(R1), F12; \
	HALF4_2(12, 13); \
	HALF4(12, 12)

// NIBBLES unpacks 4 bits of the vector at o.
#define NIBBLES(o) \
	FLDPQ (o)(R1), (F0, F1); \
	VUSHR $4, V0.B16, V2.B16; \
	VUSHR $4, V1.B16, V3.B16; \
	VAND V8.B16, V0.B16, V0.B16; \
	VAND V8.B16, V1.B16, V1.B16

#define NIBBLES16(v) NIBBLES(16+32*(v))
#define NIBBLES32(v) NIBBLES(32+32*(v))

// MORE adds further bits, of those of V10 and V11 that V9 has: l and h are how
// far they are from their place. Then come those of the next vector, n on.
#define MORE(l, h, n) \
	VSHL $l, V10.B16, V14.B16; \
	VSHL $h, V10.B16, V15.B16; \
	VAND V9.B16, V14.B16, V14.B16; \
	VAND V9.B16, V15.B16, V15.B16; \
	VORR V14.B16, V0.B16, V0.B16; \
	VORR V15.B16, V2.B16, V2.B16; \
	VSHL $l, V11.B16, V14.B16; \
	VSHL $h, V11.B16, V15.B16; \
	VAND V9.B16, V14.B16, V14.B16; \
	VAND V9.B16, V15.B16, V15.B16; \
	VORR V14.B16, V1.B16, V1.B16; \
	VORR V15.B16, V3.B16, V3.B16; \
	VUSHR $n, V10.B16, V10.B16; \
	VUSHR $n, V11.B16, V11.B16

#define FIVE16(v) NIBBLES16(v); MORE(4, 3, 2)
#define FIVE32(v) NIBBLES32(v); MORE(4, 3, 2)

// SIXFIRST and SIXLAST unpack the first and the last two fours of half a block
// of 6-bit weights, whose vectors begin at o. V9 is the mask.
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

// LOOK looks nibbles up in V9.
#define LOOK16(v) \
	NIBBLES16(v); \
	LOOK

#define LOOK \
	VTBL V0.B16, [V9.B16], V0.B16; \
	VTBL V1.B16, [V9.B16], V1.B16; \
	VTBL V2.B16, [V9.B16], V2.B16; \
	VTBL V3.B16, [V9.B16], V3.B16

// BYTES16 unpacks 8-bit weights, pairs of which lie together.
#define BYTES16(v) \
	FLDPQ (16+64*(v))(R1), (F0, F1); \
	FLDPQ (48+64*(v))(R1), (F2, F3); \
	VZIP1 V1.H8, V0.H8, V14.H8; \
	VZIP2 V1.H8, V0.H8, V1.H8; \
	VMOV V14.B16, V0.B16; \
	VZIP1 V3.H8, V2.H8, V14.H8; \
	VZIP2 V3.H8, V2.H8, V3.H8; \
	VMOV V14.B16, V2.B16
