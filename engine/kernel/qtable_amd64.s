#include "textflag.h"
#include "quantwhole_amd64.h"

// Products of weights that nibbles, as those of q4_amd64.s, choose of a table.

// Y15 the table at T, Y14 low nibbles.
#define CONSTANTS(T) \
	MASK(Y14) \
	VBROADCASTI128 T, Y15

// LOOK looks up the nibbles at o of 16 rows.
#define LOOK(o) LOOKS(o, (SI), (SI)(R14*1))

#define LOOKS(o, V, W) \
	SPLITS(o, V, W)       \
	VPSHUFB Y8, Y15, Y8   \
	VPSHUFB Y9, Y15, Y9   \
	VPSHUFB Y10, Y15, Y10 \
	VPSHUFB Y11, Y15, Y11

// MXFP4: values and 12, doubled: 0 to 24. 12·Σa is taken off first: sums of
// 16 products may pass 16 bits on the way but end within 16·12·127 = 24,384.
// Scales are bfloat16.

DATA e2m1<>+0(SB)/8, $0x181412100f0e0d0c
DATA e2m1<>+8(SB)/8, $0x00040608090a0b0c
GLOBL e2m1<>(SB), RODATA|NOPTR, $16

// TWELVE makes -12·Σa of -16·Σa.
#define TWELVE(A, at) \
	VPBROADCASTD B_LOW at, A \
	VPSRAW $2, A, Y12        \
	VPSUBW Y12, A, A

#define BEGINS2 \
	TWELVE(Y0, (DI)) \
	TWELVE(Y1, (DI)(R13*1)) \
	VMOVDQA Y0, Y4 \
	VMOVDQA Y1, Y5

#define BEGINS4 \
	BEGINS2 \
	TWELVE(Y2, (DI)(R13*2)) \
	TWELVE(Y3, (DI)(R12*1)) \
	VMOVDQA Y2, Y6 \
	VMOVDQA Y3, Y7

#define BSCALE(W, Y) \
	VPMOVZXWD W, Y \
	VPSLLD $16, Y, Y

#define SIGNED(A, B, at, o) \
	WIDEN(A, B, ·ones16(SB)) \
	SCALE(A, B, B_D at, o)   \
	STORE(A, B, o)

#define SIGNED2 \
	SIGNED(Y0, Y4, (DI), 0) \
	SIGNED(Y1, Y5, (DI)(R13*1), 64)

#define SIGNED4 \
	SIGNED2 \
	SIGNED(Y2, Y6, (DI)(R13*2), 128) \
	SIGNED(Y3, Y7, (DI)(R12*1), 192)

// func mxfp4x4AVX2(t *quantTile)
TEXT ·mxfp4x4AVX2(SB), NOSPLIT, $0-8
	CONSTANTS(e2m1<>(SB))
	ARGS4
mxfp4x4:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	BEGINS4
	LOOK(16)
	NEXTS4(0)
	LOOK(48)
	NEXTS4(8)
	LOOK(80)
	NEXTS4(16)
	LOOK(112)
	NEXTS4(24)
	BSCALE((SI), Y8)
	BSCALE((SI)(R14*1), Y9)
	SIGNED4
	STEP4(32, 144)
	DECQ CX
	JNZ  mxfp4x4
	VZEROUPPER
	RET

// func mxfp4x2AVX2(t *quantTile)
TEXT ·mxfp4x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS(e2m1<>(SB))
	ARGS2
mxfp4x2:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	BEGINS2
	LOOK(16)
	NEXTS2(0)
	LOOK(48)
	NEXTS2(8)
	LOOK(80)
	NEXTS2(16)
	LOOK(112)
	NEXTS2(24)
	BSCALE((SI), Y8)
	BSCALE((SI)(R14*1), Y9)
	SIGNED2
	STEP2(32, 144)
	DECQ CX
	JNZ  mxfp4x2
	VZEROUPPER
	RET

#define FP4(V, W, S, T) \
	TWELVE(Y4, (DI)) \
	VMOVDQA Y4, Y5 \
	LOOKS(16, V, W) \
	NEXTS1(0) \
	LOOKS(48, V, W) \
	NEXTS1(8) \
	LOOKS(80, V, W) \
	NEXTS1(16) \
	LOOKS(112, V, W) \
	NEXTS1(24) \
	WIDEN(Y4, Y5, ·ones16(SB)) \
	BSCALE(V, Y8) \
	BSCALE(W, Y9) \
	SCALE1(Y4, Y5, S, T)

// func mxfp4x1AVX2(t *quantTile)
TEXT ·mxfp4x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS(e2m1<>(SB))
	ARGSROWS
