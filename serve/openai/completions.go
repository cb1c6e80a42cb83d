package openai

import (
	"encoding/json"
	"math"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/serve/form"
)

// defaultTokens is OpenAI's length of a completion that names none.
const defaultTokens = 16

var completionFields = with(fields{
	"prompt": func(q *query, v json.RawMessage) (err error) {
		q.Prompts, err = form.ReadPrompts(v, "prompt", maxPrompts)
		return err
	},
	"max_tokens":      maxTokens("max_tokens", 0),
	"response_format": (*query).setFormat,
	"suffix": func(q *query, v json.RawMessage) error {
		q.Suffix = new(string)
		q.Need(form.Middle, "suffix")
		return json.Unmarshal(v, q.Suffix)
	},
	"echo": func(q *query, v json.RawMessage) error {
		if err := json.Unmarshal(v, &q.Echo); err != nil || !q.Echo {
			return err
		}
		q.Need(form.Echo, "echo")
		return nil
	},
	"logprobs": func(q *query, v json.RawMessage) error {
		var off bool
		if json.Unmarshal(v, &off) == nil && !off {
			return nil
		}
		n, err := form.Whole(v, "logprobs", 0, 20)
		if err != nil {
			return err
		}
		q.Logprobs, q.TopLogprobs = true, n
		q.Need(form.Logprobs, "logprobs")
		return nil
	},
	"best_of": (*query).setBestOf,
})

// setBestOf takes what changes nothing: the best of as many as are asked for.
func (q *query) setBestOf(v json.RawMessage) error {
	n, err := form.Whole(v, "best_of", 1, math.MaxInt32)
	if err == nil && n > 1 {
		return form.Unsupported("best_of")
	}
	return err
}

// ParseCompletion reads a POST /v1/completions.
func ParseCompletion(body []byte) (*form.Request, form.Shape, error) {
	q := &query{Request: form.Request{N: 1, MaxTokens: defaultTokens}}
	if err := completionFields.Read(body, q); err != nil {
		return nil, nil, err
	}
	if len(q.Prompts) == 0 {
		return nil, nil, form.Invalid("prompt", "missing_parameter", say.T("prompt is missing", "缺少 prompt"))
	}
	q.Need(form.Raw, "prompt")
	switch {
	case q.MaxTokens == 0 && !q.Echo:
		return nil, nil, form.OutOfRange("max_tokens", say.T("at least 1, or 0 with echo", "不小于 1 的数；配合 echo 时可为 0"))
	case q.Echo && q.Suffix != nil:
		return nil, nil, form.Invalid("suffix", "invalid_value", say.T("suffix and echo cannot stand together", "suffix 与 echo 不能同时使用"))
	case len(q.Prompts)*q.N > maxPrompts:
		return nil, nil, form.OutOfRange("n", say.T("at most %d answers to a request", "一次请求至多 %d 个回答", maxPrompts))
	}
	return &q.Request, &text{chat: chat{stream: q.stream, includeUsage: q.includeUsage}, at: map[int]*offset{}}, nil
}

// text tells answers as completions.
type text struct {
	chat
	at map[int]*offset // of an answer, behind what was sent
}

func (t *text) Prefix() string { return "cmpl-" }

type textCompletion struct {
	ID                string       `json:"id"`
	Object            string       `json:"object"`
	Created           int64        `json:"created"`
	Model             string       `json:"model"`
	SystemFingerprint string       `json:"system_fingerprint"`
	Choices           []textChoice `json:"choices"`
	Usage             *usage       `json:"usage,omitempty"`
	Suiren            *extension   `json:"suiren,omitempty"`
}

type textChoice struct {
	Index        int           `json:"index"`
	Text         string        `json:"text"`
	LogProbs     *textLogprobs `json:"logprobs"`
	FinishReason *string       `json:"finish_reason"`
}

// textLogprobs has an entry for each token. What nothing came before has
// none: null.
type textLogprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"` // in characters
}

