// The assembler has no instructions for tiles. CONFIG takes a tileConfig at AX,
// LOADA loads a tile from SI, rows CX bytes apart; LOADW one of weights from BX, and
// SETSUM stores one of sums at R8, DX apart. MULBYTES multiplies signed bytes.

#define LOADA(tile, at) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x0e; LONG $(at)
#define ZERO(tile) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $(0xc0|(tile)<<3)
#define CONFIG BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x00 // LDTILECFG (AX)
#define RELEASE BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0
#define LOADW(tile, at) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x13; LONG $(at)
#define SETSUM(tile, at) BYTE $0xc4; BYTE $0xc2; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x10; LONG $(at)
#define MULBYTES(sum, a, b) BYTE $0xc4; BYTE $0xe2; BYTE $((15-(b))<<3|3); BYTE $0x5e; BYTE $(0xc0|(sum)<<3|(a)) // TDPBSSD
