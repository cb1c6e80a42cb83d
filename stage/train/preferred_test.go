package train

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// trimming is a template that knows no thoughts, and trims what is said.
const trimming = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content | trim }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// Pairs that the base's template writes alike are left out and told, whatever their texts
// were: the weights are those of the others alone. Where no pair is left nothing is trained.
func TestAlike(t *testing.T) {
	base := withTemplate(t, "llama3", trimming)
	said := func(thought, text string) []stage.Message {
		return []stage.Message{{Role: "assistant", Thought: thought, Content: text}}
	}
	var apart, alike []stage.Example
	for i := range 4 {
		apart = append(apart, stage.Example{From: fmt.Sprintf("p:%d", i+1), Prompt: user("hi"), Chosen: said("", fmt.Sprint(i)), Rejected: said("", "no")})
	}
	alike = append(alike, stage.Example{From: "p:5", Prompt: user("hi"), Chosen: said("good", "yes"), Rejected: said("bad", "yes")},
		stage.Example{From: "p:6", Prompt: user("hi"), Chosen: said("", "yes"), Rejected: said("", "yes \n")})
	plain := newBench(t, map[string]string{"base": base, "pairs": toyExamples(t, apart)})
	check(t, (&DPO{Rank: 2, Batch: 2}).Run(t.Context(), plain.Job))
	some := newBench(t, map[string]string{"base": base, "pairs": toyExamples(t, append(alike, apart...)), "watch": toyExamples(t, append(alike[1:], apart...))})
	check(t, (&DPO{Rank: 2, Batch: 2}).Run(t.Context(), some.Job))
	notes := strings.Join(some.notes(), "\n")
	for _, want := range []string{"pairs: left out, for the base's template writes their two answers alike: 2 pairs; the first is at p:5", "watch: left out, for the base's template writes their two answers alike: 1 pair; the first is at p:6", "thoughts left out: 2, for"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in %q", want, notes)
		}
	}
	if strings.Contains(strings.Join(plain.notes(), "\n"), "left out") {
		t.Errorf("told of all that differ: %q", plain.notes())
	}
	_, loss := plain.series("loss")
	if _, again := some.series("loss"); fmt.Sprint(loss) != fmt.Sprint(again) {
		t.Errorf("losses %v, and beside pairs that are left out %v", loss, again)
	}
	found, err := FoundIn(some.Out, "dpo", nil)
	check(t, err)
	if text := fmt.Sprint(found); !strings.Contains(text, "2 of 6 pairs") {
		t.Errorf("shown: %s", text)
	}
	yes, no := true, false
	both := []stage.Example{{From: "l:1", Messages: append(user("hi"), said("good", "yes")...), Label: &yes}, {From: "l:2", Messages: append(user("hi"), said("bad", "yes")...), Label: &no}}
	// Labels of the same words are no template's doing, and another base would not help.
	same := []stage.Example{both[0], {From: "l:2", Messages: both[0].Messages, Label: &no}}
	err = (&KTO{Rank: 2}).Run(t.Context(), newBench(t, map[string]string{"base": base, "labels": toyExamples(t, same)}).Job)
	if bad, ok := errors.AsType[*say.Error](err); !ok || bad.Where != "labels" || !strings.HasPrefix(bad.What.In(say.English), "all answers of") || bad.Next.In(say.Chinese) != "请为每个回答只保留一种标签" {
		t.Errorf("labels of the same words: %v", err)
	}
	for name, c := range map[string]struct {
		op   stage.Operator
		in   map[string]string
		at   string
		want string
	}{
		"pairs":  {&DPO{Rank: 2}, map[string]string{"pairs": toyExamples(t, alike)}, "pairs", "p:5"},
		"watch":  {&DPO{Rank: 2}, map[string]string{"pairs": toyExamples(t, apart), "watch": toyExamples(t, alike)}, "watch", "p:5"},
		"labels": {&KTO{Rank: 2}, map[string]string{"labels": toyExamples(t, both)}, "labels", "l:2"},
	} {
		c.in["base"] = base
		err := c.op.Run(t.Context(), newBench(t, c.in).Job)
		bad, ok := errors.AsType[*say.Error](err)
		if !ok || bad.Where != c.at || !strings.Contains(bad.In(say.English), c.want) || !strings.Contains(bad.In(say.Chinese), "基座的模板") || !errors.Is(err, stage.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// With other answers beside them, or with other weights, such labels are told and learnt.
	both = append(both, stage.Example{From: "l:3", Messages: append(user("hi"), said("", "no")...), Label: &no})
	b := newBench(t, map[string]string{"base": base, "labels": toyExamples(t, both)})
	check(t, (&KTO{Rank: 2, Batch: 2}).Run(t.Context(), b.Job))
	if notes := strings.Join(b.notes(), "\n"); !strings.Contains(notes, "one with the other label: 1; the first is at l:2") || !strings.Contains(notes, "thoughts left out: 2") {
		t.Errorf("labels: %q", notes)
	}
	b = newBench(t, map[string]string{"base": base, "labels": toyExamples(t, both[:2])})
	check(t, (&KTO{Rank: 2, Batch: 2, Good: 2}).Run(t.Context(), b.Job))
}

// What a step of preference is foretold to be is whole examples, each once: as it comes.
func TestForetoldSteps(t *testing.T) {
	for _, c := range []struct {
		n, batch, epochs int
		want             string
	}{
		{24, 100, 1, "44 answers a step, about 1 step;"}, {24, 100, 3, "44 answers a step, about 3 steps;"}, {24, 8, 1, "16 answers a step, about 3 steps;"},
	} {
		in := map[string][]stage.Forecast{"base": {{Path: archFolder("llama3")}}, "pairs": {{Size: map[string]float64{"examples": .9 * float64(c.n), "pairs": .9 * float64(c.n)}, Use: stage.UsePairs}}}
		got := (&DPO{Batch: c.batch, Epochs: c.epochs}).Forecast(in, stage.Machine{Threads: 1}).Derived.In(say.English)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%d pairs: %q, want %q", c.n, got, c.want)
		}
	}
}

