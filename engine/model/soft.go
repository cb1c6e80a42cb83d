package model

import (
	"math"
	"slices"

	"suiren/engine/kernel"
)

// A Soft is what a teacher says of one token: some tokens, no two of them the
// same, with their probabilities. What these leave belongs to all other tokens together. A Soft
// without tokens says nothing: the row's own token is learnt.
type Soft struct {
	IDs []int32
	P   []float32 // of IDs; their sum is at most 1, but for rounding
}

// divergence is crossEntropy with soft targets. The loss of a row is the
// divergence KL(p‖q) of the teacher's p from the model's q = softmax(z) over
// the Soft's tokens and the rest as one; with R the rest's share,
//
//	loss = Σ p·log(p/q) + R_p·log(R_p/R_q)
//	z ← w·(q − p)               of the Soft's tokens
//	z ← w·q·(1 − R_p/R_q)       of all others
//
// z (m, V), soft, targets and w (m), loss (m).
func divergence(z []float32, soft []Soft, targets []int32, w []float32, loss []float64) {
	V := len(z) / len(targets)
	var own []float32 // logits of the Soft's tokens, then their exponentials
	for i := range soft {
		row, s := z[i*V:(i+1)*V], &soft[i]
		if len(s.IDs) == 0 {
			crossEntropy(row, targets[i:i+1], w[i:i+1], loss[i:i+1])
			continue
		}
		max := kernel.Max(row)
		own = own[:0]
		for j, id := range s.IDs {
			if row[id] == -math.MaxFloat32 && slices.Contains(s.IDs[:j], id) {
				panic("model: a Soft names a token twice")
			}
			own = append(own, row[id])
			row[id] = -math.MaxFloat32 // out of the sum over the rest
		}
		rest := kernel.ExpSum(row, row, max)
		left, l := 1.0, 0.0
		for j, p := range s.P {
			left -= float64(p)
			if p > 0 {
				l += float64(float64(p) * (math.Log(float64(p)) - float64(own[j]) + float64(max)))
			}
		}
		sum := rest + kernel.ExpSum(own, own, max)
		l += math.Log(float64(sum)) * float64(1-math.Max(left, 0))
		scale := w[i] / sum
		if left > 0 && rest > 0 {
			l += float64(left * (math.Log(left) - math.Log(float64(rest)/float64(sum))))
			scale -= w[i] * float32(left) / rest
		}
		loss[i] = l
		kernel.Scale(row, scale)
		for j, id := range s.IDs {
			row[id] = float32(w[i]/sum*own[j]) - float32(w[i]*s.P[j])
		}
	}
}
