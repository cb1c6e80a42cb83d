package tokenizer

import "unicode/utf8"

// A bpe joins symbols pair by pair: of all adjacent pairs always the one of
// lowest rank, the leftmost if several have it. The symbols are bytes in a
// byte-level vocabulary, and runes in one of SentencePiece.
//
// Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with
// Subword Units, 2016.
type bpe struct {
	level  bool
	bytes  [256]int32     // ids of the bytes; -1 if there is none
	runes  map[rune]int32 // ids of the runes; those beyond the vocabulary stand for runes without a token
	pairs  pairTable
	whole  map[string]int32   // tokens that a piece may be without merges; nil if none may
	size   int32              // of the vocabulary
	unk    int32              // -1 if there is none
	fuse   bool               // unknown runes that follow one another are one token
	unused map[int32][2]int32 // tokens that are taken apart again
}

func (b *bpe) encode(dst []int32, piece string, s *scratch) []int32 {
	if b.whole != nil {
		if id, ok := b.whole[piece]; ok {
			return append(dst, id)
		}
	}
	s.id = b.symbols(s.id[:0], piece)
	if len(s.id) > 1 {
		if len(s.id) <= 64 {
			s.id = b.joinFew(s.id, s)
		} else {
			s.id = b.joinMany(s.id, s)
		}
	}
	if b.level {
		return append(dst, s.id...)
	}
	return b.finish(dst, piece, s.id)
}

// symbols appends what a piece consists of before any merge.
func (b *bpe) symbols(ids []int32, piece string) []int32 {
	if b.level {
		for i := range len(piece) {
			if id := b.bytes[piece[i]]; id >= 0 {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for i := 0; i < len(piece); {
		r, n := utf8.DecodeRuneInString(piece[i:])
		if r != utf8.RuneError || n != 1 {
			if id, ok := b.runes[r]; ok {
				ids = append(ids, id)
				i += n
				continue
			}
		}
		ids = b.fallback(ids, piece[i:i+n])
		i += n
	}
	return ids
}

// fallback appends the bytes of a rune without a token, or the unknown token.
func (b *bpe) fallback(ids []int32, r string) []int32 {
	start := len(ids)
	for i := range len(r) {
		if b.bytes[r[i]] < 0 {
			ids = ids[:start]
			if b.unk < 0 {
				return ids
			}
			if b.fuse && start > 0 && ids[start-1] == b.unk {
				return ids
			}
			return append(ids, b.unk)
		}
		ids = append(ids, b.bytes[r[i]])
	}
	return ids
}

// finish appends ids to dst, without those that are not in the vocabulary or
// not to be used.
func (b *bpe) finish(dst []int32, piece string, ids []int32) []int32 {
	start := len(dst)
	for _, id := range ids {
		if parts, ok := b.unused[id]; ok {
			dst = b.finish(dst, piece, parts[:])
		} else if id >= b.size {
			dst = append(dst, b.fallback(dst[start:], string(rune(id-b.size)))[len(dst)-start:]...)
		} else {
			dst = append(dst, id)
		}
	}
	return dst
}

// scratch is the work space of a call of Encode.
type scratch struct {
	id, join   []int32  // symbols, and what each would be joined with the next
	prev, next []int32  // positions, where there are many
	rank       []uint32 // of the pair of a symbol and the next
	heap       []uint64 // rank<<32 | position, the smallest first
	best       []way    // to each position of a Unigram's piece
}

// joinFew joins ids in place: it looks through all ranks each time.
func (b *bpe) joinFew(ids []int32, s *scratch) []int32 {
	n := len(ids)
	if cap(s.rank) < n {
		s.rank, s.join = make([]uint32, max(n, 64)), make([]int32, max(n, 64))
	}
	rank, join := s.rank[:n], s.join[:n]
	for i := range n - 1 {
		rank[i], join[i] = b.pairs.find(ids[i], ids[i+1])
	}
	rank[n-1] = noRank
	for {
		least, at := noRank, 0
		for i, r := range rank {
			if r < least {
				least, at = r, i
			}
		}
		if least == noRank {
			return ids
		}
		ids[at] = join[at]
		copy(ids[at+1:], ids[at+2:])
		copy(rank[at+1:], rank[at+2:])
		copy(join[at+1:], join[at+2:])
		n--
		ids, rank, join = ids[:n], rank[:n], join[:n]
		if at+1 < n {
			rank[at], join[at] = b.pairs.find(ids[at], ids[at+1])
		} else {
			rank[at] = noRank
		}
		if at > 0 {
			rank[at-1], join[at-1] = b.pairs.find(ids[at-1], ids[at])
		}
	}
}

// joinMany joins ids in place: a heap keeps that near linear however many.
// The symbols form a list over the positions where their first parts are.
func (b *bpe) joinMany(ids []int32, s *scratch) []int32 {
	n := len(ids)
	if cap(s.prev) < n {
		s.prev, s.next = make([]int32, n), make([]int32, n)
	}
	if cap(s.rank) < n {
		s.rank, s.join = make([]uint32, n), make([]int32, n)
	}
	prev, next, rank, join := s.prev[:n], s.next[:n], s.rank[:n], s.join[:n]
	for i := range n {
		prev[i], next[i] = int32(i-1), int32(i+1)
	}
	s.heap = s.heap[:0]
	look := func(i int32) { // finds the rank of the pair at i
		rank[i] = noRank
		if int(next[i]) == n {
			return
		}
		if r, id := b.pairs.find(ids[i], ids[next[i]]); r != noRank {
			rank[i], join[i] = r, id
			s.push(uint64(r)<<32 | uint64(i))
		}
	}
	for i := range n {
		look(int32(i))
	}
	for len(s.heap) > 0 {
		top := s.pop()
		r, i := uint32(top>>32), int32(uint32(top))
		if rank[i] != r { // the pair is gone
			continue
		}
		j := next[i]
		ids[i], next[i] = join[i], next[j]
		rank[j] = noRank
		if int(next[i]) < n {
			prev[next[i]] = i
		}
		look(i)
		if prev[i] >= 0 {
			look(prev[i])
		}
	}
	out := ids[:0]
	for i := 0; i < n; i = int(next[i]) {
		out = append(out, ids[i])
	}
	return out
}

func (s *scratch) push(x uint64) {
	h := append(s.heap, x)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2] > x {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = x
	s.heap = h
}

func (s *scratch) pop() uint64 {
	h := s.heap
	top, n := h[0], len(h)-1
	x := h[n]
	i := 0
	for {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && h[c+1] < h[c] {
			c++
		}
		if h[c] >= x {
			break
		}
		h[i] = h[c]
		i = c
	}
	h[i] = x
	s.heap = h[:n]
	return top
}
