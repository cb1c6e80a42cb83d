package openai

import (
	"suiren/serve/form"
)

// chat tells answers as chat completions.
type chat struct {
	stream, includeUsage bool
	head                 form.Head
	send                 form.Sink
	begun                map[int]bool // answers that have told their role
}

func (c *chat) Streams() bool                     { return c.stream }
func (c *chat) Prefix() string                    { return "chatcmpl-" }
func (c *chat) Begin(h form.Head, send form.Sink) { c.head, c.send, c.begun = h, send, map[int]bool{} }

// The shapes of a reply. Fields named suiren are ours: see extension.
type completion struct {
	ID                string     `json:"id"`
	Object            string     `json:"object"`
	Created           int64      `json:"created"`
	Model             string     `json:"model"`
	SystemFingerprint string     `json:"system_fingerprint"`
	Choices           []choice   `json:"choices"`
	Usage             *usage     `json:"usage,omitempty"`
	Suiren            *extension `json:"suiren,omitempty"`
}

type choice struct {
	Index        int       `json:"index"`
	Message      *message  `json:"message,omitempty"`
	Delta        *delta    `json:"delta,omitempty"`
	LogProbs     *logprobs `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

type message struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	Refusal          *string    `json:"refusal"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
}

type delta struct {
	Role             string     `json:"role,omitempty"`
	Content          *string    `json:"content,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	Refusal          string     `json:"refusal,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
}

// A toolCall is whole in a message. In a stream the first piece of a call has
// its id, type and name, and every piece the same index.
type toolCall struct {
	Index    *int     `json:"index,omitempty"`
	ID       string   `json:"id,omitempty"`
	Type     string   `json:"type,omitempty"`
	Function function `json:"function"`
}

type function struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	PromptDetails    struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	Details struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

func usageOf(u form.Usage) *usage {
	out := &usage{PromptTokens: u.Prompt, CompletionTokens: u.Completion, TotalTokens: u.Prompt + u.Completion}
	out.PromptDetails.CachedTokens = u.Cached
	out.Details.ReasoningTokens = u.Reasoning
	return out
}

// An extension is what Suiren adds to OpenAI's shapes, under the key suiren.
type extension struct {
	Sources []form.Source `json:"sources,omitempty"` // the passages the answer rests on
	Marks   []form.Mark   `json:"marks,omitempty"`   // of the sentences of an answer that was written from them
	Seed    *int64        `json:"seed,omitempty"`    // with the same request, gives the same answer
	Refusal *form.Refused `json:"refusal,omitempty"`
	AI      bool          `json:"ai_generated,omitempty"` // the label of GB 45438
	*form.Inlay
}

func (c *chat) extension(replies ...*form.Reply) *extension { return extend(c.head, replies...) }

func extend(h form.Head, replies ...*form.Reply) *extension {
	seed := int64(replies[0].Seed) // as it is asked: clients may have no whole numbers beyond those of 53 bits
	return &extension{Sources: replies[0].Sources, Marks: replies[0].Marks, Seed: &seed, Refusal: replies[0].Refusal, AI: h.Label, Inlay: form.NewInlay(replies...)}
}

type logprobs struct {
	Content []tokenLogprob `json:"content"`
	Refusal []tokenLogprob `json:"refusal"`
}

type tokenLogprob struct {
	Token   string         `json:"token"`
	Logprob float64        `json:"logprob"`
	Bytes   []int          `json:"bytes"`
	Top     []tokenLogprob `json:"top_logprobs,omitzero"`
}

// lowest stands for the logarithm of nothing, which JSON cannot write.
const lowest = -9999.0

func tokenLogprobs(tokens []form.Token, top bool) []tokenLogprob {
	out := make([]tokenLogprob, 0, len(tokens))
	for _, t := range tokens {
		p := tokenLogprob{Token: string(t.Bytes), Logprob: lowest, Bytes: make([]int, len(t.Bytes))}
		if t.Logprob != nil {
			p.Logprob = max(*t.Logprob, lowest)
		}
		for i, b := range t.Bytes {
			p.Bytes[i] = int(b)
		}
		if top {
			p.Top = tokenLogprobs(t.Top, false)
		}
		out = append(out, p)
	}
	return out
}

