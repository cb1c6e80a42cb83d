#include "textflag.h"
#include "neon_arm64.h"

DATA ·e2m1NEON+0(SB)/8, $0x0c08060403020100
DATA ·e2m1NEON+8(SB)/8, $0xf4f8fafcfdfeff00
GLOBL ·e2m1NEON(SB), RODATA|NOPTR, $16

DATA ·iq2NEON+0(SB)/8, $0x002b1908f8e7d500
DATA ·iq2NEON+8(SB)/8, $0x002b1908f8e7d500
GLOBL ·iq2NEON(SB), RODATA|NOPTR, $16

DATA ·iq4NEON+0(SB)/8, $0xf6eaddcfbfad9881
DATA ·iq4NEON+8(SB)/8, $0x7159453526190d01
GLOBL ·iq4NEON(SB), RODATA|NOPTR, $16

// DOTi(m, n, d) adds Vn's products with dword i of Vm to Vd, by the
// instructions that Armv8.4 has and most of 8.2.

#define DOT0(m, n, d) WORD $(0x4F80E000 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[0]
#define DOT1(m, n, d) WORD $(0x4FA0E000 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[1]
#define DOT2(m, n, d) WORD $(0x4F80E800 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[2]
#define DOT3(m, n, d) WORD $(0x4FA0E800 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[3]

#define Q40   ·q40SDOT
#define Q41   ·q41SDOT
#define Q50   ·q50SDOT
#define Q51   ·q51SDOT
#define Q80   ·q80SDOT
#define MXFP4 ·mxfp4SDOT
#define IQ4NL ·iq4SDOT
#define Q4K   ·q4KSDOT
#define Q5K   ·q5KSDOT
#define Q6K   ·q6KSDOT
#define IQ2   ·iq2SDOT
#define Q2K   ·q2KSDOT
#define Q3K   ·q3KSDOT
#define LOOKUP ·lookSDOT

#include "quantrows_arm64.h"
#include "quantwhole_arm64.h"
#include "quantk_arm64.h"
