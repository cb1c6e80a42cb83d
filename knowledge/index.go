package knowledge

import (
	"encoding/json"
	"slices"
	"sort"

	"suiren/knowledge/inverted"
)

// An Index holds passages and the terms in them. It does not change, so it
// may be used by many goroutines.
type Index struct {
	text    []byte // passages.jsonl
	ends    []int  // of each line
	sources []Source
	first   []int // passage of each source
	terms   *inverted.Index
	closers []func() error
}

// Len returns the number of passages.
func (ix *Index) Len() int { return len(ix.ends) }

// Sources returns the documents, in their order.
func (ix *Index) Sources() []Source { return ix.sources }

// Passage returns passage i, in the order of the documents.
func (ix *Index) Passage(i int) Passage {
	from := 0
	if i > 0 {
		from = ix.ends[i-1]
	}
	var p Passage
	if json.Unmarshal(ix.text[from:ix.ends[i]], &p) != nil { // of a damaged file
		return Passage{}
	}
	return p
}

// source returns the document of passage i.
func (ix *Index) source(i int) int {
	return sort.Search(len(ix.first), func(s int) bool { return ix.first[s] > i }) - 1
}

// A Hit is a passage that a question may be about.
type Hit struct {
	Passage
	At       int     // number of the passage
	Score    float64 // BM25F
	Coverage float64 // share of the question, weighed by rarity, whose words are in the passage: 0 to 1
}

// otherLanguage is what a passage in another language than the question's
// counts, of 256: it is better than none, and worse than one that can be read.
const otherLanguage = 128

// Search returns the k best passages for a question, best first.
func (ix *Index) Search(question string, k int) []Hit {
	q := parse(question)
	found := ix.terms.Search(inverted.Query{Terms: q.terms, Class: classOf(q.lang), Other: otherLanguage, K: k})
	return ix.hits(&q, found, nil)
}

// hits makes hits of what was found.
func (ix *Index) hits(q *query, found []inverted.Hit, allowed inverted.Set) []Hit {
	weights := ix.weights(q, allowed)
	docs := make([]int, len(found))
	for i, h := range found {
		docs[i] = h.Doc
	}
	impacts := ix.terms.Impacts(q.terms, docs)
	hits := make([]Hit, 0, len(found))
	for i, h := range found {
		p := ix.Passage(h.Doc)
		in := map[uint64]bool{}
		if q.bare { // such words stand everywhere: they count in a heading only
			in = terms(p.Heading)
		} else {
			for t, impact := range impacts[i] {
				if impact > 0 {
					in[q.terms[t].Hash] = true
				}
			}
		}
		has := func(t uint64) bool { return in[t] }
		c := share(weights, func(i int) bool { return slices.ContainsFunc(q.parts[i].terms, has) })
		hits = append(hits, Hit{p, h.Doc, float64(h.Score) / (255 * 1024), c})
	}
	return hits
}

// weights returns how much each part of a question counts.
func (ix *Index) weights(q *query, allowed inverted.Set) []float64 {
	w := make([]float64, len(q.parts))
	for i, p := range q.parts {
		w[i] = ix.terms.Weight(p.weigh, allowed)
	}
	return w
}

// share is the weight of the parts that has says yes to, by the weight of all.
func share(weights []float64, has func(part int) bool) float64 {
	var got, all float64
	for i, w := range weights {
		all += w
		if has(i) {
			got += w
		}
	}
	if all == 0 {
		return 0
	}
	return got / all
}
