package train

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Every kind that trains takes gradients = "bf16x3" and "bf16x6", over an adapter too, and no
// other word. A plan that does not name gradients has the settings, and so the
// keys, that it had before there was the word.
func TestGradients(t *testing.T) {
	for name, of := range map[string]func(gradients string) stage.Operator{
		"sft": func(g string) stage.Operator {
			return &SFT{Depth: 1, From: in("from"), Tokenizer: in("t"), Gradients: g}
		},
		"sft over a base": func(g string) stage.Operator { return &SFT{Base: in("base"), From: in("from"), Gradients: g} },
		"continue":        func(g string) stage.Operator { return &Continue{From: in("from"), Gradients: g} },
		"lora":            func(g string) stage.Operator { return &LoRA{From: in("from"), Gradients: g} },
		"dpo":             func(g string) stage.Operator { return &DPO{Rank: 2, Gradients: g} },
		"kto":             func(g string) stage.Operator { return &KTO{Rank: 2, Gradients: g} },
		"grpo":            func(g string) stage.Operator { return &GRPO{Rank: 2, Gradients: g} },
		"distil": func(g string) stage.Operator {
			return &Distil{Base: in("base"), From: in("from"), Rank: 2, Gradients: g}
		},
	} {
		for _, g := range []string{"", "f32", "bf16x3", "bf16x6"} {
			if errs := checked(of(g)); errs != nil {
				t.Errorf("%s: %q: %v", name, g, errs)
			}
		}
		errs := of("bf16").(stage.Checker).Check()
		if len(errs) != 1 || errs[0].Where != "gradients" || errs[0].Next.In(say.English) != "choose among f32, bf16x3, bf16x6" {
			t.Errorf("%s: %v", name, errs)
		}
		if text, err := json.Marshal(of("")); err != nil || strings.Contains(string(text), "Gradients") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		if three := stage.Key(of("bf16x3"), nil); stage.Key(of(""), nil) == three || stage.Key(of("bf16x6"), nil) == three {
			t.Errorf("%s: one key for two ways", name)
		}
		if got := of("").(stage.Settler).Settled()["gradients"]; got != "f32" {
			t.Errorf("%s: by default %v", name, got)
		}
	}
}

