#include "textflag.h"

// ROW adds A(i,l)·B(l,0:32) to row i's sums, by way of register t.
#define ROW(a, t, c0, c1) \
	VBROADCASTSS a, t     \
	VFMADD231PS Z0, t, c0 \
	VFMADD231PS Z1, t, c1

// STEP8 adds one step of eight rows: a is the offset of A, b and b64 are B's columns.
#define STEP8(a, b, b64) \
	VMOVUPS b, Z0                   \
	VMOVUPS b64, Z1                 \
	ROW(a(AX), Z2, Z8, Z9)          \
	ROW(a(AX)(R8*1), Z3, Z10, Z11)  \
	ROW(a(AX)(R8*2), Z4, Z12, Z13)  \
	ROW(a(BX), Z5, Z14, Z15)        \
	ROW(a(BX)(R8*1), Z2, Z16, Z17)  \
	ROW(a(BX)(R8*2), Z3, Z18, Z19)  \
	ROW(a(R14), Z4, Z20, Z21)       \
	ROW(a(R14)(R8*1), Z5, Z22, Z23)

// STEP12 is STEP8 of twelve.
#define STEP12(a, b, b64) \
	STEP8(a, b, b64)                \
	ROW(a(R14)(R8*2), Z2, Z24, Z25) \
	ROW(a(R15), Z3, Z26, Z27)       \
	ROW(a(R15)(R8*1), Z4, Z28, Z29) \
	ROW(a(R15)(R8*2), Z5, Z30, Z31)

#define ZERO(c0, c1) \
	VPXORD c0, c0, c0 \
	VPXORD c1, c1, c1

// PREFETCHWR11 asks for 32 floats at R11 to write to; Go's assembler has no PREFETCHW.
#define PREFETCHWR11 \
	BYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x0b;             \ // (R11)
	BYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x4b; BYTE $0x40 // 64(R11)

// K1 and K2 are the masks of the columns. Lanes that are masked out are not touched.
#define ADD(m0, m1, c0, c1) \
	VADDPS m0, c0, K1, c0 \
	VADDPS m1, c1, K2, c1

#define STORE(m0, m1, c0, c1) \
	VMOVUPS c0, K1, m0 \
	VMOVUPS c1, K2, m1

// func gemmAVX512(t *tile)
//
// Twelve rows by 32 columns: 24 sums for 14 loads, and two FMAs can start each
// cycle. Fewer rows, for what is left, keep the pace down to four.
//
// AX, BX, R14, R15: rows 0, 3, 6, 9 of A at this step; R8, R9: A's strides
// SI, R10: B at this step, its stride; CX: steps left
// DI, R11: C, its stride; R12: rows left; R13: A, first step of this tile
TEXT ·gemmAVX512(SB), NOSPLIT, $0-8
	MOVQ  t+0(FP), DX
	MOVQ  0(DX), R13
	MOVQ  8(DX), R8
	MOVQ  16(DX), R9
	MOVQ  32(DX), R10
	MOVQ  40(DX), DI
	MOVQ  48(DX), R11
	MOVQ  56(DX), R12
	MOVQ  64(DX), CX
	MOVQ  $1, AX
	SHLQ  CX, AX
	DECQ  AX            // n ones
	KMOVW AX, K1
	SHRQ  $16, AX
	KMOVW AX, K2

next:
	MOVQ 24(DX), SI
	MOVQ 72(DX), CX
	MOVQ R13, AX
	LEAQ (R8)(R8*2), R15
	LEAQ (AX)(R15*1), BX
	LEAQ (AX)(R15*2), R14
	ADDQ R14, R15
	CMPQ R12, $16        // as 8+8, not 12+4
	JEQ  rows8
	CMPQ R12, $12
	JGE  rows12
	CMPQ R12, $8
	JGE  rows8
	CMPQ R12, $4
	JGE  rows4
	CMPQ R12, $2
	JGE  rows2
	CMPQ R12, $1
	JEQ  rows1
	VZEROUPPER
	RET

