#include "textflag.h"
#include "vnni_amd64.h"

// Weights of 4 and 5 bits as bytes, for tile units.

// WEIGHTS puts those of a block, whose vectors are at o and on, by P.
#define WEIGHTS(o, P) \
	NIBBLES(o)    \
	P(0)          \
	NIBBLES(o+32) \
	P(128)        \
	NIBBLES(o+64) \
	P(256)        \
	NIBBLES(o+96) \
	P(384)

// FIFTHS puts those of a block that have a fifth bit.
#define FIFTHS(o, P) \
	LOAD(o+128, Y15, Z15) \
	NIBBLES(o) \
	FIFTH(VPSLLW, 4, VPSLLW, 3) \
	P(0) \
	NIBBLES(o+32) \
	FIFTH(VPSLLW, 2, VPSLLW, 1) \
	P(128) \
	NIBBLES(o+64) \
	FIFTH(VPSLLW, 0, VPSRLW, 1) \
	P(256) \
	NIBBLES(o+96) \
	FIFTH(VPSRLW, 2, VPSRLW, 3) \
	P(384)

// PUTLOOK puts what the table has for them.
#define PUTLOOK(at) \
	VPSHUFB Z8, Z27, Z8 \
	VPSHUFB Z9, Z27, Z9 \
	PUT(at)

// ONE puts the scales at o, TWO those and minima.
#define ONE(o) \
	BOTH(o, SI, X10, Y10, Z10) \
	VMOVUPS Z10, (DX)

#define TWO \
	ONE(0) \
	BOTH(16, SI, X11, Y11, Z11) \
	VMOVUPS Z11, 64(DX)

// ONEBFLOAT is ONE where scales are of bfloat16.
#define ONEBFLOAT \
	VMOVDQU (SI), X10 \
	VINSERTI128 $1, (SI)(R14*1), Y10, Y10 \
	VPMOVZXWD Y10, Z10 \
	VPSLLD $16, Z10, Z10 \
	VMOVUPS Z10, (DX)

// EACH unpacks every block, of so many bytes: SCALES puts so many bytes of scales
// and minima, and WEIGHTS weights.
#define EACH(SCALES, WEIGHTS, bytes, scales) \
block: \
	SCALES \
	WEIGHTS \
	ADDQ $bytes, SI \
	ADDQ $512, DI \
	ADDQ $scales, DX \
	DECQ CX \
	JNZ  block \
	VZEROUPPER \
	RET

// The values of IQ4_NL, and of MXFP4, doubled.
DATA iq4<>+0(SB)/8, $0xf6eaddcfbfad9881
DATA iq4<>+8(SB)/8, $0x7159453526190d01
GLOBL iq4<>(SB), RODATA|NOPTR, $16

DATA doubled<>+0(SB)/8, $0x0c08060403020100
DATA doubled<>+8(SB)/8, $0xf4f8fafcfdfeff00
GLOBL doubled<>(SB), RODATA|NOPTR, $16

// func bytesQ40(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesQ40(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	CONST(0x08080808, Z26)
	EACH(ONE(0), WEIGHTS(16, PUTLESS), 144, 64)

// func bytesQ41(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesQ41(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	EACH(TWO, WEIGHTS(32, PUT), 160, 128)

// func bytesQ50(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesQ50(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	CONST(0x10101010, Z29)
	CONST(0x10101010, Z26)
	EACH(ONE(0), FIFTHS(16, PUTLESS), 176, 64)

// func bytesQ51(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesQ51(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	CONST(0x10101010, Z29)
	EACH(TWO, FIFTHS(32, PUT), 192, 128)

// func bytesIQ4NL(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesIQ4NL(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	VBROADCASTI32X4 iq4<>(SB), Z27
	EACH(ONE(0), WEIGHTS(16, PUTLOOK), 144, 64)

// func bytesMXFP4(w *int8, scale *float32, src *byte, wide, nb int)
TEXT ·bytesMXFP4(SB), NOSPLIT, $0-40
	ARGSBYTES
	CONST(0x0f0f0f0f, Z30)
	VBROADCASTI32X4 doubled<>(SB), Z27
	EACH(ONEBFLOAT, WEIGHTS(16, PUTLOOK), 144, 64)
