package form

import (
	"time"

	"suiren/internal/say"
)

// A Head is what every piece of a reply says.
type Head struct {
	ID, Model, Fingerprint string
	Made                   time.Time
	Lang                   say.Lang
	Label                  bool // the answers are labelled as an AI's
	Request                *Request
}

// A Reply is one answer as the client is told of it.
type Reply struct {
	Prompt       string  // of an Echo
	PromptTokens []Token // with Logprobs
	Thought      string
	Text         string
	Calls        []Call
	Tokens       []Token // of Text, with Logprobs
	Sources      []Source
	Marks        []Mark // of the sentences, if it was written from Sources
	Reason       string // Stop, Length, ToolUse, Filtered
	Stopped      string // the stop string that ended it
	Refusal      *Refused
	Retract      *Retracted // beside Refusal: what has left of the answer is withdrawn
	Usage        Usage
	Seed         uint64
	Receipt      *Receipt
	First, Total time.Duration // from the request to its first piece, and to its end
}

// Refused tells a client that a rail ended the answer. What it has of the
// answer stays what it is; Text is to be shown instead or after.
type Refused struct {
	Class string `json:"class"`
	Text  string `json:"text"`
}

// Retracted tells a client to take back what it shows of the answer, from a byte
// of its text on, and to show Text in its place.
type Retracted struct {
	From   int    `json:"from"`
	Class  string `json:"class"`
	Policy string `json:"policy"`
	Text   string `json:"text"`
}

// A Sink sends one event of a stream. Name is for the surfaces that name
// their events, else "".
type Sink func(name string, v any) error

// A Shape is how a surface tells the answers to one request. Begin comes
// first; then Event for every piece, in any mixture of the answers, and End;
// or, if Streams is false, Whole alone.
type Shape interface {
	Streams() bool
	Prefix() string // of the ids
	Begin(h Head, send Sink)
	Event(i int, e Event) error
	End(replies []*Reply) error
	Whole(replies []*Reply) any
}

// Sum adds up what all answers cost: each prompt counts once.
func Sum(r *Request, replies []*Reply) Usage {
	var u Usage
	for i, p := range replies {
		if r.N < 2 || i%r.N == 0 {
			u.Prompt += p.Usage.Prompt
			u.Cached += p.Usage.Cached
		}
		u.Completion += p.Usage.Completion
		u.Reasoning += p.Usage.Reasoning
	}
	return u
}

// A Literal is an event's data that is sent as it is, such as [DONE].
type Literal string
