package plain

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"

	"suiren/engine/chat"
	"suiren/engine/infer"
	"suiren/internal/say"
	"suiren/serve/form"
)

// efforts are budgets of thought, in tokens, for templates that do not know
// the word.
var efforts = map[string]int{"minimal": 128, "low": 512, "medium": 2048, "high": 8192}

// conversation translates a request for the template.
func (m *Model) conversation(r *form.Request, messages []form.Message, documents []chat.Document) (chat.Conversation, error) {
	c := chat.Conversation{Documents: documents, Open: true, Now: m.opt.Now()}
	messages = settled(messages)
	for _, msg := range messages {
		out := chat.Message{Role: msg.Role, Content: msg.Text, Thought: msg.Thought, CallID: msg.CallID, Name: msg.Name}
		for _, call := range msg.Calls {
			out.Calls = append(out.Calls, chat.Call{ID: call.ID, Name: call.Name, Arguments: call.Args})
		}
		if out.Role == "tool" && out.Name == "" {
			out.Name = calledName(messages, msg.CallID)
		}
		c.Messages = append(c.Messages, out)
	}
	if n := len(messages); n > 0 && messages[n-1].Role == "assistant" {
		c.Open, c.Continue = false, true
	}
	if r.Choice.Mode != "none" {
		for _, t := range r.Tools {
			v, err := chat.Tool(t.Name, t.Description, t.Parameters)
			if err != nil {
				return c, form.Invalid("tools", "invalid_value", say.T("the parameters of tool %q are not JSON", "工具 %q 的 parameters 不是 JSON", form.Clip(t.Name)))
			}
			c.Tools = append(c.Tools, v)
		}
	}
	if r.Offer != nil {
		c.Tools = r.Offer.Tools
	}
	switch mode := m.think(r).Mode; mode {
	case "on", "off":
		on := mode == "on"
		c.Think = &on
	}
	if m.template.Facts().Effort {
		c.Effort = r.Think.Effort
	}
	return c, nil
}

// settled puts system messages, and a developer's, where every template takes them: those at the
// beginning are one, and a later one ends the message before it if that is
// the user's, and else is a message of the user.
func settled(messages []form.Message) []form.Message {
	var out []form.Message
	for _, m := range messages {
		last := len(out) - 1
		switch {
		case !m.Instructs() || last < 0:
			out = append(out, m)
		case out[last].Instructs(), out[last].Role == "user":
			out[last].Text += "\n\n" + m.Text
		default:
			m.Role = "user"
			out = append(out, m)
		}
	}
	return out
}

// calledName finds the name of the tool that a result is of.
func calledName(messages []form.Message, id string) string {
	for _, m := range messages {
		for _, c := range m.Calls {
			if c.ID == id && id != "" {
				return c.Name
			}
		}
	}
	return ""
}

// render returns the prompt of a conversation.
func (m *Model) render(r *form.Request, messages []form.Message, documents []chat.Document) (chat.Conversation, chat.Prompt, error) {
	c, err := m.conversation(r, messages, documents)
	if err != nil {
		return c, chat.Prompt{}, err
	}
	p, err := m.template.Prompt(c)
	return c, p, templateError(err)
}

// templateError tells a client why a template refused its conversation.
func templateError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, chat.ErrNothingToContinue) {
		return form.Invalid("messages", "invalid_value", say.T("the last message is the assistant's and has no text to continue", "最后一条消息来自 assistant，却没有可接着写的内容"))
	}
	return form.Invalid("messages", "invalid_value", say.T("the model's chat template does not take this conversation: %v", "模型的对话模板不接受这段对话：%v", err))
}

// Render implements form.Speller.
func (m *Model) Render(r *form.Request) (string, []int32, error) {
	if m.template == nil {
		return "", nil, form.Invalid("model", "unsupported_model", say.T("this model has no chat template", "该模型没有对话模板"))
	}
	messages, err := m.shortened(r, r.Messages, false)
	if err != nil {
		return "", nil, err
	}
	_, p, err := m.render(r, messages, nil)
	if err != nil {
		return "", nil, err
	}
	return p.String, m.words.prompt(p.Text), nil
}

