package grammar

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A group is the schemas that are on one value together: those that are
// wanted of it, and all that they put in place.
type group struct {
	id    int32
	roots []int       // nodes wanted
	nodes []int       // all, those in place before those that put them there
	at    map[int]int // index in nodes

	patterns []*pattern // of strings, all nodes'
	words    *trie      // the strings of enums; nil: none
	wordList []string
	longest  int   // code points that are counted; 0: none
	shortest int32 // the least bound of lengths
	text     bool  // the text of numbers is kept

	keys   *trie    // names that some node knows; nil: no node looks at names
	names  []string // by their numbers
	byKey  map[string]int
	asks   [][]int    // by node: numbers of the names that it requires
	prices []int32    // by name: the least bytes of a value; 0: not found out
	shapes []*pattern // of patternProperties, all nodes'
	naming *group     // of propertyNames
	nameOf []use      // whose

	props    int  // members that are counted
	apart    bool // a name that no schema knows counts once, too
	tangled  bool
	certain  []int // nodes that hold whatever else does; of a tangled group
	elements int   // elements that are counted
	unique   bool
	children map[string]*link // by key or index

	values   *lexer // of strings that the group is on
	keyLexer *lexer // of the names of its objects
}

// A use says what a child's root is to a node of its parent.
type use struct {
	node     int // index in the parent's nodes
	root     int // index in the child's roots
	contains bool
}

// A link is what is wanted of a part of a value.
type link struct {
	id   int32
	g    *group
	uses []use
}

// A trie is strings by code points. Node 0 is the empty one.
type trie struct {
	runes map[rune]bool // that occur
	next  []map[rune]int32
	word  []int32   // number of the string that ends here; -1: none
	from  [][]int32 // numbers of the strings that go on from here, this one's among them
	depth []int32   // characters up to here

	length []int32 // of the strings, in characters
}

func newTrie(words []string) *trie {
	t := &trie{runes: map[rune]bool{}}
	add := func(depth int32) int32 {
		t.next, t.word, t.from, t.depth = append(t.next, nil), append(t.word, -1), append(t.from, nil), append(t.depth, depth)
		return int32(len(t.next) - 1)
	}
	add(0)
	for i, w := range words {
		n := int32(0)
		t.from[0] = append(t.from[0], int32(i))
		for _, r := range w {
			t.runes[r] = true
			m, ok := t.next[n][r]
			if !ok {
				m = add(t.depth[n] + 1)
				if t.next[n] == nil {
					t.next[n] = map[rune]int32{}
				}
				t.next[n][r] = m
			}
			n = m
			t.from[n] = append(t.from[n], int32(i))
		}
		t.word[n] = int32(i)
		t.length = append(t.length, t.depth[n])
	}
	return t
}

// step returns the node after a code point; -1 if no string goes on so.
func (t *trie) step(n int32, r rune) int32 {
	if n < 0 {
		return n
	}
	if m, ok := t.next[n][r]; ok {
		return m
	}
	return -1
}

// within reports whether a string goes on with a character from low to high:
// one that was not seen, if seen is not "".
func (t *trie) within(n int32, low, high rune, seen string) bool {
	for r, child := range t.next[n] {
		if r < low || r > high {
			continue
		}
		for _, w := range t.from[child] {
			if seen == "" || seen[w] == 0 {
				return true
			}
		}
	}
	return false
}

// group returns the group of some nodes.
func (m *machine) group(roots []int) *group {
	key := fmt.Sprint(roots)
	if g := m.groups[key]; g != nil {
		return g
	}
	g := &group{id: int32(len(m.groups)), roots: roots, at: map[int]int{}, children: map[string]*link{}}
	m.groups[key] = g
	var visit func(n int)
	visit = func(n int) {
		if _, ok := g.at[n]; ok {
			return
		}
		g.at[n] = -1
		for _, c := range m.nodes[n].inPlace() {
			visit(c)
		}
		g.at[n] = len(g.nodes)
		g.nodes = append(g.nodes, n)
	}
	for _, n := range roots {
		visit(n)
	}
	g.describe(m)
	return g
}

