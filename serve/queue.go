package serve

import (
	"context"
	"sync/atomic"

	"suiren/serve/form"
)

// A queue lets some requests generate at once and some wait their turn.
type queue struct {
	slots   chan struct{}
	waiting atomic.Int64
	most    int64
}

func newQueue(slots, waiting int) *queue {
	return &queue{slots: make(chan struct{}, slots), most: int64(waiting)}
}

// enter waits for a turn. The caller must leave.
func (q *queue) enter(ctx context.Context) error {
	if q.waiting.Add(1) > q.most+int64(cap(q.slots)) {
		q.waiting.Add(-1)
		return form.Busy()
	}
	defer q.waiting.Add(-1)
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) leave() { <-q.slots }
