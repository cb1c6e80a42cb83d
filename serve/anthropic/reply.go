package anthropic

import (
	"encoding/json"
	"net/http"

	"suiren/internal/say"
	"suiren/serve/form"
)

// Error is the body that tells an error.
func Error(e *form.Error, lang say.Lang) any {
	kind := map[int]string{
		http.StatusBadRequest: "invalid_request_error", http.StatusUnauthorized: "authentication_error", http.StatusForbidden: "permission_error",
		http.StatusNotFound: "not_found_error", http.StatusRequestEntityTooLarge: "request_too_large",
		http.StatusTooManyRequests: "rate_limit_error", http.StatusServiceUnavailable: "overloaded_error",
	}[e.Status]
	if kind == "" {
		kind = "api_error"
	}
	return map[string]any{"type": "error", "error": map[string]string{"type": kind, "message": e.In(lang)}}
}

// reply tells an answer as a message: blocks of thinking, of text and of the
// use of tools.
type reply struct {
	stream bool
	head   form.Head
	send   form.Sink
	begun  bool
	kind   string // of the open block; "" if none is open
	blocks int    // that were opened

	sources []form.Source
}

func (r *reply) Streams() bool                     { return r.stream }
func (r *reply) Prefix() string                    { return "msg_" }
func (r *reply) Begin(h form.Head, send form.Sink) { r.head, r.send = h, send }

// signature stands where Anthropic signs a thought. Nothing here checks it.
const signature = "suiren"

// usage counts the prompt as Anthropic does: what was cached apart.
func usage(u form.Usage) map[string]any {
	return map[string]any{"input_tokens": u.Prompt - u.Cached, "cache_creation_input_tokens": 0,
		"cache_read_input_tokens": u.Cached, "output_tokens": u.Completion}
}

// stopReason says why the answer ended, and by which stop string.
func stopReason(p *form.Reply) (reason string, sequence *string) {
	switch {
	case p.Reason == form.Length:
		return "max_tokens", nil
	case p.Reason == form.ToolUse:
		return "tool_use", nil
	case p.Reason == form.Filtered:
		return "refusal", nil
	case p.Stopped != "":
		return "stop_sequence", &p.Stopped
	}
	return "end_turn", nil
}

func (r *reply) message(content []any, u map[string]any) map[string]any {
	return map[string]any{"id": r.head.ID, "type": "message", "role": "assistant", "model": r.head.Model, "content": content,
		"stop_reason": nil, "stop_sequence": nil, "usage": u}
}

func (r *reply) Whole(replies []*form.Reply) any {
	p, content := replies[0], []any{}
	switch {
	case p.Refusal != nil:
		content = append(content, map[string]string{"type": "text", "text": p.Refusal.Text})
	default:
		if p.Thought != "" {
			content = append(content, map[string]string{"type": "thinking", "thinking": p.Thought, "signature": signature})
		}
		content = append(content, cited(p)...)
		for _, c := range p.Calls {
			content = append(content, map[string]any{"type": "tool_use", "id": c.ID, "name": c.Name, "input": object(c.Args)})
		}
	}
	m := r.message(content, usage(p.Usage))
	m["stop_reason"], m["stop_sequence"] = stopReason(p)
	if in := form.NewInlay(p); in != nil {
		m["suiren"] = in
	}
	return m
}

// object is the arguments of a call: what a cut answer left half is an empty
// object.
func object(args string) json.RawMessage {
	if !json.Valid([]byte(args)) {
		return json.RawMessage("{}")
	}
	return json.RawMessage(args)
}

func (r *reply) begin(u form.Usage) error {
	if r.begun {
		return nil
	}
	r.begun = true
	if err := r.event("message_start", map[string]any{"message": r.message([]any{}, usage(u))}); err != nil {
		return err
	}
	return r.event("ping", map[string]any{})
}

func (r *reply) event(kind string, fields map[string]any) error {
	fields["type"] = kind
	return r.send(kind, fields)
}

// open opens a block, unless one of its kind is open.
func (r *reply) open(kind string, start map[string]any) error {
	if r.kind == kind && kind != "tool_use" {
		return nil
	}
	if err := r.close(); err != nil {
		return err
	}
	r.kind = kind
	r.blocks++
	start["type"] = kind
	return r.event("content_block_start", map[string]any{"index": r.blocks - 1, "content_block": start})
}

func (r *reply) close() error {
	if r.kind == "" {
		return nil
	}
	if r.kind == "thinking" {
		if err := r.delta("signature_delta", "signature", signature); err != nil {
			return err
		}
	}
	r.kind = ""
	return r.event("content_block_stop", map[string]any{"index": r.blocks - 1})
}

func (r *reply) delta(kind, key, text string) error {
	return r.event("content_block_delta", map[string]any{"index": r.blocks - 1, "delta": map[string]string{"type": kind, key: text}})
}

func (r *reply) Event(_ int, e form.Event) error {
	if err := r.begin(e.Usage); err != nil {
		return err
	}
	switch e.Kind {
	case form.Thought:
		if err := r.open("thinking", map[string]any{"thinking": "", "signature": ""}); err != nil {
			return err
		}
		return r.delta("thinking_delta", "thinking", e.Text)
	case form.Sources:
		r.sources = e.Sources
	case form.Text:
		return r.text(e.Text)
	case form.Marked:
		return r.cite(e.Mark)
	case form.CallStart:
		return r.open("tool_use", map[string]any{"id": e.Call.ID, "name": e.Call.Name, "input": map[string]any{}})
	case form.CallArgs:
		return r.delta("input_json_delta", "partial_json", e.Text)
	case form.CallEnd:
		return r.close()
	}
	return nil
}

func (r *reply) text(s string) error {
	if err := r.open("text", map[string]any{"text": ""}); err != nil {
		return err
	}
	return r.delta("text_delta", "text", s)
}

func (r *reply) End(replies []*form.Reply) error {
	p := replies[0]
	if err := r.begin(p.Usage); err != nil {
		return err
	}
	if p.Refusal != nil {
		if err := r.close(); err != nil {
			return err
		}
		if err := r.text(p.Refusal.Text); err != nil {
			return err
		}
	}
	if err := r.close(); err != nil {
		return err
	}
	reason, sequence := stopReason(p)
	if err := r.event("message_delta", map[string]any{"delta": map[string]any{"stop_reason": reason, "stop_sequence": sequence}, "usage": usage(p.Usage)}); err != nil {
		return err
	}
	last := map[string]any{}
	if in := form.NewInlay(p); in != nil {
		last["suiren"] = in
	}
	return r.event("message_stop", last)
}
