package vector

import "suiren/internal/cpu"

// lanes is what the assembly takes at a time.
const lanes = 32

var useAVX2 = cpu.X86.AVX2

func init() { cpu.Register("knowledge/vector: dot", "AVX2", &useAVX2) }

//go:noescape
func dotAVX2(x, y *int8, n int) int32

func dotLanes(x, y []int8) int32 {
	if useAVX2 {
		return dotAVX2(&x[0], &y[0], len(x))
	}
	return dotGeneric(x, y)
}