func (c *chat) logprobs(tokens []form.Token) *logprobs {
	if !c.head.Request.Logprobs {
		return nil
	}
	return &logprobs{Content: tokenLogprobs(tokens, true)}
}

func (c *chat) top(object string) completion {
	h := &c.head
	return completion{ID: h.ID, Object: object, Created: h.Made.Unix(), Model: h.Model, SystemFingerprint: h.Fingerprint, Choices: []choice{}}
}

// Whole tells all answers at once. A refused answer's content is the
// refusal, so that a client that knows no refusals shows it too.
func (c *chat) Whole(replies []*form.Reply) any {
	out := c.top("chat.completion")
	for i, p := range replies {
		m := &message{Role: "assistant", Content: &p.Text, ReasoningContent: p.Thought}
		for _, call := range p.Calls {
			m.ToolCalls = append(m.ToolCalls, toolCall{ID: call.ID, Type: "function", Function: function{call.Name, call.Args}})
		}
		switch {
		case p.Refusal != nil:
			m.Content, m.Refusal, m.ReasoningContent, m.ToolCalls = &p.Refusal.Text, &p.Refusal.Text, "", nil
		case len(p.Calls) > 0 && p.Text == "":
			m.Content = nil
		}
		out.Choices = append(out.Choices, choice{Index: i, Message: m, LogProbs: c.logprobs(p.Tokens), FinishReason: &p.Reason})
	}
	out.Usage, out.Suiren = usageOf(form.Sum(c.head.Request, replies)), c.extension(replies...)
	return out
}

// delta sends one piece of answer i; the first has the role.
func (c *chat) delta(i int, d delta, tokens []form.Token, reason *string, ext *extension) error {
	if !c.begun[i] {
		c.begun[i], d.Role = true, "assistant"
	}
	out := c.top("chat.completion.chunk")
	ch := choice{Index: i, Delta: &d, FinishReason: reason}
	if len(tokens) > 0 {
		ch.LogProbs = c.logprobs(tokens)
	}
	out.Choices, out.Suiren = []choice{ch}, ext
	return c.send("", out)
}

// Event sends an answer as it comes: the role with the first piece.
func (c *chat) Event(i int, e form.Event) error {
	switch e.Kind {
	case form.Sources:
		return c.delta(i, delta{}, nil, nil, &extension{Sources: e.Sources})
	case form.Thought:
		return c.delta(i, delta{ReasoningContent: e.Text}, nil, nil, nil)
	case form.Text:
		return c.delta(i, delta{Content: &e.Text}, e.Tokens, nil, nil)
	case form.Marked:
		return c.delta(i, delta{}, nil, nil, &extension{Marks: []form.Mark{*e.Mark}})
	case form.CallStart:
		return c.delta(i, delta{ToolCalls: []toolCall{{&e.Call.Index, e.Call.ID, "function", function{Name: e.Call.Name}}}}, nil, nil, nil)
	case form.CallArgs:
		return c.delta(i, delta{ToolCalls: []toolCall{{Index: &e.Call.Index, Function: function{Arguments: e.Text}}}}, nil, nil, nil)
	}
	return nil
}

// End sends why each answer ended, if asked the usage with no choices, and
// [DONE].
func (c *chat) End(replies []*form.Reply) error {
	for i, p := range replies {
		var d delta
		if p.Refusal != nil {
			d.Refusal = p.Refusal.Text
			if p.Text == "" {
				d.Content = &d.Refusal
			}
		}
		ext := c.extension(p)
		ext.Sources, ext.Marks = nil, nil // they came before
		if err := c.delta(i, d, nil, &p.Reason, ext); err != nil {
			return err
		}
	}
	if c.includeUsage {
		out := c.top("chat.completion.chunk")
		out.Usage = usageOf(form.Sum(c.head.Request, replies))
		if err := c.send("", out); err != nil {
			return err
		}
	}
	return c.send("", form.Literal("[DONE]"))
}
