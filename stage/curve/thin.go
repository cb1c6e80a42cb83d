package curve

// Thin returns at most about most of the points (x[i], y[i]), in order, so that
// a drawing of them looks as that of all: of each of most/2 runs of points as
// long, the lowest and the highest, and the first and the last of all. No spike is lost.
func Thin(x []int, y []float64, most int) (tx []int, ty []float64) {
	n := min(len(x), len(y))
	if n <= most || most < 4 {
		return x[:n], y[:n]
	}
	keep := func(i int) { tx, ty = append(tx, x[i]), append(ty, y[i]) }
	keep(0)
	buckets := most/2 - 1
	for b := range buckets {
		from, to := 1+b*(n-2)/buckets, 1+(b+1)*(n-2)/buckets
		low, high := from, from
		for i := from; i < to; i++ {
			if y[i] < y[low] {
				low = i
			}
			if y[i] > y[high] {
				high = i
			}
		}
		keep(min(low, high))
		if low != high {
			keep(max(low, high))
		}
	}
	keep(n - 1)
	return tx, ty
}
