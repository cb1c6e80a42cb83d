package train

import (
	"fmt"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// tooLongs are n examples for the use that are longer than a toy's context.
func tooLongs(n int, use stage.Use) (list []stage.Example) {
	long := []stage.Message{{Role: "assistant", Content: strings.Repeat("1", 3*toyContext)}}
	for i := range n {
		e, good := stage.Example{From: fmt.Sprint(i), Messages: append(user("a+"), long...)}, i%2 == 0
		switch use {
		case stage.UsePairs:
			e.Messages, e.Prompt, e.Chosen, e.Rejected = nil, user("a+"), long, []stage.Message{{Role: "assistant", Content: "7"}}
		case stage.UseLabels:
			e.Label = &good
		}
		list = append(list, e)
	}
	return list
}

// sampleOf is a forecast of a thousand examples, of which these were read.
func sampleOf(list []stage.Example) stage.Forecast {
	return stage.Forecast{Use: list[0].Use(), Sample: list, Size: map[string]float64{"examples": 1000, "watched": 1000, "text": 100000, "learnt": 90000, "longest": 100}}
}

// Where all that was counted is too long, and not all was, a plan says so, and foretells no steps of
// what it did not find; it does not refuse what it does not know.
func TestForetoldNoRoom(t *testing.T) {
	_, in := toyBase(t)
	m := stage.Machine{Threads: 1, Peak: 1e11}
	for arg, c := range map[string]struct {
		op  stage.Forecaster
		use stage.Use
	}{
		"pairs": {&DPO{Rank: 2}, stage.UsePairs}, "labels": {&KTO{Rank: 2}, stage.UseLabels}, "examples": {&LoRA{Batch: 2}, stage.UseChats},
	} {
		for name, f := range map[string]stage.Forecast{"to be made": sampleOf(tooLongs(20, c.use)), "made": {Path: toyExamples(t, tooLongs(tallyExamples+1, c.use))}} {
			got := c.op.Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, arg: {f}}, m)
			if text := got.Derived.In(say.English); len(got.Wrong) > 0 || got.FLOPs != 0 || strings.Contains(text, ", about ") ||
				!strings.Contains(text, "left out: about all of ") || !strings.Contains(got.Derived.In(say.Chinese), "几乎全部") || got.Basis.In(say.English) != "little or nothing is learnt" {
				t.Errorf("%s, %s: %v, %g operations, %v, %v", arg, name, got.Derived, got.FLOPs, got.Basis, got.Wrong)
			}
		}
	}
	rows := stage.Forecast{Size: map[string]float64{"rows": 0, "documents": 0, "tokens": 0, "supervised": 0, "length": toyContext, "vocab": 261}}
	for name, f := range map[string]stage.Forecast{
		"sft":  (&SFT{Depth: 1}).Forecast(map[string][]stage.Forecast{"from": {rows}}, m),
		"lora": (&LoRA{}).Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, "from": {rows}}, m),
	} {
		if text := f.Derived.In(say.English); strings.Contains(text, ", about ") || f.FLOPs != 0 {
			t.Errorf("%s of no rows: %s", name, text)
		}
	}
}

