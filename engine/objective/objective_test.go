package objective

import (
	"math"
	"slices"
	"testing"
)

// slope is the central difference of f by *x.
func slope(x *float64, f func() float64) float64 {
	const h = 1e-6
	at := *x
	*x = at + h
	up := f()
	*x = at - h
	down := f()
	*x = at
	return (up - down) / (2 * h)
}

// The weights are the losses' derivatives, far out too, where nothing overflows.
func TestWeightsAreDerivatives(t *testing.T) {
	for _, gap := range []float64{-2000, -3, 0, 0.5, 800} {
		c := []Answer{{gap, -1, 7}, {-4, -5, 2}}
		r := []Answer{{-2, -2.5, 3}, {-6, -3, 9}}
		for _, p := range []Preference{{Beta: 0.1}, {Beta: 2, Smoothing: 0.2}, {Form: Normalised, Beta: 5, Smoothing: 0.1}, {Form: IPO, Beta: 0.3}} {
			wc, wr, none := make([]float64, 2), make([]float64, 2), make([]float64, 2)
			loss := p.Loss(c, r, wc, wr)
			f := func() float64 { return p.Loss(c, r, none, none) }
			for i := range 2 {
				near(t, "chosen", -wc[i], slope(&c[i].LogProb, f), loss)
				near(t, "rejected", -wr[i], slope(&r[i].LogProb, f), loss)
			}
		}
		k := KTO{Beta: 0.4, Good: 1, Bad: 1.3}
		w, none, good := make([]float64, 2), make([]float64, 2), []bool{true, false}
		loss := k.Loss(c, good, 0.7, w)
		for i := range c {
			near(t, "kto", -w[i], slope(&c[i].LogProb, func() float64 { return k.Loss(c, good, 0.7, none) }), loss)
		}
	}
	rollouts := []Rollout{
		{Now: []float64{-1, -2, -0.5}, Old: []float64{-1.1, -1.5, -0.9}, Reference: []float64{-1.2, -2, -0.4}, Advantage: 0.8},
		{Now: []float64{-3, -0.2}, Old: []float64{-3.4, -0.2}, Reference: []float64{-2, -0.3}, Advantage: -1.1},
		{Now: []float64{-1}, Advantage: 0.5, Reference: []float64{-1}},
	}
	for _, p := range []Policy{{}, {Low: 0.2, High: 0.28, Beta: 0.1}, {Low: 0.2, High: 0.2, Norm: PerAnswer}, {Sequence: true, Low: 0.05, High: 0.1, Beta: 0.3}, {Norm: Constant, Length: 12}} {
		weights := func() [][]float64 { return [][]float64{make([]float64, 3), make([]float64, 2), make([]float64, 1)} }
		w, none := weights(), weights()
		loss, _ := p.Loss(rollouts, w)
		for i := range rollouts {
			if rollouts[i].Old == nil {
				continue // the ratio is 1 and its derivative is not
			}
			for k := range rollouts[i].Now {
				near(t, "policy", -w[i][k], slope(&rollouts[i].Now[k], func() float64 { l, _ := p.Loss(rollouts, none); return l }), loss)
			}
		}
	}
}

func near(t *testing.T, what string, got, want, loss float64) {
	t.Helper()
	if math.IsNaN(got) || math.IsInf(loss, 0) || math.Abs(got-want) > 1e-6*(1+math.Abs(loss)) {
		t.Errorf("%s: %g, the difference says %g (loss %g)", what, got, want, loss)
	}
}

// With one update the policy is the one that wrote: the gradient is the
// advantage, whatever is clipped, for answers with and without Old.
func TestOnPolicy(t *testing.T) {
	now := []float64{-1, -2, -3, -4}
	for _, name := range Variants {
		p, ok := Variant(name, 8)
		if !ok {
			t.Fatal(name)
		}
		p.Beta = 0
		for _, old := range [][]float64{nil, now} {
			w := [][]float64{make([]float64, 4), make([]float64, 4)}
			_, f := p.Loss([]Rollout{{Now: now, Old: old, Advantage: 1}, {Now: now, Old: old, Advantage: -1}}, w)
			want := 1.0 / 8
			if name == "dr_grpo" {
				want = 1.0 / 16
			}
			for k := range now {
				if math.Abs(w[0][k]-want) > 1e-12 || w[1][k] != -w[0][k] || f.Clipped != 0 {
					t.Errorf("%s: weights %v, clipped %g", name, w, f.Clipped)
				}
			}
		}
	}
	if _, ok := Variant("grop", 8); ok {
		t.Error("a name that is none was known")
	}
}

// A variant is what its paper says: how far a ratio counts, what is divided by
// what, and how near the reference it stays.
func TestVariants(t *testing.T) {
	for name, want := range map[string]Policy{
		"grpo":    {Low: 0.2, High: 0.2, Beta: 0.04, Norm: PerAnswer, Deviation: true},       // arXiv 2402.03300, §4.2; the clip is PPO's
		"dapo":    {Low: 0.2, High: 0.28, Norm: AllTokens, Deviation: true},                  // arXiv 2503.14476, §4.1; no divergence, §2.3
		"dr_grpo": {Low: 0.2, High: 0.2, Norm: Constant, Length: 96},                         // arXiv 2503.20783, §3.2: neither deviation nor length
		"gspo":    {Sequence: true, Low: 3e-4, High: 4e-4, Norm: PerAnswer, Deviation: true}, // arXiv 2507.18071, §5.1
	} {
		if p, ok := Variant(name, 96); !ok || p != want {
			t.Errorf("%s: %+v, the paper says %+v", name, p, want)
		}
	}
	if len(Variants) != 4 {
		t.Errorf("variants %q", Variants)
	}
}

func TestAdvantages(t *testing.T) {
	if a := (Policy{}).Advantages([]float64{1, 0, 0, 1}); !slices.Equal(a, []float64{0.5, -0.5, -0.5, 0.5}) {
		t.Error(a)
	}
	a := Policy{Deviation: true}.Advantages([]float64{1, 0, 0, 1})
	if want := 0.5 / (math.Sqrt(1.0/3) + 1e-4); math.Abs(a[0]-want) > 1e-12 || a[1] != -a[0] {
		t.Error(a, want)
	}
	if a := (Policy{Deviation: true}).Advantages([]float64{1, 1}); a[0] != 0 {
		t.Error(a)
	}
}

func TestOverlong(t *testing.T) {
	for _, c := range []struct {
		tokens, limit, zone int
		want                float64
	}{{10, 100, 20, 0}, {80, 100, 20, 0}, {90, 100, 20, 0.5}, {100, 100, 20, 1}, {100, 100, 0, 0}, {50, 100, 100, 0.5}, {110, 100, 20, 1}} {
		if got := Overlong(c.tokens, c.limit, c.zone); got != c.want {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
