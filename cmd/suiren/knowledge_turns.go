package main

import (
	"context"
	"sync"

	"suiren/serve/form"
)

// turns lets what takes a processor for seconds be done one at a time. Who asks for
// much of it waits in few places, so that others come between.
type turns struct {
	mu  sync.Mutex
	own map[string]int // under way or waiting, by caller
	one chan struct{}
}

// mostOwn is how many a caller may have under way or waiting.
const mostOwn = 4

// take waits for the caller's turn, which ends with done. Its error is a 429, or that of ctx.
func (t *turns) take(ctx context.Context, caller string) (done func(), err error) {
	t.mu.Lock()
	if t.own == nil {
		t.own, t.one = map[string]int{}, make(chan struct{}, 1)
	}
	if t.own[caller] == mostOwn {
		t.mu.Unlock()
		return nil, form.Busy()
	}
	t.own[caller]++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.own[caller]--; t.own[caller] == 0 {
			delete(t.own, caller)
		}
	}
	select {
	case t.one <- struct{}{}:
		return func() { <-t.one; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
