package train

import (
	"encoding/json"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// Every kind that trains takes gradients = "bf16x3", over an adapter too, and no
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
		for _, g := range []string{"", "f32", "bf16x3"} {
			if errs := checked(of(g)); errs != nil {
				t.Errorf("%s: %q: %v", name, g, errs)
			}
		}
		errs := of("bf16").(stage.Checker).Check()
		if len(errs) != 1 || errs[0].Where != "gradients" || errs[0].Next.In(say.English) != "choose among f32, bf16x3" {
			t.Errorf("%s: %v", name, errs)
		}
		if text, err := json.Marshal(of("")); err != nil || strings.Contains(string(text), "Gradients") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		if stage.Key(of(""), nil) == stage.Key(of("bf16x3"), nil) {
			t.Errorf("%s: one key for both", name)
		}
		if got := of("").(stage.Settler).Settled()["gradients"]; got != "f32" {
			t.Errorf("%s: by default %v", name, got)
		}
	}
}
