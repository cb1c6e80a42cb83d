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
// names: prompts of 256 tokens, which begin alike, and answers of 64. It
// reports tokens written a second, all together; the median time to the first
// token; and the share of the time that is not the model's.
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
				r := Request{MaxTokens: 64, Temperature: 0.7, TopP: 0.95, Seed: client}
				for i := range uint64(256) {
					key := round
					if i > 128 {
						key += 1000 * (1 + client)
					}
					r.Prompt = append(r.Prompt, int32(tensor.Rand(1, key, i)%uint64(f.Shape.Vocab)))
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
