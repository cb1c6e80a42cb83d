package intake

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/internal/say"
	"suiren/stage"
)

// A side is one answer of a pair, and its name.
type side struct {
	name string
	at   *node
}

// pair reads two answers to one prompt.
func (r *record) pair(e *stage.Example, n *node, form Form) (err *say.Error) {
	chosen, rejected := side{"chosen", n.get("chosen")}, side{"rejected", n.get("rejected")}
	for _, s := range []side{chosen, rejected} {
		if s.at == nil {
			return r.missing(n, s.name, say.T("a pair has the two answers chosen and rejected", "偏好对需要 chosen 和 rejected 两个回答"))
		}
	}
	whole := opens(chosen.at) && opens(rejected.at) // conversations, which both begin with the prompt
	if whole && form != ShareGPT {
		form = Prompt
	}
	if e.Chosen, err = r.answer(chosen.at, form, chosen.name); err != nil {
		return err
	}
	if e.Rejected, err = r.answer(rejected.at, form, rejected.name); err != nil {
		return err
	}
	if whole || form == Prompt && n.get("prompt") == nil {
		err = r.common(e, n)
	} else {
		e.Prompt, err = r.chat(n, form, false)
	}
	if err != nil {
		return err
	}
	return r.compared(e, n, chosen, rejected)
}

// outputs reports whether an example is one of OpenAI's pairs: input with messages, and
// both outputs. Less of that, beside a form that is read, is the owner's.
func outputs(n *node) bool {
	return n.below("input.messages") != nil && n.get("preferred_output") != nil && n.get("non_preferred_output") != nil
}

// preferred reads OpenAI's pairs: input.messages, preferred_output and non_preferred_output.
func (r *record) preferred(e *stage.Example, n *node) (err *say.Error) {
	chosen, rejected := side{"preferred_output", n.get("preferred_output")}, side{"non_preferred_output", n.get("non_preferred_output")}
	asked := n.below("input.messages")
	for _, s := range []side{{"input.messages", asked}, chosen, rejected} {
		if s.at == nil {
			return r.missing(n, s.name, say.T("such a pair has input with messages, preferred_output and non_preferred_output", "这种偏好对需要带有 messages 的 input、preferred_output 和 non_preferred_output"))
		}
	}
	if e.Prompt, err = r.messages(asked, "input.messages"); err != nil {
		return err
	}
	if err = r.order(n, "input.messages", e.Prompt, false); err != nil {
		return err
	}
	if e.Chosen, err = r.answer(chosen.at, Messages, chosen.name); err != nil {
		return err
	}
	if e.Rejected, err = r.answer(rejected.at, Messages, rejected.name); err != nil {
		return err
	}
	return r.compared(e, n, chosen, rejected)
}

// worse returns the names of what makes one of ms-swift's pairs of a conversation: beside
// any rejected_response, an answer; beside messages rejected_messages, a list of them. What
// is neither is the owner's, and so are both where the example has a use without them.
func worse(n *node, form Form) (names []string) {
	for _, name := range []string{"chosen", "rejected", "label", "kto_tag", "verify"} {
		if n.get(name) != nil {
			return nil
		}
	}
	speaks := func(v *node) bool { return v.get("role") != nil || v.get("from") != nil }
	if v := n.get("rejected_response"); v != nil && (strings.TrimSpace(v.text) != "" && v.kind == text || speaks(v) || slices.ContainsFunc(v.items, speaks)) {
		names = append(names, "rejected_response")
	}
	if v := n.get("rejected_messages"); v != nil && form == Messages && slices.ContainsFunc(v.items, speaks) {
		names = append(names, "rejected_messages")
	}
	return names
}

// rejected reads ms-swift's pairs: a conversation, and what is worse than its last answer,
// by that name: rejected_response, which is the answer, or rejected_messages, which is the
// whole conversation with it.
func (r *record) rejected(e *stage.Example, n *node, form Form, name string) *say.Error {
	list, err := r.chat(n, form, true)
	if err != nil {
		return err
	}
	last := len(list) - 1
	e.Prompt, e.Chosen, e.Field = list[:last:last], list[last:], name
	other := side{name, n.get(name)}
	if name == "rejected_response" {
		e.Rejected, err = r.answer(other.at, form, name)
	} else if e.Rejected, err = r.messages(other.at, name); err == nil {
		if opens(other.at) {
			e.Rejected, err = r.system(n, e.Rejected)
		}
		if err == nil && (len(e.Rejected) <= last || !slices.EqualFunc(e.Rejected[:last], e.Prompt, sameTurn)) {
			return r.wrong(other.at, name, say.T("this does not begin with the same messages as messages", "它与 messages 的开头不一致"),
				say.T("rejected_messages is a whole conversation: repeat all of messages but the last answer, and end it with the worse one", "rejected_messages 应是整段对话：请重复 messages 中除最后回答外的全部消息，再以较差的回答结束"))
		}
		if err == nil {
			e.Rejected = e.Rejected[last:]
		}
	}
	if err != nil {
		return err
	}
	better := listName(form, n)
	return r.compared(e, n, side{better, n.get(better)}, other)
}

