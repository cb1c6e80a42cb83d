package infer

import (
	"cmp"
	"math"
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// pick chooses the next token from logits (V), which it overwrites, and
// returns its log-probability under the unscaled distribution. The n-th
// token of a request depends on its seed, n and the logits alone.
func pick(logits []float32, r *Request, n int, order []int32) (id int32, logprob float32) {
	best := argmax(logits)
	top := logits[best]
	if r.Temperature <= 0 {
		sum := kernel.ExpSum(logits, logits, top)
		return best, float32(-math.Log(float64(sum)))
	}
	raw := slices.Clone(logits)
	kernel.Scale(logits, 1/r.Temperature)
	sum := kernel.ExpSum(logits, logits, logits[best])
	u := tensor.Uniform(tensor.Rand(r.Seed, 0x73616d70, uint64(n)))
	if r.TopP > 0 && r.TopP < 1 {
		id = nucleus(logits, sum, r.TopP, u, order)
	} else {
		id = walk(logits, u*sum, best)
	}
	z := raw[id]
	return id, z - top - float32(math.Log(float64(kernel.ExpSum(raw, raw, top))))
}

// walk returns the first token at which the running sum of weights exceeds u.
// Rounding may leave u unreached: then it is best.
func walk(weights []float32, u float32, best int32) int32 {
	var sum float32
	for i, w := range weights {
		if sum += w; sum > u {
			return int32(i)
		}
	}
	return best
}

// nucleus samples from the fewest tokens whose weights reach p·sum, taken by
// weight and then by id.
func nucleus(weights []float32, sum, p, u float32, order []int32) int32 {
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(a, b))
	})
	var kept float32
	n := 0
	for n < len(order) {
		kept += weights[order[n]]
		if n++; kept >= p*sum {
			break
		}
	}
	var acc float32
	for _, id := range order[:n] {
		if acc += weights[id]; acc > u*kept {
			return id
		}
	}
	return order[0]
}

// argmax returns the index of the largest logit, the first of equals.
func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
