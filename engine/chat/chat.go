// Package chat turns conversations into prompts with a model's own chat
// template, and what the model writes back into thoughts, content and calls of
// tools.
//
// What a template can do is found out, not configured: by the text it holds
// (which tags, which format of calls) and by rendering small conversations
// with it (does it take a system message, a list of parts, arguments as an
// object). Sources: transformers' apply_chat_template and the templates in
// llama.cpp's models/templates.
package chat

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"suiren/engine/jinja"
)

// A Message is one turn.
type Message struct {
	Role    string // system, developer, user, assistant, tool
	Content string
	Parts   []Part // instead of Content
	Thought string // reasoning_content: of the assistant
	Calls   []Call // of the assistant
	CallID  string // the call that a tool answers
	Name    string // of the tool that answers

	marked  jinja.Str // instead of Content and Parts, if not empty
	answers bool      // marked holds answers of tools
	tools   string    // what a system's message says of tools, for a template that looks there
}

// A Part is a part of a message: its type, such as text, and its text.
type Part struct{ Type, Text string }

// A Call is a call of a tool. Arguments is a JSON object.
type Call struct{ ID, Name, Arguments string }

// A Conversation is what a template renders.
type Conversation struct {
	Messages  []Message
	Tools     []json.RawMessage          // {"type": "function", "function": {"name": …, "parameters": …}}
	Documents []Document                 // only of use if Facts.Documents
	Open      bool                       // end with the beginning of the assistant's turn
	Continue  bool                       // end inside the last message, which the assistant goes on with
	Think     *bool                      // switch thinking on or off; nil is the template's choice
	Effort    string                     // reasoning_effort; "" is the template's choice
	More      map[string]json.RawMessage // further variables of the template
	Now       time.Time
}

// A Document is what the model is given to read beside the conversation, for
// templates that have a place for it.
type Document struct{ Title, Text string }

// A Prompt is a rendered conversation.
type Prompt struct {
	jinja.Text
	Thinking bool // the prompt ends inside a thought: the model goes on with it
}

// A Vocabulary is what a template needs to know of a tokenizer.
type Vocabulary struct {
	BOS, EOS string
	// Token reports whether text is one token that ordinary text never gives,
	// such as <|im_end|>. Nil: there are none.
	Token func(text string) bool
}

func (v Vocabulary) token(text string) bool { return v.Token != nil && v.Token(text) }

// Facts are what is known of a template.
type Facts struct {
	BuiltIn   string // the built-in template that stands in for one the model lacks: chatml, llama2, llama3, gemma, turns
	Tools     bool   // the template writes tools itself; otherwise Prompt explains them in a system message
	Calls     bool   // it writes calls itself; otherwise Prompt writes them into the text
	System    bool   // it takes a system message; otherwise Prompt puts it before the first user message
	Documents bool   // it writes documents itself
	Thinks    bool   // it knows thoughts
	Thought   Tags   // if Thinks
	Switch    string // the variable that switches thinking: enable_thinking, thinking, or ""
	Effort    bool   // it reads reasoning_effort
	Format    ToolFormat
}

// A Template is a chat template and what is known of it. It may be used by many
// at once.
type Template struct {
	t        *jinja.Template
	v        Vocabulary
	facts    Facts
	syntax   *syntax
	thoughts bool // writes them; else only the model may, or the vocabulary has tags
	parts    bool // takes content as a list of parts
	texts    bool // takes content as a string
	objects  bool // takes arguments as an object
	blank    bool // wants content even where there is none
	listed   bool // goes through the tools even where there are none
	called   bool // refuses or drops an answer of a tool behind a call that is text
	looking  bool // New renders small conversations
	ids      int  // letters and digits of the ids of calls, if it refuses those with more; else 0
}

// Facts returns what is known of the template.
func (t *Template) Facts() Facts { return t.facts }

// Tag reports whether name, of a special token, is one of the tags around
// thoughts and calls.
func (t *Template) Tag(name string) bool {
	if strings.TrimSpace(name) == "" {
		return false
	}
	f, g := &t.facts.Thought, &t.facts.Format
	for _, s := range []string{f.Open, f.Close, g.Trigger, g.Before, g.After, g.Begin, g.Middle, g.End, g.Between, g.Key, g.Value, g.Done} {
		if strings.Contains(s, name) {
			return true
		}
	}
	return false
}

//go:embed templates
var builtIn embed.FS

