// Package optim trains parameters: Muon, AdamW with moments of 32 or 8 bits,
// and Lion, with their schedules and the norm that clips their gradients.
//
// The bits of a step do not depend on the number of workers.
package optim

import (
	"math"
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Param is one tensor to train.
type Param struct {
	Data, Grad []float32 // (Rows, Cols)
	Half       []uint16  // instead of Data: bfloat16, rounded up or down by chance after each step
	Rows, Cols int
	Matrix     bool    // a weight matrix: trained by Muon if that is the method, and the only kind that decays
	Rate       float32 // factor of the learning rate; 1 is the usual
}

// A Method says what trains the parameters.
type Method int

const (
	Muon   Method = iota // matrices; AdamW trains the rest
	AdamW                // everything
	AdamW8               // everything, with moments of 8 bits for matrices of at least smallest elements
	Lion                 // everything
)

// Settings are the rates of a method at full schedule.
type Settings struct {
	Method   Method
	Muon     float32 // learning rate of matrices under Muon
	Adam     float32 // learning rate of all else, under Lion too
	Momentum float32 // of Muon
	Beta1    float32 // of AdamW and Lion
	Beta2    float32
	Eps      float32 // of AdamW
	Decay    float32 // of matrices; under Muon only where it agrees with the update
	Clip     float64 // largest norm of all gradients together; longer ones are shortened to it. 0: any
}

// Default returns the settings that our measurements chose for small models.
func Default() Settings { return Muon.Default() }

// Default returns settings of a method to begin with. Lion's are a tenth of
// AdamW's rate and ten times its decay (Chen et al., arXiv 2302.06675, §5).
func (m Method) Default() Settings {
	s := Settings{Method: m, Muon: 0.02, Adam: 0.004, Momentum: 0.95, Beta1: 0.9, Beta2: 0.95, Eps: 1e-10, Decay: 0.01}
	switch m {
	case AdamW8:
		s.Eps = 1e-8 // a moment of 8 bits may be zero where it was not
	case Lion:
		s.Adam, s.Beta2, s.Decay = 0.0004, 0.99, 0.1
	}
	return s
}

// An Optimizer holds the moments of a set of parameters.
type Optimizer struct {
	Settings
	params  []Param
	moments []moments
	state   []float32 // all moments
	steps   int
	team    *tensor.Team
	scratch []muonScratch
	wide    [][]float32            // of each worker: numbers of a span, where they are stored in bfloat16
	blocks  [][2][blockLen]float32 // of each worker: moments of a block, when they have 8 bits
	arena   *tensor.Arena

	tasks, spans []span    // of a step, of the norm
	sums         []float64 // of each of spans
	rate, clip   float32   // of the step under way
	c1, c2       float32
	step, square func(worker, i int) // made once, so that a step allocates nothing
}

// moments of one tensor.
type moments struct {
	m, v  []float32 // Muon and Lion have no v
	eight *eight    // instead
}

// A span is the elements [lo, hi) of a tensor.
type span struct{ param, lo, hi int }

// spanLen is the elements that a worker takes at a time, and the length of the
// first level of a norm: it is part of the result. It is a multiple of a block
// of 8-bit moments.
const spanLen = 1 << 14

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

func lay(s Settings, params []Param, team *tensor.Team, a *tensor.Arena) *Optimizer {
	o := &Optimizer{Settings: s, params: params, team: team, moments: make([]moments, len(params))}
	n, small, large := 0, 0, 0
	for i := range params {
		p := &params[i]
		size := p.Rows * p.Cols
		switch {
		case o.byMuon(p):
			n += size
			small, large = max(small, min(p.Rows, p.Cols)), max(large, max(p.Rows, p.Cols))
		case s.Method == Lion:
			n += size
		case o.byEight(p):
			n += eightFloats(size)
		default:
			n += 2 * size
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
	for i := range params {
		p, m := &params[i], &o.moments[i]
		size := p.Rows * p.Cols
		for lo := 0; lo < size; lo += spanLen {
			o.spans = append(o.spans, span{i, lo, min(lo+spanLen, size)})
		}
		switch {
		case o.byMuon(p):
			m.m = take(size)
			o.tasks = append(o.tasks, span{i, 0, size})
			continue
		case s.Method == Lion:
			m.m = take(size)
		case o.byEight(p):
			m.eight = newEight(take(eightFloats(size)), size)
		default:
			m.m, m.v = take(size), take(size)
		}
		for lo := 0; lo < size; lo += spanLen {
			o.tasks = append(o.tasks, span{i, lo, min(lo+spanLen, size)})
		}
	}
	if small > 0 {
		for range team.Size() {
			o.scratch = append(o.scratch, newMuonScratch(small, large, a))
		}
	}
	if slices.ContainsFunc(params, func(p Param) bool { return p.Half != nil }) {
		for range team.Size() {
			o.wide = append(o.wide, a.Float32(spanLen))
		}
	}
	if s.Method == AdamW8 {
		o.blocks = make([][2][blockLen]float32, team.Size())
	}
	o.sums = make([]float64, len(o.spans))
	o.step = o.stepSpan
	o.square = o.squareSpan
	return o
}

func (o *Optimizer) byMuon(p *Param) bool { return o.Method == Muon && p.Matrix }

func (o *Optimizer) byEight(p *Param) bool {
	return o.Method == AdamW8 && p.Matrix && p.Rows*p.Cols >= smallest
}

// Close frees the moments.
func (o *Optimizer) Close() { o.arena.Close() }

// State returns the moments, to be saved and restored as they lie (not all of
// them are numbers), and the steps taken.
func (o *Optimizer) State() (moments []float32, steps int) { return o.state, o.steps }

// SetSteps restores the count of steps beside the moments.
func (o *Optimizer) SetSteps(n int) { o.steps = n }

// FLOPs returns the multiply-adds, times two, of one step of Muon.
func (o *Optimizer) FLOPs() (sum float64) {
	for i := range o.params {
		if p := &o.params[i]; o.byMuon(p) {
			r, c := float64(min(p.Rows, p.Cols)), float64(max(p.Rows, p.Cols))
			sum += float64(len(polar)) * 2 * (2*r*r*c + r*r*r)
		}
	}
	return sum
}

// Step moves every parameter against its gradient, at rate times the
// learning rates, and clears the gradients.
func (o *Optimizer) Step(rate float32) {
	o.steps++
	o.c1, o.c2 = 1-power(o.Beta1, o.steps), 1-power(o.Beta2, o.steps)
	o.rate, o.clip = rate, 1
	if o.Clip > 0 {
		if norm := o.Norm(); norm > o.Clip {
			o.clip = float32(o.Clip / norm)
		}
	}
	o.team.For(len(o.tasks), o.step)
}

// stepSpan takes one step on the elements of a task.
func (o *Optimizer) stepSpan(worker, i int) {
	s := o.tasks[i]
	p, m := &o.params[s.param], &o.moments[s.param]
	grad := p.Grad[s.lo:s.hi]
	if o.clip != 1 {
		kernel.Scale(grad, o.clip)
	}
	if o.byMuon(p) {
		o.muon(worker, s.param, m.m, o.rate*p.Rate*o.Muon)
		clear(grad)
		return
	}
	data := o.open(worker, p, s.lo, s.hi)
	lr, decay := o.rate*p.Rate*o.Adam, float32(0)
	if p.Matrix {
		decay = o.Decay
	}
	switch {
	case o.Method == Lion:
		lion(data, grad, m.m[s.lo:s.hi], lr, o.Beta1, o.Beta2, decay)
	case m.eight != nil:
		for lo := s.lo; lo < s.hi; lo += blockLen {
			hi, b := min(lo+blockLen, s.hi), &o.blocks[worker]
			mm, vv := b[0][:hi-lo], b[1][:hi-lo]
			m.eight.load(lo, mm, vv)
			kernel.AdamW(data[lo-s.lo:hi-s.lo], p.Grad[lo:hi], mm, vv, lr, o.Beta1, o.Beta2, o.Eps, decay, o.c1, o.c2)
			m.eight.store(lo, mm, vv)
		}
	default:
		kernel.AdamW(data, grad, m.m[s.lo:s.hi], m.v[s.lo:s.hi], lr, o.Beta1, o.Beta2, o.Eps, decay, o.c1, o.c2)
	}
	o.shut(s.param, s.lo, data)
	clear(grad)
}

// lion is one step of Lion (Chen et al., arXiv 2302.06675):
//
//	p -= lr·(sign(β1·m + (1-β1)·g) + decay·p)
//	m  = β2·m + (1-β2)·g
func lion(p, g, m []float32, lr, beta1, beta2, decay float32) {
	for i, x := range g {
		c := float32(beta1*m[i]) + float32((1-beta1)*x)
		m[i] = float32(beta2*m[i]) + float32((1-beta2)*x)
		sign := float32(math.Copysign(1, float64(c)))
		if c == 0 {
			sign = 0
		}
		p[i] -= float32(lr * (sign + float32(decay*p[i])))
	}
}

// Norm returns the Euclidean norm of all gradients together. Its sum has two
// levels, both of them in order: spans of a tensor, and the spans' sums.
func (o *Optimizer) Norm() float64 {
	o.team.For(len(o.spans), o.square)
	sum := 0.0
	for _, s := range o.sums {
		sum += s
	}
	return math.Sqrt(sum)
}

func (o *Optimizer) squareSpan(_, i int) {
	s, sum := o.spans[i], 0.0
	for _, g := range o.params[s.param].Grad[s.lo:s.hi] {
		sum += float64(g) * float64(g) // the product is exact: nothing to fuse
	}
	o.sums[i] = sum
}

// power returns x to the n by multiplication: the same bits everywhere.
func power(x float32, n int) float32 {
	y := 1.0
	for range min(n, 1<<14) { // by then it is 0
		y *= float64(x)
	}
	return float32(y)
}
