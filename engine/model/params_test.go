package model

import (
	"math"
	"testing"
)

// Parameters are copied as they are, into bfloat16 to the nearest; what it cannot
// hold is an error that names the tensor.
func TestParamsCopy(t *testing.T) {
	from, arena, err := Load("../../testdata/oracle/qwen3/folder")
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	for _, half := range []bool{false, true} {
		tr, err := (Training{Rows: 1, Length: 8, Threads: 1, Half: half}).New(from.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if err := tr.Params.Copy(from); err != nil {
			t.Fatal(err)
		}
		want := from.Tensors()
		for i, x := range tr.Params.Tensors() {
			near := append([]float32(nil), want[i].Data...)
			if (x.Half != nil) != (half && len(x.Shape) > 1) {
				t.Fatalf("%s is in bfloat16: %t", x.Name, x.Half != nil)
			}
			for j := range near {
				if x.Half != nil { // to the nearest, of two to the even
					b := math.Float32bits(near[j])
					near[j] = math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
				}
			}
			if at := x.Differs(near); at >= 0 {
				t.Errorf("half %t: number %d of %s is not %g", half, at, x.Name, near[at])
			}
		}
		if half {
			want[0].Data[0] = math.MaxFloat32
			if err := tr.Params.Copy(from); err == nil {
				t.Error("what bfloat16 cannot hold is copied")
			}
		}
	}
}
