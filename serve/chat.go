package serve

import (
	"errors"
	"net/http"

	"suiren/internal/say"
)

// chat answers a conversation in the manner of OpenAI's chat completions.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	req, err := parseChat(body)
	if err != nil {
		return err
	}
	rel, err := s.pick(req.Model)
	if err != nil {
		return err
	}
	x := s.begin(caller(r), rel, req)
	if err := s.queue.enter(r.Context()); err != nil {
		return err
	}
	defer s.queue.leave()
	x.rec.Wait = s.conf.Now().Sub(x.start)
	part := s.meter.begin()
	defer func() { x.record(s.meter.end(part)) }()
	if req.Stream {
		return s.stream(w, r, x)
	}
	x.emit = func(Delta) error { return nil }
	if err := x.run(r.Context()); err != nil {
		return forClient(err)
	}
	return writeJSON(w, http.StatusOK, x.completion(language(r)))
}

// pick finds the release that answers as model; "" is whichever there is.
func (s *Server) pick(model string) (*Release, error) {
	rel := s.release.Load()
	if rel == nil {
		return nil, &apiError{status: http.StatusServiceUnavailable, typ: "server_error", code: "model_not_ready",
			text: say.T("the model is still being made", "模型还在训练中"), next: say.T("follow it on the plan page", "进度见“计划”页面")}
	}
	if model != "" && model != rel.Name {
		return nil, &apiError{status: http.StatusNotFound, typ: "invalid_request_error", code: "model_not_found", param: "model",
			text: say.T("there is no model %q here", "这里没有名为 %q 的模型", clip(model)), next: say.T("use %q", "请用 %q", rel.Name)}
	}
	return rel, nil
}

// forClient gives the errors of a scenario that a client can do something
// about their words; the rest stays ours.
func forClient(err error) error {
	if errors.Is(err, ErrTooLong) {
		return errTooLong(err)
	}
	return err
}

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
	LogProbs     *struct{} `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

type message struct {
	Role             string  `json:"role"`
	Content          string  `json:"content"`
	ReasoningContent string  `json:"reasoning_content,omitempty"`
	Refusal          *string `json:"refusal"`
}

type delta struct {
	Role             string  `json:"role,omitempty"`
	Content          *string `json:"content,omitempty"`
	ReasoningContent string  `json:"reasoning_content,omitempty"`
	Refusal          string  `json:"refusal,omitempty"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	Details          struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// An extension is what Suiren adds to OpenAI's shapes, under the key suiren.
type extension struct {
	Sources []Source `json:"sources,omitempty"` // the passages the answer rests on
	Seed    *uint64  `json:"seed,omitempty"`    // with the same request, gives the same answer
	Refusal *refused `json:"refusal,omitempty"`
	AI      bool     `json:"ai_generated,omitempty"` // the label of GB 45438
}

// refused tells a client that a rail ended the answer. What it has of the
// answer stays what it is; Text is to be shown instead or after.
type refused struct {
	Class string `json:"class"`
	Text  string `json:"text"`
}

func (x *exchange) head(object string) completion {
	rel := x.rec.Release
	return completion{ID: x.rec.ID, Object: object, Created: x.rec.Time.Unix(), Model: rel.Name,
		SystemFingerprint: "suiren-" + rel.Digest[:min(12, len(rel.Digest))], Choices: []choice{}}
}

func (x *exchange) usage() *usage {
	u := &usage{PromptTokens: x.rec.Usage.Prompt, CompletionTokens: x.rec.Usage.Completion}
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	u.Details.ReasoningTokens = x.rec.Usage.Reasoning
	return u
}

func (x *exchange) extension(lang say.Lang) *extension {
	e := &extension{Sources: x.rec.Sources, Seed: &x.rec.Options.Seed, AI: x.rec.Release.Label}
	if r := x.rec.Refusal; r != nil {
		e.Refusal = &refused{r.Class, r.Text.In(lang)}
	}
	return e
}

// completion is the whole answer. A refused answer's content is the refusal,
// so that a client that knows no refusals shows it too.
func (x *exchange) completion(lang say.Lang) completion {
	c := x.head("chat.completion")
	m := &message{Role: "assistant", Content: x.answer.text.String(), ReasoningContent: x.thought.text.String()}
	if r := x.rec.Refusal; r != nil {
		text := r.Text.In(lang)
		m.Content, m.Refusal, m.ReasoningContent = text, &text, ""
	}
	c.Choices = []choice{{Message: m, FinishReason: &x.rec.Reason}}
	c.Usage, c.Suiren = x.usage(), x.extension(lang)
	return c
}

// stream sends the answer as it comes: the role, thoughts, the answer, the
// reason it ended, if asked the usage with no choices, and [DONE].
func (s *Server) stream(w http.ResponseWriter, r *http.Request, x *exchange) error {
	events := newEventStream(w, heartbeat)
	defer events.close()
	send := func(d delta, reason *string, ext *extension) error {
		c := x.head("chat.completion.chunk")
		c.Choices, c.Suiren = []choice{{Delta: &d, FinishReason: reason}}, ext
		return events.send("", c)
	}
	role := "assistant" // of the first chunk only
	x.emit = func(d Delta) error {
		out := delta{Role: role}
		role = ""
		switch d.Kind {
		case Sources:
			return send(out, nil, &extension{Sources: d.Sources})
		case Thought:
			out.ReasoningContent = d.Text
		default:
			out.Content = &d.Text
		}
		return send(out, nil, nil)
	}
	if err := x.run(r.Context()); err != nil {
		return s.broken(r, events, forClient(err))
	}
	lang := language(r)
	end := delta{Role: role}
	if x.rec.Refusal != nil {
		end.Refusal = x.rec.Refusal.Text.In(lang)
		if x.answer.text.Len() == 0 {
			end.Content = &end.Refusal
		}
	}
	ext := x.extension(lang)
	ext.Sources = nil // they came first
	send(end, &x.rec.Reason, ext)
	if x.req.IncludeUsage {
		c := x.head("chat.completion.chunk")
		c.Usage = x.usage()
		events.send("", c)
	}
	events.raw("", "[DONE]")
	return nil
}

// broken ends a stream by an error: as a status while nothing is sent, else
// as an event, for the status has gone.
func (s *Server) broken(r *http.Request, events *eventStream, err error) error {
	if r.Context().Err() != nil {
		return nil // the client is gone
	}
	if !events.started() {
		return err
	}
	events.send("", s.public(r, err).body(language(r)))
	return nil
}
