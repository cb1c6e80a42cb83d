package model

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A GTE of Alibaba's own files scores pairs only where it says so, and what it
// is not is refused.
func TestNewGTE(t *testing.T) {
	dir := t.TempDir()
	weights, err := os.ReadFile(archOracle + "/gte-new/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), weights, 0o644); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(archOracle + "/gte-new/config.json")
	if err != nil {
		t.Fatal(err)
	}
	open := func(old, put string) (*EncoderShape, error) {
		if strings.Count(string(config), old) != 1 {
			t.Fatalf("%q is not there once", old)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(strings.Replace(string(config), old, put, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return f.Encoder, nil
	}
	if s, err := open("NewForTokenClassification", "NewForTokenClassification"); err != nil || s.Labels != 0 || s.Theta != 160000 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := open("NewForTokenClassification", "NewForSequenceClassification"); err != nil || s.Labels != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, c := range [][2]string{
		{`"type": "ntk"`, `"type": "yarn"`}, {`"type": "ntk"`, `"type": "ntk", "mixed_b": 0.6`}, {`"factor": 8.0`, `"factor": -8.0`}, {`"factor": 8.0`, `"factor": 1e300`},
		{`"layer_norm_type": "layer_norm"`, `"layer_norm_type": "rms_norm"`}, {`"pack_qkv": true`, `"pack_qkv": false`},
		{`"logn_attention_scale": false`, `"logn_attention_scale": true`}, {`"position_embedding_type": "rope"`, `"position_embedding_type": "absolute"`},
	} {
		if _, err := open(c[0], c[1]); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", c[1], err)
		}
	}
}
