package talk

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/stage"
)

var folder = flag.String("templates", "../../testdata/oracle/jinja/templates", "a folder of chat templates")

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tagNames are what a vocabulary that goes with a template has for tokens.
var tagNames = regexp.MustCompile(`<\|[^|>' {}]+\|>|<｜[^｜>' {}]+｜>|</?s>|<(?:start|end)_of_turn>|</?think>|\[/?(?:INST|THINK|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<seed:[a-z_]+>|<SPECIAL_\d+>|\[[eb]~[\[b]|<turn\|>|<\|turn>|</?assistant>|</?user>|<sep>`)

// writerOf is the writer of a template, over a vocabulary of bytes and of the
// tags that the template has. What it writes behind an answer ends one.
func writerOf(t testing.TB, source string) *Writer {
	t.Helper()
	w := writerThatEnds(t, source, "</s>")
	past := stage.Example{Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one"), said("user", "And?")}}
	if p, err := w.Template.Prompt(conversationOf(&past)); err == nil {
		_, rest, _ := strings.Cut(p.String, "Zq7one")
		rest, _, _ = strings.Cut(rest, "And?")
		if name := tagNames.FindString(rest); name != "" {
			return writerThatEnds(t, source, name)
		}
	}
	return w
}

func writerThatEnds(t testing.TB, source, end string) *Writer {
	names := []string{"<s>", "</s>"}
	for _, name := range append(tagNames.FindAllString(source, -1), end) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(names), names)
	check(t, err)
	dir := t.TempDir()
	check(t, tok.Save(dir))
	config, err := json.Marshal(map[string]string{"bos_token": "<s>", "eos_token": end})
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), config, 0o666))
	check(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(source), 0o666))
	words, err := Open(dir)
	check(t, err)
	w, err := words.Writer()
	check(t, err)
	return w
}

func said(role, text string) stage.Message { return stage.Message{Role: role, Content: text} }

// calling is a turn with a call.
func calling() []stage.Message {
	call := stage.Call{ID: "123456789", Type: "function", Function: stage.Function{Name: "get_weather", Arguments: `{"city": "Zq7city"}`}}
	return []stage.Message{said("user", "Weather?"), {Role: "assistant", Calls: []stage.Call{call}},
		{Role: "tool", Name: "get_weather", CallID: "123456789", Content: "Zq7rain"}, said("assistant", "Zq7wet")}
}

var weather = json.RawMessage(`{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city",
	"parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "the city"}}, "required": ["city"]}}}`)

// runs are the texts that are learnt one after the other.
func (w *Writer) runs(d *Doc) (list []string) {
	for at := 0; at < len(d.IDs); {
		end := at
		for end < len(d.IDs) && d.Learn[end] == d.Learn[at] {
			end++
		}
		if d.Learn[at] {
			list = append(list, w.Tokenizer.Decode(d.IDs[at:end]))
		}
		at = end
	}
	return list
}

// With every template, what is learnt is the assistant's text as the template
// writes it, with the token that ends it, and nothing else; a document is what
// the template renders.
func TestMask(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*folder, "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates in ", *folder)
	}
	for name, e := range map[string]stage.Example{
		"one":     {Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one")}},
		"two":     {Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one"), said("user", "And?"), said("assistant", "Zq7two")}},
		"thought": {Messages: []stage.Message{said("user", "Hi?"), {Role: "assistant", Content: "Zq7one", Thought: "Zq7first"}, said("user", "And?"), {Role: "assistant", Content: "Zq7two", Thought: "Zq7last"}}},
		"call":    {Messages: calling(), Tools: []json.RawMessage{weather}},
	} {
		whole, good := 0, 0
		for _, file := range files {
			source, err := os.ReadFile(file)
			check(t, err)
			w := writerOf(t, string(source))
			at := name + " " + strings.TrimSuffix(filepath.Base(file), ".jinja")
			docs, long, err := w.Docs(&e, Choice{}, 1<<20)
			if err != nil {
				t.Logf("%s: %v", at, err)
				continue
			}
			if long > 0 {
				t.Errorf("%s: %d too long", at, long)
			}
			good++
			if len(docs) == 1 {
				whole++
			}
			var learnt []string
			for i := range docs {
				learnt = append(learnt, w.runs(&docs[i])...)
				full, err := w.Template.Prompt(conversationOf(&e))
				check(t, err)
				if text := w.Tokenizer.Decode(docs[i].IDs); i == len(docs)-1 && !strings.HasPrefix(full.String, text) {
					t.Logf("%s: it is put behind what is asked: %q of %q", at, text, full.String)
				}
			}
			k := 0
			for _, m := range e.Messages {
				if m.Role != "assistant" {
					continue
				}
				if k == len(learnt) {
					t.Errorf("%s: turn %d is not learnt: %q", at, k, learnt)
					break
				}
				got := learnt[k]
				if !strings.Contains(got, m.Content) || len(m.Calls) > 0 && !strings.Contains(got, "Zq7city") {
					t.Errorf("%s: turn %d is learnt as %q", at, k, got)
				}
				if f := w.Template.Facts(); m.Thought != "" && f.Thinks && !strings.Contains(got, m.Thought) {
					t.Errorf("%s: turn %d is learnt without its thought: %q", at, k, got)
				}
				ends := false
				for _, id := range w.Stops {
					ends = ends || strings.HasSuffix(got, string(w.Tokenizer.Bytes(id)))
				}
				if !ends {
					t.Errorf("%s: turn %d does not end: %q", at, k, got)
				}
				for _, other := range []string{"Hi?", "And?", "Weather?", "Zq7rain"} {
					if strings.Contains(got, other) {
						t.Errorf("%s: turn %d is learnt with what others said: %q", at, k, got)
					}
				}
				k++
			}
			if k != len(learnt) {
				t.Errorf("%s: %d turns are learnt as %d texts: %q", at, k, len(learnt), learnt)
			}
		}
		t.Logf("%s: %d of %d templates, %d of them in one document", name, good, len(files), whole)
	}
}
