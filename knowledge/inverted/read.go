package inverted

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sync"
)

// An Index is one that a Writer made. It may be used by many goroutines.
type Index struct {
	docs, terms int
	classes     []byte
	hashes      []byte // uint64 of each term, in order
	ends        []byte // uint64 of each list
	lists       []byte
	sums        sync.Pool // *[]uint32, one for each document, all zero
}

// ErrDamaged is returned for bytes that no Writer made.
var ErrDamaged = errors.New("inverted: the index is damaged")

// Open reads an index from its bytes, which may be a mapped file and must not
// change. It looks at the sizes only; a damaged list is found when it is read,
// and ends there.
func Open(b []byte) (*Index, error) {
	const head = len(magic) + 24
	if len(b) < head || string(b[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	docs, terms, size := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:]), binary.LittleEndian.Uint64(b[32:])
	if docs > maxDocs || terms > uint64(len(b)) || size > uint64(len(b)) {
		return nil, ErrDamaged
	}
	at := uint64(head)
	classes := (at + docs + 7) / 8 * 8
	if classes+16*terms+size != uint64(len(b)) {
		return nil, ErrDamaged
	}
	ix := &Index{docs: int(docs), terms: int(terms), classes: b[at : at+docs]}
	b = b[classes:]
	ix.hashes, ix.ends, ix.lists = b[:8*terms], b[8*terms:16*terms], b[16*terms:]
	ix.sums.New = func() any { s := make([]uint32, docs); return &s }
	return ix, nil
}

// Docs returns the number of documents.
func (ix *Index) Docs() int { return ix.docs }

// Terms returns the number of terms.
func (ix *Index) Terms() int { return ix.terms }

// Class returns the class of a document.
func (ix *Index) Class(doc int) Class { return Class(ix.classes[doc]) }

