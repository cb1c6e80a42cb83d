package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whichever tensor of a folder is of a type that is not read, it is named with its
// type: it is not called missing, nor is another read in its place.
func TestUnreadType(t *testing.T) {
	for _, arch := range []string{"llama", "qwen3_moe", "qwen3_5", "qwen3_5_moe", "gemma3", "gpt2", "bert-mean", "gte"} {
		from := filepath.Join(archOracle, arch)
		text, err := os.ReadFile(filepath.Join(from, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		start := 8 + binary.LittleEndian.Uint64(text)
		var head map[string]map[string]any
		if err := json.Unmarshal(text[8:start], &head); err != nil {
			t.Fatal(err)
		}
		delete(head, "__metadata__")
		dir := t.TempDir()
		config, err := os.ReadFile(filepath.Join(from, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
			t.Fatal(err)
		}
		// fit says why the folder is no model.
		fit := func() error {
			t.Helper()
			b, err := json.Marshal(head)
			if err != nil {
				t.Fatal(err)
			}
			file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(b))), b...)
			if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), append(file, text[start:]...), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(dir)
			if err != nil {
				return err
			}
			defer f.Close()
			if f.Encoder != nil {
				_, _, err = f.EncoderBytes(8, 1)
			} else {
				_, _, err = f.DecoderBytes(8, 8, 1)
			}
			return err
		}
		if err := fit(); err != nil {
			t.Fatalf("%s: %v", arch, err)
		}
		for _, name := range slices.Sorted(maps.Keys(head)) {
			if strings.Contains(name, "pooler") { // nothing reads it
				continue
			}
			whole := head[name]
			shape := slices.Clone(whole["shape"].([]any))
			shape[len(shape)-1] = 2 * shape[len(shape)-1].(float64) // of half the bytes
			for dtype, shape := range map[string][]any{"I16": whole["shape"].([]any), "F8_E4M3": shape} {
				head[name] = map[string]any{"dtype": dtype, "shape": shape, "data_offsets": whole["data_offsets"]}
				err := fit()
				if _, ok := errors.AsType[*TypeError](err); !ok || !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), dtype) {
					t.Errorf("%s with %s in %s: %v", arch, name, dtype, err)
				}
			}
			head[name] = whole
		}
	}
}

// A folder whose weights are packed in a way of their own is told as such, before
// a tensor is looked for by a name that it does not have.
func TestQuantisedFolder(t *testing.T) {
	for _, text := range []string{
		`{"model_type": "qwen3", "quantization_config": {"quant_method": "awq", "bits": 4}}`,
		`{"model_type": "gemma3", "text_config": {"quantization_config": {"quant_method": "awq"}}}`,
	} {
		_, err := parseHF([]byte(text))
		if _, ok := errors.AsType[*TypeError](err); !ok || !strings.Contains(err.Error(), `"awq"`) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
