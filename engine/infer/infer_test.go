package infer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

var tiny = model.Config{Vocab: 23, Width: 16, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Context: 64, Theta: 10000, Eps: 1e-6}

func params(t testing.TB) *model.Params {
	t.Helper()
	a, err := tensor.NewArena(tiny.Params() + 16)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	p := model.NewParams(tiny, a)
	p.Init(1)
	for i := range p.All { // no zero matrices: every block counts
		p.All[i] += 0.2 * (tensor.Uniform(tensor.Rand(2, 0, uint64(i))) - 0.5)
	}
	return p
}

func requests() []Request {
	var list []Request
	for i := range 20 {
		r := Request{MaxTokens: 3 + i, Stop: []int32{5}, Seed: uint64(i)}
		for j := range 1 + i%7 {
			r.Prompt = append(r.Prompt, int32((i*3+j*5)%tiny.Vocab))
		}
		switch i % 4 {
		case 1:
			r.Temperature = 1
		case 2:
			r.Temperature, r.TopP = 0.8, 0.7
		case 3:
			r.Open, r.Think, r.ThinkEnd, r.Temperature = true, 4, []int32{6}, 1
		}
		list = append(list, r, r) // twice the same: a shared prompt
		list[len(list)-1].Seed += 100
	}
	return list
}

