package model

import (
	"fmt"
	"math"
	"strings"

	"suiren/engine/weights"
)

// bounds are how far a matrix may be from what it was written from: the root
// of the mean square error over that of the largest weight of each 32. They
// are about twice what rounding evenly gives; of Q4_0 and Q5_0, which reach a step less
// far on one side, what they make of weights that are all ±m: half of them a step off.
var bounds = map[weights.Type]float64{
	weights.F32: 0, weights.F16: 1.0 / 2048, weights.BF16: 1.0 / 256, weights.Q8_0: 0.006, weights.Q6_K: 0.025,
	weights.Q5_K: 0.035, weights.Q5_1: 0.035, weights.Q5_0: 0.045, weights.Q4_K: 0.07, weights.Q4_0: 0.09, weights.Q3_K: 0.15,
}

// Compare reads the model again from written, a GGUF file that WriteGGUF
// made, and reports the first tensor that is not what it should be.
func (f *File) Compare(written *File, x Mixture) error {
	list, err := f.tensors(x)
	if err != nil {
		return err
	}
	return compareTensors(list, written.gguf)
}

// compareTensors reports the first tensor that g does not have as it should be.
func compareTensors(list []exported, g *weights.GGUF) error {
	for i := range list {
		t := &list[i]
		got, ok := (&ggufSource{g: g}).weight(t.Name)
		if ok && got.typ != t.Type {
			return fmt.Errorf("model: tensor %s was written as %v, not %v", t.Name, got.typ, t.Type)
		}
		if err := t.src.compare(got, ok, t.Type); err != nil {
			return err
		}
	}
	return nil
}

// CompareFolder is Compare of a folder that WriteFolder made.
func (f *File) CompareFolder(written *File, x Mixture) error {
	row, err := familyOf(f.Shape.Arch)
	if err != nil {
		return err
	}
	found, err := f.plan()
	if err != nil {
		return err
	}
	for i := range found {
		w := found[i]
		got, ok := written.src.weight(w.name)
		if row.lessOne(&w) && ok {
			w, got = w.plus(-1), got.plus(-1) // as they are written
		}
		if strings.HasSuffix(w.name, ".ssm_a") && ok {
			w, got = w.logs(), got.logs() // likewise
		}
		if err := w.compare(got, ok, fileTypes[x].typ); err != nil {
			return err
		}
	}
	return nil
}

// compare reports whether got, if it is there, is the weight rounded to typ.
func (w *weight) compare(got weight, ok bool, typ weights.Type) error {
	if !ok || got.rows != w.rows || got.cols != w.cols {
		return fmt.Errorf("model: tensor %s was not written as (%d, %d)", w.name, w.rows, w.cols)
	}
	var e, scale float64
	a, b := make([]float32, w.cols), make([]float32, w.cols)
	for r := range w.rows {
		for _, side := range []struct {
			w *weight
			x []float32
		}{{w, a}, {&got, b}} {
			raw, err := side.w.read(make([]byte, side.w.bytes(1)), r, r+1)
			if err != nil {
				return err
			}
			weights.Decode(side.x, raw, side.w.typ)
		}
		for lo := 0; lo < len(a); lo += 32 {
			var top float64
			for i := lo; i < min(len(a), lo+32); i++ {
				if a[i]-a[i] != 0 {
					return badConfig("tensor %s holds what is no finite number", w.name)
				}
				d := float64(a[i]) - float64(b[i])
				e += d * d
				top = max(top, math.Abs(float64(a[i])))
			}
			scale += top * top * float64(min(len(a), lo+32)-lo)
		}
	}
	if bound := bounds[typ]; !(e <= bound*bound*scale) {
		return unrounded("tensor %s, written as %v, is %.2g off in the mean, more than %.2g of its largest weights", w.name, typ, math.Sqrt(e/scale), bound)
	}
	return nil
}
