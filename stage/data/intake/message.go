package intake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"suiren/internal/say"
	"suiren/stage"
)

func field(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

var roles = []string{"system", "developer", "user", "assistant", "tool", "function"}

var messageNames = []string{"role", "content", "reasoning_content", "reasoning", "thinking", "tool_calls", "tool_call_id", "name", "function_call", "weight"}

// messages reads messages in the form of OpenAI.
func (r *record) messages(n *node, path string) ([]stage.Message, *say.Error) {
	if n.kind != listKind {
		return nil, r.noList(n, path)
	}
	if slices.ContainsFunc(n.items, callsByRole) {
		return r.joined(n, path, r.called)
	}
	var list []stage.Message
	t := tracker{r: r}
	for i, v := range n.items {
		path := field(path, i)
		m, err := r.message(v, path)
		if v.silent = err == nil && silent(&m); v.silent {
			continue
		}
		if err == nil {
			err = t.add(v, path, &m)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// silent reports whether a message is the system's and says nothing: many sets have one in
// each conversation, and it is none.
func silent(m *stage.Message) bool {
	return (m.Role == "system" || m.Role == "developer") && strings.TrimSpace(m.Content) == "" && m.Thought == "" && len(m.Calls) == 0
}

// noList says that there is no list of messages.
func (r *record) noList(n *node, path string) *say.Error {
	switch n.kind {
	case text:
		return r.typed(n, path, say.T("a list of messages, not a string with one", "消息列表，而不是写在字符串里的列表"))
	case object:
		return r.typed(n, path, say.T("a list of messages, an object for each", "消息列表，每条消息一个对象"))
	}
	return r.typed(n, path, aList)
}

// callsByRole reports whether a message is a call, or its result, by a role that
// ShareGPT has: ms-swift writes such turns in messages.
func callsByRole(v *node) bool {
	role := v.get("role")
	return role != nil && slices.Contains([]string{"tool_call", "function_call", "tool_response"}, role.text)
}

// called reads one of messages with calls by role. As in turn, what whole asks is left to
// the caller.
func (r *record) called(v *node, path string) (m stage.Message, err *say.Error) {
	if !callsByRole(v) {
		return r.said(v, path)
	}
	if err := r.names(v, path+".", messageNames); err != nil {
		return m, err
	}
	if v.get("role").text != "tool_response" {
		return r.callTurn(v, path+".", "content")
	}
	m.Role = "tool"
	return m, r.rest(v, path+".", "content", &m)
}

// message reads one message.
func (r *record) message(v *node, path string) (stage.Message, *say.Error) {
	m, err := r.said(v, path)
	if err == nil {
		err = r.whole(v, path, &m)
	}
	return m, err
}

// said reads one message; what whole asks is left to the caller.
func (r *record) said(v *node, path string) (m stage.Message, err *say.Error) {
	if v.kind != object {
		return m, r.typed(v, path, say.T("an object with role and content", "带有 role 和 content 的对象"))
	}
	if err := r.names(v, path+".", messageNames); err != nil {
		return m, err
	}
	path += "."
	role := v.get("role")
	next := say.T("a role is system, user, assistant or tool", "角色为 system、user、assistant 或 tool")
	switch {
	case role == nil && v.get("from") != nil:
		return m, r.missing(v, path+"role", say.T("a message with from and value belongs into conversations", "带有 from 和 value 的消息应放在 conversations 中"))
	case role == nil:
		return m, r.missing(v, path+"role", next)
	case role.kind != text:
		return m, r.typed(role, path+"role", aString)
	case !slices.Contains(roles, role.text):
		to := aliases[strings.ToLower(role.text)]
		if to == "call" {
			to = "tool_call"
		}
		if to != "" {
			next = say.T("did you mean %s?", "是否想写 %s？", to)
		}
		return m, r.wrong(role, path+"role", say.T("there is no role %q", "没有角色 %q", clip(role.text)), next)
	}
	m.Role = role.text
	if m.Role == "function" {
		m.Role = "tool"
	}
	return m, r.rest(v, path, "content", &m)
}

// rest reads what a message or turn has beside its role; content is the name of
// what it says.
func (r *record) rest(v *node, path, content string, m *stage.Message) (err *say.Error) {
	for _, name := range []string{"reasoning_content", "reasoning", "thinking"} {
		t, err := r.str(v, path, name)
		if err != nil {
			return err
		}
		if t != "" && m.Thought != "" && t != m.Thought {
			return r.twoThoughts(v.get(name), path+name)
		}
		if t != "" {
			m.Thought = t
		}
	}
	if m.Name, err = r.str(v, path, "name"); err != nil {
		return err
	}
	if m.CallID, err = r.id(v, path, "tool_call_id"); err != nil {
		return err
	}
	if m.Weight, err = r.weight(v, path, m.Role); err != nil {
		return err
	}
	if err := r.content(v, path, content, m); err != nil {
		return err
	}
	if c := v.get("tool_calls"); c != nil {
		if c.kind != listKind {
			return r.typed(c, path+"tool_calls", say.T("a list of calls", "调用列表"))
		}
		for i, item := range c.items {
			if err := r.call(item, r.src, item, field(path+"tool_calls", i), m); err != nil {
				return err
			}
		}
	}
	if c := v.get("function_call"); c != nil {
		return r.call(c, r.src, c, path+"function_call", m)
	}
	return nil
}

func (r *record) twoThoughts(n *node, path string) *say.Error {
	return r.wrong(n, path, say.T("the message has two thoughts: in its content and beside it", "消息有两段思考：一段在内容里，一段在旁边"), say.T("delete one of the two", "请删去其中一个"))
}

// id returns a member that is the id of a call: a string, or a number.
func (r *record) id(v *node, path, name string) (string, *say.Error) {
	if n := v.get(name); n != nil && n.kind == number {
		return n.text, nil
	}
	return r.str(v, path, name)
}

// whole checks that a message says something, and only what its role may.
func (r *record) whole(v *node, path string, m *stage.Message) *say.Error {
	switch {
	case m.Role != "assistant" && (len(m.Calls) > 0 || m.Thought != ""):
		return r.wrong(v, path, say.T("the role %s cannot think or call tools", "角色 %s 不能思考或调用工具", m.Role), say.T("that is the assistant's", "只有 assistant 可以"))
	case m.Role == "assistant" && strings.TrimSpace(m.Content) == "" && len(m.Calls) == 0:
		return r.wrong(v, path, say.T("the answer is empty", "回答是空的"), say.T("write the answer, or delete the example", "请写上回答，或删去这条样例"))
	case m.Role == "user" && strings.TrimSpace(m.Content) == "":
		return r.wrong(v, path, say.T("the user's message is empty", "用户消息是空的"), say.T("write the question, or delete the example", "请写上提问，或删去这条样例"))
	}
	return nil
}

// content reads the content of that name: a string, or a list of parts.
func (r *record) content(v *node, path, name string, m *stage.Message) *say.Error {
	c := v.named(name) // null is nothing said beside calls
	path += name
	switch {
	case c == nil:
		if v.get("tool_calls") == nil && v.get("function_call") == nil {
			return r.missing(v, path, say.T("a message has role and content", "消息应有 role 和 content"))
		}
	case c.kind == null:
	case c.kind == text:
		m.Content = c.text
		return r.spoken(c, path, m)
	case c.kind == listKind:
		beside := m.Thought
		m.Thought = ""
		for i, p := range c.items {
			if err := r.part(p, field(path, i), m); err != nil {
				return err
			}
		}
		if beside != "" && m.Thought != "" && beside != m.Thought {
			return r.twoThoughts(c, path)
		}
		m.Thought = cmp.Or(m.Thought, beside)
		return r.spoken(c, path, m)
	case c.kind == object:
		return r.typed(c, path, say.T("a string: write the object as a string", "字符串：请把对象写成字符串"))
	default:
		return r.typed(c, path, say.T("a string or a list of parts", "字符串或由部分组成的列表"))
	}
	return nil
}

// part reads a part of a content.
func (r *record) part(p *node, path string, m *stage.Message) *say.Error {
	if p.kind == text {
		m.Content += p.text
		return nil
	}
	if p.kind != object {
		return r.typed(p, path, say.T("an object with type and text", "带有 type 和 text 的对象"))
	}
	kindOf, err := r.str(p, path+".", "type")
	if err != nil {
		return err
	}
	words, name := p.get("text"), "text"
	for _, other := range []string{"value", "thinking", "reasoning"} {
		if words == nil {
			words, name = p.get(other), other
		}
	}
	switch kindOf {
	case "text", "input_text", "output_text", "reasoning", "thinking", "tool_call":
		if words == nil {
			return r.missing(p, path+".text", say.T("a part has type and text", "部分应有 type 和 text"))
		}
		if words.kind != text {
			return r.typed(words, path+"."+name, aString)
		}
	default:
		return r.wrong(p, path+".type", say.T("a part of type %q cannot be read", "无法读取类型为 %q 的部分", clip(kindOf)), say.T("text, reasoning and tool_call can", "可读取 text、reasoning 和 tool_call"))
	}
	switch kindOf {
	case "text", "input_text", "output_text":
		m.Content += words.text
	case "tool_call":
		return r.callText(words, words.text, path+"."+name, m)
	default:
		m.Thought += words.text
	}
	return nil
}

// spoken moves what is written as text to its place: a thought at the beginning
// of an answer, and calls at its end where there are tools. A tool's result loses the
// tags around it, which a template writes.
func (r *record) spoken(n *node, path string, m *stage.Message) *say.Error {
	if m.Role == "tool" {
		inner, begins := strings.CutPrefix(strings.TrimSpace(m.Content), "<tool_response>")
		inner, ends := strings.CutSuffix(inner, "</tool_response>")
		if begins && ends && !strings.Contains(inner, "tool_response>") {
			m.Content = strings.Trim(inner, "\n")
		}
	}
	if m.Role != "assistant" {
		return nil
	}
	if err := r.thought(n, path, m); err != nil {
		return err
	}
	return r.writtenCalls(n, path, m)
}

// thought moves a thought from the beginning of an answer to its place. One
// that has an end and no beginning is of a model whose template wrote that.
func (r *record) thought(n *node, path string, m *stage.Message) *say.Error {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(m.Content, unicode.IsSpace), "<think>")
	if !ok && (m.Thought != "" || !endsThought.MatchString(m.Content)) {
		return nil
	}
	t, answer, ok := strings.Cut(rest, "</think>")
	switch {
	case !ok:
		return r.wrong(n, path, say.T("the thought has no end", "思考没有结尾"), say.T("write </think> behind it", "请在其后写上 </think>"))
	case m.Thought != "" && strings.TrimSpace(t) != "":
		return r.twoThoughts(n, path)
	case m.Thought == "":
		m.Thought = strings.Trim(t, "\n")
	}
	if strings.TrimSpace(m.Thought) == "" {
		m.Thought = ""
	}
	m.Content = strings.TrimLeft(answer, "\n")
	return nil
}

// endsThought is the end of a thought on a line of its own, before any beginning
// and with an answer behind it.
var endsThought = regexp.MustCompile(`\A(?:[^<]|<[^t]|<t[^h])*?(?:\A|\n)[ \t]*</think>[ \t]*\r?\n\s*\S`)

// writtenCalls moves calls that end an answer as text, in the manner of Hermes
// and Qwen, to their place, if the example has tools: else they are its words.
func (r *record) writtenCalls(n *node, path string, m *stage.Message) *say.Error {
	if !r.tools {
		return nil
	}
	at := r.endingCalls(n, path, m.Content)
	begun := strings.Index(m.Content, "<tool_call>\n{") // on lines of its own it can be meant as nothing but a call
	if begun > 0 && m.Content[begun-1] != '\n' {
		begun = -1
	}
	if begun < 0 {
		if err := r.brokenCall(n, path, m.Content); err != nil || at < 0 {
			return err
		}
	} else if at < 0 || at > begun {
		at = begun
	}
	rest := m.Content[at:]
	for strings.TrimSpace(rest) != "" {
		inner, ok := strings.CutPrefix(strings.TrimSpace(rest), "<tool_call>")
		call, behind, closed := strings.Cut(inner, "</tool_call>")
		if !ok || !closed {
			return r.wrong(n, path, say.T("the calls in the text cannot be read", "无法读取正文中的调用"),
				say.T("let them end the answer, each between <tool_call> and </tool_call>, or write tool_calls", "请让它们位于回答末尾，各自写在 <tool_call> 与 </tool_call> 之间，或改写为 tool_calls"))
		}
		if err := r.callText(n, call, path, m); err != nil {
			return err
		}
		rest = behind
	}
	m.Content = strings.TrimRight(m.Content[:at], "\n")
	return nil
}

// endingCalls returns where the calls begin that end content with nothing else on their
// lines; -1 if there are none, or they stand in a code block. It reads from the end, so that
// each byte is read once.
func (r *record) endingCalls(n *node, path, content string) int {
	at, rest := -1, content
	for {
		body, ok := strings.CutSuffix(strings.TrimRightFunc(rest, unicode.IsSpace), "</tool_call>")
		begin := strings.LastIndex(body, "<tool_call>")
		if !ok || begin < 0 {
			break
		}
		call := body[begin+len("<tool_call>"):]
		if !strings.HasPrefix(strings.TrimSpace(call), "{") || strings.Contains(call, "</tool_call>") || r.callText(n, call, path, &stage.Message{}) != nil {
			break
		}
		if rest = content[:begin]; begin == 0 || content[begin-1] == '\n' {
			at = begin
		}
	}
	if at >= 0 && len(fence.FindAllStringIndex(content[:at], -1))%2 == 1 {
		return -1
	}
	return at
}

// fence begins or ends a code block of Markdown.
var fence = regexp.MustCompile("(?m)^ {0,3}(```|~~~)")

// oneLineCall is what begins a call on the line of its tag.
var oneLineCall = regexp.MustCompile(`(?m)^<tool_call>[ \t]*\{`)

// brokenCall refuses a call on the line of its tag that is no JSON: it can be words of
// the answer no more than a call.
func (r *record) brokenCall(n *node, path, content string) *say.Error {
	at := oneLineCall.FindStringIndex(content)
	if at == nil {
		return nil
	}
	call, _, _ := strings.Cut(content[at[1]-1:], "</tool_call>")
	if _, err := parse([]byte(call)); err != nil {
		cause, next := inString([]byte(call), err, callNext)
		return r.wrong(n, path, say.T("the call is not JSON: %v", "调用不是 JSON：%v", cause), next)
	}
	return nil
}
