package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// The shared expert counts the sigmoid of the router's last score, whatever the others
// count, and is of the last rank.
func TestRoute(t *testing.T) {
	s := Shape{Experts: 3, Chosen: 2, Shared: 8, Renorm: true}
	for _, x := range []float32{-3, 0, 0.25, 90, -90} {
		scores, chosen, weight := []float32{1, 3, 2, x}, make([]int32, 3), make([]float32, 3)
		inv := s.route(scores, chosen, weight)
		if !slices.Equal(chosen, []int32{1, 2, 3}) {
			t.Errorf("%g: asks %v", x, chosen)
		}
		first := 1 / (1 + math.Exp(-1)) // of scores 3 and 2
		for i, want := range []float64{first, 1 - first, 1 / (1 + math.Exp(-float64(x)))} {
			if math.Abs(float64(weight[i])-want) > 1e-6 {
				t.Errorf("%g: rank %d counts %g, want %g", x, i, weight[i], want)
			}
		}
		if sum := (scores[0] + scores[1] + scores[2]) * inv; math.Abs(float64(sum)-1) > 1e-6 || scores[3] != weight[2] {
			t.Errorf("%g: probabilities of %g, and %g", x, sum, scores[3])
		}
	}
}

// sharedTensors are those of the oracle's folder.
func sharedTensors(t testing.TB) (list []weights.Tensor) {
	f, err := weights.Open(filepath.Join(archOracle, "qwen3_5_moe"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range f.Names() {
		shape, _ := f.Shape(name)
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := weights.Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
		if err := f.Read(name, x.Data); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	return list
}

// fuseExperts replaces experts by the tensors that transformers 5 has in memory.
func fuseExperts(list []weights.Tensor) (fused []weights.Tensor) {
	of := map[string]weights.Tensor{}
	for _, x := range list {
		if strings.Contains(x.Name, ".experts.") {
			of[x.Name] = x
		} else {
			fused = append(fused, x)
		}
	}
	for _, x := range list {
		stem, ok := strings.CutSuffix(x.Name, "0.gate_proj.weight")
		if !ok || !strings.HasSuffix(stem, ".experts.") {
			continue
		}
		F, C := x.Shape[0], x.Shape[1]
		up, down := weights.Tensor{Name: stem + "gate_up_proj"}, weights.Tensor{Name: stem + "down_proj"}
		E := 0
		for ; of[stem+string(rune('0'+E))+".gate_proj.weight"].Data != nil; E++ {
			one := stem + string(rune('0'+E))
			up.Data = slices.Concat(up.Data, of[one+".gate_proj.weight"].Data, of[one+".up_proj.weight"].Data)
			down.Data = slices.Concat(down.Data, of[one+".down_proj.weight"].Data)
		}
		up.Shape, down.Shape = []int{E, 2 * F, C}, []int{E, C, F}
		fused = append(fused, up, down)
	}
	return fused
}

// sharedFolder writes a folder with the oracle's configuration.
func sharedFolder(t testing.TB, list []weights.Tensor) string {
	dir := t.TempDir()
	config, err := os.ReadFile(filepath.Join(archOracle, "qwen3_5_moe", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600), weights.Write(filepath.Join(dir, "model.safetensors"), list, nil)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Experts that lie in one tensor are read as those that have tensors of their own: of a
// folder, and of a GGUF file. What is no stack of them is refused by name.
func TestFusedExperts(t *testing.T) {
	ids := []int32{5, 7, 9, 2, 4, 6, 11, 200, 31, 17, 90, 4, 4, 8}
	want := hash(logitsOf(t, filepath.Join(archOracle, "qwen3_5_moe"), ids, 14, 1, KVFloat32))
	fused := fuseExperts(sharedTensors(t))
	dir := sharedFolder(t, fused)
	if hash(logitsOf(t, dir, ids, 3, 2, KVFloat32)) != want {
		t.Error("a folder: other logits")
	}
	path := exportTo(t, dir, AsF32)
	if hash(logitsOf(t, path, ids, 3, 2, KVFloat32)) != want {
		t.Error("a folder as GGUF: other logits")
	}
	path = fusedGGUF(t, path)
	if hash(logitsOf(t, path, ids, 3, 2, KVFloat32)) != want {
		t.Error("a GGUF file: other logits")
	}
	exportTo(t, path, AsQ8_0) // compared there

	for _, c := range []struct {
		name, want string
		shape      func(s []int) []int
	}{
		{"gate_up_proj", "ffn_gate_exps", func(s []int) []int { return []int{s[0] * s[1], s[2]} }},
		{"gate_up_proj", "ffn_gate_exps", func(s []int) []int { return []int{2 * s[0], s[1] / 2, s[2]} }},
		{"gate_up_proj", "ffn_gate_exps", func(s []int) []int { return []int{s[0], s[1] * 2, s[2] / 2} }},
		{"down_proj", "ffn_down_exps", func(s []int) []int { return []int{s[0] * s[1], s[2]} }},
		{"down_proj", "ffn_down_exps", func(s []int) []int { return []int{s[0], s[1] / 2, s[2] * 2} }},
		{"shared_expert.up_proj.weight", "ffn_up_shexp", func(s []int) []int { return []int{s[1], s[0]} }},
		{"shared_expert_gate.weight", "ffn_gate_inp_shexp", func(s []int) []int { return []int{2, s[1] / 2} }},
	} {
		list := slices.Clone(fused)
		for i, x := range list {
			if strings.HasSuffix(x.Name, "layers.2.mlp.experts."+c.name) || strings.HasSuffix(x.Name, "layers.2.mlp."+c.name) {
				list[i].Shape = c.shape(x.Shape)
			}
		}
		f, err := Open(sharedFolder(t, list))
		if err == nil {
			_, _, err = f.DecoderBytes(8, 8, 1)
			f.Close()
		}
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "blk.2."+c.want) {
			t.Errorf("%s of another shape: %v", c.name, err)
		}
	}
}

// fusedGGUF writes a GGUF file again with gate and up of experts in one tensor, as
// llama.cpp's converter does if it is told to.
func fusedGGUF(t testing.TB, path string) string {
	g, err := weights.OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	read := func(name string) []float32 {
		x, _ := g.Tensor(name)
		data := make([]float32, x.Weights())
		if err := g.Read(name, data); err != nil {
			t.Fatal(err)
		}
		return data
	}
	var list []weights.GGUFTensor
	data := map[string][]float32{}
	for _, x := range g.Tensors() {
		stem, isGate := strings.CutSuffix(x.Name, "ffn_gate_exps.weight")
		switch {
		case strings.HasSuffix(x.Name, "ffn_up_exps.weight"):
			continue
		case isGate:
			gate, up := read(x.Name), read(stem+"ffn_up_exps.weight")
			x.Name = stem + "ffn_gate_up_exps.weight"
			n := x.Shape[1] * x.Shape[2]
			for e := range x.Shape[0] {
				data[x.Name] = slices.Concat(data[x.Name], gate[e*n:(e+1)*n], up[e*n:(e+1)*n])
			}
			x.Shape = []int{x.Shape[0], 2 * x.Shape[1], x.Shape[2]}
		default:
			data[x.Name] = read(x.Name)
		}
		list = append(list, x)
	}
	to := filepath.Join(t.TempDir(), "fused.gguf")
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := weights.WriteGGUF(out, g.Meta(), list, func(w io.Writer, x weights.GGUFTensor) error {
		_, err := w.Write(bytesOf(data[x.Name]))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return to
}

// What a folder or a GGUF file does not say of the shared expert, or says impossibly, is
// refused by the key's name.
func TestSharedRefused(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(archOracle, "qwen3_5_moe", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		val  any
		want string
	}{
		{"shared_expert_intermediate_size", nil, "shared_expert_intermediate_size is missing"},
		{"shared_expert_intermediate_size", 0, "shared_expert_intermediate_size is missing"},
		{"shared_expert_intermediate_size", -1, "a shared expert of width -1 beside 5 experts"},
		{"shared_expert_intermediate_size", 1 << 30, "a shared expert of width"},
		{"moe_intermediate_size", nil, "feed-forward width is 0"},
		{"num_experts", nil, "num_experts is missing"},
		{"num_experts", 1 << 20, "experts"},
		{"num_experts_per_tok", 6, "6 of 5 experts"},
		{"num_experts_per_tok", nil, "0 of 5 experts"},
		{"mlp_only_layers", []int{1}, "with and without experts"},
		{"linear_num_value_heads", 3, "share"},
	} {
		var config map[string]any
		if err := json.Unmarshal(text, &config); err != nil {
			t.Fatal(err)
		}
		if config[c.key] = c.val; c.val == nil {
			delete(config, c.key)
		}
		b, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseHF(b); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.key, c.val, err)
		}
	}
	plain, err := os.ReadFile(unzip(t, filepath.Join(archOracle, "qwen3_5_moe", "model.gguf.gz")))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"qwen35moe.expert_shared_feed_forward_length", "qwen35moe.expert_count"} {
		path := filepath.Join(t.TempDir(), "model.gguf") // the key under another name
		if err := os.WriteFile(path, bytes.ReplaceAll(plain, []byte(key), []byte(key[:len(key)-1]+"_")), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), key+" is missing") {
			t.Errorf("without %s: %v", key, err)
		}
	}
}

// The experts' weights sum to one, whatever config.json says, as in transformers: its
// class of this family looks at no such key.
func TestSharedRenorm(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(archOracle, "qwen3_5_moe", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseHF(bytes.Replace(text, []byte("{"), []byte(`{"norm_topk_prob": false,`), 1))
	if err != nil || !s.Renorm {
		t.Errorf("%v %t", err, s.Renorm)
	}
}

// An adapter is of attention, states, the shared expert and what scores it, by the names
// that PEFT has for these: it may be of no other expert.
func TestSharedAdapters(t *testing.T) {
	s := openArch(t, "qwen3_5_moe").Shape
	tr := openTrainer(t, openArch(t, "qwen3_5_moe"), Training{Rows: 1, Length: 8, Threads: 1, LoRA: &LoRA{Rank: 1, Alpha: 1, Targets: []string{"down_proj", "shared_expert_gate"}}})
	params, _ := tr.Trained()
	for _, p := range params {
		if !strings.Contains(p.Name, ".mlp.shared_expert.down_proj.") && !strings.Contains(p.Name, ".mlp.shared_expert_gate.") {
			t.Errorf("%s is trained", p.Name)
		}
	}
	if len(params) != 4*s.Layers {
		t.Errorf("%d matrices", len(params))
	}
	for module, ok := range map[string]bool{"mlp.shared_expert.down_proj": true, "mlp.experts.0.down_proj": false, "mlp.down_proj": false} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(`{"peft_type": "LORA", "r": 1, "lora_alpha": 1}`), 0o666); err != nil {
			t.Fatal(err)
		}
		stem, cols := "base_model.model.model.layers.0."+module, s.Hidden
		if ok {
			cols = s.Shared
		}
		if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), []weights.Tensor{
			{Name: stem + ".lora_A.weight", Shape: []int{1, cols}, Data: make([]float32, cols)}, {Name: stem + ".lora_B.weight", Shape: []int{s.Width, 1}, Data: make([]float32, s.Width)},
		}, nil); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &s)
		if _, wrong := errors.AsType[*weights.FormatError](err); ok != (err == nil) || !ok && !wrong {
			t.Errorf("%s: %v", module, err)
		}
		if err == nil {
			ad.Close()
		}
	}
}
