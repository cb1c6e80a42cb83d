package knowledge

import (
	_ "embed"
	"slices"
	"sync"

	"suiren/knowledge/inverted"
)

//go:embed everyday.txt
var everydayText []byte

// everyday is the groups of everydayText: of each word as the search knows it, the
// terms that mean the same.
var everyday = sync.OnceValue(func() map[uint64][]uint64 {
	groups, err := ParseSynonyms(everydayText)
	if err != nil {
		panic("knowledge: everyday.txt: " + err.Error()) // it is embedded
	}
	same := map[uint64][]uint64{}
	for _, g := range groups {
		var list []uint64
		for _, w := range g {
			if h, ok := single(w); ok && !slices.Contains(list, h) {
				list = append(list, h)
			}
		}
		for _, a := range list {
			for _, b := range list {
				if a != b && !slices.Contains(same[a], b) {
					same[a] = append(same[a], b)
				}
			}
		}
	}
	return same
})

// single returns the term of a phrase that is one word, or two characters.
func single(phrase string) (term uint64, ok bool) {
	words := 0
	pieces(phrase, func(p piece) {
		if p.kind != pair {
			words++
		}
		if ok = p.hi-p.lo == len(phrase); ok {
			term = p.hash
		}
	})
	return term, ok || words == 1
}

// What an everyday word of the same meaning counts, of 256, beside a word that the
// documents have, and in place of one that they do not have.
const (
	everydayShare   = 96
	everydayInstead = 160
)

// widenEveryday adds to a question the words that mean the same as one of its own and
// stand in the documents.
func (ix *Index) widenEveryday(q *query, allowed inverted.Set) {
	for i, t := range slices.Clone(q.terms) { // what is added is not widened again
		share := uint32(everydayShare)
		if ix.holds(q, t.Hash, allowed) == 0 {
			share = everydayInstead
		}
		for _, o := range everyday()[t.Hash] {
			if ix.holds(q, o, allowed) == 0 {
				continue
			}
			q.add(o, q.names[i], share)
			for p := range q.parts {
				if slices.Contains(q.parts[p].terms, t.Hash) {
					q.parts[p].terms = append(q.parts[p].terms, o)
				}
			}
		}
	}
}