// Examples to watch none of which has room are refused by the plan, in the words of the run, where
// all were counted; where some were, it is told. What helps is said: to hold out more does not.
func TestForetoldWatchNoRoom(t *testing.T) {
	dir, in := toyTeacher(t)
	long := tooLongs(3, stage.UseChats)
	chats := toyExamples(t, pieces(4, stage.UseChats))
	thought := tooLongs(1, stage.UseChats)
	thought[0].Messages[1].Thought, thought[0].Messages[1].Content = thought[0].Messages[1].Content, "7"
	rows := func(think bool) string {
		list := toyProblems(4)
		for i := range list {
			if !think {
				list[i].Think = ""
			}
		}
		return toyRows(t, in["tokenizer"], list)
	}
	for name, c := range map[string]struct {
		op stage.Operator
		in map[string]string
	}{
		"sft":      {&SFT{Depth: 1}, map[string]string{"from": in["from"], "tokenizer": in["tokenizer"]}},
		"rows":     {&LoRA{Rank: 1, Batch: 4}, map[string]string{"base": dir, "from": rows(true)}},
		"direct":   {&LoRA{Rank: 1, Batch: 4}, map[string]string{"base": dir, "from": rows(false)}},
		"examples": {&LoRA{Rank: 1, Batch: 4}, map[string]string{"base": dir, "examples": chats}},
		"distil":   {&Distil{Depth: 1, Batch: 4}, map[string]string{"teacher": dir, "from": rows(true)}},
	} {
		plan := func(watch stage.Forecast) stage.Forecast {
			all := map[string][]stage.Forecast{"watch": {watch}}
			for arg, dir := range c.in {
				all[arg] = []stage.Forecast{{Path: dir, Size: map[string]float64{"length": toyContext}}}
			}
			return c.op.(stage.Forecaster).Forecast(all, stage.Machine{Threads: 1})
		}
		run := func(watch string) error {
			all := map[string]string{"watch": watch}
			for arg, dir := range c.in {
				all[arg] = dir
			}
			return c.op.Run(t.Context(), newBench(t, all).Job)
		}
		made := toyExamples(t, long)
		want := run(made)
		if want == nil || !strings.Contains(want.Error(), "fits a row of") || strings.Contains(want.Error(), "heldout") {
			t.Errorf("%s: a run says %v", name, want)
			continue
		}
		whole := sampleOf(long)
		whole.Whole = true
		for is, f := range map[string]stage.Forecast{"made": {Path: made}, "to be made": whole} {
			if got := plan(f); len(got.Wrong) != 1 || got.Wrong[0].Error() != want.Error() {
				t.Errorf("%s, %s: %v; a run says %v", name, is, got.Wrong, want)
			}
		}
		if got := plan(sampleOf(long)); len(got.Wrong) > 0 || !strings.Contains(got.Derived.In(say.English), "watch: of the examples that were counted none fits a row of ") || !strings.Contains(got.Derived.In(say.Chinese), "没有一条能放进一行的") {
			t.Errorf("%s, of some: %v, %v", name, got.Derived, got.Wrong)
		}
		// A thought that rows leave out takes no room.
		made = toyExamples(t, thought)
		if fits := run(made) == nil; fits != (len(plan(stage.Forecast{Path: made}).Wrong) == 0) {
			t.Errorf("%s, a long thought: a run takes it: %v; the plan says %v", name, fits, plan(stage.Forecast{Path: made}).Wrong)
		}
	}
	for arg, op := range map[string]stage.Forecaster{"pairs": &DPO{Rank: 2}, "labels": &KTO{Rank: 2}} {
		use := map[string]stage.Use{"pairs": stage.UsePairs, "labels": stage.UseLabels}[arg]
		f := op.Forecast(map[string][]stage.Forecast{"base": {{Path: dir}}, arg: {{Path: toyExamples(t, pieces(4, use))}}, "watch": {sampleOf(tooLongs(3, use))}}, stage.Machine{Threads: 1})
		if len(f.Wrong) > 0 || !strings.Contains(f.Derived.In(say.English), "watch: of the examples that were counted none fits the base's ") {
			t.Errorf("%s: %v, %v", arg, f.Derived, f.Wrong)
		}
	}
}

// Examples over a base that is not made yet are counted with its tokenizer, where that is made,
// through all that stands between; where not, it is said that they are guessed.
func TestForetoldTokenizer(t *testing.T) {
	m := stage.Machine{Threads: 2, Peak: 1e11}
	tok := toyTokenizer(t)
	op := &SFT{Depth: 1}
	rows := stage.Forecast{Size: map[string]float64{"rows": 9, "length": 600, "tokens": 5400, "vocab": 2000}}
	base := func(f stage.Forecast) stage.Forecast {
		return op.Forecast(map[string][]stage.Forecast{"from": {rows}, "tokenizer": {f}}, m)
	}
	guessed := stage.Forecast{Size: map[string]float64{"vocab": 2000}}
	known := guessed
	known.Path = tok
	list := pieces(200, stage.UseChats)
	steps := func(b stage.Forecast) stage.Forecast {
		over := (&Quantise{Type: string(model.AsF16)}).Forecast(map[string][]stage.Forecast{"base": {b}}, m)
		return (&Continue{Batch: 1}).Forecast(map[string][]stage.Forecast{"base": {over}, "examples": {{Use: stage.UseChats, Sample: list, Whole: true, Size: map[string]float64{"examples": 200, "text": 4000, "learnt": 2000, "longest": 30}}}}, m)
	}
	w, err := newWriter(tok, 600)
	check(t, err)
	docs, _, err := w.chats(t.Context(), toyExamples(t, list), false)
	check(t, err)
	f := steps(base(known))
	if want := fmt.Sprintf("about %d steps", len(packDocs(docs, 512))); f.Rough || !strings.Contains(f.Derived.In(say.English), want) {
		t.Errorf("of %s is foretold: %v, rough %v", want, f.Derived, f.Rough)
	}
	if f := steps(base(guessed)); !f.Rough {
		t.Errorf("guessed: %v", f.Derived)
	}
}
