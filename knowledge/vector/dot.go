package vector

// dot returns Σ x[i]·y[i] of len(x) = len(y) whole numbers of −127 to 127. It is
// exact for up to 2¹⁷ of them, so every implementation gives the same.
func dot(x, y []int8) int32 {
	y = y[:len(x)]
	n := len(x) &^ (lanes - 1)
	sum := int32(0)
	if n > 0 {
		sum = dotLanes(x[:n], y[:n])
	}
	return sum + dotGeneric(x[n:], y[n:])
}

// dotGeneric defines dot.
func dotGeneric(x, y []int8) int32 {
	var sum int32
	for i := range x {
		sum += int32(x[i]) * int32(y[i])
	}
	return sum
}

// dotsGeneric defines dots.
func dotsGeneric(out []int32, rows, q []int8) {
	for i := range out {
		out[i] = dot(rows[i*len(q):(i+1)*len(q)], q)
	}
}

// widened returns q as words.
func widened(q []int8) []int16 {
	wide := make([]int16, len(q))
	for i, v := range q {
		wide[i] = int16(v)
	}
	return wide
}
