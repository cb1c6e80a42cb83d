package train

import (
	"runtime"
	"slices"
	"testing"

	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/stage"
)

// A step in steady state allocates nothing, between two that are told.
func TestStepAllocs(t *testing.T) {
	_, in := toySFT(t)
	rows, err := stage.OpenRows(in["from"])
	check(t, err)
	defer rows.Close()
	cfg := (&SFT{Depth: 1}).config(rows.Vocab(), rows.Length())
	shape := model.Own(cfg)
	s := recipe("", 1)
	s.Decay = optim.Default().Decay
	l, err := newLearner(cfg, model.Training{Rows: 4, Length: rows.Length(), Threads: 1}, s)
	check(t, err)
	defer l.Close()
	l.Params.Init(1)
	l.Repack()
	b := newBench(t, nil)
	m := newMeter(b.Job, 1<<30, 0)
	m.l = l
	next, n := newBatcher(rows, 4, 0), 0
	step := func() {
		list, flops, tokens := next.at(n, &shape, 0)
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
		got, flops, _ := next.at(step, &shape, 0)
		want := batchAt(rows, step, 4)
		sum := 0.0
		for i := range want {
			sum += rowFLOPs(&shape, want[i])
			if !slices.Equal(got[i].IDs, want[i].IDs) || !slices.Equal(got[i].Docs, want[i].Docs) || !slices.Equal(got[i].Weight, want[i].Weight) {
				t.Fatalf("step %d, row %d differs", step, i)
			}
		}
		if flops != sum {
			t.Errorf("step %d: %g FLOPs, want %g", step, flops, sum)
		}
	}
}

// Nothing grows over ten thousand steps: neither Go's memory, nor the arenas,
// nor the workers; and none of them allocates, but what is told now and then.
func TestNothingGrows(t *testing.T) {
	for _, threads := range []int{1, 2} {
		cfg := model.Config{Vocab: 16, Width: 8, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 8, Hidden: 16, Context: 16, Theta: 10000, Eps: 1e-6}
		l, err := newLearner(cfg, model.Training{Rows: 2, Length: cfg.Context, Threads: threads}, recipe("", 1))
		check(t, err)
		l.Params.Init(1)
		l.Repack()
		b := newBench(t, nil)
		m := newMeter(b.Job, 1<<30, 0)
		m.l = l
		var rows []model.Row
		for range 2 {
			r := model.Row{Docs: []int{0, cfg.Context}}
			for i := range cfg.Context {
				r.IDs, r.Weight = append(r.IDs, int32(i)), append(r.Weight, min(float32(i), 1)/30)
			}
			rows = append(rows, r)
		}
		n := 0
		run := func(steps int) (heap uint64, arenas int64, goroutines int, allocs float64) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range steps {
				loss, _, _ := l.Accumulate(rows)
				l.Learn(0.001)
				n++
				m.step(n, loss, 2*cfg.Context, 1)
			}
			runtime.ReadMemStats(&after)
			allocs = float64(after.Mallocs-before.Mallocs) / float64(steps)
			b.events = nil
			runtime.GC()
			runtime.GC() // what pools hold as well
			runtime.ReadMemStats(&after)
			return after.HeapAlloc, tensor.Taken(), runtime.NumGoroutine(), allocs
		}
		run(200)
		heap, arenas, goroutines, _ := run(200)
		endHeap, endArenas, endGoroutines, allocs := run(10_000)
		if endHeap > heap+64<<10 || endArenas != arenas || endGoroutines > goroutines {
			t.Errorf("%d threads: %d bytes, %d of arenas, %d goroutines; after 10,000 steps %d, %d, %d", threads, heap, arenas, goroutines, endHeap, endArenas, endGoroutines)
		}
		if allocs > 0.1 {
			t.Errorf("%d threads: %.2f allocations a step", threads, allocs)
		}
		l.Close()
	}
}
