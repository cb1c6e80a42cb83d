package model

import (
	"strings"
	"testing"
)

// Matrices in bfloat16 give the bits of the same numbers in float32: losses,
// gradients, logits, of every family and of one whose head takes several turns;
// and the decoder reads them as they are.
func TestHalf(t *testing.T) {
	wide := Config{Vocab: headRows + 300, Width: 48, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 32, Hidden: 300, Context: 64, Theta: 10000, Eps: 1e-6}
	trainers := map[string]func(half bool) *Trainer{
		"wide": func(half bool) *Trainer {
			tr, err := Training{Rows: 2, Length: 64, Threads: 2, Half: half}.New(wide)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tr.Close)
			tr.Params.Init(7)
			return tr
		},
	}
	families := trained
	if testing.Short() {
		families = []string{"spark2_5", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}
	}
	for _, name := range families {
		trainers[name] = func(half bool) *Trainer {
			return openTrainer(t, openArch(t, name), Training{Rows: 2, Length: 64, Threads: 2, Half: half, Recompute: half})
		}
	}
	for name, open := range trainers {
		half, full := open(true), open(false)
		from := half.Params.tensors()
		for i, x := range full.Params.tensors() {
			if len(x.Shape) == 2 && from[i].Half == nil && !strings.HasSuffix(x.Name, ".ssm_conv1d.weight") {
				t.Fatalf("%s: %s is not in bfloat16", name, x.Name)
			}
			stored{from[i].Data, from[i].Half}.read(x.Data, 0)
		}
		full.Repack()
		c := full.Params.Config
		rows := randomRows(c, 3, []int{64}, []int{20, 30}, []int{17, 1, 5})
		for range 2 {
			w1, s1, n1 := half.Accumulate(rows)
			w2, s2, n2 := full.Accumulate(rows)
			if w1 != w2 || s1 != s2 || n1 != n2 || s1 == 0 {
				t.Errorf("%s: losses %v %v %d, in float32 %v %v %d", name, w1, s1, n1, w2, s2, n2)
			}
		}
		if hash(half.Grads.All) != hash(full.Grads.All) {
			t.Errorf("%s: other gradients", name)
		}
		if hash(half.Logits(rows[0])) != hash(full.Logits(rows[0])) {
			t.Errorf("%s: other logits", name)
		}
		s1, _, _ := half.LogProbs(t.Context(), rows)
		s2, _, _ := full.LogProbs(t.Context(), rows)
		for i := range s1 {
			if s1[i] != s2[i] {
				t.Errorf("%s: row %d has the log-probability %v, in float32 %v", name, i, s1[i], s2[i])
			}
		}
		var logits [2][]float32
		for i, p := range []*Params{half.Params, full.Params} {
			d, err := p.File().NewDecoder(64, 64, 1)
			if err != nil {
				t.Fatal(err)
			}
			pages, err := NewPages(&d.Shape, KVFloat32, 8, 8)
			if err != nil {
				t.Fatal(err)
			}
			logits[i] = make([]float32, 64*c.Vocab)
			at := []int32{0, 1}
			if err := d.Step(pages, []Seq{{IDs: rows[0].IDs, Full: at, Window: at, Logits: 64}}, logits[i]); err != nil {
				t.Fatal(err)
			}
			pages.Close()
			d.Close()
		}
		if hash(logits[0]) != hash(logits[1]) {
			t.Errorf("%s: the decoder has other logits", name)
		}
	}
}

// A trainer in bfloat16 takes less memory by 6 bytes a weight of a block, and by
// what the head's rows need besides less than that.
func TestHalfFloats(t *testing.T) {
	c := Scale(16, 8192, 64)
	o := Training{Rows: 1, Length: 32, Threads: 1}
	full := o.Floats(c)
	o.Half = true
	saved := float64(4*(full-o.Floats(c))) / float64(c.Params())
	if saved < 5 || saved > 6 {
		t.Errorf("%.2f bytes a parameter are saved", saved)
	}
}
