package openai

import (
	"encoding/json"
	"errors"
	"fmt"

	"suiren/internal/say"
	"suiren/serve/form"
)

// maxMessages bounds a conversation.
const maxMessages = 4096

var chatFields = with(fields{
	"messages":              (*query).setMessages,
	"max_tokens":            maxTokens("max_tokens", 1),
	"max_completion_tokens": maxTokens("max_completion_tokens", 1),
	"think":                 (*query).setThink,
	"thinking":              (*query).setThink,
	"reasoning_effort":      effort("reasoning_effort"),
	"thinking_budget":       func(q *query, v json.RawMessage) error { return q.readBudget("thinking_budget", v) },
	"chat_template_kwargs":  (*query).setTemplateArgs,
	"response_format":       (*query).setFormat,
	"knowledge":             func(q *query, v json.RawMessage) error { return q.ReadKnowledge(v) },
	"tools":                 (*query).setTools,
	"tool_choice":           (*query).setChoice,
	"parallel_tool_calls":   (*query).setParallel,
	"logprobs": func(q *query, v json.RawMessage) error {
		if err := json.Unmarshal(v, &q.Logprobs); err != nil || !q.Logprobs {
			return err
		}
		q.Need(form.Logprobs, "logprobs")
		return nil
	},
	"top_logprobs": func(q *query, v json.RawMessage) error {
		n, err := form.Whole(v, "top_logprobs", 0, 20)
		q.TopLogprobs = n
		if n > 0 {
			q.Need(form.Logprobs, "top_logprobs")
		}
		return err
	},

	"prediction": form.Ignore[query], // of the answer, to make it sooner
	"verbosity":  form.Ignore[query], // a wish about the style, which has no switch here
	"modalities": form.Only[query]("modalities", `["text"]`),
	"audio":      form.Only[query]("audio", `null`), "web_search_options": form.Only[query]("web_search_options", `null`),
	"functions":     form.Only[query]("functions", "[]"),
	"function_call": form.Only[query]("function_call", `"none"`, `"auto"`),
	"echo":          form.Only[query]("echo", "false"),
})

// ParseChat reads a POST /v1/chat/completions.
func ParseChat(body []byte) (*form.Request, form.Shape, error) {
	q := &query{Request: form.Request{N: 1, MaxTokens: form.NoLimit}}
	if err := chatFields.Read(body, q); err != nil {
		return nil, nil, err
	}
	if err := form.CheckConversation(&q.Request, "messages"); err != nil {
		return nil, nil, err
	}
	q.settleThink()
	if err := q.settleTools(); err != nil {
		return nil, nil, err
	}
	if q.TopLogprobs > 0 && !q.Logprobs {
		return nil, nil, form.Invalid("top_logprobs", "invalid_value", say.T("top_logprobs needs logprobs to be true", "使用 top_logprobs 时须将 logprobs 设为 true"))
	}
	return &q.Request, &chat{stream: q.stream, includeUsage: q.includeUsage}, nil
}

// setTemplateArgs reads the switches that vLLM's clients give to templates.
func (q *query) setTemplateArgs(v json.RawMessage) error {
	set := func(q *query, v json.RawMessage) error {
		var on bool
		q.think = &on
		return json.Unmarshal(v, &on)
	}
	return form.Fields[query]{"enable_thinking": set, "thinking": set,
		"thinking_budget":  func(q *query, v json.RawMessage) error { return q.readBudget("thinking_budget", v) },
		"reasoning_effort": effort("reasoning_effort"),
	}.ReadIn("chat_template_kwargs", v, q)
}

type wireMessage struct {
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	Name      string          `json:"name"`
	Reasoning string          `json:"reasoning_content"`
	Thinking  string          `json:"reasoning"` // as newer servers call it
	Calls     json.RawMessage `json:"tool_calls"`
	CallID    string          `json:"tool_call_id"`
}

type wireCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

