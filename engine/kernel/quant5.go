package kernel

import (
	"encoding/binary"
	"math"

	"suiren/engine/codebook"
)

// Fifth bits: in bytes 4r to 4r+3 of a vector, bit j of byte i belongs to
// weight 4j+i of row r.

// fifthAt returns the fifth bit of weight l, in its place.
func fifthAt(bits []byte, r, l int) int32 { return int32(bits[4*r+l%4]>>(l/4)&1) << 4 }

// packFifth packs 32 bits in the order of the weights.
func packFifth(dst []byte, r int, bits uint32) {
	for i := range 4 {
		x := bits >> i & 0x11111111
		x = (x | x>>3) & 0x03030303
		x = (x | x>>6) & 0x000f000f
		dst[4*r+i] = byte(x | x>>12)
	}
}

func packQ5_0(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	packSplit(dst[16:], r, src[6:])
	packFifth(dst[144:], r, binary.LittleEndian.Uint32(src[2:]))
}

func rowQ5_0(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = nibbleAt(src[16:], r, l) + fifthAt(src[144:], r, l) - 16
	}
	scale[0] = halfAt(src, r)
	return scale, low
}

func packQ5_1(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	packSplit(dst[32:], r, src[8:])
	packFifth(dst[160:], r, binary.LittleEndian.Uint32(src[4:]))
}

func rowQ5_1(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = nibbleAt(src[32:], r, l) + fifthAt(src[160:], r, l)
	}
	scale[0] = halfAt(src, r)
	low[0] = halfAt(src[16:], r)
	return scale, low
}

// packQ5_K is packQ4_K with fifth bits.
func packQ5_K(dst []byte, r int, src []byte) {
	copy(dst[2*r:2*r+2], src)
	copy(dst[16+2*r:16+2*r+2], src[2:])
	for j := range 8 {
		part := dst[32+176*j:][:176]
		part[r], part[8+r] = sixBits(src[4:16], j)
		packFour(part[16:], r, src[48+j/2*32:], j%2*4)
		var bits uint32
		for i := range 8 {
			bits |= binary.LittleEndian.Uint32(src[16+4*i:]) >> j & 0x01010101 << i
		}
		binary.LittleEndian.PutUint32(part[144+4*r:], bits)
	}
}

func rowQ5_K(src []byte, r, j int, w *[32]int32) (scale, low [2]float32) {
	part := src[32+176*j:][:176]
	for l := range w {
		w[l] = nibbleAt(part[16:], r, l) + fifthAt(part[144:], r, l)
	}
	return wholes(part, r)
}

func rowIQ4_NL(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = int32(codebook.IQ4[nibbleAt(src[16:], r, l)])
	}
	scale[0] = halfAt(src, r)
	return scale, low
}

// e2m1 are MXFP4's values, doubled.
var e2m1 = [16]int32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// packMXFP4 halves the scale and keeps it as a bfloat16, which it is exactly.
func packMXFP4(dst []byte, r int, src []byte) {
	d := uint16(0x0020) << src[0]
	if src[0] >= 2 {
		d = uint16(src[0]-1) << 7
	}
	binary.LittleEndian.PutUint16(dst[2*r:], d)
	packSplit(dst[16:], r, src[1:])
}

func rowMXFP4(src []byte, r, _ int, w *[32]int32) (scale, low [2]float32) {
	for l := range w {
		w[l] = e2m1[nibbleAt(src[16:], r, l)]
	}
	scale[0] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*r:])) << 16)
	return scale, low
}
