#include "textflag.h"
#include "wholebytes_amd64.h"

// Weights times the scales of their parts, as tile units take them: see
// unpackWhole.

// STRIDES makes R8 and R9 what is from the end of a panel's 256 steps to the
// next of them, past the other panels' weights and scales.
#define STRIDES(scales) \
	MOVQ panels+40(FP), R8 \
	DECQ R8 \
	IMUL3Q $scales, R8, R9 \
	SHLQ $13, R8

// THREEBITS makes of the scales of a part Z16, the bits above their low three,
// and Z17, those: a weight has five, so its products with either are bytes.
#define THREEBITS \
	BYTES(VPMOVZXBD, 0, X10, Z10)    \
	VPSRLD $3, Z10, Z16   \
	VPANDD Z28, Z10, Z17  \
	VPSHUFB Z27, Z16, Z16 \
	VPSHUFB Z27, Z17, Z17

// PUTFOUR puts eight weights of each row; a is the first one's activation.
#define PUTFOUR(a) \
	VPMULLW Z16, Z8, Z18             \
	VPMULLW Z17, Z8, Z19             \
	VMOVDQU64 Z18, (16*(a))(DI)      \
	VMOVDQU64 Z19, (16*(a)+1024)(DI) \
	VPMULLW Z16, Z9, Z18             \
	VPMULLW Z17, Z9, Z19             \
	VMOVDQU64 Z18, (16*(a)+64)(DI)   \
	VMOVDQU64 Z19, (16*(a)+1088)(DI)

// PAIRED ends a pair of parts, and goes on to what is left.
#define PAIRED \
	ADDQ $1536, DI \
	DECQ AX   \
	JNZ  pair \
	ADDQ R8, DI \
	ADDQ R9, DX \
	DECQ CX   \
	JNZ  super \
	VZEROUPPER \
	RET

// UNPACK unpacks all blocks, two parts of so many bytes at a time.
#define UNPACK(WEIGHTS, bytes) \
	ARGSBYTES \
	STRIDES(384) \
	CONST(0x0f0f0f0f, Z30) \
	CONST(0x10101010, Z29) \
	CONST(7, Z28) \
	VBROADCASTI32X4 ·twice(SB), Z27 \
super: \
	BOTH(0, SI, X12, Y12, Z12)  \
	BOTH(16, SI, X13, Y13, Z13) \
	VMOVUPS Z12, (DX)   \
	VMOVUPS Z13, 64(DX) \
	ADDQ $32, SI  \
	ADDQ $128, DX \
	MOVQ $4, AX   \
pair: \
	BYTES(VPMOVZXBD, 8, X20, Z20) \
	THREEBITS \
	WEIGHTS   \
	ADDQ $bytes, SI \
	ADDQ $512, DI   \
	BYTES(VPMOVZXBD, 8, X10, Z10) \
	VPSLLD $16, Z10, Z10 \
	VPORD  Z10, Z20, Z20 \
	VMOVDQU64 Z20, (DX)  \
	THREEBITS \
	WEIGHTS   \
	ADDQ $bytes, SI \
	ADDQ $64, DX    \
	PAIRED

// func wholeQ4K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ4K(SB), NOSPLIT, $0-48
	UNPACK(FOURS(PUTFOUR), 144)

// func wholeQ5K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ5K(SB), NOSPLIT, $0-48
	UNPACK(FIVES(PUTFOUR), 176)

// What has no minima has signed weights, whose products with scales have 13 bits.

// APART makes of four signed weights of each row, times its scale, how many times
// 64 they are, for at, and the rest, -32 to 31. Z22 are even bytes.
#define APART(Z, at) \
	VPSLLW  $8, Z, Z18    \
	VPSRAW  $8, Z, Z19    \
	VPSRAW  $8, Z18, Z18  \
	VPMULLW Z16, Z18, Z18 \
	VPMULLW Z16, Z19, Z19 \
	VPADDW  Z17, Z18, Z18 \
	VPADDW  Z17, Z19, Z19 \
	VPSRAW  $6, Z18, Z23  \
	VPSRAW  $6, Z19, Z24  \
	VPSLLW  $8, Z24, Z24  \
	VPSLLW  $8, Z19, Z19  \
	VPTERNLOGD $0xd8, Z22, Z23, Z24 \
	VPTERNLOGD $0xd8, Z22, Z18, Z19 \
	VPANDD  Z25, Z19, Z19 \
	VPSUBB  Z26, Z19, Z19 \
	VMOVDQU64 Z24, (at)(DI) \
	VMOVDQU64 Z19, (at+1024)(DI)

// PUTOFF takes off Z31, PUTLOOK looks up in Z31; a is that of the activations.
#define PUTAPART(a) \
	APART(Z8, 16*(a)) \
	APART(Z9, 16*(a)+64)

#define PUTOFF(a) \
	OFF \
	PUTAPART(a)

#define PUTLOOK(a) \
	LOOK \
	PUTAPART(a)

// UNPACKSIGNED is UNPACK of those.
#define UNPACKSIGNED(PART, bytes) \
	STRIDES(64) \
	CONST(0x00200020, Z17) \
	CONST(0x00ff00ff, Z22) \
	CONST(0x3f3f3f3f, Z25) \
	CONST(0x20202020, Z26) \
	VBROADCASTI32X4 ·twice(SB), Z20 \
super: \
	BOTH(0, SI, X12, Y12, Z12) \
	VMOVUPS Z12, (DX) \
	ADDQ $16, SI \
	ADDQ $64, DX \
	MOVQ $4, AX  \
pair: \
	PART \
	ADDQ $bytes, SI \
	ADDQ $512, DI   \
	PART \
	ADDQ $bytes, SI \
	PAIRED

// The weights of the IQ2 types: see vnniiq2_amd64.s.
DATA ·iq2(SB)/8, $0x002b1908f8e7d500
DATA ·iq2+8(SB)/8, $0x002b1908f8e7d500
GLOBL ·iq2(SB), RODATA|NOPTR, $16

// func wholeQ6K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ6K(SB), NOSPLIT, $0-48
	ARGSBYTES
	CONSTANTS6
	CONST(0x20202020, Z31)
	UNPACKSIGNED(SIXPART(PUTOFF), 208)

// func wholeQ3K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ3K(SB), NOSPLIT, $0-48
	ARGSBYTES
	CONSTANTS3
	CONST(0x04040404, Z31)
	UNPACKSIGNED(THREEPART(PUTOFF), 112)

// func wholeIQ2(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeIQ2(SB), NOSPLIT, $0-48
	ARGSBYTES
	CONSTANTS3
	VBROADCASTI32X4 ·iq2(SB), Z31
	UNPACKSIGNED(THREEPART(PUTLOOK), 112)

// func wholeLook(w *int8, scale *float32, src *byte, wide, nb, panels int, look *[16]int8)
TEXT ·wholeLook(SB), NOSPLIT, $0-56
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	MOVQ look+48(FP), BX
	VBROADCASTI32X4 (BX), Z31
	UNPACKSIGNED(LOOKPART(PUTLOOK), 136)
