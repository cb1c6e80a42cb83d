package model

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A base of rotary positions that is none is refused; one that is not said is what
// transformers takes.
func TestTheta(t *testing.T) {
	const head = `"vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64`
	for model, want := range map[string][2]float64{"qwen2": {1e4, 1e4}, "qwen3": {1e4, 1e4}, "llama": {1e4, 1e4}, "mistral": {1e4, 1e4},
		"gemma3_text": {1e6, 1e4}, "ernie4_5": {5e5, 5e5}, "smollm3": {2e6, 2e6}} {
		for _, unsaid := range []string{``, `, "rope_theta": null`, `, "rope_parameters": null`, `, "rope_parameters": {"rope_type": "default"}`, `, "rope_parameters": {"rope_theta": null}`} {
			s, err := parseHF([]byte(`{"model_type": "` + model + `", ` + head + unsaid + `}`))
			if err != nil || s.Rope[0].Theta != want[0] || s.Rope[1].Theta != want[1] {
				t.Errorf("%s%s: %v, %v", model, unsaid, s.Rope, err)
			}
		}
		for _, bad := range []string{`0`, `-1`, `-10000.0`, `1`, `1e300`} {
			for _, at := range []string{`, "rope_theta": ` + bad, `, "rope_parameters": {"rope_theta": ` + bad + `}`,
				`, "rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 2, "rope_theta": ` + bad + `}`} {
				_, err := parseHF([]byte(`{"model_type": "` + model + `", ` + head + at + `}`))
				if bad, ok := errors.AsType[*ConfigError](err); !ok || !strings.Contains(bad.Why, "rope_theta") {
					t.Errorf("%s%s: %v", model, at, err)
				}
			}
		}
		for _, none := range []string{`1e999`, `NaN`, `Infinity`, `"1e4"`} {
			if _, err := parseHF([]byte(`{"model_type": "` + model + `", ` + head + `, "rope_theta": ` + none + `}`)); !errors.Is(err, ErrConfig) {
				t.Errorf("%s, %s: %v", model, none, err)
			}
		}
		s, err := parseHF([]byte(`{"model_type": "` + model + `", ` + head + `, "rope_parameters": {"rope_theta": 12345.0, "rope_type": "default"}}`))
		if err != nil || s.Theta != 12345 {
			t.Errorf("%s: %v, %v", model, s.Rope, err)
		}
	}
	const local = `{"model_type": "gemma3_text", ` + head + `, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"], "rope_local_base_freq": `
	if _, err := parseHF([]byte(local + `0}`)); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	if s, err := parseHF([]byte(local + `500}`)); err != nil || s.Rope[1].Theta != 500 {
		t.Errorf("%v, %v", s.Rope, err)
	}
	for _, arch := range []string{newGTE, "modernbert"} {
		zero := new(float64)
		if err := (&hfEncoder{Theta: zero}).rotary(&EncoderShape{}, arch); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", arch, err)
		}
	}
}

// Of two numbers only the one that is wrong is told.
func TestWrongAlone(t *testing.T) {
	c := small
	c.Eps = -1
	if err := c.Check(); err == nil || strings.Contains(err.Error(), "theta") || !strings.Contains(err.Error(), "-1") {
		t.Error(err)
	}
	c = small
	c.Theta = 0
	if err := c.Check(); err == nil || strings.Contains(err.Error(), "eps") {
		t.Error(err)
	}
}

// A count that cannot be is told as the file has it; a window that is none may be any number.
func TestGGUFCount(t *testing.T) {
	dir := exportTo(t, archOracle+"/llama", AsF32)
	was, err := os.ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "feed_forward_length", "context_length", "rope.dimension_count", "attention.key_length"} {
		b := bytes.Clone(was)
		i := bytes.Index(b, []byte("llama."+key+"\x04\x00\x00\x00"))
		if i < 0 {
			t.Errorf("%s is not there", key)
			continue
		}
		binary.LittleEndian.PutUint32(b[i+len("llama.")+len(key)+4:], math.MaxUint32)
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "llama."+key+" is 4294967295") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
