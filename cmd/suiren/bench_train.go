package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage/train"
)

// What bench train measures: rows of 512 tokens, each of four documents that
// do not see each other, AdamW for all parameters.
const trainLength = 512

var trainDocs = []int{0, 64, 256, 352, 512}

// trainTests are the shapes by width, the depth to scale, and the rows of a step.
var trainTests = []struct{ depth, rows int }{{4, 16}, {8, 8}, {10, 8}, {16, 4}}

const trainVocab = 512

func (a *app) benchTrainCommand() *cobra.Command {
	var peer, only, base, gradients string
	var rounds int
	c := &cobra.Command{
		Use: "train", Short: a.t("Measure how fast models of four widths train here", "测量四种宽度的模型在本机的训练速度"),
		Long: a.t("Measure steps of training on packed rows of 512 tokens, against the peak of multiply-adds measured in the same moments.\n\n"+
			"--base measures adapters of rank 16 over a model's files instead, as they are, two rows at a time.\n\n--peer gives a command that is asked for the same in alternation: it reads a line with the name of a shape (C128, C256, C384, C768) and answers with a line of JSON, {\"rate\": tokens a second, \"memory\": peak bytes}. The ratios are medians over the rounds. compat/peers/pytorch.py is one; over a base, whose shape it is told, compat/peers/lora.py.",
			"测量在 512 词元的打包行上训练的速度，并与同一时刻实测的乘加峰值比较。\n\n"+
				"--base 改为测量在某个模型文件上训练秩为 16 的适配器，文件保持原样，每次两行。\n\n--peer 给出一条命令，与本程序交替测量同样的内容：它读入一行形状名称（C128、C256、C384、C768），回答一行 JSON：{\"rate\": 每秒词元数, \"memory\": 内存峰值字节}。比值取各轮的中位数。compat/peers/pytorch.py 即为一例；在基座上训练时会告知其形状，可用 compat/peers/lora.py。"),
		Args: a.args(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.benchTrain(c.Context(), peer, only, base, gradients, rounds)
		},
	}
	c.Flags().StringVar(&peer, "peer", "", a.t("a command to compare with", "用来比较的命令"))
	c.Flags().StringVar(&only, "only", "", a.t("one shape, like C256", "只测一种形状，如 C256"))
	c.Flags().StringVar(&base, "base", "", a.t("a model's files, for adapters over them", "模型文件，在其上训练适配器"))
	c.Flags().StringVar(&gradients, "gradients", "", a.t("as in a plan: f32, bf16x3, bf16x6 (default: f32, and all where there are tile units)", "同计划中的设置：f32、bf16x3、bf16x6（默认：f32；有矩阵单元时都测）"))
	c.Flags().IntVar(&rounds, "rounds", 5, a.t("rounds", "轮数"))
	return c
}

func (a *app) benchTrain(ctx context.Context, peer, only, base, gradients string, rounds int) error {
	if err := checkRounds(rounds); err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	var ways []string
	switch {
	case slices.Contains(train.Gradients(), gradients):
		ways = []string{gradients}
	case gradients == "" && kernel.Tiles():
		ways = train.Gradients()
	case gradients == "":
		ways = train.Gradients()[:1]
	default:
		return usage("--gradients", say.T("there is no way %q", "没有 %q 这种方式", gradients), say.T("choose f32, bf16x3 or bf16x6", "可选 f32、bf16x3、bf16x6"))
	}
	var other *peerProcess
	if peer != "" {
		if other, err = startPeer(ctx, peer); err != nil {
			return err
		}
		defer other.stop()
	}
	if base != "" {
		for _, way := range ways {
			if err := a.benchLoRA(ctx, base, way, m.Threads, rounds, other); err != nil {
				return err
			}
		}
		return nil
	}
	found := false
	for _, t := range trainTests {
		c := model.Scale(t.depth, trainVocab, trainLength)
		name := fmt.Sprintf("C%d", c.Width)
		if only != "" && only != name {
			continue
		}
		found = true
		for _, way := range ways {
			if err := a.benchTrainShape(ctx, name, c, way, t.rows, m.Threads, rounds, other); err != nil {
				return err
			}
		}
	}
	if !found {
		return usage("--only", say.T("there is no shape %q", "没有形状 %q", only), say.T("choose C128, C256, C384 or C768", "可选 C128、C256、C384、C768"))
	}
	return nil
}

// measuring tells what is measured now: on a busy machine it takes minutes.
func (a *app) measuring(name string, rounds int) {
	if a.format != formatJSONL {
		a.screen.Note(say.T("measuring %s, %d rounds", "正在测量 %s，共 %d 轮", name, rounds))
	}
}

