package main

import "math"

// An estimate is a mean over seeds and problems with its 95% interval.
type estimate struct {
	Value, Low, High float64
	Seeds, Problems  int
	Each             []float64 // by seed
}

// estimateOf takes a number of each problem, by seed; all seeds have the same
// problems. Two things make the mean uncertain: which problems were drawn, and
// how the training of a seed came out. The variance of the one (over
// problems, of their means over seeds) and of the other (over seeds, of their
// means) add up; the degrees of freedom are Satterthwaite's (Biometrics
// Bulletin 2:110, 1946). Of one seed the interval is of the problems alone.
func estimateOf(x [][]float64) estimate {
	seeds, n := len(x), 0
	if seeds > 0 {
		n = len(x[0])
	}
	e := estimate{Seeds: seeds, Problems: n}
	if n == 0 {
		return e
	}
	problems := make([]float64, n)
	for _, list := range x {
		e.Each = append(e.Each, mean(list))
		for i, v := range list {
			problems[i] += v / float64(seeds)
		}
	}
	e.Value = mean(e.Each)
	a, b := variance(problems)/float64(n), variance(e.Each)/float64(seeds)
	df := math.Inf(1)
	if b > 0 {
		df = (a + b) * (a + b) / (a*a/math.Max(float64(n-1), 1) + b*b/float64(seeds-1))
	}
	half := quantile(df) * math.Sqrt(a+b)
	e.Low, e.High = e.Value-half, e.Value+half
	return e
}

func mean(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(len(x), 1))
}

// variance is the unbiased one; of a single number 0.
func variance(x []float64) (sum float64) {
	m := mean(x)
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return sum / float64(max(len(x)-1, 1))
}

// quantile is Student's 0.975 quantile of df degrees of freedom, or of fewer
// where the table has none: wider, never narrower.
func quantile(df float64) float64 {
	table := []struct{ df, t float64 }{
		{1, 12.706}, {2, 4.303}, {3, 3.182}, {4, 2.776}, {5, 2.571}, {6, 2.447}, {7, 2.365}, {8, 2.306}, {10, 2.228},
		{12, 2.179}, {15, 2.131}, {20, 2.086}, {30, 2.042}, {60, 2.000}, {120, 1.980}, {1000, 1.962}, {math.Inf(1), 1.960},
	}
	t := table[0].t
	for _, row := range table {
		if df >= row.df {
			t = row.t
		}
	}
	return t
}
