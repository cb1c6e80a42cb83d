package main

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/plan"
	"suiren/stage"
	"suiren/stage/compute"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tiny is the plan with sizes that take seconds: everything else in it is as
// it is.
func tiny(t *testing.T) *lab {
	t.Helper()
	b, err := os.ReadFile("suiren.hcl")
	check(t, err)
	text := string(b)
	for old, small := range map[string]string{
		"count    = 36000": "count    = 600", "count    = 2000": "count    = 200", "count    = 8000": "count    = 200", "heldout  = 1800": "heldout  = 120",
		"flops     = 6e12": "flops     = 2e9", "flops     = 8e12": "flops     = 2e9", "flops     = 1.2e13": "flops     = 2e9", "flops     = 2.7e13": "flops     = 4e9",
		"depth     = 4": "depth     = 1", "depth     = 5": "depth     = 1", "steps    = 150": "steps    = 1", "steps         = 40": "steps         = 1", "steps         = 20": "steps         = 1", "count    = 18000": "count    = 4", "prompts  = 128": "prompts  = 4", "prompts       = 128": "prompts       = 4",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("the plan has no %q", old)
		}
		text = strings.ReplaceAll(text, old, small)
	}
	for _, price := range []string{"96", "48"} { // of short, and then of lean
		text = strings.Replace(text, "overlong      = 192", "overlong      = "+price, 1)
	}
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, plan.FileName), []byte(text), 0o600))
	l, err := openLab(filepath.Join(dir, plan.FileName), t.TempDir(), "", compute.Probe(1))
	check(t, err)
	t.Cleanup(func() { l.st.Close() })
	return l
}

