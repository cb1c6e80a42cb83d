package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"suiren/internal/say"
)

// Bounds of a chat request.
const (
	maxMessages = 1024
	maxStops    = 16
	maxStopLen  = 256 // bytes
)

// A chatRequest is a POST /v1/chat/completions, checked.
type chatRequest struct {
	Model        string
	Messages     []Message
	Stream       bool
	IncludeUsage bool
	Stop         []string
	Options      Options
	seeded       bool
	budget       *int  // thinking_budget
	think        *bool // think, or reasoning_effort
}

// params are the parameters of a chat request. One that is not here is
// refused by name: to ignore it could change the answer behind the caller's
// back.
var params = map[string]func(r *chatRequest, v json.RawMessage) error{
	"model":                 func(r *chatRequest, v json.RawMessage) error { return json.Unmarshal(v, &r.Model) },
	"messages":              (*chatRequest).setMessages,
	"stream":                func(r *chatRequest, v json.RawMessage) error { return json.Unmarshal(v, &r.Stream) },
	"stream_options":        (*chatRequest).setStreamOptions,
	"max_tokens":            maxTokens("max_tokens"),
	"max_completion_tokens": maxTokens("max_completion_tokens"),
	"temperature": func(r *chatRequest, v json.RawMessage) error {
		return number(v, "temperature", 0, 2, &r.Options.Temperature)
	},
	"top_p":            func(r *chatRequest, v json.RawMessage) error { return number(v, "top_p", 0, 1, &r.Options.TopP) },
	"seed":             (*chatRequest).setSeed,
	"stop":             (*chatRequest).setStop,
	"think":            (*chatRequest).setThink,
	"reasoning_effort": (*chatRequest).setEffort,
	"thinking_budget":  (*chatRequest).setBudget,

	// These do not change the answer.
	"user": ignore, "metadata": ignore, "store": ignore, "service_tier": ignore, "safety_identifier": ignore,
	"prompt_cache_key": ignore, "prompt_cache_retention": ignore, "prediction": ignore, "parallel_tool_calls": ignore,

	// These would, unless they ask for nothing.
	"n":                  only("n", "1"),
	"logprobs":           only("logprobs", "false"),
	"top_logprobs":       only("top_logprobs", "0"),
	"presence_penalty":   only("presence_penalty", "0", "0.0"),
	"frequency_penalty":  only("frequency_penalty", "0", "0.0"),
	"repetition_penalty": only("repetition_penalty", "1", "1.0"),
	"top_k":              only("top_k", "0", "-1"),
	"min_p":              only("min_p", "0", "0.0"),
	"logit_bias":         only("logit_bias", "{}"),
	"response_format":    only("response_format", `{"type":"text"}`),
	"modalities":         only("modalities", `["text"]`),
	"tools":              only("tools", "[]"),
	"tool_choice":        only("tool_choice", `"none"`, `"auto"`),
	"functions":          only("functions", "[]"),
	"function_call":      only("function_call", `"none"`, `"auto"`),
}

// parseChat checks a request's body. Its errors name the parameter at fault.
func parseChat(body []byte) (*chatRequest, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		if err == nil {
			err = errors.New("null")
		}
		return nil, invalid("", "invalid_json", say.T("the body is not a JSON object: %v", "请求体不是 JSON 对象：%v", err))
	}
	r := &chatRequest{Options: Options{Think: -1}}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		set, ok := params[name]
		if !ok {
			return nil, invalid(name, "unknown_parameter", say.T("unknown parameter: %q", "未知参数：%q", clip(name)))
		}
		if v := fields[name]; string(v) != "null" {
			if err := set(r, v); err != nil {
				return nil, wrongType(name, err)
			}
		}
	}
	if len(r.Messages) == 0 {
		return nil, invalid("messages", "missing_parameter", say.T("messages is missing or empty", "缺少 messages，或为空"))
	}
	if r.Messages[len(r.Messages)-1].Role != "user" {
		return nil, invalid("messages", "invalid_value", say.T("the last message must be the user's", "最后一条消息必须来自 user"))
	}
	switch {
	case r.think != nil && !*r.think:
		r.Options.Think = 0
	case r.budget != nil:
		r.Options.Think = *r.budget
	}
	return r, nil
}

