package train

import (
	"fmt"
	"testing"

	"suiren/engine/model"
	"suiren/stage"
)

// What goes on from weights that are yet to be made is foretold as over those that were made:
// our own from random weights, and what is made of them, or of the owner's, in any type.
func TestForetoldUnmade(t *testing.T) {
	m := stage.Machine{Threads: 2, Memory: 1 << 36, Peak: 1e11}
	tiny, in := toySFT(t)
	tiny.Depth, tiny.FLOPs = 2, 1e8
	made := newBench(t, in)
	check(t, tiny.Run(t.Context(), made.Job))
	rows := map[string][]stage.Forecast{"from": {{Path: in["from"]}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}}
	type base struct{ unmade, made stage.Forecast }
	bases := map[string]base{"ours": {tiny.Forecast(rows, m), stage.Forecast{Path: made.Out}}}
	for from, dir := range map[string]string{"ours": made.Out, "qwen2": archFolder("qwen2"), "a mixture": archFolder("qwen3_moe")} {
		for _, typ := range []model.Mixture{model.AsF32, model.AsBF16, model.AsQ8_0, model.AsQ4_K_M} {
			if from == "ours" && typ != model.AsF32 && typ != model.AsBF16 {
				continue // bytes alone are no tokenizer of a GGUF file
			}
			op, b := &Quantise{Type: string(typ)}, newBench(t, map[string]string{"base": dir})
			check(t, op.Run(t.Context(), b.Job))
			over := []stage.Forecast{{Path: dir}}
			if from == "ours" {
				over = []stage.Forecast{bases["ours"].unmade}
			}
			bases[fmt.Sprintf("%s in %s", from, typ)] = base{op.Forecast(map[string][]stage.Forecast{"base": over}, m), stage.Forecast{Path: b.Out}}
		}
	}
	data := map[string][]stage.Forecast{"from": {{Size: map[string]float64{"rows": 12, "length": 24, "tokens": 288}}}}
	for arg, use := range map[string]stage.Use{"pairs": stage.UsePairs, "labels": stage.UseLabels} {
		data[arg] = []stage.Forecast{{Size: map[string]float64{"examples": 10, string(use): 10, "text": 400, "learnt": 200, "longest": 40}}}
	}
	data["problems"] = []stage.Forecast{{Size: map[string]float64{"problems": 10}}}
	for name, b := range bases {
		for _, op := range []interface {
			stage.Operator
			stage.Forecaster
		}{&LoRA{}, &Continue{}, &DPO{Rank: 4}, &DPO{}, &KTO{Rank: 4}, &GRPO{Rank: 4, Prompts: 2, Samples: 2}, &Distil{Rank: 4}, &Distil{}, &Merge{}, &Quantise{Type: "q8_0"}} {
			foretell := func(base stage.Forecast) stage.Forecast {
				all := map[string][]stage.Forecast{"base": {base}, "teacher": {base}}
				for arg, f := range data {
					all[arg] = f
				}
				if op.Name() == "distil" {
					delete(all, "problems")
				}
				return op.Forecast(all, m)
			}
			f, g := foretell(b.unmade), foretell(b.made)
			// A folder has its routers in its own type, and is read with ropes of layers that slide.
			if is, was := g.Memory-processBytes, f.Memory-processBytes; was < is*98/100 || was > is*102/100 {
				t.Errorf("%s over %s: %d bytes before it is made, %d after", op.Name(), name, f.Memory, g.Memory)
			}
		}
	}
}
