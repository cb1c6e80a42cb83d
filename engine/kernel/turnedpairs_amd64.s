#include "textflag.h"
#include "turned_amd64.h"

// Gradients of 24 bits times weights of 13, without tile units: struct turnedPairs.
// A gradient is q = 4096·h + l, l having a sign, and of two rows at once h and l are
// multiplied with the weights. Of 256 rows neither sum leaves 32 bits:
// 2032·4096·256 < 2³¹, and for l to add up to 2³¹ all weights would have to be -4096,
// which is less than any type has. On the way sums may go around, for they come back.
//
// The sum, 4096 times that of h and that of l, has 44 bits. Its upper 20 and its
// lower 24 are floating point without loss, and a fused multiply-add joins them: so
// it is rounded once.
//
// SI gradients, BX weights, CX steps left; R8 where those of 32 or 16 columns begin, R9
// scales, DI what is added to and R14 bytes from token to token, R12 tokens left.

#define ARGS \
	MOVQ t+0(FP), AX \
	MOVQ 0(AX), SI   \
	MOVQ 8(AX), R8   \
	MOVQ 16(AX), R9  \
	MOVQ 24(AX), DI  \
	MOVQ 32(AX), R14 \
	MOVQ 40(AX), R12

// What ADDED masks the lower 24 bits with, and 2²⁴.
DATA lower24<>+0(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+8(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+16(SB)/8, $0x00ffffff00ffffff
DATA lower24<>+24(SB)/8, $0x00ffffff00ffffff
GLOBL lower24<>(SB), RODATA|NOPTR, $32

DATA twoTo24<>+0(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+8(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+16(SB)/8, $0x4b8000004b800000
DATA twoTo24<>+24(SB)/8, $0x4b8000004b800000
GLOBL twoTo24<>(SB), RODATA|NOPTR, $32

// ADDED adds the sums H and L times D. M and S are lower24 and twoTo24.
#define ADDED(AND, M, S, H, L, D, T, V, at) \
	VPSRAD $12, L, T      \
	VPSLLD $12, H, V      \
	VPADDD H, T, T        \
	VPADDD L, V, V        \
	VPSRAD $12, T, T      \
	AND    M, V, V        \
	VCVTDQ2PS T, T        \
	VCVTDQ2PS V, V        \
	VFMADD231PS S, T, V   \
	VFMADD213PS at, D, V  \
	VMOVUPS V, at

// PRODUCTS32 multiplies a token's pair of rows with Z24 and Z25; Z30 and Z31 are free.
#define PRODUCTS32(MUL, o, H0, H1, L0, L1, A, B) \
	VPBROADCASTD (o+UPPER)(SI), A \
	VPBROADCASTD (o+LOWER)(SI), B \
	MUL(Z24, A, H0, Z30) \
	MUL(Z25, A, H1, Z31) \
	MUL(Z24, B, L0, Z30) \
	MUL(Z25, B, L1, Z31)

#define MULVNNI(W, A, S, T) \
	VPDPWSSD W, A, S

#define MUL512(W, A, S, T) \
	VPMADDWD W, A, T \
	VPADDD T, S, S

#define PAIR1(MUL, a, w) \
	VMOVDQU64 w(BX), Z24        \
	VMOVDQU64 (w+8192)(BX), Z25 \
	PRODUCTS32(MUL, a, Z0, Z1, Z2, Z3, Z26, Z27)

#define PAIR2(MUL, a, w) \
	PAIR1(MUL, a, w) \
	PRODUCTS32(MUL, a+TOKEN, Z4, Z5, Z6, Z7, Z28, Z29)

#define PAIR4(MUL, a, w) \
	PAIR2(MUL, a, w) \
	PRODUCTS32(MUL, a+2*TOKEN, Z8, Z9, Z10, Z11, Z26, Z27) \
	PRODUCTS32(MUL, a+3*TOKEN, Z12, Z13, Z14, Z15, Z28, Z29)

#define PAIR6(MUL, a, w) \
	PAIR4(MUL, a, w) \
	PRODUCTS32(MUL, a+4*TOKEN, Z16, Z17, Z18, Z19, Z26, Z27) \
	PRODUCTS32(MUL, a+5*TOKEN, Z20, Z21, Z22, Z23, Z28, Z29)

#define ZERO32(H0, H1, L0, L1) \
	VPXORD H0, H0, H0 \
	VPXORD H1, H1, H1 \
	VPXORD L0, L0, L0 \
	VPXORD L1, L1, L1

#define ZERO1 \
	ZERO32(Z0, Z1, Z2, Z3)

#define ZERO2 \
	ZERO1 \
	ZERO32(Z4, Z5, Z6, Z7)

#define ZERO4 \
	ZERO2 \
	ZERO32(Z8, Z9, Z10, Z11) \
	ZERO32(Z12, Z13, Z14, Z15)

#define ZERO6 \
	ZERO4 \
	ZERO32(Z16, Z17, Z18, Z19) \
	ZERO32(Z20, Z21, Z22, Z23)

// ADDED32 adds a token's sums.
#define ADDED32(H0, H1, L0, L1) \
	VBROADCASTSS (R9), Z28 \
	ADDED(VPANDD, Z30, Z31, H0, L0, Z28, Z24, Z25, (DI))   \
	ADDED(VPANDD, Z30, Z31, H1, L1, Z28, Z26, Z27, 64(DI)) \
	ADDQ $4, R9  \
	ADDQ R14, DI

#define ADDED1 \
	VPBROADCASTD lower24<>(SB), Z30 \
	VPBROADCASTD twoTo24<>(SB), Z31 \
	ADDED32(Z0, Z1, Z2, Z3)

#define ADDED2 \
	ADDED1 \
	ADDED32(Z4, Z5, Z6, Z7)

#define ADDED4 \
	ADDED2 \
	ADDED32(Z8, Z9, Z10, Z11) \
	ADDED32(Z12, Z13, Z14, Z15)

#define ADDED6 \
	ADDED4 \
	ADDED32(Z16, Z17, Z18, Z19) \
	ADDED32(Z20, Z21, Z22, Z23)

// STEPS makes the products of 128 pairs, of so many tokens, each BY its instructions.
#define STEPS(PAIR, BY, loop) \
	MOVQ R8, BX  \
	MOVQ $32, CX \
loop: \
	PAIR(BY, 0, 0) \
	PAIR(BY, 4, 64) \
	PAIR(BY, 8, 128) \
	PAIR(BY, 12, 192) \
	ADDQ $16, SI  \
	ADDQ $256, BX \
	DECQ CX       \
	JNZ  loop

// FETCH asks for what is added to: it comes while sums are made.
#define FETCH(at, at64) \
	PREFETCHT0 at \
	PREFETCHT0 at64

// WEIGHTSAHEAD asks for a line of weights of the columns that come next.
#define WEIGHTSAHEAD(o) \
	PREFETCHT1 o(R13)

// PAIRS32 multiplies 32 columns, six tokens at once: 24 sums, for 14 loads, and two
// products can start each cycle.
#define PAIRS32(MUL) \
	ARGS \
	LEAQ 16384(R8), R13 \
	SUBQ $6, R12 \
	JLT  rest \
six: \
	LEAQ (R14)(R14*2), R10 \
	LEAQ (DI)(R10*1), R11 \
	FETCH((DI), 64(DI)) \
	FETCH((DI)(R14*1), 64(DI)(R14*1)) \
	FETCH((DI)(R14*2), 64(DI)(R14*2)) \
	FETCH((R11), 64(R11)) \
	FETCH((R11)(R14*1), 64(R11)(R14*1)) \
	FETCH((R11)(R14*2), 64(R11)(R14*2)) \
	WEIGHTSAHEAD(0) \
	WEIGHTSAHEAD(64) \
	WEIGHTSAHEAD(128) \
	WEIGHTSAHEAD(192) \
	WEIGHTSAHEAD(256) \
	WEIGHTSAHEAD(320) \
	ADDQ $384, R13 \
	ZERO6 \
	STEPS(PAIR6, MUL, six_pairs) \
	ADDED6 \
	ADDQ $(6*TOKEN-LOWER), SI \
	SUBQ $6, R12 \
	JGE  six \
rest: \
	ADDQ $6, R12 \
	TESTQ $4, R12 \
	JEQ   two \
	ZERO4 \
	STEPS(PAIR4, MUL, four_pairs) \
	ADDED4 \
	ADDQ $(4*TOKEN-LOWER), SI \
two: \
	TESTQ $2, R12 \
	JEQ   one \
	ZERO2 \
	STEPS(PAIR2, MUL, two_pairs) \
	ADDED2 \
	ADDQ $(2*TOKEN-LOWER), SI \
one: \
	TESTQ $1, R12 \
	JEQ   done \
	ZERO1 \
	STEPS(PAIR1, MUL, one_pairs) \
	ADDED1 \
done: \
	VZEROUPPER \
	RET

// PRODUCTS16 multiplies a token's pair of rows with Y12 and Y13. H0 and what follows
// are the n-th register and those after it.
#define PRODUCTS16(HALF, o, H0, H1, L0, L1, n) \
	HALF((o+UPPER)(SI), H0, H1, n) \
	HALF((o+LOWER)(SI), L0, L1, n+2)

#define ONE(HALF, a, w) \
	VMOVDQU w(BX), Y12      \
	VMOVDQU (w+32)(BX), Y13 \
	PRODUCTS16(HALF, a, Y0, Y1, Y2, Y3, 0)

#define TWO(HALF, a, w) \
	ONE(HALF, a, w) \
	PRODUCTS16(HALF, a+TOKEN, Y4, Y5, Y6, Y7, 4)

#define THREE(HALF, a, w) \
	TWO(HALF, a, w) \
	PRODUCTS16(HALF, a+2*TOKEN, Y8, Y9, Y10, Y11, 8)

// HALFAVX2 makes those of one half, in four steps.
#define HALFAVX2(at, A, B, n) \
	VPBROADCASTD at, Y14   \
	VPMADDWD Y12, Y14, Y15 \
	VPMADDWD Y13, Y14, Y14 \
	VPADDD Y15, A, A       \
	VPADDD Y14, B, B

// MULWORDS adds the products of Y14 with register w: VPDPWSSD as processors without
// AVX-512 have it, where the assembler writes that of AVX-512.
#define MULWORDS(sum, w) BYTE $0xc4; BYTE $(0x42|((15-(sum))>>3)<<7); BYTE $((15-(w))<<3|5); BYTE $0x52; BYTE $(0xc6|((sum)&7)<<3)

// HALFVNNI makes those of one half, in two steps.
#define HALFVNNI(at, A, B, n) \
	VPBROADCASTD at, Y14 \
	MULWORDS(n, 12)      \
	MULWORDS(n+1, 13)

#define ZERO16(H0, H1, L0, L1) \
	VPXOR H0, H0, H0 \
	VPXOR H1, H1, H1 \
	VPXOR L0, L0, L0 \
	VPXOR L1, L1, L1

// ADDED16 adds a token's sums.
#define ADDED16(H0, H1, L0, L1) \
	VBROADCASTSS (R9), Y12 \
	ADDED(VPAND, lower24<>(SB), twoTo24<>(SB), H0, L0, Y12, Y13, Y14, (DI))   \
	ADDED(VPAND, lower24<>(SB), twoTo24<>(SB), H1, L1, Y12, Y13, Y15, 32(DI)) \
	ADDQ $4, R9  \
	ADDQ R14, DI

// PAIRS16 multiplies 16 columns, three tokens at once: 12 sums, for 8 loads. (Of two
// tokens it is 7 % slower by AVX2.) A pair of rows takes 8 cycles by AVX2, whose 24
// steps have three ports (Golden Cove), 6 by AVX-VNNI, whose 12 have two.
#define PAIRS16(HALF) \
	ARGS \
	LEAQ 8192(R8), R13 \
	SUBQ $3, R12 \
	JLT  rest \
three: \
	PREFETCHT0 (DI) \
	PREFETCHT0 (DI)(R14*1) \
	PREFETCHT0 (DI)(R14*2) \
	WEIGHTSAHEAD(0) \
	WEIGHTSAHEAD(64) \
	ADDQ $128, R13 \
	ZERO16(Y0, Y1, Y2, Y3) \
	ZERO16(Y4, Y5, Y6, Y7) \
	ZERO16(Y8, Y9, Y10, Y11) \
	STEPS(THREE, HALF, three_pairs) \
	ADDED16(Y0, Y1, Y2, Y3) \
	ADDED16(Y4, Y5, Y6, Y7) \
	ADDED16(Y8, Y9, Y10, Y11) \
	ADDQ $(3*TOKEN-LOWER), SI \
	SUBQ $3, R12 \
	JGE  three \
rest: \
	ADDQ $3, R12 \
	JEQ  done \
	ZERO16(Y0, Y1, Y2, Y3) \
	CMPQ R12, $1 \
	JEQ  one \
	ZERO16(Y4, Y5, Y6, Y7) \
	STEPS(TWO, HALF, two_pairs) \
	ADDED16(Y0, Y1, Y2, Y3) \
	ADDED16(Y4, Y5, Y6, Y7) \
	JMP  done \
one: \
	STEPS(ONE, HALF, one_pairs) \
	ADDED16(Y0, Y1, Y2, Y3) \
done: \
	VZEROUPPER \
	RET

// func turnedPairsVNNI(t *turnedPairs)
TEXT ·turnedPairsVNNI(SB), NOSPLIT, $0-8
	PAIRS32(MULVNNI)

// func turnedPairsAVX512(t *turnedPairs)
TEXT ·turnedPairsAVX512(SB), NOSPLIT, $0-8
	PAIRS32(MUL512)

// func turnedPairsAVX2(t *turnedPairs)
TEXT ·turnedPairsAVX2(SB), NOSPLIT, $0-8
	PAIRS16(HALFAVX2)

// func turnedPairsAVXVNNI(t *turnedPairs)
TEXT ·turnedPairsAVXVNNI(SB), NOSPLIT, $0-8
	PAIRS16(HALFVNNI)
