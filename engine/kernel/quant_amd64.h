// What the kernels of quantised types have in common. They multiply 16 rows
// with 2 or 4 tokens, or 32 with one: a broadcast of activations serves two
// groups of 8 rows. With more tokens than one, sums stay in registers within a
// block of 32 only.
//
// CX blocks, SI rows, R14 from there to the next 8, R8 to R11 tokens, DI what
// describes their blocks (struct block), R13 from token to token of that and
// R12 three times that, DX sums.
//
// One token's rows come from memory. Its four groups lie far apart, for what a
// processor fetches by itself it fetches for each stream of addresses: with as
// many instructions to a byte as are here, two threads of Zen 3 read 28 GB/s by
// one stream each, 35 by two and 42 by four.

#define B_D    0
#define B_S    4
#define B_OFF  8
#define B_LOW  12
#define B_HALF 16

#define ARGS1 \
	MOVQ t+0(FP), AX \
	MOVQ 0(AX), CX   \
	MOVQ 8(AX), SI   \
	MOVQ 24(AX), R8  \
	MOVQ 40(AX), DI  \
	MOVQ 56(AX), DX

// ARGSROWS keeps, of one token with R12 fours of groups, what ROWS begins each
// of them with. R15 is from the first group to the fourth, R13 from sums to
// sums.
#define ARGSROWS \
	ARGS1 \
	MOVQ 16(AX), R14 \
	LEAQ (R14)(R14*2), R15 \
	MOVQ 64(AX), R12 \
	MOVQ 72(AX), R13 \
	MOVQ CX, R9  \
	MOVQ R8, R10 \
	MOVQ DI, R11

#define ROWS \
	MOVQ R9, CX  \
	MOVQ R10, R8 \
	MOVQ R11, DI \
	VXORPS Y0, Y0, Y0 \
	VXORPS Y1, Y1, Y1 \
	VXORPS Y2, Y2, Y2 \
	VXORPS Y3, Y3, Y3

// FOUR does F to the groups of one token, two at a time: where they are, and
// their sums.
#define FOUR(F) \
	F((SI), (SI)(R14*1), Y0, Y1) \
	F((SI)(R14*2), (SI)(R15*1), Y2, Y3)

#define ARGS2 \
	ARGS1 \
	MOVQ 16(AX), R14 \
	MOVQ 32(AX), R12 \
	MOVQ 48(AX), R13 \
	LEAQ (R8)(R12*1), R9

#define ARGS4 \
	ARGS2 \
	LEAQ (R9)(R12*1), R10  \
	LEAQ (R10)(R12*1), R11 \
	LEAQ (R13)(R13*2), R12

// STEP goes to the next block of 32, n bytes of activations and w of rows on.
#define STEP1(n, w) \
	ADDQ $w, SI  \
	ADDQ $n, R8  \
	ADDQ $24, DI

#define STEP2(n, w) \
	STEP1(n, w) \
	ADDQ $n, R9

#define STEP4(n, w) \
	STEP2(n, w) \
	ADDQ $n, R10 \
	ADDQ $n, R11

// AHEAD asks for rows that come later.
#define AHEAD(o) \
	PREFETCHT0 (o)(SI) \
	PREFETCHT0 (o)(SI)(R14*1)

// ROWSAHEAD asks for rows of the four groups that come later: where memory is
// far and quick (Sapphire Rapids) one token's products then reach .84 instead
// of .73 of the speed of a read (Q8_0), .70 instead of .59 (Q6_K).
#define ROWSAHEAD(o) \
	AHEAD(o) \
	PREFETCHT0 (o)(SI)(R14*2) \
	PREFETCHT0 (o)(SI)(R15*1)

// ONES and MASK make 16 ones of 16 bits and 32 times 15.
#define ONES(Y) \
	VPCMPEQB Y, Y, Y \
	VPSRLW   $15, Y, Y

#define MASK(Y) \
	VPCMPEQB Y, Y, Y \
	VPSRLW   $12, Y, Y \
	VPACKUSWB Y, Y, Y

// SPLIT makes of nibbles at offset o of 16 rows the weights Y8 and Y9 (low and
// high, of the first 8 rows), Y10 and Y11.
#define SPLIT(o) SPLITS(o, (SI), (SI)(R14*1))

#define SPLITS(o, V, W) \
	VMOVDQU (o)V, Y8     \
	VMOVDQU (o)W, Y10    \
	VPSRLW  $4, Y8, Y9   \
	VPSRLW  $4, Y10, Y11 \
	VPAND   Y14, Y8, Y8  \
	VPAND   Y14, Y9, Y9  \
	VPAND   Y14, Y10, Y10 \
	VPAND   Y14, Y11, Y11

