// Weights of 3 bits: see putThrees.

// Y14 the low 3 bits, Y15 the highest 2.
#define CONSTANTS \
	VPCMPEQB Y15, Y15, Y15 \
	VPSRLW   $13, Y15, Y14 \
	VPACKUSWB Y14, Y14, Y14 \
	VPSRLW   $14, Y15, Y15 \
	VPSLLW   $6, Y15, Y15  \
	VPACKUSWB Y15, Y15, Y15

// THREES makes weights Y8 and Y9 of the first 8 rows, Y10 and Y11 of the others.
#define THREES(o, V, W) \
	VMOVDQU (o)V, Y8     \
	VMOVDQU (o)W, Y10    \
	APART

#define APART \
	VPSRLW  $3, Y8, Y9   \
	VPSRLW  $3, Y10, Y11 \
	VPAND   Y14, Y8, Y8  \
	VPAND   Y14, Y9, Y9  \
	VPAND   Y14, Y10, Y10 \
	VPAND   Y14, Y11, Y11

// HIGH gathers the high bits of three vectors at o, in the order of the others.
#define HIGH(o, V, Y) \
	VPAND  (o+64)V, Y15, Y \
	VPAND  (o+32)V, Y15, Y12 \
	VPAND  (o)V, Y15, Y13 \
	VPSRLW $2, Y, Y     \
	VPSRLW $4, Y12, Y12 \
	VPSRLW $6, Y13, Y13 \
	VPOR   Y12, Y, Y \
	VPOR   Y13, Y, Y

#define LASTS(o, V, W) \
	HIGH(o, V, Y8)  \
	HIGH(o, W, Y10) \
	APART
