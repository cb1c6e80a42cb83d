package serve

import (
	"errors"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Rail checks one text that comes in pieces. It holds back what could still
// become forbidden: what it has released is final.
type Rail interface {
	// Write returns what may leave now, also beside an error, after which nothing
	// more may leave.
	Write(piece string) (string, error)
	// Flush ends the text and returns what was held back. A *Retraction comes
	// beside all of it.
	Flush() (string, error)
	// Whole does both with a text that is there as a whole.
	Whole(text string) (string, error)
	// Changed reports whether what was released is not what was written.
	Changed() bool
	// Notes returns what came of the policy's rails.
	Notes() []Note
}

// A Note is what a rail of the policy did to a text, or would have done.
type Note struct {
	Stage    string `json:"stage"`
	Rule     string `json:"rule"`
	Class    string `json:"class"`
	Action   string `json:"action"`
	Observed bool   `json:"observed,omitempty"` // it only observes: nothing was done
	Failed   bool   `json:"failed,omitempty"`   // it could not judge: nothing was done
	Count    int    `json:"count"`
}

// A Refusal is the error of a Rail that will not let a text pass.
type Refusal struct {
	Class   string   // of risk: A.1.a, LLM01, …
	Rule    string   // which rule of the policy; for the audit log, not for the client
	Text    say.Text // for the reader
	Suspend bool     // it counts against the caller
	Stage   string   // of the text
}

func (r *Refusal) Error() string { return "refused by rule " + r.Rule }

// A Retraction is the error of a Rail's Flush when a text that has left is
// withdrawn from a byte on.
type Retraction struct {
	Refusal
	From   int
	Policy string // its name
}

func (r *Retraction) Error() string { return "withdrawn by rule " + r.Rule }

// Stages of a text on its way.
const (
	onInput      = "input"
	onRetrieval  = "retrieval"
	onToolCall   = "tool_call"
	onToolResult = "tool_result"
	onThought    = "thought"
	onOutput     = "output"
)

// A RailContext is what a policy is told of a text beside itself.
type RailContext struct {
	Labels   map[string]string
	Passages []string                // that the answer rests on
	Ask      func(RailQuestion) bool // whether a person lets it pass; nil: nobody is there
	Vault    Vault                   // of the request; nil: there are no stand-ins
}

// A RailQuestion is what a rail asks a person.
type RailQuestion struct {
	Rule, Class, Stage   string
	Before, Found, After string   // the text, as far as it is written
	Refusal              say.Text // what the client is told if it may not pass
}

// A Policy makes rails. A nil Policy lets everything pass.
type Policy interface {
	Rail(stage string, c RailContext) Rail
}

// A Vaulter is a Policy that may put stand-ins in the place of personal data, which
// become that again for the caller alone: the model, the books and the logs have the
// stand-ins.
type Vaulter interface {
	Policy

	// Vault makes the vault of a caller's request; nil: there are no stand-ins.
	Vault(caller string) Vault
}

// A Vault knows what stands for what in one request.
type Vault interface {
	Empty() bool
	Restore() Restorer // of one text, with what the vault knows by now
}

// A Restorer puts values in the place of their stand-ins in a text that comes in
// pieces.
type Restorer interface {
	Write(piece string) string
	Flush() string
}

// A Release is what a server answers from: a release of a plan, or a model.
// What it cannot do is nil.
type Release struct {
	Name     string // the model's name for clients
	Digest   string // hexadecimal
	Made     time.Time
	Answerer form.Answerer
	Speller  form.Speller
	Embedder form.Embedder
	Reranker form.Reranker
	Policy   Policy
	Context  int            // most tokens of prompt and completion; 0 if unknown
	Origin   string         // of Context: the model's own, or a limit here
	Examples []say.Text     // questions to begin with
	Label    bool           // mark answers as AI-generated
	About    map[string]any // shown on the page: parameters, think budget
	Facts    form.Facts
	Limits   Limits
	// Document is a document that answers cite, as a caller may read it: passages,
	// as JSON. base is the knowledge base that the answer was written from, of a
	// release that is asked with one; NoBase if it is none. nil: it cites nothing.
	Document  func(readers []string, base, file string) (any, error)
	Knowledge string  // the base that is asked unless a request names another; "": none
	Canary    *Canary // nil: it answers all but what the canaries of its name take
}

// ErrNoAnswer is wrapped by Config.Rate's error for an id it does not know.
var ErrNoAnswer = errors.New("no such answer")

// A Record is all that is known of one answer when it has ended. A request
// for several answers has a record of each.
type Record struct {
	ID         string
	Caller     string // name of the key or person
	Person     bool   // it is a person's
	Tenant     string // of the caller; "" is the house itself
	Project    string
	Time       time.Time
	Release    *Release
	Messages   []form.Message // after the input rails; a raw prompt is a user's. nil: no answer was asked for, but vectors or scores
	Options    Options
	Thought    string // as the client got it, but for stand-ins
	Answer     string // with the calls of tools
	Sources    []form.Source
	Marks      []form.Mark // of the answer's sentences, if it was written from the sources
	Reason     string      // stop, length, tool_calls, content_filter, cancelled, error
	Refusal    *Refusal    // nil unless a rail refused
	Retracted  bool        // by that refusal, after the answer had left
	Notes      []Note      // what the policy's rails did, or would have done
	Usage      form.Usage
	CPUSeconds float64 // this answer's share of the process's time
	Joules     float64 // and of the processor's energy, where Metered is not ""
	Metered    string  // what read the energy: rapl, hwmon, power
	Operation  string  // chat, embeddings, rerank
	Parent     string  // W3C traceparent of the caller, or ""
	Spans      []Span
	Receipt    *form.Receipt // nil if there is none
	Wait       time.Duration // in the queue
	First      time.Duration // from the start to the first piece; 0 if there was none
	Total      time.Duration
}

// Options are the parameters of an answer that a trace keeps.
type Options struct {
	MaxTokens int           `json:"max_tokens,omitempty"`
	Think     form.Think    `json:"think,omitzero"`
	Sampling  form.Sampling `json:"sampling,omitzero"`
	Seed      uint64        `json:"seed"`
	Tools     int           `json:"tools,omitempty"` // how many were offered
	Format    string        `json:"format,omitempty"`
}

// A Rating is what a reader thought of an answer.
type Rating struct {
	ID     string `json:"id"`
	Good   bool   `json:"good"`
	Reason string `json:"reason,omitempty"`
	Caller string `json:"-"`
}