// wrongType makes an error of encoding/json one for the client.
func wrongType(name string, err error) error {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return invalid(name, "invalid_type", say.T("%s has the wrong type", "%s 的类型不对", name))
}

func ignore(*chatRequest, json.RawMessage) error { return nil }

// only accepts a parameter that we do not have, if its value asks for nothing.
func only(name string, neutral ...string) func(*chatRequest, json.RawMessage) error {
	return func(_ *chatRequest, v json.RawMessage) error {
		var b bytes.Buffer
		if err := json.Compact(&b, v); err != nil {
			return err
		}
		if slices.Contains(neutral, b.String()) {
			return nil
		}
		return invalid(name, "unsupported_parameter", say.T("%s is not supported here; leave it out or send %s",
			"这里不支持 %s；请去掉，或写成 %s", name, neutral[0]))
	}
}

// number reads a number within [low, high].
func number(v json.RawMessage, name string, low, high float64, to **float64) error {
	var f float64
	if err := json.Unmarshal(v, &f); err != nil {
		return err
	}
	if f < low || f > high {
		return outOfRange(name, say.T("%v to %v", "%v 到 %v", low, high))
	}
	*to = &f
	return nil
}

func outOfRange(name string, bounds say.Text) error {
	return invalid(name, "invalid_value", say.T("%s is out of range; it must be %v", "%s 超出范围，应为 %v", name, bounds))
}

func maxTokens(name string) func(*chatRequest, json.RawMessage) error {
	return func(r *chatRequest, v json.RawMessage) error {
		var n int
		if err := json.Unmarshal(v, &n); err != nil {
			return err
		}
		if n < 1 || n > math.MaxInt32 {
			return outOfRange(name, say.T("at least 1", "至少为 1"))
		}
		r.Options.MaxTokens = n
		return nil
	}
}

func (r *chatRequest) setSeed(v json.RawMessage) error {
	var n int64
	if err := json.Unmarshal(v, &n); err != nil {
		return err
	}
	r.Options.Seed, r.seeded = uint64(n), true
	return nil
}

func (r *chatRequest) setStreamOptions(v json.RawMessage) error {
	var o struct {
		IncludeUsage bool `json:"include_usage"`
	}
	err := json.Unmarshal(v, &o)
	r.IncludeUsage = o.IncludeUsage
	return err
}

func (r *chatRequest) setStop(v json.RawMessage) error {
	var one string
	if json.Unmarshal(v, &one) == nil {
		r.Stop = []string{one}
	} else if err := json.Unmarshal(v, &r.Stop); err != nil {
		return err
	}
	if len(r.Stop) > maxStops {
		return outOfRange("stop", say.T("at most %d strings", "至多 %d 个字符串", maxStops))
	}
	for _, s := range r.Stop {
		if s == "" || len(s) > maxStopLen {
			return outOfRange("stop", say.T("strings of 1 to %d bytes", "长度 1 到 %d 字节的字符串", maxStopLen))
		}
	}
	return nil
}

// setThink takes true, false, or an object in the manner of Anthropic's
// thinking: {"type": "enabled", "budget_tokens": 256}.
func (r *chatRequest) setThink(v json.RawMessage) error {
	var on bool
	if json.Unmarshal(v, &on) == nil {
		r.think = &on
		return nil
	}
	var o struct {
		Type   string `json:"type"`
		Budget *int   `json:"budget_tokens"`
	}
	if err := json.Unmarshal(v, &o); err != nil {
		return err
	}
	switch o.Type {
	case "enabled", "disabled", "":
		on = o.Type != "disabled"
	default:
		return outOfRange("think", say.T(`of type "enabled" or "disabled"`, `type 为 "enabled" 或 "disabled"`))
	}
	r.think = &on
	if o.Budget != nil {
		return r.budgetOf("think", *o.Budget)
	}
	return nil
}

