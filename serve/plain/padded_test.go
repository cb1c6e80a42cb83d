package plain

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/serve/form"
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
