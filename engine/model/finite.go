package model

import (
	"strings"

	"suiren/engine/weights"
)

// finite refuses norms that hold NaN or infinity: whatever is read, all numbers behind them
// are none. Weights that a diverged training wrote have them.
//
// Cost: it reads some KiB a layer. Of matrices it knows nothing: to decode them takes longer
// than to digest their files.
func (n *decoderNet) finite() error {
	for i := range n.vectors {
		v := &n.vectors[i].src
		if v.rows != 1 || !strings.Contains(v.name, "norm") {
			continue
		}
		raw, err := v.read(make([]byte, v.bytes(1)), 0, 1)
		if err != nil {
			return err
		}
		x := make([]float32, v.cols)
		weights.Decode(x, raw, v.typ)
		for _, x := range x {
			if x-x != 0 {
				return badConfig("tensor %s holds what is no finite number", v.name)
			}
		}
	}
	return nil
}
