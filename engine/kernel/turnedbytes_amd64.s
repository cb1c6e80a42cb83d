#include "textflag.h"
#include "wholebytes_amd64.h"

// Weights times the scales of their parts, as tile units take them on the way back: for
// each 16 columns a panel of 256 rows, in lines of four rows, each byte with a sign. See
// turnSixteen.

// LINES puts four columns of 16 rows in four lines, 256 apart. Z25 exchanges rows
// and columns of four by four.
#define LINES(Z, at) \
	VPSHUFB Z25, Z, Z              \
	VEXTRACTI32X4 $0, Z, (at)(DI)     \
	VEXTRACTI32X4 $1, Z, (at+256)(DI) \
	VEXTRACTI32X4 $2, Z, (at+512)(DI) \
	VEXTRACTI32X4 $3, Z, (at+768)(DI)

// TURNED makes bytes of what has 16 bits, Z18 of even columns and Z19 of odd ones.
#define TURNED(at) \
	VPADDW Z26, Z18, Z24 \
	VPSLLW $8, Z19, Z23  \
	VPADDW Z26, Z19, Z19 \
	VPSRLW $8, Z24, Z24  \
	VPTERNLOGD $0xd8, Z22, Z18, Z23 \
	VPTERNLOGD $0xd8, Z22, Z24, Z19 \
	LINES(Z19, at)       \
	LINES(Z23, at+1024)

#define TURNEDFOUR(Z, at) \
	VPANDD  Z22, Z, Z18   \
	VPSRLW  $8, Z, Z19    \
	VPMULLW Z16, Z18, Z18 \
	VPMULLW Z16, Z19, Z19 \
	TURNED(at)

#define TURNEDSIGNED(Z, at) \
	VPSLLW  $8, Z, Z18    \
	VPSRAW  $8, Z, Z19    \
	VPSRAW  $8, Z18, Z18  \
	VPMULLW Z16, Z18, Z18 \
	VPMULLW Z16, Z19, Z19 \
	TURNED(at)

#define TURNFOUR(a) \
	TURNEDFOUR(Z8, (a)/16*8192+(a)%16*4) \
	TURNEDFOUR(Z9, (a)/16*8192+(a)%16*4+16)

#define TURNSIGNED(a) \
	TURNEDSIGNED(Z8, (a)/16*8192+(a)%16*4) \
	TURNEDSIGNED(Z9, (a)/16*8192+(a)%16*4+16)

#define TURNOFF(a) \
	OFF \
	TURNSIGNED(a)

#define TURNLOOK(a) \
	LOOK \
	TURNSIGNED(a)

#define TURNBEGIN \
	MOVQ w+0(FP), DI     \
	MOVQ src+8(FP), SI   \
	MOVQ wide+16(FP), R14 \
	MOVQ $8, CX          \
	CONST(0x00ff00ff, Z22) \
	CONST(0x00800080, Z26) \
	VBROADCASTI32X4 ·twice(SB), Z20 \
	VBROADCASTI32X4 ·exchanged(SB), Z25

// TURN goes through eight parts of so many bytes, after head bytes.
#define TURN(PART, head, bytes) \
	ADDQ $head, SI \
part: \
	PART \
	ADDQ $bytes, SI \
	ADDQ $16384, DI \
	DECQ CX \
	JNZ  part \
	VZEROUPPER \
	RET

#define UNSIGNED(WEIGHTS) \
	BYTES(VPMOVZXBD, 0, X10, Z16) \
	VPSHUFB Z20, Z16, Z16 \
	WEIGHTS

#define TURNUNSIGNED(WEIGHTS, bytes) \
	TURNBEGIN \
	CONST(0x0f0f0f0f, Z30) \
	CONST(0x10101010, Z29) \
	TURN(UNSIGNED(WEIGHTS), 32, bytes)

// Rows and columns of four by four bytes, exchanged.
DATA ·exchanged(SB)/8, $0x0d0905010c080400
DATA ·exchanged+8(SB)/8, $0x0f0b07030e0a0602
GLOBL ·exchanged(SB), RODATA|NOPTR, $16

// func turnQ4K(w *int8, src *byte, wide int)
TEXT ·turnQ4K(SB), NOSPLIT, $0-24
	TURNUNSIGNED(FOURS(TURNFOUR), 144)

// func turnQ5K(w *int8, src *byte, wide int)
TEXT ·turnQ5K(SB), NOSPLIT, $0-24
	TURNUNSIGNED(FIVES(TURNFOUR), 176)

// func turnQ6K(w *int8, src *byte, wide int)
TEXT ·turnQ6K(SB), NOSPLIT, $0-24
	TURNBEGIN
	CONSTANTS6
	CONST(0x20202020, Z31)
	TURN(SIXPART(TURNOFF), 16, 208)

// func turnQ3K(w *int8, src *byte, wide int)
TEXT ·turnQ3K(SB), NOSPLIT, $0-24
	TURNBEGIN
	CONSTANTS3
	CONST(0x04040404, Z31)
	TURN(THREEPART(TURNOFF), 16, 112)

// func turnIQ2(w *int8, src *byte, wide int)
TEXT ·turnIQ2(SB), NOSPLIT, $0-24
	TURNBEGIN
	CONSTANTS3
	VBROADCASTI32X4 ·iq2(SB), Z31
	TURN(THREEPART(TURNLOOK), 16, 112)

// func turnLook(w *int8, src *byte, wide int, look *[16]int8)
TEXT ·turnLook(SB), NOSPLIT, $0-32
	TURNBEGIN
	CONST(0x0f0f0f0f, Z30)
	MOVQ look+24(FP), BX
	VBROADCASTI32X4 (BX), Z31
	TURN(LOOKPART(TURNLOOK), 16, 136)
