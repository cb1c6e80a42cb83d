package talk

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"suiren/engine/chat"
	"suiren/engine/jinja"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// Day is today to templates that write it, so that what they write is the same on
// every day: the one that Llama 3's own falls back to.
var Day = time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)

// A Question is a conversation that waits for an answer.
type Question struct {
	IDs  []int32 // its tokens, to the beginning of the answer
	Lost Lost    // what the template dropped

	thinks       bool // of our own chat: it ends inside a thought
	conversation chat.Conversation
	prompt       chat.Prompt // of a template
}

// Ask writes messages and the beginning of an answer. Where think is nil what is
// Direct answers at once, our own chat thinks, and another template has its own way:
// so it is asked where it is served. from is told where it fails.
func (w *Writer) Ask(from string, messages []stage.Message, tools []json.RawMessage, think *bool) (q Question, err error) {
	if think == nil && w.Direct {
		think = new(bool)
	}
	if w.Template == nil {
		q.thinks = think == nil || *think
		q.IDs, err = w.own(from, messages, tools, q.thinks)
		return q, err
	}
	q.conversation = chat.Conversation{Messages: turns(messages), Tools: tools, Open: true, Think: think, Now: Day}
	if q.prompt, err = w.Template.Prompt(q.conversation); err != nil {
		return q, refused(from, say.T("the base's template refuses the prompt: %v", "基座的模板拒绝该提问：%v", err), err)
	}
	q.IDs = w.Tokenizer.EncodeMarked(nil, q.prompt.String, spans(q.prompt.User))
	q.Lost = w.lost(q.prompt.Text, len(q.prompt.String), len(q.prompt.String), messages, nil)
	return q, nil
}

func refused(from string, what say.Text, err error) error {
	if Spent(err) {
		return &say.Error{Where: from, What: what, Err: err, Next: say.T("mend the chat template of the base, or take another base: the other examples were not tried", "请修正基座的对话模板，或换用别的基座；其余样例未再尝试")}
	}
	return &say.Error{Where: from, What: what, Err: err, Next: say.T("leave this example out, or take another base", "请去掉这条样例，或换用别的基座")}
}

// Spent reports whether an error is of a template that wants more steps or memory than it
// may have: it takes as long over every other example, and no other example mends it.
func Spent(err error) bool {
	e, ok := errors.AsType[*jinja.Error](err)
	return ok && e.Kind == jinja.Limit
}

// Thinks reports whether the model knows thoughts, and whether a question can
// ask for one: by a switch of the template, or because its answers begin so.
func (w *Writer) Thinks() (knows, asked bool) {
	if w.Template == nil {
		return true, true
	}
	if f := w.Template.Facts(); !f.Thinks || f.Switch != "" {
		return f.Thinks, f.Thinks
	}
	p, err := w.Template.Prompt(chat.Conversation{Messages: []chat.Message{{Role: "user", Content: "?"}}, Open: true, Now: Day})
	return true, err == nil && p.Thinking
}

// LeftThoughts tells of thoughts that a template which knows none leaves out.
func LeftThoughts(n int) say.Text {
	return say.T("thoughts left out: %d, for the base's template has none", "略去 %d 段思考：基座的模板没有思考", n)
}

// Mute reports whether it is known that the template knows no thoughts.
func (w *Words) Mute() bool {
	out, err := w.Writer()
	if err != nil {
		return false
	}
	knows, _ := out.Thinks()
	return !knows
}

// Mute is Words.Mute of the model at path; false if that has no words.
func Mute(path string) bool {
	w, err := Open(path)
	return err == nil && w.Mute()
}

// own writes messages and the beginning of an answer in our own chat.
func (w *Writer) own(from string, messages []stage.Message, tools []json.RawMessage, think bool) ([]int32, error) {
	list, err := w.words.InWords(chat.Conversation{Messages: turns(messages), Tools: tools})
	if err != nil {
		return nil, &say.Error{Where: from, What: say.T("a tool cannot be read: %v", "无法读取工具：%v", err), Next: say.T("write it as JSON", "请写成 JSON"), Err: err}
	}
	var written []tokenizer.Message
	for _, m := range list {
		written = append(written, tokenizer.Message{Role: m.Role, Content: m.Content})
	}
	return w.Chat.Prompt(nil, written, think), nil
}

// Parts returns the thought and the answer in what was written to a question. Behind a
// thought that has not ended there is no answer.
// Calls of tools are in neither; in our own chat they are words of the answer.
func (w *Writer) Parts(q *Question, ids []int32) (thought, answer string) {
	if w.Template == nil {
		text := w.Tokenizer.Decode(ids)
		if before, after, ok := strings.Cut(text, "</think>"); ok {
			return before, after
		}
		if q.thinks {
			return text, ""
		}
		return "", text
	}
	p, stream := w.Template.NewParser(q.conversation, q.prompt, nil), tokenizer.NewStream(w.Tokenizer)
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
		if s, ok := w.special[id]; ok && (s.Control || w.Template.Tag(s.Text)) {
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
