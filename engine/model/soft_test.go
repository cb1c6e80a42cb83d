package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/weights"
)

// Loss and gradients of a row with soft targets are PyTorch's.
// (testdata/oracle/distil)
func TestOracleSoft(t *testing.T) {
	const dir = "../../testdata/oracle/distil"
	text, err := os.ReadFile(filepath.Join(dir, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		Row       Row
		Loss, Sum float64
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	file, err := weights.OpenFile(filepath.Join(dir, "answers.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tr := oracleTrainer(t)
	loss, sum, _ := tr.Accumulate([]Row{a.Row})
	if !(math.Abs(loss-a.Loss) <= 1e-5*a.Loss) || !(math.Abs(sum-a.Sum) <= 1e-5*a.Sum) {
		t.Errorf("loss %.9g, sum %.9g; PyTorch %.9g, %.9g", loss, sum, a.Loss, a.Sum)
	}
	for _, g := range tr.Grads.Tensors() {
		want := make([]float32, len(g.Data))
		if err := file.Read(g.Name, want); err != nil {
			t.Fatal(err)
		}
		far, size := 0.0, 0.0
		for i := range want {
			far = max(far, math.Abs(float64(g.Data[i]-want[i])))
			size = max(size, math.Abs(float64(want[i])))
		}
		if !(far <= 1e-4*size) {
			t.Errorf("gradient of %s is off by %.2g of %.3g", g.Name, far, size)
		}
	}
}

// A teacher that is sure of the row's tokens teaches what the row does, and
// one that agrees with the model teaches nothing.
func TestSoftEnds(t *testing.T) {
	rows := randomRows(small, 5, []int{20, 12})
	hard := trainerWith(t, small, 1, 64, 1)
	want, _, _ := hard.Accumulate(rows)
	sure := rows[0]
	for _, id := range sure.IDs {
		sure.Soft = append(sure.Soft, Soft{[]int32{id}, []float32{1}})
	}
	soft := trainerWith(t, small, 1, 64, 1)
	got, _, _ := soft.Accumulate([]Row{sure})
	if math.Abs(got-want) > 1e-6*math.Abs(want) {
		t.Errorf("loss %g, the row's own is %g", got, want)
	}
	for i, g := range hard.Grads.All {
		if math.Abs(float64(g-soft.Grads.All[i])) > 2e-5*(1+math.Abs(float64(g))) {
			t.Fatalf("gradient %d: %g, the row's own is %g", i, soft.Grads.All[i], g)
		}
	}

	same := rows[0]
	z, V := soft.Logits(same), small.Vocab
	for at := range same.IDs {
		s := Soft{}
		if at > 0 {
			p := softmax(wide(z[(at-1)*V : at*V]))
			for _, id := range []int32{3, 36, 0, 17} {
				s.IDs, s.P = append(s.IDs, id), append(s.P, float32(p[id]))
			}
		} else {
			s = Soft{[]int32{1}, []float32{1}}
		}
		same.Soft = append(same.Soft, s)
	}
	clear(soft.Grads.All)
	if loss, _, _ := soft.Accumulate([]Row{same}); math.Abs(loss) > 1e-5 {
		t.Errorf("loss %g of a teacher that agrees", loss)
	}
	for i, g := range soft.Grads.All {
		if math.Abs(float64(g)) > 1e-4 {
			t.Fatalf("gradient %d is %g of a teacher that agrees", i, g)
		}
	}
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// A token that is named twice would be taken from the rest twice.
func TestSoftNamesATokenOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a token named twice was learnt")
		}
	}()
	divergence(make([]float32, 4), []Soft{{IDs: []int32{1, 2, 1}, P: []float32{0.2, 0.2, 0.2}}}, []int32{2}, []float32{1}, make([]float64, 1))
}
