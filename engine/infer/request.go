// Package infer generates text: token ids in, token ids out. Requests share
// a batch, and what a request gets does not depend on the others in it.
package infer

import (
	"errors"
	"fmt"
	"math"
	"time"

	"suiren/engine/model"
)

// A Request asks for tokens after a prompt.
type Request struct {
	Prompt    []int32
	MaxTokens int     // at most; at least 1, or 0 with Echo
	MinTokens int     // before them no token of Stop is chosen
	Stop      []int32 // tokens that end the answer; none: it goes on to MaxTokens

	// Blank reports whether a token says nothing. Before the first that does, no
	// token of Stop is chosen; nil: an answer may be empty, but for one behind a thought.
	Blank func(id int32) bool

	// A thought is what a model says to itself before it answers.
	Open       bool    // the prompt leaves a thought open
	ThinkStart []int32 // opens a thought where the prompt does not; nil: nothing does
	ThinkEnd   []int32 // closes it; nil: nothing does
	Think      int     // tokens of thought after which ThinkEnd is forced; 0: as many as leave room for the answer
	Answer     int     // that room; 0: 32 tokens, at most a quarter of the whole. More if a constraint needs it

	// How a token is chosen: the steps are taken in llama.cpp's order, which
	// is that of these fields, with the constraint after the penalties.
	Bias             map[int32]float32 // added to a token's logit
	RepeatPenalty    float32           // divides the positive logits of tokens among the last, multiplies the negative; 0 or 1: off
	FrequencyPenalty float32           // subtracted for each time among them
	PresencePenalty  float32           // subtracted once
	PenaltyLast      int               // how many the last are, of prompt and answer; 0: 64, −1: all
	TopK             int               // keeps the likeliest; 0: all
	Typical          float32           // keeps those nearest the expected surprise that have this share; 0 or 1: all
	TopP             float32           // keeps the likeliest that have this share; 0 or 1: all
	MinP             float32           // keeps those at least so likely as this share of the likeliest; 0: all
	Temperature      float32           // 0: the likeliest token
	Seed             uint64            // the nth token depends on it, n and what came before

	Constraint  Constraint // binds the answer, not the thought; nil: nothing does. It belongs to the request
	TopLogprobs int        // likeliest tokens reported with each token, at most MaxTopLogprobs
	Echo        bool       // the tokens of the prompt come first, with their log-probabilities
	Draft       bool       // guess tokens from the request itself: the same answer, sooner if it repeats what it read; not of models with states, which cannot be taken back
	Adapter     *model.Adapter
	Caller      string // whose it is: callers take turns
	Tenant      string // whose memory it may use: what one tenant's requests have read, no other's find
}

// A Constraint says which tokens may come next, as engine/grammar's Matcher
// does. One request at a time uses it.
type Constraint interface {
	Mask(bits []uint32)   // sets bit id%32 of bits[id/32] for each id that may come next; they come cleared
	Accept(id int32) bool // notes that id came; false if it may not
	CanEnd() bool         // the answer may end here

	// Fits reports whether the answer can still end if id comes and left more
	// tokens may follow, the stop token among them; or no end is known anyway.
	Fits(id int32, left int) bool
	// Ending returns tokens after which the answer may end; false: none are known.
	Ending() ([]int32, bool)
}

// Bounds of a request.
const (
	MaxTopLogprobs = 1024
	maxBias        = 1024 // tokens with a bias
)

// Why a request ended.
const (
	Stopped = "stop"   // a stop token, which is not among its tokens
	Cut     = "length" // MaxTokens, or the engine's limit
)

// Why a token was forced.
const (
	Budget     = "budget"     // the thought had its tokens
	Loop       = "repetition" // the thought went round in circles
	Unanswered = "unanswered" // the model would have ended in its thought
	Opened     = "opened"     // the rest of what opens a thought
)

// A Token is one token of an answer, or with Echo of the prompt.
type Token struct {
	ID      int32
	Logprob float32   // under the model, before bias, penalties, mask and temperature; of the first of a prompt it is 0
	Top     []Logprob // the likeliest
	Prompt  bool      // it is one of the prompt
	Thought bool      // it is part of a thought, or closes it
	Forced  string    // Budget, Loop, Unanswered or Opened: it was not chosen
	Finish  string    // of the last: Stopped or Cut. After Stopped, ID is the stop token
	Usage   *Usage    // of the last
}

// Usage is what a request cost.
type Usage struct {
	Prompt   int           // tokens of the prompt
	Cached   int           // of them, those read before
	Shared   int           // of them, those that some earlier request began with
	Miss     Miss          // why no more were cached; "": all that could be were
	Tokens   int           // generated
	Thought  int           // of them, those of the thought
	Steered  int           // of them, those chosen so that a bound answer ends in its room
	Drafted  int           // guessed
	Accepted int           // of the guessed, those that held
	Queued   time.Duration // before it was admitted
	First    time.Duration // from its coming to its first token
	CPU      time.Duration // its share of the workers' time
	Pages    int           // most pages of the full layers that it held
	Restarts int           // times that its memory went to an older request
}

