package model

import (
	"fmt"
	"strings"
)

// Adapter returns the adapters as a decoder of the frozen model takes them:
// those of the last Repack. It is the trainer's, and is not closed; nil if all
// parameters are trained.
func (t *Trainer) Adapter() *Adapter {
	if t.Grads != nil {
		return nil
	}
	s := &t.net.Shape
	ad, places := &Adapter{layers: make([][linears][]lora, s.Layers)}, s.places()
	for _, p := range t.pairs {
		_, rest, _ := strings.Cut(p.name, "layers.")
		var l int
		var module string
		if _, err := fmt.Sscanf(strings.Replace(rest, ".", " ", 1), "%d %s", &l, &module); err != nil {
			panic("model: a pair is called " + p.name)
		}
		which := places[module].linear
		ad.layers[l][which] = append(ad.layers[l][which], lora{at: p.at, rows: p.rows, cols: p.cols, rank: p.rank, a: p.packedA, b: p.packedB})
		ad.rank = max(ad.rank, p.rank)
	}
	return ad
}
