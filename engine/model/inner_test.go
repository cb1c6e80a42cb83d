package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// seeing is the folder of a Gemma 3 that sees as well, with the text of gemma3:
// names and config.json as transformers writes them, which says nothing of what
// is usual.
func seeing(t *testing.T) string {
	t.Helper()
	from, dir := filepath.Join(archOracle, "gemma3"), t.TempDir()
	plain, err := weights.OpenFile(filepath.Join(from, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	list := []weights.Tensor{{Name: "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight", Shape: []int{2, 2}, Data: make([]float32, 4)}}
	for _, name := range plain.Names() {
		shape, _ := plain.Shape(name)
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := weights.Tensor{Name: "language_model." + name, Shape: shape, Data: make([]float32, n)}
		if err := plain.Read(name, x.Data); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	if err := weights.Write(filepath.Join(dir, "model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(map[string]any{"model_type": "gemma3", "text_config": json.RawMessage(text), "vision_config": map[string]any{"hidden_size": 2, "num_hidden_layers": 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What reads text of a model that sees as well answers as it does alone, is
// trained, has adapters of peft's names, and is written as a model of text.
func TestSeeing(t *testing.T) {
	f, err := Open(seeing(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	alone := openArch(t, "gemma3")
	row := randomRows(f.Shape.Config, 3, []int{64})[0]
	want := served(t, alone, nil, row)
	if got := served(t, f, nil, row); hash(got) != hash(want) {
		t.Errorf("the logits are others: NMSE %.2g", nmse(got, want))
	}
	lora := LoRA{Rank: 2, Alpha: 3}
	tr := openTrainer(t, f, Training{Rows: 1, Length: 64, Threads: 2, LoRA: &lora})
	shake(tr)
	if params, _ := tr.Trained(); !strings.HasPrefix(params[0].Name, "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A") {
		t.Error(params[0].Name)
	}
	for _, inner := range []string{"model.vision_tower.vision_model.encoder.", "model.language_model."} {
		dir, name := t.TempDir(), "base_model.model."+inner+"layers.0.self_attn.q_proj.lora_"
		config := `{"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": ["q_proj"], "layers_to_transform": [0]}`
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(config), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), []weights.Tensor{
			{Name: name + "A.weight", Shape: []int{1, f.Shape.Width}, Data: make([]float32, f.Shape.Width)},
			{Name: name + "B.weight", Shape: []int{f.Shape.q(), 1}, Data: make([]float32, f.Shape.q())},
		}, nil); err != nil {
			t.Fatal(err)
		}
		ad, err := OpenAdapter(dir, &f.Shape)
		if sees := strings.Contains(inner, "vision"); sees != (err != nil) {
			t.Errorf("%s: %v", inner, err)
		}
		if err == nil {
			ad.Close()
		}
	}
	tuned, dir := tr.Logits(row), t.TempDir()
	if err := tr.WriteAdapter(dir, "", lora); err != nil {
		t.Fatal(err)
	}
	merged, err := f.Merge(dir)
	if err != nil {
		t.Fatal(err)
	}
	back := folderOf(t, merged, AsF32)
	if back.Shape.Inner != "" {
		t.Error(back.Shape.Inner)
	}
	if got := served(t, back, nil, row); !(nmse(got, tuned) < 1e-10) {
		t.Errorf("merged, NMSE %.2g", nmse(got, tuned))
	}
	whole := openTrainer(t, f, Training{Rows: 1, Length: 64, Threads: 2})
	if got := whole.Logits(row); hash(got) != hash(want) {
		t.Errorf("trained, the logits are others: NMSE %.2g", nmse(got, want))
	}
	out := t.TempDir()
	if err := f.With(whole.Params).WriteFolder(out, AsF32, 2); err != nil {
		t.Fatal(err)
	}
	if s, err := FromFolder(out); err != nil || s.Inner != "" {
		t.Error(err, s.Inner)
	}
}

// The config.json of Gemma 3 of 4B parameters leaves out what is usual.
func TestSeeingDefaults(t *testing.T) {
	s, err := parseHF([]byte(`{"model_type": "gemma3", "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
		"num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}, "vision_config": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Vocab != 262208 || s.Heads != 8 || s.KVHeads != 4 || s.HeadDim != 256 || s.Context != 131072 || s.Query != 1.0/16 || s.Window != 1024 ||
		!s.sliding(4) || s.sliding(5) || s.Rope[0].Div[0] != 8 || s.Rope[1].Div != nil || s.Rope[1].Theta != 1e4 || !s.Tied || s.Eps != 1e-6 {
		t.Errorf("%+v", s)
	}
	if got := float64(s.Params()) / 1e9; got < 3.8 || got > 3.9 { // of 4.3, 0.42 see
		t.Errorf("%.2f billion parameters", got)
	}
}
