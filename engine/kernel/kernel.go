// Package kernel holds the inner loops of the engine: float32, one thread,
// no allocation.
//
// Every kernel has a definition in Go, in a function whose name ends in
// Generic, and may have implementations in assembly. The definition is
// compiled on every platform, and every implementation returns exactly its
// bits (any NaN stands for any other), so a model is the same bytes on every
// machine. That is possible because each definition fixes the order of its
// operations: sums run in chains of fused multiply-adds of a fixed length or
// in a fixed number of lanes, joined in a fixed tree.
//
// Exported functions check lengths and panic; the functions below them do not.
package kernel

// lanes is the number of partial sums of every reduction: element i goes to
// lane i mod lanes. It is the width of the widest loop, two AVX-512 registers.
const lanes = 32

// tree adds the lanes of a reduction: each pass adds the upper half to the
// lower one.
func tree(s *[lanes]float32) float32 {
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			s[i] += s[i+n]
		}
	}
	return s[0]
}

const generic = "generic"
