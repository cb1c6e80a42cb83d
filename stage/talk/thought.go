package talk

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/jinja"
	"suiren/internal/say"
	"suiren/stage"
)

// A thought is that of an answer.
type thought struct {
	text      string // without the lines around it; "" if there is none, or the template knows none
	unwritten bool   // the template leaves it out
}

// thoughtOf is the thought of message k of a conversation, of which the template writes
// full. Its words tell nothing: the template may trim them, and the answer may have them,
// too. So the template is asked with another thought in its place, which stands nowhere else.
func (w *Writer) thoughtOf(from string, full jinja.Text, c chat.Conversation, k int) (a thought, err error) {
	if k >= len(c.Messages) || !w.Template.Facts().Thinks || blank(c.Messages[k].Thought) {
		return a, nil
	}
	sum := sha256.Sum256([]byte(full.String))
	mark := hex.EncodeToString(sum[:])
	a.text = strings.Trim(c.Messages[k].Thought, "\r\n")
	c.Messages = slices.Clone(c.Messages)
	c.Messages[k].Thought = mark
	marked, err := w.Template.Prompt(c)
	if err != nil {
		return a, refused(from, say.T("the base's template refuses the answer: %v", "基座的模板拒绝该回答：%v", err), err)
	}
	a.unwritten = !strings.Contains(marked.String, mark)
	return a, nil
}

// thinks reports whether a message has a thought; to templates a blank one is none.
func (w *Writer) thinks(m *stage.Message) bool {
	return m.Thought != "" && (w.Template == nil || !blank(m.Thought))
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// thoughtful puts a thought in front of an answer. open says that the prompt
// has begun it.
func thoughtful(f chat.Facts, thought string, open bool, answer jinja.Text) jinja.Text {
	tags := f.Thought
	n := skip(answer.String, 0, tags.Open)
	if m := skip(answer.String, n, tags.Close); m > n { // an empty thought, or the end of one
		answer = cut(answer, m)
	}
	before, after := tags.Open+"\n", "\n"+tags.Close+"\n\n"
	switch {
	case f.Format.Name == chat.Channels:
		before, after = tags.Open, tags.Close+"<|start|>assistant"
	case open:
		before = ""
	}
	if thought == "" {
		after = tags.Close + "\n\n"
	}
	from := len(before)
	return join(jinja.Text{String: before + thought + after, User: []jinja.Span{{From: from, To: from + len(thought)}}}, answer)
}

// skip returns where a tag ends that stands at text[at:], with the white space
// behind it; at, if none does.
func skip(text string, at int, tag string) int {
	if tag == "" || !strings.HasPrefix(text[at:], tag) {
		return at
	}
	at += len(tag)
	return at + len(text[at:]) - len(strings.TrimLeft(text[at:], " \n"))
}
