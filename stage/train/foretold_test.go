package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What the template of a base that is at hand leaves nothing of is refused by the plan in the
// words of the run, where all of it was read: made already or not.
func TestForetoldNothingLeft(t *testing.T) {
	said := func(thought, text string) []stage.Message {
		return []stage.Message{{Role: "assistant", Thought: thought, Content: text}}
	}
	yes, no := true, false
	var alike, apart, torn, same, drop, dropPairs []stage.Example
	for i := range 4 {
		from, text := fmt.Sprintf("p:%d", i+1), fmt.Sprint(i)
		alike = append(alike, stage.Example{From: from, Prompt: user("hi"), Chosen: said("good", text), Rejected: said("bad", text+" ")})
		apart = append(apart, stage.Example{From: from, Prompt: user("hi"), Chosen: said("", "yes"), Rejected: said("", text)})
		torn = append(torn, stage.Example{From: from, Messages: append(user("hi"), said("", text)...), Label: &yes}, stage.Example{From: from, Messages: append(user("hi"), said("bad", text)...), Label: &no})
		same = append(same, torn[2*i], stage.Example{From: from, Messages: torn[2*i].Messages, Label: &no})
		drop = append(drop, stage.Example{From: from, Messages: append(user("hi"), said("", "drop")...)})
		dropPairs = append(dropPairs, stage.Example{From: from, Prompt: user("drop"), Chosen: said("", "yes"), Rejected: said("", text)})
	}
	chats := []stage.Example{{From: "c:1", Messages: append(user("hi"), said("", "yes")...)}}
	trims, drops := withTemplate(t, "llama3", trimming), forgetful(t, "m.content != 'drop'")
	for name, c := range map[string]struct {
		op    stage.Operator
		base  string
		arg   string
		list  []stage.Example
		watch []stage.Example
		more  stage.Example // beside which it is not refused
	}{
		"pairs":         {&DPO{Rank: 2, Batch: 2}, trims, "pairs", alike, nil, apart[0]},
		"watched pairs": {&DPO{Rank: 2, Batch: 2}, trims, "pairs", apart, alike, apart[0]},
		"labels":        {&KTO{Rank: 2, Batch: 2}, trims, "labels", torn, nil, torn[0]},
		"same words":    {&KTO{Rank: 2, Batch: 2}, trims, "labels", same, nil, torn[0]},
		"dropped":       {&LoRA{Rank: 2, Batch: 2}, drops, "examples", drop, nil, chats[0]},
		"asked nothing": {&DPO{Rank: 2, Batch: 2}, drops, "pairs", dropPairs, nil, apart[0]},
		"watched":       {&LoRA{Rank: 2, Batch: 2}, drops, "examples", chats, drop, chats[0]},
		"watched twice": {&DPO{Rank: 2, Batch: 2}, drops, "pairs", apart, dropPairs, apart[0]},
	} {
		if c.arg == "labels" {
			c.more.Messages = append(user("ho"), said("", "so")...)
		}
		plan := func(list, watch []stage.Example, made, whole bool) []*say.Error {
			in := map[string][]stage.Forecast{"base": {{Path: c.base}}}
			for arg, list := range map[string][]stage.Example{c.arg: list, "watch": watch} {
				if len(list) == 0 {
					continue
				}
				n := float64(len(list))
				f := stage.Forecast{Path: toyExamples(t, list)}
				if !made {
					f = stage.Forecast{Use: list[0].Use(), Sample: list, Whole: whole, Size: map[string]float64{"examples": n, "watched": n, "text": 100 * n, "learnt": 50 * n, "longest": 100}}
				}
				in[arg] = []stage.Forecast{f}
			}
			return c.op.(stage.Forecaster).Forecast(in, stage.Machine{Threads: 1}).Wrong
		}
		dirs := map[string]string{"base": c.base, c.arg: toyExamples(t, c.list)}
		if c.watch != nil {
			dirs["watch"] = toyExamples(t, c.watch)
		}
		want, _ := errors.AsType[*say.Error](c.op.Run(t.Context(), newBench(t, dirs).Job))
		for _, made := range []bool{true, false} {
			if got := plan(c.list, c.watch, made, true); want == nil || len(got) != 1 || got[0].Error() != want.Error() || got[0].In(say.Chinese) != want.In(say.Chinese) {
				t.Errorf("%s, made %v: %v; a run says %v", name, made, got, want)
			}
		}
		if got := plan(c.list, c.watch, false, false); len(got) > 0 {
			t.Errorf("%s, not all of which was read: %v", name, got)
		}
		list, watch := c.list, c.watch
		if watch != nil {
			watch = append(watch[:len(watch):len(watch)], c.more)
		} else {
			list = append(list[:len(list):len(list)], c.more)
		}
		if got := plan(list, watch, true, true); len(got) > 0 {
			t.Errorf("%s, and another: %v", name, got)
		}
	}
	// Where false weighs more than true, such labels say something.
	in := map[string][]stage.Forecast{"base": {{Path: trims}}, "labels": {{Path: toyExamples(t, torn)}}}
	if got := (&KTO{Rank: 2, Bad: 2}).Forecast(in, stage.Machine{}).Wrong; len(got) > 0 {
		t.Errorf("of other weights: %v", got)
	}
	// Labels of one kind are learnt: plan and run say what that is.
	in["labels"] = []stage.Forecast{{Path: toyExamples(t, torn[:1])}}
	if f := (&KTO{Rank: 2}).Forecast(in, stage.Machine{}); len(f.Wrong) > 0 || !strings.Contains(f.Derived.In(say.English), "all labels are true: no answer is made less likely") || !strings.Contains(f.Derived.In(say.Chinese), "标签全为 true") {
		t.Errorf("of one label: %v, %v", f.Derived, f.Wrong)
	}
}

