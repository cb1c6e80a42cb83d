//go:build !amd64

package vector

// lanes is 4, so that the loop has no tail worth a branch.
const lanes = 4

func dotLanes(x, y []int8) int32 {
	var a, b, c, d int32
	for i := 0; i+3 < len(x); i += 4 {
		a += int32(x[i]) * int32(y[i])
		b += int32(x[i+1]) * int32(y[i+1])
		c += int32(x[i+2]) * int32(y[i+2])
		d += int32(x[i+3]) * int32(y[i+3])
	}
	return a + b + c + d
}

// dots sets out[i] to the dot product of row i and q.
func dots(out []int32, rows, q []int8, _ []int16) { dotsGeneric(out, rows, q) }
