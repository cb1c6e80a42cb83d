package model

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
)

// exportTo writes a model as a GGUF file, compares it and returns its path.
func exportTo(t *testing.T, from string, x Mixture) string {
	t.Helper()
	f, err := Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := filepath.Join(t.TempDir(), "out.gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := f.WriteGGUF(out, x, nil, 2); err != nil {
		t.Fatal(err)
	}
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := f.Compare(g, x); err != nil {
		t.Fatal(err)
	}
	return path
}

// folderOf writes f as a folder, compares it with f, and returns it open.
func folderOf(t *testing.T, f *File, x Mixture) *File {
	t.Helper()
	dir := t.TempDir()
	if err := f.WriteFolder(dir, x, 2); err != nil {
		t.Fatal(err)
	}
	back, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { back.Close() })
	if err := f.CompareFolder(back, x); err != nil {
		t.Errorf("GGUF %t, as %s: %v", f.IsGGUF(), x, err)
	}
	return back
}

// A folder written as GGUF gives the same logits, to the bit; a GGUF written
// again too; and in every mixture it is what Compare allows.
func TestExport(t *testing.T) {
	dirs, _ := filepath.Glob(archOracle + "/*/config.json")
	for _, path := range dirs {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if noGGUF(dir) {
				refuseGGUF(t, dir)
				return
			}
			gguf := exportTo(t, dir, AsF32)
			again := exportTo(t, gguf, AsF32)
			f, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			encoder := f.Encoder != nil
			f.Close()
			if !encoder {
				ids := []int32{5, 7, 9, 2, 4, 6, 11, 200, 31, 17, 90, 4, 4, 8}
				want := hash(logitsOf(t, dir, ids, 5, 1, KVFloat32))
				back := t.TempDir()
				g, err := Open(gguf)
				if err != nil {
					t.Fatal(err)
				}
				defer g.Close()
				if err := g.WriteFolder(back, AsBF16, 2); err != nil && filepath.Base(dir) != "llama3" {
					t.Fatal(err) // llama3's context before stretching is no released model's
				} else if err != nil {
					back = gguf
				} else if b, err := Open(back); err != nil {
					t.Fatal(err)
				} else {
					if err := g.CompareFolder(b, AsBF16); err != nil {
						t.Error(err)
					}
					b.Close()
				}
				for _, p := range []string{gguf, again, back} {
					if got := hash(logitsOf(t, p, ids, 14, 2, KVFloat32)); got != want {
						t.Errorf("%s gives other logits", p)
					}
				}
			}
			for _, x := range Mixtures {
				exportTo(t, dir, x)
			}
		})
	}
}

// noGGUF reports whether there is no GGUF of a model, or llama.cpp would read it otherwise.
func noGGUF(dir string) bool {
	base := filepath.Base(dir)
	return strings.HasPrefix(base, "gte") || base == "exaone4-sliding"
}

// refuseGGUF holds that a GGUF that nobody could read is not written.
func refuseGGUF(t *testing.T, dir string) {
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.WriteGGUF(io.Discard, AsF32, nil, 1); !errors.Is(err, ErrConfig) {
		t.Errorf("written: %v", err)
	}
}

// What was not written right is found.
func TestCompareFinds(t *testing.T) {
	dir := archOracle + "/qwen3"
	path := exportTo(t, dir, AsQ8_0)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) - 34*300; i < len(b)-34*200; i++ {
		b[i] ^= 0x11
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if f.Compare(g, AsQ8_0) == nil {
		t.Error("a broken file passes")
	}
}

// A folder written as GGUF has the tensors, shapes, numbers and keys that
// llama.cpp's converter writes (testdata/oracle/arch). Only the tokenizer's
// keys are not this package's.
func TestExportAsConverter(t *testing.T) {
	paths, _ := filepath.Glob(archOracle + "/*/model.gguf.gz")
	if len(paths) < 10 {
		t.Fatalf("%d oracles", len(paths))
	}
	for _, path := range paths {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			got, err := weights.OpenGGUF(exportTo(t, dir, AsF32))
			if err != nil {
				t.Fatal(err)
			}
			defer got.Close()
			want, err := weights.OpenGGUF(unzip(t, path))
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			if g, w := len(got.Tensors()), len(want.Tensors()); g != w {
				t.Errorf("%d tensors, not %d", g, w)
			}
			for _, w := range want.Tensors() {
				g, ok := got.Tensor(w.Name)
				if !ok || !slices.Equal(g.Shape, w.Shape) || g.Type != weights.F32 {
					t.Errorf("%s: %v %v, not %v", w.Name, g.Type, g.Shape, w.Shape)
					continue
				}
				a, b := make([]float32, g.Weights()), make([]float32, w.Weights())
				if err := errors.Join(got.Read(g.Name, a), want.Read(w.Name, b)); err != nil {
					t.Fatal(err)
				}
				for i := range a {
					if d := math.Abs(float64(a[i] - b[i])); d > 0 && (w.Name != "rope_freqs.weight" && !strings.HasSuffix(w.Name, ".ssm_a") || d > math.Abs(float64(b[i]))/(1<<22)) { // computed, in one precision or the other
						t.Errorf("%s: weight %d is %v, not %v", w.Name, i, a[i], b[i])
						break
					}
				}
			}
			for _, p := range want.Meta() {
				switch {
				case strings.HasPrefix(p.Key, "tokenizer."), p.Key == "general.name", p.Key == "general.size_label", p.Key == "general.file_type":
				case p.Key == "modern-bert.attention.layer_norm_rms_epsilon": // there are no such norms
				case p.Key == "modern-bert.classifier.pooling_type" && got.Value("modern-bert.classifier.output_labels") == nil: // nor a head
				case strings.HasPrefix(p.Key, "hunyuan-dense.rope.scaling."): // that there is none: freq_base is stretched
				case p.Key == "qwen3moe.feed_forward_length", p.Key == "qwen35moe.feed_forward_length": // of layers without experts: there are none
				case fmt.Sprint(got.Value(p.Key)) != fmt.Sprint(p.Value):
					t.Errorf("%s: %v, not %v", p.Key, got.Value(p.Key), p.Value)
				}
			}
		})
	}
}