rows12:
	ZERO(Z8, Z9)
	ZERO(Z10, Z11)
	ZERO(Z12, Z13)
	ZERO(Z14, Z15)
	ZERO(Z16, Z17)
	ZERO(Z18, Z19)
	ZERO(Z20, Z21)
	ZERO(Z22, Z23)
	ZERO(Z24, Z25)
	ZERO(Z26, Z27)
	ZERO(Z28, Z29)
	ZERO(Z30, Z31)

	// The rows of A and of C that come next may be far: they are asked for while
	// these are multiplied, one row of each in a part of the steps, A's a line at a
	// step. All at once they would keep what is read now from coming.
	MOVQ R12, 56(DX)
	LEAQ (R8)(R8*2), R12
	LEAQ (R13)(R12*4), R12
	MOVQ 48(DX), R11
	LEAQ (R11)(R11*2), R11
	LEAQ (DI)(R11*4), R11
	CMPQ 56(DX), $12
	JNE  more12
	MOVQ 112(DX), R12 // these are the last
	MOVQ 120(DX), R11

more12:
	MOVQ R12, 136(DX)
	MOVQ R11, 144(DX)
	MOVQ 168(DX), R12
	MOVQ R12, 152(DX)

part12:
	MOVQ 144(DX), R11
	PREFETCHWR11
	ADDQ 48(DX), R11
	MOVQ R11, 144(DX)
	MOVQ 136(DX), R12
	LEAQ (R12)(R8*1), R11
	MOVQ R11, 136(DX)
	MOVQ 104(DX), CX
	DECQ 152(DX)
	JNZ  ahead12
	MOVQ 168(DX), R11 // the last part is the rest
	IMULQ CX, R11
	ADDQ 72(DX), CX
	SUBQ R11, CX

ahead12:
	MOVQ  88(DX), R11
	TESTQ CX, CX
	JZ    end12

	CMPQ CX, $4
	JLT  step12
	CMPQ R9, $4
	JNE  step12

	// Where A's steps lie side by side, four at a time: whatever is added to an
	// address takes the place of an FMA now and then. A line at a step is 64 bytes.
	MOVQ 96(DX), R9

four12:
	STEP12(0, (SI), 64(SI))
	PREFETCHT1 (R11)
	PREFETCHT1 (R12)
	PREFETCHT1 64(R12)
	STEP12(4, (SI)(R10*1), 64(SI)(R10*1))
	LEAQ (SI)(R10*2), SI
	PREFETCHT1 (R11)(R9*1)
	STEP12(8, (SI), 64(SI))
	PREFETCHT1 (R11)(R9*2)
	PREFETCHT1 128(R12)
	PREFETCHT1 192(R12)
	STEP12(12, (SI)(R10*1), 64(SI)(R10*1))
	LEAQ (SI)(R10*2), SI
	LEAQ (R11)(R9*4), R11
	ADDQ $256, R12
	ADDQ $16, AX
	ADDQ $16, BX
	ADDQ $16, R14
	ADDQ $16, R15
	SUBQ $4, CX
	CMPQ CX, $4
	JGE  four12
	MOVQ $4, R9
	TESTQ CX, CX
	JZ   done12

step12:
	STEP12(0, (SI), 64(SI))
	PREFETCHT1 (R11)
	ADDQ 96(DX), R11
	PREFETCHT1 (R12)
	ADDQ 128(DX), R12
	ADDQ R9, AX
	ADDQ R9, BX
	ADDQ R9, R14
	ADDQ R9, R15
	ADDQ R10, SI
	DECQ CX
	JNZ  step12

done12:
	ADDQ 160(DX), R11 // to the row below, where rows are apart
	MOVQ R11, 88(DX)

