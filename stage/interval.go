package stage

import "math"

// The products below are rounded before they are added, float64(x*y), so that
// a machine with fused multiply-adds writes the same verdict.

// Wilson returns the 95% interval of a proportion of which right of n were
// seen (E. B. Wilson, JASA 22:209–212, 1927). It stays inside 0 to 1 and
// keeps its level near them, where a mean with its deviation does not. Of
// nothing it is everything.
func Wilson(right, n int) (low, high float64) {
	const z = 1.959963984540054 // the standard normal's 0.975 quantile
	if n == 0 {
		return 0, 1
	}
	p, m := float64(right)/float64(n), float64(n)
	scale := 1 + z*z/m
	centre := (p + z*z/(2*m)) / scale
	half := float64(z / scale * math.Sqrt(float64(p*(1-p))/m+z*z/(4*m*m)))
	low, high = centre-half, centre+half
	if right == 0 {
		low = 0
	}
	if right == n {
		high = 1
	}
	return max(low, 0), min(high, 1)
}
