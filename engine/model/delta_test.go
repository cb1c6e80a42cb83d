package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// What a token gets has the same bits however its sequence was cut, whichever states
// were kept, and whoever else read them or stands in the step: two sequences with the
// same first pages go on, one from the other's state.
func TestStateCuts(t *testing.T) {
	f := openArch(t, "qwen3_5")
	const pages = 5
	const n = pages*PageTokens - 3
	r := rand.New(rand.NewPCG(1, 35))
	V := f.Shape.Vocab
	var ids [2][]int32
	for i := range n {
		id := int32(r.IntN(V))
		ids[0] = append(ids[0], id)
		if i >= 2*PageTokens {
			id = int32(r.IntN(V))
		}
		ids[1] = append(ids[1], id)
	}
	run := func(threads int, one bool, cut func(left int) int) (out [2][]float32) {
		d, err := f.NewDecoder(2*n, n, threads)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := NewPages(&d.Shape, KVFloat32, 2*pages, 2*pages)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		table := func(i int) (list []int32) {
			for j := range pages {
				if i == 1 && !one && j < 2 {
					list = append(list, int32(j))
				} else {
					list = append(list, int32(i*pages+j))
				}
			}
			return list
		}
		at := [2]int{}
		if !one { // the second begins behind what the first has read
			at[1] = 2 * PageTokens
		}
		for i := range out {
			out[i] = make([]float32, n*V)
		}
		for at[0] < n || at[1] < n {
			var seqs []Seq
			var of []int
			total := 0
			for i := range 2 {
				k := min(cut(n-at[i]), n-at[i])
				if k <= 0 || !one && i == 1 && at[0] < 2*PageTokens {
					continue
				}
				if !one && i == 0 && at[0] < 2*PageTokens {
					k = min(k, 2*PageTokens-at[0])
				}
				window := table(i)
				for j := range window { // of a step, only the last state is kept, and the last of a whole page
					end := at[i] + k
					switch j {
					case (at[i] - 1) / PageTokens, end/PageTokens - 1, (end - 1) / PageTokens:
					default:
						window[j] = -1
					}
				}
				seqs = append(seqs, Seq{IDs: ids[i][at[i] : at[i]+k], At: at[i], Full: table(i), Window: window, Logits: k})
				of = append(of, i)
				total += k
			}
			z := make([]float32, total*V)
			if err := d.Step(p, seqs, z); err != nil {
				t.Fatal(err)
			}
			for j, i := range of {
				k := len(seqs[j].IDs)
				copy(out[i][at[i]*V:], z[:k*V])
				z, at[i] = z[k*V:], at[i]+k
			}
		}
		copy(out[1][:2*PageTokens*V], out[0][:2*PageTokens*V])
		return out
	}
	want := run(1, true, func(left int) int { return left })
	for i, z := range want {
		if slices.ContainsFunc(z, func(x float32) bool { return x != x }) {
			t.Fatalf("sequence %d: not numbers", i)
		}
	}
	for threads := range 3 {
		for _, most := range []int{1, 2, 5, 40, n} {
			for _, one := range []bool{true, false} {
				got := run(threads+1, one, func(left int) int { return 1 + r.IntN(min(most, max(left, 1))) })
				for i := range got {
					if hash(got[i]) != hash(want[i]) {
						t.Errorf("%d threads, cuts of up to %d, each alone %t: sequence %d has other bits", threads+1, most, one, i)
					}
				}
			}
		}
	}
}

// A folder of a model that sees as well is read without its eyes, and without the
// layers that guess further tokens.
func TestStateWithEyes(t *testing.T) {
	for _, name := range []string{"qwen3_5", "qwen3_5_moe"} {
		withEyes(t, name)
	}
}

func withEyes(t *testing.T, name string) {
	from := filepath.Join(archOracle, name)
	text, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	config["mtp_num_hidden_layers"] = 1
	delete(config, "layer_types") // three of four, if it does not say
	text, err = json.Marshal(map[string]any{"model_type": name, "tie_word_embeddings": config["tie_word_embeddings"], "text_config": config, "vision_config": map[string]any{"hidden_size": 7}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(from, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	start := 8 + binary.LittleEndian.Uint64(text)
	head := bytes.ReplaceAll(text[8:start], []byte(`"model.`), []byte(`"model.language_model.`))
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head, text[start:]), 0o600); err != nil {
		t.Fatal(err)
	}
	ids := []int32{5, 7, 9, 2, 4, 6, 11, 200}
	if hash(logitsOf(t, dir, ids, 3, 1, KVFloat32)) != hash(logitsOf(t, from, ids, 8, 2, KVFloat32)) {
		t.Errorf("%s: other logits than without eyes", name)
	}
}

// A GGUF file with a further layer that guesses, as llama.cpp's converter writes it, is
// read without it.
func TestStateGuesses(t *testing.T) {
	withGuesses(t, "qwen3_5", "qwen35")
	withGuesses(t, "qwen3_5_moe", "qwen35moe")
}

func withGuesses(t *testing.T, name, arch string) {
	plain := unzip(t, filepath.Join(archOracle, name, "model.gguf.gz"))
	g, err := weights.OpenGGUF(plain)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	layers, _ := g.Whole(arch + ".block_count")
	meta := []weights.Pair{{Key: arch + ".nextn_predict_layers", Value: uint32(1)}}
	for _, p := range g.Meta() {
		switch p.Key {
		case arch + ".block_count":
			p.Value = uint32(layers + 1)
		case arch + ".attention.recurrent_layers":
			p.Value = append(slices.Clone(p.Value.([]bool)), false)
		}
		meta = append(meta, p)
	}
	path := filepath.Join(t.TempDir(), "guesses.gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := weights.WriteGGUF(out, meta, g.Tensors(), func(w io.Writer, x weights.GGUFTensor) error {
		data := make([]float32, x.Weights())
		if err := g.Read(x.Name, data); err != nil {
			return err
		}
		_, err := w.Write(bytesOf(data))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ids := []int32{5, 7, 9, 2, 4, 6, 11, 200}
	if hash(logitsOf(t, path, ids, 3, 1, KVFloat32)) != hash(logitsOf(t, plain, ids, 8, 2, KVFloat32)) {
		t.Errorf("%s: other logits than without the layer", name)
	}
}

// What does not fit together, or is not done, is said so.
func TestStateRefused(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(archOracle, "qwen3_5", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		val  any
		want string
	}{
		{"linear_num_value_heads", 3, "share"},
		{"linear_num_value_heads", 1 << 20, "1 to 1024"},
		{"linear_num_key_heads", 0, "1 to 1024"},
		{"linear_key_head_dim", -1, "1 to 1024"},
		{"linear_conv_kernel_dim", 1 << 30, "1 to 15"},
		{"layer_types", []string{"linear_attention"}, "layer types"},
		{"layer_types", []string{"linear_attention", "full_attention", "sliding_attention", "full_attention"}, "sliding_attention"},
		{"attn_output_gate", false, "attn_output_gate"},
		{"hidden_act", "gelu", "hidden_act"},
	} {
		var config map[string]any
		if err := json.Unmarshal(text, &config); err != nil {
			t.Fatal(err)
		}
		config[c.key] = c.val
		b, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseHF(b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.key, c.val, err)
		}
	}
}
