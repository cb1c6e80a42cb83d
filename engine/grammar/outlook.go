package grammar

// An outlook is which members may come next to an object so that it can still
// become valid: names that need one another, or exclude one another, are
// possible each for itself and not together.
type outlook struct {
	names []bool // by number: this one may
	other bool   // one that no schema knows may
}

// Bounds of what is looked through: beyond them everything is possible.
const (
	maxTangled = 12  // names
	maxParts   = 64  // schemas in place
	maxTried   = 256 // sets of names
)

// tangle notes whether names of g's objects depend on one another, and which
// nodes hold whatever else does.
func (g *group) tangle(m *machine) {
	asks, joins := false, false
	for _, id := range g.nodes {
		n := &m.nodes[id]
		asks = asks || len(n.required) > 0 || n.minProps > 0
		joins = joins || len(n.deps)+len(n.needs)+len(n.oneOf)+len(n.anyOf) > 0 || n.not >= 0 || n.when >= 0 || n.maxProps >= 0
	}
	g.tangled = asks && joins && len(g.names) > 0 && len(g.names) <= maxTangled && len(g.nodes) <= maxParts
	if !g.tangled {
		return
	}
	var visit func(id int)
	seen := map[int]bool{}
	visit = func(id int) {
		if seen[id] {
			return
		}
		seen[id] = true
		g.certain = append(g.certain, id)
		for _, c := range m.nodes[id].allOf {
			visit(c)
		}
	}
	for _, id := range g.roots {
		visit(id)
	}
}

// outlook returns that of an object before a name.
func (m *machine) outlook(f *frame) *outlook {
	if o := m.outlooks[f]; o != nil {
		return o
	}
	o := &outlook{names: make([]bool, len(f.g.names))}
	left := maxTried
	for w := range o.names {
		if f.seen[w] == 0 {
			o.names[w] = m.hopeful(f, w, &left)
		}
	}
	o.other = true
	for _, id := range f.g.certain {
		if n := &m.nodes[id]; n.additional >= 0 && m.nodes[n.additional].never && len(n.patternProps) == 0 {
			o.other = false
		}
	}
	o.other = o.other && m.hopeful(f, -1, &left)
	m.outlooks[f] = o
	m.size += 100 + len(o.names)
	return o
}

// taken says of every name whether it may not come next to an object, a byte
// each; "" if it has no names.
func (m *machine) taken(f *frame) string {
	if !f.g.tangled {
		return f.seen
	}
	b := []byte(f.seen)
	for w, may := range m.outlook(f).names {
		if !may {
			b[w] = 1
		}
	}
	return string(b)
}

// more reports whether a member more may come to an object.
func (m *machine) more(f *frame) bool {
	o := m.outlook(m.with(f, func(c *frame) { c.phase, c.spaces, c.link = objColon, 0, nil }))
	for _, may := range o.names {
		if may {
			return true
		}
	}
	return o.other
}

// hopeful reports whether f can become valid if the name number w comes next;
// -1 is one that no schema knows. It tries the sets of names that may come to
// f, the small ones first; left counts them down.
func (m *machine) hopeful(f *frame, w int, left *int) bool {
	set, members := []byte(f.seen), int(f.n)
	add := func(w int) {
		if set[w] == 0 {
			set[w] = 1
			members++
		}
	}
	if w < 0 {
		members++
	} else {
		add(w)
	}
	for _, id := range f.g.certain {
		for _, k := range m.nodes[id].required {
			add(f.g.byKey[k])
		}
	}
	type choice struct {
		set     string
		members int
	}
	queue, known := []choice{{string(set), members}}, map[string]bool{string(set): true}
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		if *left--; *left < 0 || m.could(f, c.set, c.members) {
			return true
		}
		for i := range c.set {
			if c.set[i] != 0 {
				continue
			}
			next := []byte(c.set)
			next[i] = 1
			if !known[string(next)] {
				known[string(next)] = true
				queue = append(queue, choice{string(next), c.members + 1})
			}
		}
	}
	return false
}

// could reports whether f could be valid with a set of names, and as many
// more members as are asked for.
func (m *machine) could(f *frame, set string, members int) bool {
	most := members
	for _, id := range f.g.nodes {
		most = max(most, m.nodes[id].minProps)
	}
	at := len(m.judged)
	defer func() { m.judged, m.coming = m.judged[:at], false }()
	for _, n := range []int{members, most} {
		c := *f
		c.phase, c.link, c.seen, c.n = objNext, nil, set, int32(min(n, f.g.props))
		m.coming = true
		results := m.judge(&c, true)
		m.coming = false
		if m.lives(&c, results) {
			return true
		}
	}
	return false
}

// nameHope reports whether a name begun in the object p can become one that
// p has hope with.
func (m *machine) nameHope(f, p *frame) bool {
	o := m.outlook(p)
	if f.key >= 0 {
		for _, w := range p.g.keys.from[f.key] {
			if p.seen[w] == 0 && o.names[w] {
				return true
			}
		}
	}
	if !o.other {
		return false
	}
	for _, id := range p.g.certain {
		n := &m.nodes[id]
		if n.additional < 0 || !m.nodes[n.additional].never {
			continue
		}
		if !m.otherName(f, p, n) {
			return false
		}
	}
	return true
}

// otherName reports whether a name begun can become one that n has a pattern
// for and that is no name it knows.
func (m *machine) otherName(f, p *frame, n *node) bool {
	for _, x := range n.patternProps {
		for i, s := range p.g.shapes {
			at := stateAt(f.states, len(f.g.patterns)+i)
			if s != x.p || at == dead {
				continue
			}
			if s.ends[at] && (f.key < 0 || p.g.keys.word[f.key] < 0) {
				return true
			}
			classes := len(s.letters.some)
			for _, to := range s.next[int(at)*classes : (int(at)+1)*classes] {
				if to != dead {
					return true
				}
			}
		}
	}
	return false
}
