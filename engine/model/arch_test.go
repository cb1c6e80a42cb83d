package model

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/weights"
)

const archOracle = "../../testdata/oracle/arch"

// unzip writes a gzipped file of the oracle into a folder of the test.
func unzip(t testing.TB, path string) string {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(path), ".gz"))
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, z); err != nil {
		t.Fatal(err)
	}
	return to
}

// logitsOf runs a model over ids, cut into steps, and returns the logits
// after every token. (T, V)
func logitsOf(t testing.TB, path string, ids []int32, cut, threads int, kv KVType) []float32 {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := f.NewDecoder(len(ids), len(ids), threads)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	n := (len(ids) + PageTokens - 1) / PageTokens
	p, err := NewPages(&d.Shape, kv, n, n)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var table []int32
	for i := range n {
		table = append(table, int32(n-1-i))
	}
	V := d.Shape.Vocab
	out := make([]float32, len(ids)*V)
	for at := 0; at < len(ids); at += cut {
		part := ids[at:min(at+cut, len(ids))]
		window := append([]int32(nil), table...)
		for i := range window { // pages that have slid away are not touched
			if (i+1)*PageTokens <= at+1-d.Shape.Reach() {
				window[i] = -1
			}
		}
		if err := d.Step(p, []Seq{{IDs: part, At: at, Full: table, Window: window, Logits: len(part)}}, out[at*V:]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// nmse is the mean squared error over the mean square of what is wanted.
func nmse(got, want []float32) float64 {
	var e, w float64
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		e += d * d
		w += float64(want[i]) * float64(want[i])
	}
	return e / w
}

func argmaxes(x []float32, vocab int) []int {
	var list []int
	for ; len(x) > 0; x = x[vocab:] {
		best := 0
		for i, v := range x[:vocab] {
			if v > x[best] {
				best = i
			}
		}
		list = append(list, best)
	}
	return list
}

// Every architecture and every type gives the logits of llama.cpp and of
// transformers, and the same bits however the tokens are cut into steps.
func TestArchitectures(t *testing.T) {
	dirs, err := filepath.Glob(archOracle + "/*/answers/answers.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no oracle: %v", err)
	}
	for _, path := range dirs {
		dir := filepath.Dir(filepath.Dir(path))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var answers struct {
			IDs   []int32
			Noise map[string]float64 // what llama.cpp's own arithmetic loses of a type
		}
		if err := json.Unmarshal(text, &answers); err != nil {
			t.Fatal(err)
		}
		f, err := weights.Open(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, name := range f.Names() {
			t.Run(filepath.Base(dir)+"/"+name, func(t *testing.T) {
				shape, _ := f.Shape(name)
				n := 1
				for _, d := range shape {
					n *= d
				}
				want := make([]float32, n)
				if err := f.Read(name, want); err != nil {
					t.Fatal(err)
				}
				file, what, encoder := strings.Cut(name, "/")
				model := dir
				kind, quantised := strings.CutPrefix(file, "gguf.")
				limit := 1e-8 // of float32 rounding, a hundred times over
				if quantised {
					model, limit = unzip(t, filepath.Join(dir, kind+".gguf.gz")), 1e-4
				} else if file == "gguf" { // llama.cpp takes GELU from a table of 16 bits
					model, limit = unzip(t, filepath.Join(dir, "model.gguf.gz")), 1e-6
				}
				if encoder {
					checkEncoder(t, model, what, answers.IDs, want, limit)
					return
				}
				got := logitsOf(t, model, answers.IDs, len(answers.IDs), 2, KVFloat32)
				far := nmse(got, want)
				t.Logf("NMSE %.1e", far)
				if !(far <= limit) {
					t.Errorf("NMSE %.1e, at most %.0e", far, limit)
				}
				if g, w := fmt.Sprint(argmaxes(got, shape[1])), fmt.Sprint(argmaxes(want, shape[1])); g != w {
					t.Errorf("argmax %s, want %s", g, w)
				}
				for _, cut := range []int{1, 7} {
					if part := logitsOf(t, model, answers.IDs, cut, 1, KVFloat32); hash(part) != hash(got) {
						t.Errorf("other bits in steps of %d", cut)
					}
				}
				kvs := map[KVType]float64{KVFloat16: 1e-5, KVInt8: 5e-3}
				if quantised { // roundings of activations fall to the other side
					kvs[KVFloat16] = 1e-3
				}
				if filepath.Base(dir) == "exaone4-hybrid" { // roundings of 64 layers, of six at most elsewhere
					kvs[KVFloat16], kvs[KVInt8] = 1e-4, 5e-2
				}
				for kv, limit := range kvs {
					one := logitsOf(t, model, answers.IDs, 1, 1, kv)
					if far := nmse(one, got); far > limit || math.IsNaN(far) {
						t.Errorf("keys and values in %v: NMSE %.1e", kv, far)
					}
					if all := logitsOf(t, model, answers.IDs, 64, 2, kv); hash(all) != hash(one) {
						t.Errorf("keys and values in %v: other bits in steps", kv)
					}
				}
			})
		}
	}
}

// checkEncoder compares what an encoder makes of a text: its embedding,
// normalised, or its score. The hidden states are within.
func checkEncoder(t *testing.T, path, what string, ids []int32, want []float32, limit float64) {
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := f.NewEncoder(128, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	got := make([]float32, 3*e.Width())
	if err := e.Run([]Text{{IDs: ids[:5]}, {IDs: ids}, {IDs: ids[3:]}}, got); err != nil {
		t.Fatal(err)
	}
	W := e.Width()
	alone := make([]float32, W)
	if err := e.Run([]Text{{IDs: ids}}, alone); err != nil {
		t.Fatal(err)
	}
	if hash(alone) != hash(got[W:2*W]) {
		t.Error("a text's vector depends on those it is read with")
	}
	switch what {
	case "embedding":
		var s float64
		for _, x := range alone {
			s += float64(x) * float64(x)
		}
		for i := range alone {
			alone[i] /= float32(math.Sqrt(s))
		}
	case "states":
		e.team.Hold(func() { err = e.run([]Text{{IDs: ids}}, make([]float32, W)) })
		alone = append(alone[:0], e.s.x[:len(want)]...)
	}
	far := nmse(alone, want)
	t.Logf("NMSE %.1e", far)
	if !(far <= limit) {
		t.Errorf("NMSE %.1e, at most %.0e", far, limit)
	}
}
