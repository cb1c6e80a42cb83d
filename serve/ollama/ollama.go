// Package ollama translates Ollama's interface.
//
// The shapes are those of https://github.com/ollama/ollama/blob/main/docs/api.md.
package ollama

import (
	"encoding/json"
	"math"
	"slices"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A query is a request while it is read.
type query struct {
	form.Request
	stream bool
	prompt string
	system string
	raw    bool
}

type fields = form.Fields[query]

// Error is the body that tells an error.
func Error(e *form.Error, lang say.Lang) any { return map[string]string{"error": e.In(lang)} }

// with returns the parameters that chat and generate have in common, and more.
func with(more fields) fields {
	f := fields{
		"model":  func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.Model) },
		"stream": func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.stream) },
		"format": (*query).setFormat,
		"options": func(q *query, v json.RawMessage) error {
			return options.ReadIn("options", v, q)
		},
		"think": (*query).setThink,
		"logprobs": func(q *query, v json.RawMessage) error {
			if err := json.Unmarshal(v, &q.Logprobs); err != nil || !q.Logprobs {
				return err
			}
			q.Need(form.Logprobs, "logprobs")
			return nil
		},
		"top_logprobs": func(q *query, v json.RawMessage) (err error) {
			if q.TopLogprobs, err = form.Whole(v, "top_logprobs", 0, 20); q.TopLogprobs > 0 {
				q.Need(form.Logprobs, "top_logprobs")
			}
			return err
		},
		"receipt":    func(q *query, v json.RawMessage) error { return q.ReadReceipt(v) },   // ours
		"knowledge":  func(q *query, v json.RawMessage) error { return q.ReadKnowledge(v) }, // ours
		"keep_alive": form.Ignore[query],                                                    // a model stays as long as the server
		"truncate":   form.Ignore[query],                                                    // nothing is cut here: what is too long is an error
		"shift":      form.Ignore[query],
	}
	for name, set := range more {
		f[name] = set
	}
	return f
}

// number reads an option that is a number of Sampling.
func number(name string, low, high, neutral float64, at func(*form.Sampling) **float64) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		f, err := form.Number(v, name, low, high)
		if err != nil || *f == neutral {
			return err
		}
		q.Need(form.Sampled, name)
		*at(&q.Sampling) = f
		return nil
	}
}

// options are Ollama's. Those about the machine are for whoever starts the
// server; those that would change the answer in a way unknown here are
// refused unless they are off.
var options = fields{
	"knowledge": func(q *query, v json.RawMessage) error { return q.ReadKnowledge(v) }, // ours: Ollama's libraries send no other parameters
	"num_ctx": func(q *query, v json.RawMessage) (err error) {
		q.Context, err = form.Whole(v, "num_ctx", 1, math.MaxInt32)
		return err
	},
	"num_predict": func(q *query, v json.RawMessage) error {
		n, err := form.Whole(v, "num_predict", -2, math.MaxInt32)
		if q.MaxTokens = n; n <= 0 {
			q.MaxTokens = form.NoLimit
		}
		return err
	},
	"seed": func(q *query, v json.RawMessage) (err error) {
		q.Seed, err = form.ReadSeed(v)
		return err
	},
	"stop": func(q *query, v json.RawMessage) (err error) {
		q.Stop, err = form.ReadStop(v, "stop")
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
		n, err := form.Whole(v, "top_k", -1, math.MaxInt32)
		if n > 0 {
			q.Sampling.TopK = &n
			q.Need(form.Sampled, "top_k")
		}
		return err
	},
	"repeat_last_n": func(q *query, v json.RawMessage) error {
		n, err := form.Whole(v, "repeat_last_n", -1, math.MaxInt32)
		q.Sampling.Last = &n
		return err
	},
	"min_p":             number("min_p", 0, 1, 0, func(s *form.Sampling) **float64 { return &s.MinP }),
	"typical_p":         number("typical_p", 0, 1, 1, func(s *form.Sampling) **float64 { return &s.Typical }),
	"repeat_penalty":    number("repeat_penalty", 0, 10, 1, func(s *form.Sampling) **float64 { return &s.Repeat }),
	"presence_penalty":  number("presence_penalty", -2, 2, 0, func(s *form.Sampling) **float64 { return &s.Presence }),
	"frequency_penalty": number("frequency_penalty", -2, 2, 0, func(s *form.Sampling) **float64 { return &s.Frequency }),

	"mirostat": form.Only[query]("mirostat", "0"), "mirostat_eta": form.Ignore[query], "mirostat_tau": form.Ignore[query],
	"tfs_z": form.Only[query]("tfs_z", "1", "1.0"), "penalize_newline": form.Only[query]("penalize_newline", "false", "true"),
	"num_keep": form.Ignore[query], "num_batch": form.Ignore[query], "num_gpu": form.Ignore[query], "main_gpu": form.Ignore[query],
	"num_thread": form.Ignore[query], "use_mmap": form.Ignore[query], "use_mlock": form.Ignore[query], "numa": form.Ignore[query],
	"low_vram": form.Ignore[query], "vocab_only": form.Ignore[query], "f16_kv": form.Ignore[query], "logits_all": form.Ignore[query],
	"embedding_only": form.Ignore[query],
}

// setFormat reads "json", or a schema.
func (q *query) setFormat(v json.RawMessage) error {
	var word string
	switch {
	case json.Unmarshal(v, &word) != nil:
		q.Format = form.Format{Kind: "schema", Schema: v}
	case word == "":
		return nil
	case word == "json":
		q.Format = form.Format{Kind: "json"}
	default:
		return form.OutOfRange("format", say.T(`"json", or a JSON schema`, `"json"，或 JSON schema`))
	}
	q.Need(form.JSON, "format")
	return nil
}

