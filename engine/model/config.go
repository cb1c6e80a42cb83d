// Package model is the transformer: a decoder in the shape of Qwen3, its
// forward pass and its backward pass written out side by side.
//
// Names: T tokens of a row, C width, H heads, G key-value heads, D head size,
// N = (H+2G)·D, F feed-forward width, V vocabulary, L layers. A shape stands
// beside each slice, output dimension first.
package model

import (
	"errors"
	"fmt"
	"math"

	"suiren/engine/weights"
)

// A Config is the shape of a model.
type Config struct {
	Vocab   int     // V
	Width   int     // C
	Layers  int     // L
	Heads   int     // H
	KVHeads int     // G; divides H
	HeadDim int     // D; even
	Hidden  int     // F
	Context int     // positions
	Window  int     // keys that a sliding layer sees, its own among them; 0: none slides
	Theta   float64 // base of the rotary embedding
	Eps     float32 // of every RMSNorm
}

// ErrConfig is wrapped by every error about a shape.
var ErrConfig = errors.New("model: bad config")

// A ConfigError is an ErrConfig that says why.
type ConfigError struct {
	Why  string // a format of Args
	Args []any
}

func badConfig(why string, args ...any) error { return &ConfigError{why, args} }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%v: %s", ErrConfig, fmt.Sprintf(e.Why, e.Args...))
}

func (e *ConfigError) Unwrap() error { return ErrConfig }

// A TypeError is a ConfigError about tensors of a type that is not read.
type TypeError struct{ ConfigError }

func (e *TypeError) Unwrap() error { return &e.ConfigError }

// A WordsError is a ConfigError about a tokenizer with more tokens than the embeddings have rows.
type WordsError struct{ ConfigError }

func (e *WordsError) Unwrap() error { return &e.ConfigError }

// CheckWords reports a tokenizer of so many tokens that the model cannot read. One of fewer
// leaves rows over, of which models have many.
func (s *Shape) CheckWords(tokens int) error {
	if tokens > s.Vocab {
		bad, _ := errors.AsType[*ConfigError](badConfig("the tokenizer has %d tokens, and the embeddings have %d rows", tokens, s.Vocab))
		return &WordsError{*bad}
	}
	return nil
}

// A RoundError is a ConfigError about weights that the type in which they were to be
// written cannot hold, or not as well as others.
type RoundError struct{ ConfigError }

func (e *RoundError) Unwrap() error { return &e.ConfigError }

// unrounded is badConfig of a RoundError.
func unrounded(why string, args ...any) error { return &RoundError{ConfigError{why, args}} }

// unheld is what Encode says of a tensor.
func unheld(name string, err error) error {
	bad, ok := errors.AsType[*weights.RangeError](err)
	switch {
	case !ok:
		return err
	case bad.Value-bad.Value != 0:
		return badConfig("tensor %s holds what is no finite number", name)
	}
	return unrounded("tensor %s has the weight %v, which %v cannot hold", name, bad.Value, bad.Type)
}

// An UntrainedError is a ConfigError about what is read and served, and not trained.
type UntrainedError struct{ ConfigError }

func (e *UntrainedError) Unwrap() error { return &e.ConfigError }

// untrained is badConfig of an UntrainedError.
func untrained(why string, args ...any) error { return &UntrainedError{ConfigError{why, args}} }

// maxHidden bounds the width of a feed-forward layer.
const maxHidden = 1 << 18

// Check reports the first dimension that cannot be built. Its bounds keep
// every product of two dimensions far from overflow.
func (c *Config) Check() error {
	const big = 1 << 20
	for _, d := range []struct {
		name     string
		val, max int
	}{
		{"vocabulary", c.Vocab, big}, {"width", c.Width, 1 << 16}, {"layers", c.Layers, 1 << 10},
		{"heads", c.Heads, 1 << 10}, {"key-value heads", c.KVHeads, 1 << 10}, {"head size", c.HeadDim, 1 << 10},
		{"feed-forward width", c.Hidden, maxHidden}, {"context", c.Context, big},
	} {
		if d.val < 1 || d.val > d.max {
			return badConfig("%s is %d, not 1 to %d", d.name, d.val, d.max)
		}
	}
	switch {
	case c.Window < 0 || c.Window > big:
		return badConfig("sliding window of %d", c.Window)
	case c.HeadDim%2 != 0:
		return badConfig("head size %d is odd", c.HeadDim)
	case c.Heads%c.KVHeads != 0:
		return badConfig("%d heads do not share %d key-value heads", c.Heads, c.KVHeads)
	case !(c.Theta > 1) || math.IsInf(c.Theta, 0):
		return badTheta(c.Theta)
	case !(c.Eps >= 0) || c.Eps > 1:
		return badConfig("the epsilon of the norms (rms_norm_eps, layer_norm_eps) is %g, not 0 to 1", c.Eps)
	}
	return nil
}

// badTheta refuses the base of rotary positions.
func badTheta(theta float64) error {
	return badConfig("the base of rotary positions (rope_theta) is %g, not above 1 and at most 1e15", theta)
}

func (c *Config) q() int   { return c.Heads * c.HeadDim }                 // width of all queries
func (c *Config) kv() int  { return c.KVHeads * c.HeadDim }               // width of all keys
func (c *Config) qkv() int { return (c.Heads + 2*c.KVHeads) * c.HeadDim } // N

// Params returns the number of parameters.
func (c *Config) Params() int {
	layer := 2*c.Width + 2*c.HeadDim + c.Width*(c.qkv()+c.q()) + 3*c.Width*c.Hidden
	return c.Vocab*c.Width + c.Layers*layer + c.Width
}

// Scale derives a shape from depth, the one dial: width 32·depth up to depth
// 8, then 64·(depth−4); heads of 32 (64 from width 512); a feed-forward width
// of three times the width; two query heads to each key-value head.
func Scale(depth, vocab, context int) Config {
	width := 32 * depth
	if depth > 8 {
		width = 64 * (depth - 4)
	}
	head := 32
	if width >= 512 {
		head = 64
	}
	heads := width / head
	kv := heads
	if heads%2 == 0 {
		kv = heads / 2
	}
	return Config{
		Vocab: vocab, Width: width, Layers: depth, Heads: heads, KVHeads: kv, HeadDim: head,
		Hidden: 3 * width, Context: context, Theta: 10000, Eps: 1e-6,
	}
}

// FLOPs returns the multiply-adds, times two, of a forward pass over
// documents of the given lengths, of which supervised tokens reach the head.
// A training step costs three times as much. Norms, rotations and softmax
// are left out, as is the half of the attention matrix that is masked. Windows
// are not looked at (Shape.FLOPs).
func (c *Config) FLOPs(docs []int, supervised int) float64 {
	var tokens, pairs float64
	for _, n := range docs {
		tokens += float64(n)
		pairs += float64(n) * float64(n+1) / 2
	}
	linear := float64(c.Width*(c.qkv()+c.q()) + 3*c.Width*c.Hidden)
	layers := float64(c.Layers) * (tokens*linear + 2*pairs*float64(c.q()))
	return 2 * (layers + float64(supervised)*float64(c.Width*c.Vocab))
}
