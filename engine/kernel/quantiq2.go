package kernel

import (
	"encoding/binary"

	"suiren/engine/codebook"
)

// The IQ2 types choose eight weights at a time and their signs; the weights are six
// numbers. They are packed as Q3_K is, and looked up in a table of 8. Scales are 1 + 2s,
// in units of an eighth: see form.unit.

func packIQ2_XXS(dst []byte, r int, src []byte) {
	packIQ2(dst, r, src, func(j int) [2]byte {
		s := 1 + 2*(src[2+8*j+7]>>4)
		return [2]byte{s, s}
	}, func(j, g int) uint32 {
		tail := binary.LittleEndian.Uint32(src[2+8*j+4:])
		return codebook.Threes(codebook.GridIQ2XXS(src[2+8*j+g/2], g%2), codebook.Signs(tail>>(g/2*7))>>(g%2*4))
	})
}

func packIQ2_XS(dst []byte, r int, src []byte) {
	packIQ2(dst, r, src, func(j int) [2]byte { return nibbleScales(src[66+j]) }, func(j, g int) uint32 {
		place := binary.LittleEndian.Uint16(src[2+8*j+g/2*2:])
		return codebook.Threes(codebook.GridIQ2XS(int(place), g%2), codebook.Signs(uint32(place>>9))>>(g%2*4))
	})
}

func packIQ2_S(dst []byte, r int, src []byte) {
	packIQ2(dst, r, src, func(j int) [2]byte { return nibbleScales(src[74+j]) }, func(j, g int) uint32 {
		place := int(src[2+4*j+g/2]) | int(src[66+j]>>(g/2*2)&3)<<8
		return codebook.Threes(codebook.GridIQ2S(place, g%2), uint32(src[34+4*j+g/2]>>(g%2*4)))
	})
}

func nibbleScales(b byte) [2]byte { return [2]byte{1 + 2*(b&15), 1 + 2*(b>>4)} }

// packIQ2 packs the scales and the fours of weights of each 32.
func packIQ2(dst []byte, r int, src []byte, scales func(j int) [2]byte, four func(j, g int) uint32) {
	copy(dst[2*r:2*r+2], src)
	for j := range 8 {
		part := dst[16+112*j:][:112]
		s := scales(j)
		part[r], part[8+r] = s[0], s[1]
		var q [8]uint32
		for g := range q {
			q[g] = four(j, g)
		}
		putThrees(part[16:], r, &q)
	}
}

func rowIQ2(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[16+112*j:][:112]
	for l := range w {
		w[l] = int32(codebook.IQ2[threeAt(part[16:], r, l)])
	}
	for h := range scale {
		scale[h] = float32(part[8*h+r])
	}
	return scale, low
}
