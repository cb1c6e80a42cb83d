package infer

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
)

// A Logprob is a token and its log-probability under the model.
type Logprob struct {
	ID      int32
	Logprob float32
}

// low stands for the logit of a token that is not allowed: e to it is zero
// beside any other.
const low = -1e30

// A chooser is one worker's memory for choosing tokens.
type chooser struct {
	weights []float32 // (V) exp(logit − max)
	logits  []float32 // (V) as changed
	mask    []uint32  // (V) a bit each
	keys    []uint64  // candidates: a logit, descending, then the id
	spare   []uint64
}

func newChooser(vocab int) *chooser {
	return &chooser{weights: make([]float32, vocab), logits: make([]float32, vocab), mask: make([]uint32, (vocab+31)/32)}
}

// A scale is what makes log-probabilities of logits.
type scale struct{ peak, logSum float32 }

func (s scale) of(z float32) float32 { return z - s.peak - s.logSum }

// measure returns the scale of the logits z and fills weights. It is false
// if they are not numbers.
func (c *chooser) measure(z []float32) (scale, float32, bool) {
	peak := kernel.Max(z)
	sum := kernel.ExpSum(c.weights, z, peak)
	ok := sum > 0 && sum <= math.MaxFloat32 && peak > -math.MaxFloat32 && peak < math.MaxFloat32
	return scale{peak, float32(math.Log(float64(sum)))}, sum, ok
}

// choose returns the n-th token of a request after logits z (V), and whether
// they were numbers. It depends on z, the settings, the seed, n and what came
// before alone. counts says how often each token is among the last that the
// penalties see; masked that c.mask holds the tokens that are allowed.
func (c *chooser) choose(z []float32, r *Request, n int, counts map[int32]int32, masked bool) (id int32, lp scale, ok bool) {
	lp, sum, ok := c.measure(z)
	if !ok {
		return 0, lp, false
	}
	peak := lp.peak
	if len(r.Bias) > 0 || len(counts) > 0 && r.penalises() || masked {
		copy(c.logits, z)
		z = c.logits
		r.change(z, counts)
		if masked {
			applyMask(z, c.mask)
		}
		peak = kernel.Max(z)
		if r.Temperature > 0 {
			sum = kernel.ExpSum(c.weights, z, peak)
		}
	}
	switch {
	case r.Temperature <= 0:
		return argmax(z, peak), lp, true
	case r.filters():
		return c.filtered(z, peak, sum, r, n), lp, true
	}
	w := c.weights
	if r.Temperature != 1 {
		copy(w, z)
		kernel.Scale(w, 1/r.Temperature)
		best := argmax(z, peak)
		sum = kernel.ExpSum(w, w, w[best])
	}
	return walk(w, r.uniform(n)*sum, argmax(z, peak)), lp, true
}

// uniform returns the n-th token's random number, in [0, 1).
func (r *Request) uniform(n int) float32 {
	return tensor.Uniform(tensor.Rand(r.Seed, 0x73616d70, uint64(n)))
}

func (r *Request) penalises() bool {
	return r.RepeatPenalty != 0 && r.RepeatPenalty != 1 || r.FrequencyPenalty != 0 || r.PresencePenalty != 0
}

func (r *Request) filters() bool {
	return r.TopK > 0 || on(r.Typical) || on(r.TopP) || r.MinP > 0
}

// on reports whether a share keeps less than everything.
func on(share float32) bool { return share > 0 && share < 1 }

// change adds the bias and the penalties to the logits.
func (r *Request) change(z []float32, counts map[int32]int32) {
	for id, b := range r.Bias {
		z[id] += b
	}
	if !r.penalises() {
		return
	}
	for id, n := range counts {
		v := z[id]
		if r.RepeatPenalty != 0 {
			if v > 0 {
				v /= r.RepeatPenalty
			} else {
				v *= r.RepeatPenalty
			}
		}
		z[id] = v - float32(float32(n)*r.FrequencyPenalty) - r.PresencePenalty
	}
}

// applyMask lowers what is not allowed.
func applyMask(z []float32, mask []uint32) {
	for i := 0; i < len(z); i += 32 {
		block := z[i:min(i+32, len(z))]
		switch m := mask[i/32]; m {
		case math.MaxUint32:
		case 0:
			for j := range block {
				block[j] = low
			}
		default:
			for m = ^m; m != 0; m &= m - 1 {
				if j := bits.TrailingZeros32(m); j < len(block) {
					block[j] = low
				}
			}
		}
	}
}

