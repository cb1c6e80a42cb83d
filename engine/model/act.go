package model

import (
	"math"

	"suiren/engine/kernel"
)

// An Act is the function between the two halves of a feed-forward layer.
type Act uint8

// The activations.
const (
	SiLU     Act = iota
	GELU         // with the error function
	GELUTanh     // its approximation by tanh
)

// String returns the name that config.json has for a.
func (a Act) String() string { return [...]string{"silu", "gelu", "gelu_pytorch_tanh"}[a] }

// gate sets y = act(g)⊙u. coarse says that y is to be rounded to integers:
// then 16 bits of the approximate GELU are enough for either, as in llama.cpp.
func (a Act) gate(y, g, u []float32, coarse bool) {
	switch {
	case a == SiLU:
		kernel.SwiGLU(y, g, u)
	case coarse:
		kernel.GELU16(y, g)
		kernel.Mul(y, y, u)
	default:
		a.apply(y, g, false)
		kernel.Mul(y, y, u)
	}
}

// gateGrad takes dy, the gradient of gate's y, to those of g and u, in their
// place.
func (a Act) gateGrad(g, u, dy []float32) {
	switch a {
	case SiLU:
		kernel.SwiGLUGrad(g, u, g, u, dy)
	case GELU:
		kernel.GEGLUGrad(g, u, g, u, dy)
	default:
		kernel.GEGLUTanhGrad(g, u, g, u, dy)
	}
}

// apply sets y = act(x). y may be x.
func (a Act) apply(y, x []float32, coarse bool) {
	switch {
	case a == SiLU:
		for i, v := range x {
			y[i] = v * sigmoid(v)
		}
	case coarse:
		kernel.GELU16(y, x)
	case a == GELU:
		kernel.GELU(y, x)
	default:
		kernel.GELUTanh(y, x)
	}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
