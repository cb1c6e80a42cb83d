package curve

import (
	"errors"
	"math"
	"slices"
)

// A PowerLaw is how a loss falls with compute: L = E + A·(C/C₀)^−B, C₀ being a
// scale of C that keeps A within sight.
type PowerLaw struct{ E, A, B, C0 float64 }

// At returns the loss that is foretold for compute c.
func (p PowerLaw) At(c float64) float64 { return p.E + p.A*math.Pow(c/p.C0, -p.B) }

// ErrFit is the error of a fit that the points do not bear.
var ErrFit = errors.New("curve: a power law needs three points or more of different compute, all numbers above zero")

// huber is where an error of the logarithm of a loss begins to count by its
// amount and not by its square (Hoffmann et al., arXiv 2203.15556, use 10⁻³).
const huber = 1e-3

// FitPowerLaw finds the power law from which the logarithms of losses differ
// least by Huber's measure: one run that went wrong moves it little. E is from
// 0 to the lowest loss and B from 0.01 to 2. It searches grids,
// each finer than the one before and around its best: the same points give the
// same law.
func FitPowerLaw(compute, loss []float64) (PowerLaw, error) {
	n := len(compute)
	if n < 3 || len(loss) != n {
		return PowerLaw{}, ErrFit
	}
	logs, sum := make([]float64, n), 0.0
	for i, c := range compute {
		if !(c > 0) || !(loss[i] > 0) || bad(c) || bad(loss[i]) {
			return PowerLaw{}, ErrFit
		}
		logs[i] = math.Log(c)
		sum += logs[i] / float64(n)
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(logs))); len(sorted) < 3 {
		return PowerLaw{}, ErrFit
	}
	for i := range logs {
		logs[i] -= sum
	}
	lowest := slices.Min(loss)
	best, worth := PowerLaw{E: lowest / 2, B: 0.15, C0: math.Exp(sum)}, math.Inf(1)
	const steps = 7 // to each side of the best so far
	for de, db := 0.5, 15.0; de > 1e-6; de, db = de*0.7, math.Pow(db, 0.7) {
		e, b := best.E, best.B
		for i := -steps; i <= steps; i++ {
			for j := -steps; j <= steps; j++ {
				e, b := e+lowest*de*float64(i)/steps, b*math.Pow(db, float64(j)/steps)
				if e < 0 || e >= lowest || b < 0.01 || b > 2 {
					continue
				}
				if a, w := scaleOf(logs, loss, e, b); w < worth {
					best.E, best.A, best.B, worth = e, a, b, w
				}
			}
		}
	}
	return best, nil
}

// scaleOf finds the best A for an E and a B by golden section, and how far the
// law is from the losses then.
func scaleOf(logs, loss []float64, e, b float64) (a, worth float64) {
	far := func(la float64) (sum float64) {
		for i, l := range loss {
			r := math.Abs(math.Log(e+math.Exp(la-b*logs[i])) - math.Log(l))
			if r <= huber {
				sum += r * r / 2
			} else {
				sum += huber * (r - huber/2)
			}
		}
		return sum
	}
	lo, hi := math.Inf(1), math.Inf(-1) // the A of each point by itself
	for i, l := range loss {
		la := math.Log(l-e) + b*logs[i]
		lo, hi = min(lo, la), max(hi, la)
	}
	golden := (math.Sqrt(5) - 1) / 2
	x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fx, fy := far(x), far(y)
	for range 25 {
		if fx <= fy {
			hi, y, fy = y, x, fx
			x = hi - golden*(hi-lo)
			fx = far(x)
		} else {
			lo, x, fx = x, y, fy
			y = lo + golden*(hi-lo)
			fy = far(y)
		}
	}
	return math.Exp((lo + hi) / 2), min(fx, fy)
}