// sameTurn reports whether two messages of a pair's prompt are the same. What of it is
// learnt elsewhere is no difference: nothing is, in a pair.
func sameTurn(a, b stage.Message) bool {
	a.Weight, b.Weight = nil, nil
	return reflect.DeepEqual(a, b)
}

// compared checks the answers of a pair.
func (r *record) compared(e *stage.Example, n *node, chosen, rejected side) *say.Error {
	for _, s := range []struct {
		side
		list []stage.Message
	}{{chosen, e.Chosen}, {rejected, e.Rejected}} {
		if err := r.order(n, s.name, append(e.Prompt[:len(e.Prompt):len(e.Prompt)], s.list...), true); err != nil {
			return err
		}
		if len(s.list) > 1 {
			return r.wrong(s.at, s.name, say.T("the answer has %d messages; one is compared with one", "回答有 %d 条消息；只能用一条与一条比较", len(s.list)),
				say.T("move what comes before the last to the prompt, and let both sides begin with it", "请把最后一条之前的消息移到提问中，两侧须相同"))
		}
	}
	if err := r.judged(n, chosen.name, e.Chosen); err != nil {
		return err
	}
	for _, list := range [][]stage.Message{e.Prompt, e.Rejected} { // neither is learnt, whatever they say
		for i := range list {
			list[i].Weight = nil
		}
	}
	if reflect.DeepEqual(e.Chosen, e.Rejected) {
		return r.wrong(rejected.at, rejected.name, say.T("the two answers are the same", "两个回答相同"), say.T("delete the example: there is nothing to prefer", "请删去这条样例：无从比较优劣"))
	}
	return nil
}

// judged refuses an answer, the last of list, that is to be learnt from in another way
// than by its words, and not to be learnt at once.
func (r *record) judged(n *node, path string, list []stage.Message) *say.Error {
	if m := &list[len(list)-1]; m.Role != "assistant" || m.Weight == nil {
		return nil
	}
	if path == "prompt" {
		path = "completion"
	}
	at := n.below(path)
	if last := len(at.items) - 1; last >= 0 {
		at, path = at.items[last], field(path, last)
	}
	name := masked(at)
	return r.wrong(at.get(name), path+"."+name, say.T("by this the answer is not learnt, and one that is chosen, labelled or a problem's is learnt from in any case", "此项表示不学习这个回答，但选中的、带标签的或题目的回答总要从中学习"),
		say.T("delete it, or the example", "请删去此项，或删去这条样例"))
}

// opens reports whether a side of a pair is a conversation from its beginning.
func opens(side *node) bool {
	if side.kind != listKind || len(side.items) == 0 {
		return false
	}
	for _, name := range []string{"role", "from"} {
		if v := side.items[0].get(name); v != nil {
			role := aliases[strings.ToLower(v.text)]
			return role == "system" || role == "user" || v.text == "developer"
		}
	}
	return false
}

// common takes the prompt from both sides of a pair, which begin with it. A prompt
// of its own must be of them.
func (r *record) common(e *stage.Example, n *node) (err *say.Error) {
	same := 0
	for same < min(len(e.Chosen), len(e.Rejected))-1 && sameTurn(e.Chosen[same], e.Rejected[same]) {
		same++
	}
	for same > 0 && e.Chosen[same-1].Role != "user" && e.Chosen[same-1].Role != "tool" {
		same--
	}
	e.Prompt, e.Chosen, e.Rejected = e.Chosen[:same:same], e.Chosen[same:], e.Rejected[same:]
	if same == 0 {
		return r.missing(n, "prompt", say.T("write the question as prompt, or begin chosen and rejected with the same messages", "请把提问写为 prompt，或让 chosen 与 rejected 以相同的消息开头"))
	}
	for _, own := range []struct {
		form Form
		name string
	}{{Messages, "messages"}, {ShareGPT, "conversations"}, {Alpaca, "instruction"}, {Prompt, "prompt"}} {
		at := n.get(own.name)
		if at == nil {
			continue
		}
		var asked []stage.Message
		switch own.form {
		case Messages:
			asked, err = r.messages(at, own.name)
		case ShareGPT:
			asked, err = r.turns(at, own.name)
		case Alpaca:
			asked, err = r.alpaca(n, false)
		case Prompt:
			asked, err = r.prompt(n, false)
		}
		if err != nil {
			return err
		}
		last := len(asked) - 1
		for last >= 0 && asked[last].Role != "user" && asked[last].Role != "tool" { // what was chosen, once more
			last--
		}
		if last < 0 || !slices.ContainsFunc(e.Prompt, func(m stage.Message) bool { return reflect.DeepEqual(m, asked[last]) }) {
			return r.wrong(at, own.name, say.T("chosen and rejected begin with another question", "chosen 与 rejected 以另一个提问开头"),
				say.T("delete one of the two questions, or write the answers alone", "请删去其中一个提问，或只写两个回答"))
		}
	}
	if e.Prompt, err = r.system(n, e.Prompt); err != nil {
		return err
	}
	return r.order(n, "chosen", e.Prompt, false)
}

