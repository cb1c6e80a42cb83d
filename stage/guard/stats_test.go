package guard

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"testing"

	"suiren/stage"
)

// The intervals are those of statsmodels and of the published example
// (testdata/oracle/stats/make.py).
func TestIntervalsOracle(t *testing.T) {
	b, err := os.ReadFile("../../testdata/oracle/stats/intervals.json")
	if err != nil {
		t.Fatal(err)
	}
	var oracle struct{ Wilson, Paired, Published [][]float64 }
	if err := json.Unmarshal(b, &oracle); err != nil {
		t.Fatal(err)
	}
	if len(oracle.Wilson) < 50 || len(oracle.Paired) < 50 || len(oracle.Published) == 0 {
		t.Fatal("the oracle is not whole")
	}
	// Both sides do a few dozen float64 operations on numbers up to 1.
	near := func(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }
	for _, w := range oracle.Wilson {
		low, high := stage.Wilson(int(w[0]), int(w[1]))
		if !near(low, w[2], 1e-13) || !near(high, w[3], 1e-13) {
			t.Errorf("stage.Wilson(%v, %v) = %v, %v, want %v", w[0], w[1], low, high, w[2:])
		}
	}
	check := func(p []float64, tolerance float64) {
		value, low, high := table{int(p[0]), int(p[1]), int(p[2]), int(p[3])}.difference()
		if !near(value, p[4], tolerance) || !near(low, p[5], tolerance) || !near(high, p[6], tolerance) {
			t.Errorf("difference of %v = %v (%v to %v), want %v", p[:4], value, low, high, p[4:])
		}
	}
	for _, p := range oracle.Paired {
		// A square root near 0 doubles the digits that are lost.
		check(p, 1e-8)
	}
	for _, p := range oracle.Published {
		check(p, 0.5e-4)
	}
	if low, high := stage.Wilson(0, 0); low != 0 || high != 1 {
		t.Errorf("of nothing: %v to %v", low, high)
	}
	if v, low, high := (table{}).difference(); v != 0 || low != -1 || high != 1 {
		t.Errorf("of nothing: %v, %v to %v", v, low, high)
	}
}

// The intervals are the same bits on a machine that fuses multiply-adds
// (arm64) and on one that does not: the sum was made on amd64.
func TestIntervalsBits(t *testing.T) {
	h := fnv.New64a()
	for n := range 40 {
		for i := range n + 1 {
			low, high := stage.Wilson(i, n)
			value, less, more := table{i, n - i, (7 * i) % 11, (5 * n) % 13}.difference()
			fmt.Fprintf(h, "%x %x %x %x %x\n", low, high, value, less, more)
		}
	}
	if got := h.Sum64(); got != 0xdfbcb78ed4475e53 {
		t.Errorf("the intervals sum to %#x", got)
	}
}

// The intervals keep what they promise: how often they hold the truth, summed
// over all that may be seen, is near 95%. Newcombe found a mean of 0.953 for
// his method, with lower values at the edges.
func TestCoverage(t *testing.T) {
	const n = 40
	logs := make([]float64, n+1) // of factorials
	for i := 2; i <= n; i++ {
		logs[i] = logs[i-1] + math.Log(float64(i))
	}
	sum, cases := 0.0, 0.0
	for _, truth := range [][4]float64{ // both, first, second, neither
		{0.5, 0.2, 0.1, 0.2}, {0.25, 0.25, 0.25, 0.25}, {0.8, 0.1, 0.05, 0.05}, {0.3, 0.4, 0.05, 0.25}, {0.1, 0.1, 0.3, 0.5},
	} {
		delta, held := truth[1]-truth[2], 0.0
		for a := range n + 1 {
			for b := range n + 1 - a {
				for c := range n + 1 - a - b {
					d := n - a - b - c
					p := math.Exp(logs[n] - logs[a] - logs[b] - logs[c] - logs[d] + float64(a)*math.Log(truth[0]) +
						float64(b)*math.Log(truth[1]) + float64(c)*math.Log(truth[2]) + float64(d)*math.Log(truth[3]))
					if _, low, high := (table{a, b, c, d}).difference(); low <= delta && delta <= high {
						held += p
					}
				}
			}
		}
		if held < 0.93 || held > 0.985 {
			t.Errorf("%v: the interval holds the truth in %.4f of the cases", truth, held)
		}
		sum, cases = sum+held, cases+1
	}
	if mean := sum / cases; mean < 0.94 || mean > 0.97 {
		t.Errorf("the intervals hold the truth in %.4f of the cases", mean)
	}
}
