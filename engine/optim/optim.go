// Package optim trains parameters: Muon for matrices, AdamW for the rest,
// and the schedule of their rates.
package optim

import (
	"math"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Param is one tensor to train.
type Param struct {
	Data, Grad []float32 // (Rows, Cols)
	Rows, Cols int
	Matrix     bool    // trained by Muon, else by AdamW
	Rate       float32 // factor of the learning rate; 1 is the usual
}

// Settings are the rates of both optimisers at full schedule.
type Settings struct {
	Muon     float32 // learning rate of matrices
	Adam     float32 // learning rate of the rest
	Momentum float32 // of Muon
	Beta1    float32 // of AdamW
	Beta2    float32
	Eps      float32
	Decay    float32 // of matrices, only where it agrees with the update
}

// Default returns the settings that our measurements chose for small models.
func Default() Settings {
	return Settings{Muon: 0.02, Adam: 0.004, Momentum: 0.95, Beta1: 0.9, Beta2: 0.95, Eps: 1e-10, Decay: 0.01}
}

// An Optimizer holds the moments of a set of parameters.
type Optimizer struct {
	Settings
	params  []Param
	m, v    [][]float32 // moments; v is nil for matrices
	state   []float32   // all moments
	steps   int
	team    *tensor.Team
	scratch []muonScratch
	arena   *tensor.Arena
}

// New returns an optimiser with zero moments. It keeps params.
func New(s Settings, params []Param, team *tensor.Team) (*Optimizer, error) {
	var count tensor.Arena
	lay(s, params, team, &count)
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		return nil, err
	}
	o := lay(s, params, team, a)
	o.arena = a
	return o, nil
}

// Floats returns the floats New will take.
func Floats(params []Param, workers int) int {
	var count tensor.Arena
	lay(Settings{}, params, tensor.NewTeam(workers), &count)
	return count.Len()
}

func lay(s Settings, params []Param, team *tensor.Team, a *tensor.Arena) *Optimizer {
	o := &Optimizer{Settings: s, params: params, team: team}
	n, small, large := 0, 0, 0
	for _, p := range params {
		n += p.Rows * p.Cols
		if p.Matrix {
			small, large = max(small, min(p.Rows, p.Cols)), max(large, max(p.Rows, p.Cols))
		} else {
			n += p.Rows * p.Cols
		}
	}
	o.state = a.Float32(n)
	rest := o.state
	take := func(n int) []float32 {
		if rest == nil {
			return nil
		}
		s := rest[:n:n]
		rest = rest[n:]
		return s
	}
	for _, p := range params {
		o.m = append(o.m, take(p.Rows*p.Cols))
		if p.Matrix {
			o.v = append(o.v, nil)
		} else {
			o.v = append(o.v, take(p.Rows*p.Cols))
		}
	}
	for range team.Size() {
		o.scratch = append(o.scratch, newMuonScratch(small, large, a))
	}
	return o
}

// Close frees the moments.
func (o *Optimizer) Close() { o.arena.Close() }

// State returns the moments, to be saved and restored, and the steps taken.
func (o *Optimizer) State() (moments []float32, steps int) { return o.state, o.steps }

// SetSteps restores the count of steps beside the moments.
func (o *Optimizer) SetSteps(n int) { o.steps = n }

// FLOPs returns the multiply-adds, times two, of one step of Muon.
func (o *Optimizer) FLOPs() (sum float64) {
	for _, p := range o.params {
		if p.Matrix {
			r, c := float64(min(p.Rows, p.Cols)), float64(max(p.Rows, p.Cols))
			sum += float64(len(polar)) * 2 * (2*r*r*c + r*r*r)
		}
	}
	return sum
}

// Step moves every parameter against its gradient, at rate times the
// learning rates, and clears the gradients. Each tensor belongs to one
// worker.
func (o *Optimizer) Step(rate float32) {
	o.steps++
	c1 := 1 - power(o.Beta1, o.steps)
	c2 := 1 - power(o.Beta2, o.steps)
	o.team.For(len(o.params), func(w, i int) {
		p := &o.params[i]
		if p.Matrix {
			o.muon(p, o.m[i], rate*p.Rate*o.Muon, &o.scratch[w])
		} else {
			kernel.AdamW(p.Data, p.Grad, o.m[i], o.v[i], rate*p.Rate*o.Adam, o.Beta1, o.Beta2, o.Eps, 0, c1, c2)
		}
		clear(p.Grad)
	})
}

// power returns x to the n by multiplication: the same bits everywhere.
func power(x float32, n int) float32 {
	y := 1.0
	for range min(n, 1<<14) { // by then it is 0
		y *= float64(x)
	}
	return float32(y)
}

// Trapezoid is the schedule warm-up, constant, linear decay: the factor of
// the learning rate at step of steps, which decays over the last part of them
// to end.
func Trapezoid(step, steps, warmup int, decay, end float64) float32 {
	x := 1.0
	if step < warmup {
		x = float64(step+1) / float64(warmup)
	}
	if left := float64(steps-step) / (decay * float64(max(steps, 1))); left < 1 {
		x = math.Min(x, end+float64((1-end)*left))
	}
	return float32(x)
}
