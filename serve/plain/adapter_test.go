package plain

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/tensor"
	"suiren/engine/weights"
	"suiren/serve/form"
)

// writeAdapter writes a LoRA of random numbers for a model of randomModel.
func writeAdapter(t *testing.T, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	random := func(name string, rows, cols int) weights.Tensor {
		data := make([]float32, rows*cols)
		for i := range data {
			data[i] = tensor.Uniform(tensor.Rand(seed, uint64(rows), uint64(i))) - 0.5
		}
		return weights.Tensor{Name: "base_model.model.model.layers.1.self_attn.q_proj." + name + ".weight", Shape: []int{rows, cols}, Data: data}
	}
	config, err := json.Marshal(map[string]any{"peft_type": "LORA", "r": 2, "lora_alpha": 64, "target_modules": []string{"q_proj"}, "layers_to_transform": []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), []weights.Tensor{random("lora_A", 2, 32), random("lora_B", 32, 2)}, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A receipt names the adapter by its digest, and replays with no other.
func TestAdapterReceipt(t *testing.T) {
	dir := randomModel(t, chatTemplate)
	with := func(folder string) *Model {
		m, err := Open(dir, Options{Threads: 1, Slots: 1, Digest: "d", Adapters: map[string]string{"law": folder}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		return m
	}
	m := with(writeAdapter(t, 9))
	r := &form.Receipt{ID: "a"}
	a := &form.Ask{Request: &form.Request{MaxTokens: 8, Adapter: "law", IgnoreEnd: true}, Prompt: &form.Prompt{Text: "the quick brown"}, Receipt: r}
	if _, err := answer(t, m, a); err != nil {
		t.Fatal(err)
	}
	if r.Adapter != "law" || !strings.HasPrefix(r.AdapterDigest, "sha256:") {
		t.Fatalf("%q of %q", r.Adapter, r.AdapterDigest)
	}
	if _, same, err := m.Replay(context.Background(), r); err != nil || !same {
		t.Errorf("replays: %v %v", same, err)
	}
	if _, _, err := with(writeAdapter(t, 10)).Replay(context.Background(), r); err == nil || !strings.Contains(err.Error(), r.AdapterDigest) {
		t.Errorf("with another adapter: %v", err)
	}
	bare, err := Open(dir, Options{Threads: 1, Slots: 1, Digest: "d"})
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if _, _, err := bare.Replay(context.Background(), r); err == nil {
		t.Error("replays without the adapter")
	}
}
