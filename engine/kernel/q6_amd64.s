#include "textflag.h"
#include "quantwhole_amd64.h"

// Products of 6-bit weights. A block of 32 has 16 scales (of the first 16
// weights of each row, then of the others), and for either half three vectors.
// In the dword of lane r of vector v, the low 6 bits of the bytes are weights 4v
// to 4v+3 of the half, and the bits above those of weights 12 to 15: the two
// highest, the middle ones, the lowest.
//
// Weights are unsigned, and 32·Σa is taken off first: sums of 16 products may
// pass 16 bits on the way but end within 16·32·127/2 = 32,512. 256 weights are
// summed up as those of q3_amd64.s.

DATA ·ones16+0(SB)/8, $0x0001000100010001
DATA ·ones16+8(SB)/8, $0x0001000100010001
DATA ·ones16+16(SB)/8, $0x0001000100010001
DATA ·ones16+24(SB)/8, $0x0001000100010001
GLOBL ·ones16(SB), RODATA|NOPTR, $32

DATA low2<>+0(SB)/8, $0x0303030303030303
DATA low2<>+8(SB)/8, $0x0303030303030303
DATA low2<>+16(SB)/8, $0x0303030303030303
DATA low2<>+24(SB)/8, $0x0303030303030303
GLOBL low2<>(SB), RODATA|NOPTR, $32

