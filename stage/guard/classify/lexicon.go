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
	near  [1 << (lexiconBits - 4)]uint64 // bits by hash of the edges: most tokens go nowhere
	roots [1 << (lexiconBits - 4)]uint64 // the same of those that begin a phrase
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

// mayBegin reports whether a phrase may begin with a token.
func (x *lexicon) mayBegin(token uint64) bool {
	h := place(0, token) >> (64 - lexiconBits - 2)
	return x.roots[h>>6]>>(h&63)&1 != 0
}

// mayGoOn reports whether an edge may leave a node with a token.
func (x *lexicon) mayGoOn(from uint16, token uint64) bool {
	h := place(from, token) >> (64 - lexiconBits - 2)
	return x.near[h>>6]>>(h&63)&1 != 0
}

// next is the node behind a token, or 0.
func (x *lexicon) next(from uint16, token uint64) uint16 {
	if !x.mayGoOn(from, token) {
		return 0
	}
	return x.edge(from, token).to
}

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
			for _, h := range tokensOf(phrase) {
				e := x.edge(at, h)
				if e.to == 0 {
					*e = edge{at, uint16(len(x.kinds)), uint32(h >> 32)}
					x.kinds = append(x.kinds, 0)
					n := place(at, h) >> (64 - lexiconBits - 2)
					x.near[n>>6] |= 1 << (n & 63)
					if at == 0 {
						x.roots[n>>6] |= 1 << (n & 63)
					}
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
