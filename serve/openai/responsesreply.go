package openai

import "suiren/serve/form"

// responses tells an answer as a response: items of reasoning, of text and of
// calls, and in a stream numbered events of each.
type responses struct {
	stream bool
	echo   map[string]any
	head   form.Head
	send   form.Sink

	items []map[string]any // those that are done, and last the open one
	kind  string           // of the open one: reasoning, message, function_call; "" if none is open
	text  string           // of the open one
	probs []tokenLogprob
	notes []any // annotations
	next  int   // number of the next event
	begun bool
}

func (r *responses) Streams() bool  { return r.stream }
func (r *responses) Prefix() string { return "resp_" }
func (r *responses) Begin(h form.Head, send form.Sink) {
	r.head, r.send, r.items = h, send, []map[string]any{}
}

// Whole tells all items at once: it plays the events to nobody.
func (r *responses) Whole(replies []*form.Reply) any {
	p := replies[0]
	r.send = func(string, any) error { return nil }
	if p.Refusal == nil {
		if p.Thought != "" {
			r.Event(0, form.Event{Kind: form.Thought, Text: p.Thought})
		}
		if p.Text != "" || len(p.Calls) == 0 {
			r.Event(0, form.Event{Kind: form.Text, Text: p.Text, Tokens: p.Tokens})
		}
		for i := range p.Marks {
			r.Event(0, form.Event{Kind: form.Marked, Mark: &p.Marks[i]})
		}
		for i, c := range p.Calls {
			r.Event(0, form.Event{Kind: form.CallStart, Call: form.CallRef{Index: i, ID: c.ID, Name: c.Name}})
			r.Event(0, form.Event{Kind: form.CallArgs, Text: c.Args})
			r.Event(0, form.Event{Kind: form.CallEnd})
		}
	}
	r.finish(p)
	return r.body(statusOf(p), p)
}

// event sends one numbered event.
func (r *responses) event(kind string, fields map[string]any) error {
	fields["type"], fields["sequence_number"] = kind, r.next
	r.next++
	return r.send(kind, fields)
}

func (r *responses) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	if err := r.event("response.created", map[string]any{"response": r.body("in_progress", nil)}); err != nil {
		return err
	}
	return r.event("response.in_progress", map[string]any{"response": r.body("in_progress", nil)})
}

// Event sends a piece, after what opens the item that it is of.
func (r *responses) Event(_ int, e form.Event) error {
	if err := r.begin(); err != nil {
		return err
	}
	switch e.Kind {
	case form.Thought:
		if err := r.open("reasoning", nil); err != nil {
			return err
		}
		r.text += e.Text
		return r.piece("response.reasoning_text.delta", map[string]any{"content_index": 0, "delta": e.Text})
	case form.Text:
		if err := r.open("message", nil); err != nil {
			return err
		}
		r.text += e.Text
		probs := tokenLogprobs(e.Tokens, true)
		r.probs = append(r.probs, probs...)
		return r.piece("response.output_text.delta", map[string]any{"content_index": 0, "delta": e.Text, "logprobs": probs})
	case form.Marked:
		return r.annotate(e.Mark)
	case form.CallStart:
		if err := r.close(); err != nil {
			return err
		}
		return r.open("function_call", &e.Call)
	case form.CallArgs:
		r.text += e.Text
		return r.piece("response.function_call_arguments.delta", map[string]any{"delta": e.Text})
	case form.CallEnd:
		return r.close()
	}
	return nil
}

// piece sends an event about the open item.
func (r *responses) piece(kind string, fields map[string]any) error {
	at := len(r.items) - 1
	fields["item_id"], fields["output_index"] = r.items[at]["id"], at
	return r.event(kind, fields)
}

// open opens an item, if one of its kind is not open.
func (r *responses) open(kind string, call *form.CallRef) error {
	if r.kind == kind && call == nil {
		return nil
	}
	if err := r.close(); err != nil {
		return err
	}
	item := map[string]any{"type": kind, "status": "in_progress"}
	switch kind {
	case "reasoning":
		item["id"], item["summary"], item["content"], item["encrypted_content"] = r.id("rs"), []any{}, []any{}, nil
	case "message":
		item["id"], item["role"], item["content"] = r.id("msg"), "assistant", []any{}
	default:
		item["id"], item["call_id"], item["name"], item["arguments"] = r.id("fc"), call.ID, call.Name, ""
	}
	r.items = append(r.items, item)
	r.kind, r.text, r.probs, r.notes = kind, "", []tokenLogprob{}, []any{}
	if err := r.piece("response.output_item.added", map[string]any{"item": clone(item)}); err != nil || kind == "function_call" {
		return err
	}
	return r.piece("response.content_part.added", map[string]any{"content_index": 0, "part": r.part()})
}

