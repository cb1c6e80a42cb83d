package infer

import (
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
	heat    []float32 // (V) weights of candidates at the temperature
	mask    []uint32  // (V) a bit each
	keys    []uint64  // candidates: a logit, descending, then the id
	spare   []uint64
}

func newChooser(vocab int) *chooser {
	return &chooser{weights: make([]float32, vocab), logits: make([]float32, vocab), heat: make([]float32, vocab), mask: make([]uint32, (vocab+31)/32)}
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
	switch {
	case r.TopK > 0 && r.TopK < len(z):
		c.keys = c.largest(c.keys[:0], z, r.TopK)
		sum = c.share()
	case on(r.Typical):
		c.above(z, math.SmallestNonzeroFloat32)
	default:
		c.likely(z, sum, r)
	}
	if on(r.Typical) {
		c.typical(z, peak, sum, r.Typical)
		sum = c.share()
	}
	if r.MinP > 0 {
		floor := r.MinP * c.most()
		c.keys = slices.DeleteFunc(c.keys, func(k uint64) bool { return c.weights[uint32(k)] < floor })
	}
	if on(r.TopP) {
		c.keys = c.keys[:1+c.reach(r.TopP*sum, true)]
	}
	if r.Temperature != 1 {
		heat := c.heat[:len(c.keys)]
		for i, k := range c.keys {
			heat[i] = (z[uint32(k)] - peak) / r.Temperature
		}
		kernel.ExpSum(heat, heat, kernel.Max(heat))
		for i, k := range c.keys {
			c.weights[uint32(k)] = heat[i]
		}
	}
	if len(c.keys) < manyKeys {
		slices.Sort(c.keys)
	}
	return int32(uint32(c.keys[c.reach(r.uniform(n)*c.share(), false)]))
}

// reach puts the candidates in order as far as it must to find the one at
// which the sum of their weights reaches a mass, or exceeds it unless equal is
// enough, and returns its place: the ones before it stand before it.
//
// Few are sorted. Of many only the part is that holds the place, found by
// halving as quicksort does: a flat distribution would have a whole
// vocabulary sorted for every token.
func (c *chooser) reach(mass float32, equal bool) int {
	lo, hi := 0, len(c.keys)
	var before float64
	for hi-lo >= manyKeys {
		part := c.keys[lo:hi]
		a, b, d := part[len(part)/4], part[len(part)/2], part[len(part)/4*3]
		pivot := max(min(a, b), min(max(a, b), d)) // the middle one
		at := 0
		for i, k := range part { // always swapped: no branch to guess
			part[i], part[at] = part[at], k
			step := 0
			if k < pivot {
				step = 1
			}
			at += step
		}
		var sum float64
		for _, k := range part[:at] {
			sum += float64(c.weights[uint32(k)])
		}
		if at == 0 { // nothing stands before the pivot: it goes alone
			i := slices.Index(part, pivot)
			part[0], part[i] = part[i], part[0]
			at, sum = 1, float64(c.weights[uint32(pivot)])
		}
		if total := float32(before + sum); total > mass || equal && total == mass {
			hi = lo + at
		} else {
			before += sum
			lo += at
		}
	}
	slices.Sort(c.keys[lo:hi])
	sum := float32(before)
	for i := lo; i < hi; i++ {
		if sum += c.weights[uint32(c.keys[i])]; sum > mass || equal && sum == mass {
			return i
		}
	}
	return hi - 1 // rounding left it unreached
}

// manyKeys is how many candidates are sorted at once.
const manyKeys = 2048

// most returns the largest weight of the candidates.
func (c *chooser) most() (w float32) {
	for _, k := range c.keys {
		w = max(w, c.weights[uint32(k)])
	}
	return w
}

// share returns the sum of the weights of the candidates.
func (c *chooser) share() (sum float32) {
	for _, k := range c.keys {
		sum += c.weights[uint32(k)]
	}
	return sum
}

// likely makes candidates of the tokens that TopP and MinP may keep.
func (c *chooser) likely(z []float32, sum float32, r *Request) {
	floor := max(r.MinP, math.SmallestNonzeroFloat32)
	if on(r.TopP) {
		// All that is below this has less than half the share that TopP leaves.
		floor = max(floor, (1-r.TopP)*sum/float32(2*len(z)))
		// Mostly a few have the share: look no further if they do, by a margin
		// for the rounding of sums.
		for _, high := range []float32{1.0 / (1 << 8), 1.0 / (1 << 14)} {
			if high > floor {
				c.above(z, high)
				if c.share() >= (r.TopP+1e-3)*sum {
					return
				}
			}
		}
	}
	c.above(z, floor)
}

// block is how many logits are passed over at once if none of them counts.
const block = 256

// above makes candidates of the tokens with at least the weight floor.
func (c *chooser) above(z []float32, floor float32) {
	c.keys = c.keys[:0]
	for lo := 0; lo < len(z); lo += block {
		w := c.weights[lo:min(lo+block, len(z))]
		if kernel.Max(w) < floor {
			continue
		}
		for i, v := range w {
			if v >= floor {
				c.keys = append(c.keys, sortKey(z[lo+i], int32(lo+i)))
			}
		}
	}
}

// typical keeps the candidates whose surprise is nearest the expected one
// until they have the given share of sum (Meister et al. 2023).
func (c *chooser) typical(z []float32, peak, sum, share float32) {
	// The surprise of a token is log sum − (z − peak).
	var mean float64
	for _, k := range c.keys {
		mean += float64(c.weights[uint32(k)]) * float64(z[uint32(k)]-peak)
	}
	mean /= float64(sum)
	for i, k := range c.keys {
		far := float32(math.Abs(float64(z[uint32(k)]-peak) - mean))
		c.keys[i] = sortKey(-far, int32(uint32(k)))
	}
	c.sort()
	var kept float32
	for i, k := range c.keys {
		if kept += c.weights[uint32(k)]; kept > share*sum {
			c.keys = c.keys[:i+1]
			break
		}
	}
	for i, k := range c.keys {
		c.keys[i] = sortKey(z[uint32(k)], int32(uint32(k)))
	}
	slices.Sort(c.keys)
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
	for lo := 0; lo < len(z); lo += block {
		if part := z[lo:min(lo+block, len(z))]; kernel.Max(part) == peak {
			return int32(lo + slices.Index(part, peak))
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

// largest appends to keys, which is empty, those of the n largest logits, in
// order. They are found one by one if they are few, else by sorting all.
func (c *chooser) largest(keys []uint64, z []float32, n int) []uint64 {
	if n > 256 {
		all := c.keys[:0]
		for id, v := range z {
			all = append(all, sortKey(v, int32(id)))
		}
		c.keys = all
		c.sort()
		return append(keys, c.keys[:n]...)
	}
	floor := float32(math.Inf(-1))
	for lo := 0; lo < len(z); lo += block {
		part := z[lo:min(lo+block, len(z))]
		if len(keys) == n && kernel.Max(part) <= floor {
			continue
		}
		for i, v := range part {
			if len(keys) == n && !(v > floor) { // of equals the first stay
				continue
			}
			k := sortKey(v, int32(lo+i))
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
	}
	return keys
}

// sort puts the keys in order. Many are sorted by radix, on the upper half:
// where that is equal they stay as they stood, by id.
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
