package train

import (
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What is in other types than was asked for, as the rows do not fit, is told in the plan,
// in the run and of what was made, in both languages, by all that write a type.
func TestInstead(t *testing.T) {
	base, rows := archFolder("llama3"), archRowsOf(t, 261, 2)
	for _, of := range []func(typ string) stage.Operator{
		func(typ string) stage.Operator { return &Quantise{Type: typ} },
		func(typ string) stage.Operator { return &Continue{Type: typ} },
		func(typ string) stage.Operator { return &SFT{Base: in("base"), Type: typ} },
	} {
		for typ, want := range map[string][2]string{
			"q4_k_m": {"15 of 15 matrices are in Q5_0 or Q8_0: their rows are no multiples of 256", "15 个矩阵中有 15 个写成 Q5_0 或 Q8_0：其行长不是 256 的倍数"},
			"q3_k_m": {"15 of 15 matrices are in Q4_0, Q5_0, Q5_1 or Q8_0: their rows are no multiples of 256", "15 个矩阵中有 15 个写成 Q4_0、Q5_0、Q5_1 或 Q8_0：其行长不是 256 的倍数"},
			"q4_0":   {"one of 15 matrices is in Q8_0: its rows are no multiples of 256", "15 个矩阵中有一个写成 Q8_0：其行长不是 256 的倍数"},
			"q8_0":   {}, "f32": {},
		} {
			op := of(typ)
			f := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}, "from": {{Path: rows}}}, stage.Machine{Threads: 1, Peak: 1e11})
			b := newBench(t, map[string]string{"base": base, "from": rows})
			check(t, op.Run(t.Context(), b.Job))
			found, err := FoundIn(b.Out, op.Name(), nil)
			check(t, err)
			shown := slices.DeleteFunc(found, func(f Found) bool { return f.Name.In(say.English) != "types" })
			for i, lang := range []say.Lang{say.English, say.Chinese} {
				told := []string{f.Derived.In(lang), "", ""}
				for _, e := range b.events {
					if e.Type == "note" {
						told[1] += e.Text.In(lang) + "\n"
					}
				}
				for _, f := range shown {
					told[2] += f.Text.In(lang)
				}
				for _, text := range told {
					if want[i] == "" && (strings.Contains(text, "matri") || strings.Contains(text, "矩阵")) || !strings.Contains(text, want[i]) {
						t.Errorf("%s of %s: %q, want %q", op.Name(), typ, text, want[i])
					}
				}
			}
		}
	}
}