// What a plan says of an adapter it says wherever there is one, with the same checks; of
// whole weights it is refused.
func TestAdapterOfStudent(t *testing.T) {
	in := map[string][]stage.Forecast{"base": {{Path: archFolder("llama3")}}}
	for name, make := range map[string]func(rank int, alpha float64, targets []string) stage.Operator{
		"dpo":  func(r int, a float64, t []string) stage.Operator { return &DPO{Rank: r, Alpha: a, Targets: t} },
		"kto":  func(r int, a float64, t []string) stage.Operator { return &KTO{Rank: r, Alpha: a, Targets: t} },
		"grpo": func(r int, a float64, t []string) stage.Operator { return &GRPO{Rank: r, Alpha: a, Targets: t} },
		"distil": func(r int, a float64, t []string) stage.Operator {
			return &Distil{Rank: r, Alpha: a, Targets: t, Base: stage.Ref{Kind: "weights", Name: "b"}, From: stage.Ref{Kind: "tokens", Name: "t"}}
		},
	} {
		for where, op := range map[string]stage.Operator{"alpha": make(0, 3, nil), "targets": make(0, 0, []string{"o_proj"}), "targets ": make(4, 0, []string{})} {
			if errs := op.(stage.Checker).Check(); len(errs) != 1 || errs[0].Where != strings.TrimSpace(where) {
				t.Errorf("%s, %s: %v", name, where, errs)
			}
		}
		op := make(16, 8, []string{"o_proj"})
		if errs := op.(stage.Checker).Check(); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		f := op.(stage.Forecaster).Forecast(in, stage.Machine{Threads: 1})
		if got := f.Derived.In(say.English); !strings.HasPrefix(got, "adapters of rank 16 and alpha 8: 5120 parameters; ") || len(f.Wrong) > 0 {
			t.Errorf("%s: %q, %v", name, got, f.Wrong)
		}
		if f := make(4, 0, []string{"query"}).(stage.Forecaster).Forecast(in, stage.Machine{Threads: 1}); len(f.Wrong) != 1 || f.Wrong[0].Where != "targets" {
			t.Errorf("%s: %v", name, f.Wrong)
		}
		if s, ok := op.(stage.Settler); !ok || s.Settled()["alpha"] != 8.0 {
			t.Errorf("%s: settled %v", name, s.Settled())
		}
	}
}
