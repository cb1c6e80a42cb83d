// Weights that nibbles choose of a table, and 128, are 16·h + l: Y15 is the table of
// l, Y13 that of h, Y14 low nibbles.

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
