package kernel

import "math"

// fma returns x·y+z rounded once, as the FMA instruction of every machine does.
//
// The product is exact in float64. The sum is not, and rounding it to float64
// and then to float32 could round twice in one direction; so it is rounded to
// odd first: when inexact, to the neighbour whose last bit is 1. That keeps on
// record that the sum was inexact, and 53 ≥ 24+2 bits then suffice (Boldo and
// Melquiond, Emulation of a FMA and correctly rounded sums, 2008).
func fma(x, y, z float32) float32 {
	p, w := float64(x)*float64(y), float64(z)
	s := p + w
	// Knuth's TwoSum: p + w = s + e exactly. Infinities and NaNs make e a NaN.
	v := s - p
	e := (p - (s - v)) + (w - v)
	if e != 0 && e == e {
		if b := math.Float64bits(s); b&1 == 0 {
			if (e > 0) == (s > 0) {
				s = math.Float64frombits(b + 1)
			} else {
				s = math.Float64frombits(b - 1)
			}
		}
	}
	return float32(s)
}
