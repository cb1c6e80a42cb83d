package kernel

func peakFMA(n int) float64 {
	if !neon() {
		return peakFMAGeneric(n)
	}
	peakNEON(n)
	return float64(n) * 24 * 4 * 2
}

func peakInt8(n int) float64 {
	switch {
	case useSDOT:
		peakSDOT(n)
		return float64(n) * 24 * 16 * 2
	case useNEON:
		peakSMLAL(n)
		return float64(n) * 24 * 8 * 2
	}
	return peakInt8Generic(n)
}

func readSum(p []byte) uint64 {
	if neon() && len(p) > 0 {
		return readSumNEON(&p[0], len(p))
	}
	return readSumGeneric(p)
}

// peakNEON does 24 independent FMAs of one vector, as many as a step of
// gemmNEON16, n times.
//
//go:noescape
func peakNEON(n int)

// peakSDOT and peakSMLAL do 24 independent SDOT or SMLAL n times.
//
//go:noescape
func peakSDOT(n int)

//go:noescape
func peakSMLAL(n int)

// readSumNEON is readSumGeneric of n bytes at p, for n > 0 and n%256 == 0.
//
//go:noescape
func readSumNEON(p *byte, n int) uint64
