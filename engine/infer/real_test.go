package infer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// sliding writes a folder of random weights in the shape of tiny, of which
// the second layer slides, and opens it.
func sliding(t testing.TB) *model.File {
	t.Helper()
	dir := t.TempDir()
	p := params(t)
	config := map[string]any{
		"model_type": "qwen3", "vocab_size": tiny.Vocab, "hidden_size": tiny.Width, "num_hidden_layers": tiny.Layers, "num_attention_heads": tiny.Heads,
		"num_key_value_heads": tiny.KVHeads, "head_dim": tiny.HeadDim, "intermediate_size": tiny.Hidden, "max_position_embeddings": 600,
		"rms_norm_eps": 1e-6, "rope_theta": 1e4, "hidden_act": "silu", "tie_word_embeddings": true,
		"sliding_window": 40, "use_sliding_window": true, "layer_types": []string{"full_attention", "sliding_attention"},
	}
	var tensors []weights.Tensor
	for _, x := range p.Tensors() {
		tensors = append(tensors, weights.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
	}
	writeFolder(t, dir, "config.json", config, "model.safetensors", tensors)
	f, err := model.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.Shape.Window != 40 || len(f.Shape.Sliding) != 2 || f.Shape.Sliding[0] || !f.Shape.Sliding[1] {
		t.Fatalf("%+v", f.Shape)
	}
	return f
}

func writeFolder(t testing.TB, dir, name string, config any, file string, tensors []weights.Tensor) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := weights.Write(filepath.Join(dir, file), tensors, nil); err != nil {
		t.Fatal(err)
	}
}

