package guard

import (
	"testing"

	"suiren/stage"
)

func TestWording(t *testing.T) {
	p := func(prompt, answer string) string { return wording(&stage.Problem{Prompt: prompt, Answer: answer}) }
	for _, c := range []struct {
		a, b, x, y string // prompts, answers
		same       bool
	}{
		{"37+85=?", "85 + 37 = ？", "122", "122", true},
		{"３７＋８５=?", "37+85=", "122", "122", true},
		{"What is 37+85?", "what is 085+37", "122", "122", true},
		{"用 [10 13 11] 凑 14", "用 [11 10 13] 凑 14", "x", "x", true}, // the leak of the prototype
		{"蘋果12個", "苹果12个", "1", "1", true},
		{"37+85=?", "37-85=?", "122", "122", false},
		{"8-3+5", "5-3+8", "10", "10", true}, // 3 still goes
		{"9-2-3", "9-3-2", "4", "4", true},
		{"85-37", "37-85", "48", "-48", false},
		{"3x+5=20", "5x+3=20", "5", "17/5", false},
		{"12 3", "1 23", "1", "1", false},
		{"a 1", "b 1", "1", "1", false},
		{"2×3", "2÷3", "6", "6", false},
		{"(2+3)×4", "2+3×4", "20", "14", false},
	} {
		if got := p(c.a, c.x) == p(c.b, c.y); got != c.same {
			t.Errorf("%q and %q: same %v", c.a, c.b, got)
		}
	}
}

// A wording does not depend on how its characters are written, and never
// fails.
func FuzzWording(f *testing.F) {
	f.Add("37 + 85 = ？", "122")
	f.Add("用[10 13 11]凑14\xff\u200b", "")
	f.Fuzz(func(t *testing.T, prompt, answer string) {
		a := wording(&stage.Problem{Prompt: prompt, Answer: answer})
		if b := wording(&stage.Problem{Prompt: "  " + prompt + " \u200b。", Answer: answer + " "}); a != b {
			t.Errorf("%q: %q, with space around %q", prompt, a, b)
		}
	})
}
