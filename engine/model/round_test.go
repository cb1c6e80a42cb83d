package model

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a type cannot hold is told with the tensor and the weight, as it is written or
// as it is read again; what is no number is no fault of the type.
func TestUnrounded(t *testing.T) {
	big, nan := float32(-654399.1), float32(math.NaN())
	for _, c := range []struct {
		rest  float32 // all weights of a matrix but the first, x
		x     float32
		as    Mixture
		round bool
		want  string
	}{
		{1e-3, big, AsF16, true, "has the weight -654399.1, which F16 cannot hold"},
		{1e-9, 1e-9, AsQ8_0, true, "written as Q8_0, is 1 off in the mean, more than 0.006"},
		{1e-3, big, AsQ4_0, true, "which Q4_0 cannot hold"},
		{1e-3, nan, AsQ8_0, false, "holds what is no finite number"},
		{1e-3, nan, AsF16, false, "holds what is no finite number"},
		{1e-3, big, AsBF16, false, ""},
	} {
		tr := trainerWith(t, Config{Vocab: 64, Width: 64, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 32, Hidden: 96, Context: 16, Theta: 1e4, Eps: 1e-6}, 1, 8, 1)
		f := tr.Params.File()
		for i := range tr.Params.layers[0].gateUp.f {
			tr.Params.layers[0].gateUp.f[i] = c.rest
		}
		tr.Params.layers[0].gateUp.f[0] = c.x
		var out bytes.Buffer
		err := f.WriteGGUF(&out, c.as, nil, 1)
		if err == nil {
			path := filepath.Join(t.TempDir(), "m.gguf")
			if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			g, err2 := Open(path)
			if err2 != nil {
				t.Fatal(err2)
			}
			err = f.Compare(g, c.as)
			g.Close()
		}
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), "blk.0.ffn_gate.weight") {
			t.Errorf("%g as %s: %v", c.x, c.as, err)
			continue
		}
		if _, ok := errors.AsType[*RoundError](err); ok != c.round || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%g as %s: %v", c.x, c.as, err)
		}
	}
}

// Weights that are all as far from zero are what rounding to steps is worst at: they are
// written in every type.
func TestRoundEnds(t *testing.T) {
	tr := trainerWith(t, Config{Vocab: 64, Width: 64, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 32, Hidden: 96, Context: 16, Theta: 1e4, Eps: 1e-6}, 1, 8, 1)
	f := tr.Params.File()
	for i := range tr.Params.layers[0].gateUp.f {
		tr.Params.layers[0].gateUp.f[i] = float32(i%2*2 - 1)
	}
	for _, x := range Mixtures {
		var out bytes.Buffer
		if err := f.WriteGGUF(&out, x, nil, 1); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Compare(g, x); err != nil {
			t.Errorf("%s: %v", x, err)
		}
		g.Close()
	}
}
