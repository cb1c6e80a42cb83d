package kernel

import "math"

// Float32s widens IEEE 754 binary16 numbers. The lengths must be equal.
func Float32s(dst []float32, src []uint16) {
	if len(dst) != len(src) {
		panic("kernel: Float32s: lengths differ")
	}
	float32s(dst, src)
}

func float32sGeneric(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = float16(h)
	}
}

// float16 widens a binary16 number; every one is a float32.
func float16(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac × 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*(1.0/(1<<24))))
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// Float16 narrows to binary16, ties to even; what is too large is infinite.
func Float16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, e, m := uint16(b>>16&0x8000), int(b>>23&255)-127, b&0x7fffff
	switch {
	case e == 128:
		if m != 0 {
			return sign | 0x7e00
		}
		return sign | 0x7c00
	case e > 15:
		return sign | 0x7c00
	case e >= -14:
		h := uint32(e+15)<<10 | m>>13
		return sign | uint16(h+roundUp(m, 13, h))
	case e >= -25:
		m |= 1 << 23
		shift := uint(13 - 14 - e)
		h := m >> shift
		return sign | uint16(h+roundUp(m, shift, h))
	}
	return sign
}

// roundUp returns 1 if the low bits of m that are shifted away round h up.
func roundUp(m uint32, shift uint, h uint32) uint32 {
	rest, half := m&(1<<shift-1), uint32(1)<<(shift-1)
	if rest > half || rest == half && h&1 == 1 {
		return 1
	}
	return 0
}

// BFloats widens bfloat16 numbers. The lengths must be equal.
func BFloats(dst []float32, src []uint16) {
	if len(dst) != len(src) {
		panic("kernel: BFloats: lengths differ")
	}
	bfloats(dst, src)
}

// bfloatsGeneric widens bfloat16 numbers.
func bfloatsGeneric(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

// Float16s narrows numbers as Float16 does. The lengths must be equal.
func Float16s(dst []uint16, src []float32) {
	if len(dst) != len(src) {
		panic("kernel: Float16s: lengths differ")
	}
	float16s(dst, src)
}

func float16sGeneric(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = Float16(x)
	}
}
