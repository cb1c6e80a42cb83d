package model

import (
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
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
	var count tensor.Arena
	for range batch {
		NewCache(&d.Config, limit, &count)
	}
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	seqs := make([]Seq, batch)
	for i := range seqs {
		seqs[i] = Seq{NewCache(&d.Config, limit, a), []int32{int32(i % 512)}}
	}
	logits := make([]float32, batch*512)
	for b.Loop() {
		if seqs[0].Cache.Len == 80 {
			for i := range seqs {
				seqs[i].Cache.Len = 20
			}
		}
		d.Step(seqs, logits)
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