// answer reads one side of a pair: a string, a message or a list of messages.
func (r *record) answer(n *node, form Form, path string) (list []stage.Message, err *say.Error) {
	switch n.kind {
	case text:
		m := stage.Message{Role: "assistant", Content: n.text}
		if err := r.spoken(n, path, &m); err != nil {
			return nil, err
		}
		list = []stage.Message{m}
	case object:
		var m stage.Message
		read := r.called
		if form == ShareGPT || form != Messages && n.get("from") != nil {
			read = r.turn
		}
		if m, err = read(n, path); err == nil {
			err = r.whole(n, path, &m)
		}
		if err == nil {
			err = (&tracker{r: r}).add(n, path, &m)
		}
		list = []stage.Message{m}
	case listKind:
		list, err = r.anyTurns(n, form, path)
	default:
		return nil, r.typed(n, path, say.T("a string, a message or a list of messages", "字符串、消息或消息列表"))
	}
	if err != nil {
		return nil, err
	}
	for i := range list {
		if m := &list[i]; m.Role == "assistant" && strings.TrimSpace(m.Content) == "" && len(m.Calls) == 0 {
			return nil, r.wrong(n, path, say.T("the answer is empty", "回答是空的"), say.T("write the answer, or delete the example", "请写上回答，或删去这条样例"))
		}
	}
	return list, nil
}

// anyTurns reads messages in the manner of the form, or else of what they hold.
func (r *record) anyTurns(n *node, form Form, path string) ([]stage.Message, *say.Error) {
	if form == ShareGPT || form != Messages && len(n.items) > 0 && n.items[0].get("from") != nil {
		return r.turns(n, path)
	}
	return r.messages(n, path)
}

// toolNames are what a tool's definition may have: of OpenAI's form, Anthropic's, and MCP's.
var toolNames = []string{"name", "description", "parameters", "input_schema", "inputSchema", "strict", "function", "type"}

// readTools reads the tools at path: a list, or a string of JSON with one.
func (r *record) readTools(n *node, path string) ([]json.RawMessage, *say.Error) {
	if n == nil || n.kind == text && n.text == "" {
		return nil, nil
	}
	next := say.T(`write a list of {"name": …, "description": …, "parameters": {…}}`, `请写成由 {"name": …, "description": …, "parameters": {…}} 组成的列表`)
	src, items := r.src, n
	var err error
	if n.kind == text {
		src = []byte(n.text)
		if items, err = parse(src); err != nil {
			cause, next := inString(src, err, next)
			return nil, r.wrong(n, path, say.T("the string is not JSON: %v", "这个字符串不是 JSON：%v", cause), next)
		}
	}
	if items.kind != listKind {
		return nil, r.wrong(n, path, say.T("this is %s", "这是%s", kindText(items.kind)), next)
	}
	var tools []json.RawMessage
	for i, t := range items.items {
		f := t
		if inner := t.get("function"); inner != nil {
			f = inner
		}
		name := f.get("name")
		for _, m := range f.members {
			if k := misspelt(m, toolNames); k != "" && f.get(k) == nil {
				return nil, r.wrong(n, field(path, i)+"."+m.name, say.T("this name is not known", "不认识这个名称"), say.T("did you mean %s?", "是否想写 %s？", k))
			}
		}
		if t.kind != object || f.kind != object || name == nil || name.kind != text || name.text == "" {
			return nil, r.wrong(n, field(path, i), say.T("the tool has no name", "工具没有名称"), next)
		}
		var description string
		if d := f.get("description"); d != nil {
			if d.kind != text {
				return nil, r.wrong(n, field(path, i)+".description", say.T("this is %s", "这是%s", kindText(d.kind)), next)
			}
			description = d.text
		}
		var parameters json.RawMessage
		for _, name := range []string{"parameters", "input_schema", "inputSchema"} {
			p, from := f.get(name), src
			if p == nil || parameters != nil {
				continue
			}
			if p.kind == text {
				from = []byte(p.text)
				if p, err = parse(from); err != nil {
					cause, next := inString(from, err, next)
					return nil, r.wrong(n, field(path, i)+"."+name, say.T("the string is not JSON: %v", "这个字符串不是 JSON：%v", cause), next)
				}
			}
			if p.kind != object {
				return nil, r.wrong(n, field(path, i)+"."+name, say.T("this is %s", "这是%s", kindText(p.kind)), say.T("it must be %s", "应为%s", say.T("a JSON schema: an object", "JSON schema，即一个对象")))
			}
			parameters = p.raw(from)
		}
		tool, err := chat.Tool(name.text, description, parameters)
		if err != nil {
			panic("intake: a value that was read is no JSON")
		}
		tools = append(tools, tool)
	}
	return tools, nil
}

func join(before string, raw json.RawMessage, after string) json.RawMessage {
	return bytes.Join([][]byte{[]byte(before), raw, []byte(after)}, nil)
}
