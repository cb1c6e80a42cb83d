package model

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// The head of a folder is as transformers 5 takes it: one of its own wherever the
// folder has one that is not the embeddings, whatever its configuration says of the
// two; the embeddings only where the configuration ties them.
func TestHeads(t *testing.T) {
	const says, denies = `"tie_word_embeddings": true`, `"tie_word_embeddings": false`
	ids := []int32{5, 7, 9, 2, 4, 6, 11, 200, 31, 17, 90, 4, 4, 8}
	for name, embed := range map[string]string{"gpt2": "transformer.wte.weight", "llama3": "model.embed_tokens.weight", "qwen3": "model.embed_tokens.weight"} {
		// with is the folder with the embeddings for its head, changed.
		with := func(change func([]uint16), tie string) string {
			return changedFolder(t, name, func(list []weights.Tensor) []weights.Tensor {
				own := list[slices.IndexFunc(list, func(x weights.Tensor) bool { return x.Name == embed })]
				own.Name, own.Half = "lm_head.weight", slices.Clone(own.Half)
				if change(own.Half); own.Half[0] == 0 {
					t.Fatal("the first number of the embeddings is zero")
				}
				return append(list, own)
			}, says, tie)
		}
		logits := func(path string) string { return hash(logitsOf(t, path, ids, len(ids), 1, KVFloat32)) }
		tied := logits(archOracle + "/" + name)
		for what, change := range map[string]func([]uint16){
			"the embeddings": func([]uint16) {},
			"reversed":       func(x []uint16) { slices.Reverse(x) },
			"its last":       func(x []uint16) { x[len(x)-1] ^= 0x8000 },
		} {
			own, got := logits(with(change, denies)), logits(with(change, says))
			if got != own || (own == tied) != (what == "the embeddings") {
				t.Errorf("%s: a head that is %s: other logits than of a head of its own", name, what)
			}
			f, err := Open(with(change, says))
			if err != nil {
				t.Fatal(err)
			}
			if f.Shape.Tied != (what == "the embeddings") {
				t.Errorf("%s: a head that is %s: tied: %t", name, what, f.Shape.Tied)
			}
			if got := logits(exportTo(t, with(change, says), AsBF16)); got != own {
				t.Errorf("%s: a head that is %s: other logits of what is written of it", name, what)
			}
			if got := folderOf(t, f, AsBF16); got.Shape.Tied != f.Shape.Tied {
				t.Errorf("%s: a head that is %s: the folder that is written of it is tied: %t", name, what, got.Shape.Tied)
			}
			f.Close()
		}
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"llama3", says, denies, "tensor lm_head.weight is missing, and tie_word_embeddings is not true"},
		{"llama3", says + ",", "", "tensor lm_head.weight is missing"},
		{"qwen3", says, denies, "tensor lm_head.weight is missing"},
		{"gpt2", says, denies, "tensor lm_head.weight is missing"},
		{"gpt2", says + ",", "", ""},
		{"smollm3", says + ",", "", ""},
		{"gemma2", says + ",", "", ""},
	} {
		f, err := Open(changedFolder(t, c.name, nil, c.old, c.new))
		if err == nil {
			_, _, err = f.DecoderBytes(8, 8, 1)
			f.Close()
		}
		if (c.want == "") != (err == nil) || err != nil && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %s: %v, want %q", c.name, c.new, err, c.want)
		}
	}
}

// Biases that a family has, or a configuration says it has, are not missing.
func TestBiasesWhole(t *testing.T) {
	for _, c := range []struct{ name, lost, old, new string }{
		{"qwen2", "self_attn.q_proj.bias", "", ""},
		{"qwen2", "1.self_attn.v_proj.bias", "", ""},
		{"qwen2", "_proj.bias", "", ""},
		{"llama-bias", "0.self_attn.k_proj.bias", "", ""},
		{"llama3", "nothing", `"attention_bias": false`, `"attention_bias": true`},
	} {
		f, err := Open(changedFolder(t, c.name, func(list []weights.Tensor) []weights.Tensor {
			return slices.DeleteFunc(list, func(x weights.Tensor) bool { return strings.Contains(x.Name, c.lost) })
		}, c.old, c.new))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.DecoderBytes(8, 8, 1); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "bias is missing") {
			t.Errorf("%s without %s: %v", c.name, c.lost, err)
		}
		f.Close()
	}
}
