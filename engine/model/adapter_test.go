package model

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
)

// adapterFolder writes a PEFT folder for a model of shape s.
func adapterFolder(t testing.TB, s *Shape, rank int, zero bool) string {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf(`{"peft_type": "LORA", "r": %d, "lora_alpha": %d, "bias": "none", "target_modules": ["q_proj"], "layers_to_transform": 1}`, rank, 2*rank)
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	var list []weights.Tensor
	seed := uint32(1)
	fill := func(n int, zero bool) []float32 {
		x := make([]float32, n)
		for i := range x {
			seed = seed*1664525 + 1013904223
			if !zero {
				x[i] = float32(int32(seed)) / (1 << 34)
			}
		}
		return x
	}
	for module, p := range s.places() {
		if module == "self_attn.q_k_v_proj" || module == "self_attn.out_proj" {
			continue
		}
		name := "base_model.model.model.layers.1." + module
		list = append(list, weights.Tensor{Name: name + ".lora_A.weight", Shape: []int{rank, p.cols}, Data: fill(rank*p.cols, false)},
			weights.Tensor{Name: name + ".lora_B.weight", Shape: []int{p.rows, rank}, Data: fill(rank*p.rows, zero)})
	}
	if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A model with an adapter answers as the model into which it was merged; one
// of zeros changes nothing; and other sequences of a step do not notice.
func TestAdapter(t *testing.T) {
	tr := trainerWith(t, small, 1, 64, 1)
	shape := Own(small)
	row := randomRows(small, 5, []int{40})[0]
	run := func(dir string, batch int) []float32 {
		d, err := NewDecoder(tr.Params, 2*64, 64, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := NewPages(&shape, KVFloat32, 4, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		seqs := []Seq{{IDs: row.IDs, Full: []int32{0, 1}, Logits: 1}}
		if dir != "" {
			a, err := OpenAdapter(dir, &shape)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			seqs[0].Adapter = a
		}
		if batch > 1 {
			seqs = append([]Seq{{IDs: row.IDs, Full: []int32{2, 3}, Logits: 1}}, seqs...)
		}
		out := make([]float32, batch*small.Vocab)
		if err := d.Step(p, seqs, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	plain := run("", 1)
	if hash(run(adapterFolder(t, &shape, 3, true), 1)) != hash(plain) {
		t.Error("an adapter of zeros changes the logits")
	}
	dir := adapterFolder(t, &shape, 3, false)
	got, both := run(dir, 1), run(dir, 2)
	if hash(both[:small.Vocab]) != hash(plain) || hash(both[small.Vocab:]) != hash(got) {
		t.Error("a sequence notices the adapter of another")
	}
	if nmse(got, plain) < 1e-3 {
		t.Error("the adapter does nothing")
	}
	// A rank-stabilised one is scaled by alpha over the root of its rank (arXiv 2312.03732).
	config := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config(`{"peft_type": "LORA", "r": 3, "lora_alpha": 3.4641016151377544, "use_rslora": true}`) // 2·√3
	if far := nmse(run(dir, 1), got); far > 1e-12 {
		t.Errorf("rank-stabilised: NMSE %.1e", far)
	}
	// Of alphas by pattern the first that matches counts, not the first of the alphabet.
	config(`{"peft_type": "LORA", "r": 7, "lora_alpha": 1, "rank_pattern": {".*": 3}, "alpha_pattern": {"layers.1.mlp.down_proj": 6, "(q|k|v|o)_proj": 6, "mlp": 5, ".*": 6, "down_proj": 7}}`)
	if far := nmse(run(dir, 1), got); far > 0 {
		t.Errorf("by patterns: NMSE %.1e", far)
	}
	// Merged: W += 2·B·A.
	f, err := weights.OpenFile(filepath.Join(dir, "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, x := range tr.Params.Tensors() {
		stem := "base_model.model." + x.Name[:len(x.Name)-len(".weight")]
		shapeA, ok := f.Shape(stem + ".lora_A.weight")
		if !ok {
			continue
		}
		r, cols := shapeA[0], shapeA[1]
		rows := len(x.Data) / cols
		a, b := make([]float32, r*cols), make([]float32, rows*r)
		if err := f.Read(stem+".lora_A.weight", a); err != nil {
			t.Fatal(err)
		}
		if err := f.Read(stem+".lora_B.weight", b); err != nil {
			t.Fatal(err)
		}
		kernel.Scale(b, 2)
		kernel.Gemm(rows, cols, r, b, r, 1, a, cols, x.Data, cols, true)
	}
	if far := nmse(got, run("", 1)); far > 1e-10 {
		t.Errorf("merged: NMSE %.1e", far)
	}
}
