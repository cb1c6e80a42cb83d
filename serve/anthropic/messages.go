// Package anthropic translates Anthropic's Messages interface.
//
// The shapes are those of https://docs.claude.com/en/api/messages; what of
// them Claude Code sends was recorded.
package anthropic

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A query is a request while it is read.
type query struct {
	form.Request
	stream bool
	system []form.Message
	effort string
}

type fields = form.Fields[query]

// counted are the parameters that say what the prompt is.
var counted = fields{
	"model":         func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.Model) },
	"messages":      (*query).setMessages,
	"system":        (*query).setSystem,
	"tools":         (*query).setTools,
	"tool_choice":   (*query).setChoice,
	"thinking":      (*query).setThinking,
	"output_config": (*query).setOutput,
	"output_format": (*query).setFormat,
	"mcp_servers":   form.Only[query]("mcp_servers", "[]"),

	// These do not change the answer.
	"metadata": form.Ignore[query], "service_tier": form.Ignore[query], "container": form.Ignore[query], "cache_control": form.Ignore[query],
	"context_management": form.Ignore[query], "inference_geo": form.Ignore[query], "betas": form.Ignore[query], "speed": form.Ignore[query],
}

var messageFields = func() fields {
	f := fields{
		"stream": func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.stream) },
		"max_tokens": func(q *query, v json.RawMessage) (err error) {
			q.MaxTokens, err = form.Whole(v, "max_tokens", 1, math.MaxInt32)
			return err
		},
		"temperature": func(q *query, v json.RawMessage) (err error) {
			q.Sampling.Temperature, err = form.Number(v, "temperature", 0, 2)
			return err
		},
		"top_p": func(q *query, v json.RawMessage) (err error) {
			q.Sampling.TopP, err = form.Number(v, "top_p", 0, 1)
			return err
		},
		"top_k": func(q *query, v json.RawMessage) error {
			n, err := form.Whole(v, "top_k", 0, math.MaxInt32)
			if n > 0 {
				q.Sampling.TopK = &n
				q.Need(form.Sampled, "top_k")
			}
			return err
		},
		"receipt":   func(q *query, v json.RawMessage) error { return q.ReadReceipt(v) },   // ours
		"knowledge": func(q *query, v json.RawMessage) error { return q.ReadKnowledge(v) }, // ours
		"stop_sequences": func(q *query, v json.RawMessage) (err error) {
			q.Stop, err = form.ReadStop(v, "stop_sequences")
			return err
		},
	}
	for name, set := range counted {
		f[name] = set
	}
	return f
}()

// ParseMessages reads a POST /v1/messages.
func ParseMessages(body []byte) (*form.Request, form.Shape, error) {
	q, err := parse(messageFields, body)
	if err != nil {
		return nil, nil, err
	}
	if q.MaxTokens == 0 {
		return nil, nil, form.Invalid("max_tokens", "missing_parameter", say.T("max_tokens is missing", "缺少 max_tokens"))
	}
	return &q.Request, &reply{stream: q.stream}, nil
}

// ParseCount reads a POST /v1/messages/count_tokens.
func ParseCount(body []byte) (*form.Request, error) {
	q, err := parse(counted, body)
	if err != nil {
		return nil, err
	}
	return &q.Request, nil
}

func parse(f fields, body []byte) (*query, error) {
	q := &query{Request: form.Request{N: 1}}
	if err := f.Read(body, q); err != nil {
		return nil, err
	}
	q.Messages = append(q.system, q.Messages...)
	if err := form.CheckConversation(&q.Request, "messages"); err != nil {
		return nil, err
	}
	if q.Think.Mode != "off" {
		q.Think.Effort = q.effort
	}
	return q, form.SettleTools(&q.Request, "tool_choice")
}