end12:
	CMPQ 152(DX), $0
	JNE  part12
	MOVQ 48(DX), R11
	MOVQ 56(DX), R12
	SUBQ $12, R12
	MOVQ DI, AX
	LEAQ (R11)(R11*2), R15
	LEAQ (AX)(R15*1), BX
	LEAQ (AX)(R15*2), R14
	ADDQ R14, R15
	LEAQ (R8)(R8*2), SI
	LEAQ (R13)(SI*4), R13
	LEAQ (R11)(R11*2), SI
	LEAQ (DI)(SI*4), DI
	CMPQ 80(DX), $0
	JEQ  store12
	ADD((AX), 64(AX), Z8, Z9)
	ADD((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	ADD((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	ADD((BX), 64(BX), Z14, Z15)
	ADD((BX)(R11*1), 64(BX)(R11*1), Z16, Z17)
	ADD((BX)(R11*2), 64(BX)(R11*2), Z18, Z19)
	ADD((R14), 64(R14), Z20, Z21)
	ADD((R14)(R11*1), 64(R14)(R11*1), Z22, Z23)
	ADD((R14)(R11*2), 64(R14)(R11*2), Z24, Z25)
	ADD((R15), 64(R15), Z26, Z27)
	ADD((R15)(R11*1), 64(R15)(R11*1), Z28, Z29)
	ADD((R15)(R11*2), 64(R15)(R11*2), Z30, Z31)

store12:
	STORE((AX), 64(AX), Z8, Z9)
	STORE((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	STORE((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	STORE((BX), 64(BX), Z14, Z15)
	STORE((BX)(R11*1), 64(BX)(R11*1), Z16, Z17)
	STORE((BX)(R11*2), 64(BX)(R11*2), Z18, Z19)
	STORE((R14), 64(R14), Z20, Z21)
	STORE((R14)(R11*1), 64(R14)(R11*1), Z22, Z23)
	STORE((R14)(R11*2), 64(R14)(R11*2), Z24, Z25)
	STORE((R15), 64(R15), Z26, Z27)
	STORE((R15)(R11*1), 64(R15)(R11*1), Z28, Z29)
	STORE((R15)(R11*2), 64(R15)(R11*2), Z30, Z31)
	JMP  next

rows8:
	ZERO(Z8, Z9)
	ZERO(Z10, Z11)
	ZERO(Z12, Z13)
	ZERO(Z14, Z15)
	ZERO(Z16, Z17)
	ZERO(Z18, Z19)
	ZERO(Z20, Z21)
	ZERO(Z22, Z23)

	CMPQ CX, $4
	JLT  step8
	CMPQ R9, $4
	JNE  step8

four8:
	STEP8(0, (SI), 64(SI))
	PREFETCHT1 128(SI) // the next columns, where B is not packed
	PREFETCHT1 192(SI)
	STEP8(4, (SI)(R10*1), 64(SI)(R10*1))
	PREFETCHT1 128(SI)(R10*1)
	PREFETCHT1 192(SI)(R10*1)
	LEAQ (SI)(R10*2), SI
	STEP8(8, (SI), 64(SI))
	PREFETCHT1 128(SI)
	PREFETCHT1 192(SI)
	STEP8(12, (SI)(R10*1), 64(SI)(R10*1))
	PREFETCHT1 128(SI)(R10*1)
	PREFETCHT1 192(SI)(R10*1)
	LEAQ (SI)(R10*2), SI
	ADDQ $16, AX
	ADDQ $16, BX
	ADDQ $16, R14
	SUBQ $4, CX
	CMPQ CX, $4
	JGE  four8
	TESTQ CX, CX
	JZ   done8

step8:
	STEP8(0, (SI), 64(SI))
	PREFETCHT1 128(SI) // the next columns, where B is not packed
	PREFETCHT1 192(SI)
	ADDQ R9, AX
	ADDQ R9, BX
	ADDQ R9, R14
	ADDQ R10, SI
	DECQ CX
	JNZ  step8

done8:
	SUBQ $8, R12
	MOVQ DI, AX
	LEAQ (R11)(R11*2), R15
	LEAQ (AX)(R15*1), BX
	LEAQ (AX)(R15*2), R14
	LEAQ (R13)(R8*8), R13
	LEAQ (DI)(R11*8), DI
	CMPQ 80(DX), $0
	JEQ  store8
	ADD((AX), 64(AX), Z8, Z9)
	ADD((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	ADD((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	ADD((BX), 64(BX), Z14, Z15)
	ADD((BX)(R11*1), 64(BX)(R11*1), Z16, Z17)
	ADD((BX)(R11*2), 64(BX)(R11*2), Z18, Z19)
	ADD((R14), 64(R14), Z20, Z21)
	ADD((R14)(R11*1), 64(R14)(R11*1), Z22, Z23)

store8:
	STORE((AX), 64(AX), Z8, Z9)
	STORE((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	STORE((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	STORE((BX), 64(BX), Z14, Z15)
	STORE((BX)(R11*1), 64(BX)(R11*1), Z16, Z17)
	STORE((BX)(R11*2), 64(BX)(R11*2), Z18, Z19)
	STORE((R14), 64(R14), Z20, Z21)
	STORE((R14)(R11*1), 64(R14)(R11*1), Z22, Z23)
	JMP  next

rows4:
	ZERO(Z8, Z9)
	ZERO(Z10, Z11)
	ZERO(Z12, Z13)
	ZERO(Z14, Z15)

step4:
	VMOVUPS (SI), Z0
	VMOVUPS 64(SI), Z1
	ROW((AX), Z2, Z8, Z9)
	ROW((AX)(R8*1), Z3, Z10, Z11)
	ROW((AX)(R8*2), Z4, Z12, Z13)
	ROW((BX), Z5, Z14, Z15)
	ADDQ R9, AX
	ADDQ R9, BX
	ADDQ R10, SI
	DECQ CX
	JNZ  step4

	SUBQ $4, R12
	MOVQ DI, AX
	LEAQ (R11)(R11*2), R15
	LEAQ (AX)(R15*1), BX
	LEAQ (R13)(R8*4), R13
	LEAQ (DI)(R11*4), DI
	CMPQ 80(DX), $0
	JEQ  store4
	ADD((AX), 64(AX), Z8, Z9)
	ADD((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	ADD((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	ADD((BX), 64(BX), Z14, Z15)

store4:
	STORE((AX), 64(AX), Z8, Z9)
	STORE((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	STORE((AX)(R11*2), 64(AX)(R11*2), Z12, Z13)
	STORE((BX), 64(BX), Z14, Z15)
	JMP  next

rows2:
	ZERO(Z8, Z9)
	ZERO(Z10, Z11)

step2:
	VMOVUPS (SI), Z0
	VMOVUPS 64(SI), Z1
	ROW((AX), Z2, Z8, Z9)
	ROW((AX)(R8*1), Z3, Z10, Z11)
	ADDQ R9, AX
	ADDQ R10, SI
	DECQ CX
	JNZ  step2

	SUBQ $2, R12
	MOVQ DI, AX
	LEAQ (R13)(R8*2), R13
	LEAQ (DI)(R11*2), DI
	CMPQ 80(DX), $0
	JEQ  store2
	ADD((AX), 64(AX), Z8, Z9)
	ADD((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)

store2:
	STORE((AX), 64(AX), Z8, Z9)
	STORE((AX)(R11*1), 64(AX)(R11*1), Z10, Z11)
	JMP  next

rows1:
	ZERO(Z8, Z9)

step1:
	VMOVUPS (SI), Z0
	VMOVUPS 64(SI), Z1
	ROW((AX), Z2, Z8, Z9)
	ADDQ R9, AX
	ADDQ R10, SI
	DECQ CX
	JNZ  step1

	SUBQ $1, R12
	MOVQ DI, AX
	LEAQ (R13)(R8*1), R13
	LEAQ (DI)(R11*1), DI
	CMPQ 80(DX), $0
	JEQ  store1
	ADD((AX), 64(AX), Z8, Z9)

store1:
	STORE((AX), 64(AX), Z8, Z9)
	JMP  next
