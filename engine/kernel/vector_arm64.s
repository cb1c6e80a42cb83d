#include "textflag.h"
#include "neon_arm64.h"

// A step of a loop is 16 floats, four registers known by the first, so that
// four chains run side by side. The comments give only what the Go definition
// does not say.

// SIXTEEN does op of sixteen and sixteen; BY of one register and sixteen.
#define SIXTEEN(op, m, n, d) \
	op(m, n, d);         \
	op(m+1, n+1, d+1);   \
	op(m+2, n+2, d+2);   \
	op(m+3, n+3, d+3)

#define BY(op, m, n, d) \
	op(m, n, d);     \
	op(m, n+1, d+1); \
	op(m, n+2, d+2); \
	op(m, n+3, d+3)

// TO does op of sixteen to one register, m being the sixteen.
#define TO(op, m, n, d) \
	op(m, n, d);     \
	op(m+1, n, d+1); \
	op(m+2, n, d+2); \
	op(m+3, n, d+3)

// LOAD loads 16 floats and steps on; PEEK does not step on.
#define LOAD(p, f0, f1, f2, f3) \
	FLDPQ   32(p), (f2, f3); \
	FLDPQ.P 64(p), (f0, f1)

#define PEEK(p, f0, f1, f2, f3) \
	FLDPQ (p), (f0, f1);   \
	FLDPQ 32(p), (f2, f3)

#define STORE(p, f0, f1, f2, f3) \
	FSTPQ   (f2, f3), 32(p); \
	FSTPQ.P (f0, f1), 64(p)

// FILL fills register v, whose other name is f, with a scalar argument.
#define FILL(arg, f, v) \
	FMOVS arg, f; \
	VDUP  v.S[0], v.S4

// A reduction's lanes are V24 to V31.
#define LOADLANES \
	PEEK(R0, F24, F25, F26, F27); \
	FLDPQ 64(R0), (F28, F29);     \
	FLDPQ 96(R0), (F30, F31)

#define STORELANES \
	FSTPQ (F24, F25), (R0);   \
	FSTPQ (F26, F27), 32(R0); \
	FSTPQ (F28, F29), 64(R0); \
	FSTPQ (F30, F31), 96(R0)

// TREE leaves the sum of the lanes in F24.
#define TREE \
	SIXTEEN(ADD4, 28, 24, 24); \
	ADD4(26, 24, 24);          \
	ADD4(27, 25, 25);          \
	ADD4(25, 24, 24);          \
	VDUP V24.D[1], V25.D2;     \
	ADD4(25, 24, 24);          \
	VDUP V24.S[1], V25.S4;     \
	ADD4(25, 24, 24)

// The constants of exp. Those that a chain of FMAs starts from are loaded for
// each chain: loads leave the vector units to the FMAs, moves do not.
DATA expTable<>+0(SB)/8, $0x4b4000004b400000 // magic
DATA expTable<>+8(SB)/8, $0x4b4000004b400000
DATA expTable<>+16(SB)/8, $0x3c091cea3c091cea // c5
DATA expTable<>+24(SB)/8, $0x3c091cea3c091cea
DATA expTable<>+32(SB)/8, $0x3d2aac793d2aac79 // c4
DATA expTable<>+40(SB)/8, $0x3d2aac793d2aac79
DATA expTable<>+48(SB)/8, $0x3e2aaa493e2aaa49 // c3
DATA expTable<>+56(SB)/8, $0x3e2aaa493e2aaa49
DATA expTable<>+64(SB)/8, $0x3efffffe3efffffe // c2
DATA expTable<>+72(SB)/8, $0x3efffffe3efffffe
DATA expTable<>+80(SB)/8, $0x3f8000003f800000 // 1, and the bias of exponents
DATA expTable<>+88(SB)/8, $0x3f8000003f800000
DATA expTable<>+96(SB)/8, $0x42b0000042b00000 // 88
DATA expTable<>+104(SB)/8, $0x42b0000042b00000
DATA expTable<>+112(SB)/8, $0xc2b00000c2b00000 // -88
DATA expTable<>+120(SB)/8, $0xc2b00000c2b00000
DATA expTable<>+128(SB)/4, $0x3fb8aa3b // log2e
DATA expTable<>+132(SB)/4, $0xbf317200 // -ln2hi
DATA expTable<>+136(SB)/4, $0xb5bfbe8e // -ln2lo
DATA expTable<>+140(SB)/4, $0x3ab51226 // c6
GLOBL expTable<>(SB), RODATA|NOPTR, $144

