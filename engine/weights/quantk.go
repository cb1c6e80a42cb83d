package weights

// The formats with 256 weights to a block, by their definitions. Q4_K and
// Q5_K cut a block into 8 parts of 32 weights, the others into 16 of 16.
// The parts have scales of their own, and some minima: of four bits in Q2_K, of
// eight in Q6_K, of six in the others.

// decodeQ2_K: 16 bytes of which the low nibbles are scales s and the high ones
// minima l, 64 bytes q, f16 d, f16 m. w = (d·s)·q − m·l.
//
// Each half of the block, 128 weights, has 32 of the bytes q and is four groups
// of 32; group g has the bit pairs 2g.
func decodeQ2_K(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[84:] {
		d, m := f16(src[80:]), f16(src[82:])
		for p, s := range src[:16] {
			scale, low := float32(d*float32(s&15)), float32(m*float32(s>>4))
			out := dst[16*p:][:16]
			for i, b := range src[16+p/8*32+p%2*16:][:16] {
				out[i] = float32(scale*float32(b>>(p%8/2*2)&3)) - low
			}
		}
	}
}

// signedSixBits unpacks the scale of part p from the 12 bytes of Q3_K: nibbles
// of the first eight bytes, the low ones first, and pairs of bits of the last
// four, each of which has those of the parts p with the same p%4.
func signedSixBits(b []byte, p int) int {
	return int(b[p%8]>>(p/8*4)&15|b[8+p%4]>>(p/4*2)&3<<4) - 32
}

// decodeQ3_K: 32 bytes of third bits, bit j of byte i being that of weight i of
// the j-th 32, 64 bytes of pairs of bits as in Q2_K, 12 bytes of scales s,
// f16 d. w = (d·s)·(q−4).
func decodeQ3_K(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[110:] {
		d := f16(src[108:])
		for p := range 16 {
			scale := float32(d * float32(signedSixBits(src[96:108], p)))
			high, out := src[p%2*16:][:16], dst[16*p:][:16]
			for i, b := range src[32+p/8*32+p%2*16:][:16] {
				q := b>>(p%8/2*2)&3 | high[i]>>(p/2)&1<<2
				out[i] = scale * float32(int8(q)-4)
			}
		}
	}
}

// sixBits unpacks scale and minimum of part j from the 12 bytes of Q4_K and
// Q5_K: parts 0 to 3 have the low six bits of a byte each, parts 4 to 7 four
// bits of the last bytes and the two bits that the first parts left over.
func sixBits(b []byte, j int) (scale, low float32) {
	if j < 4 {
		return float32(b[j] & 63), float32(b[j+4] & 63)
	}
	return float32(b[j+4]&15 | b[j-4]>>6<<4), float32(b[j+4]>>4 | b[j]>>6<<4)
}

// decodeQ4_K: f16 d, f16 m, 12 bytes of scales s and minima l, 128 bytes q:
// of each 32 bytes the low nibbles are one part, the high ones the next.
// w = (d·s)·q − m·l.
func decodeQ4_K(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[144:] {
		d, m := f16(src), f16(src[2:])
		for j := range 8 {
			s, l := sixBits(src[4:16], j)
			scale, low := float32(d*s), float32(m*l)
			out, shift := dst[32*j:][:32], j%2*4&7
			for i, b := range src[16+j/2*32:][:32] {
				out[i] = float32(scale*float32(b>>shift&15)) - low
			}
		}
	}
}

// decodeQ5_K: as Q4_K, with 32 bytes of fifth bits before the quants: bit j
// of byte i is that of weight i of part j.
func decodeQ5_K(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[176:] {
		d, m := f16(src), f16(src[2:])
		high := src[16:48]
		for j := range 8 {
			s, l := sixBits(src[4:16], j)
			scale, low := float32(d*s), float32(m*l)
			for i, b := range src[48+j/2*32:][:32] {
				q := b>>(j%2*4)&15 | high[i]>>j&1<<4
				dst[32*j+i] = float32(scale*float32(q)) - low
			}
		}
	}
}

// decodeQ6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 int8
// scales s, f16 d. w = (d·s)·(q−32).
//
// Each half of the block, 128 weights, has 64 and 32 of those bytes and is
// four groups of 32. Groups 0 and 1 are the low nibbles, 2 and 3 the high
// ones; group g has the bit pairs 2g.
func decodeQ6_K(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[210:] {
		scales, d := src[192:208], f16(src[208:])
		for g := range 8 {
			low, high := src[g/4*64+g%2*32:][:32], src[128+g/4*32:][:32]
			shift, pair := g%4/2*4&7, g%4*2&7
			for h := 0; h < 32; h += 16 {
				scale := float32(d * float32(int8(scales[2*g+h/16])))
				lo, hi, out := low[h:][:16], high[h:][:16], dst[32*g+h:][:16]
				for i, b := range lo {
					q := b>>shift&15 | hi[i]>>pair&3<<4
					out[i] = scale * float32(int8(q)-32)
				}
			}
		}
	}
}
