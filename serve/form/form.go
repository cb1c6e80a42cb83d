// Package form is the one form of a request to a model and of its answer.
// Every surface of the server is a translation to and from it, and every
// model that answers speaks it.
package form

import (
	"encoding/json"
	"strings"

	"suiren/internal/say"
)

// A Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system, developer, user, assistant or tool
	Text    string `json:"text"`
	Thought string `json:"thought,omitempty"` // of an assistant
	Name    string `json:"name,omitempty"`
	Calls   []Call `json:"calls,omitempty"`   // of an assistant
	CallID  string `json:"call_id,omitempty"` // of a tool: the call that Text is the result of
}

// Instructs reports whether m tells a model how to answer: a system message, or a developer's.
func (m *Message) Instructs() bool { return m.Role == "system" || m.Role == "developer" }

// A Call is a use of a tool that the model asks for.
type Call struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Args string `json:"arguments"` // JSON, of an object
}

// A Tool is a function that the caller can run for the model.
type Tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"` // JSON Schema; none: any object
}

// An Offer is the tools of a problem, asked as it was trained with: as templates
// read them, whatever else is in them, and with nothing that binds calls, for
// nobody runs them.
type Offer struct {
	Tools []json.RawMessage
	Words bool // a call is words of the answer, and not told as one
}

// A Choice says whether tools must be called.
type Choice struct {
	Mode string `json:"mode,omitempty"` // "" or auto, none, required, named
	Name string `json:"name,omitempty"` // of the tool, if named
}

// A Format binds the answer, not the thought.
type Format struct {
	Kind   string          `json:"kind,omitempty"` // "", json, schema, regex, choice, grammar
	Schema json.RawMessage `json:"schema,omitempty"`
	Text   string          `json:"text,omitempty"`    // of a regex or grammar
	List   []string        `json:"choices,omitempty"` // of a choice
}

// Think steers the thought.
type Think struct {
	Mode   string `json:"mode,omitempty"`   // "": the model's own way; on, off
	Effort string `json:"effort,omitempty"` // minimal, low, medium, high, xhigh, for templates that take it
	Budget int    `json:"budget,omitempty"` // most tokens; 0: no limit of the caller's
}

// Sampling says how tokens are chosen. A nil pointer leaves the model's own
// value.
type Sampling struct {
	Temperature *float64          `json:"temperature,omitempty"`
	TopP        *float64          `json:"top_p,omitempty"`
	TopK        *int              `json:"top_k,omitempty"`
	MinP        *float64          `json:"min_p,omitempty"`
	Typical     *float64          `json:"typical_p,omitempty"`
	Repeat      *float64          `json:"repetition_penalty,omitempty"`
	Presence    *float64          `json:"presence_penalty,omitempty"`
	Frequency   *float64          `json:"frequency_penalty,omitempty"`
	Last        *int              `json:"repeat_last_n,omitempty"` // tokens that the penalties see; −1: all
	Bias        map[int32]float64 `json:"logit_bias,omitempty"`
}

// A Prompt is text to go on from, without a template: Text, or IDs if not nil.
type Prompt struct {
	Text string
	IDs  []int32
}

// A Request asks for one or more answers.
type Request struct {
	Model    string
	Messages []Message // a conversation; else
	Prompts  []Prompt  // raw prompts, each answered on its own
	Suffix   *string   // what comes after the answer: fill in the middle

	Tools    []Tool
	Offer    *Offer // instead of Tools; no client makes one
	Choice   Choice
	OneCall  bool // at most one call
	Format   Format
	Think    Think
	Sampling Sampling
	Seed     *uint64
	Stop     []string
	N        int // answers to each prompt

	MaxTokens   int  // of thought and answer; < 0: as many as fit
	Logprobs    bool // of the answer's tokens
	TopLogprobs int
	Echo        bool   // the prompt comes before the answer; with Logprobs, with its own
	Knowledge   string // a knowledge base of the owner's that the answer is to be written from; "": the release's, if it has one
	NoKnowledge bool   // from none, though the release has one
	Context     int    // that the caller counts on, in tokens; 0: none
	Shorten     bool   // the oldest of a conversation that does not fit is left out
	Adapter     string
	Receipt     bool
	IgnoreEnd   bool // go on to MaxTokens
	MinTokens   int

	Needs []Need // what the answerer must be able to do
}

