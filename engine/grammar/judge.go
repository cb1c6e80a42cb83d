package grammar

// finish ends a value: what it is goes to the container around it.
func (m *machine) finish(f *frame) *frame {
	results := m.judge(f, true)
	if f.parent == nil {
		for _, r := range f.g.roots {
			if results[f.g.at[r]] != yes {
				return nil
			}
		}
		return m.intern(&frame{g: f.g, phase: finished, word: -1, key: -1})
	}
	p := f.parent
	c := *p
	own, found := []byte(c.own), []byte(c.found)
	for _, u := range p.link.uses {
		good := results[f.g.at[f.g.roots[u.root]]] == yes
		switch {
		case u.contains && good:
			n := m.nodes[p.g.nodes[u.node]]
			if x := stateAt(c.found, u.node); int(x) <= max(n.minContains, n.maxContains) {
				putState(found, u.node, x+1)
			}
		case !u.contains && !good:
			own[u.node] = byte(no)
		}
	}
	c.own, c.found, c.link, c.spaces = string(own), string(found), nil, 0
	switch p.phase {
	case objColon:
		c.phase = objNext
	default:
		c.phase = arrNext
		if int(c.n) < c.g.elements {
			c.n++
		}
		if c.keeps() && !c.addItem(f.last(p.raw)) {
			for i, id := range c.g.nodes {
				if m.nodes[id].unique {
					own[i] = byte(no)
				}
			}
			c.own = string(own)
		}
	}
	return m.intern(&c)
}

// alive reports whether what f is in can still become valid.
func (m *machine) alive(f *frame) bool {
	if f.phase == finished {
		return true
	}
	return m.lives(f, m.judge(f, false))
}

// lives asks the frames around f, whose nodes are judged, whether they can
// bear it.
func (m *machine) lives(f *frame, results []tri) bool {
	if f.phase == inKey {
		return m.keyLives(f, results)
	}
	if f.parent == nil {
		for _, r := range f.g.roots {
			if results[f.g.at[r]] == no {
				return false
			}
		}
		return true
	}
	p := f.parent
	var own []byte
	for _, u := range p.link.uses {
		if !u.contains && results[f.g.at[f.g.roots[u.root]]] == no && tri(p.own[u.node]) != no {
			if own == nil {
				own = []byte(p.own)
			}
			own[u.node] = byte(no)
		}
	}
	return m.bears(p, own)
}

// bears reports whether p can bear that its nodes are as own says; nil is no
// change.
func (m *machine) bears(p *frame, own []byte) bool {
	if own == nil {
		return true
	}
	c := *p
	c.own = string(own)
	return m.lives(&c, m.judge(&c, false))
}

// keyLives reports whether a name begun can become one that is allowed.
func (m *machine) keyLives(f *frame, results []tri) bool {
	p := f.parent
	own := []byte(p.own)
	changed := false
	fail := func(i int) {
		if tri(own[i]) != no {
			own[i], changed = byte(no), true
		}
	}
	for _, u := range p.g.nameOf {
		if results[f.g.at[m.nodes[p.g.nodes[u.node]].names]] == no {
			fail(u.node)
		}
	}
	for i, id := range p.g.nodes {
		n := &m.nodes[id]
		if n.additional < 0 || !m.nodes[n.additional].never {
			continue
		}
		if !m.nameCan(f, p, n) {
			fail(i)
		}
	}
	if p.g.tangled && !m.nameHope(f, p) {
		return false
	}
	if !changed {
		return true
	}
	return m.bears(p, own)
}

// nameCan reports whether a name begun can become one that n, which allows no
// additional ones, knows.
func (m *machine) nameCan(f, p *frame, n *node) bool {
	if f.key >= 0 {
		for _, w := range p.g.keys.from[f.key] {
			if _, ok := n.properties[p.g.names[w]]; ok && p.seen[w] == 0 {
				return true
			}
		}
	}
	for _, x := range n.patternProps {
		for i, s := range p.g.shapes {
			if s == x.p && stateAt(f.states, len(f.g.patterns)+i) != dead {
				return true
			}
		}
	}
	return false
}

