package vector

import (
	"math/bits"
	"slices"
	"sync"
)

// Parameters of the graph, as its authors recommend.
const (
	links      = 16        // of a vector on an upper level
	groundWide = 2 * links // on the ground
	wideBuild  = 100       // candidates while it is built
	maxLevels  = 16
)

// A Graph finds neighbours in a Set without looking at all of it.
type Graph struct {
	set    *Set
	levels []uint8      // of each vector: on how many levels above the ground it stands
	ground []uint32     // (n, 1+groundWide): how many links, links
	upper  [][][]uint32 // of each vector and level above the ground
	entry  int
	top    int
	marks  sync.Pool // *marks
}

// marks are the vectors that a walk has seen.
type marks struct {
	seen []uint32
	turn uint32
}

// level draws on how many levels above the ground a vector stands, from its
// number: one in sixteen stands one higher. It is no chance, so a graph is made the same again.
func level(i int) int {
	h := uint64(i)*0x9e3779b97f4a7c15 + 0x7f4a7c159e3779b9
	h ^= h >> 31
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	return min(bits.TrailingZeros64(h|1<<63)/4, maxLevels-1)
}

// NewGraph links the vectors of a set, which must not change any more. stop, if
// not nil, is asked now and then whether to give up; then it returns nil.
func NewGraph(s *Set, stop func() bool) *Graph {
	n := s.Len()
	g := &Graph{set: s, levels: make([]uint8, n), ground: make([]uint32, n*(1+groundWide)), upper: make([][][]uint32, n), top: -1}
	g.init()
	for i := range n {
		if stop != nil && i%256 == 0 && stop() {
			return nil
		}
		g.insert(i)
	}
	return g
}

func (g *Graph) init() {
	n := g.set.Len()
	g.marks.New = func() any { return &marks{seen: make([]uint32, n)} }
}

// of returns the links of a vector on a level.
func (g *Graph) of(i, level int) []uint32 {
	if level > 0 {
		return g.upper[i][level-1]
	}
	row := g.ground[i*(1+groundWide) : (i+1)*(1+groundWide)]
	return row[1 : 1+row[0]]
}

func (g *Graph) link(i, level int, to []uint32) {
	if level > 0 {
		g.upper[i][level-1] = slices.Clone(to)
		return
	}
	row := g.ground[i*(1+groundWide) : (i+1)*(1+groundWide)]
	row[0] = uint32(copy(row[1:], to))
}

func (g *Graph) insert(i int) {
	l := level(i)
	g.levels[i], g.upper[i] = uint8(l), make([][]uint32, l)
	if g.top < 0 {
		g.entry, g.top = i, l
		return
	}
	q, scale := g.set.at(i), g.set.scales[i]
	at := Hit{g.entry, g.set.near(g.entry, q, scale)}
	for up := g.top; up > l; up-- {
		at = g.climb(q, scale, at, up)
	}
	from := []Hit{at}
	for down := min(l, g.top); down >= 0; down-- {
		from = g.walk(q, scale, from, wideBuild, down, nil)
		most := links
		chosen := g.choose(from, most)
		g.link(i, down, chosen)
		if down == 0 {
			most = groundWide
		}
		for _, j := range chosen {
			g.back(int(j), i, down, most)
		}
	}
	if l > g.top {
		g.entry, g.top = i, l
	}
}

// back links j to i, and drops the links of j that are too many.
func (g *Graph) back(j, i, level, most int) {
	old := g.of(j, level)
	if len(old) < most {
		g.link(j, level, append(slices.Clone(old), uint32(i)))
		return
	}
	list := make([]Hit, 0, most+1)
	for _, o := range append(slices.Clone(old), uint32(i)) {
		list = append(list, Hit{int(o), g.set.Between(j, int(o))})
	}
	slices.SortFunc(list, order)
	g.link(j, level, g.choose(list, most))
}

// choose takes of candidates, nearest first, those that are nearer to the
// vector than to one taken already: links in all directions. What is left fills up.
func (g *Graph) choose(list []Hit, most int) []uint32 {
	var chosen, rest []uint32
	for _, h := range list {
		if len(chosen) == most {
			return chosen
		}
		if slices.ContainsFunc(chosen, func(c uint32) bool { return g.set.Between(h.At, int(c)) > h.Near }) {
			rest = append(rest, uint32(h.At))
			continue
		}
		chosen = append(chosen, uint32(h.At))
	}
	return append(chosen, rest[:min(len(rest), most-len(chosen))]...)
}

