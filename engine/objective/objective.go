// Package objective turns log-probabilities of answers into losses, and into
// the weights with which their gradients are made.
//
// Every loss here is a function of log-probabilities alone, and
// model.Trainer.Accumulate adds Σ w·∇(-log p). So with w = -∂L/∂log p of each
// token it adds ∇L: that is the weight every function returns.
package objective

import "math"

// An Answer is one answer to a prompt: the log-probabilities of its tokens,
// summed, under the model that is trained and under the reference.
type Answer struct {
	LogProb, Reference float64
	Tokens             int // at least 1
}

// gain is how much likelier the answer has become.
func (a Answer) gain() float64 { return a.LogProb - a.Reference }

// A Form is how a preference becomes a loss.
type Form int

const (
	Sigmoid    Form = iota // DPO: -log σ(β(Δc - Δr)) (Rafailov et al., arXiv 2305.18290)
	Normalised             // the same of each Δ divided by its tokens (Lambert et al., arXiv 2411.15124)
	IPO                    // (Δc - Δr - 1/2β)², each Δ divided by its tokens (Azar et al., arXiv 2310.12036)
)

// A Preference is the loss of pairs of answers to one prompt, of which one was
// chosen. Δ is log π - log π_ref of an answer.
type Preference struct {
	Form      Form
	Beta      float64
	Smoothing float64 // the share of pairs taken to be the wrong way round, under ½; not for IPO
}

// Loss returns the mean loss of pairs and sets the weight of every token of
// each answer. The four slices have one length.
func (p Preference) Loss(chosen, rejected []Answer, chosenWeight, rejectedWeight []float64) (loss float64) {
	n := float64(len(chosen))
	for i := range chosen {
		c, r := chosen[i], rejected[i]
		partC, partR := 1.0, 1.0 // of Δ in the margin
		if p.Form != Sigmoid {
			partC, partR = 1/float64(c.Tokens), 1/float64(r.Tokens)
		}
		margin := c.gain()*partC - r.gain()*partR
		var each, slope float64 // of the loss by the margin
		if p.Form == IPO {
			off := margin - 1/(2*p.Beta)
			each, slope = off*off, 2*off
		} else {
			x := p.Beta * margin
			each = (1-p.Smoothing)*softplus(-x) + p.Smoothing*softplus(x)
			slope = p.Beta * (p.Smoothing*sigmoid(x) - (1-p.Smoothing)*sigmoid(-x))
		}
		loss += each / n
		chosenWeight[i], rejectedWeight[i] = -slope*partC/n, slope*partR/n
	}
	return loss
}

// A KTO is the loss of answers that were called good or bad, one by one
// (Ethayarajh et al., arXiv 2402.01306):
//
//	good  Good·(1 - σ(β(Δ - z)))
//	bad   Bad·(1 - σ(β(z - Δ)))
type KTO struct {
	Beta      float64
	Good, Bad float64 // weights of the two kinds
}

// Baseline returns z, the divergence of the model from its reference: the mean
// Δ of answers to other prompts than those they stand with, or 0 if it is less.
// It has no gradient.
func (KTO) Baseline(mismatched []Answer) float64 {
	sum := 0.0
	for _, a := range mismatched {
		sum += a.gain()
	}
	return max(0, sum/float64(max(len(mismatched), 1)))
}

// Loss returns the mean loss of answers and sets the weight of every token of
// each. The three slices have one length.
func (k KTO) Loss(answers []Answer, good []bool, z float64, weight []float64) (loss float64) {
	n := float64(len(answers))
	for i, a := range answers {
		x, size := k.Beta*(a.gain()-z), k.Good
		if !good[i] {
			x, size = -x, k.Bad
		}
		s := sigmoid(x)
		loss += size * (1 - s) / n
		weight[i] = size * k.Beta * s * (1 - s) / n // -∂/∂x
		if !good[i] {
			weight[i] = -weight[i]
		}
	}
	return loss
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is log(1+eˣ) = -log σ(-x).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
