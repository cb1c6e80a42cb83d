package optim_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/model"
	"suiren/engine/optim"
)

// TestOracleAdamW trains the oracle's model on the oracle's row and compares
// the loss before each step, and after the last, with torch.optim.AdamW's.
// (testdata/oracle/qwen3/make.py)
func TestOracleAdamW(t *testing.T) {
	const oracle = "../../testdata/oracle/qwen3"
	text, err := os.ReadFile(filepath.Join(oracle, "answers", "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Row   model.Row
		AdamW struct {
			LR, Beta1, Beta2, Eps float32
			Steps                 int
		}
		Losses []float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if want.AdamW.Steps < 10 || len(want.Losses) != want.AdamW.Steps+1 {
		t.Fatalf("%d losses of %d steps", len(want.Losses), want.AdamW.Steps)
	}
	p, arena, err := model.Load(filepath.Join(oracle, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	tr, err := model.NewTrainer(p.Config, 1, p.Config.Context, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	copy(tr.Params.All, p.All)
	var params []optim.Param
	for i, x := range tr.Params.Tensors() {
		params = append(params, optim.Param{Data: x.Data, Grad: tr.Grads.Tensors()[i].Data, Rows: x.Shape[0], Cols: len(x.Data) / x.Shape[0], Rate: 1})
	}
	a := want.AdamW
	o, err := optim.New(optim.Settings{Adam: a.LR, Beta1: a.Beta1, Beta2: a.Beta2, Eps: a.Eps}, params, tr.Team())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()

	// Rounding may turn a step of an element whose gradient is nothing but
	// rounding, by up to twice its length. Such an element hardly moves the
	// loss: at most 7e-8 of it was seen. A β₂ of 0.951 makes 5e-5.
	for step, w := range want.Losses {
		tr.Repack()
		got, _, _ := tr.Accumulate([]model.Row{want.Row})
		t.Logf("step %d: loss %.9g, PyTorch %.9g", step, got, w)
		if !(math.Abs(got-w) <= 1e-6*w) {
			t.Errorf("step %d: loss %.9g, PyTorch %.9g", step, got, w)
		}
		o.Step(1)
	}
}