// climb goes to ever nearer vectors of a level.
func (g *Graph) climb(q []int8, scale float32, at Hit, level int) Hit {
	for {
		best := at
		for _, j := range g.of(at.At, level) {
			if h := (Hit{int(j), g.set.near(int(j), q, scale)}); order(h, best) < 0 {
				best = h
			}
		}
		if best == at {
			return at
		}
		at = best
	}
}

// walk looks at the neighbours of the nearest vectors until none of the wide
// nearest has one that is nearer. With allowed, what it does not allow is walked over
// and not returned.
func (g *Graph) walk(q []int8, scale float32, from []Hit, wide, level int, allowed func(int) bool) []Hit {
	m := g.marks.Get().(*marks)
	defer g.marks.Put(m)
	if m.turn++; m.turn == 0 {
		clear(m.seen)
		m.turn = 1
	}
	near := make([]Hit, 0, wide+1) // nearest first
	var found []Hit                // those that are allowed, if not all are
	open := make(queue, 0, 4*wide)
	put := func(h Hit) {
		if len(near) == wide && order(h, near[wide-1]) > 0 {
			return
		}
		at, _ := slices.BinarySearchFunc(near, h, order)
		near = slices.Insert(near, at, h)
		near = near[:min(len(near), wide)]
		open.push(h)
		if allowed != nil && allowed(h.At) {
			at, _ := slices.BinarySearchFunc(found, h, order)
			found = slices.Insert(found, at, h)
		}
	}
	for _, h := range from {
		m.seen[h.At] = m.turn
		put(h)
	}
	for len(open) > 0 {
		h := open.pop()
		if len(near) == wide && order(h, near[wide-1]) > 0 {
			break
		}
		for _, j := range g.of(h.At, level) {
			if m.seen[j] != m.turn {
				m.seen[j] = m.turn
				put(Hit{int(j), g.set.near(int(j), q, scale)})
			}
		}
	}
	if allowed != nil {
		return found
	}
	return near
}

// queue is a heap with the nearest on top.
type queue []Hit

func (q *queue) push(h Hit) {
	*q = append(*q, h)
	for i := len(*q) - 1; i > 0; {
		up := (i - 1) / 2
		if order((*q)[i], (*q)[up]) > 0 {
			break
		}
		(*q)[i], (*q)[up] = (*q)[up], (*q)[i]
		i = up
	}
}

func (q *queue) pop() Hit {
	l := *q
	top := l[0]
	l[0] = l[len(l)-1]
	l = l[:len(l)-1]
	for i := 0; ; {
		best := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(l); c++ {
			if order(l[c], l[best]) < 0 {
				best = c
			}
		}
		if best == i {
			break
		}
		l[i], l[best] = l[best], l[i]
		i = best
	}
	*q = l
	return top
}

// Search finds about the k nearest vectors that allowed says yes to (nil
// allows all, and then count is not read). wide ≥ k is how many it keeps in
// view; more finds better. Where few are allowed (count below a twentieth), or fewer
// than k were found on the way, it looks at all of them.
func (g *Graph) Search(v []float32, k, wide int, allowed func(int) bool, count int) []Hit {
	n := g.set.Len()
	if n == 0 || k <= 0 {
		return nil
	}
	if allowed != nil && 20*count < n {
		return g.set.Flat(v, k, allowed)
	}
	q, scale := quantise(v, g.set.width)
	at := Hit{g.entry, g.set.near(g.entry, q, scale)}
	for up := g.top; up > 0; up-- {
		at = g.climb(q, scale, at, up)
	}
	wide = max(wide, k)
	if allowed != nil {
		wide = min(wide*n/max(count, 1), n)
	}
	hits := g.walk(q, scale, []Hit{at}, wide, 0, allowed)
	if allowed != nil && len(hits) < min(k, count) {
		return g.set.Flat(v, k, allowed)
	}
	return hits[:min(len(hits), k)]
}
