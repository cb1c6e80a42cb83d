package model

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder with more layers than its config says is no model: what was left of it
// would answer, and wrongly.
func TestLayersLeft(t *testing.T) {
	from, dir := filepath.Join("../../testdata/oracle/arch", "granite"), t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if name == "config.json" {
			text = strings.Replace(text, `"num_hidden_layers": 2`, `"num_hidden_layers": 1`, 1)
			if text == string(b) {
				t.Fatal("the oracle's model has no longer two layers")
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(dir)
	if err == nil {
		defer f.Close()
		_, err = f.NewDecoder(1, 8, 1)
	}
	var bad *ConfigError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "of a layer that the model's shape, of 1 layers, has not") {
		t.Error(err)
	}
}
