#include "textflag.h"
#include "tiles_amd64.h"

// LOADB loads a tile from DI, rows CX bytes apart; LOADC, LOADD, STOREC and STORED
// load or store one at R9 and R11, rows R10 bytes apart.
#define LOADB(tile, at) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x0f; LONG $(at)
#define LOADC(tile, at) BYTE $0xc4; BYTE $0x82; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x11; LONG $(at)
#define LOADD(tile, at) BYTE $0xc4; BYTE $0x82; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x13; LONG $(at)
#define STOREC(tile, at) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x11; LONG $(at)
#define STORED(tile, at) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x13; LONG $(at)
#define MUL(sum, a, b) BYTE $0xc4; BYTE $0xe2; BYTE $((15-(b))<<3|2); BYTE $0x5c; BYTE $(0xc0|(sum)<<3|(a)) // TDPBF16PS

// FOUR adds two tiles of A times two of B to the four of C.
#define FOUR \
	MUL(0, 4, 6); \
	MUL(1, 4, 7); \
	MUL(2, 5, 6); \
	MUL(3, 5, 7)

// ASK4 asks for four lines of the panel of B that is next.
#define ASK4(at) \
	PREFETCHT1 (at)(AX); \
	PREFETCHT1 (at+64)(AX); \
	PREFETCHT1 (at+128)(AX); \
	PREFETCHT1 (at+192)(AX)

// func splitMulAMX(t *splitTile)
TEXT ·splitMulAMX(SB), NOSPLIT, $0-8
	LEAQ ·wholeTiles(SB), AX
	CONFIG
	MOVQ t+0(FP), R15
	MOVQ 0(R15), SI   // a
	MOVQ 16(R15), R9  // c
	MOVQ 24(R15), R10 // cs
	MOVQ 32(R15), R13 // blocks
	MOVQ 56(R15), AX  // what of the next panel is asked for
	MOVQ $64, CX
	MOVQ R10, R14
	SHLQ $4, R14

block: // of 32 rows
	LEAQ (R9)(R14*1), R11
	MOVQ 8(R15), DI
	MOVQ 40(R15), DX

	CMPQ 48(R15), $0
	JE   zero
	LOADC(0, 0)
	LOADC(1, 64)
	LOADD(2, 0)
	LOADD(3, 64)
	JMP  begin

zero:
	ZERO(0)
	ZERO(1)
	ZERO(2)
	ZERO(3)

begin:
	CMPQ 64(R15), $3
	JE   piece3

piece:
	LOADA(4, 0)
	LOADB(6, 0)
	LOADB(7, 1024)
	LOADA(5, 1024)
	FOUR
	ASK4(0)
	ASK4(256)
	LOADA(4, 2048)
	LOADA(5, 3072)
	FOUR
	ASK4(512)
	LOADA(4, 0)
	LOADB(6, 2048)
	LOADB(7, 3072)
	LOADA(5, 1024)
	FOUR
	ASK4(768)
	ADDQ $1024, AX
	ADDQ $4096, SI
	ADDQ $4096, DI
	DECQ DX
	JNZ  piece
	JMP  store

piece3:
	LOADA(4, 0)
	LOADB(6, 0)
	LOADB(7, 1024)
	LOADA(5, 1024)
	FOUR
	ASK4(0)
	LOADA(4, 2048)
	LOADA(5, 3072)
	FOUR
	ASK4(256)
	LOADA(4, 4096)
	LOADA(5, 5120)
	FOUR
	ASK4(512)
	LOADA(4, 2048)
	LOADB(6, 2048)
	LOADB(7, 3072)
	LOADA(5, 3072)
	FOUR
	ASK4(768)
	LOADA(4, 0)
	LOADA(5, 1024)
	FOUR
	ASK4(1024)
	LOADB(6, 4096)
	LOADB(7, 5120)
	FOUR
	ASK4(1280)
	ADDQ $1536, AX
	ADDQ $6144, SI
	ADDQ $6144, DI
	DECQ DX
	JNZ  piece3

store:
	STOREC(0, 0)
	STOREC(1, 64)
	STORED(2, 0)
	STORED(3, 64)
	LEAQ (R9)(R14*2), R9
	DECQ R13
	JNZ  block
	RELEASE
	RET

// CVT sets Z2 to the nearest bfloat16 of Z0, and above them of Z1:
// VCVTNE2PS2BF16 Z0, Z1, Z2, which the assembler does not have.
#define CVT BYTE $0x62; BYTE $0xf2; BYTE $0x77; BYTE $0x48; BYTE $0x72; BYTE $0xd0

// CONSTANTS prepares FLUSH, with least in AX.
#define CONSTANTS \
	SHRL         $16, AX \
	VPBROADCASTW AX, Z26 \
	MOVL         $0x7fff, AX \
	VPBROADCASTW AX, Z27 \
	MOVL         $0xffff0000, AX \
	VPBROADCASTD AX, Z28