// config.json is as transformers wants it: whole numbers and others, and the
// family that GGUF does not tell from Llama.
func TestFolderConfig(t *testing.T) {
	for from, wants := range map[string][]string{
		archOracle + "/llama-bias":                {`"mlp_bias": true,`, `"attention_bias": true,`},
		archOracle + "/seed_oss":                  {`"attention_bias": true,`, `"attention_out_bias": false,`, `"tie_word_embeddings": false,`},
		archOracle + "/exaone4":                   {`"sliding_window": null,`, `"tie_word_embeddings": true,`},
		archOracle + "/gemma2":                    {`"final_logit_softcapping": 3.0,`, `"query_pre_attn_scalar": 48,`},
		exportTo(t, archOracle+"/mistral", AsF32): {`"MistralForCausalLM"`, `"model_type": "mistral"`, `"sliding_window": 8,`},
		exportTo(t, archOracle+"/llama", AsF32):   {`"LlamaForCausalLM"`, `"model_type": "llama"`},
	} {
		f, err := Open(from)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		dir := t.TempDir()
		if err := f.WriteFolder(dir, AsF32, 2); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(b), want) {
				t.Errorf("no %s in %s", want, b)
			}
		}
	}
}

// The names of a reranker's labels are written as the folder has them; without
// a name for each, as transformers calls them.
func TestExportLabels(t *testing.T) {
	for from, want := range map[string]string{`{"0": "relevant"}`: "relevant", `{"1": "relevant"}`: "LABEL_0", `{"0": 7}`: "LABEL_0", `{}`: "LABEL_0"} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(archOracle+"/bert-rank")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "config.json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `"id2label": {`)
		named := strings.Replace(string(text), `{`+rest[:strings.Index(rest, "}")+1], from, 1)
		if err := os.WriteFile(path, []byte(named), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := weights.OpenGGUF(exportTo(t, dir, AsF32))
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if got := g.Value("bert.classifier.output_labels"); !slices.Equal(got.([]string), []string{want}) {
			t.Errorf("%s: labels %q, not %q", from, got, want)
		}
	}
}

// The mixtures of K types are those that llama.cpp v0.5.0 writes of the same model.
func TestFiner(t *testing.T) {
	const layers = 32
	for x, want := range map[Mixture]map[string]string{
		AsQ3_K_M: {"attn_v": "5544 4444 4444 4444 4444 4444 4444 4444", "ffn_down": "5544 4444 4444 4444 4444 4444 4444 4444",
			"attn_qkv": "5544 4444 4444 4444 4444 4444 4444 4444", "attn_output": strings.Repeat("4", layers), "attn_q": strings.Repeat("3", layers)},
		AsQ4_K_M: {"attn_v": "6666 4464 4644 6446 4464 4644 6446 6666", "ffn_down": "6666 4464 4644 6446 4464 4644 6446 6666",
			"attn_qkv": strings.Repeat("6", layers), "attn_output": strings.Repeat("4", layers), "ffn_up": strings.Repeat("4", layers)},
		AsQ5_K_M: {"attn_v": "6666 5565 5655 6556 5565 5655 6556 6666", "ffn_down_exps": "6666 5565 5655 6556 5565 5655 6556 6666",
			"attn_qkv": "6666 5565 5655 6556 5565 5655 6556 6666", "attn_output": strings.Repeat("5", layers), "ffn_gate": strings.Repeat("5", layers)},
	} {
		for name, types := range want {
			got := ""
			for l := range layers {
				got += strings.Trim(x.typeOf(fmt.Sprintf("blk.%d.%s.weight", l, name), []int{256, 256}, layers, false, false).String(), "Q_K")
			}
			if types = strings.ReplaceAll(types, " ", ""); got != types {
				t.Errorf("%s: %s is in %s, not %s", x, name, got, types)
			}
		}
		for name, want := range map[string]weights.Type{"output": weights.Q6_K, "token_embd": fileTypes[x].typ, "blk.0.attn_norm": weights.F32} {
			if got := x.typeOf(name+".weight", []int{256, 256}, layers, false, false); got != want {
				t.Errorf("%s: %s is in %s, not %s", x, name, got, want)
			}
		}
	}
}
