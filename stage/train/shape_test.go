package train

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// What a plan does not say is not in an operator's settings, which are in its
// key: an argument that is new makes nothing anew.
func TestSettingsUnsaid(t *testing.T) {
	for want, op := range map[string]stage.Operator{
		`{"From":null,"Tokenizer":null,"Depth":4,"Width":0,"Hidden":0,"FLOPs":0,"Minutes":0,"Batch":0,"Rate":0,"Seed":0}`:   &SFT{Depth: 4},
		`{"Base":null,"From":null,"Epochs":2,"Batch":0,"Rate":0,"Optimizer":"","Type":"","Seed":0}`:                         &Continue{Epochs: 2},
		`{"Base":null,"From":null,"Rank":4,"Alpha":0,"Targets":null,"Epochs":0,"Batch":0,"Rate":0,"Optimizer":"","Seed":0}`: &LoRA{Rank: 4},
	} {
		if got, err := json.Marshal(op); err != nil || string(got) != want {
			t.Errorf("%s has the settings %s %v", op.Name(), got, err)
		}
	}
}

// A model of random weights has the heads and the window of the plan: in what is
// written, in what answers, in what is foretold of it, and of what goes on from it.
func TestShapeOfOwn(t *testing.T) {
	op, in := toySFT(t)
	op.Depth, op.Heads, op.KVHeads, op.Window = 2, 4, 1, 24
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	f, err := model.Open(b.Out)
	check(t, err)
	defer f.Close()
	if s := f.Shape; s.Heads != 4 || s.KVHeads != 1 || s.HeadDim != 16 || s.Window != 24 || len(s.Sliding) != 2 || !s.Sliding[0] || s.Sliding[1] {
		t.Errorf("heads %d, %d, %d; window %d, %v", s.Heads, s.KVHeads, s.HeadDim, s.Window, s.Sliding)
	}
	if got := right(t, b.Out, toyProblems(1)); got < 0.9 {
		t.Errorf("%.2f of what was learnt by heart is right", got)
	}
	m := stage.Machine{Threads: 1, Peak: 1e11}
	rows := map[string][]stage.Forecast{"from": {{Path: in["from"]}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}}
	told := op.Forecast(rows, m)
	facts, err := readFacts(b.Out)
	check(t, err)
	if told.FLOPs < 0.9*facts.FLOPs || told.FLOPs > 1.1*facts.FLOPs || len(told.Wrong) > 0 {
		t.Errorf("%.3g FLOPs are foretold, %.3g were taken; %v", told.FLOPs, facts.FLOPs, told.Wrong)
	}
	later, now := footingOf([]stage.Forecast{told}), footingOf([]stage.Forecast{{Path: b.Out}})
	if later.shape.Config != now.shape.Config || later.shape.Params() != now.shape.Params() {
		t.Errorf("foretold %+v, made %+v", later.shape.Config, now.shape.Config)
	}

	// It goes on as it is, and is written where its form can be said.
	next := map[string]string{"base": b.Out, "from": in["from"]}
	examples := toyPart(t, toyProblems(1))
	for op, in := range map[stage.Operator]map[string]string{
		&Continue{Batch: 40}: next,
		&GRPO{Steps: 1, Prompts: 8, Samples: 4, Tokens: 12, Rate: 1}: {"base": b.Out, "problems": examples, "watch": examples},
	} {
		c := newBench(t, in)
		check(t, op.Run(context.Background(), c.Job))
		if g, err := model.Open(c.Out); err != nil || g.Shape.Window != 24 {
			t.Errorf("%s: %v", op.Name(), err)
		} else {
			g.Close()
		}
	}
	for name, op := range map[string]stage.Operator{"continue": &Continue{Batch: 40, Type: "q8_0"}, "quantise": &Quantise{Type: "q8_0"}} {
		for _, base := range []stage.Forecast{{Path: b.Out}, told} {
			wrong := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {base}, "from": rows["from"]}, m).Wrong
			if len(wrong) != 1 || wrong[0].Where != "type" {
				t.Errorf("%s to GGUF is planned: %v", name, wrong)
			}
		}
		bad, ok := errors.AsType[*say.Error](op.Run(context.Background(), newBench(t, next).Job))
		if !ok || bad.Where != "type" {
			t.Errorf("%s to GGUF: %v", name, bad)
		}
	}
	half := newBench(t, map[string]string{"base": b.Out})
	check(t, (&Quantise{Type: "bf16"}).Run(context.Background(), half.Job))
}

// A window that no row reaches is refused, in the plan and in a run.
func TestWindowOfRows(t *testing.T) {
	op, in := toySFT(t)
	op.Depth, op.Window = 2, 2*toyContext
	wrong := op.Forecast(map[string][]stage.Forecast{"from": {{Size: map[string]float64{"rows": 10, "length": 2 * toyContext}}}}, stage.Machine{Threads: 1}).Wrong
	if len(wrong) != 1 || wrong[0].Where != "window" {
		t.Errorf("in the plan: %v", wrong)
	}
	bad, ok := errors.AsType[*say.Error](op.Run(context.Background(), newBench(t, in).Job))
	if !ok || bad.Where != "window" {
		t.Errorf("in a run: %v", bad)
	}
}
