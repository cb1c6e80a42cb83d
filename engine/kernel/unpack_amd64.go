package kernel

// unpackFourAVX2 writes n > 0 rows of 32 numbers of 4 bits.
//
//go:noescape
func unpackFourAVX2(dst *float32, vectors *byte, scales, lows *float32, n, offset int)

// unpackFourKAVX2 writes n > 0 rows of 32 numbers of Q4_K, unpackFiveKAVX2 of
// Q5_K, unpackSixAVX2 of Q6_K.
//
//go:noescape
func unpackFourKAVX2(dst *float32, part, super *byte, n int)

//go:noescape
func unpackFiveKAVX2(dst *float32, part, super *byte, n int)

//go:noescape
func unpackSixAVX2(dst *float32, part, super *byte, n int)

// unpackEightAVX2 writes n > 0 rows of 32 numbers of Q8_0.
//
//go:noescape
func unpackEightAVX2(dst *float32, pairs *byte, scales *float32, n int)

func (m *Matrix) unpackBlock(dst []float32, src []byte, j, n int) {
	if !avx2() || n == 0 {
		m.unpackBlockGeneric(dst, src, j, n)
		return
	}
	dst = dst[:n*NR]
	switch m.Type { // part j, whose scales are made beside its weights
	case Q4_K:
		unpackFourKAVX2(&dst[0], &src[32+144*j:][:144][0], &src[0], n)
		return
	case Q5_K:
		unpackFiveKAVX2(&dst[0], &src[32+176*j:][:176][0], &src[0], n)
		return
	case Q6_K:
		unpackSixAVX2(&dst[0], &src[16+208*j:][:208][0], &src[0], n)
		return
	}
	lows := [8]float32{negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero} // added to anything it is nothing
	var d [8]float32
	float32s(d[:], halves(src[:16]))
	switch m.Type {
	case Q8_0:
		unpackEightAVX2(&dst[0], &src[16], &d[0], n)
	case Q4_0:
		unpackFourAVX2(&dst[0], &src[16], &d[0], &lows[0], n, 8)
	case Q4_1:
		float32s(lows[:], halves(src[16:32]))
		unpackFourAVX2(&dst[0], &src[32], &d[0], &lows[0], n, 0)
	default:
		m.unpackBlockGeneric(dst, src, j, n)
	}
}