#define MAGIC 0(R15)
#define C5 16(R15)
#define C3 48(R15)
#define C2 64(R15)
#define ONE 80(R15)

// EXPTABLE loads V16: log2e, -ln2hi, -ln2lo, c6; V17: magic; V18: 1; V19: 88;
// V20: -88.
#define EXPTABLE \
	MOVD  $expTable<>(SB), R15;   \
	FMOVQ 128(R15), F16;          \
	FMOVQ MAGIC, F17;             \
	FMOVQ ONE, F18;               \
	FLDPQ 96(R15), (F19, F20)

#define START(c, f0, f1, f2, f3) \
	FMOVQ c, f0; \
	FMOVQ c, f1; \
	FMOVQ c, f2; \
	FMOVQ c, f3

// EXP sets V12 to V15 to exp(V0 to V3). It changes V0 to V11. Unlike FMINNM,
// FMIN passes a NaN on.
#define EXP \
	BY(MIN4, 19, 0, 0);                                    \
	BY(MAX4, 20, 0, 0);                                    \
	START(MAGIC, F4, F5, F6, F7);                          \
	BY(FMA4, 16, 0, 4);         /* z = x·log2e + magic  */ \
	BY(SUB4, 17, 4, 8);         /* n = z - magic        */ \
	BY(FMA4_1, 16, 8, 0);       /* r = x - n·ln2hi      */ \
	BY(FMA4_2, 16, 8, 0);       /* r -= n·ln2lo         */ \
	FLDPQ C5, (F8, F12);        /* c5, c4               */ \
	FLDPQ C5, (F9, F13);                                   \
	FLDPQ C5, (F10, F14);                                  \
	FLDPQ C5, (F11, F15);                                  \
	BY(FMA4_3, 16, 0, 8);       /* p = c6·r + c5        */ \
	SIXTEEN(FMLA4, 0, 8, 12);   /* p = p·r + c4         */ \
	START(C3, F8, F9, F10, F11);                           \
	SIXTEEN(FMLA4, 0, 12, 8);   /* p = p·r + c3         */ \
	START(C2, F12, F13, F14, F15);                         \
	SIXTEEN(FMLA4, 0, 8, 12);   /* p = p·r + c2         */ \
	START(ONE, F8, F9, F10, F11);                          \
	SIXTEEN(FMLA4, 0, 12, 8);   /* p = p·r + 1          */ \
	START(ONE, F12, F13, F14, F15);                        \
	SIXTEEN(FMLA4, 0, 8, 12);   /* p = p·r + 1          */ \
	VSHL $23, V4.S4, V4.S4;     /* 2ⁿ                   */ \
	VSHL $23, V5.S4, V5.S4;                                \
	VSHL $23, V6.S4, V6.S4;                                \
	VSHL $23, V7.S4, V7.S4;                                \
	VADD V18.S4, V4.S4, V4.S4;                             \
	VADD V18.S4, V5.S4, V5.S4;                             \
	VADD V18.S4, V6.S4, V6.S4;                             \
	VADD V18.S4, V7.S4, V7.S4;                             \
	SIXTEEN(MUL4, 4, 12, 12)

