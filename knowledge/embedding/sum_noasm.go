//go:build !amd64

package embedding

// add adds weight·row to sum.
func add(sum []int32, row []int8, weight int32) { addGeneric(sum, row, weight) }
