package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const unreleased = `
documents "d" {
  path = "d.txt"
}
corpus "c" {
  from   = [documents.d]
  recipe = "rag"
}
tokenizer "t" {
  text  = [corpus.c]
  vocab = 300
}
tokens "text" {
  text      = [corpus.c]
  tokenizer = tokenizer.t
  length    = 64
}
weights "base" {
  train     = "pretrain"
  from      = tokens.text
  tokenizer = tokenizer.t
  depth     = 1
  flops     = 1e8
}
`

// A plan without a release that is applied from the page is made, and its weights answer;
// applied again, those that were made anew do.
func TestUnreleasedFromPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "suiren.hcl")
	for name, text := range map[string]string{file: unreleased, filepath.Join(dir, "d.txt"): strings.Repeat("The first fire was made by rubbing wood. ", 8)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.cmd.Process.Kill()
	v := &visitor{t: t, address: s.Address, key: s.Key}
	answers := map[string]bool{}
	for _, flops := range []string{"1e8", "2e8"} {
		text := strings.Replace(unreleased, "1e8", flops, 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var begun struct{ Task int }
		if err := json.Unmarshal([]byte(v.must("POST", "/api/plan/apply", `{"sum":"`+sumOf([]byte(text))+`"}`)), &begun); err != nil || begun.Task == 0 {
			t.Fatal(err)
		}
		for ended := false; !ended; time.Sleep(20 * time.Millisecond) {
			var list []struct {
				ID           int
				Ended        time.Time
				Done, Failed string
			}
			if err := json.Unmarshal([]byte(v.must("GET", "/api/tasks", "")), &list); err != nil {
				t.Fatal(err)
			}
			for _, task := range list {
				if task.ID != begun.Task || task.Ended.IsZero() {
					continue
				}
				if ended = true; task.Failed != "" || !strings.HasPrefix(task.Done, "made; base answers; ") {
					t.Fatalf("%+v", task)
				}
			}
		}
		if plan := v.must("GET", "/api/plan", ""); strings.Contains(plan, `"state":"waiting"`) || !strings.Contains(plan, `"name":"base"`) {
			t.Errorf("of what is made: %s", plan)
		}
		if models := v.must("GET", "/v1/models", ""); strings.Count(models, `"id":"base"`) != 1 {
			t.Errorf("models: %s", models)
		}
		answers[v.must("POST", "/v1/completions", `{"prompt":"The","max_tokens":12,"temperature":0}`)] = true
	}
	if len(answers) != 2 {
		t.Error("the weights of before answer")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
