package intake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage"
)

// A record is one example being read: where it stands, and its JSON.
type record struct {
	file   string
	line   int    // of the example's first byte
	start  int    // characters before it on that line
	column int    // 0: not known
	item   string // its place in an array, if another stands on its line before it; else ""
	place  string // … before it or behind it. From has item alone: what was made of it stands
	src    []byte
	tools  bool // the example has some
}

// fail makes an error about the example.
func (r *record) fail(field string, what, next say.Text) *say.Error {
	where := fmt.Sprintf("%s:%d", r.file, r.line)
	if r.column > 0 {
		where += fmt.Sprintf(":%d", r.column)
	}
	if r.place != "" {
		field = strings.TrimSuffix(r.place+"."+field, ".")
	}
	if field != "" {
		where += ": " + field
	}
	return &say.Error{Where: where, What: what, Next: next}
}

// wrong makes an error about a value of the example, on the line where it begins.
func (r *record) wrong(n *node, field string, what, next say.Text) *say.Error {
	at := *r
	at.line += bytes.Count(r.src[:n.from], []byte("\n"))
	return at.fail(field, what, next)
}

// missing says that an object lacks a member.
func (r *record) missing(n *node, field string, next say.Text) *say.Error {
	return r.wrong(n, field, say.T("this is missing", "缺少此项"), next)
}

// typed says that a value is of another type than it must be.
func (r *record) typed(n *node, field string, want say.Text) *say.Error {
	return r.wrong(n, field, say.T("this is %s", "这是%s", kindText(n.kind)), say.T("it must be %s", "应为%s", want))
}

func kindText(k kind) say.Text {
	return [...]say.Text{say.T("null", " null"), say.T("true or false", "布尔值"), say.T("a number", "数字"), say.T("a string", "字符串"),
		say.T("a list", "列表"), say.T("an object", "对象")}[k]
}

var (
	aString = say.T("a string", "字符串")
	aList   = say.T("a list of messages", "消息列表")
	aValue  = say.T("a value: what is learnt is there", "实际的值：要学习的内容在其中")
	aBool   = say.T("true or false, without quotes", "不带引号的 true 或 false")
)

// str returns a member that is a string; "" if it is not there.
func (r *record) str(n *node, path, name string) (string, *say.Error) {
	v := n.get(name)
	if v == nil {
		return "", nil
	}
	if v.kind != text {
		return "", r.typed(v, path+name, aString)
	}
	return v.text, nil
}

// known are the names that an example may have, by form, and everywhere.
var known = map[Form][]string{
	Messages: {"messages"},
	ShareGPT: {"conversations"},
	Alpaca:   {"instruction", "input", "output", "history"},
	Prompt:   {"prompt", "completion"},
	Detect:   {"system", "tools", "functions", "chosen", "rejected", "label", "kto_tag", "verify"},
}

// near returns the name among the known that a name is a misspelling of, or "":
// one edit away, of a long name two. More would be the owner's own names: level
// is none of label, and story none of history.
func near(name string, among []string) string {
	if slices.Contains(among, name) {
		return ""
	}
	folded := strings.ToLower(strings.TrimSpace(name))
	best, least := "", 3
	for _, k := range among {
		most := 1
		if len(k) >= 9 {
			most = 2
		}
		if max(len(folded)-len(k), len(k)-len(folded)) > most {
			continue
		}
		if d := edits(folded, k); d <= most && d < least {
			best, least = k, d
		}
	}
	return best
}

// edits counts the letters that are added, left out, or others, and the pairs of
// neighbours that changed places, from a to b (Damerau; optimal string alignment).
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			if i == 0 || j == 0 {
				rows[i][j] = i + j
				continue
			}
			d := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, rows[i-1][j], rows[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, 1+rows[i-2][j-2])
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// misspelt returns the known name that a member was to have, or "". The labels of
// the owner are lists, numbers and words; ours is true or false, or was to be.
func misspelt(m member, among []string) string {
	k := near(m.name, among)
	ours := m.kind == boolean || (m.kind == text || m.kind == number) && slices.Contains([]string{"0", "1", "true", "false"}, strings.ToLower(m.text))
	if m.kind == null || (k == "label" || k == "kto_tag") && !ours {
		return ""
	}
	return k
}

