package model

import (
	"context"
	"math"
	"slices"

	"suiren/engine/kernel"
)

// LogProbs returns the log-probabilities of the supervised tokens of rows, as
// the losses of Accumulate have them, bit for bit; it makes no gradients.
// each[i][t] is log p(IDs[t] | the tokens before it in its document) of row i,
// 0 where Weight is 0; sums[i] is the sum over row i. Weights beyond whether
// they are 0 do not matter. It looks between micro-batches whether ctx is done:
// then the error is ctx's.
func (t *Trainer) LogProbs(ctx context.Context, rows []Row) (sums []float64, each [][]float64, err error) {
	h := &t.heads
	for micro := range slices.Chunk(rows, len(t.rows)) {
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		default:
		}
		t.forwardAll(micro)
		for h.lo = 0; h.lo < h.n; h.lo = h.hi {
			h.hi = t.groupFrom(h.lo)
			t.logits()
			t.team.For((h.hi-h.lo+headTokens-1)/headTokens, h.probTask)
		}
		for i := range t.batch {
			r := &t.batch[i]
			list, sum := make([]float64, len(r.in.IDs)), 0.0
			for j, at := range r.at {
				list[at+1] = -h.loss[r.lo+j]
				sum -= h.loss[r.lo+j]
			}
			sums, each = append(sums, sum), append(each, list)
		}
	}
	return sums, each, nil
}

// logLosses writes the loss of each of the rows of logits z. It overwrites z.
func logLosses(z []float32, targets []int32, loss []float64) {
	V := len(z) / len(targets)
	for i, id := range targets {
		row := z[i*V : (i+1)*V]
		max, chosen := kernel.Max(row), row[id]
		sum := kernel.ExpSum(row, row, max)
		loss[i] = math.Log(float64(sum)) + float64(max) - float64(chosen)
	}
}
