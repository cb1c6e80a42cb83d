package form

import (
	"context"
	"iter"
	"time"
)

// A Kind says what an Event carries.
type Kind int

// The kinds of Event. Sources come first, if at all; a thought before the
// text; a mark behind its sentence; a call's start, pieces and end together; Finish last.
const (
	Sources   Kind = iota // the passages the answer rests on
	Prompted              // the prompt itself, of an Echo: Text and Tokens
	Thought               // a piece of the thought
	Text                  // a piece of the answer
	Marked                // a sentence of the text has ended, and what it rests on is known
	CallStart             // a tool is called: Call.ID, Call.Name
	CallArgs              // a piece of its arguments, JSON
	CallEnd               // they are whole
	Finish                // why it ended, and what it cost
)

// Why an answer ended.
const (
	Stop     = "stop"
	Length   = "length"
	ToolUse  = "tool_calls"
	Filtered = "content_filter"
)

// An Event is the next piece of an answer.
type Event struct {
	Kind    Kind
	Text    string   // Prompted, Thought, Text, CallArgs
	Call    CallRef  // CallStart, CallArgs, CallEnd
	Tokens  []Token  // that Text is made of, if log-probabilities were asked for
	Sources []Source // Sources
	Mark    *Mark    // Marked
	Reason  string   // Finish
	Usage   Usage    // the counts so far
}

// A CallRef says which call an event is of.
type CallRef struct {
	Index    int
	ID, Name string // at its start
}

// A Token is a token of an answer and how likely it was.
type Token struct {
	ID      int32
	Bytes   []byte
	Logprob *float64 // nil: nothing came before it
	Top     []Token  // likeliest first; their Top is nil
}

// A Source is a passage of the owner's documents.
type Source struct {
	ID      string   `json:"id,omitempty"` // of the passage
	File    string   `json:"file"`
	Heading string   `json:"heading,omitempty"`
	Text    string   `json:"text"`
	Score   float64  `json:"score"`
	Page    int      `json:"page,omitempty"`  // on which it begins, from 1
	Start   int      `json:"start,omitempty"` // bytes of the document's text
	End     int      `json:"end,omitempty"`
	Quotes  [][2]int `json:"quotes,omitempty"` // of Text, in characters: what the answer says word for word
}

// A Mark says what a sentence of an answer rests on that was written from passages.
type Mark struct {
	Text      string `json:"-"`    // the sentence, as it is found in the answer
	From      int    `json:"from"` // of the answer's text, in characters
	To        int    `json:"to"`
	Supported bool   `json:"supported"`           // the passages hold its words and its numbers
	Cites     []Cite `json:"cites,omitempty"`     // also of one that they support only in part
	Corrected int    `json:"corrected,omitempty"` // numbers of passages in it that were put right or taken out
}

// A Cite is a passage that a sentence rests on.
type Cite struct {
	Source int      `json:"source"` // its number in the answer: from 1, in the order of the sources
	ID     string   `json:"id,omitempty"`
	File   string   `json:"file"`
	Page   int      `json:"page,omitempty"`
	Quotes [][2]int `json:"quotes,omitempty"` // of the source's text, in characters: what says it
}

// Usage counts tokens. Reasoning tokens are part of the completion, cached
// ones of the prompt; steered ones were chosen so that an answer that is bound
// to a form ends in its room.
type Usage struct{ Prompt, Completion, Reasoning, Cached, Steered int }

// An Answerer answers requests. Leaving the loop, or the end of ctx, stops
// the generation. An *Error among its errors was made for the client.
type Answerer interface {
	Can() Can
	Answer(ctx context.Context, a *Ask) iter.Seq2[Event, error]
}

// A Forgetter is an Answerer that can let go of what it keeps for later requests, and
// ends what a caller has under way; "" is nobody's.
type Forgetter interface {
	Forget(caller string)
}

// A Speller turns text into a model's tokens and back.
type Speller interface {
	// Tokens returns the ids of a text; special says whether the names of
	// special tokens in it are those tokens, and the ones that begin a text
	// are added.
	Tokens(text string, special bool) []int32
	// Piece returns the bytes of a token; ok is false if there is no such id.
	Piece(id int32) (b []byte, ok bool)
	// Spell returns the text of tokens.
	Spell(ids []int32) string
	// Render returns the prompt of a conversation, and its tokens.
	Render(r *Request) (text string, ids []int32, err error)
}

// An Embedder makes vectors of texts.
type Embedder interface {
	// Embed returns a vector of length one for each text, and how many tokens
	// were read of each. A text that is longer than Longest is cut there if
	// cut is true, else an error.
	Embed(ctx context.Context, texts []Prompt, cut bool) (vectors [][]float32, tokens []int, err error)
	Width() int
	Longest() int // tokens
}

// A Reranker says how well documents answer a query.
type Reranker interface {
	// Rerank returns a score from 0 to 1 for each document, and the tokens read.
	Rerank(ctx context.Context, query string, documents []string) (scores []float64, tokens int, err error)
}

// Stats are the state of what answers, for the metrics.
type Stats struct {
	Pages, PagesUsed  int // of memory for keys and values
	Running, Waiting  int // requests
	Hits, Asked       int // tokens of prompts that were read before, and all
	Drafted, Accepted int // tokens guessed
}

// A Reporter is an Answerer that tells its state.
type Reporter interface{ Stats() Stats }

// Facts say what a model is.
type Facts struct {
	Family     string // architecture
	Parameters int64
	Quantised  string // type of most weights
	Format     string // gguf, safetensors
	Bytes      int64
	Context    int // tokens
	Width      int
	Layers     int
	Vocabulary int
	Template   string
	Thinks     bool
	Modified   time.Time
}
