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

//go:noescape
func dotsAVX2(out *int32, rows *int8, q *int16, n, width int)

// dots sets out[i] to the dot product of row i and q, of len(q) = len(wide) numbers.
func dots(out []int32, rows, q []int8, wide []int16) {
	n := 0
	if useAVX2 && len(q) > 0 && len(q)%16 == 0 {
		if n = len(out) &^ 3; n > 0 {
			dotsAVX2(&out[0], &rows[:n*len(q)][0], &wide[0], n, len(q))
		}
	}
	dotsGeneric(out[n:], rows[n*len(q):], q)
}
