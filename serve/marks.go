package serve

import (
	"strings"
	"unicode/utf8"

	"suiren/serve/form"
)

// A marking places the marks of an answer's sentences in the text that has left.
type marking struct {
	waiting []form.Mark // whose sentences have not left yet
	at      int         // bytes of the text before which all is placed
	chars   int         // the same in characters
}

// mark takes in the mark of a sentence that ended.
func (x *exchange) mark(m form.Mark) error {
	m.Text = x.restored(m.Text)
	x.marking.waiting = append(x.marking.waiting, m)
	return x.placeMarks()
}

// placeMarks tells the marks of sentences that have left. One that the rails have
// changed is not found, and not marked.
func (x *exchange) placeMarks() error {
	p := &x.marking
	told := x.answer.told.String()
	for i := 0; i < len(p.waiting); {
		m := p.waiting[i]
		from := strings.Index(told[p.at:], m.Text)
		if from < 0 {
			i++
			continue
		}
		m.From = p.chars + utf8.RuneCountInString(told[p.at:p.at+from])
		m.To = m.From + utf8.RuneCountInString(m.Text)
		p.at, p.chars = p.at+from+len(m.Text), m.To
		p.waiting, i = p.waiting[i+1:], 0
		for c := range m.Cites {
			if n := m.Cites[c].Source - 1; n < len(x.rec.Sources) && x.rec.Sources[n].Text != x.reply.Sources[n].Text {
				m.Cites[c].Quotes = nil // its places are others
			}
		}
		x.rec.Marks, x.reply.Marks = append(x.rec.Marks, m), append(x.reply.Marks, m)
		if err := x.emit(form.Event{Kind: form.Marked, Mark: &m, Usage: x.rec.Usage}); err != nil {
			return err
		}
	}
	return nil
}
