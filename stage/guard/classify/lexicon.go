package classify

import (
	_ "embed"
	"strings"
	"sync"
)

// words.txt names kinds of words: a line in brackets, then phrases between commas.
//
//go:embed words.txt
var wordsText string

// A lexicon finds kinds of words. It is a tree of tokens, its edges in one table.
type lexicon struct {
	edges []edge // by hash; a power of two, at most half of it in use
	kinds []uint8

	// What most tokens are not, by the first bits of a hash: a look here stays in a cache.
	near  bits // edges
	alone bits // tokens that are a phrase
	pairs bits // the first two of all others
}

// bits are set by the first bits of a hash.
type bits [1 << (lexiconBits - 4)]uint64

func (b *bits) set(hash uint64) {
	n := hash >> (64 - lexiconBits - 2)
	b[n>>6] |= 1 << (n & 63)
}

func (b *bits) has(hash uint64) bool {
	n := hash >> (64 - lexiconBits - 2)
	return b[n>>6]>>(n&63)&1 != 0
}

type edge struct {
	from, to uint16 // to is 0 in an empty one
	token    uint32 // the first half of it
}

const lexiconBits = 14

func place(from uint16, token uint64) uint64 { return token ^ uint64(from)*prime }

func (x *lexicon) edge(from uint16, token uint64) *edge {
	mask := uint64(len(x.edges) - 1)
	for i := place(from, token) >> (64 - lexiconBits); ; i++ {
		e := &x.edges[i&mask]
		if e.to == 0 || e.from == from && e.token == uint32(token>>32) {
			return e
		}
	}
}

// matters reports whether a token, the second of a pair, may be a phrase or go on with the
// pair's first.
func (x *lexicon) matters(token, pair uint64) bool { return x.pairs.has(pair) || x.alone.has(token) }

// next is the node behind a token, or 0.
func (x *lexicon) next(from uint16, token uint64) uint16 {
	if !x.near.has(place(from, token)) {
		return 0
	}
	return x.edge(from, token).to
}

// noWords finds none.
var noWords = &lexicon{edges: make([]edge, 2)}

var words = sync.OnceValue(func() *lexicon {
	x := &lexicon{edges: make([]edge, 1<<lexiconBits), kinds: []uint8{0}}
	kind := uint8(0)
	for line := range strings.Lines(wordsText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			kind++
			continue
		}
		for phrase := range strings.SplitSeq(line, ",") {
			at := uint16(0)
			tokens := tokensOf(phrase)
			if len(tokens) == 1 {
				x.alone.set(tokens[0])
			} else {
				x.pairs.set(pairOf(tokens[0], tokens[1]))
			}
			for _, h := range tokens {
				e := x.edge(at, h)
				if e.to == 0 {
					*e = edge{at, uint16(len(x.kinds)), uint32(h >> 32)}
					x.kinds = append(x.kinds, 0)
					x.near.set(place(at, h))
				}
				at = e.to
			}
			x.kinds[at] = kind
		}
	}
	if 2*len(x.kinds) > len(x.edges) {
		panic("classify: words.txt has outgrown its table")
	}
	x.kinds[0] = 0
	return x
})
