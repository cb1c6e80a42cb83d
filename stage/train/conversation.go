package train

import (
	"slices"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A writer writes conversations as tokens, in the base's own form.
type writer struct {
	tok     *tokenizer.Tokenizer
	chat    *tokenizer.Chat
	context int // tokens that fit
}

func newWriter(dir string, context int) (*writer, error) {
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return nil, err
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return nil, err
	}
	return &writer{tok, chat, context}, nil
}

// prompt writes messages and the beginning of an answer, which thinks or not.
func (w *writer) prompt(from string, messages []stage.Message, think bool) ([]int32, error) {
	var list []tokenizer.Message
	for _, m := range messages {
		if m.Role == "tool" || len(m.Calls) > 0 {
			return nil, &say.Error{Where: from, What: say.T("the base's chat has no tools", "基座的对话格式不支持工具"),
				Next: say.T("leave this example out, or take a base whose template has tools", "请去掉这条样例，或换用模板支持工具的基座")}
		}
		role := m.Role
		if role == "developer" {
			role = "system"
		}
		list = append(list, tokenizer.Message{Role: role, Content: m.Content})
	}
	return w.chat.Prompt(nil, list, think), nil
}

// doc writes a prompt and its answer, of which the answer is supervised with
// the token that ends it; ok is false if it is longer than the context.
func (w *writer) doc(from string, prompt, answer []stage.Message) (d doc, ok bool, err error) {
	if len(answer) != 1 || answer[0].Role != "assistant" || len(answer[0].Calls) > 0 {
		return d, false, &say.Error{Where: from, What: say.T("an answer must be one message of the assistant, without calls", "回答必须是助手的一条消息，且不含工具调用"),
			Next: say.T("move earlier turns to the prompt", "请把前面的轮次移到 prompt 中")}
	}
	a := answer[0]
	think := a.Thought != ""
	ids, err := w.prompt(from, prompt, think)
	if err != nil {
		return d, false, err
	}
	from0 := len(ids)
	if think {
		ids = append(w.tok.Encode(ids, a.Thought), w.chat.ThinkEnd())
	}
	ids = append(w.tok.Encode(ids, a.Content), w.chat.End())
	return doc{ids, len(ids) - from0, 1}, len(ids) <= w.context, nil
}

// swap returns the prompt of d with the answer of other.
func (d doc) swap(other doc) doc {
	ids := append(slices.Clone(d.prompt()), other.ids[len(other.ids)-other.supervised:]...)
	return doc{ids, other.supervised, 1}
}

func (d doc) prompt() []int32 { return d.ids[:len(d.ids)-d.supervised] }
