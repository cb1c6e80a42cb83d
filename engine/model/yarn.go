package model

import (
	"math"
)

// A Yarn says how YaRN (arXiv:2309.00071) stretches a context: waves that turn
// less than Slow times within Original positions are Factor times as long,
// those that turn more than Fast times stay, and those between are mixed.
type Yarn struct {
	Factor, Original float64
	Fast, Slow       float64 // 0: 32 and 1
}

// yarnGain is the paper's factor of cosines and sines, that of the scores'
// temperature.
func yarnGain(factor, scale float64) float64 {
	if factor <= 1 {
		return 1
	}
	return 0.1*scale*math.Log(factor) + 1
}

// stretch sets what r multiplies and divides by. A gain of 0 is the paper's.
func (y Yarn) stretch(r *Rope, gain float64) error {
	if y.Fast == 0 {
		y.Fast = 32
	}
	if y.Slow == 0 {
		y.Slow = 1
	}
	if gain == 0 {
		gain = yarnGain(y.Factor, 1)
	}
	if !(y.Factor >= 1 && y.Factor <= 1<<20 && y.Original >= 1 && y.Original <= 1<<20 && y.Slow > 0 && y.Fast >= y.Slow && y.Fast <= 1<<20 && gain > 0 && gain < 1e3) {
		return badConfig("rope_scaling of type yarn: factor %g, original_max_position_embeddings %g, beta_fast %g, beta_slow %g, attention_factor %g", y.Factor, y.Original, y.Fast, y.Slow, gain)
	}
	pair := func(turns float64) float64 { // the pair whose wave turns so often
		return float64(r.Dims) * math.Log(y.Original/(turns*2*math.Pi)) / (2 * math.Log(r.Theta))
	}
	low := max(math.Floor(pair(y.Fast)), 0)
	high := min(math.Ceil(pair(y.Slow)), float64(r.Dims-1))
	r.Div = make([]float32, r.Dims/2)
	for i := range r.Div {
		stay := 1 - min(max((float64(i)-low)/max(high-low, 0.001), 0), 1)
		r.Div[i] = float32(1 / ((1-stay)/y.Factor + stay))
	}
	r.Gain, r.Yarn = float32(gain), &y
	return nil
}

// stretched makes the context what the full layers' positions are stretched
// to: files of Qwen2.5 name the one that they were trained in.
func (s *Shape) stretched() {
	if y := s.Rope[0].Yarn; y != nil {
		s.Context = max(s.Context, int(y.Factor*y.Original))
	}
}
