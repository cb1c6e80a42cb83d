// The assembler has no instructions for tiles. CONFIG takes a tileConfig at AX,
// LOADA loads a tile from SI, rows CX bytes apart.

#define LOADA(tile, at) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|(tile)<<3); BYTE $0x0e; LONG $(at)
#define ZERO(tile) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $(0xc0|(tile)<<3)
#define CONFIG BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x00 // LDTILECFG (AX)
#define RELEASE BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0