// NEXT multiplies Y8 to Y11 with activations at offset o of a token, and adds
// to A and B; FIRST sets them.
#define NEXT(AR, A, B, o) \
	VPBROADCASTD (o)(AR), Y12   \
	VPMADDUBSW Y12, Y8, Y13     \
	VPMADDUBSW Y12, Y10, Y12    \
	VPADDW     Y13, A, A        \
	VPADDW     Y12, B, B        \
	VPBROADCASTD (o+4)(AR), Y12 \
	VPMADDUBSW Y12, Y9, Y13     \
	VPMADDUBSW Y12, Y11, Y12    \
	VPADDW     Y13, A, A        \
	VPADDW     Y12, B, B

#define FIRST(AR, A, B, o) \
	VPBROADCASTD (o)(AR), Y12   \
	VPMADDUBSW Y12, Y8, A       \
	VPMADDUBSW Y12, Y10, B      \
	VPBROADCASTD (o+4)(AR), Y12 \
	VPMADDUBSW Y12, Y9, Y13     \
	VPMADDUBSW Y12, Y11, Y12    \
	VPADDW     Y13, A, A        \
	VPADDW     Y12, B, B

#define FIRSTS2(o) \
	FIRST(R8, Y0, Y4, o) \
	FIRST(R9, Y1, Y5, o)

#define FIRSTS4(o) \
	FIRSTS2(o) \
	FIRST(R10, Y2, Y6, o) \
	FIRST(R11, Y3, Y7, o)

#define NEXTS2(o) \
	NEXT(R8, Y0, Y4, o) \
	NEXT(R9, Y1, Y5, o)

#define NEXTS4(o) \
	NEXTS2(o) \
	NEXT(R10, Y2, Y6, o) \
	NEXT(R11, Y3, Y7, o)

// WIDEN sums pairs of 16 bits, ones being at I.
#define WIDEN(A, B, I) \
	VPMADDWD I, A, A \
	VPMADDWD I, B, B

// SCALE multiplies with the scales Y8 and Y9 and the activations' D, and adds
// the sums at offset o.
#define SCALE(A, B, D, o) \
	VCVTDQ2PS A, A        \
	VCVTDQ2PS B, B        \
	VBROADCASTSS D, Y10   \
	VMULPS Y8, Y10, Y11   \
	VMULPS Y9, Y10, Y10   \
	VFMADD213PS (o)(DX), Y11, A    \
	VFMADD213PS (o+32)(DX), Y10, B

#define STORE(A, B, o) \
	VMOVUPS A, (o)(DX)    \
	VMOVUPS B, (o+32)(DX)

// MIN adds the minima Y12 and Y13 times the activations' sum.
#define MIN(A, B, S) \
	VBROADCASTSS S, Y10     \
	VFMADD231PS Y10, Y12, A \
	VFMADD231PS Y10, Y13, B

// Of one token and two groups, sums are Y4 and Y5 within a block, then S and T.

#define FIRSTS1(o) FIRST(R8, Y4, Y5, o)

#define NEXTS1(o) NEXT(R8, Y4, Y5, o)

#define SCALE1(A, B, S, T) \
	VCVTDQ2PS A, A        \
	VCVTDQ2PS B, B        \
	VBROADCASTSS B_D(DI), Y10 \
	VMULPS Y8, Y10, Y11   \
	VMULPS Y9, Y10, Y10   \
	VFMADD231PS A, Y11, S \
	VFMADD231PS B, Y10, T

#define MIN1(S, T) MIN(S, T, B_S(DI))

// STORE1 ends 32 rows; the flags tell whether more come.
#define STORE1 \
	LEAQ (R13)(R13*2), BX \
	VMOVUPS Y0, (DX) \
	VMOVUPS Y1, (DX)(R13*1) \
	VMOVUPS Y2, (DX)(R13*2) \
	VMOVUPS Y3, (DX)(BX*1) \
	ADDQ $32, DX     \
	DECQ R12

// BEGIN sets sums to the pair at offset f of what describes a block.
#define BEGIN(A, B, at) \
	VPBROADCASTD at, A \
	VMOVDQA A, B

#define BEGIN2(f) \
	BEGIN(Y0, Y4, (f)(DI)) \
	BEGIN(Y1, Y5, (f)(DI)(R13*1))

#define BEGIN4(f) \
	BEGIN2(f) \
	BEGIN(Y2, Y6, (f)(DI)(R13*2)) \
	BEGIN(Y3, Y7, (f)(DI)(R12*1))

// HALVES makes the scales of 16 rows, LOWS their minima.
#define HALVES HALVESOF((SI), (SI)(R14*1))

#define HALVESOF(V, W) \
	VCVTPH2PS V, Y8 \
	VCVTPH2PS W, Y9

#define LOWS LOWSOF((SI), (SI)(R14*1))

#define LOWSOF(V, W) \
	VCVTPH2PS 16 V, Y12 \
	VCVTPH2PS 16 W, Y13
