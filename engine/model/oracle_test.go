package model

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/weights"
)

// The oracle is the transformers library on PyTorch; make.py in this folder
// says how its answers were made, main.go how the model was.
const oracle = "../../testdata/oracle/qwen3"

// answers are what PyTorch makes of one packed row. (testdata/oracle/qwen3/answers)
type answers struct {
	Row     Row
	Loss    float64
	tensors *weights.File
}

func readAnswers(t *testing.T) *answers {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracle, "answers", "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if a.tensors, err = weights.Open(filepath.Join(oracle, "answers")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.tensors.Close() })
	return &a
}

func (a *answers) read(t *testing.T, name string, n int) []float32 {
	t.Helper()
	x := make([]float32, n)
	if err := a.tensors.Read(name, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// oracleTrainer returns a trainer of the oracle's parameters.
func oracleTrainer(t *testing.T) *Trainer {
	t.Helper()
	p, arena, err := Load(filepath.Join(oracle, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	tr, err := NewTrainer(p.Config, 1, p.Config.Context, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	copy(tr.Params.All, p.All)
	tr.Repack()
	return tr
}

// The folder that transformers loaded is what Write writes.
func TestOracleFolder(t *testing.T) {
	dir := filepath.Join(oracle, "folder")
	p, arena, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	h, err := weights.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, out := p.Config.ToFolder(), t.TempDir()
	again.EOSTokenID = h.EOSTokenID
	if err := p.Write(out, again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "generation_config.json", "model.safetensors"} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is kept", name)
		}
	}
}

// Logits are within 1e-4 of the largest of their token, with the same first.
func TestOracleLogits(t *testing.T) {
	a, tr := readAnswers(t), oracleTrainer(t)
	row, V := a.Row, tr.Params.Config.Vocab
	got, want := tr.Logits(row), a.read(t, "logits", len(row.IDs)*V)
	worst := 0.0
	for at := range row.IDs {
		g, w := got[at*V:(at+1)*V], want[at*V:(at+1)*V]
		diff, size := 0.0, 0.0
		for i := range w {
			diff = max(diff, math.Abs(float64(g[i]-w[i])))
			size = max(size, math.Abs(float64(w[i])))
		}
		worst = max(worst, diff/size)
		if !(diff <= 1e-4*size) {
			t.Errorf("token %d: logits are off by %.2g of %.3g", at, diff, size)
		}
		if first(g) != first(w) {
			t.Errorf("token %d: largest is %d, transformers says %d", at, first(g), first(w))
		}
	}
	t.Logf("at worst off by %.2g of the largest logit", worst)
}

func first(x []float32) (at int) {
	for i := range x {
		if x[i] > x[at] {
			at = i
		}
	}
	return at
}

// Every element of every gradient is PyTorch's, within the bound of
// TestGradientsAreReference for each of the two.
func TestOracleGradients(t *testing.T) {
	a, tr := readAnswers(t), oracleTrainer(t)
	row := a.Row
	c := &tr.Params.Config
	loss, _, _ := tr.Accumulate([]Row{row})
	relative := gamma(2*c.roundings(len(row.IDs)) + len(row.IDs) + c.Vocab)
	if !(math.Abs(loss-a.Loss) <= 2*relative*a.Loss) {
		t.Errorf("loss %.9g, PyTorch %.9g", loss, a.Loss)
	}
	for _, g := range tr.Grads.Tensors() {
		want := a.read(t, "grad."+g.Name, len(g.Data))
		typical, worst := rms(want)/math.Sqrt(float64(len(want))), 0.0
		for i := range want {
			got, w := float64(g.Data[i]), float64(want[i])
			off := math.Abs(got-w) / (2 * relative * (math.Abs(w) + typical))
			worst = max(worst, off)
			if !(off <= 1) {
				t.Fatalf("%s[%d]: gradient %.9g, PyTorch %.9g, %.3g of the bound", g.Name, i, got, w, off)
			}
		}
		t.Logf("%s: at worst %.3f of the bound", g.Name, worst)
	}
}
