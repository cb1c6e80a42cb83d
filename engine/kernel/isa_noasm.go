//go:build !amd64 && !arm64

package kernel

// ISA returns the instruction set in use: "AVX-512", "AVX2", "NEON" or "generic".
func ISA() string { return generic }

func gemmTile(t *tile) { panic("kernel: no assembly on this platform") }
func halved() bool     { return false }

func peakFMA(n int) float64   { return peakFMAGeneric(n) }
func peakInt8(n int) float64  { return peakInt8Generic(n) }
func readSum(p []byte) uint64 { return readSumGeneric(p) }

func packRows(bp []float32, k int, b []float32, brs, step, right int) {
	packRowsGeneric(bp, k, b, brs, step, right)
}

func transpose(dst []float32, ld, k, n int, b []float32, bcs int) {
	transposeGeneric(dst, ld, k, n, 0, 0, b, bcs)
}
