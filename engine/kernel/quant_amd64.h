// What the kernels of quantised types have in common. They multiply 16 rows
// with 1, 2 or 4 tokens: a broadcast of activations serves both groups of 8
// rows. With more tokens than one, sums stay in registers within a block of 32
// only.
//
// CX blocks, SI rows, R14 from there to the other 8, R8 to R11 tokens, DI what
// describes their blocks (struct block), R13 from token to token of that and
// R12 three times that, DX sums.
//
// One token's rows come from memory. Its two groups lie far apart, for what a
// processor fetches ahead by itself it fetches for each stream of addresses: two
// threads of Zen 3 read 1.2 times as fast by two streams each as by one, and
// slower by either where instructions ask for lines ahead.

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

// ARGSROWS keeps, of one token with R12 pairs of groups, what ROWS begins each
// of them with. R13 is from the sums of a group to those of the other.
#define ARGSROWS \
	ARGS1 \
	MOVQ 16(AX), R14 \
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
	VXORPS Y1, Y1, Y1

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
#define SPLIT(o) \
	VMOVDQU o(SI), Y8          \
	VMOVDQU o(SI)(R14*1), Y10  \
	VPSRLW  $4, Y8, Y9         \
	VPSRLW  $4, Y10, Y11       \
	VPAND   Y14, Y8, Y8        \
	VPAND   Y14, Y9, Y9        \
	VPAND   Y14, Y10, Y10      \
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

#define FIRST(AR, A, B) \
	VPBROADCASTD (AR), Y12      \
	VPMADDUBSW Y12, Y8, A       \
	VPMADDUBSW Y12, Y10, B      \
	VPBROADCASTD 4(AR), Y12     \
	VPMADDUBSW Y12, Y9, Y13     \
	VPMADDUBSW Y12, Y11, Y12    \
	VPADDW     Y13, A, A        \
	VPADDW     Y12, B, B

#define FIRSTS2 \
	FIRST(R8, Y0, Y4) \
	FIRST(R9, Y1, Y5)

#define FIRSTS4 \
	FIRSTS2 \
	FIRST(R10, Y2, Y6) \
	FIRST(R11, Y3, Y7)

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

// Of one token, sums are Y4 and Y5 within a block, and Y0 and Y1.

#define FIRSTS1 FIRST(R8, Y4, Y5)

#define NEXTS1(o) NEXT(R8, Y4, Y5, o)

#define SCALE1(A, B) \
	VCVTDQ2PS A, A        \
	VCVTDQ2PS B, B        \
	VBROADCASTSS B_D(DI), Y10 \
	VMULPS Y8, Y10, Y11   \
	VMULPS Y9, Y10, Y10   \
	VFMADD231PS A, Y11, Y0 \
	VFMADD231PS B, Y10, Y1

#define MIN1 MIN(Y0, Y1, B_S(DI))

// STORE1 ends 16 rows; the flags tell whether more come.
#define STORE1 \
	VMOVUPS Y0, (DX) \
	VMOVUPS Y1, (DX)(R13*1) \
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
#define HALVES \
	VCVTPH2PS (SI), Y8 \
	VCVTPH2PS (SI)(R14*1), Y9

#define LOWS \
	VCVTPH2PS 16(SI), Y12 \
	VCVTPH2PS 16(SI)(R14*1), Y13

// SUBSCALE makes of the integers at W the scales or minima of a block of 32,
// those of its 256 being at S.
#define SUBSCALE(W, S, Y) \
	VPMOVZXBD W, Y      \
	VCVTPH2PS S, Y10    \
	VCVTDQ2PS Y, Y      \
	VMULPS Y10, Y, Y

// WHOLES makes the scales and minima of 256, SUBSCALES1 of them those of 32.
#define WHOLES \
	VCVTPH2PS (SI), Y2           \
	VCVTPH2PS (SI)(R14*1), Y3    \
	VCVTPH2PS 16(SI), Y6         \
	VCVTPH2PS 16(SI)(R14*1), Y7

#define SUBSCALE1(W, S, Y) \
	VPMOVZXBD W, Y      \
	VCVTDQ2PS Y, Y      \
	VMULPS S, Y, Y

#define SUBSCALES1 \
	SUBSCALE1((SI), Y2, Y8) \
	SUBSCALE1((SI)(R14*1), Y3, Y9) \
	SUBSCALE1(8(SI), Y6, Y12) \
	SUBSCALE1(8(SI)(R14*1), Y7, Y13)

#define SUBSCALES \
	SUBSCALE((SI), (R15), Y8) \
	SUBSCALE((SI)(R14*1), (R15)(R14*1), Y9) \
	SUBSCALE(8(SI), 16(R15), Y12) \
	SUBSCALE(8(SI)(R14*1), 16(R15)(R14*1), Y13)