mxfp4x1rows:
	ROWS
mxfp4x1:
	FOUR(FP4)
	STEP1(32, 144)
	DECQ CX
	JNZ  mxfp4x1
	STORE1
	JNZ  mxfp4x1rows
	VZEROUPPER
	RET

// IQ4_NL: values and 128 are 16·h + l, h and l of 4 bits; the sums of either
// fit in 16 bits as those of q4_amd64.s, so one token's are four: of l and of h
// of both groups of rows.

DATA iq4low<>+0(SB)/8, $0x060a0d0f0f0d0801
DATA iq4low<>+8(SB)/8, $0x0109050506090d01
GLOBL iq4low<>(SB), RODATA|NOPTR, $16

DATA iq4high<>+0(SB)/8, $0x0706050403020100
DATA iq4high<>+8(SB)/8, $0x0f0d0c0b0a090808
GLOBL iq4high<>(SB), RODATA|NOPTR, $16

// TWO looks up the nibbles Y8 of 8 rows, and adds to sums of l and h the
// products with the dword at o of both tokens.
#define TWO(o, L, H, L1, H1) \
	VPSHUFB Y8, Y15, Y9      \
	VPSHUFB Y8, Y13, Y10     \
	VPBROADCASTD (o)(R8), Y11 \
	VPBROADCASTD (o)(R9), Y12 \
	VPMADDUBSW Y11, Y9, Y8   \
	VPADDW Y8, L, L          \
	VPMADDUBSW Y11, Y10, Y11 \
	VPADDW Y11, H, H         \
	VPMADDUBSW Y12, Y9, Y9   \
	VPADDW Y9, L1, L1        \
	VPMADDUBSW Y12, Y10, Y12 \
	VPADDW Y12, H1, H1

#define TWOS(W, o, L, H, L1, H1) \
	VMOVDQU W, Y8            \
	VPAND   Y14, Y8, Y8      \
	TWO(o, L, H, L1, H1)     \
	VMOVDQU W, Y8            \
	VPSRLW  $4, Y8, Y8       \
	VPAND   Y14, Y8, Y8      \
	TWO(o+4, L, H, L1, H1)

#define TWOS2(w, o) \
	TWOS(w(SI), o, Y0, Y1, Y2, Y3) \
	TWOS(w(SI)(R14*1), o, Y4, Y5, Y6, Y7)

// JOIN makes L + 16·H - 128·Σa of two sums.
#define JOIN(L, H, at) \
	VPMADDWD ·ones16(SB), L, L \
	VPMADDWD ·ones16(SB), H, H \
	VPBROADCASTD B_OFF at, Y10 \
	VPSUBD Y10, H, H           \
	VPSLLD $4, H, H            \
	VPADDD H, L, L

// func iq4x2AVX2(t *quantTile)
TEXT ·iq4x2AVX2(SB), NOSPLIT, $0-8
	CONSTANTS(iq4low<>(SB))
	VBROADCASTI128 iq4high<>(SB), Y13
	ARGS2
iq4x2:
	AHEAD(1152)
	AHEAD(1216)
	AHEAD(1280)
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7
	TWOS2(16, 0)
	TWOS2(48, 8)
	TWOS2(80, 16)
	TWOS2(112, 24)
	JOIN(Y0, Y1, (DI))
	JOIN(Y2, Y3, (DI)(R13*1))
	JOIN(Y4, Y5, (DI))
	JOIN(Y6, Y7, (DI)(R13*1))
	HALVES
	SCALE(Y0, Y4, B_D(DI), 0)
	STORE(Y0, Y4, 0)
	SCALE(Y2, Y6, B_D(DI)(R13*1), 64)
	STORE(Y2, Y6, 64)
	STEP2(32, 144)
	DECQ CX
	JNZ  iq4x2
	VZEROUPPER
	RET

#define ONE(o, L, H) \
	VPSHUFB Y8, Y15, Y9       \
	VPSHUFB Y8, Y13, Y10      \
	VPBROADCASTD (o)(R8), Y11 \
	VPMADDUBSW Y11, Y9, Y9    \
	VPADDW Y9, L, L           \
	VPMADDUBSW Y11, Y10, Y10  \
	VPADDW Y10, H, H

#define ONES8(W, o, L, H) \
	VMOVDQU W, Y12        \
	VPAND   Y14, Y12, Y8  \
	ONE(o, L, H)          \
	VPSRLW  $4, Y12, Y8   \
	VPAND   Y14, Y8, Y8   \
	ONE(o+4, L, H)

#define ONES1(o, a, V, W) \
	ONES8((o)V, a, Y4, Y5) \
	ONES8((o)W, a, Y6, Y7)