// With tile units split numbers shorten what is foretold by their share of it,
// without them they lengthen it; the plan says so, and of a long run with float32
// what it could save.
func TestForetoldGradients(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	tiled := m
	tiled.Tiles = true
	data := stage.Forecast{Size: map[string]float64{"rows": 1e6, "length": 256, "tokens": 256e6, "vocab": 512, "examples": 1e6, "text": 1e9, "learnt": 5e8, "longest": 2000, "problems": 1e6, "watched": 100}}
	base := []stage.Forecast{toMake(SFT{Depth: 8, Width: 512, Hidden: 1536, Heads: 8, KVHeads: 4}, 512, 512)}
	with := func(f stage.Forecast) map[string][]stage.Forecast {
		return map[string][]stage.Forecast{"base": base, "teacher": base, "from": {f}, "pairs": {f}, "labels": {f}, "problems": {f}}
	}
	short := with(stage.Forecast{Size: map[string]float64{"rows": 10, "length": 256, "tokens": 2560, "vocab": 512}})
	if f := (&LoRA{}).Forecast(short, tiled); f.High >= longRun || strings.Contains(f.Derived.In(say.English), "gradients") {
		t.Errorf("%.0f s: %q", f.High, f.Derived.In(say.English))
	}
	const loss = `; gradients = "bf16x3" is slower here than "f32", without tile units`
	for name, of := range map[string]func(gradients string) stage.Forecaster{
		"sft":              func(g string) stage.Forecaster { return &SFT{Depth: 8, Gradients: g} },
		"sft, a budget":    func(g string) stage.Forecaster { return &SFT{Depth: 8, FLOPs: 1e15, Gradients: g} },
		"continue":         func(g string) stage.Forecaster { return &Continue{Gradients: g} },
		"lora":             func(g string) stage.Forecaster { return &LoRA{Gradients: g} },
		"dpo":              func(g string) stage.Forecaster { return &DPO{Gradients: g} },
		"kto":              func(g string) stage.Forecaster { return &KTO{Gradients: g} },
		"grpo":             func(g string) stage.Forecaster { return &GRPO{Steps: 100, Gradients: g} },
		"distil":           func(g string) stage.Forecaster { return &Distil{Depth: 8, Gradients: g} },
		"distil to a base": func(g string) stage.Forecaster { return &Distil{Gradients: g} },
	} {
		in := with(data)
		if name == "sft" || name == "sft, a budget" {
			delete(in, "base")
		}
		plain, split := of("").Forecast(in, tiled), of("bf16x3").Forecast(in, tiled)
		slow, there := of("bf16x3").Forecast(in, m), of("f32").Forecast(in, m)
		if there.High != plain.High || split.High > 0.97*plain.High || slow.High < 1.2*plain.High {
			t.Errorf("%s: %.0f s, with tile units in split numbers %.0f, without %.0f", name, plain.High, split.High, slow.High)
		}
		for _, memory := range []float64{0, 1, 1.12} { // of what it needs
			m := tiled
			m.Memory = int64(memory * float64(plain.Memory))
			plain := of("").Forecast(in, m)
			saved := func(gradients string) float64 {
				f := of(gradients).Forecast(in, m)
				if f.Memory > m.Memory && memory > 0 {
					return 0
				}
				return 100 * (plain.High - f.High) / plain.High
			}
			want := ""
			switch three, six := saved("bf16x3"), saved("bf16x6"); {
			case six >= 5:
				want = fmt.Sprintf(`; gradients = "bf16x6", as exact as "f32", would take about %.0f%% less time here, and "bf16x3" %.0f%%`, six, three)
			case three >= 5:
				want = fmt.Sprintf(`; gradients = "bf16x3" would take about %.0f%% less time here`, three)
			}
			if text := plain.Derived.In(say.English); !strings.HasSuffix(text, want) || want == "" && strings.Contains(text, "gradients") {
				t.Errorf("%s, in %.2f of its memory: %q, want %q", name, memory, text, want)
			}
		}
		if got := slow.Derived.In(say.English); !strings.HasSuffix(got, loss) || !strings.HasSuffix(slow.Derived.In(say.Chinese), "没有矩阵单元，gradients = \"bf16x3\" 比 \"f32\" 慢") {
			t.Errorf("%s: without tile units %q", name, got)
		}
		for _, f := range []stage.Forecast{split, of("bf16x6").Forecast(in, tiled)} {
			if text := f.Derived.In(say.English); strings.Contains(text, "gradients") {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

// Where split numbers are what a run has no memory for, the plan names whole ones,
// which it has.
func TestSmallerGradients(t *testing.T) {
	data := map[string][]stage.Forecast{"from": {{Size: map[string]float64{"rows": 1000, "length": 256, "tokens": 256000, "vocab": 512}}}}
	over := map[string][]stage.Forecast{"from": data["from"], "base": {toMake(SFT{Depth: 8, Width: 512, Hidden: 1536, Heads: 8, KVHeads: 4}, 512, 512)}}
	for name, c := range map[string]struct {
		of func(gradients string) stage.Forecaster
		in map[string][]stage.Forecast
	}{
		"sft":      {func(g string) stage.Forecaster { return &SFT{Depth: 8, Gradients: g} }, data},
		"continue": {func(g string) stage.Forecaster { return &Continue{Gradients: g} }, over},
		"lora":     {func(g string) stage.Forecaster { return &LoRA{Gradients: g} }, over},
	} {
		m := stage.Machine{Threads: 2, Peak: 1e11, Memory: 1}
		m.Memory = c.of("f32").Forecast(c.in, m).Memory // the least that it takes
		if f := c.of("f32").Forecast(c.in, m); f.Memory > m.Memory || len(f.Smaller) > 0 {
			t.Fatalf("%s by f32: %d of %d bytes, %v", name, f.Memory, m.Memory, f.Smaller)
		}
		f := c.of("bf16x6").Forecast(c.in, m)
		if f.Memory <= m.Memory || len(f.Smaller) == 0 || f.Smaller[0].In(say.English) != `gradients = "f32"` {
			t.Errorf("%s by bf16x6: %d of %d bytes, %v", name, f.Memory, m.Memory, f.Smaller)
		}
	}
}
