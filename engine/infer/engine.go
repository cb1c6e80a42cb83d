package infer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"suiren/engine/model"
)

// An Engine serves requests that come and go, in one batch.
type Engine struct {
	b    *batch
	done chan struct{}

	mu      sync.Mutex
	wake    *sync.Cond
	coming  []*sequence // not in the batch's queue yet
	leaving []*sequence // nobody waits for them any more
	forget  []forgetting
	callers map[string]int
	stats   Stats
	took    time.Duration // of a request, lately, from its admission to its end
	closed  bool
}

// ErrClosed is returned by Generate after Close, ErrBusy when the queue is full.
var (
	ErrClosed = errors.New("infer: the engine is closed")
	ErrBusy   = errors.New("infer: too many requests wait")
)

// A BusyError is an ErrBusy with its numbers.
type BusyError struct {
	Waiting int           // requests
	Retry   time.Duration // after which a place should be free, as things go
}

func (e *BusyError) Error() string { return fmt.Sprintf("%v: %d", ErrBusy, e.Waiting) }
func (e *BusyError) Unwrap() error { return ErrBusy }

// Bounds of the requests that wait: of all, and of a caller's while others
// may come.
const (
	maxQueue  = 256
	maxCaller = maxQueue * 3 / 4
)

// NewEngine starts an engine of the parameters of a model of our own
// training, in float32.
func NewEngine(p *model.Params, slots, limit, threads int) (*Engine, error) {
	b, _, err := trained(p, slots, limit, threads, readRows+slots, readChunk)
	if err != nil {
		return nil, err
	}
	return startEngine(b), nil
}

// Open starts an engine of a model's files, which must stay open. Plan says
// what memory it takes.
func Open(f *model.File, o Options) (*Engine, error) {
	b, _, err := openBatch(f, o, readRows, readChunk)
	if err != nil {
		return nil, err
	}
	return startEngine(b), nil
}

func startEngine(b *batch) *Engine {
	e := &Engine{b: b, done: make(chan struct{}), callers: map[string]int{}}
	e.wake = sync.NewCond(&e.mu)
	e.stats = b.now()
	go e.loop()
	return e
}

// Limit returns the tokens that prompt and answer may have together.
func (e *Engine) Limit() int { return e.b.limit }

// Stats returns what the engine has done and is doing.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Waiting += len(e.coming)
	return s
}

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
	b := e.b
	idle := true
	for {
		e.mu.Lock()
		for len(e.coming) == 0 && len(e.leaving) == 0 && len(e.forget) == 0 && idle && !e.closed {
			e.wake.Wait()
		}
		coming, leaving := e.coming, e.leaving
		e.coming, e.leaving = nil, nil
		if e.closed {
			e.mu.Unlock()
			e.abandon(coming)
			return
		}
		for _, s := range coming {
			b.add(s)
		}
		for _, s := range leaving {
			b.drop(s)
		}
		for _, f := range e.forget {
			b.forgetAll(f.caller)
			close(f.done)
		}
		e.forget = nil
		b.admit()
		e.stats = b.now()
		e.mu.Unlock()
		if idle = !b.step(); idle {
			e.mu.Lock()
			e.stats = b.now()
			e.mu.Unlock()
		}
	}
}

// abandon ends what waits and what runs.
func (e *Engine) abandon(waiting []*sequence) {
	for s := e.b.queue.peek(); s != nil; s = e.b.queue.peek() {
		e.b.queue.remove(s)
		waiting = append(waiting, s)
	}
	for _, s := range append(waiting, e.b.live...) {
		s.emit(Token{}, ErrClosed)
	}
}

// enter puts a sequence among those that come.
func (e *Engine) enter(s *sequence) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	waiting := e.stats.Waiting + len(e.coming)
	switch caller := e.callers[s.req.Caller]; {
	case e.closed:
		return ErrClosed
	case waiting >= maxQueue, waiting > 0 && caller >= maxCaller+e.b.slots:
		turns := waiting/e.b.slots + 1
		return &BusyError{waiting, max(time.Second, time.Duration(turns)*e.took)}
	}
	e.callers[s.req.Caller]++
	e.coming = append(e.coming, s)
	e.wake.Signal()
	return nil
}

// exit takes it out again, wherever it is.
func (e *Engine) exit(s *sequence, ended bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.callers[s.req.Caller]--; e.callers[s.req.Caller] == 0 {
		delete(e.callers, s.req.Caller)
	}
	if ended {
		took := time.Since(s.came) - s.usage.Queued
		if e.took == 0 {
			e.took = took
		}
		e.took += (took - e.took) / 8
		return
	}
	e.leaving = append(e.leaving, s)
	e.wake.Signal()
}

// A mailbox is where the batch leaves a request's tokens: it never waits for
// a reader, and a reader that is slow gets them later.
type mailbox struct {
	mu     sync.Mutex
	tokens []Token
	err    error
	ready  chan struct{} // holds one: something came
}

func (m *mailbox) put(t Token, err error) {
	m.mu.Lock()
	if err != nil {
		m.err = err
	} else {
		m.tokens = append(m.tokens, t)
	}
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() ([]Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.tokens
	m.tokens = nil
	return list, m.err
}

// Generate yields the tokens of a request as they come. Leaving the loop, or
// the end of ctx, frees its place between two steps. The last token says why
// it is the last.
func (e *Engine) Generate(ctx context.Context, r Request) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := r.check(e.b.tokens, e.b.limit, e.b.memory); err != nil {
			yield(Token{}, err)
			return
		}
		box := &mailbox{ready: make(chan struct{}, 1)}
		s := newSequence(&r, e.b.limit, box.put)
		if err := e.enter(s); err != nil {
			yield(Token{}, err)
			return
		}
		ended := false
		defer func() { e.exit(s, ended) }()
		for {
			select {
			case <-box.ready:
			case <-ctx.Done():
				yield(Token{}, ctx.Err())
				return
			}
			list, err := box.take()
			for _, t := range list {
				ended = t.Finish != ""
				if !yield(t, nil) || ended {
					return
				}
			}
			if err != nil {
				ended = true
				yield(Token{}, err)
				return
			}
		}
	}
}
