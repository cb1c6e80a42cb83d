package knowledge

import (
	"cmp"
	"slices"

	"suiren/knowledge/inverted"
)

// A Question asks an index.
type Question struct {
	Text   string
	K      int    // most hits
	Access Access // what may be found; the zero value is everything

	// Least is the share of the question, by weight, that a passage has to
	// hold to answer it, 0 to 1; 0: the share that was measured to part
	// questions best. Answer refuses what is below.
	Least float64
}

// A Hit is a passage that a question may be about.
type Hit struct {
	Passage
	At       int     // number of the passage
	Score    float64 // BM25F
	Coverage float64 // share of the question, weighed by rarity, whose words are in the passage: 0 to 1
	Terms    []Match // why: the question's terms that are in it, the best first
}

// A Match is a term of the question in a passage.
type Match struct {
	Term  string  `json:"term"`  // as in the question
	Score float64 `json:"score"` // its part of the passage's
}

// otherLanguage is what a passage in another language than the question's
// counts, of 256: it is better than none, and worse than one that can be read.
const otherLanguage = 128

// Search returns the k best passages for a question, best first.
func (ix *Index) Search(question string, k int) []Hit { return ix.Find(Question{Text: question, K: k}) }

// Find returns the best passages for a question, best first. Nothing of a
// passage that may not be read enters into it: it is no hit, and does not
// count in the rarity of a term.
func (ix *Index) Find(ask Question) []Hit {
	q := ix.query(ask)
	found := ix.terms.Search(inverted.Query{Terms: q.terms, Class: classOf(q.lang), Other: otherLanguage, Allowed: ask.Access.set, K: ask.K})
	return ix.hits(&q, found, ask.Access.set)
}

// query reads a question, with the owner's synonyms and with what sounds alike.
func (ix *Index) query(ask Question) query {
	q := parse(ask.Text)
	ix.synonyms.widen(&q, clip(ask.Text, maxQuestion))
	ix.soundAlike(&q, ask.Access.set)
	return q
}

// hits makes hits of what was found.
func (ix *Index) hits(q *query, found []inverted.Hit, allowed inverted.Set) []Hit {
	weights := ix.weights(q, allowed)
	docs := make([]int, len(found))
	for i, h := range found {
		docs[i] = h.Doc
	}
	rarity := make([]float64, len(q.terms))
	for t := range q.terms {
		rarity[t] = ix.terms.Weight(q.terms[t].Hash, allowed) * float64(q.terms[t].Share) / 256
	}
	hits := make([]Hit, 0, len(found))
	for i, impacts := range ix.terms.Impacts(q.terms, docs) {
		h := Hit{Passage: ix.Passage(docs[i]), At: docs[i], Score: float64(found[i].Score) / (255 * 1024)}
		in := map[uint64]bool{}
		for t, impact := range impacts {
			if impact > 0 {
				in[q.terms[t].Hash] = true
				h.Terms = append(h.Terms, Match{q.names[t], float64(rarity[t]*float64(impact)) / 255})
			}
		}
		slices.SortStableFunc(h.Terms, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
		if q.bare { // such words stand everywhere: they count in a heading only
			in = terms(h.Heading)
		}
		h.Coverage = share(weights, func(i int) bool {
			return slices.ContainsFunc(q.parts[i].terms, func(t uint64) bool { return in[t] })
		})
		hits = append(hits, h)
	}
	return hits
}

// Section returns the passages from lo up to hi that stand in one section
// with passage at: what a reader needs around it.
func (ix *Index) Section(at int) (lo, hi int) {
	s := ix.source(at)
	heading := ix.Passage(at).Heading
	lo, hi = at, at+1
	for lo > ix.first[s] && ix.Passage(lo-1).Heading == heading {
		lo--
	}
	for hi < ix.first[s]+ix.sources[s].Passages && ix.Passage(hi).Heading == heading {
		hi++
	}
	return lo, hi
}
