package guard

import (
	"math/bits"

	"suiren/stage/guard/detect"
)

// An automaton finds keywords in a sequence of folded runes (Aho and Corasick,
// 1975). Node 0 is the root.
type automaton struct {
	nodes   []node
	first   int32    // nodes 1 to first are those of one rune
	root    []int32  // of a rune below 0x10000: the node after it
	slots   []slot   // the edges, by hash; a power of two, at most half of it in use
	letters []rune   // of those nodes, the rune
	near    []uint64 // bits by hash, of the first two runes of keywords: saves a look into slots, which are seldom in a cache
	shift   uint     // of a hash, to a bit of near
	latin   detect.Beginnings
}

type node struct {
	fail  int32 // longest proper suffix that is a node
	depth int32 // folded runes from the root: what must be held back here
	word  int32 // index of the keyword that ends here, or -1
	also  int32 // next node on the fail path at which a keyword ends, or 0
}

// A slot is an edge. No edge leads to the root: to is 0 in an empty slot.
type slot struct {
	from, to int32
	r        rune
}

// build makes an automaton of folded keywords. Of equal ones the first counts.
func build(words [][]rune) *automaton {
	runes := 0
	for _, w := range words {
		runes += len(w)
	}
	a := &automaton{nodes: []node{{word: -1}}, root: make([]int32, 1<<16), slots: make([]slot, 2<<bits.Len(uint(runes)))}
	var edges []slot
	follow := func(at int32, r rune) int32 {
		s := a.slot(at, r)
		if s.to == 0 {
			*s = slot{at, int32(len(a.nodes)), r}
			edges = append(edges, *s)
			a.nodes = append(a.nodes, node{depth: a.nodes[at].depth + 1, word: -1})
		}
		return s.to
	}
	for _, w := range words {
		if len(w) > 0 {
			follow(0, w[0])
		}
	}
	a.first = int32(len(a.nodes)) - 1
	a.letters = make([]rune, len(a.nodes))
	for _, e := range edges {
		a.letters[e.to] = e.r
	}
	for i, w := range words {
		a.latin.Add(w)
		at := int32(0)
		for _, r := range w {
			at = follow(at, r)
		}
		if at != 0 && a.nodes[at].word < 0 {
			a.nodes[at].word = int32(i)
		}
	}
	pairs := 0
	for _, e := range edges {
		if e.from > 0 && e.from <= a.first {
			pairs++
		}
	}
	size := max(6, bits.Len(uint(pairs))+4) // 16 to 32 bits for an edge
	a.near, a.shift = make([]uint64, 1<<(size-6)), uint(64-size)
	for _, e := range edges {
		if e.from > 0 && e.from <= a.first {
			h := hash(a.letters[e.from], e.r) >> a.shift
			a.near[h>>6] |= 1 << (h & 63)
		}
	}
	for _, e := range edges {
		if e.from == 0 && int(e.r) < len(a.root) {
			a.root[e.r] = e.to
		}
	}
	// Links point to shallower nodes, so they are set level by level.
	levels := [][]slot{}
	for _, e := range edges {
		d := int(a.nodes[e.from].depth)
		for len(levels) <= d {
			levels = append(levels, nil)
		}
		levels[d] = append(levels[d], e)
	}
	for _, level := range levels {
		for _, e := range level {
			n := &a.nodes[e.to]
			if e.from != 0 {
				n.fail = a.step(a.nodes[e.from].fail, e.r)
			}
			if n.also = n.fail; a.nodes[n.fail].word < 0 {
				n.also = a.nodes[n.fail].also
			}
		}
	}
	return a
}

func hash(from int32, r rune) uint64 {
	return (uint64(from)<<21 ^ uint64(r)) * 0x9E3779B97F4A7C15
}

// slot returns the edge from a node by r, or the empty slot that it would take.
func (a *automaton) slot(from int32, r rune) *slot {
	mask := uint64(len(a.slots) - 1)
	for i := hash(from, r) >> 24; ; i++ {
		s := &a.slots[i&mask]
		if s.to == 0 || s.from == from && s.r == r {
			return s
		}
	}
}

// mayFollow reports whether a keyword may begin with two runes.
func (a *automaton) mayFollow(first, r rune) bool {
	h := hash(first, r) >> a.shift
	return a.near[h>>6]>>(h&63)&1 != 0
}

// begins reports whether a keyword may begin with the letters of ASCII with which cs begins.
func (a *automaton) begins(cs []detect.Char) bool {
	return a.latin.HasAcross(cs)
}

// step returns the node after r: the longest suffix of what was read that can
// still become a keyword.
func (a *automaton) step(at int32, r rune) int32 {
	for at != 0 {
		if at > a.first || a.mayFollow(a.letters[at], r) {
			if to := a.slot(at, r).to; to != 0 {
				return to
			}
		}
		if at <= a.first {
			break
		}
		at = a.nodes[at].fail
	}
	if int(r) < len(a.root) {
		return a.root[r]
	}
	return a.slot(0, r).to
}