// SIGMOID sets V12 to V15 to 1/(1+exp(-g)), g being V24 to V27, and changes V0
// to V11.
#define SIGMOID \
	NEG4(24, 0);          \
	NEG4(25, 1);          \
	NEG4(26, 2);          \
	NEG4(27, 3);          \
	EXP;                  \
	BY(ADD4, 18, 12, 12); \
	TO(DIV4, 12, 18, 12)

// func dotNEON(s *[lanes]float32, x, y *float32, n int) float32
TEXT ·dotNEON(SB), NOSPLIT, $0-36
	MOVD s+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	LOADLANES

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	SIXTEEN(FMLA4, 0, 4, 24)
	LOAD(R1, F8, F9, F10, F11)
	LOAD(R2, F12, F13, F14, F15)
	SIXTEEN(FMLA4, 8, 12, 28)
	SUBS $32, R3
	BNE  loop

	STORELANES
	TREE
	FMOVS F24, ret+32(FP)
	RET

// func dot3NEON(s *[lanes]float32, x, y, z *float32, n int) float32
TEXT ·dot3NEON(SB), NOSPLIT, $0-44
	MOVD s+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD z+24(FP), R3
	MOVD n+32(FP), R4
	LOADLANES

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	LOAD(R3, F8, F9, F10, F11)
	SIXTEEN(MUL4, 4, 0, 0)
	SIXTEEN(FMLA4, 8, 0, 24)
	LOAD(R1, F12, F13, F14, F15)
	LOAD(R2, F16, F17, F18, F19)
	LOAD(R3, F20, F21, F22, F23)
	SIXTEEN(MUL4, 16, 12, 12)
	SIXTEEN(FMLA4, 20, 12, 28)
	SUBS $32, R4
	BNE  loop

	STORELANES
	TREE
	FMOVS F24, ret+40(FP)
	RET

// func expSumNEON(s *[lanes]float32, dst, x *float32, n int, sub float32) float32
TEXT ·expSumNEON(SB), NOSPLIT, $0-44
	MOVD s+0(FP), R0
	MOVD dst+8(FP), R1
	MOVD x+16(FP), R2
	MOVD n+24(FP), R3
	FILL(sub+32(FP), F21, V21)
	EXPTABLE
	LOADLANES

loop:
	LOAD(R2, F0, F1, F2, F3)
	BY(SUB4, 21, 0, 0)
	EXP
	STORE(R1, F12, F13, F14, F15)
	SIXTEEN(ADD4, 12, 24, 24)
	LOAD(R2, F0, F1, F2, F3)
	BY(SUB4, 21, 0, 0)
	EXP
	STORE(R1, F12, F13, F14, F15)
	SIXTEEN(ADD4, 12, 28, 28)
	SUBS $32, R3
	BNE  loop

	STORELANES
	TREE
	FMOVS F24, ret+40(FP)
	RET

// func maximumNEON(x *float32, n int) float32
//
// A comparison and a choice instead of FMAXNM, which passes over quiet NaNs
// but not over signalling ones. The lanes are never NaNs, so FMAX joins them.
TEXT ·maximumNEON(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R1
	MOVD  n+8(FP), R2
	MOVW  $0xff800000, R3 // -Inf
	VDUP  R3, V24.S4
	VMOV  V24.B16, V25.B16
	VMOV  V24.B16, V26.B16
	VMOV  V24.B16, V27.B16
	VMOV  V24.B16, V28.B16
	VMOV  V24.B16, V29.B16
	VMOV  V24.B16, V30.B16
	VMOV  V24.B16, V31.B16

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R1, F4, F5, F6, F7)
	SIXTEEN(MORE4, 24, 0, 8)
	SIXTEEN(PICK4, 8, 0, 24)
	SIXTEEN(MORE4, 28, 4, 12)
	SIXTEEN(PICK4, 12, 4, 28)
	SUBS $32, R2
	BNE  loop

	SIXTEEN(MAX4, 28, 24, 24)
	MAX4(26, 24, 24)
	MAX4(27, 25, 25)
	MAX4(25, 24, 24)
	MAXV4(24, 24)
	FMOVS F24, ret+16(FP)
	RET

