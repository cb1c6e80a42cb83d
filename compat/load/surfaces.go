package main

import (
	"encoding/json"
	"strings"
)

// A question is what a client asks, whichever the interface.
type question struct {
	model  string
	prompt string // of the user; or, raw, to go on from
	raw    bool
	echo   bool
	seed   uint64 // 0: the likeliest tokens
	tokens int
	bound  map[string]any // format: fields of chat completions
	n      int
}

// A surface is one of the server's interfaces.
type surface struct {
	name   string
	path   string
	raw    bool // takes raw prompts, else conversations
	seeded bool // takes a seed
	lines  bool // streams lines of JSON, not events
	body   func(q *question) map[string]any
}

func messages(q *question) []map[string]any {
	return []map[string]any{{"role": "user", "content": q.prompt}}
}

func openai(q *question, fields map[string]any) map[string]any {
	fields["temperature"] = 0
	if q.seed > 0 {
		fields["temperature"], fields["seed"] = 1, q.seed
	}
	for k, v := range q.bound {
		fields[k] = v
	}
	return fields
}

func ollama(q *question, fields map[string]any) map[string]any {
	o := map[string]any{"num_predict": q.tokens, "temperature": 0}
	if q.seed > 0 {
		o["temperature"], o["seed"] = 1, q.seed
	}
	fields["options"] = o
	return fields
}

var surfaces = []surface{
	{name: "chat", path: "/v1/chat/completions", seeded: true, body: func(q *question) map[string]any {
		f := map[string]any{"messages": messages(q), "max_tokens": q.tokens}
		if q.n > 1 {
			f["n"] = q.n
		}
		return openai(q, f)
	}},
	{name: "completions", path: "/v1/completions", raw: true, seeded: true, body: func(q *question) map[string]any {
		f := map[string]any{"prompt": q.prompt, "max_tokens": q.tokens}
		if q.echo {
			f["echo"] = true
		}
		return openai(q, f)
	}},
	{name: "responses", path: "/v1/responses", seeded: true, body: func(q *question) map[string]any {
		return openai(q, map[string]any{"input": q.prompt, "max_output_tokens": q.tokens})
	}},
	{name: "messages", path: "/v1/messages", body: func(q *question) map[string]any {
		return map[string]any{"messages": messages(q), "max_tokens": q.tokens, "temperature": 0}
	}},
	{name: "ollama chat", path: "/api/chat", seeded: true, lines: true, body: func(q *question) map[string]any {
		return ollama(q, map[string]any{"messages": messages(q)})
	}},
	{name: "ollama generate", path: "/api/generate", raw: true, seeded: true, lines: true, body: func(q *question) map[string]any {
		return ollama(q, map[string]any{"prompt": q.prompt, "raw": true})
	}},
}

// An answer is what a client made of a reply.
type answer struct {
	texts    []string // of each of n: the thought, then the answer
	ended    bool     // it said why
	failed   string   // what an error in a stream said
	receipts []json.RawMessage
}

// An event is any piece of any interface's reply.
type event struct {
	Type    string
	Index   int
	Choices []struct {
		Index          int
		Text           string
		Message, Delta *struct {
			Content   string
			Reasoning string `json:"reasoning_content"`
		}
		Finish *string `json:"finish_reason"`
	}
	Delta  json.RawMessage // of Responses a string, of Anthropic an object
	Output []struct {
		Content []struct{ Text string }
	}
	Content []struct{ Text, Thinking string }
	Stop    *string `json:"stop_reason"`
	Message *struct{ Content, Thinking json.RawMessage }
	Status  string

	Response json.RawMessage // of Ollama a string, of Responses an object
	Thinking string
	Done     bool
	Error    json.RawMessage
	Suiren   struct{ Receipts []json.RawMessage }
}

// add takes a piece, or a whole reply.
func (a *answer) add(e *event) {
	put := func(i int, text string) {
		for len(a.texts) <= i {
			a.texts = append(a.texts, "")
		}
		a.texts[i] += text
	}
	word := func(v json.RawMessage) (s string) {
		json.Unmarshal(v, &s)
		return s
	}
	a.receipts = append(a.receipts, e.Suiren.Receipts...)
	if len(e.Error) > 0 && string(e.Error) != "null" {
		a.failed = string(e.Error)
	}
	for _, c := range e.Choices {
		put(c.Index, c.Text)
		if m := c.Message; m != nil {
			put(c.Index, m.Reasoning+m.Content)
		}
		if m := c.Delta; m != nil {
			put(c.Index, m.Reasoning+m.Content)
		}
		a.ended = a.ended || c.Finish != nil
	}
	switch {
	case e.Type == "response.output_text.delta", e.Type == "response.reasoning_text.delta":
		put(0, word(e.Delta))
	case e.Type == "response.completed", e.Type == "response.incomplete":
		var whole event
		json.Unmarshal(e.Response, &whole)
		a.receipts = append(a.receipts, whole.Suiren.Receipts...)
		a.ended = true
	case e.Type == "content_block_delta":
		var d struct{ Text, Thinking string }
		json.Unmarshal(e.Delta, &d)
		put(0, d.Thinking+d.Text)
	case e.Type == "message_stop":
		a.ended = true
	case e.Type == "message":
		for _, c := range e.Content {
			put(0, c.Thinking+c.Text)
		}
		a.ended = e.Stop != nil
	case e.Status != "":
		for _, item := range e.Output {
			for _, c := range item.Content {
				put(0, c.Text)
			}
		}
		a.ended = e.Status == "completed" || e.Status == "incomplete"
	case e.Type == "":
		put(0, e.Thinking)
		put(0, word(e.Response))
		if e.Message != nil {
			put(0, word(e.Message.Thinking)+word(e.Message.Content))
		}
		a.ended = a.ended || e.Done
	}
}

// line takes a line of a stream.
func (a *answer) line(line string) {
	data := strings.TrimPrefix(line, "data: ")
	if !strings.HasPrefix(data, "{") {
		return
	}
	var e event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		a.failed = "not JSON: " + data
		return
	}
	a.add(&e)
}
