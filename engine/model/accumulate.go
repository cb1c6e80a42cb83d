package model

import (
	"context"

	"suiren/engine/kernel"
)

// Accumulate adds the gradients of the weighted loss of rows, a whole global
// batch, to Grads and returns Σ weight·loss, and Σ loss over supervised tokens
// with their number. The result does not depend on how rows fall into
// micro-batches.
func (t *Trainer) Accumulate(rows []Row) (weighted, sum float64, supervised int) {
	t.team.Hold(func() { weighted, sum, supervised, _ = t.accumulate(nil, rows) })
	return weighted, sum, supervised
}

// AccumulateUntil is Accumulate that looks between micro-batches, of which a batch may
// have many, whether ctx is done: then all gradients are dropped, and the error is ctx's.
func (t *Trainer) AccumulateUntil(ctx context.Context, rows []Row) (weighted, sum float64, supervised int, err error) {
	whole := false
	t.team.Hold(func() { weighted, sum, supervised, whole = t.accumulate(ctx.Done(), rows) })
	if whole {
		return weighted, sum, supervised, nil
	}
	_, grads := t.Trained()
	for i := range grads {
		clear(grads[i].Data)
	}
	clear(t.heads.grad)
	return 0, 0, 0, ctx.Err()
}

// accumulate is Accumulate, until done is closed; whole: it was not.
func (t *Trainer) accumulate(done <-chan struct{}, rows []Row) (weighted, sum float64, supervised int, whole bool) {
	for len(rows) > 0 {
		select {
		case <-done:
			return 0, 0, 0, false
		default:
		}
		n := min(len(rows), len(t.rows))
		t.forwardAll(rows[:n])
		rows = rows[n:]
		t.head()
		h := &t.heads
		for i, l := range h.loss[:h.n] {
			weighted += float64(float64(h.w[i]) * l)
			sum += l
		}
		supervised += h.n
		t.backwardAll()
	}
	if t.Grads != nil {
		kernel.Add(t.Grads.head.f, t.Grads.head.f, t.heads.grad)
		clear(t.heads.grad)
	}
	return weighted, sum, supervised, true
}