func (q *query) setMessages(v json.RawMessage) error {
	list, err := form.List[wireMessage](v, "messages", "[%d]", maxMessages)
	if err != nil {
		return err
	}
	q.Messages = nil
	for i, m := range list {
		at := fmt.Sprintf("messages[%d]", i)
		text, err := contentText(m.Content)
		if err != nil {
			return badContent(at + ".content")
		}
		out := form.Message{Role: m.Role, Text: text, Name: m.Name}
		switch m.Role {
		case "system", "developer", "user":
		case "assistant":
			if out.Thought = m.Reasoning; out.Thought == "" {
				out.Thought = m.Thinking
			}
			if !known(m.Calls) {
				break
			}
			calls, err := form.List[wireCall](m.Calls, at+".tool_calls", "[%d]", maxTools)
			if err != nil {
				return form.WrongType(at+".tool_calls", err)
			}
			for j, c := range calls {
				args, err := callArgs(c.Function.Arguments)
				if err != nil || c.Function.Name == "" || c.Type != "" && c.Type != "function" {
					return badCall(fmt.Sprintf("%s.tool_calls[%d]", at, j))
				}
				out.Calls = append(out.Calls, form.Call{ID: c.ID, Name: c.Function.Name, Args: args})
			}
		case "tool":
			out.CallID = m.CallID
		default:
			return badRole(at+".role", m.Role, "system", "user", "assistant", "tool")
		}
		q.Messages = append(q.Messages, out)
	}
	return nil
}

func badContent(param string) error {
	return form.Invalid(param, "invalid_value", say.T("%s must be text, or parts of type text", "%s 应为文本，或 text 类型的片段", param))
}

func badCall(param string) error {
	return form.Invalid(param, "invalid_value", say.T("%s: a call needs a function's name, and arguments that are a JSON object in a string",
		"%s：调用应有函数名，arguments 应为写在字符串里的 JSON 对象", param))
}

func badRole(param, role string, of ...string) error {
	return form.Invalid(param, "invalid_value", say.T("%s is %q; it must be one of %s", "%s 是 %q，应为 %s 之一", param, form.Clip(role), of))
}

// callArgs returns the arguments of a call as JSON text: OpenAI has them in a
// string, some clients write the object itself.
func callArgs(v json.RawMessage) (string, error) {
	s := string(v)
	if len(v) > 0 && v[0] == '"' {
		if err := json.Unmarshal(v, &s); err != nil {
			return "", err
		}
	}
	if s == "" || s == "null" {
		return "{}", nil
	}
	var object map[string]json.RawMessage
	return s, json.Unmarshal([]byte(s), &object)
}

// contentText reads a string, or a list of parts of type text.
func contentText(v json.RawMessage) (string, error) {
	var text string
	if len(v) == 0 || json.Unmarshal(v, &text) == nil {
		return text, nil
	}
	var parts []struct {
		Type    string `json:"type"`
		Text    string `json:"text"`
		Refusal string `json:"refusal"`
	}
	if err := json.Unmarshal(v, &parts); err != nil {
		return "", err
	}
	for _, p := range parts {
		switch p.Type {
		case "text", "input_text", "output_text":
			text += p.Text
		case "refusal":
			text += p.Refusal
		default:
			return "", errors.New("not text")
		}
	}
	return text, nil
}

// ParseTemplate reads a POST /apply-template, or /tokenize of a conversation:
// the parameters of chat that make the prompt.
func ParseTemplate(body []byte) (*form.Request, error) {
	q := &query{Request: form.Request{N: 1, MaxTokens: form.NoLimit}}
	f := fromChat(fields{"add_special_tokens": form.Ignore[query], "return_token_strs": form.Ignore[query], "with_pieces": form.Ignore[query],
		"add_special": form.Ignore[query], "add_generation_prompt": form.Only[query]("add_generation_prompt", "true")},
		"model", "messages", "tools", "tool_choice", "think", "thinking", "reasoning_effort", "thinking_budget", "chat_template_kwargs")
	if err := f.Read(body, q); err != nil {
		return nil, err
	}
	q.settleThink()
	if err := q.settleTools(); err != nil {
		return nil, err
	}
	return &q.Request, form.CheckConversation(&q.Request, "messages")
}
