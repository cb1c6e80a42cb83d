package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// Options steer one answer. A nil pointer leaves the scenario's own value.
type Options struct {
	MaxTokens   int // of thought and answer; 0: the scenario's limit
	Think       int // most tokens of thought, never more than the scenario's; 0: answer at once; < 0: the scenario's
	Temperature *float64
	TopP        *float64
	Seed        uint64
	Principals  []string // who asks, and the groups of it: what of the documents it may read; none: what everybody may
	Caller      string   // whose turn it is
	Tenant      string   // whose memory it may use: what one tenant's questions have read, no other's find
	Trail       *Trail   // filled in by the time the answer ends; nil: not asked for

	// Tools are those of a problem, as it was trained with. Nobody runs them: what is
	// said beside a call is the answer. A model that was not taught any is asked without.
	Tools []json.RawMessage

	Reading *Reading // what the model is given to read; Answer sets it
}

// A Kind says what a Delta carries.
type Kind int

// The kinds of Delta, in the order in which they come.
const (
	Sources Kind = iota // the passages the answer rests on; at most once, first
	Thought             // a piece of the thought
	Answer              // a piece of the answer
	Called              // the name of a tool that it called, of Options.Tools
	Finish              // why it ended, and what it cost; once, last
)

// A Source is a passage of the owner's documents.
type Source struct {
	ID      string // of the passage
	File    string
	Heading string
	Text    string
	Score   float64
	Page    int      // on which the first quoted words stand, from 1; 0: there are none
	Start   int      // bytes of the document's text
	End     int      // 0: not known
	Quotes  [][2]int // of Text, in characters: what the answer says word for word
}

// Usage counts tokens. Reasoning tokens are part of the completion. An
// answer from knowledge costs none: the model is not asked.
type Usage struct{ Prompt, Completion, Reasoning int }

// A Delta is the next piece of an answer.
type Delta struct {
	Kind    Kind
	Text    string   // Thought, Answer, Called
	Sources []Source // Sources
	Reason  string   // Finish: stop, length
	Usage   Usage    // the counts so far
}

// ErrTooLong is wrapped by the error for a question that does not fit into
// the context, with room to think and to answer.
var ErrTooLong = errors.New("conversation is longer than the context")

// ErrNoQuestion is wrapped by the error for a conversation in which the user
// says nothing.
var ErrNoQuestion = errors.New("no question in the conversation")

// answerRoom is what a thought leaves of the context for the answer, in
// tokens, or a quarter of a context in which that is less.
const answerRoom = 32

// Answer answers the last message of the user.
//
// Read says what the documents have to do with it: they answer it word for word,
// or the model writes the answer from their passages, or it answers from itself,
// or the question is declined. A model of our own that
// was taught single questions is asked this one alone; any other is given the
// conversation, of our own what they were taught to read.
// Leaving the loop, or the end of ctx, stops the generation.
func (s *Scenario) Answer(ctx context.Context, conversation []stage.Message, opt Options) iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		reading, err := s.Read(conversation, opt.Principals)
		if err != nil {
			yield(Delta{}, err)
			return
		}
		known := reading.Known
		if t := opt.Trail; t != nil && known != nil && s.other == nil {
			question, _ := lastQuestion(conversation)
			if s.index != nil && len(s.index.Rules()) > 0 {
				t.Principals = opt.Principals
			}
			t.Made.Prompt, t.Tokens, t.Finish = s.model.Tokenizer.Encode(nil, question), s.model.Tokenizer.Encode(nil, spoken(known)), infer.Stopped
		}
		for _, d := range known {
			if !yield(d, nil) {
				return
			}
		}
		switch {
		case known != nil:
		case s.other != nil:
			bound := s.Bound(opt)
			bound.Reading = &reading
			for d, err := range s.other.Answer(ctx, conversation, bound) {
				if !yield(d, err) {
					return
				}
			}
		default:
			question, _ := lastQuestion(conversation)
			s.generate(ctx, question, opt, yield)
		}
	}
}

// spoken is the text of an answer.
func spoken(list []Delta) (text string) {
	for _, d := range list {
		if d.Kind == Answer {
			text += d.Text
		}
	}
	return text
}

// Other returns the model that is asked conversations; nil if it is one of ours
// that was taught single questions.
func (s *Scenario) Other() Model { return s.other }

// Bound returns options as the scenario allows them, every field set.
func (s *Scenario) Bound(o Options) Options {
	if o.Think < 0 || o.Think > s.Think {
		o.Think = s.Think
	}
	if most := s.Tokens; most > 0 {
		if o.Think > 0 {
			most += o.Think + 1 // the token that ends the thought
		}
		if o.MaxTokens == 0 || o.MaxTokens > most {
			o.MaxTokens = most
		}
	}
	if o.Temperature == nil {
		o.Temperature = &s.Temperature
	}
	return o
}