// New reads a chat template. If source is empty, a built-in one is taken that
// fits the vocabulary.
//
// Errors: *jinja.Error.
func New(name, source string, v Vocabulary) (*Template, error) {
	t := &Template{v: v}
	if strings.TrimSpace(source) == "" {
		name, source = BuiltIn(v)
		t.facts.BuiltIn = name
	}
	var err error
	if t.t, err = jinja.Parse(name, source); err != nil {
		return nil, err
	}
	t.look()
	return t, nil
}

// BuiltIn returns the built-in template that fits a vocabulary: what New takes where there
// is none.
func BuiltIn(v Vocabulary) (name, source string) {
	name = fallback(v)
	b, err := builtIn.ReadFile("templates/" + name + ".jinja")
	if err != nil {
		panic("chat: a built-in template is missing: " + name)
	}
	return name, string(b)
}

// fallback names the built-in template for a vocabulary. One without tokens
// that mark turns, such as GPT-2's, names the speakers, and its token that ends a
// text ends an answer.
func fallback(v Vocabulary) string {
	for _, f := range [][2]string{{"<|im_start|>", "chatml"}, {"<|start_header_id|>", "llama3"}, {"<start_of_turn>", "gemma"}} {
		if v.token(f[0]) {
			return f[1]
		}
	}
	if v.EOS == "</s>" {
		return "llama2"
	}
	if v.EOS != "" && v.token(v.EOS) {
		return "turns"
	}
	return "chatml"
}

// look finds out what the template can do.
func (t *Template) look() {
	t.looking = true
	defer func() { t.looking = false }()
	f := &t.facts
	f.Thought, t.thoughts = tagsOf(t.t, t.v)
	f.Thinks = f.Thought.Close != ""
	for _, name := range []string{"enable_thinking", "thinking"} {
		if t.t.Reads(name) && f.Switch == "" {
			f.Switch = name
		}
	}
	f.Effort = t.t.Reads("reasoning_effort")

	t.texts, t.objects = true, true
	try := func(c Conversation) (string, error) {
		p, err := t.render(c)
		return p.String, err
	}
	user := Message{Role: "user", Content: "Zq7user"}
	if _, err := try(Conversation{Messages: []Message{user}}); err != nil {
		t.listed = true
		_, err = try(Conversation{Messages: []Message{user}})
		t.listed = err == nil
	}
	if text, err := try(Conversation{Messages: []Message{user}}); err != nil || !strings.Contains(text, user.Content) {
		t.texts = false
	}
	t.parts = true
	asParts := Message{Role: "user", Parts: []Part{{"text", "Zq7part"}}}
	text, err := try(Conversation{Messages: []Message{asParts}})
	t.parts = err == nil && strings.Contains(text, "Zq7part") && !strings.Contains(text, `'Zq7part'`) && !strings.Contains(text, `"Zq7part"`)
	t.texts = t.texts || !t.parts

	text, err = try(Conversation{Messages: []Message{{Role: "system", Content: "Zq7system"}, user}})
	f.System = err == nil && strings.Contains(text, "Zq7system")

	if t.t.Reads("documents") {
		text, err = try(Conversation{Messages: []Message{user}, Documents: []Document{{"Zq7title", "Zq7document"}}})
		f.Documents = err == nil && strings.Contains(text, "Zq7title") && strings.Contains(text, "Zq7document")
	}

	tool := json.RawMessage(`{"type": "function", "function": {"name": "Zq7tool", "description": "a tool",
		"parameters": {"type": "object", "properties": {"Zq7key": {"type": "string", "description": "a key"}}, "required": ["Zq7key"]}}}`)
	tools := []json.RawMessage{tool}
	text, err = try(Conversation{Messages: []Message{user}, Tools: tools})
	f.Tools = err == nil && strings.Contains(text, "Zq7tool")
	called := []Message{user, {Role: "assistant", Calls: []Call{{"Zq7callid", "Zq7tool", `{"Zq7key": "Zq7value"}`}}},
		{Role: "tool", Name: "Zq7tool", CallID: "Zq7callid", Content: "Zq7answer"}}
	for i := range 4 { // which of the ways does it take
		t.objects, t.blank = i < 2, i%2 == 1
		text, err = try(Conversation{Messages: called, Tools: tools})
		f.Calls = err == nil && strings.Contains(text, "Zq7value") && !strings.Contains(text, "'Zq7value'") && !strings.Contains(text, `\"Zq7value`)
		if f.Calls {
			break
		}
	}
	t.syntax = formatOf(t.t)
	if t.syntax == nil || f.Calls && !t.reads(called[:2], tools) {
		t.syntax = &generic
		f.Tools, f.Calls = false, false
	}
	if !f.Calls {
		t.objects, t.blank = true, true
	}
	f.Format = t.syntax.ToolFormat
	if f.Calls && f.Format.IDLength > 0 {
		long := slices.Clone(called[:2])
		long[1].Calls = []Call{called[1].Calls[0]}
		long[1].Calls[0].ID += "0"
		if _, err = try(Conversation{Messages: long, Tools: tools}); err != nil {
			t.ids = f.Format.IDLength
		}
	}
	if !f.Calls {
		text, err = try(Conversation{Messages: t.spelled(called)})
		t.called = err != nil || !strings.Contains(text, "Zq7answer") // Gemma 4 writes it with the call that it answers
	}
}

