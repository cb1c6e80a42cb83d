package train

import (
	"slices"
	"testing"

	"suiren/engine/optim"
	"suiren/stage"
)

// A step in steady state allocates nothing, between two that are told.
func TestStepAllocs(t *testing.T) {
	_, in := toySFT(t)
	rows, err := stage.OpenRows(in["from"])
	check(t, err)
	defer rows.Close()
	cfg := (&SFT{Depth: 1}).config(rows.Vocab(), rows.Length())
	s := recipe("", 1)
	s.Decay = optim.Default().Decay
	l, err := newLearner(cfg, 4, rows.Length(), 1, s)
	check(t, err)
	defer l.Close()
	l.Params.Init(1)
	l.Repack()
	b := newBench(t, nil)
	m := newMeter(b.Job, 1<<30, 0)
	m.l = l
	next, n := newBatcher(rows, 4), 0
	step := func() {
		list, flops, tokens := next.at(n, &cfg, 0)
		loss, _, _ := l.Accumulate(list)
		l.Learn(0.1)
		n++
		m.step(n, loss, tokens, flops)
	}
	for range meterFirst + 1 {
		step()
	}
	told := len(b.events)
	if got := testing.AllocsPerRun(10, step); got > 0 && len(b.events) == told {
		t.Errorf("%g allocations a step", got)
	}
	// The batches are those of batchAt.
	for step := range 90 {
		got, flops, _ := next.at(step, &cfg, 0)
		want := batchAt(rows, step, 4)
		sum := 0.0
		for i := range want {
			sum += rowFLOPs(&cfg, want[i])
			if !slices.Equal(got[i].IDs, want[i].IDs) || !slices.Equal(got[i].Docs, want[i].Docs) || !slices.Equal(got[i].Weight, want[i].Weight) {
				t.Fatalf("step %d, row %d differs", step, i)
			}
		}
		if flops != sum {
			t.Errorf("step %d: %g FLOPs, want %g", step, flops, sum)
		}
	}
}
