package talk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"suiren/stage"
)

// lostOf is what w loses of an example; ok is false if it refuses it.
func lostOf(w *Writer, e *stage.Example) (l Lost, ok bool) {
	docs, _, err := w.Docs(e, stage.Choice{}, 1<<20)
	for i := range docs {
		l |= docs[i].Lost
	}
	return l, err == nil
}

// No template that is in use drops an answer or a question, whatever is written in them,
// and none is said to; but some take what stands before </think> in an answer for a thought,
// and what they drop of it is told.
func TestNothingLost(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*folder, "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates in ", *folder)
	}
	texts := []string{"Hi?", "7", "继续", "  two\n\n\n\"quoted\" \\n <b>&amp;</b> 'x'\t`y`  ", "Zq7head </think> Zq7tail", "👍", "/no_think", "/no_think 2+3", "a\u0301\u2028é\x80z", "{\"a\": [1, \"二\"]}", "<|im_end|>user</s>", "[INST] user [/INST]", ""}
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		w := writerOf(t, string(source))
		at := strings.TrimSuffix(filepath.Base(file), ".jinja")
		written, judged := false, false
		for _, text := range texts {
			for kind, e := range map[string]stage.Example{
				"same":    {Messages: []stage.Message{said("user", text), said("assistant", text), said("user", text), said("assistant", text)}},
				"system":  {Messages: []stage.Message{said("system", text), said("user", text), said("assistant", text), said("user", "And?"), said("assistant", text)}},
				"thought": {Messages: []stage.Message{said("user", text), {Role: "assistant", Content: text, Thought: strings.ReplaceAll(text, "Zq7head", "x")}, said("user", text), {Role: "assistant", Content: text, Thought: "x"}}},
				"call": {Tools: []json.RawMessage{weather}, Messages: func() []stage.Message {
					list := calling()
					list[2].Content, list[3].Content = text, text
					args, err := json.Marshal(map[string]any{"city": text, "n": 1})
					check(t, err)
					list[1].Calls[0].Function.Arguments = string(args)
					return list
				}()},
			} {
				got, ok := lostOf(w, &e)
				if written = written || ok; got != 0 {
					judged = true
				}
				if strings.Contains(text, "Zq7head") && got&^(hasAnswer|hasQuestion|lostAnswer|lostWords) == 0 {
					n := 0
					for _, m := range e.Messages {
						n += strings.Count(m.Content, "Zq7head")
						for _, call := range m.Calls {
							n += strings.Count(call.Function.Arguments, "Zq7head")
						}
					}
					full, err := w.Template.Prompt(w.conversationOf(&e))
					if ok && err == nil && got&(lostAnswer|lostWords) != 0 && strings.Count(full.String, "Zq7head") >= n {
						t.Errorf("%s: %s of %q: %b of %q", at, kind, text, got, full.String)
					}
					continue
				}
				if got&^(hasAnswer|hasQuestion) != 0 {
					t.Errorf("%s: %s of %q: %b", at, kind, text, got)
				}
			}
		}
		if written && !judged {
			t.Errorf("%s: nothing was judged", at)
		}
	}
}

// What a template drops is told apart: nothing can be learnt of examples without answers
// or questions, and of the others something.
func TestLost(t *testing.T) {
	const turn = `{% for m in messages %}<|im_start|>{{ m.role }}
{% if KEEP %}{{ m.content }}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`
	for _, x := range []struct {
		name, keep string
		want       Lost
	}{
		{"all", "true", hasAnswer | hasQuestion},
		{"marks alone", "false", lostAnswer | lostQuestion | lostSystem | lostWords},
		{"no answers", "m.role != 'assistant'", lostAnswer | hasQuestion | lostWords},
		{"no questions", "m.role != 'user'", hasAnswer | lostQuestion | lostWords},
		{"no later system", "m.role != 'system' or loop.first", hasAnswer | hasQuestion | lostSystem},
		{"last alone", "loop.last or loop.index > 3 or m.role == 'system'", hasAnswer | hasQuestion | lostWords},
	} {
		w := writerThatEnds(t, strings.ReplaceAll(turn, "KEEP", x.keep), "<|im_end|>")
		e := stage.Example{Messages: []stage.Message{said("user", "First?"), said("assistant", "Zq7one"), said("system", "Be brief"), said("user", "One?"), said("assistant", "Zq7one")}}
		no := 0
		e.Messages[1].Weight = &no
		if got, ok := lostOf(w, &e); !ok || got != x.want {
			t.Errorf("%s: %b, want %b", x.name, got, x.want)
		}
		q, err := w.Ask("", e.Messages[:4], nil, nil)
		check(t, err)
		if want := x.want &^ (hasAnswer | lostAnswer); q.Lost != want {
			t.Errorf("%s: asked: %b, want %b", x.name, q.Lost, want)
		}
	}
	var l Losses
	for i := range 3 {
		l.Add(strconv.Itoa(i), []Lost{hasAnswer | hasQuestion, lostAnswer | hasQuestion | lostSystem, 0}[i])
	}
	if l.count[lostAnswer] != 1 || l.first[lostSystem] != "1" || l.seen&hasAnswer == 0 {
		t.Errorf("%+v", l)
	}
}

// Words beside a call that the template leaves out, and a call that it takes for words.
func TestLostCalls(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("../../testdata/oracle/jinja/templates", "hermes.jinja"))
	check(t, err)
	w := writerOf(t, string(source))
	for _, x := range []struct {
		text string
		want Lost
	}{
		{"Zq7one", 0},
		{"See: <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"x\"}}</tool_call>", wordedCall},
		{"One writes <tool_call> before a call, and </tool_call> behind it.", 0},
		{"<tool_call>{\"city\": \"x\"}</tool_call>", 0},
	} {
		for _, tools := range [][]json.RawMessage{{weather}, nil} {
			e := stage.Example{Tools: tools, Messages: []stage.Message{said("user", "Hi?"), said("assistant", x.text)}}
			if got, ok := lostOf(w, &e); !ok || got&wordedCall != x.want {
				t.Errorf("%q: %b", x.text, got)
			}
		}
	}
	e := stage.Example{Messages: calling()[:2]}
	e.Messages[1].Content = "One moment."
	w = writerThatEnds(t, `{% for m in messages %}{{ m.role }}: {% if m.tool_calls %}<tool_call>
{"name": "{{ m.tool_calls[0].function.name }}", "arguments": {{ m.tool_calls[0].function.arguments | tojson }}}
</tool_call>{% else %}{{ m.content }}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}`, "</s>")
	if got, ok := lostOf(w, &e); !ok || got != hasAnswer|hasQuestion|lostWords {
		t.Errorf("words beside a call: %b", got)
	}
	second := e.Messages[1].Calls[0]
	second.Function.Arguments = `{"city": "Zq7second"}`
	e.Messages[1].Content, e.Messages[1].Calls = "", append(e.Messages[1].Calls, second)
	if got, ok := lostOf(w, &e); !ok || got != hasAnswer|hasQuestion|lostCall {
		t.Errorf("a second call: %b", got)
	}
}
