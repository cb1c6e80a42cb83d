package intake

import (
	"bytes"
	"encoding/json"
	"reflect"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// pair reads two answers to one prompt.
func (r *record) pair(e *stage.Example, n *node, form Form, chosen, rejected *node) (err *say.Error) {
	next := say.T("a pair has the two answers chosen and rejected", "偏好对需要 chosen 和 rejected 两个回答")
	if chosen == nil {
		return r.missing(n, "chosen", next)
	}
	if rejected == nil {
		return r.missing(n, "rejected", next)
	}
	if e.Chosen, err = r.answer(chosen, form, "chosen"); err != nil {
		return err
	}
	if e.Rejected, err = r.answer(rejected, form, "rejected"); err != nil {
		return err
	}
	if form == Prompt && n.get("prompt") == nil { // both begin with the prompt
		same := 0
		for same < min(len(e.Chosen), len(e.Rejected))-1 && reflect.DeepEqual(e.Chosen[same], e.Rejected[same]) {
			same++
		}
		for same > 0 && e.Chosen[same-1].Role != "user" && e.Chosen[same-1].Role != "tool" {
			same--
		}
		e.Prompt, e.Chosen, e.Rejected = e.Chosen[:same], e.Chosen[same:], e.Rejected[same:]
		if same == 0 {
			return r.missing(n, "prompt", say.T("write the question as prompt, or begin chosen and rejected with the same messages", "请把提问写为 prompt，或让 chosen 与 rejected 以相同的消息开头"))
		}
		if err := r.order(n, "chosen", e.Prompt, false); err != nil {
			return err
		}
	} else if e.Prompt, err = r.chat(n, form, false); err != nil {
		return err
	}
	for _, side := range []struct {
		name string
		list []stage.Message
	}{{"chosen", e.Chosen}, {"rejected", e.Rejected}} {
		if err := r.order(n, side.name, append(e.Prompt[:len(e.Prompt):len(e.Prompt)], side.list...), true); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(e.Chosen, e.Rejected) {
		return r.wrong(rejected, "rejected", say.T("the two answers are the same", "两个回答相同"), say.T("delete the example: there is nothing to prefer", "请删去这条样例：无从比较优劣"))
	}
	return nil
}

// answer reads one side of a pair: a string, a message or a list of messages.
func (r *record) answer(n *node, form Form, path string) (list []stage.Message, err *say.Error) {
	switch n.kind {
	case text:
		m := stage.Message{Role: "assistant", Content: n.text}
		if err := r.thought(n, path, &m); err != nil {
			return nil, err
		}
		list = []stage.Message{m}
	case object:
		var m stage.Message
		if form == ShareGPT || form != Messages && n.get("from") != nil {
			m, err = r.turn(n, path)
		} else {
			m, err = r.message(n, path)
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
		if m := &list[i]; m.Role == "assistant" && m.Content == "" && len(m.Calls) == 0 {
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

// problem reads a question with a verifier.
func (r *record) problem(e *stage.Example, n *node, form Form, v *node) (err *say.Error) {
	if e.Messages, err = r.chat(n, form, false); err != nil {
		return err
	}
	raw := v.raw(r.src)
	if _, cause := verify.Parse(raw); cause != nil {
		return r.wrong(v, "verify", say.T("%v", "%v", cause), say.Text{})
	}
	e.Verify = raw
	return nil
}

// readTools reads the tools: a list, or a string of JSON with one.
func (r *record) readTools(n *node) ([]json.RawMessage, *say.Error) {
	if n == nil || n.kind == null || n.kind == text && n.text == "" {
		return nil, nil
	}
	next := say.T(`write a list of {"name": …, "description": …, "parameters": {…}}`, `请写成由 {"name": …, "description": …, "parameters": {…}} 组成的列表`)
	src, items := r.src, n
	if n.kind == text {
		src = []byte(n.text)
		var err error
		if items, err = parse(src); err != nil {
			return nil, r.wrong(n, "tools", say.T("the string is not JSON: %v", "这个字符串不是 JSON：%v", err), next)
		}
	}
	if items.kind != listKind {
		return nil, r.wrong(n, "tools", say.T("this is %s", "这是%s", kindText(items.kind)), next)
	}
	var tools []json.RawMessage
	for i, t := range items.items {
		f, raw := t, t.raw(src)
		if inner := t.get("function"); inner != nil {
			f = inner
		} else {
			raw = join(`{"type":"function","function":`, raw, `}`)
		}
		if name := f.get("name"); t.kind != object || f.kind != object || name == nil || name.kind != text || name.text == "" {
			return nil, r.wrong(n, field("tools", i), say.T("the tool has no name", "工具没有名称"), next)
		}
		tools = append(tools, raw)
	}
	return tools, nil
}

func join(before string, raw json.RawMessage, after string) json.RawMessage {
	return bytes.Join([][]byte{[]byte(before), raw, []byte(after)}, nil)
}
