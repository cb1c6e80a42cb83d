package weights

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var qwen = Config{VocabSize: 1000, HiddenSize: 64, NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2, HeadDim: 16,
	IntermediateSize: 192, MaxPositionEmbeddings: 256, RopeTheta: 10000, RMSNormEps: 1e-6, TieWordEmbeddings: true, EOSTokenID: 997}

// qwenJSON is the whole of config.json for qwen.
const qwenJSON = `{
  "architectures": [
    "Qwen3ForCausalLM"
  ],
  "model_type": "qwen3",
  "vocab_size": 1000,
  "hidden_size": 64,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "head_dim": 16,
  "intermediate_size": 192,
  "max_position_embeddings": 256,
  "rope_theta": 10000,
  "rms_norm_eps": 0.000001,
  "hidden_act": "silu",
  "tie_word_embeddings": true,
  "torch_dtype": "float32",
  "eos_token_id": 997,
  "attention_bias": false,
  "use_cache": true
}
`

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	if err := qwen.Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != qwenJSON {
		t.Errorf("config.json is\n%s\nwant\n%s", text, qwenJSON)
	}
	got, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := qwen
	want.Architectures, want.ModelType, want.HiddenAct, want.TorchDtype = []string{"Qwen3ForCausalLM"}, "qwen3", "silu", "float32"
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("read %+v, want %+v", *got, want)
	}
	text, err = os.ReadFile(filepath.Join(dir, "generation_config.json"))
	if err != nil || !strings.Contains(string(text), `"eos_token_id": 997`) {
		t.Errorf("generation_config.json is %s, error %v", text, err)
	}
	bad := qwen
	bad.NumKeyValueHeads = 3
	if err := bad.Write(t.TempDir()); err == nil {
		t.Error("4 heads in 3 groups are written")
	}
	if _, err := ReadConfig(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestConfigForms reads the newer names, and lists of ends.
func TestConfigForms(t *testing.T) {
	text := strings.NewReplacer(`"rope_theta": 10000`, `"rope_parameters": {"rope_theta": 5000, "rope_type": "default"}`,
		"torch_dtype", "dtype", "997", "[997, 3]").Replace(qwenJSON)
	c, err := parseConfig("x", []byte(text))
	if err != nil || c.RopeTheta != 5000 || c.TorchDtype != "float32" || c.EOSTokenID != 997 {
		t.Errorf("read %+v, error %v", c, err)
	}
	c, err = parseConfig("x", []byte(strings.Replace(qwenJSON, "997", "null", 1)))
	if err != nil || c.EOSTokenID != 0 {
		t.Errorf("read %+v, error %v", c, err)
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, place string }{
		{`"qwen3"`, `"llama"`, "model_type"},
		{`"silu"`, `"gelu"`, "hidden_act"},
		{`"vocab_size": 1000`, `"vocab_size": 0`, "vocab_size"},
		{`"vocab_size": 1000`, `"vocab_size": 1000000000`, "vocab_size"},
		{`"hidden_size": 64`, `"hidden_size": -64`, "hidden_size"},
		{`"head_dim": 16`, `"head_dim": 15`, "head_dim"},
		{`"head_dim": 16,`, ``, "head_dim"},
		{`"num_key_value_heads": 2`, `"num_key_value_heads": 3`, "num_key_value_heads"},
		{`"rope_theta": 10000,`, ``, "rope_theta"},
		{`"rope_theta": 10000`, `"rope_theta": -1`, "rope_theta"},
		{`"rms_norm_eps": 0.000001`, `"rms_norm_eps": 0`, "rms_norm_eps"},
		{`997`, `1000`, "eos_token_id"},
		{`997`, `"end"`, "eos_token_id"},
		{`"use_cache": true`, `"rope_scaling": {"type": "yarn"}`, "rope_scaling"},
		{`"attention_bias": false`, `"attention_bias": true`, "attention_bias"},
		{`"use_cache": true`, `"use_sliding_window": true`, "sliding_window"},
		{`"use_cache": true`, `"use_sliding_window": true, "sliding_window": 8`, "layer_types"},
		{`{`, `[`, ""},
	} {
		_, err := parseConfig("x", []byte(strings.Replace(qwenJSON, c.old, c.new, 1)))
		if bad, ok := errors.AsType[*FormatError](err); !ok || bad.Place != c.place {
			t.Errorf("%s → %s: %v", c.old, c.new, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), make([]byte, maxConfig+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(dir); err == nil {
		t.Error("a file that is too large is read")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(qwenJSON))
	f.Add([]byte(`{"model_type":"qwen3","eos_token_id":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConfig("x", text)
		if err != nil {
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Fatalf("not a FormatError: %v", err)
			}
			return
		}
		dir := t.TempDir()
		if err := c.Write(dir); err != nil {
			t.Fatalf("%+v is read but not written: %v", c, err)
		}
		again, err := ReadConfig(dir)
		if err != nil || again.VocabSize != c.VocabSize || again.RopeTheta != c.RopeTheta || again.EOSTokenID != c.EOSTokenID {
			t.Fatalf("%+v comes back as %+v, error %v", c, again, err)
		}
	})
}

func TestCard(t *testing.T) {
	dir := t.TempDir()
	err := WriteCard(dir, Card{Name: "tutor", Tags: []string{"a: b"}, Summary: "Sums. 算术。"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `---
library_name: transformers
pipeline_tag: text-generation
tags:
- "a: b"
---

# tutor

Sums. 算术。
`
	if string(got) != want {
		t.Errorf("README.md is\n%s", got)
	}
}
