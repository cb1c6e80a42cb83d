package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Ends are added behind those that transformers reads, and nothing is written where
// there is none to add.
func TestAddEnds(t *testing.T) {
	for _, c := range []struct {
		config, generation string // "": there is no such file
		want               string // of generation_config.json
		bad                bool
	}{
		{`{"eos_token_id": 1}`, `{"eos_token_id": [1, 2], "top_k": 3}`, `{"eos_token_id": [1, 2, 7], "top_k": 3}`, false},
		{`{"eos_token_id": 1}`, `{"eos_token_id": 7}`, `{"eos_token_id": 7}`, false},
		{`{"eos_token_id": 7}`, `{"eos_token_id": 1}`, `{"eos_token_id": [1, 7]}`, false},
		{`{"eos_token_id": 1}`, `{"top_k": 3}`, `{"eos_token_id": [1, 7], "top_k": 3}`, false},
		{`{"eos_token_id": [1, 2]}`, "", `{"eos_token_id": [1, 2, 7]}`, false},
		{`{"eos_token_id": [1, 7]}`, "", "", false},
		{`{}`, "", `{"eos_token_id": [7]}`, false},
		{`null`, `null`, `{"eos_token_id": [7]}`, false},
		{`{"eos_token_id": 1}`, `{"eos_token_id": "x"}`, `{"eos_token_id": [1, 7]}`, false},
		{`{}`, `[]`, `[]`, true},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "generation_config.json")
		for name, text := range map[string]string{"config.json": c.config, "generation_config.json": c.generation} {
			if text != "" {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := AddEnds(dir, []int32{7}); (err != nil) != c.bad {
			t.Errorf("%+v: %v", c, err)
		}
		text, _ := os.ReadFile(path)
		var got, want any
		json.Unmarshal(text, &got)
		json.Unmarshal([]byte(c.want), &want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: it says %s", c, text)
		}
	}
}
