package inverted

import (
	"encoding/binary"
	"slices"
)

// Search returns the best documents, best first; of equal ones the earlier.
//
// Lists are added up one after the other, those first that can add most. When
// the documents that are behind cannot come among the best any more, and few are not, the
// lists that are left are only looked up for those (Turtle, Flood: Query
// Evaluation: Strategies and Optimizations, 1995). The result is that of adding up all.
//
// Cost: about a nanosecond for each posting, and a third for each document if
// there are more than an eighth as many postings.
func (ix *Index) Search(q Query) []Hit {
	f := ix.Find(q)
	defer f.Close()
	return f.Best
}

// Found is what a search found, and what it added up on the way, which Close gives back.
type Found struct {
	Best []Hit // as Search returns them
	ix   *Index
	q    Query
	p    *sums
}

// Find is Search whose sums may be asked for more.
func (ix *Index) Find(q Query) *Found {
	f := &Found{ix: ix, q: q}
	if q.K <= 0 || ix.docs == 0 {
		return f
	}
	terms := ix.asked(&q)
	postings, left := 0, uint64(0) // of the lists that are left, and what they can add
	for i := range terms {
		postings += terms[i].n
		left += uint64(terms[i].weight) * uint64(terms[i].most)
	}
	p := ix.sums.Get().(*sums)
	f.p = p
	p.met, p.dense, p.least = p.met[:0], 8*postings > ix.docs, 0
	added := uint64(0) // what the lists before can have added
	try := postings    // pruning is tried again when half as many are left
	for i := range terms {
		t := &terms[i]
		if left < added && postings > max(ix.docs, 8*blockSize) && postings <= try {
			try = postings / 2
			if least := uint64(q.least(ix.best(p, &q))); left < least && ix.prune(p, &q, terms[i:], postings, left, least) {
				break
			}
		}
		p.add(t.rest, t.weight)
		most := uint64(t.weight) * uint64(t.most)
		left, added, postings = left-most, added+most, postings-t.n
	}
	f.Best = slices.Clone(ix.best(p, &q))
	return f
}

// Close gives back the sums, which may not be asked any more.
func (f *Found) Close() {
	if f.p != nil {
		f.p.clear()
		f.ix.sums.Put(f.p)
		f.p = nil
	}
}

// Above returns all documents that score least and more, in their order. ok is false where they are
// more than most, or further behind than the query said. Both depend on nothing that is not allowed:
// whether the search did leave documents aside would.
//
// Cost: a look at each sum.
func (f *Found) Above(least uint32, most int) (hits []Hit, ok bool) {
	if f.p == nil {
		return nil, f.ix.docs == 0
	}
	if least = max(least, 1); least < f.q.least(f.Best) {
		return nil, false
	}
	see := func(doc int, sum uint32) bool {
		if s := f.ix.counts(&f.q, doc, sum); s >= least && (f.q.Allowed == nil || f.q.Allowed.Has(doc)) {
			hits = append(hits, Hit{doc, s})
		}
		return len(hits) <= most
	}
	if f.p.dense {
		for doc, sum := range f.p.of {
			if sum >= least && !see(doc, sum) {
				return nil, false
			}
		}
		return hits, true
	}
	for _, doc := range f.p.met { // best put them in their order
		if sum := f.p.of[doc]; sum >= least && !see(int(doc), sum) {
			return nil, false
		}
	}
	return hits, true
}

// counts is what a sum counts for the query.
func (ix *Index) counts(q *Query, doc int, sum uint32) uint32 {
	if Class(ix.classes[doc]) != q.Class {
		return uint32(uint64(sum) * uint64(min(q.Other, 256)) / 256)
	}
	return sum
}

// keep puts a hit among the k best, behind its equals.
func keep(hits []Hit, h Hit, k int) []Hit {
	if h.Score == 0 || len(hits) == k && h.Score <= hits[k-1].Score {
		return hits
	}
	at, _ := slices.BinarySearchFunc(hits, h.Score, func(h Hit, s uint32) int {
		if h.Score >= s {
			return -1
		}
		return 1
	})
	hits = slices.Insert(hits, at, h)
	return hits[:min(len(hits), k)]
}

// sums are those of a search.
type sums struct {
	of    []uint32 // of each document; all zero between searches
	dense bool     // all of them are looked at
	met   []uint32 // if not: the documents whose sum is not zero
	hits  []Hit
	least uint32 // score of the last of the k best when they were last looked for: sums only grow
}

