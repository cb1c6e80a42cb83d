// Weights times the scales of their part, of 8 rows that are packed: see turnBlock.
// The file that includes this says how SCALES reads 8 scales and how SIXTEEN unpacks
// 16 columns, eights of them by U and T, and writes the products.
//
// R0 where they go, R1 the part.

TEXT FOURK(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $15, V8.B16
	SCALES(0)
	SIXTEEN(NIBBLES16, 0, NIBBLES16, 1)
	SIXTEEN(NIBBLES16, 2, NIBBLES16, 3)
	RET

TEXT FIVEK(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $15, V8.B16
	VMOVI $16, V9.B16
	FLDPQ 144(R1), (F10, F11)
	SCALES(0)
	SIXTEEN(FIVE16, 0, FIVE16, 1)
	SIXTEEN(FIVE16, 2, FIVE16, 3)
	RET

// LESS32 takes off the 32, V12.
#define LESS32 \
	VSUB V12.B16, V0.B16, V0.B16; \
	VSUB V12.B16, V1.B16, V1.B16; \
	VSUB V12.B16, V2.B16, V2.B16; \
	VSUB V12.B16, V3.B16, V3.B16

#define SIGNEDFIRST(o) SIXFIRST(o); LESS32
#define SIGNEDLAST(o) SIXLAST(o); LESS32

TEXT SIX(SB), NOSPLIT, $0-16
	MOVD  w+0(FP), R0
	MOVD  part+8(FP), R1
	VMOVI $63, V9.B16
	VMOVI $32, V12.B16
	SCALES(0)
	SIXTEEN(SIGNEDFIRST, 16, SIGNEDLAST, 16)
	SCALES(8)
	SIXTEEN(SIGNEDFIRST, 112, SIGNEDLAST, 112)
	RET