// FLUSH makes zeros of what is too small in Z2.
#define FLUSH \
	VPANDD      Z27, Z2, Z3 \
	VPCMPUW     $5, Z26, Z3, K1 \
	VMOVDQU16.Z Z2, K1, Z2

// LEFT leaves in Z0 and Z1 what is left of them beside the numbers in Z2, those of
// the first in the lower halves of its words.
#define LEFT \
	VPSLLD $16, Z2, Z3 \
	VPANDD Z28, Z2, Z4 \
	VSUBPS Z3, Z0, Z0 \
	VSUBPS Z4, Z1, Z1

// PAIR sets a row of a tile to the nearest numbers of Z0 and Z1 in turn.
#define PAIR(to) \
	CVT \
	VPERMW    Z2, Z25, Z2 \
	FLUSH \
	VMOVDQU32 Z2, to(DI)

// PAIRS splits 16 columns of two rows, at SI and from it R8 on, into two
// numbers, and writes a row of two tiles; PAIRS3 splits them into three.
#define PAIRS(from, to) \
	VMOVUPS from(SI), Z0 \
	VMOVUPS from(SI)(R8*1), Z1 \
	PAIR(to) \
	LEFT \
	PAIR(to+2048)
#define PAIRS3(from, to) \
	VMOVUPS from(SI), Z0 \
	VMOVUPS from(SI)(R8*1), Z1 \
	PAIR(to) \
	LEFT \
	PAIR(to+2048) \
	LEFT \
	PAIR(to+4096)

// Words of two halves in turn.
DATA inTurn<>+0(SB)/8, $0x0011000100100000
DATA inTurn<>+8(SB)/8, $0x0013000300120002
DATA inTurn<>+16(SB)/8, $0x0015000500140004
DATA inTurn<>+24(SB)/8, $0x0017000700160006
DATA inTurn<>+32(SB)/8, $0x0019000900180008
DATA inTurn<>+40(SB)/8, $0x001b000b001a000a
DATA inTurn<>+48(SB)/8, $0x001d000d001c000c
DATA inTurn<>+56(SB)/8, $0x001f000f001e000e
GLOBL inTurn<>(SB), RODATA|NOPTR, $64

// ASKPAIRS asks for two of the 32 steps after these.
#define ASKPAIRS \
	PREFETCHT0 (R10) \
	PREFETCHT0 64(R10) \
	PREFETCHT0 (R10)(R8*1) \
	PREFETCHT0 64(R10)(R8*1) \
	LEAQ (R10)(R8*2), R10

// func splitPairsAVX512(dst *uint32, b *float32, ldb int, least uint32, parts int)
TEXT ·splitPairsAVX512(SB), NOSPLIT, $0-40
	MOVL      least+24(FP), AX
	CONSTANTS
	VMOVDQU32 inTurn<>(SB), Z25
	MOVQ      dst+0(FP), DI
	MOVQ      b+8(FP), SI
	MOVQ      ldb+16(FP), R8
	MOVQ      R8, R10
	SHLQ      $5, R10
	ADDQ      SI, R10
	MOVQ      $16, DX
	CMPQ      parts+32(FP), $3
	JE        pairs3

pairs:
	ASKPAIRS
	PAIRS(0, 0)
	PAIRS(64, 1024)
	LEAQ (SI)(R8*2), SI
	ADDQ $64, DI
	DECQ DX
	JNZ  pairs
	VZEROUPPER
	RET

pairs3:
	ASKPAIRS
	PAIRS3(0, 0)
	PAIRS3(64, 1024)
	LEAQ (SI)(R8*2), SI
	ADDQ $64, DI
	DECQ DX
	JNZ  pairs3
	VZEROUPPER
	RET

// LINE sets a row of a tile to the nearest numbers of Z0 and Z1, one after the
// other.
#define LINE(to) \
	CVT \
	FLUSH \
	VMOVDQU32 Z2, to(DI)

// func splitLinesAVX512(dst *uint32, a *float32, lda int, least uint32, parts int)
TEXT ·splitLinesAVX512(SB), NOSPLIT, $0-40
	MOVL least+24(FP), AX
	CONSTANTS
	VMOVDQU32 inTurn<>(SB), Z25
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ parts+32(FP), R9
	MOVQ $32, DX

lines: // what lies to the right is asked for
	PREFETCHT0 128(SI)
	PREFETCHT0 192(SI)
	VMOVUPS    (SI), Z0
	VMOVUPS    64(SI), Z1
	LINE(0)
	VPERMW     Z2, Z25, Z2
	LEFT
	LINE(2048)
	CMPQ       R9, $3
	JNE        next
	VPERMW     Z2, Z25, Z2
	LEFT
	LINE(4096)

next:
	ADDQ R8, SI
	ADDQ $64, DI
	DECQ DX
	JNZ  lines
	VZEROUPPER
	RET
