//go:build !amd64

package kernel

func amx() bool { return false }

func splitMulAMX(t *splitTile) { panic("kernel: no tile units on this platform") }

func splitPairsAVX512(dst *uint32, b *float32, ldb int, least uint32, parts int) {
	panic("kernel: no tile units")
}
func splitLinesAVX512(dst *uint32, a *float32, lda int, least uint32, parts int) {
	panic("kernel: no tile units")
}