func (a *app) benchTrainShape(ctx context.Context, name string, c model.Config, gradients string, rows, threads, rounds int, other *peerProcess) error {
	debug.FreeOSMemory()
	forgetPeak()
	b, err := newTrainBench(c, train.SplitOf(gradients), rows, threads)
	if err != nil {
		return err
	}
	defer b.close()
	var d duel
	var shares []float64
	a.measuring(name+" "+gradients, rounds)
	for range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		rate, peak := fastest(threads, b.step)
		rate *= b.tokens
		shares = append(shares, rate*b.flops/peak)
		if err := d.round(rate, other, name); err != nil {
			return err
		}
	}
	memory := peakMemory()
	if a.format == formatJSONL {
		line := d.line("train-"+name, memory, c.Params(), threads)
		line["share_of_peak"], line["gradients"] = median(shares), gradients
		a.line(line)
		return nil
	}
	text := fmt.Sprintf("%-5s %-6s %9s %s  %s  %s", name, gradients, count(median(d.ours)), a.t("tokens/s", "词元/秒"),
		a.t("%.0f%% of peak", "峰值的 %.0f%%", 100*median(shares)), size(memory))
	fmt.Fprintln(a.stdout, text+d.text(a, count)+"  "+a.t("%d layers, %.1fM parameters", "%d 层，%.1fM 参数", c.Layers, float64(c.Params())/1e6))
	return nil
}

// A duel is training that is measured in alternation with a peer's, in tokens a second.
type duel struct {
	ours, theirs, ratios []float64
	memory               int64 // the most that the peer took
}

// round adds a round: our rate, and the peer's of what it is asked for, if there is a peer.
func (d *duel) round(rate float64, peer *peerProcess, ask string) error {
	d.ours = append(d.ours, rate)
	if peer == nil {
		return nil
	}
	r, err := peer.askFor(ask)
	if err != nil {
		return err
	}
	d.theirs, d.ratios = append(d.theirs, r.Rate), append(d.ratios, rate/r.Rate)
	d.memory = max(d.memory, r.Memory)
	return nil
}

// line is a line of JSON with the medians.
func (d *duel) line(name string, memory int64, params, threads int) map[string]any {
	line := map[string]any{"type": "bench", "name": name, "rate": median(d.ours), "memory": memory, "params": params, "threads": threads}
	if len(d.ratios) > 0 {
		line["peer"], line["ratio"], line["peer_memory"] = median(d.theirs), median(d.ratios), d.memory
	}
	return line
}

// text tells of the peer; "" if there is none.
func (d *duel) text(a *app, rate func(float64) string) string {
	if len(d.ratios) == 0 {
		return ""
	}
	return a.t("  peer %s, %s  ratio %.2f (%.2f to %.2f)", "  对照 %s，%s  比值 %.2f（%.2f 至 %.2f）",
		rate(median(d.theirs)), size(d.memory), median(d.ratios), slices.Min(d.ratios), slices.Max(d.ratios))
}

// A stepBench takes whole steps of training on random tokens.
type stepBench struct {
	t      *model.Trainer
	opt    *optim.Optimizer
	batch  []model.Row
	tokens float64 // of a step
	flops  float64 // of a token
}

func newTrainBench(c model.Config, split kernel.Split, rows, threads int) (*stepBench, error) {
	b := &stepBench{tokens: float64(rows * trainLength)}
	var err error
	if b.t, err = (model.Training{Rows: rows, Length: trainLength, Threads: threads, Split: split}).New(c); err != nil {
		return nil, err
	}
	b.t.Params.Init(1)
	b.t.Repack()
	s := optim.AdamW.Default()
	if b.opt, err = optim.New(s, train.Trainable(b.t), b.t.Team()); err != nil {
		b.t.Close()
		return nil, err
	}
	docs := make([]int, len(trainDocs)-1)
	for i := range docs {
		docs[i] = trainDocs[i+1] - trainDocs[i]
	}
	learnt := trainLength - len(docs)
	for i := range rows {
		r := model.Row{Docs: trainDocs}
		for at := range trainLength {
			r.IDs = append(r.IDs, int32(tensor.Rand(2, uint64(i), uint64(at))%uint64(c.Vocab)))
			w := float32(1 / float64(rows*learnt))
			if slices.Contains(trainDocs, at) {
				w = 0
			}
			r.Weight = append(r.Weight, w)
		}
		b.batch = append(b.batch, r)
	}
	b.flops = 3 * c.FLOPs(docs, learnt) / trainLength
	return b, nil
}

func (b *stepBench) step() {
	b.t.Accumulate(b.batch)
	b.opt.Step(1e-4)
	b.t.Repack()
}

func (b *stepBench) close() {
	b.opt.Close()
	b.t.Close()
}

// peakMemory is the most memory that was resident since forgetPeak; 0 where
// the system does not tell.
func peakMemory() int64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(rest)), "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}

func forgetPeak() { os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