func run(t testing.TB, p *model.Params, reqs []Request, slots, threads int) []Result {
	t.Helper()
	s, err := NewSampler(p, slots, 64, threads)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	res, err := s.Run(context.Background(), reqs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// What a request gets depends neither on the batch nor on the threads.
func TestBatchInvariant(t *testing.T) {
	p, reqs := params(t), requests()
	want := run(t, p, reqs, 1, 1)
	for _, try := range [][2]int{{2, 1}, {7, 2}, {64, 3}} {
		got := run(t, p, reqs, try[0], try[1])
		for i := range got {
			if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
				t.Errorf("%d slots, %d threads: request %d got %v, alone %v", try[0], try[1], i, got[i], want[i])
			}
		}
	}
	for i, r := range want {
		if n := len(r.IDs); n > reqs[i].MaxTokens || r.Finish == Cut && n != reqs[i].MaxTokens || slices.Contains(r.IDs, 5) {
			t.Errorf("request %d: %+v with at most %d tokens", i, r, reqs[i].MaxTokens)
		}
	}
}

// A thought is closed at its budget, whatever the model wants.
func TestThinkBudget(t *testing.T) {
	p := params(t)
	var reqs []Request
	for i := range 50 {
		reqs = append(reqs, Request{Prompt: []int32{1, 2}, MaxTokens: 40, Open: true, Think: 1 + i%9, ThinkEnd: []int32{6}, Temperature: 1, Seed: uint64(i)})
	}
	for i, r := range run(t, p, reqs, 8, 1) {
		if at := slices.Index(r.IDs, 6); at < 0 || at > reqs[i].Think {
			t.Errorf("budget %d: thought closed at %d in %v", reqs[i].Think, at, r.IDs)
		}
	}
}

// Samples follow the softmax of the logits.
func TestSampleDistribution(t *testing.T) {
	logits := []float32{0, 1, 2, -1, 0.5}
	c := newChooser(len(logits))
	const n = 20000
	for _, temp := range []float32{1, 0.5} {
		counts := make([]int, len(logits))
		for i := range n {
			r := Request{Temperature: temp, Seed: 9}
			id, sc, _ := c.choose(logits, &r, i, nil, false)
			lp := sc.of(logits[id])
			counts[id]++
			var sum float64
			for _, z := range logits {
				sum += math.Exp(float64(z))
			}
			if want := float64(logits[id]) - math.Log(sum); math.Abs(float64(lp)-want) > 1e-5 {
				t.Fatalf("log-probability %g, want %g", lp, want)
			}
		}
		var sum, chi float64
		for _, z := range logits {
			sum += math.Exp(float64(z / temp))
		}
		for i, z := range logits {
			e := n * math.Exp(float64(z/temp)) / sum
			chi += (float64(counts[i]) - e) * (float64(counts[i]) - e) / e
		}
		if chi > 18.5 { // χ² with 4 degrees of freedom exceeds it once in 1,000; the seed is fixed
			t.Errorf("temperature %g: χ² = %.1f, counts %v", temp, chi, counts)
		}
	}
	r := Request{Temperature: 1, TopP: 0.6, Seed: 3} // 2 has 0.55, with 1 it is 0.75
	for i := range 2000 {
		if id, _, _ := c.choose(logits, &r, i, nil, false); id != 2 && id != 1 {
			t.Fatalf("top_p 0.6 chose token %d", id)
		}
	}
}

// Concurrent clients get what they would get alone; those who leave free
// their place.
func TestEngine(t *testing.T) {
	p, reqs := params(t), requests()
	want := run(t, p, reqs, 1, 1)
	e, err := NewEngine(p, 4, 64, 2)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, r := range reqs {
		wg.Go(func() {
			if i%5 == 4 { // leaves after two tokens
				n := 0
				for range e.Generate(context.Background(), r) {
					if n++; n == 2 {
						return
					}
				}
				return
			}
			var ids []int32
			finish := ""
			for tok, err := range e.Generate(context.Background(), r) {
				if err != nil {
					t.Error(err)
					return
				}
				if finish = tok.Finish; finish != Stopped {
					ids = append(ids, tok.ID)
				}
			}
			if !slices.Equal(ids, want[i].IDs) || finish != want[i].Finish {
				t.Errorf("request %d got %v %s, alone %v", i, ids, finish, want[i])
			}
		})
	}
	wg.Wait()
	e.Close()
	for _, err := range e.Generate(context.Background(), reqs[0]) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestRefusals(t *testing.T) {
	e, err := NewEngine(params(t), 2, 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, r := range map[string]Request{
		"empty":       {MaxTokens: 1},
		"too long":    {Prompt: make([]int32, 16), MaxTokens: 1},
		"no tokens":   {Prompt: []int32{1}},
		"bad token":   {Prompt: []int32{23}, MaxTokens: 1},
		"negative":    {Prompt: []int32{-1}, MaxTokens: 1},
		"temperature": {Prompt: []int32{1}, MaxTokens: 1, Temperature: -1},
		"top_p":       {Prompt: []int32{1}, MaxTokens: 1, TopP: 1.5},
	} {
		for _, err := range e.Generate(context.Background(), r) {
			if !errors.Is(err, ErrRequest) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range e.Generate(ctx, Request{Prompt: []int32{1}, MaxTokens: 8}) {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// BenchmarkRollout samples as a step of GRPO does: 64 prompts, 8 answers each.
func BenchmarkRollout(b *testing.B) {
	c := model.Scale(4, 512, 256)
	a, err := tensor.NewArena(c.Params() + 16)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	p := model.NewParams(c, a)
	p.Init(1)
	for i := range p.All {
		p.All[i] += 0.1 * (tensor.Uniform(tensor.Rand(2, 0, uint64(i))) - 0.5)
	}
	s, err := NewSampler(p, 256, 256, 2)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var reqs []Request
	for i := range uint64(64) {
		var prompt []int32
		for j := range 25 + i%20 {
			prompt = append(prompt, int32(tensor.Rand(5, i, j)%512))
		}
		for k := range uint64(8) {
			reqs = append(reqs, Request{Prompt: prompt, MaxTokens: 20 + int(tensor.Rand(7, i, k)%60), Temperature: 1, Seed: i*8 + k})
		}
	}
	n := 0
	for b.Loop() {
		if err := s.Repack(); err != nil {
			b.Fatal(err)
		}
		res, err := s.Run(context.Background(), reqs, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range res {
			n += len(r.IDs)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tok/s")
}
