package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Encode quantises src to the blocks of dst. It panics unless t.Encodes and
// dst holds exactly len(src) weights.
//
// A weight that t cannot hold, because it is too large or, in all types but
// F32, F16 and BF16, not finite, is a *RangeError. The bits are those of ggml's
// reference quantisers, but not for the K types.
func Encode(dst []byte, src []float32, t Type) error {
	l := t.layout()
	if l.encode == nil {
		panic("weights: Encode: no definition of " + t.String())
	}
	if n, ok := t.Size(int64(len(src))); !ok || n != int64(len(dst)) {
		panic("weights: Encode: lengths differ")
	}
	if limit := largest[t]; limit > 0 {
		for i, x := range src {
			if !(x <= limit && x >= -limit) && (finite(x) || t != F16 && t != BF16) {
				return &RangeError{i, x, t}
			}
		}
	}
	l.encode(dst, src)
	return nil
}

// A RangeError says that a type cannot hold a weight.
type RangeError struct {
	At    int // which of those that were encoded
	Value float32
	Type  Type
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("weight %d is %v, which %s cannot hold", e.At, e.Value, e.Type)
}

// largest is the largest magnitude that a type holds: the last one that is
// not rounded to infinity, and what the scale, a binary16 number, allows.
var largest = map[Type]float32{F16: 65519.996, BF16: math.Float32frombits(0x7f7f7fff), Q8_0: 127 * 65504, Q4_0: 8 * 65504,
	Q5_0: 16 * 65504, Q5_1: 65519.996, // whose least weight is a binary16 number, too
	Q3_K: 64 * 65504, Q4_K: 32 * 65504, Q5_K: 32 * 65504, Q6_K: 2048 * 65504} // half of it: the fitted scale may be larger than the first

// finite reports whether x is a number and not an infinity.
func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }

func encodeF32(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}

func encodeF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], toHalf(x))
	}
}

// encodeBF16 rounds to the nearest, ties to even. A NaN becomes a quiet one.
func encodeBF16(dst []byte, src []float32) {
	for i, x := range src {
		u := math.Float32bits(x)
		if x != x {
			u |= 1 << 22
		} else {
			u += 0x7fff + u>>16&1
		}
		binary.LittleEndian.PutUint16(dst[2*i:], uint16(u>>16))
	}
}

// toHalf rounds to the nearest binary16 number, ties to even. What is too
// large becomes an infinity, a NaN a quiet one.
func toHalf(x float32) uint16 {
	u := math.Float32bits(x)
	sign, u := uint16(u>>16&0x8000), u&0x7fffffff
	switch {
	case u > 0x7f800000:
		return sign | 0x7e00
	case u >= 143<<23: // 2^16 and more
		return sign | 0x7c00
	case u < 113<<23: // less than 2^-14: a multiple of 2^-24, found by adding 1/2
		f := math.Float32frombits(u) + 0.5
		return sign | uint16(math.Float32bits(f)-math.Float32bits(0.5))
	}
	u += 0xfff + u>>13&1 // may carry into the exponent, up to infinity
	return sign | uint16((u-112<<23)>>13)
}

// encodeQ8_0: d = max|x|/127, q = x·(1/d) rounded half away from zero, with d
// before it is rounded to binary16.
func encodeQ8_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[34:], src[32:] {
		var top float32
		for _, x := range src[:32] {
			top = max(top, float32(math.Abs(float64(x))))
		}
		d := top / 127
		inv := inverse(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		for i, x := range src[:32] {
			dst[2+i] = byte(int8(math.Round(float64(x * inv))))
		}
	}
}

// encodeQ4_0: m is the first weight of the largest magnitude, d = m/−8,
// q = min(15, ⌊x·(1/d) + 8.5⌋). So m itself has q = 0 and the range reaches
// one step further on its side.
func encodeQ4_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[18:], src[32:] {
		d := farthest(src[:32]) / -8
		inv := inverse(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		level := func(x float32) byte { return byte(min(15, float32(x*inv)+8.5)) }
		for i, x := range src[:16] {
			dst[2+i] = level(x) | level(src[16+i])<<4
		}
	}
}

// encodeQ5_0 is encodeQ4_0 with twice the steps: d = m/−16,
// q = min(31, ⌊x·(1/d) + 16.5⌋).
func encodeQ5_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[22:], src[32:] {
		d := farthest(src[:32]) / -16
		inv := inverse(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		put5(dst[2:], src, func(x float32) uint32 { return uint32(min(31, float32(x*inv)+16.5)) })
	}
}

// encodeQ5_1: m is the least weight, d = (max − m)/31, q = ⌊(x − m)·(1/d) + 0.5⌋, with
// d and m before they are rounded to binary16.
func encodeQ5_1(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[24:], src[32:] {
		m, top := src[0], src[0]
		for _, x := range src[1:32] { // of zeros the first one's sign
			if x < m {
				m = x
			}
			if x > top {
				top = x
			}
		}
		d := (top - m) / 31
		inv := inverse(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		binary.LittleEndian.PutUint16(dst[2:], toHalf(m))
		put5(dst[4:], src, func(x float32) uint32 { return uint32(float32((x-m)*inv) + 0.5) })
	}
}

// put5 writes the five bits of 32 weights: four bytes of fifth bits, 16 of the others.
func put5(dst []byte, src []float32, level func(x float32) uint32) {
	var high uint32
	for i, x := range src[:16] {
		a, b := level(x), level(src[16+i])
		dst[4+i] = byte(a&15 | b&15<<4)
		high |= a>>4<<i | b>>4<<(16+i)
	}
	binary.LittleEndian.PutUint32(dst, high)
}

// farthest returns the first weight of the largest magnitude.
func farthest(src []float32) float32 {
	m := src[0]
	for _, x := range src[1:] {
		if math.Abs(float64(x)) > math.Abs(float64(m)) {
			m = x
		}
	}
	return m
}

// inverse returns 1/d, and 0 where that is no number. Such a scale is zero as
// a binary16 number, so the quants of its block do not matter.
func inverse(d float32) float32 {
	if inv := 1 / d; finite(inv) {
		return inv
	}
	return 0
}
