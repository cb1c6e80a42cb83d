package main

import (
	"context"
	"iter"

	"suiren/serve/form"
	"suiren/stage/guard/cite"
	"suiren/stage/scenario"
)

// reading answers as a scenario read the conversation: what is known is told as
// it stands; else the model writes, from the passages that pass the policy, and each
// of its sentences is compared with them when it ends.
func reading(ctx context.Context, m form.Answerer, a *form.Ask, r *scenario.Reading) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		for _, d := range r.Known {
			if !yield(event(d), nil) {
				return
			}
		}
		if r.Known != nil {
			return
		}
		own := *a
		if len(r.Passages) > 0 {
			list := make([]form.Source, len(r.Passages))
			for i, s := range r.Passages {
				list[i] = form.Source(s)
			}
			if a.Screen != nil {
				var err error
				if list, err = a.Screen(list); err != nil {
					yield(form.Event{}, err)
					return
				}
			}
			own.From = &form.Passages{List: list, Lang: r.Lang}
			own.Tenant += "\x00" + r.Memory
		}
		w := &citing{ask: a, reading: r, notice: r.Notice, yield: yield}
		if a.Format.Kind != "" {
			w.notice = ""
		}
		for e, err := range m.Answer(ctx, &own) {
			if err != nil {
				yield(e, err)
				return
			}
			if !w.event(e) {
				return
			}
		}
	}
}

// citing passes the events of a model on, and marks between them.
type citing struct {
	ask     *form.Ask
	reading *scenario.Reading
	notice  string // not said yet
	sources []form.Source
	writer  *cite.Writer // nil: nothing is compared
	yield   func(form.Event, error) bool
}

func (w *citing) event(e form.Event) bool {
	switch {
	case e.Kind == form.Sources:
		w.begin(e.Sources)
	case e.Kind == form.Text && w.notice != "":
		text := w.notice
		w.notice = ""
		if !w.yield(form.Event{Kind: form.Text, Text: text, Usage: e.Usage}, nil) {
			return false
		}
	case w.writer != nil && e.Kind == form.Text:
		return w.items(w.writer.Write(e.Text), e)
	case w.writer != nil && (e.Kind == form.Finish || e.Kind == form.CallStart):
		if !w.items(w.writer.Flush(), form.Event{Kind: form.Text, Usage: e.Usage}) {
			return false
		}
	}
	return w.yield(e, nil)
}

// begin takes in what the model has read. An answer that is bound to a form has no
// sentences.
func (w *citing) begin(list []form.Source) {
	w.sources = list
	if w.ask.Format.Kind != "" {
		return
	}
	passages := make([]cite.Passage, len(list))
	for i, s := range list {
		passages[i] = cite.Passage{Heading: s.Heading, Text: s.Text}
	}
	w.writer = cite.New(passages, func(i int) bool { return w.reading.May(list[i].File) }, w.ask.Logprobs)
}

// items tells pieces of the text, the first with the tokens of e, and marks.
func (w *citing) items(list []cite.Item, e form.Event) bool {
	tokens := e.Tokens
	if len(list) == 0 && len(tokens) > 0 {
		list = []cite.Item{{}}
	}
	for _, it := range list {
		out := form.Event{Kind: form.Text, Text: it.Text, Tokens: tokens, Usage: e.Usage}
		tokens = nil
		if it.Mark != nil {
			out = form.Event{Kind: form.Marked, Mark: w.mark(it.Mark), Usage: e.Usage}
		}
		if !w.yield(out, nil) {
			return false
		}
	}
	return true
}

// mark makes a mark the client's.
func (w *citing) mark(m *cite.Mark) *form.Mark {
	out := &form.Mark{Text: m.Text, Supported: m.Supported, Corrected: m.Wrong}
	for _, c := range m.Cites {
		s := &w.sources[c.Passage]
		out.Cites = append(out.Cites, form.Cite{Source: c.Passage + 1, ID: s.ID, File: s.File, Page: w.reading.Page(s.ID, c.Quotes), Quotes: c.Quotes})
	}
	return out
}