func (r *chatRequest) setBudget(v json.RawMessage) error {
	var n int
	if err := json.Unmarshal(v, &n); err != nil {
		return err
	}
	return r.budgetOf("thinking_budget", n)
}

func (r *chatRequest) budgetOf(name string, n int) error {
	if n < 0 || n > math.MaxInt32 {
		return outOfRange(name, say.T("0 or more tokens", "不小于 0 的词元数"))
	}
	r.budget = &n
	return nil
}

// setEffort maps OpenAI's levels: none answers directly, every other level
// thinks within the scenario's budget, for we have no finer control to offer.
func (r *chatRequest) setEffort(v json.RawMessage) error {
	var level string
	if err := json.Unmarshal(v, &level); err != nil {
		return err
	}
	levels := []string{"none", "minimal", "low", "medium", "high", "xhigh"}
	if !slices.Contains(levels, level) {
		return outOfRange("reasoning_effort", say.T("one of %s", "%s 之一", strings.Join(levels, ", ")))
	}
	if r.think == nil {
		on := level != "none"
		r.think = &on
	}
	return nil
}

func (r *chatRequest) setMessages(v json.RawMessage) error {
	var list []struct {
		Role      string          `json:"role"`
		Content   json.RawMessage `json:"content"`
		ToolCalls json.RawMessage `json:"tool_calls"`
	}
	if err := json.Unmarshal(v, &list); err != nil {
		return err
	}
	if len(list) > maxMessages {
		return outOfRange("messages", say.T("at most %d", "至多 %d 条", maxMessages))
	}
	r.Messages = nil
	for i, m := range list {
		switch m.Role {
		case "system", "user", "assistant":
		case "developer":
			m.Role = "system"
		default:
			return invalid("messages", "invalid_value", say.T("message %d has role %q; it must be system, user or assistant",
				"第 %d 条消息的 role 是 %q，应为 system、user 或 assistant", i+1, clip(m.Role)))
		}
		if len(m.ToolCalls) > 0 && string(m.ToolCalls) != "null" && string(m.ToolCalls) != "[]" {
			return invalid("messages", "unsupported_parameter", say.T("message %d calls tools, which are not supported here",
				"第 %d 条消息调用了工具，这里不支持", i+1))
		}
		text, err := contentText(m.Content)
		if err != nil {
			return invalid("messages", "invalid_value", say.T("message %d: content must be text, or parts of type text",
				"第 %d 条消息：content 应为文本，或 text 类型的片段", i+1))
		}
		r.Messages = append(r.Messages, Message{Role: m.Role, Text: text})
	}
	return nil
}

// contentText reads a string, or a list of parts of type text.
func contentText(v json.RawMessage) (string, error) {
	var text string
	if err := json.Unmarshal(v, &text); err == nil {
		return text, nil
	}
	var parts []struct{ Type, Text string }
	if err := json.Unmarshal(v, &parts); err != nil {
		return "", err
	}
	for _, p := range parts {
		if p.Type != "text" {
			return "", errors.New("not text")
		}
		text += p.Text
	}
	return text, nil
}

// clip shortens what a client sent before it is sent back.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}

// readAll reads a limited body.
func readAll(body io.Reader) ([]byte, error) {
	b, err := io.ReadAll(body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &apiError{status: http.StatusRequestEntityTooLarge, typ: "invalid_request_error", code: "body_too_large",
			text: say.T("the body is larger than %d bytes", "请求体超过 %d 字节", maxBody)}
	}
	if err != nil {
		return nil, invalid("", "incomplete_body", say.T("the body did not arrive whole", "请求体没有完整到达"))
	}
	return b, nil
}