// reads reports whether the parser finds the call that the template writes for
// the last of two messages.
func (t *Template) reads(messages []Message, tools []json.RawMessage) bool {
	ask := Conversation{Messages: messages[:1], Tools: tools, Open: true}
	text, err := t.render(ask)
	if err != nil {
		return false
	}
	prompt := Prompt{Text: text, Thinking: t.opens(text)}
	if text, err = t.render(Conversation{Messages: messages, Tools: tools}); err != nil {
		return false
	}
	name := messages[1].Calls[0].Name
	return t.finds(ask, prompt, writtenAfter(text.String, prompt, t.facts.Thought), func(called string) bool { return called == name })
}

// finds reports whether the parser finds a call that is one in a text that follows a prompt.
func (t *Template) finds(ask Conversation, prompt Prompt, text string, is func(name string) bool) bool {
	spelled := *t
	spelled.v.Token = nil // what the template writes is text here
	p := spelled.NewParser(ask, prompt, nil)
	p.syn = t.syntax // tools or not
	for _, e := range append(p.Feed(text, false), p.Close()...) {
		if e.Kind == ToolCallStart && is(e.Name) {
			return true
		}
	}
	return false
}

// Called reports whether the text of an answer, which has its calls beside it, reads as
// one of its own in the template's form, wherever in the text it stands.
func (t *Template) Called(text string, tools []json.RawMessage) bool {
	begin := strings.TrimSpace(t.facts.Format.Trigger)
	if t.syntax.bare {
		begin = `"name"` // however JSON is spaced
	}
	return strings.Contains(text, begin) && t.finds(Conversation{Tools: tools, Open: true}, Prompt{}, text, func(string) bool { return true })
}

// writtenAfter returns what full holds beyond the prompt. Where the template
// writes a thought that the prompt only began, or none, it ends the thought.
func writtenAfter(full string, prompt Prompt, tags Tags) string {
	if rest, ok := strings.CutPrefix(full, prompt.String); ok {
		return rest
	}
	i := 0
	for i < min(len(full), len(prompt.String)) && full[i] == prompt.String[i] {
		i++
	}
	if j := strings.LastIndexAny(full[:i], "<["); j > strings.LastIndexAny(full[:i], ">]") {
		i = j // both went on with a tag
	}
	rest := full[i:]
	if prompt.Thinking {
		rest = tags.Close + strings.TrimPrefix(strings.TrimPrefix(rest, tags.Open), tags.Close)
	}
	return rest
}

// generic is what Prompt asks for where a template has no tools.
var generic = func() syntax {
	s := hermes
	s.Name = "generic"
	return s
}()

// Errors of Prompt, besides *jinja.Error.
var ErrNothingToContinue = errors.New("the last message has no text to continue")

// continueMark stands where the assistant goes on. No text holds it: it is not
// a character.
const continueMark = "\U0010fffe"

// Prompt renders a conversation.
//
// The text's User spans hold everything that came from the conversation, except
// for the roles that every template knows: a special token's name in them is
// text. Errors: *jinja.Error, of kind Raised where the template refuses the
// conversation; ErrNothingToContinue; a tool or call that is no JSON.
func (t *Template) Prompt(c Conversation) (Prompt, error) {
	if !t.facts.System {
		c.Messages = folded(c.Messages)
	}
	if err := t.inWords(&c); err != nil {
		return Prompt{}, err
	}
	if c.Continue {
		n := len(c.Messages) - 1
		if n < 0 || c.Messages[n].Role != "assistant" || c.Messages[n].text() == "" {
			return Prompt{}, ErrNothingToContinue
		}
		c.Messages = append([]Message(nil), c.Messages...)
		c.Messages[n].Content, c.Messages[n].Parts = c.Messages[n].text()+continueMark, nil
		c.Open = false
	}
	text, err := t.render(c)
	if err != nil {
		return Prompt{}, err
	}
	if c.Continue {
		i := strings.LastIndex(text.String, continueMark)
		if i < 0 {
			return Prompt{}, ErrNothingToContinue
		}
		return Prompt{Text: cut(text, i)}, nil
	}
	p := Prompt{Text: text}
	if c.Open {
		p.Thinking = t.opens(text)
		// A template that knows no thoughts was not trained with empty ones.
		if c.Think != nil && !*c.Think && t.facts.Switch == "" && (t.thoughts || p.Thinking) {
			p.close(t.facts.Thought)
		}
	}
	return p, nil
}

