package serve

import (
	"errors"
	"time"

	"suiren/serve/form"
)

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
	Tools      []form.Tool    // that were offered, and could be called
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
