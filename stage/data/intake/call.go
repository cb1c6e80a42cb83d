package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
)

// callText reads words of n that are JSON with one call, or a list of them.
func (r *record) callText(n *node, words, path string, m *stage.Message) *say.Error {
	src := []byte(words)
	v, err := parse(src)
	if err != nil {
		cause, next := inString(src, err, callNext)
		return r.wrong(n, path, say.T("the call is not JSON: %v", "调用不是 JSON：%v", cause), next)
	}
	items := []*node{v}
	if v.kind == listKind {
		items = v.items
	}
	for _, item := range items {
		if err := r.call(item, src, n, path, m); err != nil {
			return err
		}
	}
	return nil
}

var (
	callNext      = say.T(`write {"name": …, "arguments": {…}}`, `请写成 {"name": …, "arguments": {…}}`)
	argumentsNext = say.T(`write the arguments as one object, by their names: {"x": 3}`, `请把各个参数按名称写成一个对象：{"x": 3}`)
)

// callNames are what a call may have beside its arguments.
var callNames = []string{"id", "type", "index", "function", "name", "description"}

// argumentsOf returns the arguments of a call, by any of their names.
func argumentsOf(n *node) (*node, string) {
	for _, name := range []string{"arguments", "parameters", "input", "args"} {
		if v := n.get(name); v != nil {
			return v, name
		}
	}
	return nil, ""
}

// call reads one call: c, of the JSON src, which stands at n.
func (r *record) call(c *node, src []byte, n *node, path string, m *stage.Message) *say.Error {
	if c.kind != object {
		return r.wrong(n, path, say.T("this is %s", "这是%s", kindText(c.kind)), callNext)
	}
	f, within := c, ""
	if inner := c.get("function"); inner != nil && inner.kind == object {
		f, within = inner, "function."
	}
	name := f.get("name")
	args, argsName := argumentsOf(f)
	if argsName = within + argsName; args == nil {
		args, argsName = argumentsOf(c)
	}
	if name == nil || name.kind != text || name.text == "" {
		return r.wrong(n, path, say.T("the call has no name", "调用没有名称"), callNext)
	}
	for i, m := range slices.Concat(f.members, c.members) { // what nobody reads would be arguments that are lost
		if args == nil && m.kind != null && !slices.Contains(callNames, m.name) {
			at := path + "."
			if i < len(f.members) {
				at += within
			}
			return r.wrong(n, at+m.name, say.T("this name is not known", "不认识这个名称"), callNext)
		}
	}
	raw := json.RawMessage("{}")
	switch {
	case args == nil || args.kind == text && strings.TrimSpace(args.text) == "":
	case args.kind == object:
		raw = args.raw(src)
	case args.kind == text:
		inner := []byte(args.text)
		v, err := parse(inner)
		if err != nil {
			cause, next := inString(inner, err, argumentsNext)
			return r.wrong(n, path+"."+argsName, say.T("the string is no JSON object: %v", "这个字符串不是 JSON 对象：%v", cause), next)
		}
		if v.kind != object {
			return r.wrong(n, path+"."+argsName, say.T("the string is no JSON object", "这个字符串不是 JSON 对象"), argumentsNext)
		}
		raw = v.raw(inner)
	default:
		return r.wrong(n, path+"."+argsName, say.T("this is %s", "这是%s", kindText(args.kind)), argumentsNext)
	}
	call := stage.Call{Type: "function", Function: stage.Function{Name: name.text, Arguments: string(raw)}}
	if id := c.get("id"); id != nil {
		if id.kind != text && id.kind != number {
			return r.wrong(n, path+".id", say.T("this is %s", "这是%s", kindText(id.kind)), say.T("it must be %s", "应为%s", aString))
		}
		call.ID = id.text
	}
	m.Calls = append(m.Calls, call)
	return nil
}

// A tracker gives calls their ids, and tools' answers the calls they answer.
type tracker struct {
	r    *record
	made int          // calls
	open []stage.Call // of the turn before, not answered
}

// add looks at the next message.
func (t *tracker) add(v *node, path string, m *stage.Message) *say.Error {
	if m.Role != "tool" {
		t.open = nil
		return t.calls(v, path, m)
	}
	at := slices.IndexFunc(t.open, func(c stage.Call) bool { return c.ID == m.CallID })
	if m.CallID == "" && len(t.open) > 0 {
		at = 0
		if m.Name != "" {
			at = slices.IndexFunc(t.open, func(c stage.Call) bool { return c.Function.Name == m.Name })
		}
		if at < 0 {
			return t.r.wrong(v, path+".name", say.T("no call before it that waits for a result is of %q", "前面等待结果的调用中没有 %q", clip(m.Name)), say.T("write the name of the tool that was called: %s", "请写上所调用工具的名称：%s", clip(t.open[0].Function.Name)))
		}
	}
	if at < 0 && m.CallID != "" {
		return t.r.wrong(v, path+".tool_call_id", say.T("no call before it has the id %q", "前面没有编号为 %q 的调用", clip(m.CallID)), say.T("write the id of the call that it answers", "请写上所答调用的编号"))
	}
	if at >= 0 {
		c := t.open[at]
		if m.Name != "" && m.Name != c.Function.Name {
			return t.r.wrong(v, path+".name", say.T("this is the result of %q, and the call with its id is of %q", "这是 %q 的结果，而同一编号的调用是 %q", clip(m.Name), clip(c.Function.Name)), say.T("write the name of the tool that was called, or the id of another call", "请写上所调用工具的名称，或改写编号"))
		}
		m.CallID, m.Name = c.ID, c.Function.Name
		t.open = slices.Delete(slices.Clone(t.open), at, at+1)
	}
	return nil
}

// calls notes the calls of a message, beside those that are open, and gives an id
// to each that has none.
func (t *tracker) calls(v *node, path string, m *stage.Message) *say.Error {
	open, taken, n := map[string]bool{}, map[string]bool{}, 0 // taken: here and further on in the message, too
	for _, c := range t.open {
		open[c.ID], taken[c.ID] = true, true
	}
	for _, c := range m.Calls {
		taken[c.ID] = true
	}
	for i := range m.Calls {
		c := &m.Calls[i]
		t.made++
		if c.ID == "" {
			for n = max(n, t.made); c.ID == "" || taken[c.ID]; n++ {
				c.ID = fmt.Sprintf("call_%d", n)
			}
			taken[c.ID] = true
		} else if open[c.ID] {
			return t.r.wrong(v, path+".tool_calls", say.T("two calls have the id %q", "两个调用的编号都是 %q", clip(c.ID)), say.T("give each call an id of its own: by it a result finds its call", "请给每个调用独有的编号：结果凭编号找到调用"))
		}
		open[c.ID] = true
		t.open = append(t.open, *c)
	}
	return nil
}
