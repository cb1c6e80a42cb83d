package openai

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/serve/form"
)

var responseFields = fromChat(fields{
	"input":        (*query).setInput,
	"instructions": form.Ignore[query], // read by ParseResponse: it comes before input
	"tools":        (*query).setResponseTools,
	"tool_choice":  (*query).setChoice,
	"reasoning":    (*query).setReasoning,
	"text":         (*query).setText,
	"include":      (*query).setInclude,
	"max_output_tokens": func(q *query, v json.RawMessage) (err error) {
		q.MaxTokens, err = form.Whole(v, "max_output_tokens", 1, math.MaxInt32)
		return err
	},
	"stream_options": form.Ignore[query], // obfuscation, which pads events
	"truncation":     (*query).setTruncation,
	"background":     form.Only[query]("background", "false"),

	// Nothing is kept here between two requests.
	"previous_response_id": stored("previous_response_id"),
	"conversation":         stored("conversation"),
	"prompt":               form.Only[query]("prompt", "null"),
	"context_management":   form.Ignore[query],
	"max_tool_calls":       form.Ignore[query], // of tools that the server runs: there are none
	"client_metadata":      form.Ignore[query], // Codex
}, "model", "stream", "temperature", "top_p", "min_p", "top_k", "presence_penalty", "frequency_penalty", "repetition_penalty",
	"logit_bias", "seed", "stop", "parallel_tool_calls", "think", "thinking_budget", "adapter", "knowledge", "receipt", "top_logprobs", "user",
	"metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention")

// fromChat adds the parameters that mean what they mean in chat.
func fromChat(f fields, names ...string) fields {
	for _, name := range names {
		f[name] = chatFields[name]
	}
	return f
}

// inputFields are the parameters of a response whose prompt is counted: a passage of
// a knowledge base would be part of it, and is not looked for.
var inputFields = func() fields {
	f := maps.Clone(responseFields)
	delete(f, "knowledge")
	return f
}()

// ParseInput reads a POST /v1/responses/input_tokens.
func ParseInput(body []byte) (*form.Request, error) {
	q, _, err := parseResponse(inputFields, body)
	if err != nil {
		return nil, err
	}
	return &q.Request, nil
}

// ParseResponse reads a POST /v1/responses.
func ParseResponse(body []byte) (*form.Request, form.Shape, error) {
	q, said, err := parseResponse(responseFields, body)
	if err != nil {
		return nil, nil, err
	}
	truncation := "disabled"
	if q.Shorten {
		truncation = "auto"
	}
	r := &responses{stream: q.stream, echo: map[string]any{
		"instructions": said.Instructions, "tools": or(said.Tools, "[]"), "tool_choice": or(said.Choice, `"auto"`),
		"text": or(said.Text, `{"format":{"type":"text"}}`), "reasoning": or(said.Reasoning, `{"effort":null,"summary":null}`),
		"metadata": or(said.Metadata, "{}"), "truncation": truncation,
	}}
	return &q.Request, r, nil
}

// What a response tells back as it came.
type toldBack struct {
	Instructions *string         `json:"instructions"`
	Tools        json.RawMessage `json:"tools"`
	Choice       json.RawMessage `json:"tool_choice"`
	Text         json.RawMessage `json:"text"`
	Reasoning    json.RawMessage `json:"reasoning"`
	Metadata     json.RawMessage `json:"metadata"`
}

func parseResponse(f fields, body []byte) (q *query, said toldBack, err error) {
	q = &query{Request: form.Request{N: 1, MaxTokens: form.NoLimit}}
	if err := f.Read(body, q); err != nil {
		return nil, said, err
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, said, form.Unread(err)
	}
	if said.Instructions != nil && *said.Instructions != "" {
		q.Messages = slices.Insert(q.Messages, 0, form.Message{Role: "system", Text: *said.Instructions})
	}
	if err := form.CheckConversation(&q.Request, "input"); err != nil {
		return nil, said, err
	}
	q.settleThink()
	return q, said, q.settleTools()
}