// What the template drops of some that are watched is told as of those that are learnt.
func TestLostOfWatched(t *testing.T) {
	said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	base := forgetful(t, "m.content != 'drop'")
	good := true
	for arg, op := range map[string]stage.Operator{"examples": &LoRA{Rank: 1, Batch: 2}, "pairs": &DPO{Rank: 1, Batch: 2}, "labels": &KTO{Rank: 1, Batch: 2}} {
		var list []stage.Example
		for i, system := range []string{"keep", "drop"} {
			ask := append([]stage.Message{{Role: "system", Content: system}}, user("hi")...)
			e := stage.Example{From: fmt.Sprintf("w:%d", i+1), Messages: append(ask, said("yes")...)}
			switch arg {
			case "pairs":
				e = stage.Example{From: e.From, Prompt: ask, Chosen: said("yes"), Rejected: said("no")}
			case "labels":
				e.Label = &good
			}
			list = append(list, e)
		}
		b := newBench(t, map[string]string{"base": base, arg: toyExamples(t, list[:1]), "watch": toyExamples(t, list)})
		check(t, op.Run(t.Context(), b.Job))
		if notes, want := strings.Join(b.notes(), "\n"), "watch: examples of which the chat template of base drops what the system says: 1; the first is at w:2"; strings.Count(notes, want) != 1 {
			t.Errorf("%s: %s", arg, notes)
		}
	}
}

// Of chats that are all too long as many are told as there are, whatever the documents that
// each comes to; plan and run agree.
func TestForetoldTooLongOfTurns(t *testing.T) {
	// Each turn is a document of its own where a later one is written otherwise.
	base := withTemplate(t, "qwen2", `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and not loop.last %}earlier {% endif %}{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`)
	long := func(role string) stage.Message {
		return stage.Message{Role: role, Content: strings.Repeat("very long ", 400)}
	}
	var list []stage.Example
	for i := range 3 {
		list = append(list, stage.Example{From: fmt.Sprint(i), Messages: []stage.Message{long("user"), long("assistant"), long("user"), long("assistant")}})
	}
	dir := toyExamples(t, list)
	run := (&LoRA{}).Run(t.Context(), newBench(t, map[string]string{"base": base, "examples": dir}).Job)
	wrong := (&LoRA{}).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}, "examples": {{Path: dir}}}, stage.Machine{}).Wrong
	if run == nil || !strings.HasPrefix(run.Error(), "examples: nothing of examples is left: 3 examples are longer than") || len(wrong) != 1 || wrong[0].Error() != run.Error() {
		t.Errorf("a run says %v, a plan %v", run, wrong)
	}
}

