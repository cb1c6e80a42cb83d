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

// gate sets y = act(g)⊙u.
func (a Act) gate(y, g, u []float32) {
	switch a {
	case SiLU:
		kernel.SwiGLU(y, g, u)
	case GELU:
		kernel.GEGLU(y, g, u)
	case GELUTanh:
		kernel.GEGLUTanh(y, g, u)
	}
}

// apply sets y = act(x).
func (a Act) apply(y, x []float32) {
	switch a {
	case SiLU:
		for i, v := range x {
			y[i] = v * sigmoid(v)
		}
	case GELU:
		kernel.GELU(y, x)
	case GELUTanh:
		kernel.GELUTanh(y, x)
	}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