// func axpyNEON(y, x *float32, n int, a float32)
TEXT ·axpyNEON(SB), NOSPLIT, $0-28
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS a+24(FP), F16

loop:
	LOAD(R1, F0, F1, F2, F3)
	PEEK(R0, F4, F5, F6, F7)
	BY(FMA4, 16, 0, 4)
	STORE(R0, F4, F5, F6, F7)
	SUBS $16, R2
	BNE  loop
	RET

// func addNEON(dst, a, b *float32, n int)
TEXT ·addNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD a+8(FP), R1
	MOVD b+16(FP), R2
	MOVD n+24(FP), R3

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	SIXTEEN(ADD4, 4, 0, 0)
	STORE(R0, F0, F1, F2, F3)
	SUBS $16, R3
	BNE  loop
	RET

// func mulNEON(dst, a, b *float32, n int)
TEXT ·mulNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD a+8(FP), R1
	MOVD b+16(FP), R2
	MOVD n+24(FP), R3

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	SIXTEEN(MUL4, 4, 0, 0)
	STORE(R0, F0, F1, F2, F3)
	SUBS $16, R3
	BNE  loop
	RET

// func scaleNEON(x *float32, n int, s float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	FILL(s+16(FP), F16, V16)

loop:
	PEEK(R0, F0, F1, F2, F3)
	BY(MUL4, 16, 0, 0)
	STORE(R0, F0, F1, F2, F3)
	SUBS $16, R1
	BNE  loop
	RET

// func swiGLUNEON(a, gate, u *float32, n int)
TEXT ·swiGLUNEON(SB), NOSPLIT, $0-32
	MOVD a+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD u+16(FP), R2
	MOVD n+24(FP), R3
	EXPTABLE

loop:
	LOAD(R1, F24, F25, F26, F27)
	SIGMOID
	LOAD(R2, F0, F1, F2, F3)
	SIXTEEN(MUL4, 12, 24, 24)
	SIXTEEN(MUL4, 0, 24, 24)
	STORE(R0, F24, F25, F26, F27)
	SUBS $16, R3
	BNE  loop
	RET

// func swiGLUGradNEON(dg, du, gate, u, da *float32, n int)
TEXT ·swiGLUGradNEON(SB), NOSPLIT, $0-48
	MOVD dg+0(FP), R0
	MOVD du+8(FP), R1
	MOVD gate+16(FP), R2
	MOVD u+24(FP), R3
	MOVD da+32(FP), R4
	MOVD n+40(FP), R5
	EXPTABLE

loop:
	LOAD(R2, F24, F25, F26, F27)
	SIGMOID
	LOAD(R4, F0, F1, F2, F3)
	LOAD(R3, F28, F29, F30, F31)
	SIXTEEN(MUL4, 28, 0, 28)  // da·u
	SIXTEEN(MUL4, 12, 28, 28) // da·u·σ
	TO(SUB4, 12, 18, 8)       // 1-σ
	START(ONE, F4, F5, F6, F7)
	SIXTEEN(FMLA4, 8, 24, 4)  // 1 + g·(1-σ)
	SIXTEEN(MUL4, 4, 28, 28)
	SIXTEEN(MUL4, 12, 24, 24) // g·σ
	SIXTEEN(MUL4, 24, 0, 0)
	STORE(R1, F0, F1, F2, F3)
	STORE(R0, F28, F29, F30, F31)
	SUBS $16, R5
	BNE  loop
	RET

// func scaleMulNEON(y, x, w *float32, n int, r float32)
TEXT ·scaleMulNEON(SB), NOSPLIT, $0-36
	MOVD y+0(FP), R0
	MOVD x+8(FP), R1
	MOVD w+16(FP), R2
	MOVD n+24(FP), R3
	FILL(r+32(FP), F16, V16)

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	BY(MUL4, 16, 0, 0)
	SIXTEEN(MUL4, 4, 0, 0)
	STORE(R0, F0, F1, F2, F3)
	SUBS $16, R3
	BNE  loop
	RET