// part is the content of the open item as it stands.
func (r *responses) part() map[string]any {
	if r.kind == "reasoning" {
		return map[string]any{"type": "reasoning_text", "text": r.text}
	}
	return map[string]any{"type": "output_text", "text": r.text, "annotations": r.notes, "logprobs": r.probs}
}

// annotate adds what a sentence rests on: a citation of a file behind its last
// character for each passage.
func (r *responses) annotate(m *form.Mark) error {
	if r.kind != "message" {
		return nil
	}
	for _, c := range m.Cites {
		note := map[string]any{"type": "file_citation", "file_id": c.ID, "filename": c.File, "index": max(m.To-1, 0)}
		r.notes = append(r.notes, note)
		if err := r.piece("response.output_text.annotation.added", map[string]any{"content_index": 0, "annotation_index": len(r.notes) - 1, "annotation": note}); err != nil {
			return err
		}
	}
	return nil
}

// clone copies an item that goes on changing.
func clone(item map[string]any) map[string]any {
	out := make(map[string]any, len(item))
	for k, v := range item {
		out[k] = v
	}
	return out
}

// close closes the open item, if there is one.
func (r *responses) close() error {
	if r.kind == "" {
		return nil
	}
	item, kind := r.items[len(r.items)-1], r.kind
	item["status"] = "completed"
	var err error
	switch kind {
	case "function_call":
		item["arguments"] = r.text
		err = r.piece("response.function_call_arguments.done", map[string]any{"arguments": r.text, "name": item["name"]})
	case "reasoning":
		item["content"] = []any{r.part()}
		err = r.piece("response.reasoning_text.done", map[string]any{"content_index": 0, "text": r.text})
	default:
		item["content"] = []any{r.part()}
		err = r.piece("response.output_text.done", map[string]any{"content_index": 0, "text": r.text, "logprobs": r.probs})
	}
	if err == nil && kind != "function_call" {
		err = r.piece("response.content_part.done", map[string]any{"content_index": 0, "part": r.part()})
	}
	if err == nil {
		err = r.piece("response.output_item.done", map[string]any{"item": item})
	}
	r.kind = ""
	return err
}

// finish closes what is open, and adds a refusal as a message.
func (r *responses) finish(p *form.Reply) error {
	if r.kind != "" && p.Reason == form.Length {
		defer func(item map[string]any) { item["status"] = "incomplete" }(r.items[len(r.items)-1])
	}
	if err := r.close(); err != nil || p.Refusal == nil {
		return err
	}
	part := map[string]any{"type": "refusal", "refusal": p.Refusal.Text}
	item := map[string]any{"id": r.id("msg"), "type": "message", "role": "assistant", "status": "in_progress", "content": []any{}}
	r.items = append(r.items, item)
	steps := []struct {
		kind   string
		fields map[string]any
	}{
		{"response.output_item.added", map[string]any{"item": clone(item)}},
		{"response.content_part.added", map[string]any{"content_index": 0, "part": map[string]any{"type": "refusal", "refusal": ""}}},
		{"response.refusal.delta", map[string]any{"content_index": 0, "delta": p.Refusal.Text}},
		{"response.refusal.done", map[string]any{"content_index": 0, "refusal": p.Refusal.Text}},
		{"response.content_part.done", map[string]any{"content_index": 0, "part": part}},
		{"response.output_item.done", map[string]any{"item": item}},
	}
	item["status"], item["content"] = "completed", []any{part}
	for _, s := range steps {
		if err := r.piece(s.kind, s.fields); err != nil {
			return err
		}
	}
	return nil
}

// End sends what closes the last item, and the whole response.
func (r *responses) End(replies []*form.Reply) error {
	p := replies[0]
	if err := r.begin(); err != nil {
		return err
	}
	if len(r.items) == 0 && p.Refusal == nil { // an empty answer is a message too
		if err := r.open("message", nil); err != nil {
			return err
		}
	}
	if err := r.finish(p); err != nil {
		return err
	}
	status := statusOf(p)
	return r.event("response."+status, map[string]any{"response": r.body(status, p)})
}
