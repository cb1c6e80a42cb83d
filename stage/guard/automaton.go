package guard

// An automaton finds keywords in a sequence of folded runes (Aho and Corasick,
// 1975). Node 0 is the root.
type automaton struct {
	nodes []node
	next  map[edge]int32
}

type edge struct {
	node int32
	r    rune
}

type node struct {
	fail  int32 // longest proper suffix that is a node
	depth int32 // folded runes from the root: what must be held back here
	word  int32 // index of the keyword that ends here, or -1
	also  int32 // next node on the fail path at which a keyword ends, or 0
}

// build makes an automaton of folded keywords. Of equal ones the first counts.
func build(words [][]rune) *automaton {
	a := &automaton{nodes: []node{{word: -1}}, next: map[edge]int32{}}
	for i, w := range words {
		at := int32(0)
		for _, r := range w {
			to, ok := a.next[edge{at, r}]
			if !ok {
				to = int32(len(a.nodes))
				a.next[edge{at, r}] = to
				a.nodes = append(a.nodes, node{depth: a.nodes[at].depth + 1, word: -1})
			}
			at = to
		}
		if at != 0 && a.nodes[at].word < 0 {
			a.nodes[at].word = int32(i)
		}
	}
	// Links point to shallower nodes, so they are set level by level.
	type step struct {
		from, to int32
		r        rune
	}
	levels := [][]step{}
	for e, to := range a.next {
		d := int(a.nodes[to].depth) - 1
		for len(levels) <= d {
			levels = append(levels, nil)
		}
		levels[d] = append(levels[d], step{e.node, to, e.r})
	}
	for _, level := range levels {
		for _, s := range level {
			n := &a.nodes[s.to]
			if s.from != 0 {
				n.fail = a.step(a.nodes[s.from].fail, s.r)
			}
			if n.also = n.fail; a.nodes[n.fail].word < 0 {
				n.also = a.nodes[n.fail].also
			}
		}
	}
	return a
}

// step returns the node after r: the longest suffix of what was read that can
// still become a keyword.
func (a *automaton) step(at int32, r rune) int32 {
	for {
		if to, ok := a.next[edge{at, r}]; ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = a.nodes[at].fail
	}
}
