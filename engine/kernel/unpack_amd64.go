package kernel

// unpackFourAVX2 writes n > 0 rows of 32 numbers of 4 bits.
//
//go:noescape
func unpackFourAVX2(dst *float32, vectors *byte, scales, lows *float32, n, offset int)

// unpackSixAVX2 writes n > 0 rows of 32 numbers of Q6_K.
//
//go:noescape
func unpackSixAVX2(dst *float32, part *byte, scales *[2][8]float32, n int)

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
	var scales [2][8]float32
	lows := [8]float32{negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero, negativeZero} // added to anything it is nothing
	var d, low [8]float32
	float32s(d[:], halves(src[:16]))
	switch m.Type {
	case Q8_0:
		unpackEightAVX2(&dst[0], &src[16], &d[0], n)
	case Q4_0:
		unpackFourAVX2(&dst[0], &src[16], &d[0], &lows[0], n, 8)
	case Q4_1:
		float32s(low[:], halves(src[16:32]))
		unpackFourAVX2(&dst[0], &src[32], &d[0], &low[0], n, 0)
	case Q4_K:
		float32s(low[:], halves(src[16:32]))
		part := src[32+144*j:][:144]
		for r := range Group {
			scales[0][r] = float32(part[r]) * d[r]
			lows[r] = -float32(part[8+r]) * low[r]
		}
		unpackFourAVX2(&dst[0], &part[16], &scales[0][0], &lows[0], n, 0)
	case Q6_K:
		part := src[16+208*j:][:208]
		for r := range Group {
			scales[0][r] = float32(int8(part[r])) * d[r]
			scales[1][r] = float32(int8(part[8+r])) * d[r]
		}
		unpackSixAVX2(&dst[0], &part[0], &scales, n)
	default:
		m.unpackBlockGeneric(dst, src, j, n)
	}
}
