package model

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
)

// Log-probabilities are the losses that Accumulate adds, token by token, for
// any micro-batch and any number of threads; and those of the reference.
func TestLogProbs(t *testing.T) {
	rows := randomRows(small, 1, []int{30, 34}, []int{64}, []int{5, 1, 40}, []int{2, 2, 2})
	_, want, _ := trainerWith(t, small, 1, 64, 1).LogProbs(t.Context(), rows)
	for _, try := range []struct{ micro, threads int }{{4, 1}, {2, 2}, {3, 3}} {
		tr := trainerWith(t, small, try.micro, 64, try.threads)
		sums, each, _ := tr.LogProbs(t.Context(), rows)
		_, loss, _ := tr.Accumulate(rows)
		total := 0.0
		for i, r := range rows {
			sum := 0.0
			for at, w := range r.Weight {
				if each[i][at] != want[i][at] || (w == 0) != (each[i][at] == 0) {
					t.Fatalf("row %d token %d: %v, want %v", i, at, each[i][at], want[i][at])
				}
				sum += each[i][at]
			}
			if sum != sums[i] {
				t.Errorf("row %d: sum %v of %v", i, sums[i], sum)
			}
			total += sum
		}
		if math.Abs(total+loss) > 1e-12*loss {
			t.Errorf("log-probabilities sum to %v, losses to %v", total, loss)
		}
	}
	m := newReference(trainerWith(t, small, 1, 64, 1).Params)
	r := rows[0]
	h := m.outputs(r.IDs[:r.Docs[1]])
	for at := 1; at < r.Docs[1]; at++ {
		p := math.Log(softmax(times(m.p["model.embed_tokens.weight"], h[at-1]))[r.IDs[at]])
		if r.Weight[at] != 0 && math.Abs(p-want[0][at]) > 1e-4 {
			t.Errorf("token %d: %v, the reference says %v", at, want[0][at], p)
		}
	}
}

// Stopped between two of its micro-batches, a reading says nothing, and read again it
// says what it would have; of all weights and of adapters.
func TestLogProbsStopped(t *testing.T) {
	f := openArch(t, "llama3")
	rows := randomRows(f.Shape.Config, 3, []int{20, 1, 40}, []int{35}, []int{12, 12}, []int{50}, []int{9})
	for name, o := range map[string]Training{"whole": {}, "adapter": {LoRA: &LoRA{Rank: 2, Alpha: 4}}} {
		o.Rows, o.Length, o.Threads = 2, 64, 1
		tr := openTrainer(t, f, o)
		want, _, err := tr.LogProbs(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		// It is stopped while the first of three micro-batches is read.
		ctx, stop := context.WithCancel(t.Context())
		forward, embed, begun := tr.loops.forward, tr.frozen.embed, map[*int32]bool{}
		see := func() { stop(); begun[&tr.batch[0].in.IDs[0]] = true }
		tr.loops.forward = func(w, i, part int) { see(); forward(w, i, part) }
		tr.frozen.embed = func(w, i int) { see(); embed(w, i) }
		if sums, each, err := tr.LogProbs(ctx, rows); !errors.Is(err, context.Canceled) || sums != nil || each != nil || len(begun) != 1 {
			t.Errorf("%s: stopped: %v, with %d micro-batches begun", name, err, len(begun))
		}
		tr.loops.forward, tr.frozen.embed = forward, embed
		if got, _, err := tr.LogProbs(t.Context(), rows); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: read again: %v (%v), want %v", name, got, err, want)
		}
	}
}
