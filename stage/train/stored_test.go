package train

import (
	"testing"

	"suiren/engine/weights"
	"suiren/stage"
)

// Students that are kept in bfloat16 are written so, of our own and of others; an
// adapter's base is kept as it is.
func TestStudentInHalves(t *testing.T) {
	_, inputs := toyBase(t)
	pairs := toyExamples(t, toyPairs(1))
	for name, base := range map[string]string{"our own": inputs["base"], "another": archFolder("qwen2")} {
		b := newBench(t, map[string]string{"base": base, "pairs": pairs})
		check(t, (&DPO{Storage: "bf16", Rate: 1e-5}).Run(t.Context(), b.Job))
		file, err := weights.OpenModel(b.Out)
		check(t, err)
		matrices := 0
		for _, x := range file.Tensors {
			if len(x.Shape) > 1 {
				if matrices++; x.Type != "BF16" {
					t.Errorf("%s: %s is written as %s", name, x.Name, x.Type)
				}
			}
		}
		check(t, file.Close())
		if matrices == 0 {
			t.Errorf("%s: no matrix", name)
		}
	}
	for _, op := range []stage.Checker{&DPO{Storage: "bf16", Rank: 2}, &KTO{Storage: "f32", Rank: 2}, &GRPO{Storage: "bf16", Rank: 2}, &Distil{Base: in("base"), Teacher: in("t"), From: in("from"), Storage: "bf16", Rank: 2}} {
		if errs := op.Check(); len(errs) != 1 || errs[0].Where != "storage" {
			t.Errorf("%T: %v", op, errs)
		}
	}
	if errs := (&KTO{Storage: "f8"}).Check(); len(errs) != 1 {
		t.Errorf("f8: %v", errs)
	}
}
