package train

import (
	"encoding/json"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/jinja"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A writer writes conversations as tokens, in the base's own form: that of
// models of our own, or the base's template.
type writer struct {
	tok      *tokenizer.Tokenizer
	chat     *tokenizer.Chat
	template *chat.Template // instead of chat
	ends     []int32        // that end an answer of the template
	special  map[int32]tokenizer.SpecialToken
	context  int // tokens that fit
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
	return &writer{tok: tok, chat: chat, context: context}, nil
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
func (w *writer) doc(from string, prompt, answer []stage.Message, tools []json.RawMessage) (d doc, ok bool, err error) {
	if w.template != nil {
		d, err = w.rendered(from, prompt, answer, tools)
		return d, len(d.ids) <= w.context, err
	}
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
	begin := len(ids)
	if think {
		ids = append(w.tok.Encode(ids, a.Thought), w.chat.ThinkEnd())
	}
	ids = append(w.tok.Encode(ids, a.Content), w.chat.End())
	return doc{ids, len(ids) - begin, 1}, len(ids) <= w.context, nil
}

// rendered is doc by the base's template: the answer is what the template
// writes beyond the prompt, up to the token that ends it.
func (w *writer) rendered(from string, prompt, answer []stage.Message, tools []json.RawMessage) (d doc, err error) {
	wrong := func(what say.Text, err error) error {
		return &say.Error{Where: from, What: what, Err: err, Next: say.T("leave this example out, or take another base", "请去掉这条样例，或换用别的基座")}
	}
	c := chat.Conversation{Messages: turns(prompt), Tools: tools, Open: true}
	open, err := w.template.Prompt(c)
	if err != nil {
		return d, wrong(say.T("the base's template refuses the prompt: %v", "基座的模板拒绝该提问：%v", err), err)
	}
	c.Messages, c.Open = append(c.Messages, turns(answer)...), false
	full, err := w.template.Prompt(c)
	if err != nil {
		return d, wrong(say.T("the base's template refuses the answer: %v", "基座的模板拒绝该回答：%v", err), err)
	}
	n := len(open.String)
	if !strings.HasPrefix(full.String, open.String) {
		return d, wrong(say.T("the base's template writes the prompt in another way once it is answered", "加上回答后，基座的模板以另一种方式书写提问"), nil)
	}
	var own []tokenizer.Span // of the answer's text
	for _, s := range full.User {
		if s.To > n {
			own = append(own, tokenizer.Span{From: max(s.From-n, 0), To: s.To - n})
		}
	}
	d.ids = w.tok.EncodeMarked(nil, open.String, spans(open.User))
	rest := w.tok.EncodeMarked(nil, full.String[n:], own)
	for end := len(rest); end > 0; end-- {
		if slices.Contains(w.ends, rest[end-1]) {
			d.ids, d.supervised, d.weight = append(d.ids, rest[:end]...), end, 1
			return d, nil
		}
	}
	return d, wrong(say.T("the base's template ends an answer with no token that ends its text", "基座的模板没有用结束词元来结束回答"), nil)
}

func spans(list []jinja.Span) []tokenizer.Span {
	out := make([]tokenizer.Span, len(list))
	for i, s := range list {
		out[i] = tokenizer.Span{From: s.From, To: s.To}
	}
	return out
}

// turns are messages as a template takes them.
func turns(list []stage.Message) []chat.Message {
	var out []chat.Message
	for _, m := range list {
		t := chat.Message{Role: m.Role, Content: m.Content, Thought: m.Thought, CallID: m.CallID, Name: m.Name}
		for _, c := range m.Calls {
			t.Calls = append(t.Calls, chat.Call{ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments})
		}
		out = append(out, t)
	}
	return out
}

// swap returns the prompt of d with the answer of other.
func (d doc) swap(other doc) doc {
	ids := append(slices.Clone(d.prompt()), other.ids[len(other.ids)-other.supervised:]...)
	return doc{ids, other.supervised, 1}
}

func (d doc) prompt() []int32 { return d.ids[:len(d.ids)-d.supervised] }