// judge says of every node of f's group what is known of its value.
func (m *machine) judge(f *frame, done bool) []tri {
	at := len(m.judged)
	m.judged = append(m.judged, make([]tri, len(f.g.nodes))...)
	out := m.judged[at:]
	for i, id := range f.g.nodes {
		n := &m.nodes[id]
		t := m.own(f, i, n, done)
		for _, c := range n.allOf {
			t = both(t, out[f.g.at[c]])
		}
		if len(n.anyOf) > 0 {
			t = both(t, f.g.count(n.anyOf, out).any())
		}
		if len(n.oneOf) > 0 {
			t = both(t, f.g.count(n.oneOf, out).one())
		}
		if n.not >= 0 {
			t = both(t, not(out[f.g.at[n.not]]))
		}
		if n.when >= 0 {
			then, other := yes, yes
			if n.then >= 0 {
				then = out[f.g.at[n.then]]
			}
			if n.other >= 0 {
				other = out[f.g.at[n.other]]
			}
			switch out[f.g.at[n.when]] {
			case yes:
				t = both(t, then)
			case no:
				t = both(t, other)
			default:
				switch {
				case then == no && other == no:
					t = no
				case then != yes || other != yes:
					t = both(t, maybe)
				}
			}
		}
		for _, d := range n.deps {
			t = both(t, m.dep(f, d, out[f.g.at[d.node]], done))
		}
		out[i] = t
	}
	return out
}

// count counts the answers of some nodes.
func (g *group) count(list []int, out []tri) (c votes) {
	for _, n := range list {
		c[out[g.at[n]]]++
	}
	return c
}

// dep judges a schema that holds if a name is there.
func (m *machine) dep(f *frame, d dep, t tri, done bool) tri {
	k := f.kind()
	if k != 0 && k != kindObject || t == yes {
		return yes
	}
	if f.seen != "" && f.seen[f.g.byKey[d.key]] != 0 {
		return t
	}
	if done {
		return yes
	}
	return maybe
}

// kind returns the kind of f's value; 0 before its first byte.
func (f *frame) kind() kinds {
	switch f.phase {
	case inString, inKey:
		return kindString
	case inNumber:
		return kindNumber
	case inLiteral:
		if f.text[0] == 'n' {
			return kindNull
		}
		return kindBool
	case objFirst, objKey, objColon, objNext:
		return kindObject
	case arrFirst, arrNext:
		return kindArray
	}
	return 0
}

// own judges what a node asserts itself.
func (m *machine) own(f *frame, i int, n *node, done bool) tri {
	if n.never {
		return no
	}
	k := f.kind()
	if k == 0 {
		if n.plain() {
			return yes
		}
		return maybe
	}
	if n.kinds&k == 0 || n.enum != nil && n.enum.kinds&k == 0 {
		return no
	}
	switch k {
	case kindString:
		return f.judgeString(n, done)
	case kindNumber:
		return n.number(f.text, f.place, done)
	case kindBool:
		if n.enum != nil {
			return yesIf(f.text[0] == 't' && n.enum.yes || f.text[0] == 'f' && n.enum.no)
		}
	case kindObject:
		return m.judgeObject(f, i, n, done)
	case kindArray:
		return m.judgeArray(f, i, n, done)
	}
	return yes
}

// plain reports whether n asserts nothing itself.
func (n *node) plain() bool {
	return n.kinds == anyKind && n.enum == nil && n.minLength < 0 && n.maxLength < 0 && len(n.patterns) == 0 && !n.asksNumbers() &&
		n.plainObject() && n.plainArray()
}

func (n *node) plainObject() bool {
	return len(n.properties) == 0 && len(n.patternProps) == 0 && n.additional < 0 && n.names < 0 && len(n.required) == 0 && n.minProps < 0 &&
		n.maxProps < 0 && len(n.needs) == 0
}

