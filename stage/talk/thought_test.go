package talk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage"
)

// trims writes thoughts as Qwen3 does: without the lines around them, and takes what stands
// before </think> in an answer for one.
const trims = `{%- for m in messages %}
{%- set content, thought = m.content, '' %}
{%- if m.reasoning_content is string %}{% set thought = m.reasoning_content %}
{%- elif m.role == 'assistant' and '</think>' in content %}
{%- set thought = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
{%- set content = content.split('</think>')[-1].lstrip('\n') %}
{%- endif %}
{{- '<|im_start|>' + m.role + '\n' }}
{%- if m.role == 'assistant' and loop.last %}{{ '<think>\n' + thought.strip('\n') + '\n</think>\n\n' }}{% endif %}
{{- content + '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

// learns is what w learns of a thought and an answer.
func learns(t *testing.T, w *Writer, thought, answer string) string {
	t.Helper()
	docs, _, err := w.Docs(&stage.Example{Messages: []stage.Message{said("user", "Hi?"), {Role: "assistant", Thought: thought, Content: answer}}}, stage.Choice{}, 1<<20)
	check(t, err)
	var list []string
	for i := range docs {
		list = append(list, w.runs(&docs[i])...)
	}
	return strings.Join(list, "")
}

func templateOf(t *testing.T, name string) *Writer {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("../../testdata/oracle/jinja/templates", name+".jinja"))
	check(t, err)
	return writerOf(t, string(source))
}

// A thought is learnt once, as the template writes it: where it trims it, too.
func TestTrimmedThought(t *testing.T) {
	qwen, stripped := writerThatEnds(t, trims, "<|im_end|>"), writerThatEnds(t, strings.ReplaceAll(trims, `thought.strip('\n')`, "thought | trim"), "<|im_end|>")
	for _, x := range []struct {
		name          string
		w             *Writer
		thought, want string
	}{
		{"qwen", qwen, "\n\nA2 two", "<think>\nA2 two\n</think>\n\nend<|im_end|>"},
		{"qwen", qwen, "\nA2\n\ntwo\n", "<think>\nA2\n\ntwo\n</think>\n\nend<|im_end|>"},
		{"qwen", qwen, " A2 ", "<think>\n A2 \n</think>\n\nend<|im_end|>"},
		{"qwen", qwen, "\n", "<think>\n\n</think>\n\nend<|im_end|>"},
		{"trim", stripped, " A2", "<think>\nA2\n</think>\n\nend<|im_end|>"},
		{"trim", stripped, "A2\n", "<think>\nA2\n</think>\n\nend<|im_end|>"},
		{"hermes", templateOf(t, "hermes"), "\n\nA2\n", "<think>\nA2\n</think>\n\nend<|im_end|>"},
		{"arg-key", templateOf(t, "arg-key"), "A2\n", "A2\n</think>end</s>"},
		{"deepseek", templateOf(t, "deepseek"), "\nA2\n\n", "A2\n</think>\n\nend<｜end▁of▁sentence｜>"},
	} {
		if got := learns(t, x.w, x.thought, "end"); got != x.want {
			t.Errorf("%s: %q is learnt as %q, want %q", x.name, x.thought, got, x.want)
		}
	}
}

// A blank thought is none: it is learnt with the answer.
func TestBlankThought(t *testing.T) {
	w := templateOf(t, "deepseek")
	if got, want := learns(t, w, "\n ", "end"), learns(t, w, "", "end"); got != want {
		t.Errorf("learns %q, and %q without it", got, want)
	}
	docs, _, err := w.Docs(&stage.Example{Messages: []stage.Message{said("user", "Hi?"), {Role: "assistant", Thought: "\n", Content: "end"}}}, stage.Choice{NoAnswers: true}, 1<<20)
	if check(t, err); len(docs) > 0 {
		t.Errorf("learns %q of nothing", w.runs(&docs[0]))
	}
}

// What is learnt of a thought does not hang on what its words are: a thought whose words the
// answer has, too, is learnt as any other, in every template.
func TestRepeatedThought(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*folder, "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates in ", *folder)
	}
	learnt := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		w, at := writerOf(t, string(source)), filepath.Base(file)
		if _, ok := w.Tokenizer.Special("<think>"); !ok { // a vocabulary with tags that the template does not have
			w = writerThatEnds(t, string(source)+"{# <think></think> #}", string(w.Tokenizer.Bytes(w.Stops[0])))
		}
		example := func(thought string) *stage.Example {
			return &stage.Example{Messages: []stage.Message{said("user", "Hi?"), {Role: "assistant", Thought: thought, Content: "It is Zq7one."}}}
		}
		text := func(thought string) (string, bool) {
			docs, _, err := w.Docs(example(thought), stage.Choice{}, 1<<20)
			if err != nil {
				t.Logf("%s: %v", at, err)
				return "", false
			}
			return w.Tokenizer.Decode(docs[0].IDs), true
		}
		other, ok := text("Zq7first")
		if !ok {
			continue
		}
		if strings.Contains(other, "Zq7first") {
			learnt++
		}
		if got, _ := text("Zq7one"); got != strings.ReplaceAll(other, "Zq7first", "Zq7one") {
			t.Errorf("%s: %q, and of other words %q", at, got, other)
		}
		if got, _ := text("\n\nZq7first\n"); strings.Count(got, "Zq7first") != strings.Count(other, "Zq7first") {
			t.Errorf("%s: with lines around it %q, else %q", at, got, other)
		}
	}
	if learnt == 0 {
		t.Error("no thought is learnt")
	}
	if got, want := learns(t, templateOf(t, "deepseek"), "6*7=42", "The answer is: 6*7=42."), "6*7=42\n</think>\n\nThe answer is: 6*7=42.<｜end▁of▁sentence｜>"; got != want {
		t.Errorf("deepseek learns %q, want %q", got, want)
	}
}

// What a template drops around a thought in an answer's text is told; what it only takes
// for a thought is not lost.
func TestLostAroundThoughts(t *testing.T) {
	w := writerThatEnds(t, trims, "<|im_end|>")
	const all = hasAnswer | hasQuestion
	for _, x := range []struct {
		answers []string
		want    Lost
	}{
		{[]string{"Sure, here it is: <think>abc</think> done"}, all | lostAnswer},
		{[]string{"<think>abc</think> then <think>def</think> done"}, all | lostAnswer},
		{[]string{"The tag </think> closes a thought in Qwen."}, all},
		{[]string{"<think>abc</think> done"}, all},
		{[]string{"The tag <think> begins one."}, all},
		{[]string{"Sure: <think>abc</think>"}, hasQuestion | lostAnswer},
		{[]string{"Use `</think>` to close. Good.", "Not much."}, all | lostWords},
		{[]string{"Hi? </think> Good.", "Not much."}, all | lostWords}, // which the user says again
		{[]string{"Good: </think> Good.", "Not much."}, all | lostWords},
		{[]string{"<think>abc</think> done", "Not much."}, all},
	} {
		e := stage.Example{}
		none := 0
		for i, text := range x.answers {
			e.Messages = append(e.Messages, said("user", "Hi?"), said("assistant", text))
			if i < len(x.answers)-1 {
				e.Messages[2*i+1].Weight = &none
			}
		}
		if got, ok := lostOf(w, &e); !ok || got != x.want {
			t.Errorf("%q: %b, want %b", x.answers, got, x.want)
		}
	}
}
