package train

import (
	"strings"

	"suiren/engine/chat"
	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A question is a conversation that waits for an answer.
type question struct {
	ids          []int32 // its tokens, to the beginning of the answer
	conversation chat.Conversation
	prompt       chat.Prompt // of a template
}

// asking is the conversation of a problem: what comes before it, and it.
func asking(p *stage.Problem) []stage.Message {
	return append(p.Context[:len(p.Context):len(p.Context)], stage.Message{Role: "user", Content: p.Prompt})
}

// ask writes messages and the beginning of an answer. Our own chat thinks
// unless think says otherwise; of a template nil is its own way.
func (w *writer) ask(from string, messages []stage.Message, think *bool) (q question, err error) {
	if w.template == nil {
		q.ids, err = w.prompt(from, messages, think == nil || *think)
		return q, err
	}
	q.conversation = chat.Conversation{Messages: turns(messages), Open: true, Think: think}
	if q.prompt, err = w.template.Prompt(q.conversation); err != nil {
		return q, &say.Error{Where: from, Err: err, What: say.T("the base's template refuses the conversation: %v", "基座的模板拒绝该对话：%v", err),
			Next: say.T("leave this problem out, or take another base", "请去掉这道题，或换用别的基座")}
	}
	q.ids = w.tok.EncodeMarked(nil, q.prompt.String, spans(q.prompt.User))
	return q, nil
}

// request asks for an answer of at most so many tokens, thought included.
func (w *writer) request(q *question, most int) infer.Request {
	r := infer.Request{Prompt: q.ids, MaxTokens: most}
	if w.template == nil {
		r.Stop = []int32{w.chat.End()}
		return r
	}
	for _, id := range w.ends {
		if string(w.tok.Bytes(id)) != w.template.Facts().Thought.Close { // <|end|> may end a thought, and only that
			r.Stop = append(r.Stop, id)
		}
	}
	return r
}

// read returns the answer in what was written to a question; in our own chat
// the thought stands before it.
func (w *writer) read(q *question, ids []int32) string {
	if w.template == nil {
		return w.tok.Decode(ids)
	}
	_, answer := w.parts(q, ids)
	return answer
}

// parts returns the thought and the answer in what was written to a question.
func (w *writer) parts(q *question, ids []int32) (thought, answer string) {
	if w.template == nil {
		text := w.tok.Decode(ids)
		if before, after, ok := strings.Cut(text, "</think>"); ok {
			return before, after
		}
		return "", text
	}
	p, stream := w.template.NewParser(q.conversation, q.prompt, nil), tokenizer.NewStream(w.tok)
	var t, a strings.Builder
	take := func(events []chat.Event) {
		for _, e := range events {
			switch e.Kind {
			case chat.Thought:
				t.WriteString(e.Text)
			case chat.Content:
				a.WriteString(e.Text)
			}
		}
	}
	for _, id := range ids {
		if s, ok := w.special[id]; ok && (s.Control || w.template.Tag(s.Text)) {
			take(p.Feed(stream.Flush(), false))
			take(p.Feed(s.Text, true))
			continue
		}
		take(p.Feed(stream.Write(id), false))
	}
	take(p.Feed(stream.Flush(), false))
	take(p.Close())
	return t.String(), a.String()
}
