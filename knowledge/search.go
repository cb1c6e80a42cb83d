package knowledge

import (
	"cmp"
	"context"
	"math"
	"slices"

	"suiren/knowledge/inverted"
)

// A Question asks an index.
type Question struct {
	Text   string
	K      int    // most hits
	Access Access // what may be found; the zero value is everything
	By     By     // what it is searched by
	Each   int    // most hits of one document; 0: any number

	Reranker Reranker // puts the best passages in another order; nil: none does

	// Least is the share of the question, by weight, that a passage has to
	// hold to answer it, 0 to 1; 0: the share that was measured to part
	// questions best. Answer refuses what is below.
	Least float64
}

// A Reranker says how well texts answer a question: 0 to 1 for each.
type Reranker interface {
	Rerank(ctx context.Context, question string, texts []string) ([]float64, error)
}

// By is what a question is searched by.
type By uint8

const (
	ByBoth    By = iota // words and meaning
	ByWords             // BM25F alone
	ByMeaning           // vectors alone
)

// A Hit is a passage that a question may be about.
type Hit struct {
	Passage
	At       int     // number of the passage
	Score    float64 // what it is ordered by
	Words    float64 // BM25F
	Meaning  float64 // cosine of its vector and the question's
	Rerank   float64 // what the reranker says; 0: it was not asked
	Ranks    Ranks
	Coverage float64 // share of the question, weighed by rarity, whose words are in the passage: 0 to 1
	Terms    []Match // why: the question's terms that are in it, the best first
	Spans    []Span  // of the text, where they stand; Explain fills them in
}

// Ranks says where a hit stood before its place was found: from 1; 0: it was
// not among those looked at.
type Ranks struct {
	Words   int `json:"words"`   // by BM25F
	Meaning int `json:"meaning"` // by vectors, of the passages that words or vectors proposed
	Fused   int `json:"fused"`   // by both together, before it was reranked
}

// A Match is a term of the question in a passage.
type Match struct {
	Term  string   `json:"term"`         // as in the question
	Score float64  `json:"score"`        // its part of the passage's
	In    []string `json:"in,omitempty"` // text, heading, title; Explain fills them in
}

// otherLanguage is what a passage in another language than the question's
// counts, of 256: it is better than none, and worse than one that can be read.
const otherLanguage = 128

// Search returns the k best passages for a question, best first.
func (ix *Index) Search(question string, k int) []Hit { return ix.Find(Question{Text: question, K: k}) }

// pool is how many passages each part of the search proposes.
const pool = 100

// Chosen on the first halves of the sets in TestHybrid.
const (
	least   = 0.02 // cosine of a passage that has none of the words
	leaders = 3    // the best passages by words, whose mean vector is added to the question's, four times as long as their share

	smoothed = 50 // the best passages by words, which take from each other
	nearby   = 5  // passages that each takes from
)

// Find returns the best passages for a question, best first. Nothing of a
// passage that may not be read enters into it: it is no hit, and does not
// count in the rarity of a term.
func (ix *Index) Find(ask Question) []Hit {
	if ask.K <= 0 {
		return nil
	}
	q := ix.query(ask)
	ideal := 0.0 // what a passage would score that is made of the question
	for t := range q.terms {
		ideal += ix.rarity(&q, t, ask.Access.set)
	}
	w := wording{query: inverted.Query{Terms: q.terms, Class: classOf(q.lang), Other: otherLanguage, Allowed: ask.Access.set, K: max(ask.K, pool)}, ideal: ideal}
	if ix.by == nil || ask.By == ByWords {
		w.query.K = ask.K
		if ask.Each > 0 {
			w.query.K = max(ask.K, pool)
		}
	} else if ask.By == ByBoth && ask.Each == 0 && ask.Reranker == nil {
		w.query.Lead, w.query.Behind = max(ask.K, placed), w.units(ix.fused.Meaning)
	}
	var list []candidate
	if ask.By != ByMeaning || ix.by == nil {
		w.found = ix.terms.Find(w.query)
		defer w.found.Close()
		for i, h := range w.found.Best {
			list = append(list, candidate{at: h.Doc, words: h.Score, ranks: Ranks{Words: i + 1}})
		}
	}
	for i := range list {
		list[i].share = w.share(list[i].words)
	}
	best := 0.0 // share of the first by words
	if len(list) > 0 {
		best = list[0].share
	}
	if ask.By == ByBoth && ix.by != nil {
		ix.takeNear(list[:min(len(list), smoothed)], best)
	}
	if ask.By != ByWords {
		list = ix.withMeaning(ask, &w, list, best)
	}
	for i := range list {
		c := &list[i]
		switch ask.By {
		case ByWords:
			c.score = c.share
		case ByMeaning:
			c.score = ix.meaning(c.at, c.near, w.query.Class)
		default:
			c.score = ix.together(c, best, w.query.Class)
		}
	}
	list = slices.DeleteFunc(list, func(c candidate) bool { return c.words == 0 && c.near < least })
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.words, a.words), cmp.Compare(a.at, b.at))
	})
	if ask.By == ByBoth && ix.by != nil {
		ix.place(&q, list, ask.Access.set)
	}
	for i := range list {
		list[i].ranks.Fused = i + 1
	}
	ix.rerank(ask, list)
	if ix.by != nil && ask.By != ByWords {
		rankByMeaning(list)
	}
	return ix.hits(&q, ix.spread(list, ask), ask.Access.set)
}