// setTruncation reads what is done with an input that does not fit.
func (q *query) setTruncation(v json.RawMessage) error {
	var word string
	if err := json.Unmarshal(v, &word); err != nil {
		return err
	}
	switch word {
	case "disabled":
	case "auto":
		q.Shorten = true
		q.Need(form.Shortened, "truncation")
	default:
		return form.OutOfRange("truncation", say.T("auto or disabled", "auto 或 disabled"))
	}
	return nil
}

// stored refuses a parameter that goes on from what another server would have stored.
func stored(name string) func(*query, json.RawMessage) error {
	return func(*query, json.RawMessage) error {
		e := form.Invalid(name, "unsupported_parameter", say.T("%s goes on from what is stored, and nothing of a conversation is stored here between two requests", "%s 要接着已存储的内容继续，而这里不在两次请求之间存储对话", name))
		e.Next = say.T("send the whole conversation in input, with the output of earlier responses", "请在 input 中发送完整的对话，并带上此前各次响应的 output")
		return e
	}
}

func or(v json.RawMessage, otherwise string) json.RawMessage {
	if known(v) {
		return v
	}
	return json.RawMessage(otherwise)
}

// An item of a response's input.
type inputItem struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	Summary   json.RawMessage `json:"summary"`
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Output    json.RawMessage `json:"output"`
}

// setInput reads a string, or a list of items. What an assistant thought,
// said and called between two turns of the user is one message.
func (q *query) setInput(v json.RawMessage) error {
	var s string
	if json.Unmarshal(v, &s) == nil {
		q.Messages = []form.Message{{Role: "user", Text: s}}
		return nil
	}
	list, err := form.List[inputItem](v, "input", "[%d]", maxMessages)
	if _, told := err.(*form.Error); err != nil && !told {
		return form.MustBe("input", say.T("a string, or a list of items", "字符串，或条目的列表"))
	}
	if err != nil {
		return err
	}
	for i, item := range list {
		if err := q.addItem(fmt.Sprintf("input[%d]", i), &item); err != nil {
			return err
		}
	}
	return nil
}

// assistant returns the assistant's message that is being put together.
func (q *query) assistant() *form.Message {
	if n := len(q.Messages); n == 0 || q.Messages[n-1].Role != "assistant" {
		q.Messages = append(q.Messages, form.Message{Role: "assistant"})
	}
	return &q.Messages[len(q.Messages)-1]
}

// addItem adds the item that at names.
func (q *query) addItem(at string, item *inputItem) error {
	switch item.Type {
	case "message", "":
		text, err := contentText(item.Content)
		if err != nil {
			return badContent(at + ".content")
		}
		switch item.Role {
		case "assistant":
			m := q.assistant()
			m.Text += text
		case "system", "developer":
			q.Messages = append(q.Messages, form.Message{Role: item.Role, Text: text})
		case "user":
			q.Messages = append(q.Messages, form.Message{Role: "user", Text: text})
		default:
			return badRole(at+".role", item.Role, "user", "assistant", "system", "developer")
		}
	case "reasoning":
		var parts []struct {
			Text string `json:"text"`
		}
		for i, v := range []json.RawMessage{item.Content, item.Summary} {
			if known(v) && len(parts) == 0 {
				if err := json.Unmarshal(v, &parts); err != nil {
					return form.MustBe(at+[]string{".content", ".summary"}[i], say.T("a list of texts", "文本的列表"))
				}
			}
		}
		m := q.assistant()
		for _, p := range parts {
			m.Thought += p.Text
		}
	case "function_call":
		args, err := callArgs(item.Arguments)
		if err != nil || item.Name == "" {
			return badCall(at)
		}
		m := q.assistant()
		m.Calls = append(m.Calls, form.Call{ID: item.CallID, Name: item.Name, Args: args})
	case "function_call_output":
		text, err := contentText(item.Output)
		if err != nil {
			return badContent(at + ".output")
		}
		q.Messages = append(q.Messages, form.Message{Role: "tool", Text: text, CallID: item.CallID})
	default:
		return form.Invalid(at+".type", "invalid_value", say.T("%s is %q, which this server does not know", "%s 是 %q，本服务器不认识这种类型", at+".type", form.Clip(item.Type)))
	}
	return nil
}

