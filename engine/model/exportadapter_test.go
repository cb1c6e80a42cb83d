package model

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
)

// randomAdapter writes an adapter of all matrices of f, none of it zeros.
func randomAdapter(t *testing.T, f *File, rank int) string {
	t.Helper()
	lora := LoRA{Rank: rank, Alpha: 6, Targets: shorts(f.Shape.modules())}
	tr := openTrainer(t, f, Training{Rows: 1, Length: 8, Threads: 1, LoRA: &lora})
	r := rand.New(rand.NewPCG(1, 2))
	params, _ := tr.Trained()
	for _, p := range params {
		for i := range p.Data {
			p.Data[i] = float32(r.NormFloat64()) / 16
		}
	}
	dir := t.TempDir()
	if err := tr.WriteAdapter(dir, "", lora); err != nil {
		t.Fatal(err)
	}
	return dir
}

// adapterTo writes an adapter as GGUF, compares it and opens what was written.
func adapterTo(t *testing.T, f *File, dir string, x Mixture) *weights.GGUF {
	t.Helper()
	g := ggufBy(t, func(w io.Writer) error { return f.WriteAdapterGGUF(w, dir, x, 2) })
	if err := f.CompareAdapter(g.Paths()[0], dir, x); err != nil {
		t.Fatal(err)
	}
	return g
}

// ggufBy opens a GGUF file that write writes.
func ggufBy(t *testing.T, write func(w io.Writer) error) *weights.GGUF {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := write(out); err != nil {
		t.Fatal(err)
	}
	g, err := weights.OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// added is the GGUF of a base with an adapter's GGUF added to each of its matrices as
// llama.cpp does, W + alpha/rank·B·A, of alpha 0 without a factor.
func added(t *testing.T, base, ad *weights.GGUF, name string) []float32 {
	t.Helper()
	read := func(g *weights.GGUF, name string) ([]float32, []int) {
		of, ok := g.Tensor(name)
		if !ok {
			return nil, nil
		}
		n := 1
		for _, d := range of.Shape {
			n *= d
		}
		x := make([]float32, n)
		if err := g.Read(name, x); err != nil {
			t.Fatal(err)
		}
		return x, of.Shape
	}
	w, shape := read(base, name)
	a, shapeA := read(ad, name+".lora_a")
	if a == nil {
		return w
	}
	b, shapeB := read(ad, name+".lora_b")
	if len(shapeA) == 2 { // as one of a stack
		shape, shapeA, shapeB = append([]int{1}, shape...), append([]int{1}, shapeA...), append([]int{1}, shapeB...)
	}
	if len(shape) == 2 { // one row
		shape = []int{1, 1, shape[1]}
	}
	parts, rows, cols, rank := shape[0], shape[1], shape[2], shapeA[1]
	if shapeA[0] != parts || shapeA[2] != cols || shapeB[0] != parts || shapeB[1] != rows || shapeB[2] != rank {
		t.Fatalf("%s %v has %v and %v", name, shape, shapeA, shapeB)
	}
	scale := float32(1)
	if alpha := ad.Value("adapter.lora.alpha").(float32); alpha != 0 {
		scale = alpha / float32(rank)
	}
	kernel.Scale(b, scale)
	for p := range parts {
		kernel.Gemm(rows, cols, rank, b[p*rows*rank:], rank, 1, a[p*rank*cols:], cols, w[p*rows*cols:], cols, true)
	}
	return w
}

// An adapter's GGUF, added to that of its base, is that of the merged model, whatever the
// family, and also where its matrices differ in rank and alpha.
func TestAdapterGGUF(t *testing.T) {
	dirs, _ := filepath.Glob(archOracle + "/*/config.json")
	changed := 0
	for _, path := range dirs {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if testing.Short() && !slices.Contains([]string{"llama", "qwen3_moe", "gpt2"}, filepath.Base(dir)) {
				return // a file is one on every machine
			}
			f, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Encoder != nil || f.Shape.modules() == nil {
				return
			}
			home := randomAdapter(t, f, 3)
			if noGGUF(dir) {
				if err := f.WriteAdapterGGUF(nil, home, AsF32, 1); !errors.Is(err, ErrConfig) {
					t.Errorf("written: %v", err)
				}
				return
			}
			base, err := weights.OpenGGUF(exportTo(t, dir, AsF32))
			if err != nil {
				t.Fatal(err)
			}
			defer base.Close()
			same := func(alpha float32) {
				t.Helper()
				merged, err := f.Merge(home)
				if err != nil {
					t.Fatal(err)
				}
				g := ggufBy(t, func(w io.Writer) error { return merged.WriteGGUF(w, AsF32, nil, 2) })
				ad := adapterTo(t, f, home, AsF32)
				if got := ad.Value("adapter.lora.alpha"); got != alpha {
					t.Errorf("alpha %v, not %g", got, alpha)
				}
				if got, want := ad.Text("general.architecture"), base.Text("general.architecture"); got != want {
					t.Errorf("%s, of %s", got, want)
				}
				for _, of := range g.Tensors() {
					if strings.HasPrefix(of.Name, "rope_") {
						continue
					}
					got, want := added(t, base, ad, of.Name), make([]float32, 0)
					want = append(want, got...)
					if err := g.Read(of.Name, want); err != nil {
						t.Fatal(err)
					}
					if far := nmse(got, want); !(far < 1e-12) {
						t.Errorf("%s: NMSE %.1e", of.Name, far)
					}
					if _, ok := ad.Tensor(of.Name + ".lora_a"); ok {
						changed++
					}
				}
			}
			same(6)
			text, err := os.ReadFile(filepath.Join(home, "adapter_config.json"))
			if err != nil {
				t.Fatal(err)
			}
			var config map[string]any
			if err := json.Unmarshal(text, &config); err != nil {
				t.Fatal(err)
			}
			config["alpha_pattern"] = map[string]any{"down_proj": 2, "c_proj": 2}
			if text, err = json.Marshal(config); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, "adapter_config.json"), text, 0o666); err != nil {
				t.Fatal(err)
			}
			same(0)
			for _, x := range Plain {
				adapterTo(t, f, home, x)
			}
			if err := f.WriteAdapterGGUF(nil, home, AsQ8_0, 1); !errors.Is(err, ErrConfig) {
				t.Errorf("in blocks: %v", err)
			}
		})
	}
	if changed == 0 {
		t.Error("no matrix was changed")
	}
}