// list returns the number of documents that hold a term and its list.
func (ix *Index) list(term uint64) (int, []byte) {
	lo, hi := 0, ix.terms
	for lo < hi { // terms are hashes, so where one lies is nearly known
		mid := lo + int(uint(hi-lo)/2)
		if h := binary.LittleEndian.Uint64(ix.hashes[8*mid:]); h == term {
			lo = mid
			break
		} else if h < term {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo >= ix.terms || binary.LittleEndian.Uint64(ix.hashes[8*lo:]) != term {
		return 0, nil
	}
	from := uint64(0)
	if lo > 0 {
		from = binary.LittleEndian.Uint64(ix.ends[8*lo-8:])
	}
	to := binary.LittleEndian.Uint64(ix.ends[8*lo:])
	if from > to || to > uint64(len(ix.lists)) {
		return 0, nil
	}
	l := ix.lists[from:to]
	n, size := binary.Uvarint(l)
	if size <= 0 || n > uint64(ix.docs) {
		return 0, nil
	}
	return int(n), l[size:]
}

// next reads a posting: the document and the impact. ok is false at the end,
// and where the list is damaged.
func next(l []byte, doc, docs int) (rest []byte, at int, impact byte, ok bool) {
	if len(l) < 2 {
		return nil, 0, 0, false
	}
	if gap := l[0]; gap < 0x80 {
		doc += int(gap)
		if doc >= docs {
			return nil, 0, 0, false
		}
		return l[2:], doc, l[1], true
	}
	gap, n := binary.Uvarint(l)
	if n <= 0 || n >= len(l) || gap >= uint64(docs-doc) {
		return nil, 0, 0, false
	}
	return l[n+1:], doc + int(gap), l[n], true
}

// A Set is a set of documents, a bit for each.
type Set []uint64

// NewSet returns an empty set for docs documents.
func NewSet(docs int) Set { return make(Set, (docs+63)/64) }

// Add adds a document.
func (s Set) Add(doc int) { s[doc/64] |= 1 << (doc % 64) }

// Has reports whether a document is in the set.
func (s Set) Has(doc int) bool { return doc/64 < len(s) && s[doc/64]>>(doc%64)&1 != 0 }

// Len returns how many documents are in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Holds returns how many of the allowed documents hold a term.
func (ix *Index) Holds(term uint64, allowed Set) int {
	_, df := ix.rarity(term, allowed)
	return df
}

// Weight is the rarity of a term among the allowed documents: its idf.
func (ix *Index) Weight(term uint64, allowed Set) float64 {
	n, df := ix.rarity(term, allowed)
	return float64(idf(n, df)) / idfScale
}

func (ix *Index) rarity(term uint64, allowed Set) (n, df int) {
	df, l := ix.list(term)
	if allowed == nil {
		return ix.docs, df
	}
	df = 0
	doc, ok := 0, true
	for {
		if l, doc, _, ok = next(l, doc, ix.docs); !ok {
			return allowed.Len(), df
		}
		if allowed.Has(doc) {
			df++
		}
	}
}

// A Term is one of a query's. Share is what it counts, of 256.
type Term struct {
	Hash  uint64
	Share uint32
}

// A Query asks for the best documents. Documents that are not in Allowed do
// not exist for it: neither as hits nor in the rarity of a term. Allowed nil
// allows all. Documents of another class than Class count Other of 256 of
// their score.
type Query struct {
	Terms   []Term
	Class   Class
	Other   uint32
	Allowed Set
	K       int
}

// A Hit is a document and what it scored, in units of 1/(255·1024).
type Hit struct {
	Doc   int
	Score uint32
}

// maxTerms is how many terms of a query count: with more the sum could overflow.
const maxTerms = 1000

// Search returns the best documents, best first; of equal ones the earlier.
func (ix *Index) Search(q Query) []Hit {
	if q.K <= 0 || ix.docs == 0 {
		return nil
	}
	p := ix.sums.Get().(*[]uint32)
	sums := *p
	all := 0
	if q.Allowed != nil {
		all = q.Allowed.Len()
	}
	for _, t := range q.Terms[:min(len(q.Terms), maxTerms)] {
		n, df := ix.docs, 0
		l := []byte(nil)
		if q.Allowed == nil {
			df, l = ix.list(t.Hash)
		} else {
			_, df = ix.rarity(t.Hash, q.Allowed)
			n = all
			_, l = ix.list(t.Hash)
		}
		w := idf(n, df) * min(t.Share, 256) / 256
		if w == 0 {
			continue
		}
		add(sums, l, w, q.Allowed)
	}
	hits := make([]Hit, 0, min(q.K, ix.docs)+1)
	least := uint32(0)
	for doc, s := range sums {
		if s == 0 {
			continue
		}
		sums[doc] = 0
		if Class(ix.classes[doc]) != q.Class {
			s = uint32(uint64(s) * uint64(min(q.Other, 256)) / 256)
		}
		if s <= least {
			continue
		}
		at, _ := slices.BinarySearchFunc(hits, s, func(h Hit, s uint32) int { // behind its equals
			if h.Score >= s {
				return -1
			}
			return 1
		})
		hits = slices.Insert(hits, at, Hit{doc, s})
		if len(hits) > q.K {
			hits = hits[:q.K]
			least = hits[q.K-1].Score
		}
	}
	ix.sums.Put(p)
	return hits
}

// Scores returns what a query finds in some documents, which must be allowed.
func (ix *Index) Scores(q Query, docs []int) []uint32 {
	scores := make([]uint32, len(docs))
	terms := q.Terms[:min(len(q.Terms), maxTerms)]
	weights := make([]uint32, len(terms))
	for i, t := range terms {
		weights[i] = idf(ix.rarity(t.Hash, q.Allowed)) * min(t.Share, 256) / 256
	}
	for i, impacts := range ix.Impacts(terms, docs) {
		for t, v := range impacts {
			scores[i] += weights[t] * uint32(v)
		}
		if Class(ix.classes[docs[i]]) != q.Class {
			scores[i] = uint32(uint64(scores[i]) * uint64(min(q.Other, 256)) / 256)
		}
	}
	return scores
}

// add adds a list's impacts, weighed by w, to the sums of the allowed documents.
func add(sums []uint32, l []byte, w uint32, allowed Set) {
	doc := 0
	for i := 0; i+1 < len(l); i += 2 {
		gap := uint64(l[i])
		if gap >= 0x80 { // rare: a term in few documents has a short list
			var n int
			if gap, n = binary.Uvarint(l[i:]); n <= 0 || gap > maxDocs || i+n >= len(l) {
				return
			}
			i += n - 1
		}
		if doc += int(gap); doc >= len(sums) {
			return
		}
		if allowed == nil || allowed.Has(doc) {
			sums[doc] += w * uint32(l[i+1])
		}
	}
}

// Impacts returns what each term is worth in each of some documents, of 255;
// 0 where it is not.
func (ix *Index) Impacts(terms []Term, docs []int) [][]uint8 {
	order := make([]int, len(docs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(docs[a], docs[b]) })
	table := make([][]uint8, len(docs))
	for i := range table {
		table[i] = make([]uint8, len(terms))
	}
	for t := range terms {
		_, l := ix.list(terms[t].Hash)
		doc, impact, ok := 0, byte(0), true
		for at := 0; at < len(order); {
			if l, doc, impact, ok = next(l, doc, ix.docs); !ok {
				break
			}
			for at < len(order) && docs[order[at]] < doc {
				at++
			}
			for at < len(order) && docs[order[at]] == doc {
				table[order[at]][t] = impact
				at++
			}
		}
	}
	return table
}
