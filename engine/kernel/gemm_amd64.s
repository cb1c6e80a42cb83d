#include "textflag.h"

// The first 8 words of window 8-n of this table are a mask of n lanes.
DATA laneMask<>+0(SB)/8, $0xffffffffffffffff
DATA laneMask<>+8(SB)/8, $0xffffffffffffffff
DATA laneMask<>+16(SB)/8, $0xffffffffffffffff
DATA laneMask<>+24(SB)/8, $0xffffffffffffffff
DATA laneMask<>+32(SB)/8, $0
DATA laneMask<>+40(SB)/8, $0
DATA laneMask<>+48(SB)/8, $0
DATA laneMask<>+56(SB)/8, $0
GLOBL laneMask<>(SB), RODATA, $64

// ROW adds A(i,l)·B(l,0:16) to row i's sums.
#define ROW(a, c0, c1) \
	VBROADCASTSS a, Y2      \
	VFMADD231PS Y0, Y2, c0  \
	VFMADD231PS Y1, Y2, c1

// Another temporary for every second row, so that one need not wait.
#define ROWX(a, c0, c1) \
	VBROADCASTSS a, Y3      \
	VFMADD231PS Y0, Y3, c0  \
	VFMADD231PS Y1, Y3, c1

// PREFETCHWR11 asks for 16 floats at R11 to write to; Go's assembler has no PREFETCHW.
#define PREFETCHWR11 \
	BYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x0b

// STEP6 adds one step of six rows: a is the offset of A, b and b32 are B's columns.
#define STEP6(a, b, b32) \
	VMOVUPS b, Y0                   \
	VMOVUPS b32, Y1                 \
	ROW(a(AX), Y4, Y5)              \
	ROWX(a(AX)(R8*1), Y6, Y7)       \
	ROW(a(AX)(R8*2), Y8, Y9)        \
	ROWX(a(BX), Y10, Y11)           \
	ROW(a(BX)(R8*1), Y12, Y13)      \
	ROWX(a(BX)(R8*2), Y14, Y15)

#define ZERO(c0, c1) \
	VXORPS c0, c0, c0 \
	VXORPS c1, c1, c1

#define ADD(m0, m1, c0, c1) \
	VADDPS m0, c0, c0 \
	VADDPS m1, c1, c1

#define STORE(m0, m1, c0, c1) \
	VMOVUPS c0, m0 \
	VMOVUPS c1, m1

// Y0 and Y1 are the masks of the columns.
#define MASKADD(m0, m1, c0, c1) \
	VMASKMOVPS m0, Y0, Y2 \
	VMASKMOVPS m1, Y1, Y3 \
	VADDPS     Y2, c0, c0 \
	VADDPS     Y3, c1, c1

#define MASKSTORE(m0, m1, c0, c1) \
	VMASKMOVPS c0, Y0, m0 \
	VMASKMOVPS c1, Y1, m1

// func gemmAVX2(t *tile)
//
// Six rows by 16 columns: 12 sums, so that two FMAs can start each cycle
// though one takes four or five, for 8 loads.
//
// AX, BX: rows 0 and 3 of A at this step; R8, R9: A's strides
// SI, R10: B at this step, its stride; CX: steps left
// DI, R11: C, its stride; R12: rows left; R13: A, first step of this tile
// R15: what is asked for of the panel that comes next
TEXT ·gemmAVX2(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), DX
	MOVQ 0(DX), R13
	MOVQ 8(DX), R8
	MOVQ 16(DX), R9
	MOVQ 32(DX), R10
	MOVQ 40(DX), DI
	MOVQ 48(DX), R11
	MOVQ 56(DX), R12
	MOVQ 88(DX), R15

next:
	MOVQ 24(DX), SI
	MOVQ 72(DX), CX
	MOVQ R13, AX
	LEAQ (R8)(R8*2), BX
	ADDQ AX, BX
	CMPQ R12, $8 // as 4+4, not 6+2
	JEQ  four
	CMPQ R12, $6
	JGE  six
	CMPQ R12, $4
	JGE  four
	CMPQ R12, $2
	JGE  two
	CMPQ R12, $1
	JEQ  one
	VZEROUPPER
	RET