// clear makes all sums zero.
func (p *sums) clear() {
	if p.dense {
		clear(p.of)
		return
	}
	for _, doc := range p.met {
		p.of[doc] = 0
	}
}

// best returns the best documents so far.
func (ix *Index) best(p *sums, q *Query) []Hit {
	hits, least := p.hits[:0], max(p.least, 1)-1
	see := func(doc int, sum uint32) {
		if q.Allowed != nil && !q.Allowed.Has(doc) {
			return
		}
		hits = keep(hits, Hit{doc, ix.counts(q, doc, sum)}, q.K)
		if len(hits) == q.K {
			least = hits[q.K-1].Score
		}
	}
	if p.dense {
		for doc, sum := range p.of {
			if sum > least {
				see(doc, sum)
			}
		}
	} else {
		slices.Sort(p.met)
		for _, doc := range p.met {
			if sum := p.of[doc]; sum > least {
				see(int(doc), sum)
			}
		}
	}
	if p.hits = hits; len(hits) == q.K {
		p.least = hits[q.K-1].Score
	}
	return hits
}

// least is the lowest score that is asked for where these are the best so far. With more of the
// sums it only grows.
func (q *Query) least(best []Hit) uint32 {
	if len(best) < q.K {
		return 0
	}
	least := best[q.K-1].Score
	if q.Lead > 0 {
		lead := best[min(q.Lead, q.K)-1].Score
		least = min(least, lead-min(lead, q.Behind))
	}
	return least
}

// prune keeps the documents that can come among the best and adds to them what
// the lists that are left hold of them; if they are too many for that to be
// quicker than adding up the lists, it reports false and changes nothing.
func (ix *Index) prune(p *sums, q *Query, terms []asked, postings int, left, least uint64) bool {
	most := postings / (blockSize / 2 * len(terms))
	var stays []uint32
	look := func(doc int, sum uint32) bool {
		if sum > 0 && uint64(ix.counts(q, doc, sum))+left >= least {
			stays = append(stays, uint32(doc))
		}
		return len(stays) <= most
	}
	if p.dense {
		for doc, sum := range p.of {
			if uint64(sum)+left >= least && !look(doc, sum) {
				return false
			}
		}
	} else {
		for _, doc := range p.met { // best put them in their order
			if !look(int(doc), p.of[doc]) {
				return false
			}
		}
	}
	kept := make([]uint32, len(stays))
	for i, doc := range stays {
		kept[i] = p.of[doc]
	}
	p.clear()
	p.dense, p.met = false, append(p.met[:0], stays...)
	for i, doc := range stays {
		p.of[doc] = kept[i]
	}
	for i := range terms {
		t := &terms[i]
		t.each(len(stays), ix.docs, func(k int) int { return int(stays[k]) }, func(k int, impact byte) {
			p.of[stays[k]] += t.weight * uint32(impact)
		})
	}
	return true
}

// add adds a list's impacts, weighed by w, to the sums.
func (p *sums) add(l []byte, w uint32) {
	doc, of := 0, p.of
	for len(l) >= 2 {
		for p.dense && len(l) >= 8 { // four short gaps together
			x := binary.LittleEndian.Uint64(l)
			if x&0x0080_0080_0080_0080 != 0 {
				break
			}
			a := doc + int(x&0x7f)
			b := a + int(x>>16&0x7f)
			c := b + int(x>>32&0x7f)
			d := c + int(x>>48&0x7f)
			if d >= len(of) {
				break
			}
			of[a] += w * uint32(x>>8&0xff)
			of[b] += w * uint32(x>>24&0xff)
			of[c] += w * uint32(x>>40&0xff)
			of[d] += w * uint32(x>>56)
			l, doc = l[8:], d
		}
		if len(l) < 2 {
			return
		}
		gap, impact := int(l[0]), l[1]
		if gap < 0x80 {
			l = l[2:]
		} else { // rare: a term in few documents has a short list
			far, n := binary.Uvarint(l)
			if n <= 0 || far > maxDocs || n >= len(l) {
				return
			}
			gap, impact, l = int(far), l[n], l[n+1:]
		}
		if doc += gap; doc >= len(of) {
			return
		}
		if !p.dense && of[doc] == 0 && impact != 0 {
			p.met = append(p.met, uint32(doc))
		}
		of[doc] += w * uint32(impact)
	}
}
