package model

import (
	"context"
	"errors"
	"testing"
)

// Stopped between two of its micro-batches, a batch leaves no gradients, and taken
// again it gives the bits of one that was never stopped; of all weights and of adapters.
func TestAccumulateStopped(t *testing.T) {
	f := openArch(t, "llama3")
	rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35}, []int{12, 12}, []int{50}, []int{9})
	for name, o := range map[string]Training{"whole": {}, "half": {Half: true}, "adapter": {LoRA: &LoRA{Rank: 2, Alpha: 4}}} {
		o.Rows, o.Length, o.Threads = 2, 64, 1
		sums := func(tr *Trainer) (all [][]float32) {
			_, grads := tr.Trained()
			for _, g := range grads {
				all = append(all, append([]float32(nil), g.Data...))
			}
			return all
		}
		tr := openTrainer(t, f, o)
		if o.LoRA != nil {
			shake(tr)
		}
		loss, sum, n := tr.Accumulate(rows)
		want := sums(tr)
		_, grads := tr.Trained()
		for _, g := range grads {
			clear(g.Data)
		}
		// It is stopped while the first micro-batch is read: the second is never begun.
		ctx, stop := context.WithCancel(context.Background())
		forward, embed, began := tr.loops.forward, tr.frozen.embed, 0
		tr.loops.forward = func(w, i, part int) {
			stop()
			if part == 0 {
				began++
			}
			forward(w, i, part)
		}
		tr.frozen.embed = func(w, i int) { stop(); began++; embed(w, i) }
		_, _, _, err := tr.AccumulateUntil(ctx, rows)
		if !errors.Is(err, context.Canceled) || began == 0 {
			t.Fatalf("%s: stopped: %v", name, err)
		}
		once := began
		if _, _, _, err := tr.AccumulateUntil(ctx, rows); !errors.Is(err, context.Canceled) || began != once {
			t.Errorf("%s: begun although it is stopped: %v", name, err)
		}
		tr.loops.forward, tr.frozen.embed = forward, embed
		for i, g := range grads {
			for _, v := range g.Data {
				if v != 0 {
					t.Fatalf("%s: a gradient of %s was kept: %g", name, grads[i].Name, v)
				}
			}
		}
		l, sm, k, err := tr.AccumulateUntil(context.Background(), rows)
		if err != nil || l != loss || sm != sum || k != n {
			t.Errorf("%s: %g %g %d %v, want %g %g %d", name, l, sm, k, err, loss, sum, n)
		}
		for i, g := range sums(tr) {
			if hash(g) != hash(want[i]) {
				t.Fatalf("%s: another gradient of %s", name, grads[i].Name)
			}
		}
	}
}
