package infer

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// BenchmarkChats has 8 clients talk to the model whose files SUIREN_MODEL
// names, in the shape of compat/llamacpp/bench.py's chats: prompts of 128
// tokens that no other shares, answers of 64, the likeliest tokens. It reports
// tokens written a second, all together, and the median time to the first.
func BenchmarkChats(b *testing.B) {
	path := os.Getenv("SUIREN_MODEL")
	if path == "" {
		b.Skip("SUIREN_MODEL names no model")
	}
	f, err := model.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	e, err := Open(f, Options{Slots: 8, Limit: 1024, Threads: 2, KV: model.KVFloat16})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var first []time.Duration
	var mu sync.Mutex
	tokens, round := 0, uint64(0)
	for b.Loop() {
		round++
		var wg sync.WaitGroup
		for client := range uint64(8) {
			wg.Go(func() {
				r := Request{MaxTokens: 64}
				for i := range uint64(128) {
					r.Prompt = append(r.Prompt, int32(tensor.Rand(round, client, i)%uint64(f.Shape.Vocab)))
				}
				for t, err := range e.Generate(context.Background(), r) {
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					if tokens++; t.Usage != nil {
						first = append(first, t.Usage.First)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}
	slices.Sort(first)
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tok/s")
	b.ReportMetric(first[len(first)/2].Seconds()*1000, "ms-first")
}
