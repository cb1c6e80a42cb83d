package model

import (
	"testing"

	"suiren/engine/kernel"
	"suiren/internal/kerneltest"
)

// Gradients of split numbers are near those of whole ones, the loss is the
// same, and their bits depend neither on tile units nor on threads nor on
// micro-batches nor on what is computed again nor, of the same numbers, on how
// they are stored: of every family, trained whole and by adapters, and of one
// whose head takes several turns.
func TestSplit(t *testing.T) {
	families := trained
	if testing.Short() {
		families = []string{"qwen3_moe", "qwen3_5_moe"}
	}
	for _, name := range families {
		f := openArch(t, name)
		for _, lora := range []*LoRA{nil, {Rank: 3, Alpha: 6, Targets: adapted(f)}} {
			rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35}, []int{64})
			open := func(o Training) *Trainer {
				o.Length, o.LoRA = 64, lora
				return openTrainer(t, f, o)
			}
			splitTwice(t, name, rows, lora == nil, 2, open)
			splitTwice(t, name, rows, lora == nil, 3, open)
		}
	}
	if testing.Short() {
		return
	}
	wide := Config{Vocab: headRows + 300, Width: 48, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 32, Hidden: 300, Context: 600, Theta: 10000, Eps: 1e-6}
	rows := randomRows(wide, 3, []int{300, 290}, []int{410}, []int{33, 500})
	for _, s := range []kernel.Split{2, 3} {
		splitTwice(t, "wide", rows, true, s, func(o Training) *Trainer {
			o.Length = 600
			tr, err := newTrainer(Own(wide), o, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tr.Close)
			tr.Params.Init(7)
			tr.Repack()
			return tr
		})
	}
}

func splitTwice(t *testing.T, name string, rows []Row, whole bool, s kernel.Split, open func(Training) *Trainer) {
	t.Helper()
	run := func(o Training) (*Trainer, []float32, float64) {
		tr := open(o)
		_, grads := tr.Trained()
		tr.Accumulate(rows[:1])
		loss, _, _ := tr.Accumulate(rows)
		var all []float32
		for _, g := range grads {
			all = append(all, g.Data...)
		}
		return tr, all, loss
	}
	_, full, want := run(Training{Rows: 3, Threads: 2})
	first, split, loss := run(Training{Rows: 3, Threads: 1, Split: s})
	if loss != want {
		t.Errorf("%s: loss %v, of whole numbers %v", name, loss, want)
	}
	most := map[kernel.Split]float64{2: 1e-5, 3: 2e-6}[s]
	if d := far(split, full); !(d > 0 && d <= most) {
		t.Errorf("%s: the gradients of %d numbers are off by %.2g", name, s, d)
	} else {
		t.Logf("%s: of %d numbers off by %.2g", name, s, d)
	}
	ways := []Training{{Rows: 1, Threads: 2}, {Rows: 2, Threads: 3}, {Rows: 3, Threads: 2, Recompute: true}}
	for _, o := range ways {
		o.Split = s
		if _, got, l := run(o); l != loss || hash(got) != hash(split) {
			t.Errorf("%s, %+v: loss %v, want %v; the gradients differ: %t", name, o, l, loss, hash(got) != hash(split))
		}
	}
	kerneltest.Each(t, "split", func(t *testing.T) {
		if _, got, _ := run(Training{Rows: 3, Threads: 2, Split: s}); hash(got) != hash(split) {
			t.Errorf("%s: other gradients", name)
		}
	})
	if !whole {
		return
	}
	halves := open(Training{Rows: 2, Threads: 2, Split: s, Half: true})
	from := halves.Params.tensors()
	for i, x := range first.Params.tensors() {
		stored{from[i].Data, from[i].Half}.read(x.Data, 0)
	}
	first.Repack()
	clear(first.Grads.All)
	w1, _, _ := halves.Accumulate(rows)
	w2, _, _ := first.Accumulate(rows)
	if w1 != w2 || hash(halves.Grads.All) != hash(first.Grads.All) {
		t.Errorf("%s in bfloat16: loss %v, of the same numbers %v; the gradients differ: %t", name, w1, w2, hash(halves.Grads.All) != hash(first.Grads.All))
	}
}