// setThink reads true, false, or an effort.
func (q *query) setThink(v json.RawMessage) error {
	var on bool
	if json.Unmarshal(v, &on) == nil {
		q.Think.Mode = map[bool]string{true: "on", false: "off"}[on]
		return nil
	}
	var effort string
	if levels := []string{"low", "medium", "high", "max"}; json.Unmarshal(v, &effort) != nil || !slices.Contains(levels, effort) {
		return form.OutOfRange("think", say.T("true, false, or one of %s", "true、false，或 %s 之一", levels))
	}
	q.Think = form.Think{Mode: "on", Effort: effort}
	return nil
}

var chatFields = with(fields{"messages": (*query).setMessages, "tools": (*query).setTools})

// ParseChat reads a POST /api/chat.
func ParseChat(body []byte) (*form.Request, form.Shape, error) {
	q := &query{Request: form.Request{N: 1, MaxTokens: form.NoLimit}, stream: true}
	if err := chatFields.Read(body, q); err != nil {
		return nil, nil, err
	}
	shape := &reply{stream: q.stream, chat: true}
	if len(q.Messages) == 0 { // a client that wants the model loaded: it is
		return &q.Request, shape, nil
	}
	return &q.Request, shape, form.CheckConversation(&q.Request, "messages")
}

var generateFields = with(fields{
	"prompt": func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.prompt) },
	"system": func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.system) },
	"raw":    func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.raw) },
	"suffix": func(q *query, v json.RawMessage) error {
		var s string
		if err := json.Unmarshal(v, &s); err != nil || s == "" {
			return err
		}
		q.Suffix = &s
		q.Need(form.Middle, "suffix")
		return nil
	},
	"images":   form.Only[query]("images", "[]"),
	"template": form.Only[query]("template", `""`), // the file's own is used
	"context":  form.Only[query]("context", "[]"),  // send the conversation to /api/chat
})

// ParseGenerate reads a POST /api/generate.
func ParseGenerate(body []byte) (*form.Request, form.Shape, error) {
	q := &query{Request: form.Request{N: 1, MaxTokens: form.NoLimit}, stream: true}
	if err := generateFields.Read(body, q); err != nil {
		return nil, nil, err
	}
	switch {
	case q.prompt == "": // a client that wants the model loaded: it is
	case (q.raw || q.Suffix != nil) && q.Knowledge != "":
		return nil, nil, form.Invalid("knowledge", "unsupported_parameter", say.T("a prompt that is raw or has a suffix is not answered from documents: leave out knowledge, or raw and suffix",
			"raw 或带 suffix 的提示词不能根据文档回答：请去掉 knowledge，或去掉 raw 与 suffix"))
	case q.raw || q.Suffix != nil:
		q.Prompts = []form.Prompt{{Text: q.prompt}}
		q.Need(form.Raw, "raw")
	default:
		if q.system != "" {
			q.Messages = []form.Message{{Role: "system", Text: q.system}}
		}
		q.Messages = append(q.Messages, form.Message{Role: "user", Text: q.prompt})
	}
	return &q.Request, &reply{stream: q.stream}, nil
}

// maxMessages bounds a conversation, maxTools a list of tools.
const (
	maxMessages = 4096
	maxTools    = 512
)

func (q *query) setMessages(v json.RawMessage) error {
	list, err := form.List[struct {
		Role     string            `json:"role"`
		Content  string            `json:"content"`
		Thinking string            `json:"thinking"`
		Images   []json.RawMessage `json:"images"`
		ToolName string            `json:"tool_name"`
		CallID   string            `json:"tool_call_id"`
		Calls    []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string          `json:"name"`
				Arguments json.RawMessage `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	}](v, "messages", "[%d]", maxMessages)
	if err != nil {
		return err
	}
	for i, m := range list {
		if len(m.Images) > 0 {
			return form.Invalid("messages", "unsupported_parameter", say.T("messages[%d] has images, which no model here can see", "messages[%d] 带有图像，这里的模型看不到", i))
		}
		if !slices.Contains([]string{"system", "user", "assistant", "tool"}, m.Role) {
			return form.Invalid("messages", "invalid_value", say.T("messages[%d].role is %q; it must be system, user, assistant or tool",
				"messages[%d].role 是 %q，应为 system、user、assistant 或 tool", i, form.Clip(m.Role)))
		}
		out := form.Message{Role: m.Role, Text: m.Content, Thought: m.Thinking, Name: m.ToolName, CallID: m.CallID}
		for _, c := range m.Calls {
			args := string(c.Function.Arguments)
			if args == "" || args == "null" {
				args = "{}"
			}
			if args[0] != '{' || c.Function.Name == "" {
				return form.Invalid("messages", "invalid_value", say.T("messages[%d]: a tool call needs a function's name, and arguments that are an object",
					"messages[%d]：工具调用应有函数名，arguments 应为对象", i))
			}
			out.Calls = append(out.Calls, form.Call{ID: c.ID, Name: c.Function.Name, Args: args})
		}
		q.Messages = append(q.Messages, out)
	}
	return nil
}

func (q *query) setTools(v json.RawMessage) error {
	list, err := form.List[struct {
		Function struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Parameters  json.RawMessage `json:"parameters"`
		} `json:"function"`
	}](v, "tools", "[%d]", maxTools)
	if err != nil {
		return err
	}
	for i, t := range list {
		if t.Function.Name == "" {
			return form.Invalid("tools", "invalid_value", say.T("tools[%d] must be of type function, with a name", "tools[%d] 应为 function 类型，并有名称", i))
		}
		q.Tools = append(q.Tools, form.Tool(t.Function))
	}
	if len(q.Tools) > 0 {
		q.Need(form.Tools, "tools")
	}
	return nil
}