// Problems none of which are watched are refused by the plan of reinforcement.
func TestForetoldUnwatchedProblems(t *testing.T) {
	_, in := toyBase(t)
	for name, f := range map[string]stage.Forecast{"made": {Path: toyPart(t, nil)}, "to be made": {Use: stage.UseProblems, Size: map[string]float64{"examples": 3, "text": 30, "watched": 0}}} {
		wrong := (&GRPO{}).Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, "problems": {{Path: in["problems"]}}, "watch": {f}}, stage.Machine{}).Wrong
		run := (&GRPO{}).Run(t.Context(), newBench(t, map[string]string{"base": in["base"], "problems": in["problems"], "watch": toyPart(t, nil)}).Job)
		if run == nil || len(wrong) != 1 || wrong[0].Error() != run.Error() {
			t.Errorf("%s: %v; a run says %v", name, wrong, run)
		}
	}
}

// What a student of distillation watches is in its time, as of others.
func TestForetoldWatchOfDistil(t *testing.T) {
	dir, in := toyTeacher(t)
	rows, watch := stage.Forecast{Path: toyRows(t, in["tokenizer"], toyProblems(4))}, stage.Forecast{Path: toyExamples(t, pieces(35, stage.UseChats))}
	m := stage.Machine{Threads: 2, Peak: 1e11}
	for name, op := range map[string]*Distil{"random": {Depth: 1}, "base": {}} {
		of := map[string][]stage.Forecast{"teacher": {{Path: dir}}, "from": {rows}}
		if name == "base" {
			of["base"] = of["teacher"]
		}
		alone := op.Forecast(of, m)
		of["watch"] = []stage.Forecast{watch}
		if f := op.Forecast(of, m); f.Low < 1.05*alone.Low || len(f.Wrong) > 0 {
			t.Errorf("%s: %g s, with what is watched %g; %v", name, alone.Low, f.Low, f.Wrong)
		}
	}
}

// An adapter that lies beside a base is told of, in plan and run; where the folder has no
// model, it is said what to name it in.
func TestAdapterBeside(t *testing.T) {
	base := withTemplate(t, "llama3", trimming)
	chats := toyExamples(t, pieces(4, stage.UseChats))
	const text = "the folder of the base holds an adapter, too (adapter_config.json), and that is not used"
	for _, beside := range []bool{false, true} {
		if beside {
			check(t, os.WriteFile(filepath.Join(base, "adapter_config.json"), []byte("{}"), 0o600))
		}
		for name, op := range map[string]stage.Operator{"lora": &LoRA{Rank: 1}, "dpo": &DPO{Rank: 1}, "quantise": &Quantise{Type: "f16"}} {
			f := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}}, stage.Machine{})
			if strings.Contains(f.Derived.In(say.English), text) != beside || strings.Contains(f.Derived.In(say.Chinese), "它不会被使用") != beside {
				t.Errorf("%s, beside %v: %v", name, beside, f.Derived)
			}
			if name == "dpo" {
				continue // opened as a student
			}
			b := newBench(t, map[string]string{"base": base, "examples": chats})
			check(t, op.Run(t.Context(), b.Job))
			if strings.Contains(strings.Join(b.notes(), "\n"), text) != beside {
				t.Errorf("%s, beside %v: %v", name, beside, b.notes())
			}
		}
		b := newBench(t, map[string]string{"base": base})
		s, err := openStudent(b.Job, own{}, 0)
		check(t, err)
		s.Close()
		if strings.Contains(strings.Join(b.notes(), "\n"), text) != beside {
			t.Errorf("a student, beside %v: %v", beside, b.notes())
		}
	}
	check(t, os.Remove(filepath.Join(base, "config.json")))
	wrong := (&LoRA{}).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}}, stage.Machine{}).Wrong
	if len(wrong) != 1 || !strings.Contains(wrong[0].In(say.English), "has no config.json; it holds an adapter: give the model that it was trained over") || !strings.Contains(wrong[0].In(say.Chinese), "其中是一个适配器") {
		t.Errorf("an adapter alone: %v", wrong)
	}
}
