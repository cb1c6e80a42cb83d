package infer

import "errors"

// ErrForgotten ends the requests of a caller who is forgotten.
var ErrForgotten = errors.New("infer: the caller is forgotten")

// A forgetting is a wish to forget a caller, and is over when done is closed.
type forgetting struct {
	caller string
	done   chan struct{}
}

// Forget ends what a caller, if it is not "", has under way, and lets go of all that
// is kept for later requests of anyone: no token that was read before, no key and no
// value of one stays, but those that a request under way of somebody else began with
// too. It returns when that is so.
func (e *Engine) Forget(caller string) {
	f := forgetting{caller, make(chan struct{})}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return
	}
	e.forget = append(e.forget, f)
	e.wake.Signal()
	e.mu.Unlock()
	select {
	case <-f.done:
	case <-e.done: // it was closed meanwhile
	}
}

// forgetAll is Forget in the loop.
func (b *batch) forgetAll(caller string) {
	if caller != "" {
		for _, s := range append(b.queue.of(caller), b.live...) {
			if s.req.Caller == caller {
				s.emit(Token{}, ErrForgotten)
				b.drop(s)
			}
		}
	}
	for b.tree.evict() {
	}
	b.tree.ghosts, b.tree.recent, b.tree.oldest = map[uint64]bool{}, nil, 0
	// Whatever stood in the free pages was somebody's.
	for class, p := range []*pool{b.tree.full, b.tree.window} {
		if p == nil || b.pages == nil {
			continue
		}
		for _, page := range p.free {
			if page < p.used { // of the others there is nothing, nor memory yet
				b.pages.Clear(class, page)
			}
		}
	}
}

// of returns the sequences of a caller that wait.
func (q *queue) of(caller string) []*sequence {
	return append([]*sequence(nil), q.lines[caller]...)
}
