package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
	"suiren/stage/train"
)

// A benchmark measures one thing that the machine does for Suiren.
type benchmark struct {
	name string // gemm-512
	what say.Text
	unit say.Text                                // of rate
	run  func(m stage.Machine) (measured, error) // on m.Threads threads
}

type measured struct {
	rate  float64 // a second
	flops float64 // of one
	peak  float64 // FLOP/s of multiply-adds, at the same time
	cores int     // that worked
}

// benchSeconds is how long a benchmark does its work. The best window counts,
// because another program can only make one slower. Between its windows stand
// as many of the peak, each as long, so that both meet the same machine: a long
// window is disturbed more often than a short one.
const (
	benchSeconds = 4.0
	benchWindow  = 2e-3 // seconds, or one call
)

var benchmarks = []benchmark{
	gemmBench(256), gemmBench(512), gemmBench(1024),
	trainBench("train-tutor", model.Scale(4, 512, 256), false, say.T("training of the tutor's model, AdamW", "训练 tutor 的模型，AdamW")),
	trainBench("train-C384-L6", wide(), false, say.T("training of 384 channels, 6 layers, AdamW", "训练 384 通道、6 层的模型，AdamW")),
	trainBench("muon-tutor", model.Scale(4, 512, 256), true, say.T("the same with Muon, as SFT trains", "同上，使用 SFT 所用的 Muon")),
	trainBench("muon-C384-L6", wide(), true, say.T("the same with Muon, as SFT trains", "同上，使用 SFT 所用的 Muon")),
	decodeBench(),
}

// wide is a model of 384 channels and 6 layers.
func wide() model.Config {
	c := model.Scale(10, 512, 256)
	c.Layers = 6
	return c
}

func (a *app) benchCommand() *cobra.Command {
	var names []string
	for _, b := range benchmarks {
		names = append(names, b.name)
	}
	c := &cobra.Command{
		Use: "bench [" + a.t("NAME", "名称") + "]", Short: a.t("Measure what this machine does, against its own measured peak", "测量本机性能，并与实测峰值比较"),
		Long: a.t("Measure what this machine does, against the peak of multiply-adds measured in the same moment.\n\nA name, or the beginning of one, chooses: %s.",
			"测量本机性能，并与同一时刻实测的乘加峰值比较。\n\n可用名称或其开头选择：%s。", names),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			prefix := strings.Join(args, "")
			found := false
			for _, b := range benchmarks {
				if !strings.HasPrefix(b.name, prefix) {
					continue
				}
				found = true
				if err := c.Context().Err(); err != nil {
					return err
				}
				if err := a.bench(b); err != nil {
					return err
				}
			}
			if !found {
				return usage(prefix, say.T("there is no such benchmark", "没有这项测量"), say.T("choose among %s", "可选：%s", names))
			}
			return nil
		},
	}
	c.AddCommand(a.benchInferCommand(), a.benchTrainCommand(), a.benchDataCommand(), a.benchKnowledgeCommand())
	return c
}

func (a *app) bench(b benchmark) error {
	m, err := a.machine()
	if err != nil {
		return err
	}
	r, err := b.run(m)
	if err != nil {
		return err
	}
	share := r.rate * r.flops / r.peak
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "bench", "name": b.name, "rate": r.rate, "flops": r.rate * r.flops, "peak": r.peak, "share_of_peak": share, "threads": r.cores})
		return nil
	}
	fmt.Fprintf(a.stdout, "%-14s %12s %s  %7.1f GFLOP/s  %s  %s\n", b.name, count(r.rate), terminal.Pad(b.unit.In(a.lang), 12), r.rate*r.flops/1e9,
		a.t("%.0f%% of peak", "峰值的 %.0f%%", 100*share), b.what.In(a.lang))
	return nil
}

// fastest calls f over and over and returns the calls a second of the best
// window, and the machine's best FLOP/s of multiply-adds on so many threads.
func fastest(threads int, f func()) (rate, peak float64) {
	team := tensor.NewTeam(threads)
	flops := make([]float64, threads)
	fma := func() { team.For(threads, func(_, i int) { flops[i] = kernel.PeakFMA(1 << 16) }) }
	fma()
	f()
	for spent := 0.0; spent < benchSeconds; {
		r, seconds := window(f, benchWindow)
		rate = max(rate, r)
		spent += seconds
		team.Hold(func() { r, _ = window(fma, seconds) }) // a thread that sleeps takes tenths of a millisecond to start
		peak = max(peak, r)
	}
	return rate, peak * flops[0] * float64(threads)
}

// checkRounds refuses fewer rounds than one.
func checkRounds(n int) error {
	if n < 1 {
		return usage("--rounds", say.T("it is %d", "值为 %d", n), say.T("choose 1 or more", "请选 1 或更大"))
	}
	return nil
}

