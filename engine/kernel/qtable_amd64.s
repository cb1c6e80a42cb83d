#include "textflag.h"
#include "quant_amd64.h"
#include "qlook_amd64.h"

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
