package model

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/kernel"
)

// BenchmarkTrain reports tokens and FLOPs a second of a training step without
// its optimiser, and the share of the FMA peak measured beside it.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  Config
	}{{"tutor", Scale(4, 512, 256)}, {"C384L6", func() Config { c := Scale(10, 512, 256); c.Layers = 6; return c }()}} {
		b.Run(c.name, func(b *testing.B) {
			const rows, length = 16, 256
			tr := trainerWith(b, c.cfg, rows, length, 2)
			batch := randomRows(c.cfg, 1)
			for i := range rows {
				batch = append(batch, randomRows(c.cfg, uint64(i), []int{64, 64, 64, 64})...)
			}
			flops := 0.0
			for _, r := range batch {
				n := 0
				for _, w := range r.Weight {
					if w != 0 {
						n++
					}
				}
				flops += 3 * c.cfg.FLOPs([]int{64, 64, 64, 64}, n)
			}
			for b.Loop() {
				tr.Accumulate(batch)
				tr.Repack()
			}
			s := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(rows*length/s, "tokens/s")
			b.ReportMetric(flops/s/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkDecode reports generated tokens a second of a full batch.
func BenchmarkDecode(b *testing.B) {
	tr := trainerWith(b, Scale(4, 512, 256), 1, 64, 1)
	const batch, limit = 256, 128
	d, err := NewDecoder(tr.Params, 256, limit, 2)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const pages = limit / PageTokens
	p, err := NewPages(&d.Shape, KVFloat32, batch*pages, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	seqs := make([]Seq, batch)
	for i := range seqs {
		seqs[i] = Seq{IDs: []int32{int32(i % 512)}, Logits: 1}
		for j := range pages {
			seqs[i].Full = append(seqs[i].Full, int32(i*pages+j))
		}
	}
	logits := make([]float32, batch*512)
	for b.Loop() {
		for i := range seqs {
			if seqs[i].At++; seqs[i].At == 80 {
				seqs[i].At = 20
			}
		}
		if err := d.Step(p, seqs, logits); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

func BenchmarkPeak(b *testing.B) {
	flops := 0.0
	for b.Loop() {
		flops += kernel.PeakFMA(1 << 20)
	}
	b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkQLoRA reports tokens a second of adapters of rank 16 over a seventh
// of a model of 0.6B in Q4_K_M (4 of 28 layers, a head to match), two rows of
// 512 at a time, with the optimiser's share left out.
func BenchmarkQLoRA(b *testing.B) {
	s := Own(Config{Vocab: 21728, Width: 1024, Layers: 4, Heads: 16, KVHeads: 8, HeadDim: 128, Hidden: 3072, Context: 1024, Theta: 1e6, Eps: 1e-6})
	path := filepath.Join(b.TempDir(), "model.gguf")
	p := newParams(s, inFloats, realArena(b, s.Params()))
	p.Init(1)
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := p.File().WriteGGUF(out, AsQ4_K_M, nil, 2); err != nil {
		b.Fatal(err)
	}
	out.Close()
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows := randomRows(s.Config, 1, []int{512}, []int{512})
	for _, again := range []bool{false, true} {
		b.Run(fmt.Sprintf("recompute=%t", again), func(b *testing.B) {
			o := Training{Rows: 2, Length: 512, Threads: 2, Recompute: again, LoRA: &LoRA{Rank: 16, Alpha: 32}}
			tr := openTrainer(b, f, o)
			for b.Loop() {
				tr.Accumulate(rows)
				tr.Repack()
			}
			n, _ := f.TrainerBytes(o)
			b.ReportMetric(1024*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(n)/1e6, "MB")
		})
	}
}

// BenchmarkMixture reports operations a second of training 32 experts of which
// a token asks 8, beside a dense layer as wide as those 8, whole and by adapters.
func BenchmarkMixture(b *testing.B) {
	dense := Own(Config{Vocab: 2048, Width: 512, Layers: 2, Heads: 8, KVHeads: 4, HeadDim: 64, Hidden: 2048, Context: 512, Theta: 1e6, Eps: 1e-6})
	mixture := dense
	mixture.Arch, mixture.Experts, mixture.Chosen, mixture.Renorm, mixture.Hidden = "qwen3moe", 32, 8, true, 256
	for _, lora := range []*LoRA{nil, {Rank: 16, Alpha: 32}} {
		for name, s := range map[string]Shape{"dense": dense, "mixture": mixture} {
			b.Run(fmt.Sprintf("%s/lora=%t", name, lora != nil), func(b *testing.B) {
				p := newParams(s, inFloats, realArena(b, s.Params()))
				p.Init(1)
				tr := openTrainer(b, p.File(), Training{Rows: 2, Length: 512, Threads: 2, LoRA: lora})
				rows := randomRows(s.Config, 1, []int{512}, []int{512})
				flops, each := 0.0, 3.0
				if lora != nil {
					each = 2
				}
				for b.Loop() {
					_, _, n := tr.Accumulate(rows)
					flops += each * s.FLOPs([]int{512, 512}, n)
				}
				b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
