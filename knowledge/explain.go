package knowledge

import (
	"cmp"
	"slices"
)

// A Span is bytes of a passage's text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Explain adds to hits that a question found where its words stand: the spans
// of a passage's text to highlight, and of each term the fields it is in.
func (ix *Index) Explain(ask Question, hits []Hit) {
	q := ix.query(ask)
	names := make(map[uint64]string, len(q.terms))
	for t := range q.terms {
		names[q.terms[t].Hash] = q.names[t]
	}
	for i := range hits {
		h := &hits[i]
		if !ask.Access.May(h.At) {
			continue
		}
		in := map[string][]string{}
		look := func(field, text string, see func(piece)) {
			pieces(text, func(p piece) {
				name, ok := names[p.hash]
				if !ok {
					return
				}
				if !slices.Contains(in[name], field) {
					in[name] = append(in[name], field)
				}
				if see != nil {
					see(p)
				}
			})
		}
		h.Spans = nil
		look("text", h.Text, func(p piece) { h.Spans = append(h.Spans, Span{p.lo, p.hi}) })
		look("heading", h.Heading, nil)
		look("title", ix.sources[ix.source(h.At)].Title, nil)
		h.Spans = joined(h.Spans)
		for t := range h.Terms {
			h.Terms[t].In = in[h.Terms[t].Term]
		}
	}
}

// joined returns spans in their order, of which none touch.
func joined(list []Span) (out []Span) {
	slices.SortFunc(list, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	for _, s := range list {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}
