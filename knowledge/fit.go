package knowledge

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"suiren/internal/say"
)

// Weights say how the parts of the search are put together.
type Weights struct {
	Meaning float64 `json:"meaning"` // what the cosine counts beside the share of the score that words could reach: 0 to 1
	Near    float64 `json:"near"`    // how much of its score a passage takes from those near to it, if nothing speaks against it: 0 to 1
}

// Usual are the weights without labels. Chosen on the first halves of the sets in TestHybrid.
var Usual = Weights{Meaning: 0.15, Near: 0.6}

// What Fit tries, the usual first: of equals the first is taken.
var (
	meanings = []float64{0.15, 0.1, 0.2, 0.05, 0.3, 0, 0.45, 0.6, 0.8, 1}
	nears    = []float64{0.6, 0.4, 0.8, 0.2, 0, 1}
)

func (w Weights) check() error {
	for _, x := range []float64{w.Meaning, w.Near} {
		if !(x >= 0 && x <= 1) {
			return say.Errorf("a weight is %g, and not from 0 to 1", "权重为 %g，应在 0 到 1 之间", x)
		}
	}
	return nil
}

// Weights returns what the index puts its parts together by.
func (ix *Index) Weights() Weights { return ix.fused }

// SetWeights changes them, while nobody asks.
func (ix *Index) SetWeights(w Weights) error {
	if err := w.check(); err != nil {
		return err
	}
	ix.fused = w
	return nil
}

// A Fit is weights chosen on half of labelled questions, and what they are worth on
// the other half.
type Fit struct {
	Weights   Weights `json:"weights"`
	Questions int     `json:"questions"` // on which they were chosen
	Judged    int     `json:"judged"`    // on which they were judged
	Before    Score   `json:"before"`    // of the judged, with Usual: gain of the first answering hit, 1 where it is the first
	After     Score   `json:"after"`
	Gain      Score   `json:"gain"` // with its 95% interval, by pairs
	Better    bool    `json:"better"`
}

// Bounds of the questions that a fit looks at.
const (
	leastFit = 20
	mostFit  = 2000
)

// ErrFewLabels is wrapped by the error for labels that are too few to fit weights to.
var ErrFewLabels = errors.New("too few labelled questions")

// Fit chooses weights on every other question that has an answer, and judges them on
// the rest. They are better if the whole interval of the gain over Usual is above
// nothing; what is within the noise is not worth another setting. The same questions give the same
// weights. Nobody may ask the index meanwhile.
func (ix *Index) Fit(ctx context.Context, list []Labelled, access Access) (f Fit, err error) {
	var halves [2][]Labelled
	n := 0
	for _, l := range list {
		if len(l.Files) > 0 && n < mostFit {
			halves[n%2] = append(halves[n%2], l)
			n++
		}
	}
	if n < leastFit {
		return f, &say.Error{Err: ErrFewLabels, What: say.T("%d questions have an answer, and weights are fitted to %d and more", "能回答的问题有 %d 个，拟合权重至少要 %d 个", n, leastFit),
			Next: say.T("write more questions", "请多写一些问题")}
	}
	before := ix.fused
	defer func() { ix.fused = before }()
	gains := func(w Weights, list []Labelled) (out []float64, err error) {
		ix.fused = w
		for _, l := range list {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			out = append(out, ix.gain(l, access))
		}
		return out, nil
	}
	f.Weights, f.Questions, f.Judged = Usual, len(halves[0]), len(halves[1])
	best := -1.0
	try := func(w Weights) error {
		g, err := gains(w, halves[0])
		if m := interval(g).Mean; err == nil && m > best+1e-9 {
			best, f.Weights = m, w
		}
		return err
	}
	for range 2 { // one after the other, and again
		for _, m := range meanings {
			if err := try(Weights{m, f.Weights.Near}); err != nil {
				return f, err
			}
		}
		for _, s := range nears {
			if err := try(Weights{f.Weights.Meaning, s}); err != nil {
				return f, err
			}
		}
	}
	old, err := gains(Usual, halves[1])
	if err != nil {
		return f, err
	}
	now, err := gains(f.Weights, halves[1])
	if err != nil {
		return f, err
	}
	f.Before, f.After, f.Gain = interval(old), interval(now), paired(now, old)
	f.Better = f.Gain.Low > 0
	return f, nil
}

// gain is 1/log₂(1+rank) of the first hit that answers, of ten; 0 if none does.
func (ix *Index) gain(l Labelled, access Access) float64 {
	for i, h := range ix.Find(Question{Text: l.Question, K: 10, Access: access}) {
		if slices.Contains(l.Files, h.File) && (l.Words == "" || strings.Contains(h.Text, l.Words)) {
			return 1 / math.Log2(float64(i+2))
		}
	}
	return 0
}

// paired is the mean of a−b and the middle 95% of the means of 2,000 samples of pairs.
func paired(a, b []float64) Score {
	diff := make([]float64, len(a))
	for i := range a {
		diff[i] = a[i] - b[i]
	}
	mean := func(next func(i int) int) float64 {
		sum := 0.0
		for i := range diff {
			sum += diff[next(i)]
		}
		return sum / float64(len(diff))
	}
	r := rand.New(rand.NewPCG(3, 3))
	var means []float64
	for range 2000 {
		means = append(means, mean(func(int) int { return r.IntN(len(diff)) }))
	}
	slices.SortFunc(means, cmp.Compare[float64])
	return Score{mean(func(i int) int { return i }), means[50], means[1949]}
}
