package kernel

func peakFMA(n int) float64 {
	switch {
	case avx512():
		peakAVX512(n)
		return float64(n) * 12 * 16 * 2
	case useAVX2:
		peakAVX2(n)
		return float64(n) * 12 * 8 * 2
	}
	return peakFMAGeneric(n)
}

func peakInt8(n int) float64 {
	if useVNNI {
		peakInt8VNNI(n)
		return float64(n) * 12 * 64 * 2
	}
	if !avx2() {
		return peakInt8Generic(n)
	}
	peakInt8AVX2(n)
	return float64(n) * 12 * 32 * 2
}

func readSum(p []byte) uint64 {
	if avx2() && len(p) > 0 {
		return readSumAVX2(&p[0], len(p))
	}
	return readSumGeneric(p)
}

// peakAVX512 and peakAVX2 do 12 independent FMAs of one vector n times.
//
//go:noescape
func peakAVX512(n int)

//go:noescape
func peakAVX2(n int)

// peakInt8AVX2 does 12 independent VPMADDUBSW n times.
//
//go:noescape
func peakInt8AVX2(n int)

// peakInt8VNNI does 12 independent VPDPBUSD n times.
//
//go:noescape
func peakInt8VNNI(n int)

// readSumAVX2 is readSumGeneric of n bytes at p, for n > 0 and n%256 == 0.
//
//go:noescape
func readSumAVX2(p *byte, n int) uint64
