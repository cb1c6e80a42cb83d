package serve

import (
	"context"
	"errors"
	"iter"
	"time"

	"suiren/internal/say"
)

// A Message is one turn of a conversation.
type Message struct {
	Role string `json:"role"` // system, user or assistant
	Text string `json:"text"`
}

// Options steer one answer. A nil pointer leaves the scenario's own value.
type Options struct {
	MaxTokens   int // of thought and answer; 0 means the scenario's limit
	Think       int // most tokens of thought; 0 answers directly, < 0 means the scenario's budget
	Temperature *float64
	TopP        *float64
	Seed        uint64
}

// A Kind says what a Delta carries.
type Kind int

// The kinds of Delta, in the order in which they come.
const (
	Sources Kind = iota // the passages the answer rests on; at most once, first
	Thought             // a piece of the thought
	Answer              // a piece of the answer
	Finish              // why it ended, and what it cost; once, last
)

// A Source is a passage of the owner's documents.
type Source struct {
	File    string  `json:"file"`
	Heading string  `json:"heading,omitempty"`
	Text    string  `json:"text"`
	Score   float64 `json:"score"`
}

// Usage counts tokens. Reasoning tokens are part of the completion.
type Usage struct{ Prompt, Completion, Reasoning int }

// A Delta is the next piece of an answer.
type Delta struct {
	Kind    Kind
	Text    string   // Thought, Answer
	Sources []Source // Sources
	Reason  string   // Finish: stop, length
	Usage   Usage    // the counts so far
}

// An Answerer answers conversations. Leaving the loop, or the end of ctx,
// stops the generation.
type Answerer interface {
	Answer(ctx context.Context, conversation []Message, opt Options) iter.Seq2[Delta, error]
}

// A Rail checks one text that comes in pieces. It holds back what could still
// become forbidden: what it has released is final.
type Rail interface {
	// Write returns what may leave now. After an error nothing more may leave.
	Write(piece string) (string, error)
	// Flush ends the text and returns what was held back.
	Flush() (string, error)
}

// A Refusal is the error of a Rail, or of an input check, that will not let a
// text pass.
type Refusal struct {
	Class string   // of risk: A.1.a, LLM01, …
	Rule  string   // which rule of the policy; for the audit log, not for the client
	Text  say.Text // for the reader
}

func (r *Refusal) Error() string { return "refused by rule " + r.Rule }

// A Policy makes rails. A nil Policy lets everything pass.
type Policy interface {
	Input() Rail  // for what the caller sends
	Output() Rail // for a thought, or an answer
}

// A Release is what a server answers from.
type Release struct {
	Name     string // the model's name for clients
	Digest   string // hexadecimal
	Made     time.Time
	Scenario Answerer
	Policy   Policy
	Context  int            // most tokens of prompt and completion; 0 if unknown
	Examples []say.Text     // questions to begin with
	Label    bool           // mark answers as AI-generated
	About    map[string]any // shown on the page: parameters, think budget
}

// ErrTooLong is wrapped by a scenario's error for a conversation that does
// not fit into the context.
var ErrTooLong = errors.New("conversation is longer than the context")

// ErrNoAnswer is wrapped by Config.Rate's error for an id it does not know.
var ErrNoAnswer = errors.New("no such answer")

// A Record is all that is known of one request when it has ended.
type Record struct {
	ID         string
	Caller     string // name of the key or session
	Time       time.Time
	Release    *Release
	Messages   []Message // after the input rails
	Options    Options
	Thought    string // as the client got it
	Answer     string
	Sources    []Source
	Reason     string   // stop, length, content_filter, cancelled, error
	Refusal    *Refusal // nil unless a rail refused
	Usage      Usage
	CPUSeconds float64       // this request's share of the process's time
	Wait       time.Duration // in the queue
	First      time.Duration // from the start to the first piece; 0 if there was none
	Total      time.Duration
}

// A Rating is what a reader thought of an answer.
type Rating struct {
	ID     string `json:"id"`
	Good   bool   `json:"good"`
	Reason string `json:"reason,omitempty"`
	Caller string `json:"-"`
}