func (n *node) plainArray() bool {
	return len(n.prefix) == 0 && n.items < 0 && n.minItems < 0 && n.maxItems < 0 && n.contains < 0 && !n.unique
}

func (f *frame) judgeString(n *node, done bool) tri {
	t := yes
	if n.maxLength >= 0 {
		begun := 0 // a character, of which bytes are missing
		if f.text != "" {
			begun = 1
		}
		if int(f.n)+begun > n.maxLength {
			return no
		}
		if !done {
			t = maybe
		}
	}
	if int(f.n) < n.minLength {
		if done {
			return no
		}
		t = maybe
	}
	for _, p := range n.patterns {
		for i, q := range f.g.patterns {
			if p != q {
				continue
			}
			s := stateAt(f.states, i)
			switch {
			case s == dead || done && !p.ends[s]:
				return no
			case !p.sure[s] && !done:
				t = maybe
			}
		}
	}
	if n.enum != nil {
		if f.word < 0 {
			return no
		}
		if done {
			w := f.g.words.word[f.word]
			if w < 0 || !n.enum.strings[f.g.wordText(w)] {
				return no
			}
			return t
		}
		for _, w := range f.g.words.from[f.word] {
			if n.enum.strings[f.g.wordText(w)] {
				return maybe
			}
		}
		return no
	}
	return t
}

func (m *machine) judgeObject(f *frame, i int, n *node, done bool) tri {
	if tri(f.own[i]) == no || n.maxProps >= 0 && int(f.n) > n.maxProps {
		return no
	}
	if f.phase == objKey && !m.another(f, n) {
		return no
	}
	missing := n.minProps > int(f.n)
	for _, w := range f.g.asks[i] {
		missing = missing || f.seen[w] == 0
	}
	for k, list := range n.needs {
		if f.seen[f.g.byKey[k]] == 0 {
			continue
		}
		for _, x := range list {
			missing = missing || f.seen[f.g.byKey[x]] == 0
		}
	}
	switch {
	case done && m.coming && !missing && len(n.properties)+len(n.patternProps) > 0, done && m.coming && !missing && (n.additional >= 0 || n.names >= 0):
		return maybe // as their values turn out
	case done:
		return yesIf(!missing)
	case missing:
		if n.maxProps >= 0 && int(f.n) == n.maxProps && f.phase == objNext {
			return no
		}
		return maybe
	case len(n.properties)+len(n.patternProps)+len(n.needs) == 0 && n.additional < 0 && n.names < 0 && n.maxProps < 0:
		return yes
	}
	return maybe
}

// another reports whether a member more can be what n allows.
func (m *machine) another(f *frame, n *node) bool {
	if n.maxProps >= 0 && int(f.n) >= n.maxProps {
		return false
	}
	if n.additional < 0 || !m.nodes[n.additional].never || len(n.patternProps) > 0 {
		return true
	}
	for k := range n.properties {
		if f.seen[f.g.byKey[k]] == 0 {
			return true
		}
	}
	return false
}

func (m *machine) judgeArray(f *frame, i int, n *node, done bool) tri {
	read := int(f.n)
	if f.link != nil { // one more is being read
		read++
	}
	if tri(f.own[i]) == no || n.maxItems >= 0 && read > n.maxItems {
		return no
	}
	found := 0
	if n.contains >= 0 {
		found = int(stateAt(f.found, i))
		if n.maxContains >= 0 && found > n.maxContains {
			return no
		}
	}
	few := n.minItems > read || n.contains >= 0 && found < n.minContains
	switch {
	case done:
		return yesIf(!few)
	case few:
		if n.contains >= 0 && n.maxItems >= 0 && n.maxItems-int(f.n) < n.minContains-found {
			return no
		}
		return maybe
	case len(n.prefix) == 0 && n.items < 0 && n.maxItems < 0 && !n.unique && n.maxContains < 0:
		return yes
	}
	return maybe
}

// wordText returns the string of an enum by its number.
func (g *group) wordText(w int32) string { return g.wordList[w] }