// adapter writes and opens a LoRA of random numbers.
func adapter(t testing.TB, s *model.Shape) *model.Adapter {
	t.Helper()
	dir := t.TempDir()
	random := func(name string, rows, cols int) weights.Tensor {
		data := make([]float32, rows*cols)
		for i := range data {
			data[i] = tensor.Uniform(tensor.Rand(9, uint64(rows), uint64(i))) - 0.5
		}
		return weights.Tensor{Name: "base_model.model.model.layers.1.self_attn.q_proj." + name + ".weight", Shape: []int{rows, cols}, Data: data}
	}
	writeFolder(t, dir, "adapter_config.json", map[string]any{"peft_type": "LORA", "r": 2, "lora_alpha": 8, "target_modules": []string{"q_proj"}, "layers_to_transform": []int{1}},
		"adapter_model.safetensors", []weights.Tensor{random("lora_A", 2, s.Width), random("lora_B", s.Heads*s.HeadDim, 2)})
	a, err := model.OpenAdapter(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// batchOf returns a batch of f that reads prompts in chunks of so many tokens.
func batchOf(t testing.TB, f *model.File, kv model.KVType, slots, chunk, threads int) *batch {
	t.Helper()
	o := Options{Slots: slots, Threads: threads, KV: kv}.filled(f.Shape.Context)
	z := o.size(&f.Shape, chunk+slots, chunk)
	m, err := o.plan(&f.Shape, &z)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := f.NewDecoder(z.rows, z.limit, threads)
	if err != nil {
		t.Fatal(err)
	}
	b, err := layBatch(dec, kv, z, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

// talks are requests of several kinds; some share their beginnings.
func talks(f *model.File, a *model.Adapter) (list []Request) {
	for i := range 16 {
		r := Request{MaxTokens: 20 + 3*i, Seed: uint64(i), TopLogprobs: i % 3}
		for j := range 1 + 23*(i%7) {
			r.Prompt = append(r.Prompt, int32((j*j+j*(i%3))%tiny.Vocab))
		}
		switch i % 5 {
		case 1:
			r.Temperature = 1
		case 2:
			r.Temperature, r.TopP, r.RepeatPenalty = 0.8, 0.9, 1.1
		case 3:
			r.Open, r.Think, r.ThinkEnd, r.Temperature = true, 9, []int32{6, 7}, 1
		case 4:
			r.Echo, r.TopK, r.Temperature = i > 8, 5, 0.5
		}
		if i%4 == 3 {
			r.Adapter = a
		}
		list = append(list, r)
	}
	return list
}

// runAll returns what requests get that come together.
func runAll(t testing.TB, b *batch, list []Request) [][]Token {
	t.Helper()
	got := make([][]Token, len(list))
	for i := range list {
		b.add(newSequence(&list[i], b.limit, func(tok Token, err error) {
			if err != nil {
				t.Fatal(err)
			}
			tok.Usage = nil
			got[i] = append(got[i], tok)
		}))
	}
	for b.next() {
	}
	return got
}

// What a request gets, to the bits of its log-probabilities, depends neither
// on the others in the batch, nor on how its prompt was cut, on what was read
// before, on threads, on guesses.
func TestSameBits(t *testing.T) {
	f := sliding(t)
	lora := adapter(t, &f.Shape)
	sameBits(t, f, lora)
	with, without := talks(f, lora)[3], talks(f, nil)[3]
	b := batchOf(t, f, model.KVFloat32, 2, 64, 1)
	if got := runAll(t, b, []Request{with, without}); reflect.DeepEqual(got[0], got[1]) {
		t.Error("the adapter changes nothing")
	}
	states, err := model.Open("../../testdata/oracle/arch/qwen3_5")
	if err != nil {
		t.Fatal(err)
	}
	defer states.Close()
	sameBits(t, states, nil)
}

func sameBits(t *testing.T, f *model.File, lora *model.Adapter) {
	for _, kv := range []model.KVType{model.KVFloat32, model.KVFloat16, model.KVInt8} {
		list := talks(f, lora)
		var want [][]Token
		for i := range list { // each alone, on nothing read before
			want = append(want, runAll(t, batchOf(t, f, kv, 1, 512, 1), list[i:i+1])...)
		}
		for _, try := range []struct{ slots, chunk, threads int }{{16, 128, 1}, {16, 1, 1}, {3, 7, 2}, {16, 200, 2}} {
			b := batchOf(t, f, kv, try.slots, try.chunk, try.threads)
			for _, draft := range []bool{false, true, true} {
				name := fmt.Sprintf("%v, %+v, draft %v, %d tokens cached before", kv, try, draft, b.stats.CachedTokens)
				for i := range list {
					list[i].Draft = draft
				}
				got := runAll(t, b, list)
				for i := range got {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Errorf("%s: request %d got\n%v\nalone\n%v", name, i, got[i], want[i])
					}
				}
			}
			if guesses := b.stats.Accepted > 0; b.stats.CachedTokens == 0 || guesses != (f.Shape.Delta == nil) {
				t.Errorf("%+v: nothing was cached, or no guess held, or states were guessed: %+v", try, b.stats)
			}
		}
	}
}

// A plan says what is taken.
func TestPlan(t *testing.T) {
	f := sliding(t)
	for _, o := range []Options{{}, {Slots: 3, Limit: 100, KV: model.KVFloat16}, {Slots: 2, KV: model.KVInt8, Memory: 1 << 20, Threads: 2}} {
		m, err := Plan(f, o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Open(f, o)
		if err != nil {
			t.Fatal(err)
		}
		full, window := e.b.pages.Len()
		if full != m.Full || window != m.Window || e.Limit() != m.Limit || o.Memory > 0 && m.Pages > o.Memory {
			t.Errorf("%+v: planned %+v, taken %d and %d pages for %d tokens", o, m, full, window, e.Limit())
		}
		if m.Total() <= m.Pages || m.Model <= 0 || m.Logits <= 0 {
			t.Errorf("%+v: %+v", o, m)
		}
		e.Close()
	}
	var short *MemoryError
	if _, err := Open(f, Options{Memory: 1000}); !errors.As(err, &short) || short.Have != 1000 || short.Need <= 1000 {
		t.Errorf("in 1000 bytes: %v", err)
	}
}