// An offset is a place in an answer's text, and the bytes after it that are no whole
// character yet.
type offset struct {
	at   int // characters
	tail []byte
}

// pass goes on behind a token, and returns where it began.
func (o *offset) pass(token []byte) (from int) {
	from = o.at
	o.tail = append(o.tail, token...)
	for utf8.FullRune(o.tail) {
		_, n := utf8.DecodeRune(o.tail)
		o.tail, o.at = o.tail[n:], o.at+1
	}
	return from
}

func (t *text) logprobs(tokens []form.Token, o *offset) *textLogprobs {
	r := t.head.Request
	if !r.Logprobs {
		return nil
	}
	out := &textLogprobs{Tokens: []string{}, TokenLogprobs: []*float64{}, TopLogprobs: []map[string]float64{}, TextOffset: []int{}}
	for _, tok := range tokens {
		name := string(tok.Bytes)
		out.Tokens = append(out.Tokens, name)
		out.TextOffset = append(out.TextOffset, o.pass(tok.Bytes))
		out.TokenLogprobs = append(out.TokenLogprobs, finite(tok.Logprob))
		var top map[string]float64
		if tok.Logprob != nil {
			top = map[string]float64{}
			for _, o := range tok.Top {
				if _, twice := top[string(o.Bytes)]; !twice { // the likelier of two that read alike
					top[string(o.Bytes)] = *finite(o.Logprob)
				}
			}
			if _, ok := top[name]; !ok {
				top[name] = *finite(tok.Logprob)
			}
		}
		out.TopLogprobs = append(out.TopLogprobs, top)
	}
	return out
}

func finite(p *float64) *float64 {
	if p != nil && !(*p >= lowest) {
		low := lowest
		return &low
	}
	return p
}

func (t *text) top() textCompletion {
	h := &t.head
	return textCompletion{ID: h.ID, Object: "text_completion", Created: h.Made.Unix(), Model: h.Model, SystemFingerprint: h.Fingerprint, Choices: []textChoice{}}
}

// Whole tells all answers at once: those to the first prompt, to the second…
func (t *text) Whole(replies []*form.Reply) any {
	out := t.top()
	for i, p := range replies {
		c := textChoice{Index: i, Text: p.Prompt + p.Thought + p.Text, FinishReason: &p.Reason}
		if p.Refusal != nil {
			c.Text = p.Refusal.Text
		}
		c.LogProbs = t.logprobs(append(p.PromptTokens[:len(p.PromptTokens):len(p.PromptTokens)], p.Tokens...), new(offset))
		out.Choices = append(out.Choices, c)
	}
	out.Usage, out.Suiren = usageOf(form.Sum(t.head.Request, replies)), extend(t.head, replies...)
	return out
}

func (t *text) Event(i int, e form.Event) error {
	switch e.Kind {
	case form.Prompted, form.Thought, form.Text:
	default:
		return nil
	}
	out := t.top()
	c := textChoice{Index: i, Text: e.Text}
	if len(e.Tokens) > 0 {
		if t.at[i] == nil {
			t.at[i] = new(offset)
		}
		c.LogProbs = t.logprobs(e.Tokens, t.at[i])
	}
	out.Choices = []textChoice{c}
	return t.send("", out)
}

func (t *text) End(replies []*form.Reply) error {
	for i, p := range replies {
		out := t.top()
		c := textChoice{Index: i, FinishReason: &p.Reason}
		if p.Refusal != nil {
			c.Text = p.Refusal.Text
		}
		out.Choices, out.Suiren = []textChoice{c}, extend(t.head, p)
		if err := t.send("", out); err != nil {
			return err
		}
	}
	if t.includeUsage {
		out := t.top()
		out.Usage = usageOf(form.Sum(t.head.Request, replies))
		if err := t.send("", out); err != nil {
			return err
		}
	}
	return t.send("", form.Literal("[DONE]"))
}
