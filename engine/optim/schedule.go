package optim

import "math"

// A Form is how a schedule falls after its warm-up.
type Form int

const (
	WSD    Form = iota // stays, and falls in a line over the last part
	Linear             // falls in a line
	Cosine             // falls as half a cosine
)

// A Schedule is the learning rate over the steps of a run, as a factor: it
// rises in a line over the first steps and falls to its end.
type Schedule struct {
	Form   Form
	Warmup int     // steps
	Decay  float64 // WSD: the part of all steps over which it falls
	End    float64 // what it falls to
}

// At returns the factor at a step, 0 ≤ step < steps. It has the same bits on
// every machine.
func (s Schedule) At(step, steps int) float32 {
	x := 1.0
	if step < s.Warmup {
		x = float64(step+1) / float64(s.Warmup)
	}
	fall := func(height float64) { x = math.Min(x, s.End+float64((1-s.End)*height)) }
	switch left := float64(steps - step); s.Form {
	case WSD:
		if left /= s.Decay * float64(max(steps, 1)); left < 1 {
			fall(left)
		}
	case Linear, Cosine:
		if step >= s.Warmup {
			left /= float64(max(steps-s.Warmup, 1))
			if s.Form == Cosine {
				left = float64(0.5 * (1 - cosPi(left)))
			}
			fall(left)
		}
	}
	return float32(x)
}

// cosPi returns cos(πx) for 0 ≤ x ≤ 1 within 1e-12. math.Cos is fused on some
// machines, and a rate is part of the result.
func cosPi(x float64) float64 {
	if x > 0.5 {
		return -cosPi(1 - x)
	}
	y := float64(math.Pi * x)
	y *= y
	term, sum := 1.0, 1.0
	for k := 1; k <= 10; k++ { // 1 - y²/2! + y⁴/4! - …
		term = -float64(term*y) / float64(2*k*(2*k-1))
		sum += term
	}
	return sum
}