DATA mid2<>+0(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA mid2<>+8(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA mid2<>+16(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA mid2<>+24(SB)/8, $0x0c0c0c0c0c0c0c0c
GLOBL mid2<>(SB), RODATA|NOPTR, $32

// Y14 the low 6 bits, Y15 the two highest of them.
#define CONSTANTS \
	VPCMPEQB Y15, Y15, Y15 \
	VPSRLW   $14, Y15, Y15 \
	VPSLLW   $4, Y15, Y15 \
	VPACKUSWB Y15, Y15, Y15 \
	VPCMPEQB Y14, Y14, Y14 \
	VPSRLW   $10, Y14, Y14 \
	VPACKUSWB Y14, Y14, Y14

// LASTS makes of three vectors at o the last two fours of weights, L and H.
#define LASTS(W, o, L, H) \
	VMOVDQU (o+64)W, L       \
	VMOVDQU (o)W, Y12        \
	VMOVDQU (o+32)W, Y13     \
	VPSRLW  $6, L, H         \
	VPSRLW  $2, Y12, Y12     \
	VPSRLW  $4, Y13, Y13     \
	VPAND   Y14, L, L        \
	VPAND   low2<>(SB), H, H \
	VPAND   Y15, Y12, Y12    \
	VPAND   mid2<>(SB), Y13, Y13 \
	VPOR    Y12, H, H        \
	VPOR    Y13, H, H

// FIRSTFOURS and LASTFOURS make weights Y8 and Y9 of the first 8 rows, Y10 and
// Y11 of the others.
#define FIRSTFOURS(o) \
	VPAND (o)(SI), Y14, Y8             \
	VPAND (o+32)(SI), Y14, Y9          \
	VPAND (o)(SI)(R14*1), Y14, Y10     \
	VPAND (o+32)(SI)(R14*1), Y14, Y11

#define LASTFOURS(o) \
	LASTS((SI), o, Y8, Y9) \
	LASTS((SI)(R14*1), o, Y10, Y11)

// func q6Kx4AVX2(t *quantTile)
TEXT ·q6Kx4AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS4
	STACK
q6Kx4:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
	CLEAR4
q6Kx4sub:
	AHEAD(1664)
	AHEAD(1728)
	AHEAD(1792)
	AHEAD(1856)
	BEGIN4(B_HALF)
	FIRSTFOURS(16)
	NEXTS4(0)
	LASTFOURS(16)
	NEXTS4(8)
	INTEGERS(0)
	TOTALS4
	BEGIN4(B_HALF+4)
	FIRSTFOURS(112)
	NEXTS4(16)
	LASTFOURS(112)
	NEXTS4(24)
	INTEGERS(8)
	TOTALS4
	STEP4(32, 208)
	DECQ AX
	JNZ  q6Kx4sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	FINISH4
	SUBQ $8, CX
	JNZ  q6Kx4
	VZEROUPPER
	RET

// func q6Kx2AVX2(t *quantTile)
TEXT ·q6Kx2AVX2(SB), NOSPLIT, $288-8
	CONSTANTS
	ARGS2
	STACK
q6Kx2:
	MOVQ SI, R15
	ADDQ $16, SI
	MOVQ $8, AX
	CLEAR2
q6Kx2sub:
	AHEAD(1664)
	AHEAD(1728)
	AHEAD(1792)
	AHEAD(1856)
	BEGIN2(B_HALF)
	FIRSTFOURS(16)
	NEXTS2(0)
	LASTFOURS(16)
	NEXTS2(8)
	INTEGERS(0)
	TOTALS2
	BEGIN2(B_HALF+4)
	FIRSTFOURS(112)
	NEXTS2(16)
	LASTFOURS(112)
	NEXTS2(24)
	INTEGERS(8)
	TOTALS2
	STEP2(32, 208)
	DECQ AX
	JNZ  q6Kx2sub
	HALVESOF((R15), (R15)(R14*1))
	FINISH2
	SUBQ $8, CX
	JNZ  q6Kx2
	VZEROUPPER
	RET

// HALF1 sums up, in A, the products of the three vectors at o and the
// activations at a, the pair at s being about them.
#define HALF1(A, W, o, a, s) \
	VPBROADCASTD (B_HALF+s)(DI), A  \
	VMOVDQU (o)W, Y8          \
	VMOVDQU (o+32)W, Y9       \
	VMOVDQU (o+64)W, Y10      \
	VPSRLW  $2, Y8, Y11          \
	VPSRLW  $4, Y9, Y12          \
	VPSRLW  $6, Y10, Y13         \
	VPAND   Y15, Y11, Y11        \
	VPAND   Y7, Y12, Y12         \
	VPAND   Y6, Y13, Y13         \
	VPOR    Y11, Y12, Y12        \
	VPOR    Y12, Y13, Y13        \
	VPAND   Y14, Y8, Y8          \
	VPAND   Y14, Y9, Y9          \
	VPAND   Y14, Y10, Y10        \
	VPBROADCASTD (a)(R8), Y11    \
	VPMADDUBSW Y11, Y8, Y8       \
	VPBROADCASTD (a+4)(R8), Y12  \
	VPMADDUBSW Y12, Y9, Y9       \
	VPBROADCASTD (a+8)(R8), Y11  \
	VPMADDUBSW Y11, Y10, Y10     \
	VPBROADCASTD (a+12)(R8), Y12 \
	VPMADDUBSW Y12, Y13, Y13     \
	VPADDW  Y8, A, A             \
	VPADDW  Y9, Y10, Y10         \
	VPADDW  Y13, A, A            \
	VPADDW  Y10, A, A

#define SIXES1(o, a, s, i, V, W, S, T) \
	HALF1(Y4, V, o, a, s) \
	HALF1(Y5, W, o, a, s) \
	INTEGERS1(i, V, W) \
	TOTAL1(Y4, Y5, S, T)

#define Q6K(V, W, S, T) \
	SIXES1(16, 0, 0, 0, V, W, S, T) \
	SIXES1(112, 16, 4, 8, V, W, S, T)

// func q6Kx1AVX2(t *quantTile)
TEXT ·q6Kx1AVX2(SB), NOSPLIT, $128-8
	CONSTANTS
	VMOVDQU low2<>(SB), Y6
	VMOVDQU mid2<>(SB), Y7
	ARGSROWS
q6Kx1rows:
	ROWS
	KEEP
q6Kx1:
	MOVQ SI, BX
	ADDQ $16, SI
	MOVQ $8, AX
	ROWZERO
q6Kx1sub:
	ROWSAHEAD(1024)
	ROWSAHEAD(1088)
	ROWSAHEAD(1152)
	FOUR(Q6K)
	STEP1(32, 208)
	DECQ AX
	JNZ  q6Kx1sub
	FINISH1(0)
	KEEP
	SUBQ $8, CX
	JNZ  q6Kx1
	STORE1
	JNZ  q6Kx1rows
	VZEROUPPER
	RET
