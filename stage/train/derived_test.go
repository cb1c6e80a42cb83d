package train

import (
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What follows from the plan's settings is told: the shape that the dial makes,
// the steps that a run takes, and the rates that it works at.
func TestDerived(t *testing.T) {
	m := stage.Machine{Threads: 1, Peak: 1e11}
	_, in := toySFT(t)
	rows := map[string][]stage.Forecast{"from": {{Path: in["from"]}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}}
	op := &SFT{Depth: 1, Batch: 4, Epochs: 2}
	b := newBench(t, in)
	check(t, op.Run(t.Context(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	for _, want := range []string{"1 layer of width 32, 1 head of 32", fmt.Sprintf("about %d steps", f.Steps), "Muon at 0.02, AdamW at 0.004, wsd, warm-up over 6.7% of the steps, weight decay 0.01"} {
		if got := op.Forecast(rows, m).Derived.In(say.English); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	_, trained := toyBase(t)
	toy := trained["base"]
	base := map[string][]stage.Forecast{"base": {{Path: archFolder("llama3")}}, "from": rows["from"]}
	ours := map[string][]stage.Forecast{"base": {{Path: toy}}, "teacher": {{Path: toy}}, "from": rows["from"]}
	for want, op := range map[string]stage.Forecaster{
		"32 answers a step, Muon at 0.001, AdamW at 0.0002, linear, warm-up over 10% of the steps":                                                                                                                                  &DPO{},
		"adapters of rank 4 and alpha 8: 2560 parameters; 32 answers a step, AdamW of 8 bits at 5e-05, linear, warm-up over 10% of the steps":                                                                                       &KTO{Optimizer: "adamw8", Rank: 4},
		"32 answers a step, Muon at 0.001, AdamW at 0.0002, linear, no warm-up, weight decay 0.5":                                                                                                                                   &DPO{Warmup: new(float64), Decay: half()},
		"2 problems a step with 3 answers each, Muon at 0.004, AdamW at 0.0008, wsd, no warm-up":                                                                                                                                    &GRPO{Prompts: 2, Samples: 3, Rate: 0.2},
		"1 layer of width 32, 1 head of 32 (1 of keys and values), feed-forward width 96: 21824 parameters; 16 rows a step, about 38 steps; Muon at 0.02, AdamW at 0.004, linear, warm-up over 10% of the steps, weight decay 0.01": &Distil{Depth: 1},
	} {
		if got := op.Forecast(ours, m).Derived.In(say.English); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	answers := map[string][]stage.Forecast{"base": ours["base"], "pairs": {{Size: map[string]float64{"examples": 100, "pairs": 100}}}, "labels": {{Size: map[string]float64{"examples": 320}}}, "watch": {{Size: map[string]float64{"watched": 5}}}}
	for want, op := range map[string]stage.Forecaster{
		"32 answers a step, about 7 steps; Muon at 0.001, AdamW at 0.0002, linear, warm-up over 10% of the steps; so few steps teach little: raise epochs, or lower batch; held-out loss every 1 step, 7 times": &DPO{},
		"32 answers a step, about 40 steps; Muon at 0.001, AdamW at 0.0002, linear, warm-up over 10% of the steps; held-out loss every 2 steps, 20 times":                                                       &KTO{Epochs: 4},
	} {
		if got := op.Forecast(answers, m).Derived; got.In(say.English) != want || got.In(say.Chinese) == want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, op := range map[string]stage.Forecaster{
		"16 rows a step, about 38 steps; AdamW at 2e-05, linear, warm-up over 10% of the steps":                                                  &Continue{},
		"adapters of rank 16 and alpha 32: 5120 parameters; 8 rows a step, about 75 steps; Lion at 8e-05, cosine, warm-up over 10% of the steps": &LoRA{Optimizer: "lion", Schedule: "cosine", Batch: 8, Rate: 0.2, Targets: []string{"o_proj"}},
		"16 rows a step, about 38 steps; Muon at 0.0001, AdamW at 2e-05, wsd, warm-up over 10% of the steps":                                     &SFT{Base: stage.Ref{Kind: "weights", Name: "b"}, Optimizer: "muon", Schedule: "wsd"},
	} {
		if got := op.Forecast(base, m).Derived; got.In(say.English) != want || got.In(say.Chinese) == want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	warm, decay := 0.25, 0.3
	for want, op := range map[string]stage.Forecaster{
		"; AdamW at 0.004, cosine, warm-up over 25% of the steps, weight decay 0.3":   &SFT{Depth: 2, Optimizer: "adamw", Schedule: "cosine", Warmup: &warm, Decay: &decay},
		"wsd, warm-up over 100% of the steps":                                         &SFT{Depth: 2, Warmup: new(1.0), Decay: new(float64)}, // as a plan cannot ask, and a run of one step does
		"wsd, no warm-up":                                                             &SFT{Depth: 2, Warmup: new(float64), Decay: new(float64)},
		" linear, warm-up over 25% of the steps, weight decay 0.3":                    &Continue{Warmup: &warm, Decay: &decay},
		"4 heads of 16 (1 of keys and values), feed-forward width 192: 111296 parame": &SFT{Depth: 2, Heads: 4, KVHeads: 1},
		"a window of 16 tokens in 1 of the layers; 16 rows a step":                    &SFT{Depth: 2, Window: 16},
	} {
		in := rows
		if _, ok := op.(*SFT); !ok {
			in = base
		}
		if got := op.Forecast(in, m).Derived.In(say.English); !strings.Contains(got, want) || strings.Contains(want, "warm-up") && !strings.HasSuffix(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	// A base that is not made yet, of a model that someone brought, is none of ours: neither its rates nor its matrices are known.
	base["base"] = []stage.Forecast{{Size: (&Continue{}).Forecast(base, m).Size}}
	later := (&LoRA{Targets: []string{"q_k_v_proj"}}).Forecast(base, m)
	if got := later.Derived.In(say.English); got != "16 rows a step, about 38 steps; AdamW at 0.0002, linear, warm-up over 10% of the steps" || len(later.Wrong) > 0 {
		t.Errorf("over what is not made yet: %q, %v", got, later.Wrong)
	}
	ours["base"] = []stage.Forecast{(&SFT{Depth: 2}).Forecast(rows, m)}
	if got := (&LoRA{Targets: []string{"q_k_v_proj"}}).Forecast(ours, m); len(got.Wrong) != 1 || !strings.HasSuffix(got.Derived.In(say.English), "AdamW at 0.006, linear, warm-up over 10% of the steps") {
		t.Errorf("over ours that is not made yet: %v, %v", got.Derived, got.Wrong)
	}
}

func half() *float64 {
	x := 0.5
	return &x
}