#define IQ4(V, W, S, T) \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y5, Y5, Y5 \
	VPXOR Y6, Y6, Y6 \
	VPXOR Y7, Y7, Y7 \
	ONES1(16, 0, V, W) \
	ONES1(48, 8, V, W) \
	ONES1(80, 16, V, W) \
	ONES1(112, 24, V, W) \
	JOIN(Y4, Y5, (DI)) \
	JOIN(Y6, Y7, (DI)) \
	HALVESOF(V, W) \
	SCALE1(Y4, Y6, S, T)

// func iq4x1AVX2(t *quantTile)
TEXT ·iq4x1AVX2(SB), NOSPLIT, $0-8
	CONSTANTS(iq4low<>(SB))
	VBROADCASTI128 iq4high<>(SB), Y13
	ARGSROWS
iq4x1rows:
	ROWS
iq4x1:
	FOUR(IQ4)
	STEP1(32, 144)
	DECQ CX
	JNZ  iq4x1
	STORE1
	JNZ  iq4x1rows
	VZEROUPPER
	RET

// IQ4_XS: IQ4_NL's weights, and integers for scales; 256 weights are summed up as
// those of q3_amd64.s.

// WHOLE multiplies L + 16·H with the scales S, and sets A to that. H began with
// -8·Σa.
#define WHOLE(L, H, S) \
	VPMADDWD S, L, L \
	VPMADDWD S, H, H \
	VPSLLD $4, H, H  \
	VPADDD H, L, L

#define EIGHTOFF(H, at) \
	VPBROADCASTD B_LOW at, H \
	VPSRAW $1, H, H

// SUM adds A and B to the integers at o.
#define SUM(A, B, o) \
	VPADDD (o)(BX), A, A \
	VPADDD (o+32)(BX), B, B \
	VMOVDQA A, (o)(BX) \
	VMOVDQA B, (o+32)(BX)

// func iq4xsx2AVX2(t *quantTile)
TEXT ·iq4xsx2AVX2(SB), NOSPLIT, $160-8
	CONSTANTS(iq4low<>(SB))
	VBROADCASTI128 iq4high<>(SB), Y13
	ARGS2
	STACK
iq4xsx2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
iq4xsx2sub:
	AHEAD(1088)
	AHEAD(1152)
	AHEAD(1216)
	VPXOR Y0, Y0, Y0
	VPXOR Y2, Y2, Y2
	VPXOR Y4, Y4, Y4
	VPXOR Y6, Y6, Y6
	EIGHTOFF(Y1, (DI))
	EIGHTOFF(Y3, (DI)(R13*1))
	VMOVDQA Y1, Y5
	VMOVDQA Y3, Y7
	TWOS2(0, 0)
	TWOS2(32, 8)
	TWOS2(64, 16)
	TWOS2(96, 24)
	INTEGERS(128)
	WHOLE(Y0, Y1, Y8)
	WHOLE(Y2, Y3, Y8)
	WHOLE(Y4, Y5, Y9)
	WHOLE(Y6, Y7, Y9)
	SUM(Y0, Y4, 0)
	SUM(Y2, Y6, 64)
	STEP2(32, 136)
	DECQ AX
	JNZ  iq4xsx2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	SUBQ $8, CX
	JNZ  iq4xsx2
	VZEROUPPER
	RET

#define IQ4XS(V, W, S, T) \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y6, Y6, Y6 \
	EIGHTOFF(Y5, (DI)) \
	VMOVDQA Y5, Y7 \
	ONES1(0, 0, V, W) \
	ONES1(32, 8, V, W) \
	ONES1(64, 16, V, W) \
	ONES1(96, 24, V, W) \
	INTEGERS1(128, V, W) \
	WHOLE(Y4, Y5, Y8) \
	WHOLE(Y6, Y7, Y9) \
	VPADDD Y4, S, S \
	VPADDD Y6, T, T

// func iq4xsx1AVX2(t *quantTile)
TEXT ·iq4xsx1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS(iq4low<>(SB))
	VBROADCASTI128 iq4high<>(SB), Y13
	ARGSROWS
iq4xsx1rows:
	ROWS
	KEEP
iq4xsx1:
	MOVQ SI, BX
	ADDQ $16, SI
	MOVQ $8, AX
	ROWZERO
iq4xsx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	ROWSAHEAD(1152)
	FOUR(IQ4XS)
	STEP1(32, 136)
	DECQ AX
	JNZ  iq4xsx1sub
	FINISH1(0)
	KEEP
	SUBQ $8, CX
	JNZ  iq4xsx1
	STORE1
	JNZ  iq4xsx1rows
	VZEROUPPER
	RET
