// Package tokenizer turns text into token ids and back: byte-level BPE as
// GPT-2 and Qwen2 do it. It trains a vocabulary, and reads and writes the
// tokenizer.json of Hugging Face.
//
// Text is normalised to NFC, split into pieces (see pieceEnd), and each
// piece's bytes are joined pair by pair, the earliest learnt merge first.
// Every byte is a token, so any text has an encoding, and decoding gives back
// the normalised text. NFC is that of golang.org/x/text, in the stream-safe
// form: a combining grapheme joiner is put into runs of over 30 marks.
package tokenizer

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Tokenizer maps text to ids. It does not change after it is made, so its
// methods may be called concurrently.
type Tokenizer struct {
	tokens  []string          // bytes by id
	bytes   [256]int32        // ids of the single bytes
	merges  []merge           // by rank
	ranks   map[uint64]uint32 // rank by pair
	added   []added           // by id
	names   map[string]int32  // ids of the added tokens
	nfc     bool
	scratch sync.Pool // of *scratch
}

// A merge joins the tokens left and right into id.
type merge struct{ left, right, id int32 }

// An added token stands for itself; no text is ever encoded to it.
type added struct {
	id      int32
	name    string
	special bool // left out by others when they decode for people
}

func pair(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// build completes and checks a tokenizer of tokens, merges, added and nfc.
// The error says what is wrong, without the place.
func build(t *Tokenizer) (*Tokenizer, error) {
	t.names = make(map[string]int32, len(t.added))
	for _, a := range t.added {
		if a.name == "" || !utf8.ValidString(a.name) {
			return nil, fmt.Errorf("the added token %q is empty or not UTF-8", a.name)
		}
		if _, ok := t.names[a.name]; ok {
			return nil, fmt.Errorf("the added token %q comes twice", a.name)
		}
		t.names[a.name] = a.id
	}
	var have [256]bool
	for id, s := range t.tokens {
		if s == "" {
			return nil, fmt.Errorf("no token has the id %d", id)
		}
		own, named := t.names[s]
		if named && own != int32(id) {
			return nil, fmt.Errorf("the tokens %d and %d are both %q", own, id, s)
		}
		if len(s) == 1 && !named {
			t.bytes[s[0]], have[s[0]] = int32(id), true
		}
	}
	for b, ok := range have {
		if !ok {
			return nil, fmt.Errorf("no token is the single byte 0x%02x", b)
		}
	}
	t.ranks = make(map[uint64]uint32, len(t.merges))
	for rank, m := range t.merges {
		p := pair(m.left, m.right)
		if _, ok := t.ranks[p]; ok {
			return nil, fmt.Errorf("the merge of %q and %q comes twice", t.tokens[m.left], t.tokens[m.right])
		}
		t.ranks[p] = uint32(rank)
	}
	t.scratch.New = func() any { return new(scratch) }
	return t, nil
}

// Vocab returns the number of tokens: ids are 0 to Vocab()-1.
func (t *Tokenizer) Vocab() int { return len(t.tokens) }

// Special returns the id of an added token, such as <|im_end|>.
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.names[name]
	return id, ok
}

// Encode appends the ids of text to dst. What text says is never a special
// token: "<|im_end|>" in it becomes ordinary tokens. Bytes that are not UTF-8
// are encoded as they are.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	if t.nfc {
		text = norm.NFC.String(text)
	}
	s := t.scratch.Get().(*scratch)
	defer t.scratch.Put(s)
	for len(text) > 0 {
		n := pieceEnd(text)
		dst = t.encodePiece(dst, text[:n], s)
		text = text[n:]
	}
	return dst
}

// scratch is the work space of one call of encodePiece. The symbols form a
// list over the positions where their first bytes are.
type scratch struct {
	id         []int32 // of the symbol, -1 inside of one
	prev, next []int32 // positions
	rank       []uint32
	heap       []uint64 // rank<<32 | position, the smallest first
}

const noRank = ^uint32(0)

// encodePiece appends the ids of one piece: of all adjacent pairs, it always
// joins the one of lowest rank, the leftmost if several have it. A heap keeps
// that near linear however long the piece is.
func (t *Tokenizer) encodePiece(dst []int32, piece string, s *scratch) []int32 {
	n := len(piece)
	if n == 1 {
		return append(dst, t.bytes[piece[0]])
	}
	if cap(s.id) < n {
		s.id, s.prev, s.next, s.rank = make([]int32, n), make([]int32, n), make([]int32, n), make([]uint32, n)
	}
	id, prev, next, rank := s.id[:n], s.prev[:n], s.next[:n], s.rank[:n]
	for i := range n {
		id[i], prev[i], next[i] = t.bytes[piece[i]], int32(i-1), int32(i+1)
	}
	s.heap = s.heap[:0]
	look := func(i int32) { // finds the rank of the pair at i
		rank[i] = noRank
		if int(next[i]) == n {
			return
		}
		if r, ok := t.ranks[pair(id[i], id[next[i]])]; ok {
			rank[i] = r
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
		id[i], next[i] = t.merges[r].id, next[j]
		id[j], rank[j] = -1, noRank
		if int(next[i]) < n {
			prev[next[i]] = i
		}
		look(i)
		if prev[i] >= 0 {
			look(prev[i])
		}
	}
	for i := 0; i < n; i = int(next[i]) {
		dst = append(dst, id[i])
	}
	return dst
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
