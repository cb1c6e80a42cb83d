#include "textflag.h"
#include "neon_arm64.h"

// DOTi(m, n, d) adds Vn's products with dword i of Vm to Vd, by instructions
// that every machine has: the sum of two products of bytes fits in 16 bits.

#define DUP0(m) WORD $(0x4E040400 | (m)<<5 | 13) // DUP V13.4S, Vm.S[0]
#define DUP1(m) WORD $(0x4E0C0400 | (m)<<5 | 13) // DUP V13.4S, Vm.S[1]
#define DUP2(m) WORD $(0x4E140400 | (m)<<5 | 13) // DUP V13.4S, Vm.S[2]
#define DUP3(m) WORD $(0x4E1C0400 | (m)<<5 | 13) // DUP V13.4S, Vm.S[3]

// BYTEDOT is SMULL V14.8H, Vn.8B, V13.8B; SMULL2 V15.8H, Vn.16B, V13.16B; ADDP
// V14.8H, V14.8H, V15.8H; SADALP Vd.4S, V14.8H.
#define BYTEDOT(n, d) \
	WORD $(0x0E2DC00E | (n)<<5); \
	WORD $(0x4E2DC00F | (n)<<5); \
	WORD $0x4E6FBDCE;            \
	WORD $(0x4E6069C0 | (d))

#define DOT0(m, n, d) DUP0(m); BYTEDOT(n, d)
#define DOT1(m, n, d) DUP1(m); BYTEDOT(n, d)
#define DOT2(m, n, d) DUP2(m); BYTEDOT(n, d)
#define DOT3(m, n, d) DUP3(m); BYTEDOT(n, d)

#define Q40   ·q40SMULL
#define Q41   ·q41SMULL
#define Q50   ·q50SMULL
#define Q51   ·q51SMULL
#define Q80   ·q80SMULL
#define MXFP4 ·mxfp4SMULL
#define IQ4NL ·iq4SMULL
#define Q4K   ·q4KSMULL
#define Q5K   ·q5KSMULL
#define Q6K   ·q6KSMULL
#define IQ2   ·iq2SMULL
#define Q2K   ·q2KSMULL
#define Q3K   ·q3KSMULL
#define LOOKUP ·lookSMULL

#include "quantrows_arm64.h"
#include "quantwhole_arm64.h"
#include "quantk_arm64.h"
