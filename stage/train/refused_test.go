package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// A template that cannot be read, and examples that it refuses, are refused when the plan is
// made, in the words of a run; rows of tokens are learnt without a template.
func TestForetoldTemplate(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
	template := func(text string) {
		check(t, os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(text), 0o600))
	}
	const open = "{% for m in messages %}{{ m.content }}"
	chats := make([]stage.Example, 5)
	for i := range chats {
		chats[i] = stage.Example{From: "a.jsonl:" + string(rune('1'+i)), Messages: append(user("a"), stage.Message{Role: "assistant", Content: "b"})}
	}
	pairs, labels := toyPairs(1)[:3], toyLabels(1)[:3]
	for name, c := range map[string]struct {
		op   stage.Operator
		arg  string
		list []stage.Example
	}{
		"lora":     {&LoRA{Batch: 2}, "examples", chats},
		"continue": {&Continue{Batch: 2}, "examples", chats},
		"dpo":      {&DPO{Batch: 2, Rank: 2}, "pairs", pairs},
		"kto":      {&KTO{Batch: 2}, "labels", labels},
	} {
		dir := toyExamples(t, c.list)
		refused := func(where string, n int) {
			t.Helper()
			run := c.op.Run(t.Context(), newBench(t, map[string]string{"base": base, c.arg: dir}).Job)
			for how, f := range map[string]stage.Forecast{"made": {Path: dir}, "to be made": {Use: c.list[0].Use(), Size: map[string]float64{"examples": float64(len(c.list))}, Sample: c.list, Whole: true}} {
				wrong := c.op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}, c.arg: {f}}, stage.Machine{Threads: 1}).Wrong
				if len(wrong) != n || run == nil {
					t.Errorf("%s, %s: %v; a run says %v", name, how, wrong, run)
				}
				for _, e := range wrong {
					if e.Where != where || !strings.Contains(run.Error(), strings.TrimPrefix(e.Error(), where+": ")) || e.Next.Zh == "" || e.What.In(say.Chinese) == e.What.In(say.English) {
						t.Errorf("%s, %s: %v; a run says %v", name, how, e, run)
					}
				}
			}
		}
		template(open)
		refused("base", 1)
		template("{{ raise_exception('no') }}")
		refused(c.arg, len(c.list))
	}
	template(open)
	rows := map[string][]stage.Forecast{"base": {{Path: base}}, "from": {{Size: map[string]float64{"length": 16, "rows": 2}}}}
	if wrong := (&LoRA{}).Forecast(rows, stage.Machine{}).Wrong; wrong != nil {
		t.Errorf("rows: %v", wrong)
	}
	if wrong := (&Distil{}).Forecast(map[string][]stage.Forecast{"teacher": {{Path: base}}, "base": {{Path: archFolder("qwen2")}}, "from": {{}}}, stage.Machine{}).Wrong; len(wrong) != 1 || wrong[0].Where != "teacher" || !strings.Contains(wrong[0].Error(), "the template cannot be read") {
		t.Errorf("teacher: %v", wrong)
	}
}

// A student of random weights is refused in the plan, made or not, the teacher whose words
// it cannot take, in the words of a run.
func TestForetoldTeacher(t *testing.T) {
	m := stage.Machine{Threads: 1, Memory: 1 << 34}
	op, in := packableSFT(t)
	ours := newBench(t, map[string]string{"from": toyRows(t, in["tokenizer"], toyProblems(1)), "tokenizer": in["tokenizer"]})
	check(t, op.Run(t.Context(), ours.Job))
	folder := op.Forecast(map[string][]stage.Forecast{"from": {{Path: in["from"]}}, "tokenizer": {{Size: map[string]float64{"vocab": 270}}}}, m)
	arch := stage.Forecast{Path: archFolder("qwen2"), Size: map[string]float64{"bytes": 1e6}}
	rows := []stage.Forecast{{Size: map[string]float64{"rows": 12, "length": 24, "tokens": 288}}}
	for _, c := range []struct {
		name   string
		make   stage.Operator
		ours   bool
		refuse *say.Error
	}{
		{"ours", nil, true, nil},
		{"ours, gone on with", &Continue{}, true, nil},
		{"ours, in halves", &Quantise{Type: "bf16"}, true, nil},
		{"ours, quantised", &Quantise{Type: "q8_0"}, true, packedTeacher()},
		{"brought", nil, false, foreignTeacher()},
		{"brought, gone on with", &Continue{}, false, foreignTeacher()},
		{"brought, quantised", &Quantise{Type: "q8_0"}, false, foreignTeacher()},
	} {
		made, later := arch, arch
		if c.ours {
			made, later = stage.Forecast{Path: ours.Out}, folder
		}
		if c.make != nil {
			b := newBench(t, map[string]string{"base": made.Path, "examples": toyExamples(t, []stage.Example{{From: "a.jsonl:1", Messages: append(user("1"), stage.Message{Role: "assistant", Content: "2"})}})})
			check(t, c.make.Run(t.Context(), b.Job))
			later = c.make.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {later}}, m)
			made = stage.Forecast{Path: b.Out}
		}
		for when, teacher := range map[string]stage.Forecast{"made": made, "to be made": later} {
			wrong := (&Distil{Depth: 1}).Forecast(map[string][]stage.Forecast{"teacher": {teacher}, "from": rows}, m).Wrong
			if c.refuse == nil && wrong != nil || c.refuse != nil && (len(wrong) != 1 || wrong[0].Error() != c.refuse.Error()) {
				t.Errorf("%s, %s: %v", c.name, when, wrong)
			}
		}
		run := (&Distil{Depth: 1}).Run(t.Context(), newBench(t, map[string]string{"teacher": made.Path, "from": in["from"]}).Job)
		if c.refuse != nil && (run == nil || run.Error() != c.refuse.Error()) {
			t.Errorf("%s: a run says %v", c.name, run)
		}
	}
}

// Lessons that fit into no context are refused in the plan, but where they are read without
// their thoughts, which may be what is long.
func TestReplayFitsNothing(t *testing.T) {
	base := archFolder("qwen2")
	lesson := stage.Example{From: "a", Messages: append(user("a"), stage.Message{Role: "assistant", Content: "b", Thought: strings.Repeat("so ", 4000)})}
	long := lesson
	long.Messages = append(user(strings.Repeat("so ", 4000)), lesson.Messages[1])
	no := false
	for _, c := range []struct {
		think  *bool
		lesson stage.Example
		faults int
	}{{nil, long, 1}, {&no, long, 0}, {nil, lesson, 0}} { // qwen2 knows no thoughts, and leaves them out
		in := map[string][]stage.Forecast{"base": {{Path: base}}, "problems": {{Path: toyPart(t, toyProblems(1))}}, "replay": {{Path: toyExamples(t, []stage.Example{c.lesson})}}}
		var replay []string
		for _, e := range (&GRPO{Rank: 2, Think: c.think}).Forecast(in, stage.Machine{Threads: 1}).Wrong {
			if e.Where == "replay" {
				replay = append(replay, e.Error())
			}
		}
		if len(replay) != c.faults {
			t.Errorf("%v: %q", c.think, replay)
		}
	}
}
