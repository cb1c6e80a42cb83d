#include "textflag.h"
#include "vnni_amd64.h"

// Weights of Q4_K, Q5_K and Q6_K times the scales of their parts, for tile
// units: see unpackWhole.

// STRIDES makes R8 and R9 what is from the end of a panel's 256 steps to the
// next of them, past the other panels' weights and scales.
#define STRIDES(scales) \
	MOVQ panels+40(FP), R8 \
	DECQ R8 \
	IMUL3Q $scales, R8, R9 \
	SHLQ $13, R8

// DOUBLE puts the low word of dwords into both.
#define DOUBLE(Z, T) \
	VPSLLD $16, Z, T \
	VPORD  T, Z, Z

// BYTES makes numbers of the 8 bytes at o of both groups.
#define BYTES(o, X, Z) \
	VMOVQ (o)(SI), X \
	VPINSRQ $1, (o)(SI)(R14*1), X, X \
	VPMOVZXBD X, Z

// THREEBITS makes of the scales of a part Z16, the bits above their low three,
// and Z17, those: a weight has five, so its products with either are bytes.
#define THREEBITS \
	BYTES(0, X10, Z10)    \
	VPSRLD $3, Z10, Z16   \
	VPANDD Z28, Z10, Z17  \
	DOUBLE(Z16, Z18)      \
	DOUBLE(Z17, Z18)

#define PUTFOUR(at) \
	VPMULLW Z16, Z8, Z18           \
	VPMULLW Z17, Z8, Z19           \
	VMOVDQU64 Z18, (at)(DI)        \
	VMOVDQU64 Z19, (at+1024)(DI)   \
	VPMULLW Z16, Z9, Z18           \
	VPMULLW Z17, Z9, Z19           \
	VMOVDQU64 Z18, (at+64)(DI)     \
	VMOVDQU64 Z19, (at+1088)(DI)

#define FOURS \
	NIBBLES(16) \
	PUTFOUR(0)    \
	NIBBLES(48) \
	PUTFOUR(128)  \
	NIBBLES(80) \
	PUTFOUR(256)  \
	NIBBLES(112) \
	PUTFOUR(384)

// FIFTH adds fifth bits: see q5_amd64.s. Z15 is what holds them.
#define FIFTH(SHIFTL, l, SHIFTH, h) \
	SHIFTL $l, Z15, Z11  \
	SHIFTH $h, Z15, Z14  \
	VPANDD Z29, Z11, Z11 \
	VPANDD Z29, Z14, Z14 \
	VPORD  Z11, Z8, Z8   \
	VPORD  Z14, Z9, Z9

#define FIVES \
	LOAD(144, Y15, Z15) \
	NIBBLES(16) \
	FIFTH(VPSLLW, 4, VPSLLW, 3) \
	PUTFOUR(0) \
	NIBBLES(48) \
	FIFTH(VPSLLW, 2, VPSLLW, 1) \
	PUTFOUR(128) \
	NIBBLES(80) \
	FIFTH(VPSLLW, 0, VPSRLW, 1) \
	PUTFOUR(256) \
	NIBBLES(112) \
	FIFTH(VPSRLW, 2, VPSRLW, 3) \
	PUTFOUR(384)

// UNPACK unpacks all blocks, two parts of so many bytes at a time.
#define UNPACK(WEIGHTS, bytes) \
	ARGSBYTES \
	STRIDES(384) \
	CONST(0x0f0f0f0f, Z30) \
	CONST(0x10101010, Z29) \
	CONST(7, Z28) \
super: \
	BOTH(0, SI, X12, Y12, Z12)  \
	BOTH(16, SI, X13, Y13, Z13) \
	VMOVUPS Z12, (DX)   \
	VMOVUPS Z13, 64(DX) \
	ADDQ $32, SI  \
	ADDQ $128, DX \
	MOVQ $4, AX   \
pair: \
	BYTES(8, X20, Z20) \
	THREEBITS \
	WEIGHTS   \
	ADDQ $bytes, SI \
	ADDQ $512, DI   \
	BYTES(8, X10, Z10) \
	VPSLLD $16, Z10, Z10 \
	VPORD  Z10, Z20, Z20 \
	VMOVDQU64 Z20, (DX)  \
	THREEBITS \
	WEIGHTS   \
	ADDQ $bytes, SI \
	ADDQ $1536, DI  \
	ADDQ $64, DX    \
	DECQ AX   \
	JNZ  pair \
	ADDQ R8, DI \
	ADDQ R9, DX \
	DECQ CX   \
	JNZ  super \
	VZEROUPPER \
	RET

// func wholeQ4K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ4K(SB), NOSPLIT, $0-48
	UNPACK(FOURS, 144)

// func wholeQ5K(w *int8, scale *float32, src *byte, wide, nb, panels int)
TEXT ·wholeQ5K(SB), NOSPLIT, $0-48
	UNPACK(FIVES, 176)
