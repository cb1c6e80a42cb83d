package train

import (
	"encoding/json"
	"slices"
	"strings"

	"suiren/engine/infer"
	"suiren/stage"
	"suiren/stage/talk"
)

// A writer writes conversations as tokens, in the base's own form.
type writer struct {
	*talk.Writer
	context int // tokens that fit
}

func newWriter(dir string, context int) (*writer, error) {
	w, err := talk.Own(dir)
	return &writer{w, context}, err
}

// doc writes a prompt and its answer, of which the answer is supervised with
// the token that ends it; ok is false if it is longer than the context.
func (w *writer) doc(from string, prompt, answer []stage.Message, tools []json.RawMessage) (d doc, ok bool, err error) {
	t, err := w.Doc(from, prompt, answer, tools)
	return docOf(&t), w.Size(t.IDs) <= w.context, err
}

// docOf is a conversation as it is trained on.
func docOf(t *talk.Doc) doc {
	d := doc{ids: t.IDs, supervised: t.Supervised(), weight: 1, taught: t.Taught, lost: t.Lost}
	if slices.Contains(t.Learn[len(t.Learn)-d.supervised:], false) {
		d.learn = t.Learn
	}
	return d
}

// request asks for an answer of at most so many tokens, thought included.
func (w *writer) request(q *talk.Question, most int) infer.Request {
	return infer.Request{Prompt: q.IDs, MaxTokens: most, Stop: w.Stops}
}

// read returns the answer in what was written to a question; in our own chat
// the thought stands before it. It is empty where the thought has not ended: what stops
// inside of it is not to be rewarded.
func (w *writer) read(q *talk.Question, ids []int32) string {
	_, answer := w.Parts(q, ids)
	if w.Template == nil && answer != "" {
		return w.Tokenizer.Decode(ids)
	}
	return answer
}

// told is what was written, for people. Where its question began a thought and there
// is none, the end of that thought is no part of it.
func (w *writer) told(ids []int32) string {
	text, open, end := w.Tokenizer.Decode(ids), "<think>", "</think>"
	if w.Template != nil {
		f := w.Template.Facts().Thought
		open, end = f.Open, f.Close
	}
	rest := strings.TrimLeft(text, " \n")
	if open != "" {
		rest = strings.TrimLeft(strings.TrimPrefix(rest, open), " \n")
	}
	if rest, ok := strings.CutPrefix(rest, end); ok && end != "" {
		return strings.TrimLeft(rest, " \n")
	}
	return text
}

// swap returns the prompt of d with the answer of other.
func (d doc) swap(other doc) doc {
	ids := append(slices.Clone(d.prompt()), other.ids[len(other.ids)-other.supervised:]...)
	return doc{ids: ids, supervised: other.supervised, weight: 1}
}

// is reports whether other is the same, token by token.
func (d doc) is(other doc) bool { return slices.Equal(d.ids, other.ids) }

func (d doc) prompt() []int32 { return d.ids[:len(d.ids)-d.supervised] }