// form finds the form of an example by its names.
func (r *record) form(n *node) (Form, *say.Error) {
	if outputs(n) {
		return Messages, nil
	}
	pair := n.get("chosen") != nil && n.get("rejected") != nil
	if pair && n.get("prompt") != nil { // messages beside them are what was chosen
		return Prompt, nil
	}
	for _, f := range []struct {
		form Form
		name string
	}{{Messages, "messages"}, {ShareGPT, "conversations"}, {Alpaca, "instruction"}, {Prompt, "prompt"}} {
		if n.get(f.name) != nil {
			return f.form, nil
		}
	}
	if pair {
		return Prompt, nil
	}
	if n.get("preferred_output") != nil || n.get("non_preferred_output") != nil { // what is missing is told
		return Messages, nil
	}
	all := slices.Concat(known[Messages], known[ShareGPT], known[Alpaca], known[Prompt], known[Detect])
	var have []string
	for _, m := range n.members {
		switch k := misspelt(m, all); {
		case k == "conversations" && len(m.items) > 0 && exchange(m.items[0]):
			return "", r.wrong(m.node, m.name, say.T("this name is not known", "不认识这个名称"), say.T("did you mean conversations? %v", "是否想写 conversations？%v", asTurns))
		case k != "":
			return "", r.unknown(m, "", k)
		}
		have = append(have, m.name)
	}
	switch {
	case n.get("output") != nil:
		return "", r.missing(n, "instruction", say.T("an Alpaca example has instruction and output", "Alpaca 样例需要 instruction 和 output"))
	case n.get("completion") != nil:
		return "", r.missing(n, "prompt", say.T("a completion has its prompt", "completion 需要对应的 prompt"))
	}
	next := say.T("an example has messages, or conversations, or instruction and output, or prompt", "样例应有 messages，或 conversations，或 instruction 与 output，或 prompt")
	for _, m := range n.members { // null is as if it were not there
		if slices.Contains([]string{"messages", "conversations", "instruction", "prompt"}, m.name) {
			return "", r.typed(m.node, m.name, aValue)
		}
	}
	if len(n.members) == 0 {
		return "", r.wrong(n, "", say.T("the object is empty", "对象是空的"), next)
	}
	if hint := leads(n); !hint.IsZero() {
		next = hint
	}
	return "", r.wrong(n, "", say.T("no form has these names: %s", "没有哪种格式使用这些名称：%s", few(have)), next)
}

// clip shortens what an error repeats.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return s
}

// few is as many of names as an error repeats.
func few(names []string) []string {
	room := 60
	for i, n := range names {
		if room -= utf8.RuneCountInString(n); room < 0 {
			return append(slices.Clone(names[:i]), clip(n), "…")
		}
	}
	return names
}

func (r *record) unknown(m member, path, k string) *say.Error {
	return r.wrong(m.node, path+m.name, say.T("this name is not known", "不认识这个名称"), say.T("did you mean %s?", "是否想写 %s？", k))
}

// names refuses what is nearly a known name. Other names are the owner's.
func (r *record) names(n *node, path string, among []string) *say.Error {
	for _, m := range n.members {
		if k := misspelt(m, among); k != "" && n.get(k) == nil {
			return r.unknown(m, path, k)
		}
	}
	return nil
}

// example reads an example.
func (r *record) example(n *node, form Form) (e stage.Example, err error) {
	e, fault := r.read(n, form)
	if fault != nil {
		return stage.Example{}, fault
	}
	e.From = fmt.Sprintf("%s:%d%s", r.file, r.line, r.item)
	return e, nil
}