// A block of content.
type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Thinking  string          `json:"thinking"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	IsError   bool            `json:"is_error"`

	// Of a document; other blocks have other things by these names.
	Title     json.RawMessage `json:"title"`
	Context   json.RawMessage `json:"context"`
	Source    json.RawMessage `json:"source"`
	Citations json.RawMessage `json:"citations"`
}

// blocks reads a string, which is a block of text, or a list.
func blocks(v json.RawMessage) ([]block, error) {
	var s string
	if len(v) == 0 || json.Unmarshal(v, &s) == nil {
		return []block{{Type: "text", Text: s}}, nil
	}
	var list []block
	err := json.Unmarshal(v, &list)
	return list, err
}

// texts joins blocks of text, and of documents that are text.
func texts(v json.RawMessage) (string, error) {
	list, err := blocks(v)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, part := range list {
		switch part.Type {
		case "text":
			b.WriteString(part.Text)
		case "document":
			text, err := part.document()
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		default:
			return "", say.Errorf("a block of type %q is not text", "%q 类型的块不是文本", form.Clip(part.Type))
		}
	}
	return b.String(), nil
}

// billing begins a block of Claude Code's that differs from one request to
// the next, and so would keep any prompt from being found in the cache.
const billing = "x-anthropic-billing-header:"

func (q *query) setSystem(v json.RawMessage) error {
	list, err := blocks(v)
	if err != nil {
		return form.MustBe("system", say.T("a string, or a list of blocks of text", "字符串，或文本块的列表"))
	}
	if len(list) > 0 && strings.HasPrefix(list[0].Text, billing) {
		_, rest, _ := strings.Cut(list[0].Text, "\n")
		if list[0].Text = strings.TrimLeft(rest, "\n"); list[0].Text == "" {
			list = list[1:]
		}
	}
	var parts []string
	for _, b := range list {
		if b.Type != "text" {
			return form.Invalid("system", "invalid_value", say.T("system must be text, or blocks of text", "system 应为文本，或文本块"))
		}
		parts = append(parts, b.Text)
	}
	if text := strings.Join(parts, "\n\n"); text != "" {
		q.system = []form.Message{{Role: "system", Text: text}}
	}
	return nil
}

// maxMessages bounds a conversation.
const maxMessages = 4096

func (q *query) setMessages(v json.RawMessage) error {
	list, err := form.List[struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	}](v, "messages", ".%d", maxMessages)
	if err != nil {
		return err
	}
	for i, m := range list {
		parts, err := blocks(m.Content)
		if err == nil {
			err = q.addMessage(m.Role, parts)
		}
		if err != nil {
			return form.Invalid("messages", "invalid_value", say.T("messages.%d: %v", "messages.%d：%v", i, err))
		}
	}
	return nil
}

// addMessage adds what a message says. The results of tools are messages of
// their own and come before the text that stands beside them.
func (q *query) addMessage(role string, parts []block) error {
	if !slices.Contains([]string{"user", "assistant", "system"}, role) {
		return say.Errorf("role must be user, assistant or system, not %q", "role 应为 user、assistant 或 system，而不是 %q", form.Clip(role))
	}
	m := form.Message{Role: role}
	said := len(parts) == 0
	for _, b := range parts {
		switch {
		case b.Type == "text":
			m.Text += b.Text
			said = true
		case b.Type == "document" && role == "user":
			text, err := b.document()
			if err != nil {
				return err
			}
			m.Text += text
			said = true
		case b.Type == "thinking" && role == "assistant":
			m.Thought += b.Thinking
		case b.Type == "redacted_thinking" && role == "assistant": // nothing that a model here could read
		case b.Type == "tool_use" && role == "assistant":
			var object map[string]json.RawMessage
			if b.Name == "" || json.Unmarshal(b.Input, &object) != nil || object == nil {
				return say.Errorf("tool_use needs a name, and input that is an object", "tool_use 应有名称，input 应为对象")
			}
			m.Calls = append(m.Calls, form.Call{ID: b.ID, Name: b.Name, Args: string(b.Input)})
		case b.Type == "tool_result" && role == "user":
			text, err := texts(b.Content)
			if err != nil {
				return err
			}
			if b.IsError {
				text = "Error: " + text
			}
			q.Messages = append(q.Messages, form.Message{Role: "tool", Text: text, CallID: b.ToolUseID})
		default:
			return say.Errorf("a block of type %q cannot be read here", "这里无法读取 %q 类型的块", form.Clip(b.Type))
		}
	}
	if said || role == "assistant" {
		q.Messages = append(q.Messages, m)
	}
	return nil
}

// maxTools bounds a list of tools.
const maxTools = 512

// setTools takes the caller's tools. Those with a type of Anthropic's own are
// run by its servers: they are not offered to the model.
func (q *query) setTools(v json.RawMessage) error {
	list, err := form.List[struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"input_schema"`
	}](v, "tools", ".%d", maxTools)
	if err != nil {
		return err
	}
	for i, t := range list {
		switch {
		case t.Type != "" && t.Type != "custom":
		case t.Name == "":
			return form.Invalid("tools", "invalid_value", say.T("tools.%d has no name", "tools.%d 没有名称", i))
		default:
			q.Tools = append(q.Tools, form.Tool{Name: t.Name, Description: t.Description, Parameters: t.Schema})
		}
	}
	if len(q.Tools) > 0 {
		q.Need(form.Tools, "tools")
	}
	return nil
}