// defaults fills in what the request leaves to the model.
func (m *Model) defaults(s form.Sampling) form.Sampling {
	d := m.config
	if s.Temperature == nil {
		if s.Temperature = d.Temperature; s.Temperature == nil {
			one := 1.0
			s.Temperature = &one
		}
	}
	for _, p := range []struct{ to, from **float64 }{{&s.TopP, &d.TopP}, {&s.MinP, &d.MinP}, {&s.Typical, &d.Typical}, {&s.Repeat, &d.Repeat}} {
		if *p.to == nil {
			*p.to = *p.from
		}
	}
	if s.TopK == nil {
		s.TopK = d.TopK
	}
	return s
}

func value(p *float64) float32 {
	if p == nil {
		return 0
	}
	return float32(*p)
}

// sample translates what is left of Sampling after defaults.
func sample(r *infer.Request, s *form.Sampling, seed uint64) {
	r.RepeatPenalty, r.FrequencyPenalty, r.PresencePenalty = value(s.Repeat), value(s.Frequency), value(s.Presence)
	r.Typical, r.TopP, r.MinP, r.Temperature, r.Seed = value(s.Typical), value(s.TopP), value(s.MinP), value(s.Temperature), seed
	if s.TopK != nil {
		r.TopK = max(0, *s.TopK)
	}
	if s.Last != nil {
		if r.PenaltyLast = *s.Last; *s.Last == 0 { // none are seen: no penalties
			r.RepeatPenalty, r.FrequencyPenalty, r.PresencePenalty = 0, 0, 0
		}
	}
	if s.TopP != nil && *s.TopP == 0 { // the likeliest alone; to the engine 0 means all
		r.TopK = 1
	}
	for id, b := range s.Bias {
		if r.Bias == nil {
			r.Bias = map[int32]float32{}
		}
		r.Bias[id] = float32(b)
	}
}

// A job is an ask on its way through the engine.
type job struct {
	m      *Model
	ask    *form.Ask
	req    infer.Request
	parser *chat.Parser // of a conversation
	after  form.Sampling

	sources []form.Source // that the prompt holds
}

// job translates an ask.
func (m *Model) job(a *form.Ask) (*job, error) {
	j := &job{m: m, ask: a, after: m.defaults(a.Sampling)}
	r := &j.req
	if err := j.begin(); err != nil {
		return nil, err
	}
	if err := j.prompt(); err != nil {
		return nil, err
	}
	if err := j.constrain(); err != nil {
		return nil, err
	}
	limit, _ := m.limits(a.Request)
	if r.MaxTokens = a.MaxTokens; r.MaxTokens < 0 { // as many as fit
		r.MaxTokens = limit
	}
	if most := r.MostPrompt(limit); len(r.Prompt) > most {
		return nil, form.TooLong(len(r.Prompt), most)
	}
	r.MaxTokens = min(r.MaxTokens, limit-len(r.Prompt))
	return j, nil
}

// begin sets what does not depend on the prompt.
func (j *job) begin() error {
	m, a, r := j.m, j.ask, &j.req
	sample(r, &j.after, a.Seed)
	if err := m.known("logit_bias", slices.Sorted(maps.Keys(r.Bias))); err != nil {
		return err
	}
	r.Caller, r.Tenant, r.Draft, r.Echo, r.MinTokens = a.Caller, a.Tenant, true, a.Echo, a.MinTokens
	if a.Logprobs {
		r.TopLogprobs = a.TopLogprobs
	}
	if !a.IgnoreEnd {
		r.Stop = m.words.ends
		if a.Prompt != nil {
			r.Stop = m.words.stops
		} else if id, ok := m.words.t.Special(m.template.Facts().Thought.Close); ok { // <|end|> may end a thought, and only that
			r.Stop = slices.DeleteFunc(slices.Clone(r.Stop), func(s int32) bool { return s == id })
		}
	}
	if name := j.adapter(); name != "" {
		own := m.adapters[name]
		if own == nil {
			return form.Invalid("adapter", "invalid_value", say.T("there is no adapter %q here", "这里没有名为 %q 的适配器", form.Clip(name)))
		}
		r.Adapter = own.Adapter
	}
	return nil
}

