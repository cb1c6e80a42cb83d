package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// forgetful is a base whose template writes of a message only what keep says.
func forgetful(t *testing.T, keep string) string {
	t.Helper()
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
	check(t, os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte(`{% for m in messages %}<|im_start|>{{ m.role }}
{% if `+keep+` %}{{ m.content }}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`), 0o600))
	return base
}

// Whatever is trained, a template that drops all answers, or all last questions, is refused,
// and one that drops some is told of.
func TestLost(t *testing.T) {
	var chats, pairs, labels []stage.Example
	for i, p := range toyProblems(1) {
		e := stage.Example{From: fmt.Sprintf("chats.jsonl:%d", i+1), Messages: append(user(p.Prompt), stage.Message{Role: "assistant", Content: "yes"})}
		chats = append(chats, e)
		pair, label, good := e, e, i%2 == 0
		pair.Messages, pair.Prompt = nil, e.Messages[:1]
		pair.Chosen, pair.Rejected = e.Messages[1:], []stage.Message{{Role: "assistant", Content: "no"}}
		label.Label = &good
		pairs, labels = append(pairs, pair), append(labels, label)
	}
	part := toyPart(t, toyProblems(1))
	in := map[string]string{"examples": toyExamples(t, chats), "pairs": toyExamples(t, pairs), "labels": toyExamples(t, labels), "problems": part, "watch": part, "teacher": archFolder("qwen2")}
	whole := forgetful(t, "true")
	for keep, want := range map[string]string{"m.role == 'user'": "drops the answers of all", "m.role == 'assistant'": "drops the last question of all"} {
		base := forgetful(t, keep)
		for name, x := range map[string]struct {
			op   stage.Operator
			args []string
			base string
		}{
			"lora":   {&LoRA{Rank: 1}, []string{"examples"}, base},
			"sft":    {&SFT{Epochs: 1}, []string{"examples"}, base},
			"dpo":    {&DPO{Rank: 1}, []string{"pairs"}, base},
			"kto":    {&KTO{Rank: 1}, []string{"labels"}, base},
			"grpo":   {&GRPO{Rank: 1, Steps: 1}, []string{"problems", "watch"}, base},
			"distil": {&Distil{Rank: 1, Count: 4}, []string{"problems", "teacher"}, whole},
		} {
			of := map[string]string{"base": x.base}
			for _, arg := range x.args {
				of[arg] = in[arg]
			}
			if name == "distil" {
				of["teacher"] = base
			}
			if (name == "grpo" || name == "distil") && strings.Contains(want, "answers") {
				continue // the model answers
			}
			err := x.op.Run(t.Context(), newBench(t, of).Job)
			bad, ok := err.(*say.Error)
			if !ok || !strings.Contains(bad.In(say.English), want) || !strings.Contains(bad.In(say.Chinese), "对话模板") || bad.Next.IsZero() ||
				(name == "lora" || name == "sft") && !strings.Contains(bad.In(say.English), "chats.jsonl:1") {
				t.Errorf("%s, %s: %v", keep, name, err)
			}
		}
	}
	chats[3].Messages = append([]stage.Message{{Role: "user", Content: "first"}, {Role: "assistant", Content: "drop"}}, chats[3].Messages...)
	base := forgetful(t, "m.content != 'drop'")
	b, err := openBrought(base)
	check(t, err)
	defer b.Close()
	dir := toyExamples(t, chats)
	run := newBench(t, map[string]string{"examples": dir})
	_, err = b.chats(t.Context(), run.Job, dir)
	check(t, err)
	if notes := strings.Join(run.notes(), "\n"); !strings.Contains(notes, "chats.jsonl:4") || !strings.Contains(notes, "drops an answer, or a part of it: 1;") {
		t.Errorf("notes: %q", notes)
	}
}