six:
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	ZERO(Y8, Y9)
	ZERO(Y10, Y11)
	ZERO(Y12, Y13)
	ZERO(Y14, Y15)

	// What comes next may be far: a row of A and one of C are asked for in each
	// part of the steps, as gemmAVX512 does.
	MOVQ R12, 56(DX)
	LEAQ (R8)(R8*2), R12
	LEAQ (R13)(R12*2), R12
	LEAQ (R11)(R11*2), R14
	LEAQ (DI)(R14*2), R14
	CMPQ 56(DX), $6
	JNE  six_more
	MOVQ 112(DX), R12 // these are the last
	MOVQ 120(DX), R14

six_more:
	MOVQ R12, 136(DX)
	MOVQ R14, 144(DX)
	MOVQ 168(DX), R14
	MOVQ R14, 152(DX)
	LEAQ (R10)(R10*2), R14

six_part:
	MOVQ 144(DX), R11
	PREFETCHWR11
	ADDQ 48(DX), R11
	MOVQ R11, 144(DX)
	MOVQ 136(DX), R12
	LEAQ (R12)(R8*1), R11
	MOVQ R11, 136(DX)
	MOVQ 104(DX), CX
	DECQ 152(DX)
	JNZ  six_ahead
	MOVQ 168(DX), R11 // the last part is the rest
	IMULQ CX, R11
	ADDQ 72(DX), CX
	SUBQ R11, CX

six_ahead:
	MOVQ 96(DX), R11
	CMPQ CX, $4
	JLT  six_k
	CMPQ R9, $4
	JNE  six_k

	// Where A's steps lie side by side, four at a time: whatever is added to an
	// address takes the place of an FMA now and then.
six_four:
	STEP6(0, (SI), 32(SI))
	PREFETCHT1 (R15)
	ADDQ R11, R15
	STEP6(4, (SI)(R10*1), 32(SI)(R10*1))
	PREFETCHT1 (R12)
	STEP6(8, (SI)(R10*2), 32(SI)(R10*2))
	PREFETCHT1 64(R12)
	ADDQ $128, R12
	STEP6(12, (SI)(R14*1), 32(SI)(R14*1))
	LEAQ (SI)(R10*4), SI
	ADDQ $16, AX
	ADDQ $16, BX
	SUBQ $4, CX
	CMPQ CX, $4
	JGE  six_four

six_k:
	TESTQ CX, CX
	JZ   six_done
	STEP6(0, (SI), 32(SI))
	ADDQ R9, AX
	ADDQ R9, BX
	ADDQ R10, SI
	DECQ CX
	JMP  six_k

