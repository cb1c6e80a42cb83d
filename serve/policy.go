package serve

import (
	"suiren/internal/say"
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