func (r *record) read(n *node, form Form) (e stage.Example, err *say.Error) {
	if n.kind != object {
		return e, r.typed(n, "", say.T("an object", "对象"))
	}
	found, err := r.form(n)
	if err != nil {
		return e, err
	}
	if form == Detect {
		form = found
	}
	if form != found {
		return e, r.wrong(n, "", say.T("this example is in the form %s, the setting says %s", "这条样例是 %s 格式，而设置为 %s", string(found), string(form)),
			say.T("leave form out, or put such files into a block of their own", "请去掉 form，或把这些文件放入单独的块"))
	}
	names := slices.Concat(known[form], known[Detect])
	if n.get("verify") != nil {
		names = append(names, "family", "level") // elsewhere they are the owner's
	}
	if err := r.names(n, "", names); err != nil {
		return e, err
	}
	openai, others := outputs(n) || form == Messages && n.get("messages") == nil, worse(n, form)
	if openai {
		others = []string{"preferred_output"}
	}
	if err := r.oneUse(n, others); err != nil {
		return e, err
	}
	tools, from := n.get("tools"), "tools"
	if tools == nil {
		tools, from = n.get("functions"), "functions" // OpenAI's name for them, beside function_call
	}
	if tools == nil && openai {
		tools, from = n.below("input.tools"), "input.tools"
	}
	if e.Tools, err = r.readTools(tools, from); err != nil {
		return e, err
	}
	r.tools = len(e.Tools) > 0
	verify := n.get("verify")
	label, name := n.get("label"), "label"
	if label == nil {
		label, name = n.get("kto_tag"), "kto_tag"
	}
	switch {
	case openai:
		err = r.preferred(&e, n)
	case len(others) > 0:
		err = r.rejected(&e, n, form, others[0])
	case n.get("chosen") != nil || n.get("rejected") != nil:
		err = r.pair(&e, n, form)
	case verify != nil:
		err = r.problem(&e, n, form, verify)
	default:
		if e.Messages, err = r.chat(n, form, true); err != nil {
			return e, err
		}
		if label != nil {
			if label.kind != boolean {
				return e, r.typed(label, name, aBool)
			}
			e.Label = &label.yes
			err = r.judged(n, listName(form, n), e.Messages)
		}
	}
	return e, err
}

// oneUse refuses what says two things, of which one would be lost. Others are names that
// give this example a use, beside those that always do.
func (r *record) oneUse(n *node, others []string) *say.Error {
	uses := [][]string{{"chosen", "rejected"}, {"label", "kto_tag"}, {"verify"}}
	for _, name := range others {
		uses = append(uses, []string{name})
	}
	first := ""
	for _, use := range uses {
		for _, name := range use {
			v := n.get(name)
			if v == nil {
				continue
			}
			if first != "" && !slices.Contains(use, first) {
				return r.wrong(v, name, say.T("an example with %s has this too", "带有 %s 的样例又有此项", first),
					say.T("a pair, a labelled answer and a problem are three examples: keep one of the two", "偏好对、带标签的回答和题目是三种样例：两者只留一个"))
			}
			if first == "" {
				first = name
			}
			break
		}
	}
	if a, b := n.get("label"), n.get("kto_tag"); a != nil && b != nil && (a.kind != b.kind || a.yes != b.yes) {
		return r.wrong(b, "kto_tag", say.T("label says otherwise", "与 label 不一致"), say.T("delete one of the two", "请删去其中一个"))
	}
	for _, name := range []string{"images", "videos", "audios"} {
		v := n.get(name)
		if v == nil || v.kind == listKind && len(v.items) == 0 || v.kind == text && v.text == "" {
			continue
		}
		return r.wrong(v, name, say.T("only text is learnt from, and this example has more", "只能从文本学习，而这条样例不只有文本"),
			say.T("leave such examples out", "请去掉这类样例"))
	}
	return nil
}

// chat reads the conversation of an example. answered says that its last
// message is the assistant's.
func (r *record) chat(n *node, form Form, answered bool) (list []stage.Message, err *say.Error) {
	switch form {
	case Messages:
		list, err = r.messages(n.get("messages"), "messages")
	case ShareGPT:
		list, err = r.turns(n.get("conversations"), "conversations")
	case Alpaca:
		list, err = r.alpaca(n, answered)
	case Prompt:
		list, err = r.prompt(n, answered)
	}
	if err != nil {
		return nil, err
	}
	if list, err = r.system(n, list); err != nil {
		return nil, err
	}
	return list, r.order(n, listName(form, n), list, answered)
}