func lastQuestion(conversation []stage.Message) (string, error) {
	for i := len(conversation) - 1; i >= 0; i-- {
		if m := conversation[i]; m.Role == "user" && strings.TrimSpace(m.Content) != "" {
			return strings.TrimSpace(m.Content), nil
		}
	}
	return "", &say.Error{What: say.T("the conversation holds no question", "对话里没有问题"), Err: ErrNoQuestion}
}

// request makes the request for a question, or ErrTooLong.
func (s *Scenario) request(question string, opt Options) (infer.Request, error) {
	think := s.Think
	if opt.Think >= 0 {
		think = min(think, opt.Think)
	}
	r := s.model.Ask([]tokenizer.Message{{Role: "user", Content: question}}, think, 1)
	limit := s.engine.Limit()
	left := limit - len(r.Prompt) - min(answerRoom, limit/4)
	if left < 1 || think > 0 && left < 2 {
		return r, &say.Error{Err: ErrTooLong, What: say.T("the question has %d tokens, and the context of %d leaves no room to answer it",
			"问题有 %d 个词元，上下文只有 %d，放不下回答", len(r.Prompt), limit),
			Next: say.T("make it shorter", "请缩短问题")}
	}
	r.MaxTokens = limit
	if think > 0 {
		r.Think = min(think, left-1) // the token that ends the thought
	}
	if s.Tokens > 0 {
		r.MaxTokens = s.Tokens
		if think > 0 {
			r.MaxTokens += r.Think + 1
		}
	}
	if opt.MaxTokens > 0 {
		r.MaxTokens = min(r.MaxTokens, opt.MaxTokens)
	}
	r.Caller, r.Tenant = opt.Caller, opt.Tenant
	r.Temperature, r.Seed = float32(s.Temperature), opt.Seed
	if opt.Temperature != nil {
		r.Temperature = float32(*opt.Temperature)
	}
	if opt.TopP != nil {
		r.TopP = float32(*opt.TopP)
	}
	return r, nil
}

// generate answers with the model.
func (s *Scenario) generate(ctx context.Context, question string, opt Options, yield func(Delta, error) bool) {
	r, err := s.request(question, opt)
	if err != nil {
		yield(Delta{}, err)
		return
	}
	d := Delta{Kind: Answer, Usage: Usage{Prompt: len(r.Prompt)}}
	if r.Think > 0 {
		d.Kind = Thought
	}
	trail := opt.Trail
	if trail == nil {
		trail = new(Trail)
	}
	trail.Asked, trail.Made = true, r
	stream := tokenizer.NewStream(s.model.Tokenizer)
	put := func(text string) bool {
		d.Text = text
		return text == "" || yield(d, nil)
	}
	for t, err := range s.engine.Generate(ctx, r) {
		if err != nil {
			yield(Delta{Usage: d.Usage}, err)
			return
		}
		if d.Kind == Thought && !t.Thought {
			if !put(stream.Flush()) {
				return
			}
			d.Kind = Answer
		}
		if t.Finish != infer.Stopped { // the stop token is not part of the answer
			trail.Tokens = append(trail.Tokens, t.ID)
			d.Usage.Completion++
			if d.Kind == Thought {
				d.Usage.Reasoning++
			}
		}
		if !s.special[t.ID] { // which are not text
			if !put(stream.Write(t.ID)) {
				return
			}
		}
		if t.Finish != "" {
			trail.Finish = t.Finish
			if put(stream.Flush()) {
				yield(Delta{Kind: Finish, Reason: t.Finish, Usage: d.Usage}, nil)
			}
			return
		}
	}
}

// A Reply is a whole answer.
type Reply struct {
	Thought, Answer string
	Sources         []Source
	Called          []string // tools
	Tokens          int      // of thought and answer
	Finish          string   // stop, length
}

// Reply answers one question as Answer does with no options.
func (s *Scenario) Reply(ctx context.Context, question string) (Reply, error) {
	return s.ReplyTo(ctx, []stage.Message{{Role: "user", Content: question}}, nil)
}

// ReplyTo is Reply for a conversation, with the tools of a problem.
func (s *Scenario) ReplyTo(ctx context.Context, conversation []stage.Message, tools []json.RawMessage) (Reply, error) {
	var r Reply
	var thought, answer strings.Builder
	for d, err := range s.Answer(ctx, conversation, Options{Think: -1, Tools: tools}) {
		if err != nil {
			return Reply{}, err
		}
		switch d.Kind {
		case Sources:
			r.Sources = d.Sources
		case Thought:
			thought.WriteString(d.Text)
		case Answer:
			answer.WriteString(d.Text)
		case Called:
			r.Called = append(r.Called, d.Text)
		case Finish:
			r.Finish, r.Tokens = d.Reason, d.Usage.Completion
		}
	}
	r.Thought, r.Answer = thought.String(), answer.String()
	return r, nil
}
