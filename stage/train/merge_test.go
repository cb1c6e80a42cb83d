package train

import (
	"testing"

	"suiren/stage"
)

// Whatever writes GGUF files is of another revision where it does than where it writes
// folders: what such a file says has grown, four times, proofs of the K types have changed, and q4_k_m
// has other types where rows are no multiples of 256; all else has the keys that it had.
func TestRevisionInBlocks(t *testing.T) {
	for name, of := range map[string]func(typ string) stage.Operator{
		"merge":    func(typ string) stage.Operator { return &Merge{Type: typ} },
		"quantise": func(typ string) stage.Operator { return &Quantise{Type: typ} },
		"continue": func(typ string) stage.Operator { return &Continue{Type: typ} },
		"sft":      func(typ string) stage.Operator { return &SFT{Base: in("base"), Type: typ} },
	} {
		folder := of("bf16").Revision()
		for typ, more := range map[string]int{"": 0, "f32": 0, "f16": 0, "q8_0": 4, "q6_k": 5, "q5_k_m": 5, "q4_k_m": 6, "q4_0": 4, "q3_k_m": 5} {
			if got := of(typ).Revision(); got != folder+more {
				t.Errorf("%s of type %q has revision %d, of folders %d", name, typ, got, folder)
			}
		}
	}
}

// What may make an adapter says when it does: plans refuse one where a model is wanted.
func TestMakesAdapter(t *testing.T) {
	for _, c := range []struct {
		op   stage.Adapted
		want bool
	}{{&LoRA{}, true}, {&DPO{}, false}, {&DPO{Rank: 1}, true}, {&KTO{}, false}, {&KTO{Rank: 1}, true}, {&GRPO{}, false}, {&GRPO{Rank: 1}, true}, {&Distil{Depth: 1}, false}, {&Distil{Rank: 1}, true},
		{&DPO{Adapter: in("a")}, true}, {&KTO{Adapter: in("a")}, true}, {&GRPO{Adapter: in("a")}, true}, {&Distil{Adapter: in("a")}, true}} {
		if got := c.op.MakesAdapter(); got != c.want {
			t.Errorf("%T %+v makes an adapter: %v", c.op, c.op, got)
		}
	}
	for _, op := range []stage.Operator{&SFT{}, &Continue{}, &Merge{}, &Quantise{}} {
		if _, ok := op.(stage.Adapted); ok {
			t.Errorf("%s may make an adapter", op.Name())
		}
	}
}
