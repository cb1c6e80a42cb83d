package knowledge

import (
	"cmp"
	"math"

	"suiren/knowledge/embedding"
)

// Confident is the least that sure has to be. It, and what beside the words counts, was
// chosen on testdata and on half of CMRC without the paragraphs that answer: see
// TestConfident.
const Confident = 0.5

const (
	sureMeaning = 0.2  // what the cosine of the question and the nearest sentence counts
	sureKind    = 0.05 // what it counts that the kind of answer is there, or is not
	sureBase    = 0.10 // what both come to for a passage that just answers
)

// Confident reports whether a hit answers a question, which is no calculation: enough
// of its words are there, a sentence speaks of the same, and there is a time where it asks when.
func (ix *Index) Confident(ask Question, h *Hit) bool {
	return h.Coverage > 0 && !Calculation(ask.Text) && sure(clip(ask.Text, maxQuestion), h) >= cmp.Or(ask.Least, Confident)
}

// sure is the share of the question that the hit covers, and a little more or less.
func sure(question string, h *Hit) float64 {
	sum := embedding.Default().NewSum()
	v := wordVector(sum, question)
	near := 0.0
	for _, s := range Sentences(h.Text) {
		near = max(near, cosine(v, wordVector(sum, h.Heading+"\n"+s)))
	}
	kind := 0.0
	if c := cueOf(question); c != nil {
		if kind = -1; c.answers.MatchString(h.Text) {
			kind = 1
		}
	}
	return h.Coverage + float64(sureMeaning*near) + float64(sureKind*kind) - sureBase
}

// wordVector is the vector of a text by its words.
func wordVector(sum *embedding.Sum, text string) []float32 {
	sum.Reset()
	Words(text, func(word uint64, chars []uint64) {
		if !sum.Add(word, 1) {
			for _, c := range chars {
				sum.Add(c, 1)
			}
		}
	})
	return sum.Vector()
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, x := range a {
		y := float64(b[i])
		ab, aa, bb = ab+float64(float64(x)*y), aa+float64(float64(x)*float64(x)), bb+float64(y*y)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