func (q *query) setChoice(v json.RawMessage) error {
	var c struct {
		Type string `json:"type"`
		Name string `json:"name"`
		One  bool   `json:"disable_parallel_tool_use"`
	}
	if err := json.Unmarshal(v, &c); err != nil {
		return err
	}
	mode, ok := map[string]string{"auto": "auto", "any": "required", "tool": "named", "none": "none"}[c.Type]
	if !ok {
		return form.OutOfRange("tool_choice", say.T("of type auto, any, tool or none", "type 为 auto、any、tool 或 none"))
	}
	q.Choice, q.OneCall = form.Choice{Mode: mode}, c.One
	if mode == "named" {
		q.Choice.Name = c.Name
	}
	return nil
}

func (q *query) setThinking(v json.RawMessage) error {
	var t struct {
		Type   string          `json:"type"`
		Budget json.RawMessage `json:"budget_tokens"`
	}
	if err := json.Unmarshal(v, &t); err != nil {
		return err
	}
	switch t.Type {
	case "disabled":
		q.Think.Mode = "off"
	case "adaptive", "enabled":
		q.Think.Mode = "on"
	default:
		return form.OutOfRange("thinking", say.T("of type enabled, adaptive or disabled", "type 为 enabled、adaptive 或 disabled"))
	}
	if len(t.Budget) == 0 || string(t.Budget) == "null" || q.Think.Mode == "off" {
		return nil
	}
	n, err := form.Whole(t.Budget, "thinking", 1, math.MaxInt32)
	q.Think.Budget = n
	return err
}

// setOutput reads the effort and the format of the answer.
func (q *query) setOutput(v json.RawMessage) error {
	return fields{
		"effort": func(q *query, v json.RawMessage) error {
			if err := json.Unmarshal(v, &q.effort); err != nil {
				return err
			}
			if levels := []string{"low", "medium", "high", "xhigh", "max"}; !slices.Contains(levels, q.effort) {
				return form.OutOfRange("output_config", say.T("effort one of %s", "effort 为 %s 之一", levels))
			}
			return nil
		},
		"format":      (*query).setFormat,
		"task_budget": form.Ignore[query],
	}.ReadIn("output_config", v, q)
}

func (q *query) setFormat(v json.RawMessage) error {
	var f struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}
	if err := json.Unmarshal(v, &f); err != nil {
		return err
	}
	if f.Type != "json_schema" || len(f.Schema) == 0 {
		return form.OutOfRange("output_format", say.T("of type json_schema, with a schema", "type 为 json_schema，并带 schema"))
	}
	q.Format = form.Format{Kind: "schema", Schema: f.Schema}
	q.Need(form.JSON, "output_format")
	return nil
}
