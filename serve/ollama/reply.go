package ollama

import (
	"encoding/json"
	"time"

	"suiren/serve/form"
)

// reply tells an answer as lines of JSON, the last with done true; or as one
// of them.
type reply struct {
	stream, chat bool
	head         form.Head
	send         form.Sink
	calls        map[int]*call // that are being made
}

func (r *reply) Streams() bool  { return r.stream }
func (r *reply) Lines() bool    { return true }
func (r *reply) Prefix() string { return "ollama-" }
func (r *reply) Begin(h form.Head, send form.Sink) {
	r.head, r.send, r.calls = h, send, map[int]*call{}
}

type line struct {
	Model     string    `json:"model"`
	CreatedAt time.Time `json:"created_at"`
	Message   *message  `json:"message,omitempty"`
	Response  *string   `json:"response,omitempty"`
	Thinking  string    `json:"thinking,omitempty"`
	Logprobs  []logprob `json:"logprobs,omitempty"`
	Done      bool      `json:"done"`
	*cost
	Suiren *form.Inlay `json:"suiren,omitempty"`
}

type cost struct {
	DoneReason         string        `json:"done_reason"`
	TotalDuration      time.Duration `json:"total_duration"`
	LoadDuration       time.Duration `json:"load_duration"`
	PromptEvalCount    int           `json:"prompt_eval_count"`
	PromptEvalDuration time.Duration `json:"prompt_eval_duration"`
	EvalCount          int           `json:"eval_count"`
	EvalDuration       time.Duration `json:"eval_duration"`
}

type message struct {
	Role      string `json:"role"`
	Content   string `json:"content"`
	Thinking  string `json:"thinking,omitempty"`
	ToolCalls []call `json:"tool_calls,omitempty"`
}

type call struct {
	ID       string   `json:"id"`
	Function function `json:"function"`
}

type function struct {
	Index     int             `json:"index"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

type logprob struct {
	Token   string    `json:"token"`
	Logprob float64   `json:"logprob"`
	Bytes   []int     `json:"bytes,omitempty"`
	Top     []logprob `json:"top_logprobs,omitempty"`
}

func logprobs(tokens []form.Token) []logprob {
	var out []logprob
	for _, t := range tokens {
		p := logprob{Token: string(t.Bytes), Top: logprobs(t.Top)}
		if t.Logprob != nil {
			p.Logprob = max(*t.Logprob, -9999)
		}
		for _, b := range t.Bytes {
			p.Bytes = append(p.Bytes, int(b))
		}
		out = append(out, p)
	}
	return out
}

// line makes a line of what was thought, said and called.
func (r *reply) line(thought, text string, calls []call, tokens []form.Token) line {
	l := line{Model: r.head.Model, CreatedAt: time.Now().UTC()}
	if r.head.Request.Logprobs {
		l.Logprobs = logprobs(tokens)
	}
	if r.chat {
		l.Message = &message{Role: "assistant", Content: text, Thinking: thought, ToolCalls: calls}
	} else {
		l.Response, l.Thinking = &text, thought
	}
	return l
}

func newCall(i int, c form.Call) call {
	args := json.RawMessage(c.Args)
	if !json.Valid(args) { // a cut answer left it half
		args = json.RawMessage("{}")
	}
	return call{c.ID, function{i, c.Name, args}}
}

// end makes l the last line.
func (r *reply) end(l line, p *form.Reply) line {
	reason := p.Reason
	if reason == form.ToolUse {
		reason = form.Stop
	}
	l.Done, l.Suiren = true, form.NewInlay(p)
	l.cost = &cost{DoneReason: reason, TotalDuration: p.Total, PromptEvalCount: p.Usage.Prompt, PromptEvalDuration: p.First,
		EvalCount: p.Usage.Completion, EvalDuration: p.Total - p.First}
	return l
}

func (r *reply) Whole(replies []*form.Reply) any {
	p := replies[0]
	if p.Refusal != nil {
		return r.end(r.line("", p.Refusal.Text, nil, nil), p)
	}
	var calls []call
	for i, c := range p.Calls {
		calls = append(calls, newCall(i, c))
	}
	return r.end(r.line(p.Thought, p.Text, calls, p.Tokens), p)
}

// Event sends a line; a call when it is whole.
func (r *reply) Event(_ int, e form.Event) error {
	switch e.Kind {
	case form.Thought:
		return r.send("", r.line(e.Text, "", nil, nil))
	case form.Text:
		return r.send("", r.line("", e.Text, nil, e.Tokens))
	case form.CallStart:
		r.calls[e.Call.Index] = &call{ID: e.Call.ID, Function: function{Name: e.Call.Name}}
	case form.CallArgs:
		if c := r.calls[e.Call.Index]; c != nil {
			c.Function.Arguments = append(c.Function.Arguments, e.Text...)
		}
	case form.CallEnd:
		if c := r.calls[e.Call.Index]; c != nil {
			whole := newCall(e.Call.Index, form.Call{ID: c.ID, Name: c.Function.Name, Args: string(c.Function.Arguments)})
			return r.send("", r.line("", "", []call{whole}, nil))
		}
	}
	return nil
}

func (r *reply) End(replies []*form.Reply) error {
	p := replies[0]
	text := ""
	if p.Refusal != nil {
		text = p.Refusal.Text
	}
	return r.send("", r.end(r.line("", text, nil, nil), p))
}

// Loaded is the answer to a request without a prompt: the model is there.
func (r *reply) Loaded(model string) any {
	r.head = form.Head{Model: model, Request: &form.Request{}}
	return r.end(r.line("", "", nil, nil), &form.Reply{Reason: "load"})
}