// Errors about a request.
var (
	ErrRequest = errors.New("infer: bad request") // wrapped by every error that check finds
	ErrTooLong = errors.New("infer: the prompt is too long")
	ErrNumbers = errors.New("infer: the model's logits are not numbers")
	ErrStuck   = errors.New("infer: no token continues what the constraint allows")
)

// A LengthError says that a prompt is too long, or leaves no room for an answer.
// It is an ErrRequest and an ErrTooLong.
type LengthError struct {
	Prompt, Most int  // tokens that it has, and may have
	Memory       bool // because of the memory for keys and values, not of the model
}

func (e *LengthError) Error() string {
	of := "the context"
	if e.Memory {
		of = "the memory for keys and values"
	}
	return fmt.Sprintf("%v: the prompt has %d tokens; %s has room for %d", ErrRequest, e.Prompt, of, e.Most)
}

func (e *LengthError) Unwrap() []error { return []error{ErrRequest, ErrTooLong} }

// check reports what cannot be done.
func (r *Request) check(vocab, limit int, memory bool) error {
	least := 1
	if r.Echo {
		least = 0
	}
	share := func(x float32) bool { return x >= 0 && x <= 1 }
	within := func(x, most float32) bool { return x >= -most && x <= most }
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRequest, fmt.Sprintf(format, args...))
	}
	switch {
	case len(r.Prompt) == 0:
		return bad("the prompt is empty")
	case len(r.Prompt) > r.MostPrompt(limit):
		return &LengthError{len(r.Prompt), r.MostPrompt(limit), memory}
	case r.MaxTokens < least:
		return bad("%d tokens asked for", r.MaxTokens)
	case r.MinTokens < 0 || r.Think < 0 || r.Answer < 0:
		return bad("least tokens %d, thought %d, answer %d", r.MinTokens, r.Think, r.Answer)
	case r.TopLogprobs < 0 || r.TopLogprobs > MaxTopLogprobs:
		return bad("%d log-probabilities asked for, not 0 to %d", r.TopLogprobs, MaxTopLogprobs)
	case !(r.Temperature >= 0 && r.Temperature <= 100) || !share(r.TopP) || !share(r.Typical) || !share(r.MinP) || r.TopK < 0:
		return bad("temperature %g, top_p %g, typical_p %g, min_p %g, top_k %d", r.Temperature, r.TopP, r.Typical, r.MinP, r.TopK)
	case !(r.RepeatPenalty >= 0 && r.RepeatPenalty <= 100) || !within(r.FrequencyPenalty, 100) || !within(r.PresencePenalty, 100) || r.PenaltyLast < -1:
		return bad("repeat penalty %g, frequency %g, presence %g, over %d tokens", r.RepeatPenalty, r.FrequencyPenalty, r.PresencePenalty, r.PenaltyLast)
	case len(r.Bias) > maxBias:
		return bad("%d tokens have a bias, more than %d", len(r.Bias), maxBias)
	case r.Constraint != nil && len(r.Stop) == 0:
		return bad("a constrained answer needs a stop token")
	}
	known := func(id int32) bool { return id >= 0 && int(id) < vocab }
	for id, b := range r.Bias {
		if !known(id) || !within(b, 1e6) || math.IsNaN(float64(b)) {
			return bad("a bias of %g for token %d of %d", b, id, vocab)
		}
	}
	for _, list := range [][]int32{r.Prompt, r.ThinkStart, r.ThinkEnd} {
		for _, id := range list {
			if !known(id) {
				return bad("token %d is not in a vocabulary of %d", id, vocab)
			}
		}
	}
	return nil
}

// MostPrompt returns the most tokens that r's prompt may have, of limit: all of
// them if it is only read, and else one less, for an answer.
func (r *Request) MostPrompt(limit int) int {
	if r.Echo && r.MaxTokens == 0 {
		return limit
	}
	return limit - 1
}

// room returns the most tokens that r may get.
func (r *Request) room(limit int) int { return min(r.MaxTokens, limit-len(r.Prompt)) }

// budget returns after how many of its room tokens a thought is closed that
// began after from of them. The answer has at least so many as are given, if
// there is room for them.
func (r *Request) budget(room, from, least int) int {
	answer := r.Answer
	if answer == 0 {
		answer = min(32, room/4)
	}
	room -= from + len(r.ThinkEnd)
	if least <= room {
		answer = max(answer, least)
	}
	n := max(0, room-answer)
	if r.Think > 0 {
		n = min(n, r.Think)
	}
	return n
}
