package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"suiren/engine/kernel"
	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/stage/train"
)

// What bench train measures over a base: rows of one document of 512 tokens,
// every one of them learnt, and adapters of every matrix of the blocks.
const (
	loraRows  = 2
	loraRank  = 16
	loraAlpha = 32
)

// benchLoRA measures steps of adapters over a model's files as they are. A
// peer is asked for the shape in words, so that it may make one like it.
func (a *app) benchLoRA(ctx context.Context, path, gradients string, threads, rounds int, other *peerProcess) error {
	debug.FreeOSMemory()
	forgetPeak()
	b, f, err := newLoRABench(path, train.SplitOf(gradients), threads)
	if err != nil {
		return err
	}
	defer f.Close()
	defer b.close()
	c := &f.Shape
	ask := fmt.Sprintln("lora", c.Layers, c.Width, c.Heads, c.KVHeads, c.HeadDim, c.Hidden, c.Vocab, loraRows)
	ask = ask[:len(ask)-1]
	if other != nil { // it makes its model now, not in the first round
		if _, err := other.askFor(ask); err != nil {
			return err
		}
	}
	b.step()
	var d duel
	a.measuring("LoRA "+gradients, rounds)
	for range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		b.step()
		if err := d.round(b.tokens/time.Since(start).Seconds(), other, ask); err != nil {
			return err
		}
	}
	memory := peakMemory()
	if a.format == formatJSONL {
		line := d.line("train-lora", memory, c.Params(), threads)
		line["gradients"] = gradients
		a.line(line)
		return nil
	}
	text := fmt.Sprintf("LoRA  %-6s %9.1f %s  %s", gradients, median(d.ours), a.t("tokens/s", "词元/秒"), size(memory))
	text += d.text(a, func(rate float64) string { return fmt.Sprintf("%.1f", rate) })
	fmt.Fprintln(a.stdout, text+"  "+a.t("%d layers, %.1fM parameters", "%d 层，%.1fM 参数", c.Layers, float64(c.Params())/1e6))
	return nil
}

func newLoRABench(path string, split kernel.Split, threads int) (*stepBench, *model.File, error) {
	f, err := model.Open(path)
	if err != nil {
		return nil, nil, err
	}
	b := &stepBench{tokens: loraRows * trainLength}
	b.t, err = f.NewTrainer(model.Training{Rows: loraRows, Length: trainLength, Threads: threads, Split: split, LoRA: &model.LoRA{Rank: loraRank, Alpha: loraAlpha}})
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	var params []optim.Param
	data, grads := b.t.Trained()
	for i, t := range data {
		params = append(params, optim.Param{Data: t.Data, Grad: grads[i].Data, Rows: t.Shape[0], Cols: t.Shape[1], Matrix: true, Rate: 1})
	}
	if b.opt, err = optim.New(optim.AdamW.Default(), params, b.t.Team()); err != nil {
		b.t.Close()
		f.Close()
		return nil, nil, err
	}
	for i := range loraRows {
		r := model.Row{Docs: []int{0, trainLength}}
		for at := range trainLength {
			r.IDs = append(r.IDs, int32(tensor.Rand(2, uint64(i), uint64(at))%uint64(f.Shape.Vocab)))
			r.Weight = append(r.Weight, 1.0/(loraRows*(trainLength-1)))
		}
		b.batch = append(b.batch, r)
	}
	return b, f, nil
}
