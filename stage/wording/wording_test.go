package wording

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"suiren/stage"
)

func TestOf(t *testing.T) {
	p := func(prompt, answer string) string { return Of(&stage.Problem{Prompt: prompt, Answer: answer}) }
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
		if p(c.a, c.x) == p(c.b, c.y) && Group(c.a) != Group(c.b) {
			t.Errorf("%q and %q are one problem of two groups", c.a, c.b)
		}
	}
}

// The owner's problems have no answer but what makes one right.
func TestOfOwn(t *testing.T) {
	own := func(verify string, turns ...string) stage.Problem {
		p := stage.Problem{Prompt: turns[len(turns)-1], Verify: json.RawMessage(verify)}
		for _, said := range turns[:len(turns)-1] {
			p.Context = append(p.Context, stage.Message{Role: "user", Content: said}, stage.Message{Role: "assistant", Content: "yes"})
		}
		return p
	}
	for _, c := range []struct {
		a, b stage.Problem
		same bool
	}{
		{own(`{"number":5}`, "9-4=?"), own(`{"number":-5}`, "4-9=?"), false},
		{own(`{"number":13}`, "9+4=?"), own(`{"number": 13}`, "4 + 9 ="), true},
		{own(`{"number":3}`, "I have 3 of them.", "How many?"), own(`{"number":3}`, "I have 5 of them.", "How many?"), false},
		{own(`{"number":3}`, "I have 3 of them.", "How many?"), own(`{"number":3}`, "how many"), false},
		{own(`{"number":7}`, "3 of 4", "and 5?"), own(`{"number":7}`, "4 of 3", "And 5"), true},
		{own(`{"number":7}`, "3 of 4", "and 5?"), own(`{"number":7}`, "3 of 5", "and 4?"), false},
	} {
		if got := Of(&c.a) == Of(&c.b); got != c.same {
			t.Errorf("%q and %q: same %v", Asked(&c.a), Asked(&c.b), got)
		}
	}
	both := stage.Problem{Prompt: "a", Answer: "It is 5.", Verify: json.RawMessage(`{"number":5}`)}
	other := both
	other.Answer = "Five, so 5."
	if Of(&both) != Of(&other) {
		t.Error("answers to learn from part what one verifier judges")
	}
}

func TestTurn(t *testing.T) {
	if Turn("９-4 = ?") != Turn("9 - 4=") {
		t.Error("one question in two widths is two")
	}
	if Turn("9-4") == Turn("4-9") || Turn("9-4") == Turn("9+4") {
		t.Error("the order of the numbers, or the sign, is lost")
	}
}

func TestUsers(t *testing.T) {
	got := Users([]stage.Message{{Role: "system", Content: "s"}, {Role: "user", Content: "a"}, {Role: "assistant", Content: "x"}, {Role: "tool", Content: "t"}, {Role: "user", Content: "b"}})
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}

// A wording does not depend on how its characters are written, and never fails.
func FuzzOf(f *testing.F) {
	f.Add("37 + 85 = ？", "122")
	f.Add("用[10 13 11]凑14\xff\u200b", "")
	f.Fuzz(func(t *testing.T, prompt, answer string) {
		a := Of(&stage.Problem{Prompt: prompt, Answer: answer})
		if b := Of(&stage.Problem{Prompt: "  " + prompt + " \u200b。", Answer: answer + " "}); a != b {
			t.Errorf("%q: %q, with space around %q", prompt, a, b)
		}
	})
}

// The group of a text follows from its wording, so that one wording has one
// group; and from its letters.
func FuzzGroup(f *testing.F) {
	for _, s := range []string{"37 + 85 = ？", "蘋果12個", "ΣΑΣ ς İ ẞ ㎏ ① Ⅳ ½ 〇 〡", "カ\u3099 ｶﾞ 가 \u1100\u1161", "е\u0301 а o 0123 ٣٤", "+-", "\u3164\uffa0a\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !validText(text) {
			return // JSON holds no such text
		}
		words, numbers := read(text)
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, words)
		digits := []rune(strings.ReplaceAll(strings.Join(numbers, ""), "0", ""))
		slices.Sort(digits)
		if got := Group(text); got != norm.NFD.String(letters)+"\n"+string(digits) {
			t.Errorf("%q: group %q of wording %q %q", text, got, words, numbers)
		}
		if Group(text) != Group(Letters(text)) {
			t.Errorf("%q: another group by its letters %q", text, Letters(text))
		}
	})
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }
