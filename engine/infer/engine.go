package infer

import (
	"context"
	"errors"
	"iter"
	"sync"

	"suiren/engine/model"
)

// A Result is what a request got.
type Result struct {
	IDs    []int32 // without the stop token
	Finish string
}

// A Sampler answers many requests at once, for training and evaluation.
type Sampler struct{ b *batch }

// NewSampler returns a sampler of p's parameters with the given number of
// places and tokens in each.
func NewSampler(p *model.Params, slots, limit, threads int) (*Sampler, error) {
	b, err := newBatch(p, slots, limit, threads)
	if err != nil {
		return nil, err
	}
	return &Sampler{b}, nil
}

// Repack makes changed parameters count.
func (s *Sampler) Repack() { s.b.dec.Repack() }

// Close frees the sampler's memory.
func (s *Sampler) Close() { s.b.close() }

// Run answers all requests; results stand in their order. done, if not nil,
// is called after each.
func (s *Sampler) Run(ctx context.Context, reqs []Request, done func()) ([]Result, error) {
	for i := range reqs {
		if err := reqs[i].check(s.b.dec.Config.Vocab, s.b.limit); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(reqs))
	next := 0
	for {
		for next < len(reqs) {
			out := &results[next]
			if s.b.add(&reqs[next], func(t Token) {
				if t.Finish != Stopped {
					out.IDs = append(out.IDs, t.ID)
				}
				if t.Finish != "" {
					out.Finish = t.Finish
					if done != nil {
						done()
					}
				}
			}) == nil {
				break
			}
			next++
		}
		if err := ctx.Err(); err != nil {
			for _, p := range s.b.slots {
				p.req, p.emit, p.leader = nil, nil, nil
			}
			return nil, err
		}
		if !s.b.step() {
			return results, nil
		}
	}
}

// An Engine serves requests that come and go, in one batch.
type Engine struct {
	mu     sync.Mutex
	wake   *sync.Cond
	queue  []*ticket
	b      *batch
	closed bool
	done   chan struct{}
}

type ticket struct {
	req    Request
	tokens chan Token // room for all: the batch never waits for a reader
	gone   bool
	slot   *slot
}

// ErrClosed is returned by Generate after Close, ErrBusy when the queue is full.
var (
	ErrClosed = errors.New("infer: the engine is closed")
	ErrBusy   = errors.New("infer: too many requests wait")
)

// maxQueue bounds the requests that wait for a place.
const maxQueue = 256

// NewEngine starts an engine of p's parameters.
func NewEngine(p *model.Params, slots, limit, threads int) (*Engine, error) {
	b, err := newBatch(p, slots, limit, threads)
	if err != nil {
		return nil, err
	}
	e := &Engine{b: b, done: make(chan struct{})}
	e.wake = sync.NewCond(&e.mu)
	go e.loop()
	return e, nil
}

// Limit returns the tokens that prompt and answer may have together.
func (e *Engine) Limit() int { return e.b.limit }

// Close stops the engine; requests in flight end with ErrClosed.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	e.wake.Signal()
	e.mu.Unlock()
	<-e.done
	e.b.close()
}

// loop steps the batch while there is work. It alone touches the batch.
func (e *Engine) loop() {
	defer close(e.done)
	var live []*ticket
	for {
		e.mu.Lock()
		for len(e.queue) == 0 && len(live) == 0 && !e.closed {
			e.wake.Wait()
		}
		if e.closed {
			for _, t := range append(live, e.queue...) {
				close(t.tokens)
			}
			e.queue = nil
			e.mu.Unlock()
			return
		}
		kept := live[:0]
		for _, t := range live {
			if t.gone {
				e.b.drop(t.slot)
			} else {
				kept = append(kept, t)
			}
		}
		live = kept
		for len(e.queue) > 0 {
			t := e.queue[0]
			if !t.gone {
				t.slot = e.b.add(&t.req, func(tok Token) { t.tokens <- tok })
				if t.slot == nil {
					break
				}
				live = append(live, t)
			}
			e.queue = e.queue[1:]
		}
		e.mu.Unlock()
		e.b.step()
		kept = live[:0]
		for _, t := range live {
			if t.slot.req == &t.req {
				kept = append(kept, t)
			}
		}
		live = kept
	}
}

// Generate yields the tokens of a request as they come. Leaving the loop, or
// the end of ctx, frees its place. The last token says why it is the last.
func (e *Engine) Generate(ctx context.Context, r Request) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := r.check(e.b.dec.Config.Vocab, e.b.limit); err != nil {
			yield(Token{}, err)
			return
		}
		t := &ticket{req: r, tokens: make(chan Token, min(r.MaxTokens, e.b.limit)+1)}
		e.mu.Lock()
		switch {
		case e.closed:
			e.mu.Unlock()
			yield(Token{}, ErrClosed)
			return
		case len(e.queue) >= maxQueue:
			e.mu.Unlock()
			yield(Token{}, ErrBusy)
			return
		}
		e.queue = append(e.queue, t)
		e.wake.Signal()
		e.mu.Unlock()
		defer func() {
			e.mu.Lock()
			t.gone = true
			e.mu.Unlock()
		}()
		for {
			select {
			case tok, ok := <-t.tokens:
				if !ok {
					yield(Token{}, ErrClosed)
					return
				}
				if !yield(tok, nil) || tok.Finish != "" {
					return
				}
			case <-ctx.Done():
				yield(Token{}, ctx.Err())
				return
			}
		}
	}
}
