package objective

import "math"

// A Norm is by what the losses of tokens are divided.
type Norm int

const (
	AllTokens Norm = iota // the tokens of all answers
	PerAnswer             // each answer's tokens, and the number of answers
	Constant              // Length times the number of answers
)

// A Policy is the loss of reinforcement in the general form of GRPO (Shao et
// al., arXiv 2402.03300): for each token with its ratio ρ = π/π_old and the
// answer's advantage A
//
//	-min(ρA, clip(ρ, 1-Low, 1+High)·A) + β·(π_ref/π - log(π_ref/π) - 1)
//
// The zero Policy neither clips nor keeps near a reference.
type Policy struct {
	Sequence  bool    // ρ is the geometric mean of the answer's ratios
	Low, High float64 // 0, 0: no clipping
	Beta      float64
	Norm      Norm
	Length    float64 // of Constant
	Deviation bool    // advantages are divided by their group's standard deviation
}

// Variant returns the settings that go by a name, for answers of up to tokens
// tokens; ok is false if nothing does.
//
//	grpo     arXiv 2402.03300
//	dapo     arXiv 2503.14476: clips less above, divides by all tokens
//	dr_grpo  arXiv 2503.20783: no deviation, divides by a constant
//	gspo     arXiv 2507.18071: ratios of sequences
func Variant(name string, tokens int) (p Policy, ok bool) {
	switch name {
	case "grpo":
		return Policy{Low: 0.2, High: 0.2, Beta: 0.04, Norm: PerAnswer, Deviation: true}, true
	case "dapo":
		return Policy{Low: 0.2, High: 0.28, Norm: AllTokens, Deviation: true}, true
	case "dr_grpo":
		return Policy{Low: 0.2, High: 0.2, Norm: Constant, Length: float64(tokens)}, true
	case "gspo":
		return Policy{Sequence: true, Low: 3e-4, High: 4e-4, Norm: PerAnswer, Deviation: true}, true
	}
	return Policy{}, false
}

// Variants are the names that Variant knows.
var Variants = []string{"grpo", "dapo", "dr_grpo", "gspo"}

// A Rollout is one sampled answer with the log-probabilities of its tokens,
// at least one.
type Rollout struct {
	Now       []float64 // under the model that is trained
	Old       []float64 // under the one that wrote it; nil: they are the same
	Reference []float64 // read if Beta is not 0
	Advantage float64
}

// Facts are what a step of reinforcement was like, over all tokens.
type Facts struct {
	Clipped float64 // share of tokens whose clipping took their gradient
	KL      float64 // mean divergence from the reference; 0 without one
}

// Loss returns the loss of rollouts and sets the weight of each token;
// weight[i] is as long as rollouts[i].Now.
func (p Policy) Loss(rollouts []Rollout, weight [][]float64) (loss float64, f Facts) {
	all := 0.0
	for i := range rollouts {
		all += float64(len(rollouts[i].Now))
	}
	for i := range rollouts {
		r := &rollouts[i]
		n := float64(len(r.Now))
		part := 1 / all // of each token's loss
		switch p.Norm {
		case PerAnswer:
			part = 1 / (n * float64(len(rollouts)))
		case Constant:
			part = 1 / (p.Length * float64(len(rollouts)))
		}
		mean := 0.0 // log-ratio
		if r.Old != nil {
			for t := range r.Now {
				mean += (r.Now[t] - r.Old[t]) / n
			}
		}
		for t, now := range r.Now {
			ratio := 1.0
			switch {
			case p.Sequence:
				ratio = math.Exp(mean)
			case r.Old != nil:
				ratio = math.Exp(now - r.Old[t])
			}
			used, clipped := p.clip(ratio, r.Advantage)
			loss -= part * used * r.Advantage
			// The mean's derivative is 1/n for each of its n tokens, whose losses are
			// one: as for a ratio of the token's own.
			if weight[i][t] = part * ratio * r.Advantage; clipped {
				weight[i][t] = 0
				f.Clipped += 1 / all
			}
			if p.Beta != 0 {
				d := r.Reference[t] - now
				kl := math.Expm1(d) - d
				f.KL += kl / all
				loss += part * p.Beta * kl
				weight[i][t] += part * p.Beta * math.Expm1(d)
			}
		}
	}
	return loss, f
}

// clip returns the ratio that counts, and whether it is a bound, which has no
// gradient.
func (p Policy) clip(ratio, advantage float64) (float64, bool) {
	switch {
	case p.Low == 0 && p.High == 0:
	case advantage > 0 && ratio > 1+p.High:
		return 1 + p.High, true
	case advantage < 0 && ratio < 1-p.Low:
		return 1 - p.Low, true
	}
	return ratio, false
}

// Advantages returns what each reward of a group is above their mean; with
// Deviation in units of the group's standard deviation, and 1e-4.
func (p Policy) Advantages(rewards []float64) []float64 {
	n, mean, square := float64(len(rewards)), 0.0, 0.0
	for _, r := range rewards {
		mean += r / n
	}
	list := make([]float64, len(rewards))
	for i, r := range rewards {
		list[i] = r - mean
		square += list[i] * list[i]
	}
	if p.Deviation && n > 1 {
		unit := math.Sqrt(square/(n-1)) + 1e-4
		for i := range list {
			list[i] /= unit
		}
	}
	return list
}

// Overlong returns what the reward of an answer loses by its length: nothing
// up to zone tokens before the limit, one at the limit, in between in
// proportion (arXiv 2503.14476, eq. 13).
func Overlong(tokens, limit, zone int) float64 {
	if zone <= 0 {
		return 0
	}
	return min(1, max(0, float64(tokens-(limit-zone))/float64(zone)))
}
