package grammar

// How far the end of a text is, in bytes, about: what a search for an end goes
// by. Conditions that depend on more than one part of a value are left out, so
// an end may be farther away than is said here, and now and then it is nearer.

// farther is as far as anything is; beyond it nothing is told apart.
const farther = 1 << 24

// costs are the least bytes of a value by its kind: kind 1<<i has number i.
type costs [6]int32

func (c costs) least() int {
	n := int32(farther)
	for _, x := range c {
		n = min(n, x)
	}
	return int(n)
}

// least returns the least bytes of a value that some nodes are on.
func (m *machine) least(roots []int) int {
	if m.costs == nil {
		m.price()
	}
	return m.sumOf(roots).least()
}

// sumOf returns the costs of a value that some nodes are on. A kind that one of
// them allows is possible, whatever the others say: they may be alternatives.
// So one that allows nothing says nothing.
func (m *machine) sumOf(list []int) (sum costs) {
	for k := range sum {
		sum[k] = 1
		some := true
		for _, n := range list {
			some = some && m.costs[n].least() >= farther
		}
		for _, n := range list {
			if c := m.costs[n][k]; c < farther {
				sum[k], some = joined(1<<k, sum[k], c), true
			}
		}
		if !some {
			sum[k] = farther
		}
	}
	if k := len(sum) - 1; sum[k] < farther && len(list) > 1 {
		asked := map[string]bool{}
		for _, n := range list {
			if m.costs[n][k] < farther {
				sum[k] = max(2, sum[k]-int32(min(m.again(n, asked, nil, lookInto), farther)))
			}
		}
	}
	return sum
}

// again returns what the members cost that a node asks for and others have
// asked for before, and notes those that it asks for. Those that has
// reports to be there are not; nil: none are.
func (m *machine) again(id int, asked map[string]bool, has func(key string) bool, depth int) (sum int) {
	n := &m.nodes[id]
	for _, key := range n.required {
		if has != nil && has(key) {
			continue
		}
		if asked[key] {
			sum += len(key) + 4 + m.memberAt(id, key)
		}
		asked[key] = true
	}
	if depth > 0 {
		for _, a := range n.allOf {
			sum += m.again(a, asked, has, depth-1)
		}
	}
	return sum
}

// joined returns the cost of a value of kind k that two nodes want: members
// add up, everything else is meant twice.
func joined(k kinds, a, b int32) int32 {
	if k == kindObject && a >= 2 && b >= 2 {
		return min(a+b-2, farther)
	}
	return max(a, b)
}

// price finds the costs of all nodes. Those of a node that stands below itself
// are known after some rounds.
func (m *machine) price() {
	m.costs, m.members = make([]costs, len(m.nodes)), map[memberKey]int32{}
	for i := range m.costs {
		for k := range m.costs[i] {
			m.costs[i][k] = farther
		}
	}
	const rounds = 32
	for range rounds {
		changed := false
		for i := len(m.nodes) - 1; i >= 0; i-- {
			c := m.nodeCosts(i)
			changed = changed || c != m.costs[i]
			m.costs[i] = c
		}
		if !changed || m.looks > maxLooks {
			break
		}
	}
	m.looks = 0
}

func (m *machine) nodeCosts(id int) (c costs) {
	n := &m.nodes[id]
	for i := range c {
		if k := kinds(1) << i; n.never || n.kinds&k == 0 || n.enum != nil && n.enum.kinds&k == 0 {
			c[i] = farther
		} else {
			c[i] = int32(min(m.ownCost(id, k), farther))
		}
		for _, a := range n.allOf {
			c[i] = joined(1<<i, c[i], m.costs[a][i])
		}
		for _, list := range [][]int{n.anyOf, n.oneOf} {
			if len(list) == 0 {
				continue
			}
			least := int32(farther)
			for _, a := range list {
				least = min(least, joined(1<<i, c[i], m.costs[a][i]))
			}
			c[i] = least
		}
	}
	return c
}

