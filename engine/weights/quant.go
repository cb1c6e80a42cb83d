package weights

import (
	"encoding/binary"
	"math"

	"suiren/engine/codebook"
)

// The formats with 32 weights to a block, by their definitions. Block layouts
// are those of ggml (https://github.com/ggml-org/ggml, src/ggml-common.h).
// In all of them but Q8_0, byte j of the quants holds weight j in its low
// four bits and weight j+16 in its high four.

// f16 returns the binary16 number at the beginning of b.
func f16(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }

// decodeQ4_0: f16 d, 16 bytes q. w = d·(q−8).
func decodeQ4_0(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[18:] {
		d := f16(src)
		for j, b := range src[2:18] {
			dst[j] = d * float32(int(b&15)-8)
			dst[j+16] = d * float32(int(b>>4)-8)
		}
	}
}

// decodeQ4_1: f16 d, f16 m, 16 bytes q. w = d·q + m.
func decodeQ4_1(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[20:] {
		d, m := f16(src), f16(src[2:])
		for j, b := range src[4:20] {
			dst[j] = float32(d*float32(b&15)) + m
			dst[j+16] = float32(d*float32(b>>4)) + m
		}
	}
}

// decodeQ5_0: f16 d, 4 bytes of fifth bits (bit i is weight i's), 16 bytes q.
// w = d·(q−16).
func decodeQ5_0(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[22:] {
		d, high := f16(src), binary.LittleEndian.Uint32(src[2:])
		for j, b := range src[6:22] {
			dst[j] = d * float32(int(uint32(b&15)|high>>j&1<<4)-16)
			dst[j+16] = d * float32(int(uint32(b>>4)|high>>(j+16)&1<<4)-16)
		}
	}
}

// decodeQ5_1: f16 d, f16 m, 4 bytes of fifth bits, 16 bytes q. w = d·q + m.
func decodeQ5_1(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[24:] {
		d, m, high := f16(src), f16(src[2:]), binary.LittleEndian.Uint32(src[4:])
		for j, b := range src[8:24] {
			dst[j] = float32(d*float32(uint32(b&15)|high>>j&1<<4)) + m
			dst[j+16] = float32(d*float32(uint32(b>>4)|high>>(j+16)&1<<4)) + m
		}
	}
}

// decodeQ8_0: f16 d, 32 int8 q. w = d·q.
func decodeQ8_0(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[34:] {
		d := f16(src)
		for j, b := range src[2:34] {
			dst[j] = d * float32(int8(b))
		}
	}
}

// decodeIQ4_NL: f16 d, 16 bytes q. w = d·IQ4[q], IQ4 being of codebook.
func decodeIQ4_NL(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[18:] {
		d := f16(src)
		for j, b := range src[2:18] {
			dst[j] = d * float32(codebook.IQ4[b&15])
			dst[j+16] = d * float32(codebook.IQ4[b>>4])
		}
	}
}

// e2m1 are the 16 numbers of four bits of the OCP Microscaling Formats
// specification 1.0, doubled, so that they are whole.
var e2m1 = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// decodeMXFP4: one byte e, 16 bytes q. w = 2^(e−128)·e2m1[q].
//
// The specification makes e = 255 not a number; ggml takes it for 2^127, and
// so does this. The negative zero of E2M1 becomes zero, as in ggml.
func decodeMXFP4(dst []float32, src []byte) {
	for ; len(src) > 0; dst, src = dst[32:], src[17:] {
		d := math.Float32frombits(0x00200000 << src[0]) // subnormal: 2^-128, 2^-127
		if src[0] >= 2 {
			d = math.Float32frombits(uint32(src[0]-1) << 23)
		}
		for j, b := range src[1:17] {
			dst[j] = d * e2m1[b&15]
			dst[j+16] = d * e2m1[b>>4]
		}
	}
}