// func normGradNEON(dx, x, w, dy *float32, n int, r, c float32)
TEXT ·normGradNEON(SB), NOSPLIT, $0-48
	MOVD  dx+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  w+16(FP), R2
	MOVD  dy+24(FP), R3
	MOVD  n+32(FP), R4
	FMOVS r+40(FP), F16
	FILL(c+44(FP), F17, V17)

loop:
	LOAD(R3, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	LOAD(R1, F8, F9, F10, F11)
	PEEK(R0, F12, F13, F14, F15)
	SIXTEEN(MUL4, 4, 0, 0)
	BY(FMLS4, 17, 8, 0)
	BY(FMA4, 16, 0, 12)
	STORE(R0, F12, F13, F14, F15)
	SUBS $16, R4
	BNE  loop
	RET

// func normGradWNEON(dw, x, dy *float32, n int, r float32)
TEXT ·normGradWNEON(SB), NOSPLIT, $0-36
	MOVD dw+0(FP), R0
	MOVD x+8(FP), R1
	MOVD dy+16(FP), R2
	MOVD n+24(FP), R3
	FILL(r+32(FP), F16, V16)

loop:
	LOAD(R1, F0, F1, F2, F3)
	LOAD(R2, F4, F5, F6, F7)
	PEEK(R0, F8, F9, F10, F11)
	BY(MUL4, 16, 0, 0)
	SIXTEEN(FMLA4, 0, 4, 8)
	STORE(R0, F8, F9, F10, F11)
	SUBS $16, R3
	BNE  loop
	RET

// func adamWNEON(p, grad, m, v *float32, n int, a *adamW)
TEXT ·adamWNEON(SB), NOSPLIT, $0-48
	MOVD    p+0(FP), R0
	MOVD    grad+8(FP), R1
	MOVD    m+16(FP), R2
	MOVD    v+24(FP), R3
	MOVD    n+32(FP), R4
	MOVD    a+40(FP), R5
	VLD1R.P 4(R5), [V16.S4] // β1
	VLD1R.P 4(R5), [V17.S4] // 1-β1
	VLD1R.P 4(R5), [V18.S4] // β2
	VLD1R.P 4(R5), [V19.S4] // 1-β2
	VLD1R.P 4(R5), [V20.S4] // 1/c1
	VLD1R.P 4(R5), [V21.S4] // 1/c2
	VLD1R.P 4(R5), [V22.S4] // eps
	VLD1R.P 4(R5), [V23.S4] // decay
	VLD1R   (R5), [V24.S4]  // lr

loop:
	LOAD(R1, F0, F1, F2, F3)
	PEEK(R2, F4, F5, F6, F7)
	BY(MUL4, 17, 0, 12)
	BY(FMLA4, 16, 4, 12)
	STORE(R2, F12, F13, F14, F15)
	PEEK(R3, F8, F9, F10, F11)
	BY(MUL4, 19, 0, 4)
	SIXTEEN(MUL4, 0, 4, 4)
	BY(FMLA4, 18, 8, 4)
	STORE(R3, F4, F5, F6, F7)
	PEEK(R0, F0, F1, F2, F3)
	BY(MUL4, 20, 12, 12)
	BY(MUL4, 21, 4, 4)
	SQRT4(4, 4)
	SQRT4(5, 5)
	SQRT4(6, 6)
	SQRT4(7, 7)
	BY(ADD4, 22, 4, 4)
	SIXTEEN(DIV4, 4, 12, 12)
	BY(FMLA4, 23, 0, 12) // u + decay·p
	BY(FMLS4, 24, 12, 0)
	STORE(R0, F0, F1, F2, F3)
	SUBS $16, R4
	BNE  loop
	RET