// describe collects what the nodes look at.
func (g *group) describe(m *machine) {
	words, names := map[string]bool{}, map[string]bool{}
	var hasEnum, looks bool
	var naming []int
	g.shortest = maxCount
	for i, id := range g.nodes {
		n := &m.nodes[id]
		for _, p := range n.patterns {
			if !slices.Contains(g.patterns, p) {
				g.patterns = append(g.patterns, p)
			}
		}
		if n.enum != nil {
			for w := range n.enum.strings {
				words[w], hasEnum = true, true
			}
		}
		g.longest = max(g.longest, n.minLength, n.maxLength+1)
		if n.maxLength >= 0 {
			g.shortest = min(g.shortest, int32(n.maxLength))
		}
		g.text = g.text || n.asksNumbers()
		for k := range n.properties {
			names[k] = true
		}
		for _, k := range n.required {
			names[k] = true
		}
		for _, d := range n.deps {
			names[d.key] = true
		}
		for k, list := range n.needs {
			names[k] = true
			for _, x := range list {
				names[x] = true
			}
		}
		for _, p := range n.patternProps {
			if !slices.Contains(g.shapes, p.p) {
				g.shapes = append(g.shapes, p.p)
			}
		}
		looks = looks || n.additional >= 0 || len(n.patternProps) > 0
		if n.names >= 0 {
			g.nameOf = append(g.nameOf, use{node: i, root: len(naming)})
			naming = append(naming, n.names)
		}
		g.apart = g.apart || n.minProps > 1
		g.props = max(g.props, n.minProps, n.maxProps+1)
		g.elements = max(g.elements, n.minItems, n.maxItems+1, len(n.prefix))
		g.unique = g.unique || n.unique
	}
	if hasEnum {
		g.wordList = sortedKeys(words)
		g.words = newTrie(g.wordList)
	}
	if len(names) > 0 || looks {
		g.names = sortedKeys(names)
		g.keys = newTrie(g.names)
	}
	g.byKey = map[string]int{}
	for i, k := range g.names {
		g.byKey[k] = i
	}
	g.asks, g.prices = make([][]int, len(g.nodes)), make([]int32, len(g.names))
	for i, id := range g.nodes {
		for _, k := range m.nodes[id].required {
			g.asks[i] = append(g.asks[i], g.byKey[k])
		}
	}
	if naming != nil {
		g.naming = m.group(naming)
	}
	g.tangle(m)
}

// member returns the link of a member: its name's number, or -1, and which
// shapes its name has.
func (g *group) member(m *machine, name int32, shapes []bool) *link {
	var b strings.Builder
	fmt.Fprintf(&b, "m%d", name)
	for _, s := range shapes {
		fmt.Fprintf(&b, ",%t", s)
	}
	if l := g.children[b.String()]; l != nil {
		return l
	}
	var w wanted
	for i, id := range g.nodes {
		n := &m.nodes[id]
		known := false
		if name >= 0 {
			if c, ok := n.properties[g.names[name]]; ok {
				known = true
				w.add(i, c, false)
			}
		}
		for _, p := range n.patternProps {
			if shapes[slices.Index(g.shapes, p.p)] {
				known = true
				w.add(i, p.node, false)
			}
		}
		if !known && n.additional >= 0 {
			w.add(i, n.additional, false)
		}
	}
	return m.link(g, b.String(), &w)
}

// element returns the link of an element by its number, which stops counting
// after the longest prefix.
func (g *group) element(m *machine, at int) *link {
	longest := 0
	for _, id := range g.nodes {
		longest = max(longest, len(m.nodes[id].prefix))
	}
	key := fmt.Sprintf("e%d", min(at, longest))
	if l := g.children[key]; l != nil {
		return l
	}
	var w wanted
	for i, id := range g.nodes {
		n := &m.nodes[id]
		switch {
		case at < len(n.prefix):
			w.add(i, n.prefix[at], false)
		case n.items >= 0:
			w.add(i, n.items, false)
		}
		if n.contains >= 0 {
			w.add(i, n.contains, true)
		}
	}
	return m.link(g, key, &w)
}

// wanted collects the roots of a child.
type wanted struct {
	roots []int
	uses  []use
}

func (w *wanted) add(node, root int, contains bool) {
	at := slices.Index(w.roots, root)
	if at < 0 {
		at = len(w.roots)
		w.roots = append(w.roots, root)
	}
	w.uses = append(w.uses, use{node, at, contains})
}

func (m *machine) link(g *group, key string, w *wanted) *link {
	order := make([]int, len(w.roots)) // sorted, so that equal wishes are one group
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return w.roots[order[a]] < w.roots[order[b]] })
	roots, place := make([]int, len(order)), make([]int, len(order))
	for i, o := range order {
		roots[i], place[o] = w.roots[o], i
	}
	for i := range w.uses {
		w.uses[i].root = place[w.uses[i].root]
	}
	l := &link{id: m.links, g: m.group(roots), uses: w.uses}
	m.links++
	g.children[key] = l
	return l
}