// NoLimit is a MaxTokens that does not limit.
const NoLimit = -1

// A Need is an ability that a request asks for, and the parameter that asks.
type Need struct {
	Can   Can
	Param string
}

// Need notes that the parameter asks for an ability.
func (r *Request) Need(c Can, param string) { r.Needs = append(r.Needs, Need{c, param}) }

// Can is a set of abilities.
type Can uint32

// The abilities. What every answerer can: conversations of text, MaxTokens,
// Stop, Temperature, TopP, Seed, Think, and N.
const (
	Tools     Can = 1 << iota // tools, their calls and results, OneCall
	Forced                    // Choice required or named
	JSON                      // Format json and schema
	Pattern                   // Format regex and choice
	Grammar                   // Format grammar
	Sampled                   // every field of Sampling
	Logprobs                  // of answers
	Raw                       // Prompts
	Echo                      // of raw prompts
	Middle                    // Suffix
	Adapters                  // Adapter
	Receipts                  // Receipt
	Endless                   // IgnoreEnd and MinTokens
	Bases                     // Knowledge
	Prefilled                 // an assistant's last message is gone on from
	Shortened                 // Shorten
)

// Unmet is the 400 for the first parameter that asks for more than c, or nil.
func (c Can) Unmet(needs []Need) *Error {
	for _, n := range needs {
		if lack := n.Can &^ c; lack != 0 {
			return n.unmet(lack)
		}
	}
	return nil
}

// unmet says what is asked for that is lacking. A conversation cannot be left out: what
// in it asks for it is named.
func (n Need) unmet(lack Can) *Error {
	e := Unsupported(n.Param)
	switch {
	case lack&Prefilled != 0:
		e.Text = say.T("%s ends with the assistant, and this model does not go on from that", "%s 以 assistant 结尾，而这里的模型不能接着写", n.Param)
		e.Next = say.T("end it with a message of the user", "请以 user 的消息结尾")
	case lack&Tools != 0 && (n.Param == "messages" || n.Param == "input"):
		e.Text = say.T("%s holds calls of tools or their results, which this model does not read", "%s 含有工具调用或其结果，而这里的模型不读取它们", n.Param)
		e.Next = say.T("leave them out of it", "请从中去掉它们")
	case lack&Raw != 0:
		e.Text = say.T("this model answers conversations alone, no raw prompts", "这里的模型只回答对话，不接受原始提示")
		e.Next = say.T("send messages to /v1/chat/completions, or to /api/chat without raw", "请将 messages 发送到 /v1/chat/completions，或不带 raw 发送到 /api/chat")
	}
	return e
}

// An Ask is a request for one answer, checked and numbered: what an Answerer
// gets.
type Ask struct {
	*Request
	Messages []Message // of the request, after the rails
	Prompt   *Prompt   // of the request's prompts; nil: Messages
	Seed     uint64
	Caller   string
	Tenant   string
	Readers  []string // the caller, as rules of documents name it
	Receipt  *Receipt // filled in by the time the answer ends; nil: not asked for

	From   *Passages                        // what the answer is to be written from; nil: nothing is given
	Screen func([]Source) ([]Source, error) // what of passages a model may read; nil: all of it
}

// Passages are what an answer is to be written from.
type Passages struct {
	List []Source // the best first
	Lang say.Lang // in which the model is told so
}

// ReadKnowledge reads which knowledge base the answer is to be written from, the
// parameter knowledge: its name, or false for none.
func (r *Request) ReadKnowledge(v json.RawMessage) error {
	r.Knowledge, r.NoKnowledge = "", string(v) == "false"
	if !r.NoKnowledge {
		if err := json.Unmarshal(v, &r.Knowledge); err != nil {
			return MustBe("knowledge", say.T("the name of a knowledge base, or false", "知识库的名称，或 false"))
		}
		if r.Knowledge == "" {
			return nil
		}
	}
	r.Need(Bases, "knowledge")
	return nil
}

// All returns all that a message says, for the books.
func (m *Message) All() string {
	var b strings.Builder
	b.WriteString(m.Text)
	for _, c := range m.Calls {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.Name + c.Args)
	}
	return b.String()
}
