package knowledge

import (
	"encoding/json"
	"slices"
	"sort"

	"suiren/knowledge/embedding"
	"suiren/knowledge/inverted"
	"suiren/knowledge/vector"
)

// An Index holds passages and the terms in them. It does not change, so it
// may be used by many goroutines.
type Index struct {
	text     []byte // passages.jsonl
	ends     []int  // of each line
	sources  []Source
	first    []int // passage of each source
	terms    *inverted.Index
	sounds   sounds
	synonyms synonyms
	rules    []Rule
	near     *vector.Set // of each passage; nil: there are none
	graph    *vector.Graph
	embedder string   // who made them
	by       Embedder // who embeds questions
	fused    Weights
	closers  []func() error
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

// mark is the beginning of passage i as it is kept: its id, which is of its words.
func (ix *Index) mark(i int) []byte {
	from := 0
	if i > 0 {
		from = ix.ends[i-1]
	}
	return ix.text[from:min(ix.ends[i], from+len(`{"id":"0123456789abcdef"`))]
}

// Document returns the passages of a document that may be read, in order, at most
// so many.
func (ix *Index) Document(file string, access Access, most int) (list []Passage) {
	s := ix.numbered(file)
	if s < 0 || !access.MaySource(s) {
		return nil
	}
	for i := ix.first[s]; i < ix.first[s]+ix.sources[s].Passages && len(list) < most; i++ {
		list = append(list, ix.Passage(i))
	}
	return list
}

// numbered returns which document lies at a path; −1: none.
func (ix *Index) numbered(file string) int {
	return slices.IndexFunc(ix.sources, func(s Source) bool { return s.Path == file })
}

// source returns the document of passage i.
func (ix *Index) source(i int) int {
	return sort.Search(len(ix.first), func(s int) bool { return ix.first[s] > i }) - 1
}

// holds returns how many of the allowed passages hold a term, of one question
// always the same ones.
func (ix *Index) holds(q *query, term uint64, allowed inverted.Set) int {
	n, ok := q.held[term]
	if !ok {
		if n = ix.terms.Holds(term, allowed); q.held == nil {
			q.held = map[uint64]int{}
		}
		q.held[term] = n
	}
	return n
}

// weights returns how much each part of a question counts.
func (ix *Index) weights(q *query, allowed inverted.Set) []float64 {
	w := make([]float64, len(q.parts))
	for i, p := range q.parts {
		w[i] = ix.terms.Rarity(ix.holds(q, p.weigh, allowed), allowed) * embedding.Default().Weight(p.weigh)
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
