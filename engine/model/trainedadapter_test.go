package model

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"suiren/engine/weights"
)

// patterned writes an adapter over f as PEFT may: with a rank and a scale of its own for
// some modules, and names without a prefix if bare.
func patterned(t *testing.T, f *File, targets []string, bare bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	config, err := json.Marshal(map[string]any{"peft_type": "LORA", "r": 3, "lora_alpha": 5.5, "use_rslora": true, "target_modules": targets, "lora_dropout": 0.05,
		"fan_in_fan_out": f.Shape.Arch == "gpt2", "rank_pattern": json.RawMessage(`{"1\\..*": 5, "down_proj": 1, "c_proj": 2, ".*gate_proj": 4}`), "alpha_pattern": json.RawMessage(`{"o_proj": 2, "0\\..*": 7}`)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readPEFT(dir, &f.Shape)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := (&LoRA{Rank: 1, Alpha: 1, Targets: targets}).chosen(&f.Shape)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	random := func(rows, cols int) []float32 {
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = 0.1 * float32(rng.NormFloat64())
		}
		return x
	}
	var list []weights.Tensor
	places := f.Shape.places()
	for _, x := range fresh {
		p, rank, name := places[x.module], c.rank(x.name), peftPrefix+x.name
		if bare {
			name = x.name
		}
		list = append(list, weights.Tensor{Name: name + ".lora_A.weight", Shape: []int{rank, p.cols}, Data: random(rank, p.cols)}, weights.Tensor{Name: name + ".lora_B.weight", Shape: []int{p.rows, rank}, Data: random(p.rows, rank)})
	}
	if err := weights.Write(filepath.Join(dir, "adapter_model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A trainer that goes on from an adapter computes with it as it is served, whatever the
// ranks and scales of its pairs; the gradient is the derivative, with any number of threads;
// and what it writes is the same adapter, with other numbers once they are others.
func TestGoOn(t *testing.T) {
	all := []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
	for _, c := range []struct {
		model   string
		targets []string
		bare    bool
	}{
		{"llama3", all, false}, {"llama3", []string{"v_proj", "layers.1.mlp.down_proj"}, true}, {"gpt2", []string{"c_attn", "c_proj"}, false},
		{"qwen3_moe", all, false}, {"qwen3_5", append(all, "in_proj_qkv", "out_proj"), false}, {"qwen3_5_moe", append(all, "shared_expert_gate"), false},
	} {
		if testing.Short() && c.model != "llama3" && c.model != "gpt2" {
			continue
		}
		f := openArch(t, c.model)
		if f.Shape.Experts > 0 { // the loss jumps where other experts are asked: all are
			f.Shape.Chosen, f.Shape.Renorm = f.Shape.Experts, f.Shape.Shared > 0
		}
		dir := patterned(t, f, c.targets, c.bare)
		lora, err := ReadLoRA(dir, &f.Shape)
		if err != nil {
			t.Fatalf("%s: %v", c.model, err)
		}
		o := Training{Rows: 2, Length: 64, Threads: 1, LoRA: lora}
		open := func(threads int) *Trainer {
			o.Threads = threads
			tr := openTrainer(t, f, o)
			if err := tr.ReadAdapter(dir); err != nil {
				t.Fatalf("%s: %v", c.model, err)
			}
			return tr
		}
		tr := open(2)
		if n, _ := lora.Params(&f.Shape); n != len(tr.lora) {
			t.Errorf("%s: %d numbers, counted as %d", c.model, len(tr.lora), n)
		}
		if least, most := lora.Ranks(); least >= most || most != 5 {
			t.Errorf("%s: ranks %d to %d", c.model, least, most)
		}
		rows := randomRows(f.Shape.Config, 3, []int{64}, []int{20, 30})
		same := func(dir string) {
			t.Helper()
			ad, err := OpenAdapter(dir, &f.Shape)
			if err != nil {
				t.Fatalf("%s: %v", c.model, err)
			}
			defer ad.Close()
			if hash(served(t, f, ad, rows[0])) != hash(tr.Logits(rows[0])) {
				t.Errorf("%s, %v: other logits are served", c.model, c.targets)
			}
		}
		same(dir)
		write := func() string {
			out := t.TempDir()
			if err := tr.WriteAdapter(out, "", *lora); err != nil {
				t.Fatal(err)
			}
			return out
		}
		compareAdapters(t, dir, write())
		tr.Accumulate(rows)
		directional(t, tr, rows)
		var sums []string
		for threads := 1; threads <= 3; threads++ {
			again := open(threads)
			again.Accumulate(rows)
			sums = append(sums, hash(again.loraGrads))
		}
		if len(slices.Compact(sums)) != 1 {
			t.Errorf("%s: threads change the gradients", c.model)
		}
		shake(tr)
		same(write())
	}
}

// compareAdapters wants two folders to have the same configuration, byte by byte, and the same numbers.
func compareAdapters(t *testing.T, a, b string) {
	t.Helper()
	var text [2][]byte
	var files [2]*weights.File
	for i, dir := range []string{a, b} {
		var err error
		if text[i], err = os.ReadFile(filepath.Join(dir, "adapter_config.json")); err != nil {
			t.Fatal(err)
		}
		if files[i], err = openAdapterFile(dir); err != nil {
			t.Fatal(err)
		}
		defer files[i].Close()
	}
	if !bytes.Equal(text[0], text[1]) || len(files[0].Names()) != len(files[1].Names()) {
		t.Errorf("other configurations, or %d and %d tensors", len(files[0].Names()), len(files[1].Names()))
	}
	for _, name := range files[1].Names() {
		was := name
		if _, ok := files[0].Shape(was); !ok {
			was = name[len(peftPrefix):]
		}
		shape, _ := files[1].Shape(name)
		x, y := make([]float32, shape[0]*shape[1]), make([]float32, shape[0]*shape[1])
		if err := files[0].Read(was, x); err != nil {
			t.Fatal(err)
		}
		if err := files[1].Read(name, y); err != nil {
			t.Fatal(err)
		}
		if hash(x) != hash(y) {
			t.Errorf("%s is another one", name)
		}
	}
}

// An adapter of one model is not laid over another, of fewer blocks or of other matrices.
func TestGoOnElsewhere(t *testing.T) {
	f := openArch(t, "llama3")
	lora, err := ReadLoRA(patterned(t, f, []string{"q_proj"}, false), &f.Shape)
	if err != nil {
		t.Fatal(err)
	}
	less := f.Shape
	less.Layers = 1
	for name, s := range map[string]*Shape{"one block": &less, "gpt2": &openArch(t, "gpt2").Shape} {
		if err := lora.Check(s); err == nil {
			t.Errorf("%s: it has the matrices", name)
		}
	}
	if err := lora.Check(&f.Shape); err != nil {
		t.Error(err)
	}
}
