// Package infer generates text: token ids in, token ids out. Requests share
// a batch, and what a request gets does not depend on the others in it.
package infer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// A Request asks for tokens after a prompt.
type Request struct {
	Prompt      []int32
	MaxTokens   int     // at most; at least 1
	Think       int     // tokens of thought after which ThinkEnd is forced; 0: no limit
	ThinkEnd    int32   // closes the thought; the prompt leaves it open if Think > 0
	Stop        []int32 // tokens that end the answer
	Temperature float32 // 0: the likeliest token
	TopP        float32 // 0 or 1: no limit
	Seed        uint64
}

// Why a request ended.
const (
	Stopped = "stop"   // a stop token, which is not among its tokens
	Cut     = "length" // MaxTokens, or the model's context
)

// A Token is one generated token.
type Token struct {
	ID      int32
	Logprob float32
	Forced  bool          // put there by the think budget
	Finish  string        // of the last: Stopped or Cut. After Stopped, ID is the stop token
	CPU     time.Duration // of the last: the request's share of the workers' time
}

// ErrRequest is wrapped by every error about a request.
var ErrRequest = errors.New("infer: bad request")

// check reports what the decoder cannot do.
func (r *Request) check(vocab, limit int) error {
	switch {
	case len(r.Prompt) == 0:
		return fmt.Errorf("%w: the prompt is empty", ErrRequest)
	case len(r.Prompt) >= limit:
		return fmt.Errorf("%w: the prompt has %d tokens; the context has room for %d", ErrRequest, len(r.Prompt), limit-1)
	case r.MaxTokens < 1:
		return fmt.Errorf("%w: %d tokens asked for", ErrRequest, r.MaxTokens)
	case r.Temperature < 0 || r.Temperature > 100 || r.TopP < 0 || r.TopP > 1:
		return fmt.Errorf("%w: temperature %g, top_p %g", ErrRequest, r.Temperature, r.TopP)
	}
	for _, id := range r.Prompt {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("%w: token %d is not in a vocabulary of %d", ErrRequest, id, vocab)
		}
	}
	return nil
}

// A slot is a place in the batch.
type slot struct {
	cache    *model.Cache
	req      *Request // nil: free
	emit     func(Token)
	feed     []int32 // tokens the cache does not hold yet
	n        int     // tokens generated
	thinking bool
	cpu      time.Duration
	leader   *slot // has the same prompt and reads it for this one too
}

// A batch runs requests together, one token each per step.
type batch struct {
	dec    *model.Decoder
	limit  int
	slots  []*slot
	arena  *tensor.Arena
	seqs   []model.Seq
	active []*slot
	logits []float32 // (slots, V)
	order  []int32
	own    []int32 // (slots) one token each
}

func newBatch(p *model.Params, slots, limit, threads int) (*batch, error) {
	c := p.Config
	dec, err := model.NewDecoder(p, max(64, (slots+threads-1)/threads), limit, threads)
	if err != nil {
		return nil, err
	}
	dec.Config = c
	lay := func(a *tensor.Arena) *batch {
		b := &batch{dec: dec, limit: limit, arena: a, order: make([]int32, c.Vocab), own: make([]int32, slots)}
		for range slots {
			b.slots = append(b.slots, &slot{cache: model.NewCache(&dec.Config, limit, a)})
		}
		b.logits = a.Float32(slots * c.Vocab)
		return b
	}
	var count tensor.Arena
	lay(&count)
	a, err := tensor.NewArena(count.Len())
	if err != nil {
		dec.Close()
		return nil, err
	}
	return lay(a), nil
}

func (b *batch) close() {
	b.dec.Close()
	b.arena.Close()
}

// add puts a checked request into a free slot, or returns nil if none is
// free. A request with the prompt of one added just before shares its reading.
func (b *batch) add(r *Request, emit func(Token)) *slot {
	var free, leader *slot
	for _, s := range b.slots {
		if s.req == nil && free == nil {
			free = s
		} else if s.req != nil && s.n == 0 && s.cache.Len == 0 && s.leader == nil && slices.Equal(s.req.Prompt, r.Prompt) {
			leader = s
		}
	}
	if free == nil {
		return nil
	}
	*free = slot{cache: free.cache, req: r, emit: emit, feed: r.Prompt, thinking: r.Think > 0, leader: leader}
	free.cache.Len = 0
	return free
}

// drop frees a slot whose request nobody waits for. Slots that share its
// reading read for themselves.
func (b *batch) drop(s *slot) {
	for _, f := range b.slots {
		if f.leader == s {
			f.leader = nil
		}
	}
	s.req, s.emit = nil, nil
}

// step generates one token for every request; false if there are none.
func (b *batch) step() bool {
	b.seqs, b.active = b.seqs[:0], b.active[:0]
	tokens := 0
	for _, s := range b.slots {
		if s.req != nil && s.leader == nil {
			b.active = append(b.active, s)
			b.seqs = append(b.seqs, model.Seq{Cache: s.cache, IDs: s.feed})
			tokens += len(s.feed)
		}
	}
	if len(b.active) == 0 {
		return false
	}
	V := b.dec.Config.Vocab
	start := time.Now()
	b.dec.Step(b.seqs, b.logits)
	spent := time.Since(start) * time.Duration(b.dec.Workers()) / time.Duration(tokens)
	for _, s := range b.active {
		s.cpu += spent * time.Duration(len(s.feed))
	}
	var raw []float32
	for _, s := range b.slots {
		if s.req == nil || s.leader == nil {
			continue
		}
		i := slices.Index(b.active, s.leader)
		if raw == nil {
			raw = make([]float32, V)
		}
		s.cache.CopyFrom(s.leader.cache)
		s.leader = nil
		copy(raw, b.logits[i*V:(i+1)*V])
		b.advance(s, raw)
	}
	for i, s := range b.active {
		b.advance(s, b.logits[i*V:(i+1)*V])
	}
	return true
}

// advance chooses the next token of s and ends its request when it is due.
func (b *batch) advance(s *slot, logits []float32) {
	r := s.req
	var t Token
	if s.thinking && s.n >= r.Think {
		t = Token{ID: r.ThinkEnd, Forced: true}
	} else {
		t.ID, t.Logprob = pick(logits, r, s.n, b.order)
	}
	if t.ID == r.ThinkEnd {
		s.thinking = false
	}
	s.n++
	switch {
	case slices.Contains(r.Stop, t.ID):
		t.Finish = Stopped
	case s.n >= r.MaxTokens || s.cache.Len+1 >= b.limit:
		t.Finish = Cut
	}
	emit := s.emit
	if t.Finish != "" {
		t.CPU = s.cpu
		s.req, s.emit = nil, nil
	} else {
		i := slices.Index(b.slots, s)
		b.own[i] = t.ID
		s.feed = b.own[i : i+1]
	}
	emit(t)
}
