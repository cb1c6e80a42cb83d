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
	sums        sync.Pool // *sums
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
	ix.sums.New = func() any { return &sums{of: make([]uint32, docs)} }
	return ix, nil
}

// Docs returns the number of documents.
func (ix *Index) Docs() int { return ix.docs }

// Terms returns the number of terms.
func (ix *Index) Terms() int { return ix.terms }

// Class returns the class of a document.
func (ix *Index) Class(doc int) Class { return Class(ix.classes[doc]) }

// A list is the documents that hold a term.
type list struct {
	n     int    // documents
	most  byte   // the largest impact
	table []byte // of the blocks, if there are several
	rest  []byte // the blocks
}

// guessOff is by how much the place of a hash is mostly guessed wrong, and less: of a
// million terms the deviation is 500.
const guessOff = 2048

// list returns the list of a term; one of no documents if it is in none.
func (ix *Index) list(term uint64) (l list) {
	lo, hi := 0, ix.terms
	guess, _ := bits.Mul64(term, uint64(ix.terms)) // hashes lie evenly
	if at := max(int(guess)-guessOff, 0); at < hi && binary.LittleEndian.Uint64(ix.hashes[8*at:]) < term {
		lo = at
	}
	if at := int(guess) + guessOff; at < hi && binary.LittleEndian.Uint64(ix.hashes[8*at:]) >= term {
		hi = at
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if binary.LittleEndian.Uint64(ix.hashes[8*mid:]) < term {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo >= ix.terms || binary.LittleEndian.Uint64(ix.hashes[8*lo:]) != term {
		return l
	}
	from := uint64(0)
	if lo > 0 {
		from = binary.LittleEndian.Uint64(ix.ends[8*lo-8:])
	}
	to := binary.LittleEndian.Uint64(ix.ends[8*lo:])
	if from > to || to > uint64(len(ix.lists)) {
		return l
	}
	b := ix.lists[from:to]
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(ix.docs) || size >= len(b) {
		return l
	}
	most := b[size]
	b = b[size+1:]
	table := 0
	if n > blockSize {
		table = 8 * int((n+blockSize-1)/blockSize)
	}
	if table > len(b) {
		return l
	}
	return list{int(n), most, b[:table], b[table:]}
}

// block returns the bytes of the block that document doc is in, and the last
// document before it. at is where to begin looking, and where it was found.
func (l *list) block(doc int, at *int) (b []byte, before int) {
	n := len(l.table) / 8
	if n == 0 {
		return l.rest, 0
	}
	last := func(i int) int { return int(binary.LittleEndian.Uint32(l.table[8*i:])) }
	lo, step := *at, 1
	for lo+step < n && last(lo+step) < doc { // documents come in order: it is near
		lo, step = lo+step, 2*step
	}
	hi := min(lo+step, n)
	for lo < hi {
		if mid := (lo + hi) / 2; last(mid) < doc {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if *at = lo; lo == n {
		*at = n - 1
		return nil, 0
	}
	from, to := 0, int(binary.LittleEndian.Uint32(l.table[8*lo+4:]))
	if lo > 0 {
		from, before = int(binary.LittleEndian.Uint32(l.table[8*lo-4:])), last(lo-1)
	}
	if from > to || to > len(l.rest) {
		return nil, 0
	}
	return l.rest[from:to], before
}

// each calls f with the impacts of the documents, which come in order.
func (l *list) each(docs, limit int, doc func(i int) int, f func(i int, impact byte)) {
	var b []byte
	at, block := 0, -1
	now, impact, ok := 0, byte(0), false
	for i := range docs {
		want := doc(i)
		if len(l.table) == 0 && block < 0 {
			b, block = l.rest, 0
			b, now, impact, ok = next(b, 0, limit)
		} else if len(l.table) > 0 && (block < 0 || want > int(binary.LittleEndian.Uint32(l.table[8*block:]))) {
			before := 0
			b, before = l.block(want, &at)
			if b == nil {
				return
			}
			block = at
			b, now, impact, ok = next(b, before, limit)
		}
		for ok && now < want {
			b, now, impact, ok = next(b, now, limit)
		}
		if ok && now == want {
			f(i, impact)
		}
	}
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
	l := ix.list(term)
	if allowed == nil {
		return l.n
	}
	return ix.held(&l, allowed)
}

// Weight is the rarity of a term among the allowed documents: its idf.
func (ix *Index) Weight(term uint64, allowed Set) float64 {
	return ix.Rarity(ix.Holds(term, allowed), allowed)
}

// Rarity is the weight of a term that some of the allowed documents hold.
func (ix *Index) Rarity(docs int, allowed Set) float64 {
	all := ix.docs
	if allowed != nil {
		all = allowed.Len()
	}
	return float64(idf(all, docs)) / idfScale
}

// held counts the allowed documents of a list.
func (ix *Index) held(l *list, allowed Set) (df int) {
	b, doc, ok := l.rest, 0, true
	for {
		if b, doc, _, ok = next(b, doc, ix.docs); !ok {
			return df
		}
		if allowed.Has(doc) {
			df++
		}
	}
}

// A Term is one of a query's. Share is what it counts, of 256. Docs is how many
// allowed documents hold it, as Holds says; 0: it is counted.
type Term struct {
	Hash  uint64
	Share uint32
	Docs  int
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

	// Found.Above may be asked for what is at most so far behind the Lead-th best; with
	// Lead 0 for what is not behind the K-th.
	Lead   int
	Behind uint32
}

// A Hit is a document and what it scored, in units of 1/(255·1024).
type Hit struct {
	Doc   int
	Score uint32
}

// maxTerms is how many terms of a query count: with more the sum could overflow.
const maxTerms = 1000

// An asked term is its list and what an impact of 1 weighs.
type asked struct {
	list
	weight uint32
}

// asked returns the terms of a query that count, those first that can add most.
func (ix *Index) asked(q *Query) []asked {
	all := ix.docs
	if q.Allowed != nil {
		all = q.Allowed.Len()
	}
	var terms []asked
	for _, t := range q.Terms[:min(len(q.Terms), maxTerms)] {
		l := ix.list(t.Hash)
		df := l.n
		if q.Allowed != nil {
			if df = t.Docs; df == 0 {
				df = ix.held(&l, q.Allowed)
			}
		}
		if w := idf(all, df) * min(t.Share, 256) / 256; w > 0 && df > 0 {
			terms = append(terms, asked{l, w})
		}
	}
	slices.SortStableFunc(terms, func(a, b asked) int { return cmp.Compare(b.weight*uint32(b.most), a.weight*uint32(a.most)) })
	return terms
}

// Scores returns what a query finds in some documents, which must be allowed.
func (ix *Index) Scores(q Query, docs []int) []uint32 {
	scores := make([]uint32, len(docs))
	terms := q.Terms[:min(len(q.Terms), maxTerms)]
	weights := make([]uint32, len(terms))
	all := ix.docs
	if q.Allowed != nil {
		all = q.Allowed.Len()
	}
	for i, t := range terms {
		df := t.Docs
		if df == 0 {
			df = ix.Holds(t.Hash, q.Allowed)
		}
		weights[i] = idf(all, df) * min(t.Share, 256) / 256
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
		l := ix.list(terms[t].Hash)
		l.each(len(order), ix.docs, func(i int) int { return docs[order[i]] }, func(i int, impact byte) {
			table[order[i]][t] = impact
		})
	}
	return table
}
