package chat

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"suiren/engine/jinja"
)

// roles are those that templates write as they are, some of them into the name
// of a special token: '<|' + role + '|>'. Any other role is a user's text.
var roles = []string{"system", "developer", "user", "assistant", "tool", "function", "ipython", "model"}

// text returns the content as one string.
func (m Message) text() string {
	if m.Parts == nil {
		return m.Content
	}
	var b strings.Builder
	for _, p := range m.Parts {
		if p.Type == "text" {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// str is text as the template gets it.
func (m Message) str() jinja.Str {
	if m.marked.Len() > 0 {
		return m.marked
	}
	return jinja.User(m.text())
}

// message returns what the template sees of a message: as transformers does, a
// key for what there is, and the thought under both of its names.
func (t *Template) message(m Message) (*jinja.Map, error) {
	v := jinja.NewMap()
	role := jinja.User(m.Role)
	if slices.Contains(roles, m.Role) {
		role = jinja.String(m.Role)
	}
	if m.Thought != "" {
		v.Set("thinking", jinja.User(m.Thought))
	}
	v.Set("role", role)
	if m.tools != "" {
		v.Set("tools", jinja.User(m.tools))
	}
	media := slices.ContainsFunc(m.Parts, func(p Part) bool { return p.Type != "text" })
	switch {
	case m.Parts == nil && !t.texts || m.marked.Len() > 0 && !t.texts:
		v.Set("content", jinja.NewList(jinja.NewMap().Set("type", jinja.String("text")).Set("text", m.str())))
	case m.Parts != nil && (t.parts || media) && m.marked.Len() == 0:
		list := make([]jinja.Value, len(m.Parts))
		for i, p := range m.Parts {
			list[i] = jinja.NewMap().Set("type", jinja.User(p.Type)).Set("text", jinja.User(p.Text))
		}
		v.Set("content", jinja.NewList(list...))
	case m.str().Len() > 0 || len(m.Calls) == 0 || t.blank:
		v.Set("content", m.str())
	}
	if m.Name != "" {
		v.Set("name", jinja.User(m.Name))
	}
	if m.CallID != "" {
		v.Set("tool_call_id", jinja.User(t.id(m.CallID)))
	}
	if m.Thought != "" {
		v.Set("reasoning_content", jinja.User(m.Thought))
	}
	if len(m.Calls) == 0 {
		return v, nil
	}
	calls := make([]jinja.Value, len(m.Calls))
	for i, c := range m.Calls {
		args, err := jinja.FromJSON([]byte(c.Arguments))
		if _, ok := args.(*jinja.Map); err == nil && !ok {
			err = fmt.Errorf("the arguments are no JSON object")
		}
		if err != nil {
			return nil, fmt.Errorf("call of %s: %w", c.Name, err)
		}
		if !t.objects {
			args = jinja.User(c.Arguments)
		}
		f := jinja.NewMap().Set("name", jinja.User(c.Name)).Set("arguments", args)
		calls[i] = jinja.NewMap().Set("id", jinja.User(t.id(c.ID))).Set("type", jinja.String("function")).Set("function", f)
	}
	return v.Set("tool_calls", jinja.NewList(calls...)), nil
}

// id is the id of a call as the template takes it: where it wants t.ids letters and
// digits, another is their hash, so that a result goes on naming its call.
func (t *Template) id(id string) string {
	const set = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if t.ids == 0 || id == "" || len(id) == t.ids && strings.Trim(id, set) == "" {
		return id
	}
	h := sha256.Sum256([]byte(id))
	b := make([]byte, t.ids)
	for i := range b {
		b[i] = set[int(h[i%len(h)])%len(set)]
	}
	return string(b)
}

// folded puts system messages in front of the user message that follows.
func folded(messages []Message) []Message {
	var out []Message
	system := ""
	for _, m := range messages {
		switch {
		case m.Role == "system" || m.Role == "developer":
			system += m.text() + "\n\n"
			continue
		case m.Role == "user" && system != "":
			m.Content, m.Parts = system+m.text(), nil
			system = ""
		}
		out = append(out, m)
	}
	if system != "" {
		out = append(out, Message{Role: "user", Content: strings.TrimSpace(system)})
	}
	return out
}

// writeCall writes a call as the model has to.
func (f *ToolFormat) writeCall(name, args jinja.Str) jinja.Str {
	return jinja.Join(jinja.String(f.Begin), name, jinja.String(f.Middle), args, jinja.String(f.End))
}

// inWords puts into text what of tools and calls the template does not write itself.
func (t *Template) inWords(c *Conversation) (err error) {
	if !t.t.Writes("developer") { // here and nowhere else, so that what is served and what is learnt is one
		c.Messages = slices.Clone(c.Messages)
		for i := range c.Messages {
			if m := &c.Messages[i]; m.Role == "developer" {
				m.Role = "system"
			}
		}
	}
	if !t.facts.Calls {
		c.Messages = t.spelled(c.Messages)
	}
	if !t.facts.Tools && len(c.Tools) > 0 {
		c.Messages, err = t.explained(c.Messages, c.Tools)
		c.Tools = nil
	}
	return err
}

// InWords returns the messages of c as Prompt hands them to a template that
// knows no tools: tools, calls and their answers are text.
//
// Errors: a tool that is no JSON.
func (t *Template) InWords(c Conversation) ([]Message, error) {
	if err := t.inWords(&c); err != nil {
		return nil, err
	}
	list := slices.Clone(c.Messages)
	for i, m := range list {
		list[i].Content, list[i].Parts = m.str().Text(), nil
	}
	return list, nil
}

// explained puts a description of the tools in front of the messages, for a
// template that has none.
func (t *Template) explained(messages []Message, tools []json.RawMessage) ([]Message, error) {
	if t.syntax.Name == toolsInside {
		return withTools(messages, tools)
	}
	f := &t.facts.Format
	parts := []jinja.Str{jinja.String("You may call these functions, described in JSON, one a line:\n<tools>\n")}
	for i, raw := range tools {
		if !json.Valid(raw) {
			return nil, fmt.Errorf("tool %d is no JSON", i+1)
		}
		parts = append(parts, jinja.User(string(raw)), jinja.String("\n"))
	}
	args := jinja.String("{}")
	if f.Args == XMLArgs {
		args = jinja.String(f.Key + "key" + f.Value + "value" + f.Done)
	}
	parts = append(parts, jinja.String("</tools>\nTo call one, answer with nothing but its name and its arguments, in this form:\n"+f.Before),
		f.writeCall(jinja.String("name"), args), jinja.String(f.After+"\nThe result comes in the next message."))
	m := Message{Role: "system"}
	if !t.facts.System {
		m.Role = "user"
	}
	if len(messages) > 0 && messages[0].Role == m.Role {
		parts = append(parts, jinja.String("\n\n"), messages[0].str())
		messages = messages[1:]
	}
	m.marked = jinja.Join(parts...)
	return append([]Message{m}, messages...), nil
}

// Tool returns a tool as templates read it, served and learnt alike: with a name, a
// description if there is one, and parameters, none if they are not given; in this
// order, with no more. It fails if the parameters are not JSON.
func Tool(name, description string, parameters json.RawMessage) (json.RawMessage, error) {
	type function struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	if len(parameters) == 0 || string(parameters) == "null" {
		parameters = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return json.Marshal(struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}{"function", function{name, description, parameters}})
}

// withTools puts the tools into the system's message, as a list of functions in
// JSON.
func withTools(messages []Message, tools []json.RawMessage) ([]Message, error) {
	list := make([]json.RawMessage, len(tools))
	for i, raw := range tools {
		var tool struct{ Function json.RawMessage }
		if err := json.Unmarshal(raw, &tool); err != nil {
			return nil, fmt.Errorf("tool %d is no JSON", i+1)
		}
		if list[i] = tool.Function; list[i] == nil {
			list[i] = raw
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	m := Message{Role: "system"}
	if len(messages) > 0 && messages[0].Role == m.Role {
		m, messages = messages[0], messages[1:]
	}
	m.tools = string(text)
	return append([]Message{m}, messages...), nil
}

// spelled writes calls, and the answers of tools, into the text of messages,
// for a template that would drop them.
func (t *Template) spelled(messages []Message) []Message {
	f := &t.facts.Format
	var out []Message
	for _, m := range messages {
		switch {
		case len(m.Calls) > 0:
			parts := []jinja.Str{m.str(), jinja.String(f.Before)}
			if m.text() != "" {
				parts[1] = jinja.String("\n" + f.Before)
			}
			for i, c := range m.Calls {
				if i > 0 {
					parts = append(parts, jinja.String(f.Between))
				}
				parts = append(parts, f.writeCall(jinja.User(c.Name), f.arguments(c.Arguments)))
			}
			m.marked = jinja.Join(append(parts, jinja.String(f.After))...)
			m.Calls = nil
		case m.Role == "tool" && (t.called || !t.t.Writes("tool")):
			answer := jinja.Join(jinja.String("<tool_response>\n"), m.str(), jinja.String("\n</tool_response>"))
			if n := len(out); n > 0 && out[n-1].answers {
				out[n-1].marked = jinja.Join(out[n-1].marked, jinja.String("\n"), answer)
				continue
			}
			m = Message{Role: "user", marked: answer, answers: true}
		}
		out = append(out, m)
	}
	return out
}

// arguments writes the arguments of a call, a JSON object, in the format.
func (f *ToolFormat) arguments(raw string) jinja.Str {
	v, err := jinja.FromJSON([]byte(raw))
	m, ok := v.(*jinja.Map)
	if f.Args == JSONArgs || err != nil || !ok {
		return jinja.User(raw)
	}
	var parts []jinja.Str
	for key, value := range m.All() {
		text, ok := value.(jinja.Str)
		if !ok {
			text = jinja.ToJSON(value)
		}
		parts = append(parts, jinja.String(f.Key), jinja.User(key), jinja.String(f.Value), text, jinja.String(f.Done))
	}
	return jinja.Join(parts...)
}