// close writes an empty thought, or the end of the one that was begun.
func (p *Prompt) close(tags Tags) {
	end := strings.TrimRight(p.String, "\n ")
	switch {
	case p.Thinking:
		p.String += "\n" + tags.Close + "\n\n"
	case tags.Close == "<|end|>" || strings.HasSuffix(end, tags.Close):
	default:
		p.String += tags.Open + "\n\n" + tags.Close + "\n\n"
	}
	p.Thinking = false
}

// opens reports whether a prompt ends with the beginning of a thought, and that
// is the template's own text.
func (t *Template) opens(text jinja.Text) bool {
	end := strings.TrimRight(text.String, "\n ")
	tag := strings.TrimRight(t.facts.Thought.Open, "\n ")
	if tag == "" || !strings.HasSuffix(end, tag) {
		return false
	}
	n := len(text.User)
	return n == 0 || text.User[n-1].To <= len(end)-len(tag)
}

// cut returns the first n bytes of a text.
func cut(t jinja.Text, n int) jinja.Text {
	clip := func(list []jinja.Span) (kept []jinja.Span) {
		for _, s := range list {
			if s.To = min(s.To, n); s.From < s.To {
				kept = append(kept, s)
			}
		}
		return kept
	}
	return jinja.Text{String: t.String[:n], User: clip(t.User), Answers: clip(t.Answers)}
}

// render renders a conversation that the template can take.
func (t *Template) render(c Conversation) (jinja.Text, error) {
	vars := jinja.NewMap()
	size := 0 // a long conversation may take longer
	messages := make([]jinja.Value, len(c.Messages))
	for i, m := range c.Messages {
		v, err := t.message(m)
		if err != nil {
			return jinja.Text{}, fmt.Errorf("message %d: %w", i+1, err)
		}
		messages[i] = v
		size += len(m.Content) + len(m.Thought) + len(m.tools) + m.marked.Len()
	}
	vars.Set("messages", jinja.NewList(messages...)).Set("tools", nil).Set("documents", nil)
	if len(c.Documents) > 0 {
		list := make([]jinja.Value, len(c.Documents))
		for i, d := range c.Documents {
			list[i] = jinja.NewMap().Set("title", jinja.User(d.Title)).Set("text", jinja.User(d.Text))
			size += len(d.Title) + len(d.Text)
		}
		vars.Set("documents", jinja.NewList(list...))
	}
	if len(c.Tools) > 0 || t.listed {
		tools := make([]jinja.Value, len(c.Tools))
		for i, raw := range c.Tools {
			v, err := jinja.FromJSON(raw)
			if err != nil {
				return jinja.Text{}, fmt.Errorf("tool %d: %w", i+1, err)
			}
			tools[i] = v
		}
		vars.Set("tools", jinja.NewList(tools...))
	}
	vars.Set("add_generation_prompt", c.Open)
	vars.Set("bos_token", jinja.String(t.v.BOS)).Set("eos_token", jinja.String(t.v.EOS))
	if c.Think != nil && t.facts.Switch != "" {
		vars.Set(t.facts.Switch, *c.Think)
	}
	if c.Effort != "" {
		vars.Set("reasoning_effort", jinja.User(c.Effort))
	}
	for name, raw := range c.More {
		switch name {
		case "messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token":
			return jinja.Text{}, fmt.Errorf("the variable %s is not for the request to set", name)
		}
		v, err := jinja.FromJSON(raw)
		if err != nil {
			return jinja.Text{}, fmt.Errorf("the variable %s: %w", name, err)
		}
		vars.Set(name, v)
	}
	o := jinja.Options{Now: c.Now, Steps: 5_000_000 + size, Bytes: 256<<20 + 64*size}
	if t.looking {
		o.Steps, o.Bytes = 200_000, 8<<20
	}
	return t.t.Render(vars, o)
}