// The plan is made, seeds differ, answers are read back, and the report says
// what was not run.
func TestClaims(t *testing.T) {
	l, ctx := tiny(t), context.Background()
	r := newReport(l, &options{out: t.TempDir(), seeds: 2})
	for _, seed := range []int{1, 2} {
		for i := range claims {
			if c := &claims[i]; c.id == "1" || (c.id == "2" || c.id == "3" || c.id == "6") && seed == 1 {
				check(t, r.make(ctx, c, seed))
			}
		}
	}
	if l.made["1.weights.think"] == l.made["2.weights.think"] || l.made["1.examples.lessons"] != l.made["2.examples.lessons"] {
		t.Error("seeds do not differ, or their problems do")
	}
	check(t, r.write())
	for name, want := range map[string][]string{
		"reasoner.md":       {"N thinks", "reasoner-small.svg", "Unfinished: 1 of 2 seeds;", "Not run.", "calendar", "200 problems with worked thoughts", "learn from 600 problems", "a price of 1/96 of the reward", "a price of 1/48 makes", "nothing to leave out"},
		"reasoner.zh-CN.md": {"思考 N", "未完成：1 个种子", "未运行。", "日历", "学习 600 道题", "只有 200 道带解答的题", "扣除奖励的 1/96", "每词元扣 1/48"},
	} {
		b, err := os.ReadFile(filepath.Join(r.o.out, name))
		check(t, err)
		for _, w := range want {
			if w == "N thinks" {
				w = "thinks, N"
			}
			if !strings.Contains(string(b), w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
		if strings.Contains(string(b), "%!") || strings.Contains(string(b), "NaN") {
			t.Errorf("%s:\n%s", name, b)
		}
	}
	before, err := l.examine(ctx, 1, "think", heldout, fullThought)
	check(t, err)
	files, _ := filepath.Glob(filepath.Join(l.state, "answers", "*"))
	for _, f := range files {
		check(t, os.WriteFile(f, []byte("{"), 0o600)) // cut off: asked again
	}
	after, err := l.examine(ctx, 1, "think", heldout, fullThought)
	check(t, err)
	if share(before.Right) != share(after.Right) || mean(floats(before.Tokens)) != mean(floats(after.Tokens)) {
		t.Error("asked again, other answers")
	}
}

// Leaks that are planted among what is learnt are found: the numbers in
// another order, the unknowns renamed, other words, the other language.
func TestPlantedLeaks(t *testing.T) {
	l := tiny(t)
	check(t, l.make(context.Background(), 1, "think", "few"))
	u, err := l.unseen(1)
	if err != nil || u.Heldout != 120 {
		t.Fatalf("%+v, %v", u, err)
	}
	asked, err := l.problems(1, heldout)
	check(t, err)
	for _, name := range []string{"lessons", "few"} {
		_, dir, err := l.dir(1, "examples."+name)
		check(t, err)
		copied := filepath.Join(t.TempDir(), name)
		check(t, os.CopyFS(copied, os.DirFS(dir)))
		train := filepath.Join(copied, "train", "problems.jsonl")
		taught, err := stage.ReadProblems(train)
		check(t, err)
		planted, n := map[string]bool{}, 0 // by what is asked
		for i := range asked {
			p := asked[i]
			switch i % 3 {
			case 0: // other words, and the key it has
				p.Prompt, p.Lang = "另一种说法，第"+strings.Repeat("一", i+1)+"题", "zh"
			case 1: // the same words around the same numbers in another order, and no key
				p.Prompt, p.Key = reversed(p.Prompt), "unknown"
			case 2: // something else
				p.Prompt, p.Key, p.Answer = "something else "+strings.Repeat("a", i), "other", "1"
			}
			if taught[i] = p; i%3 < 2 {
				planted[strings.Join(strings.Fields(asked[i].Prompt), " ")] = true
				n++
			}
		}
		f, err := os.Create(train)
		check(t, err)
		check(t, stage.WriteProblems(f, taught))
		check(t, f.Close())
		l.parts = map[string]string{name: copied}
		u, err = l.unseen(1)
		if err == nil || u.Seen != n || len(u.Examples) == 0 {
			t.Errorf("%s: %d leaks were planted, found %d: %v", name, n, u.Seen, err)
		}
		for _, e := range u.Examples {
			quoted := strings.TrimSuffix(strings.Trim(e, "“”"), "…")
			if !slices.ContainsFunc(slices.Collect(maps.Keys(planted)), func(p string) bool { return strings.HasPrefix(p, quoted) }) {
				t.Errorf("%s: %s was not planted", name, e)
			}
		}
	}
}

// reversed puts the numbers of a text in reverse order.
func reversed(text string) string {
	all := numberIn.FindAllString(strings.ReplaceAll(text, "-", "−"), -1)
	text = strings.ReplaceAll(text, "-", "−")
	i := len(all)
	return strings.ReplaceAll(numberIn.ReplaceAllStringFunc(text, func(string) string { i--; return all[i] }), "−", "-")
}

// An interval of 95% holds the truth about as often, where problems and seeds
// both vary.
func TestInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	held, runs := 0, 2000
	for range runs {
		x := make([][]float64, 3)
		hard := make([]float64, 60)
		for i := range hard {
			hard[i] = rng.NormFloat64()
		}
		for s := range x {
			luck := 0.2 * rng.NormFloat64()
			for _, h := range hard {
				x[s] = append(x[s], h+luck+0.5*rng.NormFloat64())
			}
		}
		if e := estimateOf(x); e.Low <= 0 && 0 <= e.High {
			held++
		}
	}
	if p := float64(held) / float64(runs); p < 0.93 || p > 0.995 {
		t.Errorf("the interval holds the truth %.3f of the times", p)
	}
	e := estimateOf([][]float64{{1, 0, 1, 1}})
	if e.Value != 0.75 || math.Abs(e.High-e.Low-2*1.960*0.25) > 1e-9 {
		t.Errorf("of one seed %+v", e)
	}
	if e := estimateOf(nil); e.Problems != 0 || e.Value != 0 {
		t.Errorf("of nothing %+v", e)
	}
}

func TestMirrors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"gsm8k/test.jsonl":   `{"question": "Two and two?", "answer": "2+2=<<4>>\n#### 1,004"}`,
		"math23k/test.json":  "{\n\"original_text\":\"一半是多少？\",\n\"ans\":\"0.5\"\n}\n{\"original_text\":\"几分之几？\",\"ans\":\"(1/2)\"}\n",
		"ape210k/valid.json": `{"original_text": "3", "ans": "45"}`,
	} {
		check(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777))
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for name, want := range map[string]string{"gsm8k": "1004", "math23k": "0.5", "ape210k": "45"} {
		list, err := mirrors[name].read(dir)
		if err != nil || len(list) != 1 || list[0].Answer != want {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		if !correct(&list[0], "x="+want) || correct(&list[0], "7") || correct(&list[0], "") {
			t.Errorf("%s: wrongly judged", name)
		}
	}
}