// setResponseTools takes functions. Tools of other types are the server's to
// run or the client's own: they are not offered to the model, and agents that
// list them work without.
func (q *query) setResponseTools(v json.RawMessage) error {
	list, err := form.List[struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	}](v, "tools", "[%d]", maxTools)
	if err != nil {
		return err
	}
	for i, t := range list {
		if t.Type != "function" {
			continue
		}
		if t.Name == "" {
			return badTool(i)
		}
		q.Tools = append(q.Tools, form.Tool{Name: t.Name, Description: t.Description, Parameters: t.Parameters})
	}
	return q.checkTools()
}

func (q *query) setReasoning(v json.RawMessage) error {
	return form.Fields[query]{
		"effort":           effort("reasoning.effort"),
		"summary":          form.Ignore[query], // the thought itself is told
		"generate_summary": form.Ignore[query],
		"context":          form.Ignore[query],
	}.ReadIn("reasoning", v, q)
}

func (q *query) setText(v json.RawMessage) error {
	return form.Fields[query]{
		"format":    func(q *query, v json.RawMessage) error { return q.readFormat(v, "text.format") },
		"verbosity": form.Ignore[query], // a wish about the style, which has no switch here
	}.ReadIn("text", v, q)
}

func (q *query) setInclude(v json.RawMessage) error {
	var list []string
	if err := json.Unmarshal(v, &list); err != nil {
		return err
	}
	for _, s := range list {
		if s == "message.output_text.logprobs" {
			q.Logprobs = true
			q.Need(form.Logprobs, "include")
		}
	}
	return nil
}

// body returns the response as it stands.
func (r *responses) body(status string, p *form.Reply) map[string]any {
	h, req := &r.head, r.head.Request
	out := map[string]any{
		"id": h.ID, "object": "response", "created_at": h.Made.Unix(), "completed_at": nil, "status": status, "model": h.Model,
		"error": nil, "incomplete_details": nil, "output": []any{}, "usage": nil,
		"parallel_tool_calls": !req.OneCall, "previous_response_id": nil, "store": false, "background": false,
		"temperature": set(req.Sampling.Temperature, 1), "top_p": set(req.Sampling.TopP, 1),
		"presence_penalty": set(req.Sampling.Presence, 0), "frequency_penalty": set(req.Sampling.Frequency, 0),
		"max_output_tokens": nil, "max_tool_calls": nil, "top_logprobs": req.TopLogprobs,
		"service_tier": "default", "user": nil, "safety_identifier": nil, "prompt_cache_key": nil,
	}
	maps.Copy(out, r.echo)
	if req.MaxTokens > 0 {
		out["max_output_tokens"] = req.MaxTokens
	}
	if p == nil {
		return out
	}
	out["output"], out["suiren"] = r.items, extend(r.head, p)
	if status == "completed" {
		out["completed_at"] = h.Made.Add(p.Total).Unix()
	}
	switch p.Reason {
	case form.Length:
		out["incomplete_details"] = map[string]string{"reason": "max_output_tokens"}
	case form.Filtered:
		out["incomplete_details"] = map[string]string{"reason": "content_filter"}
	}
	u := p.Usage
	out["usage"] = map[string]any{"input_tokens": u.Prompt, "output_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		"input_tokens_details":  map[string]int{"cached_tokens": u.Cached},
		"output_tokens_details": map[string]int{"reasoning_tokens": u.Reasoning}}
	return out
}

// set returns a number, or what is in force where none was given.
func set(p *float64, otherwise float64) float64 {
	if p != nil {
		return *p
	}
	return otherwise
}

// status says how a response ended.
func statusOf(p *form.Reply) string {
	if p.Reason == form.Length || p.Reason == form.Filtered {
		return "incomplete"
	}
	return "completed"
}

// id derives the id of an item from the response's.
func (r *responses) id(prefix string) string {
	_, own, _ := strings.Cut(r.head.ID, "_")
	return prefix + "_" + own + "_" + string(rune('a'+len(r.items)%26)) + strings.Repeat("z", len(r.items)/26)
}
