package intake

import (
	"slices"

	"suiren/internal/say"
)

// elsewhere are names that other programs, and common sets of data, have for the parts of an example.
var elsewhere = []struct{ theirs, ours string }{
	{"query", "prompt"}, {"question", "prompt"}, {"problem", "prompt"}, {"context", "input"}, {"response", "completion"}, {"answer", "completion"}, {"solution", "completion"},
	{"rejected_response", "rejected"}, {"dialogue", "messages"}, {"dialog", "messages"},
}

// renamed says what an example with names of others would have here; nothing if it has none.
func renamed(n *node) (list []string) {
	alpaca := n.get("history") != nil || n.get("instruction") != nil
	for _, x := range elsewhere {
		switch {
		case n.get(x.theirs) == nil, x.ours == "input" && n.get("instruction") == nil:
			continue
		case x.ours == "completion" && (n.get("rejected_response") != nil || n.get("rejected") != nil):
			x.ours = "chosen"
		case x.ours == "prompt" && alpaca:
			x.ours = "instruction"
		case x.ours == "completion" && alpaca:
			x.ours = "output"
		}
		if n.get(x.ours) == nil {
			list = append(list, x.theirs+" → "+x.ours)
		}
	}
	return list
}

// nameAs says which names to give instead of those of others.
func nameAs(ours []string) say.Text {
	return say.T("give them the names that are read here: %s", "请改用此处可读的名称：%s", ours)
}

// leads says how what is no example becomes one, or is learnt otherwise; nothing if that
// is not known.
func leads(n *node) say.Text {
	if ours := renamed(n); len(ours) > 0 {
		return nameAs(ours)
	}
	if t := n.get("text"); t != nil && t.kind == text {
		return say.T("plain text is no example: name the file in a block documents, make a corpus of it, and learn that", "纯文本不是样例：请在 documents 块中引用此文件，再做成 corpus 供学习")
	}
	for _, m := range n.members {
		if len(m.items) > 0 && slices.ContainsFunc([]string{"messages", "conversations", "instruction", "prompt"}, func(name string) bool { return m.items[0].get(name) != nil }) {
			return say.T("write the list of %s alone, without the object around it", "请只写 %s 中的列表，去掉外层的对象", clip(m.name))
		}
	}
	return say.Text{}
}

// solution is the name that another program has for the answer to a question, if the
// example has one: TRL's and ms-swift's, and verl's.
func solution(n *node) string {
	for _, name := range []string{"answer", "solution", "ground_truth", "reward_model.ground_truth"} {
		if n.below(name) != nil {
			return name
		}
	}
	return ""
}

// exchange reports whether an object is a question and its answer, where a turn is wanted.
func exchange(v *node) bool {
	if v.get("from") != nil || v.get("role") != nil {
		return false
	}
	return slices.ContainsFunc([]string{"human", "user", "assistant", "gpt", "input", "output", "question", "answer"}, func(name string) bool { return v.get(name) != nil })
}

var asTurns = say.T(`write each question and each answer as a turn of its own: {"from": "human", "value": …}, {"from": "gpt", "value": …}`, `请把每个提问和回答各写成一轮：{"from": "human", "value": …}、{"from": "gpt", "value": …}`)
