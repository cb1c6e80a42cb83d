package model

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"
)

// Settings of rope_scaling turn queries and keys as in transformers.
func TestRopeScaling(t *testing.T) {
	text, err := os.ReadFile("../../testdata/oracle/rope/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var oracle struct {
		Cases []struct {
			Name        string
			Config      json.RawMessage
			Frequencies []float64
			Gain        float64
		}
	}
	if err := json.Unmarshal(text, &oracle); err != nil || len(oracle.Cases) == 0 {
		t.Fatalf("%d cases: %v", len(oracle.Cases), err)
	}
	contexts := map[string]int{"Qwen2.5 long": 131072, "Qwen3 long": 131072, "dynamic": 4096, "no original": 2048}
	for _, c := range oracle.Cases {
		s, err := parseHF(c.Config)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got := newTurns(s.Rope[0])
		if len(got.freq) != len(c.Frequencies) {
			t.Errorf("%s: %d frequencies, want %d", c.Name, len(got.freq), len(c.Frequencies))
			continue
		}
		for i, want := range c.Frequencies {
			if off := math.Abs(float64(got.freq[i])/want - 1); off > 1e-6 {
				t.Errorf("%s: frequency %d is %g, want %g", c.Name, i, got.freq[i], want)
			}
		}
		if off := math.Abs(float64(got.gain)/c.Gain - 1); off > 1e-6 {
			t.Errorf("%s: a gain of %g, want %g", c.Name, got.gain, c.Gain)
		}
		if want := contexts[c.Name]; want > 0 && s.Context != want {
			t.Errorf("%s: a context of %d, want %d", c.Name, s.Context, want)
		}
	}
}

func TestRopeScalingRefused(t *testing.T) {
	const head = `{"model_type": "qwen2", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1,
		"num_attention_heads": 2, "max_position_embeddings": 64, "rope_theta": 10000.0, "rope_scaling": {"type": "yarn", `
	for _, bad := range []string{
		`"factor": 0.5`, `"factor": -4`, `"factor": 1e30`, `"factor": 4, "original_max_position_embeddings": -1`,
		`"factor": 4, "beta_fast": 1, "beta_slow": 2`, `"factor": 4, "attention_factor": -1`, `"factor": 4, "attention_factor": 1e9`,
		`"factor": 4, "truncate": false`, `"factor": 4, "type": "longrope"`, `"factor": 1e6, "original_max_position_embeddings": 1e6`,
	} {
		if _, err := parseHF([]byte(head + bad + `}}`)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := parseHF([]byte(head + `"factor": 4}}`)); err != nil {
		t.Errorf("refused: %v", err)
	}
}
