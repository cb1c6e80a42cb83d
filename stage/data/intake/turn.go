package intake

import (
	"cmp"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// aliases are the roles of ShareGPT.
var aliases = map[string]string{
	"system": "system", "developer": "developer", "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "model": "assistant", "bot": "assistant",
	"function_call": "call", "tool_call": "call", "observation": "tool", "tool": "tool", "tool_response": "tool", "function_response": "tool",
}

// turns reads the conversation of ShareGPT.
func (r *record) turns(n *node, path string) ([]stage.Message, *say.Error) {
	if n.kind != listKind {
		return nil, r.noList(n, path)
	}
	return r.joined(n, path, r.turn)
}

// joined reads a list in which a call may stand in a turn of its own: it goes with what
// the assistant said before it. One reads a turn.
func (r *record) joined(n *node, path string, one func(*node, string) (stage.Message, *say.Error)) ([]stage.Message, *say.Error) {
	var list []stage.Message
	t, begun := tracker{r: r}, 0 // the turn at which the last message begins
	whole := func() *say.Error {
		if len(list) == 0 {
			return nil
		}
		return r.whole(n.items[begun], field(path, begun), &list[len(list)-1])
	}
	whose := path
	for i, v := range n.items {
		path := field(whose, i)
		m, err := one(v, path)
		if err != nil {
			return nil, err
		}
		if v.silent = silent(&m); v.silent {
			continue
		}
		if last := len(list) - 1; len(m.Calls) > 0 && m.Content == "" && last >= 0 && list[last].Role == "assistant" {
			if err := t.calls(v, path, &m); err != nil { // the calls before it wait, too
				return nil, err
			}
			said := &list[last] // a call goes with what was said and thought before it
			if said.Thought != "" && m.Thought != "" {
				return nil, r.twoThoughts(v, path)
			}
			if (said.Weight == nil) != (m.Weight == nil) {
				return nil, r.wrong(v, path, say.T("this call is of one turn with %s, and only one of the two is learnt", "此调用与 %s 属于同一轮，而两者只有一个要学习", field(whose, begun)),
					say.T("give both the same weight: a turn is learnt as a whole, or not at all", "请让两者的 weight 相同：一轮只能整体学习或不学习"))
			}
			said.Calls, said.Thought = append(said.Calls, m.Calls...), cmp.Or(said.Thought, m.Thought)
			continue
		}
		if err := cmp.Or(whole(), t.add(v, path, &m)); err != nil {
			return nil, err
		}
		list, begun = append(list, m), i
	}
	return list, whole()
}

// turn reads one turn: from and value, or what a message has. What whole asks
// is left to the caller, for calls may follow in a turn of their own.
func (r *record) turn(v *node, path string) (m stage.Message, err *say.Error) {
	if v.kind != object {
		return m, r.typed(v, path, say.T("an object with from and value", "带有 from 和 value 的对象"))
	}
	if err := r.names(v, path+".", slices.Concat([]string{"from", "value"}, messageNames)); err != nil {
		return m, err
	}
	from, fromName := v.get("from"), "from"
	if from == nil && v.get("role") != nil {
		from, fromName = v.get("role"), "role"
	}
	valueName := "value"
	if v.get("value") == nil && (v.named("content") != nil || fromName == "role") {
		valueName = "content"
	}
	calls := v.get("tool_calls") != nil || v.get("function_call") != nil
	next := say.T("a turn is from system, human, gpt, function_call or observation", "from 为 system、human、gpt、function_call 或 observation")
	switch {
	case from == nil && exchange(v):
		return m, r.missing(v, path+".from", asTurns)
	case from == nil:
		return m, r.missing(v, path+".from", next)
	case from.kind != text:
		return m, r.typed(from, path+"."+fromName, aString)
	case v.get(valueName) == nil && !calls && !(aliases[strings.ToLower(from.text)] == "system" && v.named(valueName) != nil):
		return m, r.missing(v, path+"."+valueName, say.T("a turn has from and value", "一轮对话应有 from 和 value"))
	}
	switch m.Role = aliases[strings.ToLower(from.text)]; m.Role {
	case "":
		return m, r.wrong(from, path+"."+fromName, say.T("there is no role %q", "没有角色 %q", clip(from.text)), next)
	case "call":
		return r.callTurn(v, path+".", valueName)
	}
	return m, r.rest(v, path+".", valueName, &m)
}

// callTurn reads a turn that is a call; value is the name of what holds it.
func (r *record) callTurn(v *node, path, value string) (m stage.Message, err *say.Error) {
	m.Role = "assistant"
	words := v.get(value)
	if words == nil || words.kind != text {
		return m, r.wrong(v, path+value, say.T("the call is no string", "调用不是字符串"),
			say.T(`write it as a string: "{\"name\": …, \"arguments\": {…}}"`, `请写成字符串："{\"name\": …, \"arguments\": {…}}"`))
	}
	if m.Weight, err = r.weight(v, path, m.Role); err != nil {
		return m, err
	}
	m.Content = words.text
	if err := r.thought(words, path+value, &m); err != nil {
		return m, err
	}
	call := m.Content
	m.Content = ""
	return m, r.callText(words, call, path+value, &m)
}

// alpaca reads instruction, input, output, history.
func (r *record) alpaca(n *node, answered bool) (list []stage.Message, err *say.Error) {
	if h := n.get("history"); h != nil {
		next := say.T("a list of pairs: [question, answer]", "由 [提问, 回答] 组成的列表")
		if h.kind != listKind {
			return nil, r.typed(h, "history", next)
		}
		for i, pair := range h.items {
			if pair.kind != listKind || len(pair.items) != 2 || pair.items[0].kind != text || pair.items[1].kind != text {
				return nil, r.wrong(pair, field("history", i), say.T("this is no pair of strings", "这不是一对字符串"), say.T("it must be %s", "应为%s", next))
			}
			asked := stage.Message{Role: "user", Content: pair.items[0].text}
			path := field("history", i)
			if err := r.whole(pair.items[0], field(path, 0), &asked); err != nil {
				return nil, err
			}
			if list, err = r.reply(append(list, asked), pair.items[1], field(path, 1)); err != nil {
				return nil, err
			}
		}
	}
	var ask [2]string
	for i, name := range []string{"instruction", "input"} {
		if ask[i], err = r.str(n, "", name); err != nil {
			return nil, err
		}
	}
	question := ask[0]
	if ask[1] != "" {
		question = strings.TrimPrefix(ask[0]+"\n"+ask[1], "\n")
	}
	if strings.TrimSpace(question) == "" {
		return nil, r.wrong(n.get("instruction"), "instruction", say.T("the instruction is empty", "instruction 是空的"), say.T("write the question, or delete the example", "请写上提问，或删去这条样例"))
	}
	list = append(list, stage.Message{Role: "user", Content: question})
	if !answered {
		return list, nil
	}
	out := n.get("output")
	if out == nil {
		next := say.T("an Alpaca example has instruction and output", "Alpaca 样例需要 instruction 和 output")
		if ours := renamed(n); len(ours) > 0 {
			next = nameAs(ours)
		}
		return nil, r.missing(n, "output", next)
	}
	if out.kind == listKind && len(out.items) == 2 { // as LLaMA-Factory wrote pairs
		return nil, r.wrong(out, "output", say.T("this is a list", "这是列表"), say.T("a pair has its two answers as chosen and rejected; else it must be a string", "偏好对请把两个回答写为 chosen 和 rejected；否则应为字符串"))
	}
	return r.reply(list, out, "output")
}

// prompt reads prompt and completion: strings, or lists of messages.
func (r *record) prompt(n *node, answered bool) (list []stage.Message, err *say.Error) {
	p := n.get("prompt")
	if p == nil {
		return nil, r.missing(n, "prompt", say.T("write the question as prompt", "请把提问写为 prompt"))
	}
	switch p.kind {
	case text:
		if strings.TrimSpace(p.text) == "" {
			return nil, r.wrong(p, "prompt", say.T("the prompt is empty", "prompt 是空的"), say.T("write the question, or delete the example", "请写上提问，或删去这条样例"))
		}
		list = []stage.Message{{Role: "user", Content: p.text}}
	case listKind:
		if list, err = r.anyTurns(p, Prompt, "prompt"); err != nil {
			return nil, err
		}
	default:
		return nil, r.typed(p, "prompt", say.T("a string or a list of messages", "字符串或消息列表"))
	}
	if !answered {
		return list, nil
	}
	c := n.get("completion")
	if c == nil {
		for _, m := range n.members {
			if slices.ContainsFunc(verify.Names, func(name string) bool { return m.kind == object && m.get(name) != nil }) { // {"verifier": {"number": 7}}
				return nil, r.unknown(m, "", "verify")
			}
		}
		if name := solution(n); name != "" {
			return nil, r.missing(n, "completion", say.T(`%s is not read: to have answers judged by it, write verify, as {"number": 42}; to have it learnt, call it completion`, `此处不读取 %s：要据此评判回答，请写 verify，如 {"number": 42}；要学习它，请改名为 completion`, name))
		}
		if ours := renamed(n); len(ours) > 0 {
			return nil, r.missing(n, "completion", nameAs(ours))
		}
		return nil, r.missing(n, "completion", say.T("a prompt has a completion, or chosen and rejected, or verify", "prompt 需要 completion，或 chosen 与 rejected，或 verify"))
	}
	if c.kind == text {
		return r.reply(list, c, "completion")
	}
	more, err := r.answer(c, Prompt, "completion")
	return append(list, more...), err
}

// reply appends an answer that is a string.
func (r *record) reply(list []stage.Message, n *node, path string) ([]stage.Message, *say.Error) {
	if n.kind != text {
		return nil, r.typed(n, path, aString)
	}
	m := stage.Message{Role: "assistant", Content: n.text}
	if err := r.spoken(n, path, &m); err != nil {
		return nil, err
	}
	return append(list, m), r.whole(n, path, &m)
}
