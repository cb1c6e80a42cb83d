package model

import (
	"math"
)

// A Long is LongRoPE's second set of factors (arXiv:2402.13753): sequences that
// may grow longer than Original are turned by Div from their first token on.
type Long struct {
	Div      []float32 // (Dims/2)
	Original int       // tokens
}

// longGain is the paper's factor of cosines and sines for a context of factor
// times the original.
func longGain(factor, original float64) float64 {
	if factor <= 1 || original <= 1 {
		return 1
	}
	return math.Sqrt(1 + math.Log(factor)/math.Log(original))
}

// longRope sets the factors of r, checked: short ones, and long ones of
// sequences beyond original.
func (r *Rope) longRope(short, long []float32, original int, gain float64) error {
	if len(short) != r.Dims/2 || original < 1 || original > 1<<20 || !(gain > 0 && gain < 1e3) {
		return badConfig("rope_scaling of type longrope: %d and %d factors for %d pairs, original_max_position_embeddings %d, attention_factor %g", len(short), len(long), r.Dims/2, original, gain)
	}
	r.Div, r.Gain, r.Long = short, float32(gain), &Long{long, original}
	return r.Long.check(r.Dims)
}

func (l *Long) check(dims int) error {
	if l == nil {
		return nil
	}
	if len(l.Div) != dims/2 {
		return badConfig("%d long rotary factors for %d pairs", len(l.Div), dims/2)
	}
	for _, f := range l.Div {
		if !(f > 0) || math.IsInf(float64(f), 0) {
			return badConfig("a rotary factor of %g", f)
		}
	}
	return nil
}

// within returns the shape as it is for sequences of up to limit tokens: which
// factors turn them is settled once, since keys that were kept cannot be turned
// again. llama.cpp and vLLM settle it so, too; transformers reads a sequence that
// has outgrown the short factors once more.
func (s Shape) within(limit int) Shape {
	for i := range s.Rope {
		if r := &s.Rope[i]; r.Long != nil && limit > r.Long.Original {
			r.Div = r.Long.Div
		}
	}
	return s
}

// Within returns the file as it is for sequences of up to length tokens, however
// short those are that a decoder takes: what was trained on long rows is turned
// by the long factors. The file must outlive it.
func (f *File) Within(length int) *File {
	g := *f
	g.Shape = f.Shape.within(length)
	for i := range g.Shape.Rope {
		g.Shape.Rope[i].Long = nil
	}
	g.close = nil
	return &g
}

// Length returns the most tokens of a row.
func (t *Trainer) Length() int { return t.length }