// filtered samples from the tokens that the filters keep, by logit and then
// by id. sum is that of c.weights, exp(z − peak).
func (c *chooser) filtered(z []float32, peak, sum float32, r *Request, n int) int32 {
	c.keys = c.keys[:0]
	if r.TopK > 0 && r.TopK < len(z) {
		c.keys = largest(c.keys, z, r.TopK)
		sum = 0
		for _, k := range c.keys {
			sum += c.weights[uint32(k)]
		}
	} else {
		// What is left out here could not be kept: all of it together has
		// less than the share that TopP leaves, or each less than MinP.
		var floor float32
		if !on(r.Typical) {
			floor = r.MinP
			if on(r.TopP) {
				floor = max(floor, (1-r.TopP)*sum/float32(2*len(z)))
			}
		}
		for id, w := range c.weights {
			if w > 0 && w >= floor {
				c.keys = append(c.keys, sortKey(z[id], int32(id)))
			}
		}
		c.sort()
	}
	if on(r.Typical) {
		sum = c.typical(r.Typical, sum)
	}
	kept := len(c.keys)
	if on(r.TopP) {
		var share float32
		for i, k := range c.keys {
			if share += c.weights[uint32(k)]; share >= r.TopP*sum {
				kept = i + 1
				break
			}
		}
	}
	best := int32(uint32(c.keys[0]))
	for kept > 1 && r.MinP > 0 && c.weights[uint32(c.keys[kept-1])] < r.MinP*c.weights[best] {
		kept--
	}
	weight := func(id uint32) float32 {
		if r.Temperature == 1 {
			return c.weights[id]
		}
		return float32(math.Exp(float64((z[id] - peak) / r.Temperature)))
	}
	var total float32
	for _, k := range c.keys[:kept] {
		total += weight(uint32(k))
	}
	u := r.uniform(n) * total
	var acc float32
	for _, k := range c.keys[:kept] {
		if acc += weight(uint32(k)); acc > u {
			return int32(uint32(k))
		}
	}
	return best
}

// typical keeps the tokens whose surprise is nearest the expected one until
// they have the given share of sum (Meister et al. 2023), in the order of
// their logits, and returns the sum of what it keeps.
func (c *chooser) typical(share, sum float32) float32 {
	var expected float64
	surprise := func(k uint64) float64 { return -math.Log(float64(c.weights[uint32(k)]) / float64(sum)) }
	for _, k := range c.keys {
		if p := float64(c.weights[uint32(k)]) / float64(sum); p > 0 {
			expected += p * surprise(k)
		}
	}
	type far struct {
		key  uint64
		dist float64
	}
	list := make([]far, 0, len(c.keys))
	for _, k := range c.keys {
		list = append(list, far{k, math.Abs(surprise(k) - expected)})
	}
	slices.SortFunc(list, func(a, b far) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.key, b.key)) })
	c.keys = c.keys[:0]
	var kept float32
	for _, f := range list {
		c.keys = append(c.keys, f.key)
		if kept += c.weights[uint32(f.key)]; kept > share*sum {
			break
		}
	}
	slices.Sort(c.keys)
	return kept
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

// argmax returns the first index of peak, the largest of z.
func argmax(z []float32, peak float32) int32 {
	for i, v := range z {
		if v == peak {
			return int32(i)
		}
	}
	return 0
}

// sortKey orders tokens by falling logit, then by id.
func sortKey(z float32, id int32) uint64 {
	b := math.Float32bits(z + 0) // −0 becomes +0
	if b>>31 == 0 {
		b = ^b &^ (1 << 31)
	}
	return uint64(b)<<32 | uint64(uint32(id))
}

// largest appends the keys of the n largest logits, in order.
func largest(keys []uint64, z []float32, n int) []uint64 {
	if n > 256 {
		for id, v := range z {
			keys = append(keys, sortKey(v, int32(id)))
		}
		var c chooser
		c.keys = keys
		c.sort()
		return c.keys[:n]
	}
	floor := float32(math.Inf(-1))
	for id, v := range z {
		if len(keys) == n && !(v > floor) { // of equals the first stay
			continue
		}
		k := sortKey(v, int32(id))
		at, _ := slices.BinarySearch(keys, k)
		if len(keys) < n {
			keys = append(keys, 0)
		}
		copy(keys[at+1:], keys[at:])
		keys[at] = k
		if len(keys) == n {
			floor = z[uint32(keys[n-1])]
		}
	}
	return keys
}

// sort puts the keys in order. Many are sorted by radix: their ids already
// rise, so only the upper half counts.
func (c *chooser) sort() {
	if len(c.keys) < 4096 {
		slices.Sort(c.keys)
		return
	}
	c.spare = slices.Grow(c.spare[:0], len(c.keys))[:len(c.keys)]
	from, to := c.keys, c.spare
	for shift := 32; shift < 64; shift += 8 {
		var count [257]int
		for _, k := range from {
			count[k>>shift&255+1]++
		}
		for i := range 256 {
			count[i+1] += count[i]
		}
		for _, k := range from {
			b := k >> shift & 255
			to[count[b]] = k
			count[b]++
		}
		from, to = to, from
	}
	c.keys, c.spare = from, to // an even number of passes: as they were
}
