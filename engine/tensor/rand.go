package tensor

// Rand is a counter-based random number: a function of its arguments, the
// same on every machine and for any number of threads. It is three rounds of
// the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over a, b and c.
func Rand(a, b, c uint64) uint64 {
	return mix(mix(mix(a)+b) + c)
}

// Uniform maps a random number to [0, 1) with 24 bits.
func Uniform(r uint64) float32 { return float32(r>>40) * 0x1p-24 }

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
