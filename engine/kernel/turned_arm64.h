// What the way back by integers is made of: see Turned.

#include "quant_arm64.h"

#define ROUND4(n, d)     WORD $(0x4E21A800 | (n)<<5 | (d)) // FCVTNS Vd.4S, Vn.4S
#define SMUL8(m, n, d)   WORD $(0x0E20C000 | (m)<<16 | (n)<<5 | (d)) // SMULL  Vd.8H, Vn.8B, Vm.8B
#define SMUL8_2(m, n, d) WORD $(0x4E20C000 | (m)<<16 | (n)<<5 | (d)) // SMULL2 Vd.8H, Vn.16B, Vm.16B

#define TIMES2(s, n, d)     WORD $(0x0F20A400 | (s)<<16 | (n)<<5 | (d)) // SSHLL  Vd.2D, Vn.2S, #s
#define TIMES2_2(s, n, d)   WORD $(0x4F20A400 | (s)<<16 | (n)<<5 | (d)) // SSHLL2 Vd.2D, Vn.4S, #s
#define PLUS2(m, n, d)      WORD $(0x0EA01000 | (m)<<16 | (n)<<5 | (d)) // SADDW  Vd.2D, Vn.2D, Vm.2S
#define PLUS2_2(m, n, d)    WORD $(0x4EA01000 | (m)<<16 | (n)<<5 | (d)) // SADDW2 Vd.2D, Vn.2D, Vm.4S
#define DOUBLES2(n, d)      WORD $(0x4E61D800 | (n)<<5 | (d)) // SCVTF  Vd.2D, Vn.2D
#define SINGLES2(n, d)      WORD $(0x0E616800 | (n)<<5 | (d)) // FCVTN  Vd.2S, Vn.2D
#define SINGLES2_2(n, d)    WORD $(0x4E616800 | (n)<<5 | (d)) // FCVTN2 Vd.4S, Vn.2D

// WHOLE makes four sums of their upper, times 2^s, and lower parts: exact in 64 bits
// and in float64, and rounded once. Vx is free.
#define WHOLE(s, up, low, x, d) \
	TIMES2(s, up, d);   \
	TIMES2_2(s, up, x); \
	PLUS2(low, d, d);   \
	PLUS2_2(low, x, x); \
	DOUBLES2(d, d);     \
	DOUBLES2(x, x);     \
	SINGLES2(d, d);     \
	SINGLES2_2(x, d)

#define ZERO8(v0, v1, v2, v3, v4, v5, v6, v7) \
	VEOR v0.B16, v0.B16, v0.B16; \
	VEOR v1.B16, v1.B16, v1.B16; \
	VEOR v2.B16, v2.B16, v2.B16; \
	VEOR v3.B16, v3.B16, v3.B16; \
	VEOR v4.B16, v4.B16, v4.B16; \
	VEOR v5.B16, v5.B16, v5.B16; \
	VEOR v6.B16, v6.B16, v6.B16; \
	VEOR v7.B16, v7.B16, v7.B16