// adapter is the name of the adapter that answers; "": none.
func (j *job) adapter() string { return cmp.Or(j.ask.Adapter, j.m.opt.Adapter) }

// known reports the first of some tokens that the model does not have. It may have
// rows for more.
func (m *Model) known(param string, ids []int32) error {
	for _, id := range ids {
		if n := m.words.t.Vocab(); id < 0 || int(id) >= n {
			return form.Invalid(param, "invalid_value", say.T("token %d is not in the vocabulary of %d", "词元 %d 不在大小为 %d 的词表中", id, n))
		}
	}
	return nil
}

// prompt sets the prompt, and what is known of the thought.
func (j *job) prompt() error {
	m, a, r := j.m, j.ask, &j.req
	switch {
	case a.Prompt != nil && a.Suffix != nil:
		if a.Prompt.IDs != nil {
			return form.Invalid("prompt", "invalid_value", say.T("with suffix, prompt must be text", "使用 suffix 时 prompt 应为文本"))
		}
		r.Prompt = m.words.middle(a.Prompt.Text, *a.Suffix)
	case a.Prompt != nil && a.Prompt.IDs != nil:
		r.Prompt = a.Prompt.IDs
	case a.Prompt != nil:
		r.Prompt = m.words.raw(a.Prompt.Text)
	default:
		messages, err := m.shortened(a.Request, a.Messages, a.From != nil && len(a.From.List) > 0)
		if err != nil {
			return err
		}
		render := func() (chat.Conversation, chat.Prompt, error) { return m.render(a.Request, messages, nil) }
		if a.From != nil {
			render = func() (chat.Conversation, chat.Prompt, error) { return j.written(messages) }
		}
		c, p, err := render()
		if err != nil {
			return err
		}
		if a.Offer != nil && a.Offer.Words {
			c.Tools = nil // of none, no call is one
		}
		j.parser = m.template.NewParser(c, p, callID(a))
		r.Prompt = m.words.prompt(p.Text)
		j.thought(p)
	}
	if len(r.Prompt) == 0 {
		return form.Invalid("prompt", "invalid_value", say.T("the prompt has no tokens", "提示里没有词元"))
	}
	return m.known("prompt", r.Prompt)
}

// thought says to the engine where a thought begins and ends, and how long it
// may be.
func (j *job) thought(p chat.Prompt) {
	facts, t, r := j.m.template.Facts(), j.m.think(j.ask.Request), &j.req
	if !facts.Thinks || t.Mode == "off" {
		return
	}
	r.Open = p.Thinking
	mark := func(tag string) []int32 { return j.m.words.t.EncodeMarked(nil, tag, nil) }
	r.ThinkEnd = mark(facts.Thought.Close)
	if !r.Open {
		r.ThinkStart = mark(facts.Thought.Open)
	}
	r.Think = t.Budget
	if r.Think == 0 && !facts.Effort {
		r.Think = efforts[t.Effort]
	}
	r.Think = min(r.Think, math.MaxInt32)
}

// callID makes the ids of calls from the answer's seed and place, so that a
// replay gives the same.
func callID(a *form.Ask) func(int) string {
	n := len(a.Messages)
	return func(i int) string { return "call_" + digits(a.Seed^uint64(n)<<40^uint64(i)*0x9e3779b97f4a7c15) }
}

// digits writes a number in nine letters and digits, the length that
// Mistral's templates ask for.
func digits(x uint64) string {
	const set = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	b := make([]byte, 9)
	for i := range b {
		b[i] = set[x%62]
		x /= 62
	}
	return string(b)
}