// A candidate is a passage that may become a hit.
type candidate struct {
	at     int
	words  uint32  // times wordsUnit
	share  float64 // of the score that words could reach, its own and its neighbours'
	near   float64
	rerank float64
	score  float64
	ranks  Ranks

	passage *Passage // nil: not read yet
}

// read returns the passage of a candidate.
func (ix *Index) read(c *candidate) *Passage {
	if c.passage == nil {
		p := ix.Passage(c.at)
		c.passage = &p
	}
	return c.passage
}

// meaning is what a cosine counts for passage i and a question in a language.
func (ix *Index) meaning(i int, near float64, class inverted.Class) float64 {
	if ix.terms.Class(i) != class {
		return near * otherLanguage / 256
	}
	return near
}

// A wording is how a question's words are looked for, and what they found.
type wording struct {
	query inverted.Query
	found *inverted.Found // nil: they were not looked for
	ideal float64         // what a passage would score that is made of the question
}

// wordsUnit is the score 1 of BM25F in units of inverted.Hit.
const wordsUnit = 255 * 1024

// share is a score by words, of the ideal.
func (w *wording) share(words uint32) float64 {
	if w.ideal == 0 {
		return 0
	}
	return float64(words) / wordsUnit / w.ideal
}

// units is the score of which this is the share, rounded down.
func (w *wording) units(share float64) uint32 {
	return uint32(min(max(float64(share*w.ideal)*wordsUnit, 0), math.MaxUint32))
}

// withMeaning adds the passages that are among the best by words and vectors together, and to all
// what they lack: cosines and scores.
func (ix *Index) withMeaning(ask Question, w *wording, list []candidate, best float64) []candidate {
	v := ix.embed(ask, list, best)
	if v == nil {
		return list
	}
	has := make(map[int]bool, len(list))
	docs := make([]int, len(list))
	for i := range list {
		has[list[i].at], docs[i] = true, list[i].at
	}
	for i, c := range ix.near.Near(v, docs) {
		list[i].near = float64(c)
	}
	docs = docs[:0]
	if more, last, ok := ix.behind(ask, w, list, best); ok {
		var words []uint32
		for _, h := range more {
			if !has[h.Doc] {
				docs, words = append(docs, h.Doc), append(words, h.Score)
			}
		}
		for i, near := range ix.near.Near(v, docs) {
			c := candidate{at: docs[i], words: words[i], share: w.share(words[i]), near: float64(near)}
			if ix.together(&c, best, w.query.Class) >= last {
				list = append(list, c)
			}
		}
		return list
	}
	before := len(list)
	for _, h := range ix.nearest(ask, v, max(ask.K, pool)) {
		if !has[h.At] {
			list, docs = append(list, candidate{at: h.At, near: float64(h.Near)}), append(docs, h.At)
		}
	}
	if ask.By != ByMeaning {
		for i, s := range ix.terms.Scores(w.query, docs) {
			list[before+i].words, list[before+i].share = s, w.share(s)
		}
	}
	return list
}

// together is the score by words and vectors. The less the words find, the more the
// vectors count: best is the share of the first. A cosine of rounded vectors may come out as
// more than 1, which behind does not reckon with: it counts 1.
func (ix *Index) together(c *candidate, best float64, class inverted.Class) float64 {
	return c.share + float64(ix.fused.Meaning*(1-best)*ix.meaning(c.at, min(c.near, 1), class))
}

