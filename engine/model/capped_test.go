package model

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/tensor"
)

// Where logits are capped, whole or over frozen weights: log-probabilities are
// the losses; what a teacher says is learnt with the gradient of its loss; and
// a teacher that agrees with the model teaches nothing.
func TestCapped(t *testing.T) {
	f := openArch(t, "gemma2")
	if f.Shape.CapLogits == 0 || f.Shape.CapScores == 0 {
		t.Fatal("nothing is capped")
	}
	V := f.Shape.Vocab
	rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35})
	for _, lora := range []*LoRA{nil, {Rank: 3, Alpha: 6}} {
		tr := openTrainer(t, f, Training{Rows: 2, Length: 64, Threads: 2, LoRA: lora})
		shake(tr)
		_, loss, _ := tr.Accumulate(rows)
		sums, _, _ := tr.LogProbs(t.Context(), rows)
		if total := sums[0] + sums[1]; math.Abs(total+loss) > 1e-12*loss {
			t.Errorf("adapter %t: log-probabilities sum to %v, losses to %v", lora != nil, total, loss)
		}
		soft := rows[1]
		z := tr.Logits(soft)
		for at := range soft.IDs {
			s := Soft{}
			if at > 0 {
				row := z[(at-1)*V : at*V]
				for _, x := range row {
					if !(x >= -f.Shape.CapLogits && x <= f.Shape.CapLogits) {
						t.Fatalf("a logit of %g", x)
					}
				}
				p := softmax(wide(row))
				for _, id := range []int32{3, 36, 0, 17} {
					s.IDs, s.P = append(s.IDs, id), append(s.P, float32(p[id]))
				}
			}
			soft.Soft = append(soft.Soft, s)
		}
		if loss, _, _ := tr.Accumulate([]Row{soft}); math.Abs(loss) > 1e-5 {
			t.Errorf("adapter %t: loss %g of a teacher that agrees", lora != nil, loss)
		}
		for at := 1; at < len(soft.Soft); at++ {
			soft.Soft[at].P = []float32{0.3, 0.1, 0.05, 0.2}
		}
		directional(t, tr, []Row{soft})
	}
}

// What a trainer takes is what was said of it before, to the byte.
func TestTrainerBytes(t *testing.T) {
	for _, name := range trained {
		f := openArch(t, name)
		for _, o := range []Training{{}, {Recompute: true}, {Half: true}, {LoRA: &LoRA{Rank: 3, Alpha: 6}}} {
			o.Rows, o.Length, o.Threads = 2, 50, 3
			want, err := f.TrainerBytes(o)
			if err != nil {
				t.Fatal(err)
			}
			before := tensor.Taken()
			tr, err := f.NewTrainer(o)
			if err != nil {
				t.Fatal(err)
			}
			if took := tensor.Taken() - before; took != want || tr.Params.embed.f != nil && len(tr.Params.All) != tr.Params.Params() {
				t.Errorf("%s, %+v: took %d bytes, said %d; %d parameters, said %d", name, o, took, want, len(tr.Params.All), tr.Params.Params())
			}
			tr.Close()
		}
	}
}

// Norms that a folder holds less one are trained to numbers that it can hold:
// a model that is written in float32 has the trainer's bits. Those of a GGUF
// file need not be such numbers, and are near them as they are written.
func TestUnitNorms(t *testing.T) {
	for _, name := range []string{"gemma2", "gemma3", "qwen3_5"} {
		f := openArch(t, name)
		tr := openTrainer(t, f, Training{Rows: 1, Length: 64, Threads: 2})
		rng := rand.New(rand.NewPCG(1, 2))
		for _, x := range tr.Params.Tensors() {
			if strings.Contains(x.Name, "norm") {
				for i := range x.Data {
					x.Data[i] = float32(math.Exp(3*rng.Float64() - 2.5)) // of all sizes, most of them small
				}
			}
		}
		odd := openWritten(t, tr.Params, name)
		tr.Repack()
		row := randomRows(f.Shape.Config, 3, []int{64})[0]
		want := tr.Logits(row)
		back := folderOf(t, tr.Params.File(), AsF32)
		if got := served(t, back, nil, row); hash(got) != hash(want) {
			t.Errorf("%s: written and read again, the logits are others: NMSE %.2g", name, nmse(got, want))
		}
		for _, x := range Plain {
			for _, of := range []*File{tr.Params.File(), odd} {
				folderOf(t, of, x)
			}
		}
	}
}

// openWritten writes p as a GGUF file and opens that.
func openWritten(t *testing.T, p *Params, name string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.File().WriteGGUF(out, AsF32, nil, 2); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