// ownCost is what n itself asks of a value of kind k.
func (m *machine) ownCost(id int, k kinds) int {
	n := &m.nodes[id]
	switch k {
	case kindBool:
		if n.enum != nil && !n.enum.yes {
			return len("false")
		}
		return len("true")
	case kindNull:
		return len("null")
	case kindNumber:
		return n.digits()
	case kindString:
		if n.enum != nil {
			least := farther
			for w := range n.enum.strings {
				least = min(least, len(w)+2)
			}
			return least
		}
		c := max(0, n.minLength)
		for _, p := range n.patterns {
			if p.start != dead {
				c = max(c, int(p.far[p.start]))
			}
		}
		return 2 + c
	case kindObject:
		c := 2
		for _, key := range n.required {
			c = min(c+len(key)+4+m.memberCost(id, key, lookInto), farther)
		}
		return c + 5*max(0, n.minProps-len(n.required))
	}
	c := 2
	for i := range max(0, min(n.minItems, 1<<12)) {
		c = min(c+1+m.elementCost(n, i), farther)
	}
	if n.contains >= 0 {
		c += max(0, n.minContains-max(0, n.minItems)) * (1 + m.cost(n.contains))
	}
	return min(c, farther)
}

// digits returns the least bytes of a number.
func (n *node) digits() int {
	switch {
	case n.enum != nil:
		least := farther
		for _, r := range n.enum.numbers {
			least = min(least, len(r.FloatString(0)))
		}
		return least
	case n.low != nil && n.low.Sign() > 0:
		return len(n.low.FloatString(0))
	case n.high != nil && n.high.Sign() < 0:
		return len(n.high.FloatString(0))
	}
	return 1
}

// member returns the node that n puts on a member; -1: none.
func (n *node) member(key string) int {
	if c, ok := n.properties[key]; ok {
		return c
	}
	for _, x := range n.patternProps {
		s := x.p.start
		for _, r := range key {
			s = x.p.step(s, r)
		}
		if s != dead && x.p.ends[s] {
			return x.node
		}
	}
	return n.additional
}

// cost returns the least bytes of a value that a node is on; -1: any value.
func (m *machine) cost(n int) int {
	if n < 0 {
		return 1
	}
	return m.costs[n].least()
}

func (m *machine) elementCost(n *node, i int) int {
	switch {
	case i < len(n.prefix):
		return m.cost(n.prefix[i])
	case n.items >= 0:
		return m.cost(n.items)
	}
	return 1
}

// shapeCost returns the least bytes of a member's value whose name has a shape.
func (m *machine) shapeCost(g *group, s *pattern) int {
	c := 1
	for _, id := range g.nodes {
		for _, x := range m.nodes[id].patternProps {
			if v := m.cost(x.node); x.p == s && v < farther {
				c = max(c, v)
			}
		}
	}
	return c
}

// memberCost returns the least bytes of a member's value, for what a node and
// those it puts in place say of it.
func (m *machine) memberCost(id int, key string, depth int) int {
	n := &m.nodes[id]
	c := m.cost(n.member(key))
	if m.looks++; depth == 0 || m.looks > maxLooks {
		return c
	}
	for _, a := range n.allOf {
		c = max(c, m.memberCost(a, key, depth-1))
	}
	for _, list := range [][]int{n.anyOf, n.oneOf} {
		least := farther
		for _, a := range list[:min(len(list), 16)] {
			least = min(least, m.memberCost(a, key, depth-1))
		}
		if len(list) > 0 {
			c = max(c, least)
		}
	}
	return c
}

// lookInto is how many levels of schemas in place are asked for a member, and
// maxLooks how often: then only the schema that asks for it is.
const (
	lookInto = 3
	maxLooks = 1 << 18
)

// A memberKey is a node and the name of a member.
type memberKey struct {
	node int
	key  string
}

// memberOf is that for the schemas of an object, of the name with number w.
func (m *machine) memberOf(f *frame, w int) int {
	if f.g.prices[w] == 0 {
		c := 1
		for _, r := range f.g.roots {
			c = max(c, m.memberAt(r, f.g.names[w]))
		}
		f.g.prices[w] = int32(c)
	}
	return int(f.g.prices[w])
}

// memberAt is memberCost, found out once.
func (m *machine) memberAt(id int, key string) int {
	at := memberKey{id, key}
	c, ok := m.members[at]
	if !ok {
		c = int32(m.memberCost(id, key, lookInto))
		m.members[at] = c
		m.size += 64 + len(key)
	}
	return int(c)
}
