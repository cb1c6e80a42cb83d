package model

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A target is a matrix's name or any end of it, as PEFT takes it: the adapter is of
// these alone, its gradient is the derivative, and it is read and served as trained.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		model   string
		targets []string
		want    []string // modules, without what stands before the number of the block
		written []string // target_modules
	}{
		{"llama3", []string{"mlp.down_proj"}, []string{"0.mlp.down_proj", "1.mlp.down_proj"}, []string{"mlp.down_proj"}},
		{"llama3", []string{"up_proj", "layers.1.self_attn.v_proj", "model.layers.0.self_attn.q_proj"},
			[]string{"0.self_attn.q_proj", "0.mlp.up_proj", "1.self_attn.v_proj", "1.mlp.up_proj"}, []string{"model.layers.0.self_attn.q_proj", "layers.1.self_attn.v_proj", "up_proj"}},
		{"llama3", []string{"v_proj", "q_proj", "self_attn.q_proj", "v_proj"},
			[]string{"0.self_attn.q_proj", "0.self_attn.v_proj", "1.self_attn.q_proj", "1.self_attn.v_proj"}, []string{"q_proj", "self_attn.q_proj", "v_proj"}},
		{"gpt2", []string{"1.attn.c_proj", "c_fc"}, []string{"0.mlp.c_fc", "1.attn.c_proj", "1.mlp.c_fc"}, []string{"1.attn.c_proj", "c_fc"}},
		{"qwen3_moe", []string{"layers.1.mlp.experts.3.down_proj", "0.self_attn.o_proj", "experts.2.gate_proj", "2.up_proj"},
			[]string{"0.self_attn.o_proj", "0.mlp.experts.2.gate_proj", "0.mlp.experts.2.up_proj", "1.mlp.experts.2.gate_proj", "1.mlp.experts.2.up_proj", "1.mlp.experts.3.down_proj"},
			[]string{"0.self_attn.o_proj", "experts.2.gate_proj", "2.up_proj", "layers.1.mlp.experts.3.down_proj"}},
		{"qwen3_5_moe", []string{"1.mlp.shared_expert.down_proj"}, []string{"1.mlp.shared_expert.down_proj"}, []string{"1.mlp.shared_expert.down_proj"}},
	} {
		f := openArch(t, c.model)
		lora := LoRA{Rank: 2, Alpha: 3, Targets: c.targets}
		o := Training{Rows: 2, Length: 64, Threads: 2, LoRA: &lora}
		tr := openTrainer(t, f, o)
		shake(tr)
		var got []string
		for _, p := range tr.pairs {
			got = append(got, strings.TrimPrefix(p.name, f.Shape.blockNames()))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %v: %v", c.model, c.targets, got)
		}
		if n, _ := lora.Params(&f.Shape); n != len(tr.lora) {
			t.Errorf("%s, %v: %d numbers, counted as %d", c.model, c.targets, len(tr.lora), n)
		}
		row := randomRows(f.Shape.Config, 3, []int{64})[0]
		dir := t.TempDir()
		if err := tr.WriteAdapter(dir, "", lora); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
		if err != nil {
			t.Fatal(err)
		}
		var config struct {
			Targets []string `json:"target_modules"`
		}
		if err := json.Unmarshal(text, &config); err != nil || !slices.Equal(config.Targets, c.written) {
			t.Errorf("%s, %v: written %v, %v", c.model, c.targets, config.Targets, err)
		}
		ad, err := OpenAdapter(dir, &f.Shape)
		if err != nil {
			t.Fatalf("%s, %v: %v", c.model, c.targets, err)
		}
		if hash(served(t, f, ad, row)) != hash(tr.Logits(row)) {
			t.Errorf("%s, %v: other logits are served", c.model, c.targets)
		}
		ad.Close()
		if f.Shape.Experts > 0 { // the loss jumps where other experts are asked: all are
			f.Shape.Chosen, f.Shape.Renorm = f.Shape.Experts, f.Shape.Shared > 0
			tr = openTrainer(t, f, o)
			shake(tr)
		}
		tr.Accumulate([]Row{row})
		directional(t, tr, []Row{row})
	}
	s := openArch(t, "llama3").Shape
	for _, lost := range []string{"roj", "_proj", "2.self_attn.q_proj", "layers.1", "self_attn", "", ".q_proj", "lm_head", "embed_tokens"} {
		err := (&LoRA{Rank: 1, Alpha: 1, Targets: []string{"q_proj", lost}}).Check(&s)
		if bad, ok := errors.AsType[*TargetError](err); !ok || bad.Name != lost || !slices.Contains(bad.Has, "down_proj") {
			t.Errorf("%q: %v", lost, err)
		}
	}
}
