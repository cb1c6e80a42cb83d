// Where the upper and lower half of a token are without tile units, and the next token.
#define UPPER 0
#define LOWER 512
#define TOKEN 1024

// Gradients times scales of their rows: SI and R8, R9 how much further gradients are
// asked for.

#define SCALED(o, Z) \
	VMOVUPS o(SI), Z  \
	PREFETCHT0 o(SI)(R9*1) \
	VMULPS o(R8), Z, Z

// LARGEST compares magnitudes as whole numbers, of which NaN is the largest.
#define LARGEST(Z, max) \
	VPANDD Z30, Z, Z31 \
	VPMAXUD Z31, max, max

#define SCALED4(o, A, B, C, D) \
	SCALED(o, A)     \
	SCALED(o+64, B)  \
	SCALED(o+128, C) \
	SCALED(o+192, D) \
	LARGEST(A, Z16)  \
	LARGEST(B, Z17)  \
	LARGEST(C, Z18)  \
	LARGEST(D, Z19)

// SCALED256 makes 256 products, Z0 to Z15, of which the largest is X16, and Z20 what
// they are multiplied with: 127·2¹⁶ over X16, or nothing if that is less than 2⁻¹⁰⁰.
// See turnedInverse.
#define SCALED256 \
	MOVL $0x7fffffff, AX \
	VPBROADCASTD AX, Z30 \
	VPXORD Z16, Z16, Z16 \
	VPXORD Z17, Z17, Z17 \
	VPXORD Z18, Z18, Z18 \
	VPXORD Z19, Z19, Z19 \
	SCALED4(0, Z0, Z1, Z2, Z3) \
	SCALED4(256, Z4, Z5, Z6, Z7) \
	SCALED4(512, Z8, Z9, Z10, Z11) \
	SCALED4(768, Z12, Z13, Z14, Z15) \
	VPMAXUD Z17, Z16, Z16 \
	VPMAXUD Z19, Z18, Z18 \
	VPMAXUD Z18, Z16, Z16 \
	VEXTRACTI64X4 $1, Z16, Y17 \
	VPMAXUD Y17, Y16, Y16 \
	VEXTRACTI32X4 $1, Y16, X17 \
	VPMAXUD X17, X16, X16 \
	VPSHUFD $0x4e, X16, X17 \
	VPMAXUD X17, X16, X16 \
	VPSHUFD $0xb1, X16, X17 \
	VPMAXUD X17, X16, X16 \
	MOVL $0x4afe0000, AX \
	VMOVD AX, X20 \
	VDIVSS X16, X20, X20 \
	VBROADCASTSS X20, Z20 \
	VMOVD X16, AX \
	CMPL AX, $0x0d800000 \
	JGE  2(PC) \
	VPXORD Z20, Z20, Z20
