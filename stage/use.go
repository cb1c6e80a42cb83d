package stage

import (
	"errors"
	"os"
	"path/filepath"

	"suiren/internal/say"
)

// A Use is what examples are for.
type Use string

// The uses.
const (
	UseChats    Use = "chats"
	UseLabels   Use = "labels"
	UsePairs    Use = "pairs"
	UseProblems Use = "problems"
)

// useNames say what an example of a use is, and what learns from it.
var useNames = map[Use]struct{ one, learner say.Text }{
	UseChats:    {say.T("a conversation to learn", "供学习的对话"), say.T("sft, continue and lora learn from conversations", "对话由 sft、continue、lora 学习")},
	UsePairs:    {say.T("a chosen and a rejected answer", "选中与被拒的两个回答"), say.T("dpo learns from pairs", "偏好对由 dpo 学习")},
	UseLabels:   {say.T("an answer with a label", "带标签的回答"), say.T("kto learns from labels", "标签由 kto 学习")},
	UseProblems: {say.T("a problem whose answers can be checked", "可以核对答案的题目"), say.T("grpo learns from problems", "题目由 grpo 学习")},
}

// WrongUse is the error of examples at where that are for the use is, and not for want.
func WrongUse(where string, want, is Use) *say.Error {
	return &say.Error{Where: where, What: say.T("there is an example without %v: it is %v", "有样例缺少%v：它是%v", useNames[want].one, useNames[is].one),
		Next: say.T("name other examples in the plan; %v", "请在计划中引用另外的样例；%v", useNames[is].learner)}
}

// NoChat is the error of a pair or a labelled answer where conversations are learnt.
func (e *Example) NoChat() *say.Error {
	bad := WrongUse(e.From, UseChats, e.Use())
	if e.Field != "" {
		bad.Where += ": " + e.Field
		bad.Next = say.T("delete this field to learn the conversation, or learn from the pair with dpo", "若要学习这段对话，请删去此项；若要学习偏好，请用 dpo")
	}
	return bad
}

// UseOf is what the examples that f foretells are for; "": it is not known.
func UseOf(f *Forecast) Use {
	if f.Path == "" {
		return f.Use
	}
	if _, err := os.Stat(filepath.Join(f.Path, ProblemsFile)); err == nil {
		return UseProblems
	}
	for e, err := range Examples(filepath.Join(f.Path, ExamplesFile)) {
		if err == nil {
			return e.Use()
		}
		break
	}
	return ""
}

// NoProblems finds fault with examples, of argument arg, that are known to be none whose
// answers can be checked.
func NoProblems(arg string, f *Forecast) *say.Error {
	if is := UseOf(f); is != "" && is != UseProblems {
		return WrongUse(arg, UseProblems, is)
	}
	return nil
}

// manyProblems are as many as are looked at where a few tell.
const manyProblems = 2000

// unanswered finds fault with problems that have no answer to learn, of argument arg, as far
// as it is known: with all of those that are not made yet, else with the first.
func unanswered(arg string, f *Forecast) *say.Error {
	if f.Path == "" {
		switch {
		case f.Size["unanswered"] > 0 && f.Size["learnt"] == 0: // all that were read
			return &say.Error{Where: arg, What: say.T("these problems have verifiers and no answers to learn", "这些题目只有验证器，没有可学的答案"), Next: answerNext}
		case f.Bare != nil:
			return Wrong(arg, f.Bare)[0]
		}
		return nil
	}
	n := 0
	for _, err := range Conversations(f.Path) {
		if errors.Is(err, errUnanswered) {
			return Wrong(arg, err)[0]
		}
		if n++; err != nil || n == manyProblems {
			break
		}
	}
	return nil
}

// answerNext says what becomes of problems without answers.
var answerNext = say.T("add answers to them (completion), or name chats here; as they are, grpo and distil ask them (problems)", "请为题目加上答案（completion），或在此引用对话样例；没有答案的题目，可供 grpo、distil 的 problems 提问")

// Unlearnable finds fault with examples, of argument arg, that hold no conversations to
// learn, as far as it is known; nil: they do.
func Unlearnable(arg string, f *Forecast) *say.Error {
	switch is := UseOf(f); is {
	case UsePairs, UseLabels:
		list := f.Sample
		if f.Path != "" {
			for e, err := range Examples(filepath.Join(f.Path, ExamplesFile)) {
				if err == nil {
					list = []Example{e}
				}
				break
			}
		}
		if len(list) > 0 && list[0].Field != "" {
			return Wrong(arg, list[0].NoChat())[0]
		}
		return WrongUse(arg, UseChats, is)
	case UseProblems:
		return unanswered(arg, f)
	}
	return nil
}
