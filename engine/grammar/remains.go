package grammar

import "slices"

// remains returns the bytes, about, that are missing to f and all around it.
func (m *machine) remains(f *frame) int {
	if f == nil {
		return 0
	}
	if f.left > 0 {
		return int(f.left) - 1
	}
	if m.costs == nil {
		m.price()
	}
	n := 0
	for at := f; at != nil; at = at.parent {
		if at.phase == inKey { // and its object, the name being one of those that are missing
			n += m.nameRemains(at)
			at = at.parent
			continue
		}
		n += m.valueRemains(at)
	}
	if f.phase == objColon { // its colon, and its value
		n += 1 + m.least(f.link.g.roots)
	}
	f.left = int32(min(n, farther)) + 1
	return int(f.left) - 1
}

// valueRemains is that of f without what is around it; of a container whose
// part is being read, without that.
func (m *machine) valueRemains(f *frame) int {
	switch f.phase {
	case atValue:
		return m.least(m.wanted(f))
	case inString:
		return 1 + m.charsRemain(f)
	case inLiteral:
		return map[byte]int{'t': 4, 'f': 5, 'n': 4}[f.text[0]] - len(f.text)
	case inNumber:
		return m.digitsRemain(f)
	case objFirst, objNext, objColon:
		return 1 + m.missing(f)
	case objKey:
		return 1 + max(6, m.missing(f))
	case arrFirst, arrNext:
		return 1 + m.elementsMissing(f)
	}
	return 0
}

// charsRemain returns the characters that are missing to a string.
func (m *machine) charsRemain(f *frame) int {
	n := 0
	for _, id := range f.g.nodes {
		n = max(n, m.nodes[id].minLength-int(max(0, f.n)))
	}
	for i, p := range f.g.patterns {
		if s := stateAt(f.states, i); s != dead {
			n = max(n, int(p.far[s]))
		}
	}
	if f.word >= 0 {
		n = max(n, f.g.words.left(f.word, ""))
	}
	return n + min(1, len(f.text))
}

// left returns the least characters that are missing to a string of t of which
// node n is the beginning: one that was not seen, if seen is not "".
func (t *trie) left(n int32, seen string) int {
	least := farther
	for _, w := range t.from[n] {
		if seen == "" || seen[w] == 0 {
			least = min(least, int(t.length[w]-t.depth[n]))
		}
	}
	return least
}

func (m *machine) digitsRemain(f *frame) int {
	results := m.judge(f, true)
	n := 0
	if !numEnds(f.place) {
		n = 1
	}
	for _, r := range f.g.roots {
		if results[f.g.at[r]] == no {
			n = max(n, m.nodes[r].digits()-len(f.text), 1)
		}
	}
	m.judged = m.judged[:0]
	return n
}

// nameRemains returns what is missing to a name and its object.
func (m *machine) nameRemains(f *frame) int {
	p := f.parent
	whole := m.missing(p)
	least, tried := farther, 0
	if f.key >= 0 {
		for _, w := range p.g.keys.from[f.key] {
			if p.seen[w] != 0 {
				continue
			}
			with := []byte(p.seen)
			with[w] = 1
			n := int(p.g.keys.length[w]-p.g.keys.depth[f.key]) + m.memberOf(p, int(w)) + m.missingOf(p, string(with), int(p.n)+1)
			least = min(least, n)
			if tried++; tried == 16 { // enough to go by
				break
			}
		}
	}
	other := m.charsRemain(f) + 1 + whole
	for _, r := range p.g.roots {
		if n := &m.nodes[r]; n.additional >= 0 && m.nodes[n.additional].never {
			other = farther
		}
	}
	for i, s := range p.g.shapes {
		if at := stateAt(f.states, len(f.g.patterns)+i); at != dead {
			other = min(other, int(s.far[at])+m.shapeCost(p.g, s)+whole)
		}
	}
	return 3 + min(least, other) // quote, colon, brace
}

// missing returns the bytes of the members that an object has to get.
func (m *machine) missing(f *frame) int { return m.missingOf(f, f.seen, int(f.n)) }

func (m *machine) missingOf(f *frame, seen string, members int) int {
	out := make([]int, len(f.g.nodes))
	for i, id := range f.g.nodes {
		n := &m.nodes[id]
		if n.never || tri(f.own[i]) == no || n.kinds&kindObject == 0 {
			out[i] = farther
			continue
		}
		c, lack := 0, n.minProps-members
		miss := func(w int) {
			if seen[w] == 0 {
				c += len(f.g.names[w]) + 4 + m.memberOf(f, w)
				lack--
			}
		}
		for _, w := range f.g.asks[i] {
			miss(w)
		}
		for key, list := range n.needs {
			if seen[f.g.byKey[key]] != 0 {
				for _, x := range list {
					if !slices.Contains(n.required, x) {
						miss(f.g.byKey[x])
					}
				}
			}
		}
		c += 6 * max(0, lack)
		for _, a := range n.allOf {
			c += out[f.g.at[a]]
		}
		for _, list := range [][]int{n.anyOf, n.oneOf} {
			least := farther
			for _, a := range list {
				least = min(least, out[f.g.at[a]])
			}
			if len(list) > 0 {
				c += least
			}
		}
		for _, d := range n.deps {
			if seen[f.g.byKey[d.key]] != 0 {
				c += out[f.g.at[d.node]]
			}
		}
		out[i] = min(c, farther)
	}
	sum, asked := 0, map[string]bool{}
	for _, r := range m.wanted(f) {
		c := out[f.g.at[r]]
		if c >= farther { // an alternative that fails
			continue
		}
		c -= m.again(r, asked, func(key string) bool { return seen[f.g.byKey[key]] != 0 }, lookInto)
		sum = min(sum+max(0, c), farther)
	}
	return sum
}

// wanted returns the roots of f that nodes around it ask for which may still
// hold: the others are of alternatives that failed.
func (m *machine) wanted(f *frame) (list []int) {
	if f.parent == nil || f.phase == inKey {
		return f.g.roots
	}
	p := f.parent
	for i, r := range f.g.roots {
		for _, u := range p.link.uses {
			if u.root == i && !u.contains && tri(p.own[u.node]) != no {
				list = append(list, r)
				break
			}
		}
	}
	if len(list) == 0 {
		return f.g.roots
	}
	return list
}

// elementsMissing returns the bytes of the elements that an array has to get.
func (m *machine) elementsMissing(f *frame) int {
	read := int(f.n)
	if f.link != nil { // one more is being read
		read++
	}
	sum := 0
	for i, id := range f.g.nodes {
		n := &m.nodes[id]
		if tri(f.own[i]) == no {
			continue
		}
		c := 0
		for at := read; at < n.minItems && c < farther; at++ {
			c += 1 + m.elementCost(n, at)
		}
		if n.contains >= 0 {
			if lack := n.minContains - int(stateAt(f.found, i)); lack > 0 && f.link == nil {
				c = max(c, lack*(1+m.cost(n.contains)))
			}
		}
		if c < farther {
			sum = max(sum, c)
		}
	}
	return sum
}
