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

	"suiren/engine/chat"
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
var tagNames = regexp.MustCompile(`<\|[^|>' {}]+\|>|<｜[^｜>' {}]+｜>|</?s>|<(?:start|end)_of_turn>|</?think>|\[/?(?:INST|THINK|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<seed:[a-z_]+>|<SPECIAL_\d+>|\[[eb]~[\[b]|<turn\|>|<\|turn>|</?assistant>|<(?:beginning|end)_of_sentence>|</?user>|<sep>`)

// writerOf is the writer of a template, over a vocabulary of bytes and of the
// tags that the template has. What it writes behind an answer ends one.
func writerOf(t testing.TB, source string) *Writer {
	t.Helper()
	w := writerThatEnds(t, source, "</s>")
	past := stage.Example{Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one"), said("user", "And?")}}
	if p, err := w.Template.Prompt(w.conversationOf(&past)); err == nil {
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

// own1 is what the template itself writes of turn i beyond its prompts, up to
// the last token that ends it; nothing if it repeats them in another way, or
// drops the thought.
func (w *Writer) own1(e *stage.Example, i int) (list []string) {
	c := w.conversationOf(e)
	c.Messages = c.Messages[:i+1]
	full, err := w.Template.Prompt(c)
	if err != nil {
		return nil
	}
	thought := c.Messages[i].Thought
	c.Messages, c.Open = c.Messages[:i], true
	yes, no := true, false
	for _, think := range []*bool{nil, &yes, &no} {
		if think != nil && *think != (thought != "") {
			continue
		}
		c.Think = think
		open, err := w.Template.Prompt(c)
		rest, ok := strings.CutPrefix(full.String, open.String)
		if err != nil || !ok || !strings.Contains(rest, thought) {
			continue
		}
		end := -1
		for _, id := range w.Stops {
			name := string(w.Tokenizer.Bytes(id))
			if j := strings.LastIndex(rest, name); j >= 0 && !strings.Contains(e.Messages[i].Content, name) {
				end = max(end, j+len(name))
			}
		}
		if end >= 0 {
			list = append(list, rest[:end])
		}
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
		"system":  {Messages: []stage.Message{said("system", "Zq7 be brief"), said("user", "Hi?"), said("assistant", "Zq7one\n\n- 二\n- <b>"), said("user", "And?"), said("assistant", "Zq7two é 好")}},
		"tags":    {Messages: []stage.Message{said("user", "Hi? <|im_end|></s><think>"), said("assistant", "Zq7one <|im_end|> </s> [INST]"), said("user", "And?"), said("assistant", "Zq7two")}},
		"three":   {Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one"), said("user", "And?"), {Role: "assistant", Content: "Zq7two", Thought: "Zq7mid"}, said("user", "Weather?"), said("assistant", "Zq7three")}},
		"think and call": {Tools: []json.RawMessage{weather}, Messages: func() []stage.Message {
			list := calling()
			list[1].Thought = "Zq7hm"
			return list
		}()},
	} {
		whole, good, exact := 0, 0, 0
		for _, file := range files {
			source, err := os.ReadFile(file)
			check(t, err)
			w := writerOf(t, string(source))
			at := name + " " + strings.TrimSuffix(filepath.Base(file), ".jinja")
			docs, long, err := w.Docs(&e, stage.Choice{}, 1<<20)
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
				full, err := w.Template.Prompt(w.conversationOf(&e))
				check(t, err)
				if text := w.Tokenizer.Decode(docs[i].IDs); i == len(docs)-1 && !strings.HasPrefix(full.String, text) {
					t.Logf("%s: it is put behind what is asked: %q of %q", at, text, full.String)
				}
			}
			k := 0
			for i, m := range e.Messages {
				if m.Role != "assistant" {
					continue
				}
				j := slices.IndexFunc(learnt, func(text string) bool { return strings.Contains(text, m.Content) })
				if j < 0 {
					t.Errorf("%s: turn %d is not learnt: %q", at, k, learnt)
					break
				}
				got := learnt[j]
				learnt[j] = ""
				if !strings.Contains(got, strings.TrimSpace(m.Content)) || len(m.Calls) > 0 && !strings.Contains(got, "Zq7city") {
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
				if want := w.own1(&e, i); len(want) > 0 && !slices.Contains(want, got) {
					t.Errorf("%s: turn %d is learnt as %q, and the template writes %q", at, k, got, want)
				} else if len(want) > 0 {
					exact++
				}
				k++
			}
			if k != len(learnt) {
				t.Errorf("%s: %d turns are learnt as %d texts: %q", at, k, len(learnt), learnt)
			}
		}
		t.Logf("%s: %d of %d templates, %d of them in one document; %d turns word for word", name, good, len(files), whole, exact)
		if exact == 0 {
			t.Errorf("%s: no turn was compared", name)
		}
	}
}

// FuzzDocs: any template and any conversation is an error, or documents whose
// marks go with their tokens, and of which something is learnt.
func FuzzDocs(f *testing.F) {
	for _, name := range []string{"hermes", "arg-key", "mistral-list", "deepseek", "gemma", "channels", "llama3"} {
		source, err := os.ReadFile("../../testdata/oracle/jinja/templates/" + name + ".jinja")
		check(f, err)
		f.Add(string(source), "Hi <|im_end|>", "hm", `{"city": "x"}`, "Zq7one")
	}
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+5, []string{"<s>", "</s>", "<|im_start|>", "<|im_end|>", "<think>"})
	check(f, err)
	f.Fuzz(func(t *testing.T, source, ask, thought, args, answer string) {
		words := &Words{Tokenizer: tok, Template: source}
		if id, ok := tok.Special("</s>"); ok {
			words.Ends = []int32{id}
		}
		if len(source)+len(ask)+len(thought)+len(answer) > 1<<15 {
			return
		}
		w, err := words.Writer()
		if err != nil {
			return
		}
		call := stage.Call{ID: "1", Type: "function", Function: stage.Function{Name: "get_weather", Arguments: args}}
		e := stage.Example{From: "here", Tools: []json.RawMessage{weather}, Messages: []stage.Message{said("user", ask), {Role: "assistant", Content: answer, Thought: thought, Calls: []stage.Call{call}},
			{Role: "tool", Name: "get_weather", CallID: "1", Content: ask}, said("assistant", answer)}}
		for _, o := range []stage.Choice{{}, {NoThoughts: true, NoCalls: true}, {LastTurn: true, NoAnswers: true}} {
			docs, _, err := w.Docs(&e, o, 1<<16)
			if err != nil {
				continue
			}
			for i := range docs {
				d := &docs[i]
				if len(d.Learn) != len(d.IDs) || len(d.IDs) > 0 && d.Learn[0] || o == (stage.Choice{}) && d.Supervised() == 0 {
					t.Fatalf("%q: %d marks of %d tokens, %d learnt", source, len(d.Learn), len(d.IDs), d.Supervised())
				}
			}
		}
	})
}

// conversationOf is an example as a template takes it.
func (w *Writer) conversationOf(e *stage.Example) chat.Conversation {
	return chat.Conversation{Messages: turns(e.Messages), Tools: e.Tools}
}

// A model of our own that is opened as any other is learns from the tokens that
// it was taught with: its template does not say how an answer with a thought is written.
func TestOwnChat(t *testing.T) {
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	c, err := tokenizer.NewChat(tok)
	check(t, err)
	words := &Words{Tokenizer: tok, Template: c.Template(false), Ends: []int32{c.End()}}
	w, err := words.Writer()
	check(t, err)
	for _, thought := range []string{"3+4=7", ""} {
		e := stage.Example{Messages: []stage.Message{said("user", "3+4"), {Role: "assistant", Thought: thought, Content: "7"}}}
		docs, _, err := w.Docs(&e, stage.Choice{}, 1<<16)
		check(t, err)
		want, from := c.Example(nil, "3+4", thought, "7", thought != "")
		if len(docs) != 1 || !slices.Equal(docs[0].IDs, want) || docs[0].Supervised() != len(want)-from {
			t.Errorf("%q: %q, want %q", thought, tok.Decode(docs[0].IDs), tok.Decode(want))
		}
	}
}

// Our own chat says tools and calls in the words in which they are said where
// the model is served, where what it learnt to write is read as a call.
func TestOwnChatCalls(t *testing.T) {
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	c, err := tokenizer.NewChat(tok)
	check(t, err)
	w, err := (&Words{Tokenizer: tok, Template: c.Template(false)}).Writer()
	check(t, err)
	served, err := chat.New("chat_template", c.Template(false), vocabularyOf(tok))
	check(t, err)
	e := stage.Example{Messages: calling(), Tools: []json.RawMessage{weather}}
	e.Messages[1].Thought, e.Messages[1].Content = "I ask.", "One moment."
	docs, _, err := w.Docs(&e, stage.Choice{}, 1<<16)
	check(t, err)
	if len(docs) != 2 {
		t.Fatalf("%d documents", len(docs))
	}
	for i, k := range []int{1, 3} {
		ask := chat.Conversation{Messages: turns(e.Messages[:k]), Tools: e.Tools, Open: true}
		prompt, err := served.Prompt(ask)
		check(t, err)
		d := &docs[i]
		from := len(d.IDs) - d.Supervised()
		if want := tok.EncodeMarked(nil, prompt.String, spans(prompt.User)); !slices.Equal(d.IDs[:from], want) {
			t.Errorf("turn %d learns behind %q, and is asked by %q", k, tok.Decode(d.IDs[:from]), tok.Decode(want))
		}
		p, said := served.NewParser(ask, prompt, nil), ""
		thought, answer, _ := strings.Cut(tok.Decode(d.IDs[from:len(d.IDs)-1]), "</think>")
		for _, event := range slices.Concat(p.Feed(thought, false), p.Feed("</think>", true), p.Feed(answer, false), p.Close()) {
			said += event.Name + event.Text
		}
		if want := []string{"I ask.One moment.get_weather{\"city\": \"Zq7city\"}", "Zq7wet"}[i]; said != want || d.IDs[len(d.IDs)-1] != c.End() {
			t.Errorf("turn %d learns %q, which is read as %q", k, tok.Decode(d.IDs[from:]), said)
		}
	}
	for _, o := range []struct {
		stage.Choice
		want []string
	}{
		{stage.Choice{NoThoughts: true, NoAnswers: true}, []string{"\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zq7city\"}}\n</tool_call><|im_end|>"}},
		{stage.Choice{NoCalls: true, NoThoughts: true}, []string{"One moment."}},
	} {
		docs, _, err := w.Docs(&stage.Example{Messages: e.Messages[:2]}, o.Choice, 1<<16)
		check(t, err)
		if got := w.runs(&docs[0]); !slices.Equal(got, o.want) {
			t.Errorf("%+v: learns %q, want %q", o.Choice, got, o.want)
		}
	}
}

// GLM-4 ends an answer with what begins the next turn: that is learnt, and ends
// an answer though the vocabulary calls another token its end.
func TestEndIsNextTurn(t *testing.T) {
	w := writerThatEnds(t, `[gMASK]<sop>{% for m in messages %}{% if m.role == 'user' %}<|user|>{% else %}<|assistant|>{% endif %}
{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`, "</s>")
	docs, _, err := w.Docs(&stage.Example{Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Zq7one"), said("user", "And?"), said("assistant", "Zq7two")}}, stage.Choice{}, 1<<20)
	check(t, err)
	var learnt []string
	for i := range docs {
		learnt = append(learnt, w.runs(&docs[i])...)
	}
	if got := strings.Join(learnt, ""); got != "Zq7one<|user|>Zq7two<|user|>" {
		t.Errorf("learnt: %q", got)
	}
}

// An answer that begins as the head does which the template writes only where it asks.
func TestAnswerBeginsAsHead(t *testing.T) {
	w := writerThatEnds(t, `{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}assistant: Here:
{% endif %}`, "</s>")
	docs, _, err := w.Docs(&stage.Example{Messages: []stage.Message{said("user", "Hi?"), said("assistant", "Hello")}}, stage.Choice{}, 1<<20)
	check(t, err)
	if got := strings.Join(w.runs(&docs[0]), ""); got != "Hello</s>" {
		t.Errorf("learnt: %q", got)
	}
}
