package anthropic

import "suiren/serve/form"

// citations are what a sentence rests on, in the form of Anthropic's citations: the
// documents are the passages, in their order.
func citations(m *form.Mark, sources []form.Source) (list []any) {
	for _, c := range m.Cites {
		if c.Source < 1 || c.Source > len(sources) {
			continue
		}
		text := []rune(sources[c.Source-1].Text)
		quotes := c.Quotes
		if len(quotes) == 0 {
			quotes = [][2]int{{0, len(text)}}
		}
		for _, q := range quotes {
			if q[0] < 0 || q[0] > q[1] || q[1] > len(text) {
				continue
			}
			list = append(list, map[string]any{"type": "char_location", "cited_text": string(text[q[0]:q[1]]), "document_index": c.Source - 1,
				"document_title": c.File, "start_char_index": q[0], "end_char_index": q[1], "file_id": nil})
		}
	}
	return list
}

// cited are the blocks of an answer's text: one ends with each sentence that rests on
// something.
func cited(p *form.Reply) (blocks []any) {
	text := []rune(p.Text)
	from := 0
	block := func(to int, m *form.Mark) {
		b := map[string]any{"type": "text", "text": string(text[from:to])}
		if m != nil {
			b["citations"] = citations(m, p.Sources)
		}
		blocks, from = append(blocks, b), to
	}
	for i := range p.Marks {
		if m := &p.Marks[i]; len(m.Cites) > 0 && m.To <= len(text) && m.To > from {
			block(m.To, m)
		}
	}
	if from < len(text) {
		block(len(text), nil)
	}
	return blocks
}

// cite tells what the text of the open block rests on, and ends the block.
func (r *reply) cite(m *form.Mark) error {
	list := citations(m, r.sources)
	if r.kind != "text" || len(list) == 0 {
		return nil
	}
	for _, c := range list {
		if err := r.event("content_block_delta", map[string]any{"index": r.blocks - 1, "delta": map[string]any{"type": "citations_delta", "citation": c}}); err != nil {
			return err
		}
	}
	return r.close()
}
