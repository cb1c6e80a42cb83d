package plain

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/stage/unread"
)

// Rows of the embeddings that are of no token are never chosen, however likely, and
// are no tokens to a request; the model's GGUF file, which names them, answers alike.
func TestPaddedVocabulary(t *testing.T) {
	dir := paddedModel(t, chatTemplate, 40)
	tok, err := tokenizer.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := model.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pairs, err := tok.GGUF()
	if err != nil {
		t.Fatal(err)
	}
	meta := []weights.Pair{{Key: "tokenizer.chat_template", Value: chatTemplate}}
	for _, p := range pairs {
		meta = append(meta, weights.Pair{Key: p.Key, Value: p.Value})
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := f.WriteGGUF(out, model.AsF32, meta, 1); err != nil {
		t.Fatal(err)
	}
	g, err := weights.OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if names, types := g.Value("tokenizer.ggml.tokens").([]string), g.Value("tokenizer.ggml.token_type").([]int32); len(names) != tok.Vocab()+40 || len(types) != len(names) {
		t.Errorf("%d names and %d types for %d rows", len(names), len(types), tok.Vocab()+40)
	}
	var said [2][]string
	for i, from := range []string{dir, path} {
		m, err := Open(from, Options{Threads: 1, Slots: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if n := m.words.t.Vocab(); n != tok.Vocab() {
			t.Errorf("%s: %d tokens, not %d", from, n, tok.Vocab())
		}
		for seed := range uint64(20) {
			a := hello(func(r *form.Request) {
				hot := 100.0
				r.Sampling.Temperature, r.Logprobs, r.TopLogprobs = &hot, true, 20
				r.IgnoreEnd = true
			})
			a.Seed = seed
			got := must(t, m, a)
			for _, token := range got.tokens {
				for _, top := range token.Top {
					if int(top.ID) >= tok.Vocab() {
						t.Fatalf("token %d is told", top.ID)
					}
				}
			}
			if got.usage.Completion != 24 {
				t.Errorf("%d tokens", got.usage.Completion)
			}
			said[i] = append(said[i], got.thought+got.text)
		}
		beyond := int32(tok.Vocab())
		if _, err := answer(t, m, &form.Ask{Request: &form.Request{MaxTokens: 1}, Prompt: &form.Prompt{IDs: []int32{1, beyond}}}); err == nil {
			t.Error("a prompt has a row that is no token")
		}
		if _, err := answer(t, m, hello(func(r *form.Request) { r.Sampling.Bias = map[int32]float64{beyond: 100} })); err == nil {
			t.Error("a bias is on a row that is no token")
		}
	}
	if !slices.Equal(said[0], said[1]) {
		t.Errorf("the folder says %q, the GGUF file %q", said[0], said[1])
	}
}

// randomModel writes a folder of random weights.
func randomModel(t testing.TB, template string, more ...string) string {
	return paddedModel(t, template, 0, more...)
}

// paddedModel is randomModel with more rows of embeddings than tokens.
func paddedModel(t testing.TB, template string, rows int, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.Repeat("the quick brown fox jumps over the lazy dog and says hello to 你好 世界 every single day. ", 20)
	tok, err := tokenizer.Train(func(yield func(string) bool) { yield(text) }, 320, append(specials, more...))
	if err != nil {
		t.Fatal(err)
	}
	c := model.Config{Vocab: tok.Vocab() + rows, Width: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48, Context: 1024, Theta: 10000, Eps: 1e-6}
	a, err := tensor.NewArena(c.Params() + 16)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p := model.NewParams(c, a)
	p.Init(1)
	for i := range p.All {
		p.All[i] += 0.2 * (tensor.Uniform(tensor.Rand(2, 0, uint64(i))) - 0.5)
	}
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(dir, c.ToFolder()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(template), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A model with fewer rows of embeddings than tokens is not opened.
func TestFewRows(t *testing.T) {
	_, err := Open(paddedModel(t, chatTemplate, -1), Options{Threads: 1, Slots: 1})
	if _, ok := errors.AsType[*model.WordsError](err); !ok {
		t.Error(err)
	}
	if bad, ok := errors.AsType[*say.Error](unread.Error("", "/m", err)); !ok || bad.Where != "/m" || bad.Next.Zh == "" || strings.Contains(bad.What.En, "/m") {
		t.Error(bad)
	}
}
