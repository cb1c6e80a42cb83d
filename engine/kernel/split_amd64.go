package kernel

import "suiren/internal/cpu"

var useAMX = cpu.X86.AMX

func init() { cpu.Register("split", "AMX", &useAMX) }

// amx reports whether split matrices are multiplied by tile units.
func amx() bool { return useAMX }

// A tileConfig says how many rows and bytes of a row each tile has (Intel SDM,
// LDTILECFG).
type tileConfig struct {
	palette, start byte
	_              [14]byte
	bytes          [16]uint16
	rows           [16]byte
}

// wholeTiles configures eight tiles of 16 rows of 64 bytes.
var wholeTiles = func() (c tileConfig) {
	c.palette = 1
	for i := range 8 {
		c.bytes[i], c.rows[i] = 64, 16
	}
	return c
}()

// splitMulAMX multiplies one tile, with tiles 0 to 3 for 32 rows and columns
// of C.
//
//go:noescape
func splitMulAMX(t *splitTile)

// splitPairsAVX512 is pairsGeneric for 32 steps and 32 columns, ldb bytes
// from row to row.
//
//go:noescape
func splitPairsAVX512(dst *uint32, b *float32, ldb int, least uint32, parts int)

// splitLinesAVX512 is linesGeneric for 32 rows and 32 columns, lda bytes
// from row to row.
//
//go:noescape
func splitLinesAVX512(dst *uint32, a *float32, lda int, least uint32, parts int)
