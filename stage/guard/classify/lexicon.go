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
	edges  []edge // by hash; a power of two, at most half of it in use
	kinds  []uint8
	begins [1 << 10]uint64 // a bit for each hash with which a phrase begins
}

type edge struct {
	from, to uint16 // to is 0 in an empty one
	token    uint32 // the first half of it
}

const lexiconBits = 14

func (x *lexicon) edge(from uint16, token uint64) *edge {
	mask := uint64(len(x.edges) - 1)
	for i := (token ^ uint64(from)*prime) >> (64 - lexiconBits); ; i++ {
		e := &x.edges[i&mask]
		if e.to == 0 || e.from == from && e.token == uint32(token>>32) {
			return e
		}
	}
}

// mayBegin reports whether a phrase may begin with a token.
func (x *lexicon) mayBegin(token uint64) bool {
	return x.begins[token>>54]>>(token>>48&63)&1 != 0
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
				if at == 0 {
					x.begins[h>>54] |= 1 << (h >> 48 & 63)
				}
				e := x.edge(at, h)
				if e.to == 0 {
					*e = edge{at, uint16(len(x.kinds)), uint32(h >> 32)}
					x.kinds = append(x.kinds, 0)
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