// system puts the system message that stands beside a conversation before it.
func (r *record) system(n *node, list []stage.Message) ([]stage.Message, *say.Error) {
	system, err := r.str(n, "", "system")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(system) != "" {
		if len(list) > 0 && list[0].Role == "system" {
			return nil, r.wrong(n.get("system"), "system", say.T("the conversation begins with a system message of its own", "对话本身已有系统消息"), say.T("delete one of the two", "请删去其中一个"))
		}
		list = append([]stage.Message{{Role: "system", Content: system}}, list...)
	}
	return list, nil
}

// listName is the name of the member with the messages.
func listName(form Form, n *node) string {
	switch form {
	case Messages:
		return "messages"
	case ShareGPT:
		return "conversations"
	case Alpaca:
		return "instruction"
	}
	return "prompt"
}

// order checks whose turn it is.
func (r *record) order(n *node, path string, list []stage.Message, answered bool) *say.Error {
	fail := func(i int, what, next say.Text) *say.Error {
		field, at := path, n
		if v := n.below(path); v != nil && v.kind == listKind {
			at = v
			said := slices.DeleteFunc(slices.Clone(v.items), func(item *node) bool { return item.silent })
			if k := i - (len(list) - len(said)); len(list) >= len(said) && k >= 0 && k < len(said) {
				at, field = said[k], fmt.Sprintf("%s[%d]", path, slices.Index(v.items, said[k]))
			}
		}
		return r.wrong(at, field, what, next)
	}
	before := ""
	for i, m := range list {
		switch {
		case m.Role == "system" || m.Role == "developer":
			if before != "" {
				return fail(i, say.T("a system message stands behind other messages", "系统消息出现在其他消息之后"), say.T("it comes first, and once", "它应位于开头，且只有一条"))
			}
		case before == "" || before == "system" || before == "developer":
			if m.Role != "user" {
				return fail(i, say.T("the conversation begins with the role %s", "对话以角色 %s 开始", m.Role), say.T("the first message is the user's: delete this one, or put the question before it", "第一条应是用户消息：请删去这一条，或在前面补上提问"))
			}
		case m.Role == "user" && before == "user":
			return fail(i, say.T("two messages of the user stand side by side", "两条用户消息相邻"), say.T("join them, or put the answer between them", "请合并它们，或在中间补上回答"))
		case m.Role == "user" && before == "tool":
			return fail(i, say.T("the user speaks before the assistant has answered to a tool's result", "工具返回结果后，助手尚未回答，用户就发言了"), say.T("put the assistant's answer between them", "请在中间补上助手的回答"))
		case m.Role == "assistant" && before == "assistant":
			return fail(i, say.T("two messages of the assistant stand side by side", "两条助手消息相邻"), say.T("join them, or put the question between them", "请合并它们，或在中间补上提问"))
		case m.Role == "tool" && before == "user":
			return fail(i, say.T("a tool answers, and no assistant has called it", "工具给出了结果，但助手没有调用它"), say.T("put the assistant's tool_calls before it", "请在前面补上助手的 tool_calls"))
		}
		before = m.Role
	}
	last := len(list) - 1
	switch {
	case last < 0:
		return fail(0, say.T("there is no message", "没有消息"), say.T("a conversation has a question and an answer", "对话应有提问和回答"))
	case answered && before == "user" && solution(n) != "":
		return fail(last, say.T("the answer is missing: the last message has the role %s", "缺少回答：最后一条消息的角色是 %s", before),
			say.T(`%s is not read: to have answers judged by it, write verify, as {"number": 42}; to have it learnt, write it as the assistant's message`, `此处不读取 %s：要据此评判回答，请写 verify，如 {"number": 42}；要学习它，请写成助手的消息`, solution(n)))
	case answered && before != "assistant":
		return fail(last, say.T("the answer is missing: the last message has the role %s", "缺少回答：最后一条消息的角色是 %s", before), say.T("end the conversation with the assistant's message", "请以助手的消息结束对话"))
	case !answered && before != "user" && before != "tool":
		return fail(last, say.T("the question is missing: the last message has the role %s", "缺少提问：最后一条消息的角色是 %s", before), say.T("end the prompt with the user's message", "请以用户的消息结束提示"))
	}
	return nil
}
