// The vector kernels, for both widths of register. The file that includes this
// one defines V0 to V15 as its registers, WIDTH as their size in bytes, SHIFT
// as log2 of their floats, the macros LANES, LOADLANES, STORELANES and TREE
// over a reduction's 32 lanes, and NAME as the ending of the functions.
//
// The comments give only what the Go definition does not say.

// Constants of exp, each filled to a full register.
DATA magic<>+0(SB)/8, $0x4b4000004b400000
DATA magic<>+8(SB)/8, $0x4b4000004b400000
DATA magic<>+16(SB)/8, $0x4b4000004b400000
DATA magic<>+24(SB)/8, $0x4b4000004b400000
DATA magic<>+32(SB)/8, $0x4b4000004b400000
DATA magic<>+40(SB)/8, $0x4b4000004b400000
DATA magic<>+48(SB)/8, $0x4b4000004b400000
DATA magic<>+56(SB)/8, $0x4b4000004b400000
GLOBL magic<>(SB), RODATA|NOPTR, $64
DATA log2e<>+0(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+8(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+16(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+24(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+32(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+40(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+48(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+56(SB)/8, $0x3fb8aa3b3fb8aa3b
GLOBL log2e<>(SB), RODATA|NOPTR, $64
DATA nln2hi<>+0(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+8(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+16(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+24(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+32(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+40(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+48(SB)/8, $0xbf317200bf317200
DATA nln2hi<>+56(SB)/8, $0xbf317200bf317200
GLOBL nln2hi<>(SB), RODATA|NOPTR, $64
DATA nln2lo<>+0(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+8(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+16(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+24(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+32(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+40(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+48(SB)/8, $0xb5bfbe8eb5bfbe8e
DATA nln2lo<>+56(SB)/8, $0xb5bfbe8eb5bfbe8e
GLOBL nln2lo<>(SB), RODATA|NOPTR, $64
DATA c6<>+0(SB)/8, $0x3ab512263ab51226
DATA c6<>+8(SB)/8, $0x3ab512263ab51226
DATA c6<>+16(SB)/8, $0x3ab512263ab51226
DATA c6<>+24(SB)/8, $0x3ab512263ab51226
DATA c6<>+32(SB)/8, $0x3ab512263ab51226
DATA c6<>+40(SB)/8, $0x3ab512263ab51226
DATA c6<>+48(SB)/8, $0x3ab512263ab51226
DATA c6<>+56(SB)/8, $0x3ab512263ab51226
GLOBL c6<>(SB), RODATA|NOPTR, $64
DATA c5<>+0(SB)/8, $0x3c091cea3c091cea
DATA c5<>+8(SB)/8, $0x3c091cea3c091cea
DATA c5<>+16(SB)/8, $0x3c091cea3c091cea
DATA c5<>+24(SB)/8, $0x3c091cea3c091cea
DATA c5<>+32(SB)/8, $0x3c091cea3c091cea
DATA c5<>+40(SB)/8, $0x3c091cea3c091cea
DATA c5<>+48(SB)/8, $0x3c091cea3c091cea
DATA c5<>+56(SB)/8, $0x3c091cea3c091cea
GLOBL c5<>(SB), RODATA|NOPTR, $64
DATA c4<>+0(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+8(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+16(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+24(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+32(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+40(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+48(SB)/8, $0x3d2aac793d2aac79
DATA c4<>+56(SB)/8, $0x3d2aac793d2aac79
GLOBL c4<>(SB), RODATA|NOPTR, $64
DATA c3<>+0(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+8(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+16(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+24(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+32(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+40(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+48(SB)/8, $0x3e2aaa493e2aaa49
DATA c3<>+56(SB)/8, $0x3e2aaa493e2aaa49
GLOBL c3<>(SB), RODATA|NOPTR, $64
DATA c2<>+0(SB)/8, $0x3efffffe3efffffe
DATA c2<>+8(SB)/8, $0x3efffffe3efffffe
DATA c2<>+16(SB)/8, $0x3efffffe3efffffe
DATA c2<>+24(SB)/8, $0x3efffffe3efffffe
DATA c2<>+32(SB)/8, $0x3efffffe3efffffe
DATA c2<>+40(SB)/8, $0x3efffffe3efffffe
DATA c2<>+48(SB)/8, $0x3efffffe3efffffe
DATA c2<>+56(SB)/8, $0x3efffffe3efffffe
GLOBL c2<>(SB), RODATA|NOPTR, $64
DATA one<>+0(SB)/8, $0x3f8000003f800000
DATA one<>+8(SB)/8, $0x3f8000003f800000
DATA one<>+16(SB)/8, $0x3f8000003f800000
DATA one<>+24(SB)/8, $0x3f8000003f800000
DATA one<>+32(SB)/8, $0x3f8000003f800000
DATA one<>+40(SB)/8, $0x3f8000003f800000
DATA one<>+48(SB)/8, $0x3f8000003f800000
DATA one<>+56(SB)/8, $0x3f8000003f800000
GLOBL one<>(SB), RODATA|NOPTR, $64
DATA bias<>+0(SB)/8, $0x3f8000003f800000
DATA bias<>+8(SB)/8, $0x3f8000003f800000
DATA bias<>+16(SB)/8, $0x3f8000003f800000
DATA bias<>+24(SB)/8, $0x3f8000003f800000
DATA bias<>+32(SB)/8, $0x3f8000003f800000
DATA bias<>+40(SB)/8, $0x3f8000003f800000
DATA bias<>+48(SB)/8, $0x3f8000003f800000
DATA bias<>+56(SB)/8, $0x3f8000003f800000
GLOBL bias<>(SB), RODATA|NOPTR, $64
DATA sign<>+0(SB)/8, $0x8000000080000000
DATA sign<>+8(SB)/8, $0x8000000080000000
DATA sign<>+16(SB)/8, $0x8000000080000000
DATA sign<>+24(SB)/8, $0x8000000080000000
DATA sign<>+32(SB)/8, $0x8000000080000000
DATA sign<>+40(SB)/8, $0x8000000080000000
DATA sign<>+48(SB)/8, $0x8000000080000000
DATA sign<>+56(SB)/8, $0x8000000080000000
GLOBL sign<>(SB), RODATA|NOPTR, $64
DATA max<>+0(SB)/8, $0x42b0000042b00000
DATA max<>+8(SB)/8, $0x42b0000042b00000
DATA max<>+16(SB)/8, $0x42b0000042b00000
DATA max<>+24(SB)/8, $0x42b0000042b00000
DATA max<>+32(SB)/8, $0x42b0000042b00000
DATA max<>+40(SB)/8, $0x42b0000042b00000
DATA max<>+48(SB)/8, $0x42b0000042b00000
DATA max<>+56(SB)/8, $0x42b0000042b00000
GLOBL max<>(SB), RODATA|NOPTR, $64
DATA min<>+0(SB)/8, $0xc2b00000c2b00000
DATA min<>+8(SB)/8, $0xc2b00000c2b00000
DATA min<>+16(SB)/8, $0xc2b00000c2b00000
DATA min<>+24(SB)/8, $0xc2b00000c2b00000
DATA min<>+32(SB)/8, $0xc2b00000c2b00000
DATA min<>+40(SB)/8, $0xc2b00000c2b00000
DATA min<>+48(SB)/8, $0xc2b00000c2b00000
DATA min<>+56(SB)/8, $0xc2b00000c2b00000
GLOBL min<>(SB), RODATA|NOPTR, $64

// EXP sets p = exp(x); V14 and V15 hold 88 and -88. It changes x, z and n.
// The constant is the first source of min and max, so that a NaN passes.
#define EXPBOUNDS \
	VMOVUPS max<>(SB), V14; \
	VMOVUPS min<>(SB), V15

#define EXP(x, z, n, p) \
	VMINPS x, V14, x; \
	VMAXPS x, V15, x; \
	VMOVUPS magic<>(SB), z; \
	VFMADD231PS log2e<>(SB), x, z; \
	VSUBPS magic<>(SB), z, n; \
	VFMADD231PS nln2hi<>(SB), n, x; \
	VFMADD231PS nln2lo<>(SB), n, x; \
	VMOVUPS c6<>(SB), p; \
	VFMADD213PS c5<>(SB), x, p; \
	VFMADD213PS c4<>(SB), x, p; \
	VFMADD213PS c3<>(SB), x, p; \
	VFMADD213PS c2<>(SB), x, p; \
	VFMADD213PS one<>(SB), x, p; \
	VFMADD213PS one<>(SB), x, p; \
	VPSLLD $23, z, z; \
	VPADDD bias<>(SB), z, z; \
	VMULPS z, p, p

// SIGMOID sets p = 1/(1+exp(-g)) and leaves g. It changes x, z and n.
#define SIGMOID(g, x, z, n, p) \
	VXORPS sign<>(SB), g, x; \
	EXP(x, z, n, p); \
	VADDPS one<>(SB), p, p; \
	VMOVUPS one<>(SB), x; \
	VDIVPS p, x, p

// func dot(s *[lanes]float32, x, y *float32, n int) float32
TEXT DOT, NOSPLIT, $0-36
	MOVQ s+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ n+24(FP), CX
	LOADLANES
dotLoop:
	LANES(DOTLANE)
	ADDQ $128, SI
	ADDQ $128, DX
	SUBQ $32, CX
	JNE dotLoop
	STORELANES
	TREE
	VMOVSS X0, ret+32(FP)
	VZEROUPPER
	RET

// func axpy(y, x *float32, n int, a float32)
TEXT AXPY, NOSPLIT, $0-28
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS a+24(FP), V15
	SHRQ $SHIFT, CX
	XORQ AX, AX
axpyLoop:
	VMOVUPS (DI)(AX*1), V0
	VFMADD231PS (SI)(AX*1), V15, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE axpyLoop
	VZEROUPPER
	RET

// func add(dst, a, b *float32, n int)
TEXT ADD, NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	SHRQ $SHIFT, CX
	XORQ AX, AX
addLoop:
	VMOVUPS (SI)(AX*1), V0
	VADDPS (DX)(AX*1), V0, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE addLoop
	VZEROUPPER
	RET

// func mul(dst, a, b *float32, n int)
TEXT MUL, NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	SHRQ $SHIFT, CX
	XORQ AX, AX
mulLoop:
	VMOVUPS (SI)(AX*1), V0
	VMULPS (DX)(AX*1), V0, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE mulLoop
	VZEROUPPER
	RET

// func scale(x *float32, n int, s float32)
TEXT SCALE, NOSPLIT, $0-20
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS s+16(FP), V15
	SHRQ $SHIFT, CX
	XORQ AX, AX
scaleLoop:
	VMULPS (DI)(AX*1), V15, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE scaleLoop
	VZEROUPPER
	RET

// func swiGLU(a, gate, u *float32, n int)
TEXT SWIGLU, NOSPLIT, $0-32
	MOVQ a+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ u+16(FP), DX
	MOVQ n+24(FP), CX
	EXPBOUNDS
	// A gate and what it opens lie side by side, and behind them those of the
	// token that comes next, which no prefetcher foresees.
	LEAQ 64(SI)(CX*8), R9
	LEAQ 64(DX)(CX*8), R10
	SHRQ $SHIFT, CX
	XORQ AX, AX
swigluLoop:
	VMOVUPS (SI)(AX*1), V0
	PREFETCHT0 (R9)(AX*1)
	PREFETCHT0 (R10)(AX*1)
	SIGMOID(V0, V1, V2, V3, V4)
	VMULPS V4, V0, V0
	VMULPS (DX)(AX*1), V0, V0
	VMOVUPS V0, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE swigluLoop
	VZEROUPPER
	RET

// func swiGLUGrad(dg, du, gate, u, da *float32, n int)
TEXT SWIGLUGRAD, NOSPLIT, $0-48
	MOVQ dg+0(FP), DI
	MOVQ du+8(FP), SI
	MOVQ gate+16(FP), DX
	MOVQ u+24(FP), BX
	MOVQ da+32(FP), R8
	MOVQ n+40(FP), CX
	EXPBOUNDS
	LEAQ 64(DX)(CX*8), R9 // as above
	LEAQ 64(BX)(CX*8), R10
	LEAQ (R8)(CX*4), R11
	SHRQ $SHIFT, CX
	XORQ AX, AX
swiglugradLoop:
	VMOVUPS (DX)(AX*1), V0
	PREFETCHT0 (R9)(AX*1)
	PREFETCHT0 (R10)(AX*1)
	PREFETCHT0 (R11)(AX*1)
	SIGMOID(V0, V1, V2, V3, V4)
	VMOVUPS (R8)(AX*1), V5
	VMULPS (BX)(AX*1), V5, V6 // da·u
	VMULPS V4, V6, V6
	VMOVUPS one<>(SB), V1
	VSUBPS V4, V1, V2 // 1-σ
	VFMADD213PS V1, V0, V2 // g·(1-σ) + 1
	VMULPS V2, V6, V6
	VMULPS V4, V0, V0 // g·σ
	VMULPS V0, V5, V5
	VMOVUPS V5, (SI)(AX*1)
	VMOVUPS V6, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE swiglugradLoop
	VZEROUPPER
	RET

// func adamW(p, grad, m, v *float32, n int, a *adamW)
TEXT ADAMW, NOSPLIT, $0-48
	MOVQ p+0(FP), DI
	MOVQ grad+8(FP), SI
	MOVQ m+16(FP), DX
	MOVQ v+24(FP), BX
	MOVQ n+32(FP), CX
	MOVQ a+40(FP), R8
	VBROADCASTSS 0(R8), V7
	VBROADCASTSS 4(R8), V8
	VBROADCASTSS 8(R8), V9
	VBROADCASTSS 12(R8), V10
	VBROADCASTSS 16(R8), V11
	VBROADCASTSS 20(R8), V12
	VBROADCASTSS 24(R8), V13
	VBROADCASTSS 28(R8), V14
	VBROADCASTSS 32(R8), V15
	SHRQ $SHIFT, CX
	XORQ AX, AX
adamwLoop:
	VMOVUPS (SI)(AX*1), V0
	VMULPS V8, V0, V1 // (1-β1)·g
	VFMADD231PS (DX)(AX*1), V7, V1
	VMOVUPS V1, (DX)(AX*1)
	VMULPS V10, V0, V2 // (1-β2)·g
	VMULPS V0, V2, V2
	VFMADD231PS (BX)(AX*1), V9, V2
	VMOVUPS V2, (BX)(AX*1)
	VMULPS V11, V1, V1
	VMULPS V12, V2, V2
	VSQRTPS V2, V2
	VADDPS V13, V2, V2
	VDIVPS V2, V1, V1
	VMOVUPS (DI)(AX*1), V3
	VFMADD231PS V14, V3, V1 // decay·p + u
	VFNMADD231PS V15, V1, V3
	VMOVUPS V3, (DI)(AX*1)
	ADDQ $WIDTH, AX
	DECQ CX
	JNE adamwLoop
	VZEROUPPER
	RET
