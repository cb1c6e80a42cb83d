package knowledge

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
)

// An Index holds passages and the terms in them. It does not change, so it
// may be used by many goroutines.
type Index struct {
	passages []Passage
	length   []int             // terms in each passage
	lists    map[string][]byte // of each term: pairs of (passage − the one before, times), as uvarints
	stats    map[string]stat   // by language
}

// A stat is what BM25 needs to know of the passages of one language.
type stat struct {
	n    int     // passages
	mean float64 // terms in one
}

// The parameters of BM25, by the language of a passage. Measured on question
// to paragraph: Chinese paragraphs (CMRC 2018, nDCG@10 .983) and English
// abstracts (Cranfield, .521) want different ones.
var bm25 = map[string]struct{ k1, b float64 }{
	"zh": {0.9, 0.4},
	"en": {1.5, 0.75},
}

// Build makes the index of documents. The same documents in the same order
// make the same index.
func Build(docs []Document) *Index {
	ix := &Index{lists: map[string][]byte{}}
	last := map[string]int{}
	for _, d := range docs {
		for _, p := range Passages(d) {
			at := len(ix.passages)
			times := map[string]int{}
			own := p.Heading[strings.LastIndex(p.Heading, headingSep)+1:]
			for _, text := range []string{p.Heading, own, p.Text} { // its own heading counts twice
				each(text, func(t string) { times[t]++ })
			}
			for _, t := range slices.Sorted(maps.Keys(times)) {
				l := binary.AppendUvarint(ix.lists[t], uint64(at-last[t]))
				ix.lists[t] = binary.AppendUvarint(l, uint64(times[t]))
				last[t] = at
			}
			ix.passages = append(ix.passages, p)
		}
	}
	ix.count()
	return ix
}

// count derives lengths and statistics from the lists.
func (ix *Index) count() {
	ix.length = make([]int, len(ix.passages))
	for _, l := range ix.lists {
		for at, times := range postings(l) {
			ix.length[at] += times
		}
	}
	sum := map[string]int{}
	ix.stats = map[string]stat{}
	for i, p := range ix.passages {
		sum[p.Lang] += ix.length[i]
		ix.stats[p.Lang] = stat{n: ix.stats[p.Lang].n + 1}
	}
	for lang, s := range ix.stats {
		s.mean = float64(sum[lang]) / float64(s.n)
		ix.stats[lang] = s
	}
}

// postings yields the passages of a list and how often the term is in each.
// The list was checked when it was read.
func postings(l []byte) func(yield func(at, times int) bool) {
	return func(yield func(at, times int) bool) {
		at := 0
		for len(l) > 0 {
			gap, n := binary.Uvarint(l)
			times, m := binary.Uvarint(l[n:])
			l = l[n+m:]
			at += int(gap)
			if !yield(at, int(times)) {
				return
			}
		}
	}
}

// Len returns the number of passages.
func (ix *Index) Len() int { return len(ix.passages) }

// Passage returns passage i, in the order of the documents.
func (ix *Index) Passage(i int) Passage { return ix.passages[i] }

// A Hit is a passage that a question may be about.
type Hit struct {
	Passage
	Score    float64 // BM25
	Coverage float64 // share of the question, weighed by rarity, whose words are in the passage: 0 to 1
}

// Search returns the k best passages for a question, best first. If there are
// passages in the question's language, it returns no others.
func (ix *Index) Search(question string, k int) []Hit {
	q := ix.parse(question)
	s, par := ix.stats[q.lang], bm25[q.lang]
	if s.n == 0 || k <= 0 {
		return nil
	}
	score := map[int]float64{}
	for _, t := range q.terms {
		idf := ix.idf(t, q.lang)
		for at, times := range postings(ix.lists[t]) {
			if ix.passages[at].Lang == q.lang {
				// Every product is rounded, so that no machine fuses it into the sum.
				norm := 1 - par.b + float64(par.b*float64(ix.length[at])/s.mean)
				tf := float64(times)
				score[at] += float64(idf * (float64(tf*(par.k1+1)) / (tf + float64(par.k1*norm))))
			}
		}
	}
	order := slices.SortedFunc(maps.Keys(score), func(a, b int) int {
		return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b))
	})
	weights := ix.weights(&q)
	hits := make([]Hit, 0, min(k, len(order)))
	for _, at := range order[:min(k, len(order))] {
		has := func(t string) bool { return ix.has(t, at) }
		if q.bare { // such words stand everywhere: they count in a heading only
			heading := terms(ix.passages[at].Heading)
			has = func(t string) bool { return heading[t] }
		}
		c := share(weights, func(i int) bool { return slices.ContainsFunc(q.parts[i].terms, has) })
		hits = append(hits, Hit{ix.passages[at], score[at], c})
	}
	return hits
}

// parse reads a question, in the language in which there are passages.
func (ix *Index) parse(question string) query {
	q := parse(question)
	for _, lang := range []string{"en", "zh"} {
		if ix.stats[q.lang].n == 0 && ix.stats[lang].n > 0 {
			q.lang = lang
		}
	}
	return q
}

// idf is the weight of a term: log(1 + (N−df+½)/(df+½)), in steps of 1/4096
// so that the logarithms of all machines give the same number.
func (ix *Index) idf(term, lang string) float64 {
	df := 0
	for at := range postings(ix.lists[term]) {
		if ix.passages[at].Lang == lang {
			df++
		}
	}
	n := ix.stats[lang].n
	return math.Round(4096*math.Log1p((float64(n-df)+0.5)/(float64(df)+0.5))) / 4096
}

// has reports whether a term is in a passage.
func (ix *Index) has(term string, at int) bool {
	for a := range postings(ix.lists[term]) {
		if a >= at {
			return a == at
		}
	}
	return false
}

// terms returns the set of the terms of a text.
func terms(text string) map[string]bool {
	in := map[string]bool{}
	each(text, func(t string) { in[t] = true })
	return in
}

// weights returns how much each part of a question counts.
func (ix *Index) weights(q *query) []float64 {
	w := make([]float64, len(q.parts))
	for i, p := range q.parts {
		w[i] = ix.idf(p.weigh, q.lang)
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