// window calls f for at least so many seconds and returns the calls a second
// and the seconds it took.
func window(f func(), least float64) (rate, seconds float64) {
	for n, start := 1.0, time.Now(); ; n++ {
		f()
		if seconds = time.Since(start).Seconds(); seconds >= least {
			return n / seconds, seconds
		}
	}
}

func gemmBench(n int) benchmark {
	return benchmark{
		name: fmt.Sprintf("gemm-%d", n), unit: say.T("products/s", "次/秒"),
		what: say.T("f32 matrix product of %d×%d, one thread", "%d×%d 单精度矩阵乘法，单线程", n, n),
		run: func(stage.Machine) (measured, error) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			arena, err := tensor.NewArena(3 * n * n)
			if err != nil {
				return measured{}, err
			}
			defer arena.Close()
			a, b, c := arena.Float32(n*n), arena.Float32(n*n), arena.Float32(n*n)
			for i := range a {
				a[i], b[i] = tensor.Uniform(tensor.Rand(1, 0, uint64(i))), tensor.Uniform(tensor.Rand(1, 1, uint64(i)))
			}
			rate, peak := fastest(1, func() { kernel.Gemm(n, n, n, a, n, 1, b, n, c, n, false) })
			return measured{rate, 2 * float64(n) * float64(n) * float64(n), peak, 1}, nil
		},
	}
}

// A training benchmark takes whole steps on random tokens: 16 rows of 256,
// one document each, every token supervised. With AdamW for all parameters it
// is the step that peers take too.
func trainBench(name string, c model.Config, muon bool, what say.Text) benchmark {
	return benchmark{name: name, what: what, unit: say.T("tokens/s", "词元/秒"), run: func(m stage.Machine) (measured, error) {
		const rows, length, tokens = 16, 256, 16 * 256
		t, err := model.NewTrainer(c, rows, length, m.Threads)
		if err != nil {
			return measured{}, err
		}
		defer t.Close()
		t.Params.Init(1)
		t.Repack()
		params := train.Trainable(t)
		for i := range params {
			params[i].Matrix = params[i].Matrix && muon
		}
		opt, err := optim.New(optim.Default(), params, t.Team())
		if err != nil {
			return measured{}, err
		}
		defer opt.Close()
		batch := make([]model.Row, rows)
		for i := range batch {
			batch[i] = model.Row{Docs: []int{0, length}}
			for at := range length {
				batch[i].IDs = append(batch[i].IDs, int32(tensor.Rand(2, uint64(i), uint64(at))%uint64(c.Vocab)))
				batch[i].Weight = append(batch[i].Weight, 1.0/tokens)
			}
		}
		flops := rows*3*c.FLOPs([]int{length}, length-1) + opt.FLOPs()
		rate, peak := fastest(m.Threads, func() {
			t.Accumulate(batch)
			opt.Step(1e-4)
			t.Repack()
		})
		return measured{rate * tokens, flops / tokens, peak, m.Threads}, nil
	}}
}

// The decoding benchmark samples a full batch.
func decodeBench() benchmark {
	return benchmark{name: "decode-tutor", what: say.T("256 answers at a time by the tutor's model", "tutor 的模型同时生成 256 个回答"), unit: say.T("tokens/s", "词元/秒"),
		run: func(m stage.Machine) (measured, error) {
			const batch, limit, first, last = 256, 128, 20, 80
			c := model.Scale(4, 512, 256)
			mem, err := tensor.NewArena(c.Params())
			if err != nil {
				return measured{}, err
			}
			defer mem.Close()
			p := model.NewParams(c, mem)
			p.Init(1)
			d, err := model.NewDecoder(p, batch, limit, m.Threads)
			if err != nil {
				return measured{}, err
			}
			defer d.Close()
			const pages = limit / model.PageTokens
			kv, err := model.NewPages(&d.Shape, model.KVFloat32, batch*pages, 0)
			if err != nil {
				return measured{}, err
			}
			defer kv.Close()
			seqs := make([]model.Seq, batch)
			for i := range seqs {
				seqs[i] = model.Seq{IDs: []int32{int32(i % c.Vocab)}, At: first, Logits: 1}
				for j := range pages {
					seqs[i].Full = append(seqs[i].Full, int32(i*pages+j))
				}
			}
			logits := make([]float32, batch*c.Vocab)
			rate, peak := fastest(m.Threads, func() {
				for i := range seqs {
					if seqs[i].At++; seqs[i].At == last {
						seqs[i].At = first
					}
				}
				d.Step(kv, seqs, logits)
			})
			mean := (first + last) / 2
			flops := c.FLOPs([]int{mean}, mean) / float64(mean)
			return measured{rate * batch, flops, peak, m.Threads}, nil
		}}
}