six_done:
	ADDQ 160(DX), R15 // to the row below, where rows are apart
	CMPQ 152(DX), $0
	JNE  six_part
	MOVQ R15, 88(DX)
	MOVQ 48(DX), R11
	MOVQ 56(DX), R12

	LEAQ (R8)(R8*2), AX
	LEAQ (R13)(AX*2), R13
	SUBQ $6, R12
	LEAQ (R11)(R11*2), BX
	ADDQ DI, BX
	LEAQ (BX)(R11*2), SI
	ADDQ R11, SI          // the next tile's C
	CMPQ 64(DX), $16
	JNE  six_mask
	CMPQ 80(DX), $0
	JEQ  six_store
	ADD((DI), 32(DI), Y4, Y5)
	ADD((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	ADD((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	ADD((BX), 32(BX), Y10, Y11)
	ADD((BX)(R11*1), 32(BX)(R11*1), Y12, Y13)
	ADD((BX)(R11*2), 32(BX)(R11*2), Y14, Y15)

six_store:
	STORE((DI), 32(DI), Y4, Y5)
	STORE((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	STORE((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	STORE((BX), 32(BX), Y10, Y11)
	STORE((BX)(R11*1), 32(BX)(R11*1), Y12, Y13)
	STORE((BX)(R11*2), 32(BX)(R11*2), Y14, Y15)
	MOVQ SI, DI
	JMP  next

six_mask:
	CALL columns<>(SB)
	CMPQ 80(DX), $0
	JEQ  six_mask_store
	MASKADD((DI), 32(DI), Y4, Y5)
	MASKADD((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	MASKADD((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	MASKADD((BX), 32(BX), Y10, Y11)
	MASKADD((BX)(R11*1), 32(BX)(R11*1), Y12, Y13)
	MASKADD((BX)(R11*2), 32(BX)(R11*2), Y14, Y15)

six_mask_store:
	MASKSTORE((DI), 32(DI), Y4, Y5)
	MASKSTORE((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	MASKSTORE((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	MASKSTORE((BX), 32(BX), Y10, Y11)
	MASKSTORE((BX)(R11*1), 32(BX)(R11*1), Y12, Y13)
	MASKSTORE((BX)(R11*2), 32(BX)(R11*2), Y14, Y15)
	MOVQ SI, DI
	JMP  next

four:
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	ZERO(Y8, Y9)
	ZERO(Y10, Y11)

four_k:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	ROW((AX), Y4, Y5)
	ROWX((AX)(R8*1), Y6, Y7)
	ROW((AX)(R8*2), Y8, Y9)
	ROWX((BX), Y10, Y11)
	ADDQ R9, AX
	ADDQ R9, BX
	ADDQ R10, SI
	DECQ CX
	JNZ  four_k

	LEAQ (R13)(R8*4), R13
	SUBQ $4, R12
	LEAQ (R11)(R11*2), BX
	ADDQ DI, BX
	LEAQ (DI)(R11*4), SI
	CMPQ 64(DX), $16
	JNE  four_mask
	CMPQ 80(DX), $0
	JEQ  four_store
	ADD((DI), 32(DI), Y4, Y5)
	ADD((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	ADD((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	ADD((BX), 32(BX), Y10, Y11)

four_store:
	STORE((DI), 32(DI), Y4, Y5)
	STORE((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	STORE((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	STORE((BX), 32(BX), Y10, Y11)
	MOVQ SI, DI
	JMP  next

four_mask:
	CALL columns<>(SB)
	CMPQ 80(DX), $0
	JEQ  four_mask_store
	MASKADD((DI), 32(DI), Y4, Y5)
	MASKADD((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	MASKADD((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	MASKADD((BX), 32(BX), Y10, Y11)

four_mask_store:
	MASKSTORE((DI), 32(DI), Y4, Y5)
	MASKSTORE((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	MASKSTORE((DI)(R11*2), 32(DI)(R11*2), Y8, Y9)
	MASKSTORE((BX), 32(BX), Y10, Y11)
	MOVQ SI, DI
	JMP  next

two:
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)

two_k:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	ROW((AX), Y4, Y5)
	ROWX((AX)(R8*1), Y6, Y7)
	ADDQ R9, AX
	ADDQ R10, SI
	DECQ CX
	JNZ  two_k

	LEAQ (R13)(R8*2), R13
	SUBQ $2, R12
	LEAQ (DI)(R11*2), SI
	CALL columns<>(SB)
	CMPQ 80(DX), $0
	JEQ  two_store
	MASKADD((DI), 32(DI), Y4, Y5)
	MASKADD((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)

two_store:
	MASKSTORE((DI), 32(DI), Y4, Y5)
	MASKSTORE((DI)(R11*1), 32(DI)(R11*1), Y6, Y7)
	MOVQ SI, DI
	JMP  next

one:
	ZERO(Y4, Y5)

one_k:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	ROW((AX), Y4, Y5)
	ADDQ R9, AX
	ADDQ R10, SI
	DECQ CX
	JNZ  one_k

	SUBQ $1, R12
	CALL columns<>(SB)
	CMPQ 80(DX), $0
	JEQ  one_store
	MASKADD((DI), 32(DI), Y4, Y5)

one_store:
	MASKSTORE((DI), 32(DI), Y4, Y5)
	VZEROUPPER
	RET

// columns sets Y0 and Y1 to the masks of the tile DX's columns. It uses AX and CX.
TEXT columns<>(SB), NOSPLIT, $0-0
	MOVQ    64(DX), AX
	MOVQ    $8, CX
	CMPQ    AX, CX
	CMOVQLT AX, CX          // CX = min(n, 8)
	SUBQ    CX, AX          // AX = n - CX
	SHLQ    $2, AX
	SHLQ    $2, CX
	NEGQ    AX
	NEGQ    CX
	LEAQ    laneMask<>+32(SB), R14
	VMOVUPS (R14)(CX*1), Y0
	VMOVUPS (R14)(AX*1), Y1
	RET
