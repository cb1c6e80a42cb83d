package plain

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"suiren/engine/weights"
	"suiren/serve/form"
)

// oracle is where the folders of testdata/oracle/arch lie.
const oracle = "../../testdata/oracle/arch"

func openOracle(t *testing.T, name string) *Model {
	t.Helper()
	m, err := Open(filepath.Join(oracle, name), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// Vectors have length one, whatever is read beside them, and a text that is
// too long is an error unless it may be cut.
func TestEmbed(t *testing.T) {
	for _, name := range []string{"bert-mean", "bert-cls"} {
		m := openOracle(t, name)
		e := m.Embedder()
		if e == nil || m.Reranker() != nil || m.Answers() {
			t.Fatalf("%s is no embedder", name)
		}
		a, n, err := e.Embed(context.Background(), []form.Prompt{{Text: "hello"}, {Text: "a world"}}, false)
		if err != nil {
			t.Fatal(err)
		}
		alone, _, err := e.Embed(context.Background(), []form.Prompt{{Text: "a world"}}, false)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for i, x := range a[1] {
			sum += float64(x) * float64(x)
			if x != alone[0][i] {
				t.Fatalf("%s: alone the vector is another", name)
			}
		}
		if math.Abs(sum-1) > 1e-5 || len(a[1]) != e.Width() || n[0] < 3 {
			t.Errorf("%s: squared length %g, width %d, %d tokens", name, sum, len(a[1]), n[0])
		}
		long := make([]int32, e.Longest()+1)
		if _, _, err := e.Embed(context.Background(), []form.Prompt{{IDs: long}}, false); err == nil {
			t.Errorf("%s: a text of %d tokens passed", name, len(long))
		}
		if _, n, err := e.Embed(context.Background(), []form.Prompt{{IDs: long}}, true); err != nil || n[0] != e.Longest() {
			t.Errorf("%s: cut to %v: %v", name, n, err)
		}
		if _, _, err := e.Embed(context.Background(), []form.Prompt{{IDs: []int32{1 << 30}}}, true); err == nil {
			t.Errorf("%s: a token that is not there passed", name)
		}
	}
}

// Scores lie between 0 and 1, each document's its own.
func TestRerank(t *testing.T) {
	for _, name := range []string{"bert-rank", "xlm-roberta-rank"} {
		if _, err := os.Stat(filepath.Join(oracle, name, "config.json")); err != nil {
			t.Fatal(err)
		}
		m := openOracle(t, name)
		r := m.Reranker()
		if r == nil || m.Embedder() != nil {
			t.Fatalf("%s is no reranker", name)
		}
		both, n, err := r.Rerank(context.Background(), "hello", []string{"a world", "hello hello"})
		if err != nil {
			t.Fatal(err)
		}
		one, _, err := r.Rerank(context.Background(), "hello", []string{"hello hello"})
		if err != nil {
			t.Fatal(err)
		}
		if both[1] != one[0] || both[0] == both[1] || both[0] <= 0 || both[0] >= 1 || n < 6 {
			t.Errorf("%s: %v, alone %v, %d tokens", name, both, one, n)
		}
	}
}

func TestConfigs(t *testing.T) {
	dir := t.TempDir()
	files := map[string]any{
		"tokenizer_config.json":  map[string]any{"bos_token": map[string]any{"content": "<s>"}, "eos_token": "</s>", "chat_template": []any{map[string]any{"name": "tool_use", "template": "t"}, map[string]any{"name": "default", "template": "d"}}},
		"config.json":            map[string]any{"eos_token_id": 5},
		"generation_config.json": map[string]any{"eos_token_id": []int{5, 7}, "temperature": 0.6, "top_k": 20, "do_sample": true},
	}
	for name, v := range files {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := readConfig(dir)
	if err != nil || c.BOS != "<s>" || c.EOS != "</s>" || c.Template != "d" || len(c.Ends) != 3 || *c.Sampling.Temperature != 0.6 || *c.Sampling.TopK != 20 {
		t.Errorf("%v: %+v", err, c)
	}
	if err := os.WriteFile(filepath.Join(dir, "generation_config.json"), []byte(`{`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readConfig(dir); err == nil {
		t.Error("broken JSON was read")
	}
}

// How a folder's model likes to be sampled is the same as GGUF: greedily, too.
func TestSamplingAsGGUF(t *testing.T) {
	for _, text := range []string{`{"do_sample": false, "temperature": 0.6}`, `{"do_sample": false, "repetition_penalty": 1.05}`,
		`{"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.1, "repetition_penalty": 1.1}`, `{}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "generation_config.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		want, err := readConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := GGUF(dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "x.gguf")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		err = weights.WriteGGUF(f, append(pairs, weights.Pair{Key: "general.architecture", Value: "llama"}), nil, nil)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		g, err := weights.OpenGGUF(path)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if got := configOf(g); !reflect.DeepEqual(got.Sampling, want.Sampling) {
			a, _ := json.Marshal(got.Sampling)
			b, _ := json.Marshal(want.Sampling)
			t.Errorf("%s: as GGUF %s, as a folder %s", text, a, b)
		}
	}
}
