package model

import (
	"fmt"
	"testing"

	"suiren/engine/weights"
)

// A mixture whose blocks do not fit the rows says what is written instead, as it will be
// and as it was; others say nothing.
func TestInstead(t *testing.T) {
	dir := archOracle + "/llama3"
	f := openArch(t, "llama3")
	if in, err := f.Instead(); err != nil || in.Matrices != 0 {
		t.Errorf("a folder: %+v, %v", in, err)
	}
	for x, want := range map[Mixture]string{
		AsQ3_K_M: "15 of 15, 84288 weights in [Q4_0 Q5_0 Q5_1 Q8_0] for 256",
		AsQ4_K_M: "15 of 15, 84288 weights in [Q5_0 Q8_0] for 256",
		AsQ5_K_M: "15 of 15, 84288 weights in [Q5_1 Q8_0] for 256",
		AsQ6_K:   "15 of 15, 84288 weights in [Q8_0] for 256",
		AsQ4_0:   "1 of 15, 16704 weights in [Q8_0] for 256", // the head
		AsQ8_0:   "0 of 15, 0 weights in [] for 0",
		AsF16:    "0 of 15, 0 weights in [] for 0",
		AsBF16:   "0 of 15, 0 weights in [] for 0",
		AsF32:    "0 of 0, 0 weights in [] for 0",
	} {
		will, err := f.As(x)
		if err != nil {
			t.Fatal(err)
		}
		was, err := Open(exportTo(t, dir, x))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []*File{will, was} {
			in, err := f.Instead()
			if got := fmt.Sprint(in.Matrices, " of ", in.Of, ", ", in.Weights, " weights in ", in.Types, " for ", in.Block); err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", x, got, err, want)
			}
		}
		was.Close()
	}
}

// What llama.cpp v0.5.0 takes in the place of a type whose blocks do not fit, but for Q3_K.
func TestFitting(t *testing.T) {
	for typ, want := range map[weights.Type][4]weights.Type{ // of rows of 256, 896, 4880, 33
		weights.Q3_K: {weights.Q3_K, weights.Q4_0, weights.F16, weights.F16},
		weights.Q4_K: {weights.Q4_K, weights.Q5_0, weights.F16, weights.F16},
		weights.Q5_K: {weights.Q5_K, weights.Q5_1, weights.F16, weights.F16},
		weights.Q6_K: {weights.Q6_K, weights.Q8_0, weights.F16, weights.F16},
		weights.Q8_0: {weights.Q8_0, weights.Q8_0, weights.F16, weights.F16},
		weights.Q4_0: {weights.Q4_0, weights.Q4_0, weights.F16, weights.F16},
		weights.BF16: {weights.BF16, weights.BF16, weights.BF16, weights.BF16},
		weights.F32:  {weights.F32, weights.F32, weights.F32, weights.F32},
	} {
		for i, cols := range []int{256, 896, 4880, 33} {
			if got := fitting(typ, cols); got != want[i] {
				t.Errorf("%s of rows of %d: %s, want %s", typ, cols, got, want[i])
			}
		}
	}
}
