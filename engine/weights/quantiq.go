package weights

import (
	"encoding/binary"

	"suiren/engine/codebook"
)

// The formats with 256 weights to a block that choose them from a codebook, by
// their definitions. They cut a block into 8 parts of 32 weights.

// decodeIQ4_XS: f16 d, 16 bits of which pair j is the high bits of part j's
// scale, 4 bytes of their low nibbles, 128 bytes q: a part has 16, and the low
// nibbles are its first weights. With scales s, w = (d·(s−32))·IQ4[q].
func decodeIQ4_XS(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[136:] {
		d, high := f16(src), binary.LittleEndian.Uint16(src[2:])
		for j := range 8 {
			s := int(src[4+j/2]>>(j%2*4)&15) | int(high>>(2*j)&3)<<4
			scale := float32(d * float32(s-32))
			out := dst[32*j:][:32]
			for i, b := range src[8+16*j:][:16] {
				out[i] = scale * float32(codebook.IQ4[b&15])
				out[i+16] = scale * float32(codebook.IQ4[b>>4])
			}
		}
	}
}

// decodeIQ3_S: f16 d, 64 bytes and 8 bytes that have the ninth bits, of places q in
// a grid of four weights each, 32 bytes of signs, 4 bytes of scales s: the low
// nibble is the even part's. w = (d·(1+2s))·IQ3S[q].
func decodeIQ3_S(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[110:] {
		d := f16(src)
		for j := range 8 {
			s := src[106+j/2] >> (j % 2 * 4) & 15
			scale := float32(d * float32(1+2*int(s)))
			for g := range 8 {
				place := int(src[2+8*j+g]) | int(src[66+j]>>g&1)<<8
				signs := uint32(src[74+4*j+g/2] >> (g % 2 * 4))
				chosen(dst[32*j+4*g:][:4], scale, codebook.IQ3S[:], codebook.Nibbles(codebook.GridIQ3S(place), signs))
			}
		}
	}
}

// decodeIQ3_XXS: f16 d, 64 bytes of places q in a grid of four weights each, and 4
// bytes for each part: four times seven bits that stand for eight signs, and its
// scale s. w = (d·(½+s)·½)·IQ3XXS[q].
func decodeIQ3_XXS(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[98:] {
		d := f16(src)
		for j := range 8 {
			tail := binary.LittleEndian.Uint32(src[66+4*j:])
			scale := float32(d*(0.5+float32(tail>>28))) * 0.5
			for g := range 8 {
				signs := codebook.Signs(tail>>(g/2*7)) >> (g % 2 * 4)
				chosen(dst[32*j+4*g:][:4], scale, codebook.IQ3XXS[:], codebook.Nibbles(codebook.GridIQ3XXS(src[2+8*j+g]), signs))
			}
		}
	}
}

// decodeIQ2_XXS: f16 d, and for each part 4 places q in a grid of eight weights
// each, and 4 bytes as IQ3_XXS has them. w = (d·(½+s)·¼)·IQ2[q].
func decodeIQ2_XXS(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[66:] {
		d := f16(src)
		for j := range 8 {
			part := src[2+8*j:][:8]
			tail := binary.LittleEndian.Uint32(part[4:])
			scale := float32(d*(0.5+float32(tail>>28))) * 0.25
			for g := range 8 {
				signs := codebook.Signs(tail>>(g/2*7)) >> (g % 2 * 4)
				chosen(dst[32*j+4*g:][:4], scale, codebook.IQ2[:], codebook.Threes(codebook.GridIQ2XXS(part[g/2], g%2), signs))
			}
		}
	}
}

// decodeIQ2_XS: f16 d, 32 times 16 bits, of which nine are a place q in a grid of
// eight weights and seven stand for their signs, 8 bytes of scales s: the low nibble
// is that of a part's first 16 weights. w = (d·(½+s)·¼)·IQ2[q].
func decodeIQ2_XS(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[74:] {
		d := f16(src)
		for g := range 64 {
			place := binary.LittleEndian.Uint16(src[2+g/2*2:])
			s := src[66+g/8] >> (g / 4 % 2 * 4) & 15
			signs := codebook.Signs(uint32(place>>9)) >> (g % 2 * 4)
			chosen(dst[4*g:][:4], float32(d*(0.5+float32(s)))*0.25, codebook.IQ2[:], codebook.Threes(codebook.GridIQ2XS(int(place), g%2), signs))
		}
	}
}

// decodeIQ2_S: f16 d, 32 bytes of places q in a grid of eight weights, 32 bytes of
// signs, 8 bytes that have two more bits of each place, 8 bytes of scales as
// IQ2_XS. w = (d·(½+s)·¼)·IQ2[q].
func decodeIQ2_S(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[256:], src[82:] {
		d := f16(src)
		for g := range 64 {
			place := int(src[2+g/2]) | int(src[66+g/8]>>(g/2%4*2)&3)<<8
			s := src[74+g/8] >> (g / 4 % 2 * 4) & 15
			signs := uint32(src[34+g/2] >> (g % 2 * 4))
			chosen(dst[4*g:][:4], float32(d*(0.5+float32(s)))*0.25, codebook.IQ2[:], codebook.Threes(codebook.GridIQ2S(place, g%2), signs))
		}
	}
}

// chosen writes the weights whose places in a table are the bytes of q.
func chosen(dst []float32, scale float32, table []int8, q uint32) {
	for i := range dst {
		dst[i] = scale * float32(table[byte(q>>(8*i))])
	}
}
