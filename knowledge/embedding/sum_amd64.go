package embedding

import "suiren/internal/cpu"

var useAVX2 = cpu.X86.AVX2

func init() { cpu.Register("knowledge/embedding: add", "AVX2", &useAVX2) }

//go:noescape
func addAVX2(sum *int32, row *int8, n int, weight int32)

// add adds weight·row to sum.
func add(sum []int32, row []int8, weight int32) {
	row = row[:len(sum)]
	n := 0
	if useAVX2 {
		if n = len(sum) &^ 15; n > 0 {
			addAVX2(&sum[0], &row[0], n, weight)
		}
	}
	addGeneric(sum[n:], row[n:], weight)
}