// mostBehind is how many passages more are compared with the question one by one: where it takes
// more, those nearest to it are looked for among all.
const mostBehind = 10_000

// behind returns the passages that can come among the best by both together: those whose
// score by words is so little behind that a cosine of 1 makes up for it (Fagin, Lotem, Naor: Optimal
// aggregation algorithms for middleware, 2001), and what the last of the best scores. ok is false where
// they are too many, or others can come among the best.
func (ix *Index) behind(ask Question, w *wording, list []candidate, best float64) (more []inverted.Hit, last float64, ok bool) {
	if w.query.Lead == 0 || len(list) < w.query.Lead {
		return nil, 0, false
	}
	scores := make([]float64, len(list))
	for i := range list {
		scores[i] = ix.together(&list[i], best, w.query.Class)
	}
	slices.Sort(scores)
	last = scores[len(scores)-w.query.Lead]
	const rounding = 1e-9 // of the sums here
	least := w.units(last - ix.fused.Meaning*max(1-best, 0) - rounding)
	if least == 0 {
		return nil, 0, false
	}
	more, ok = w.found.Above(least, mostBehind)
	return more, last, ok
}

// rankByMeaning says where the vectors of the candidates stand among them. One that has
// none stands nowhere.
func rankByMeaning(list []candidate) {
	order := make([]*candidate, len(list))
	for i := range list {
		order[i] = &list[i]
	}
	slices.SortFunc(order, func(a, b *candidate) int { return cmp.Or(cmp.Compare(b.near, a.near), cmp.Compare(a.at, b.at)) })
	for i, c := range order {
		if c.near != 0 {
			c.ranks.Meaning = i + 1
		}
	}
}

// rerankPool is how many passages a reranker is asked about.
const rerankPool = 50

// rerank puts the first candidates in the order of a reranker. If it fails
// they stay as they are.
func (ix *Index) rerank(ask Question, list []candidate) {
	list = list[:min(len(list), rerankPool)]
	if ask.Reranker == nil || len(list) == 0 {
		return
	}
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = embedded(ix.read(&c))
	}
	scores, err := ask.Reranker.Rerank(context.Background(), clip(ask.Text, maxQuestion), texts)
	if err != nil || len(scores) != len(list) {
		return
	}
	for i := range list {
		list[i].rerank = scores[i]
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.rerank, a.rerank) })
}

// spread returns the first hits, of each document as many as may be.
func (ix *Index) spread(list []candidate, ask Question) []candidate {
	if ask.Each > 0 {
		n := map[int]int{}
		list = slices.DeleteFunc(list, func(c candidate) bool {
			s := ix.source(c.at)
			n[s]++
			return n[s] > ask.Each
		})
	}
	return list[:min(len(list), ask.K)]
}

// rarity is what a term of the question counts.
func (ix *Index) rarity(q *query, t int, allowed inverted.Set) float64 {
	return ix.terms.Rarity(q.terms[t].Docs, allowed) * float64(q.terms[t].Share) / 256
}

// query reads a question, with the owner's synonyms and with what sounds alike.
func (ix *Index) query(ask Question) query {
	q := parse(ask.Text)
	ix.synonyms.widen(&q, clip(ask.Text, maxQuestion))
	ix.widenEveryday(&q, ask.Access.set)
	ix.soundAlike(&q, ask.Access.set)
	for t := range q.terms {
		q.terms[t].Docs = ix.holds(&q, q.terms[t].Hash, ask.Access.set)
	}
	return q
}

// hits makes hits of what was found.
func (ix *Index) hits(q *query, found []candidate, allowed inverted.Set) []Hit {
	weights := ix.weights(q, allowed)
	docs := make([]int, len(found))
	for i, h := range found {
		docs[i] = h.at
	}
	rarity := make([]float64, len(q.terms))
	for t := range q.terms {
		rarity[t] = ix.rarity(q, t, allowed)
	}
	hits := make([]Hit, 0, len(found))
	for i, impacts := range ix.terms.Impacts(q.terms, docs) {
		c := found[i]
		h := Hit{Passage: *ix.read(&c), At: c.at, Score: c.score, Words: float64(c.words) / wordsUnit, Meaning: c.near, Rerank: c.rerank, Ranks: c.ranks}
		in := map[uint64]bool{}
		for t, impact := range impacts {
			if impact > 0 {
				in[q.terms[t].Hash] = true
				h.Terms = append(h.Terms, Match{Term: q.names[t], Score: float64(rarity[t]*float64(impact)) / 255})
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
