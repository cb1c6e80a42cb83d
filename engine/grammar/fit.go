package grammar

// A tail is what a matcher knows of the end of its text.
type tail struct {
	known bool
	ids   []int32 // after them the text may end
}

// A mark is a place from which an end was found.
type mark struct {
	known  bool
	tokens int // up to the end
	least  int // bytes, about: see least.go
}

// spare is how many tokens nearer than it seems an end may be passed by
// without a look.
const spare = 32

// Fits reports whether, after id, the text can still end where left more
// tokens may follow, the one that ends it among them. It is true, too, where
// that does not matter, of free text, and where no end is known that fits
// anyway. What it says depends on the text and left alone; far from the end, and
// where the end is far out of reach, it looks at nothing but the schemas' sizes.
func (m *Matcher) Fits(id int32, left int) bool {
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	s := m.to(id)
	if s == nil || m.g.free(s) || m.g.free(m.at) {
		return true
	}
	far := m.g.least(s)
	near := 4*far + 2*spare
	if m.mark.known {
		near = m.mark.tokens + 2*max(0, far-m.mark.least) + spare
	}
	if left > near {
		return true
	}
	if m.lost.known && m.lost.tokens-max(0, m.lost.least-m.g.least(m.at)) > 2*left+spare {
		return true // a byte brings the end nearer by a token at most
	}
	if len(m.tail.ids) > 0 && m.tail.ids[0] == id {
		m.next, m.ahead = id, tail{true, m.tail.ids[1:]}
	} else {
		m.next, m.ahead = id, m.find(s)
	}
	if m.ahead.known {
		m.mark = mark{true, len(m.ahead.ids), far}
		if len(m.ahead.ids) < left {
			return true
		}
	}
	here := m.here()
	if here.known && len(here.ids) > left {
		m.lost = mark{true, len(here.ids), m.g.least(m.at)}
	}
	return !here.known || len(here.ids) > left
}

// Ending returns tokens after which the text may end; false if none are known.
func (m *Matcher) Ending() ([]int32, bool) {
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	t := m.here()
	return t.ids, t.known
}

// here returns the tail of the text so far.
func (m *Matcher) here() tail {
	if !m.tail.known {
		m.tail = m.find(m.at)
	}
	return m.tail
}

// find searches the tail of a text that leads to s. Once a matcher has
// searched a lot it finds no more.
func (m *Matcher) find(s *state) tail {
	if m.work > maxSearch {
		return tail{}
	}
	e := m.g.end(s, m.v)
	m.work += e.work
	return tail{e.found && e.ids != nil, e.ids}
}

// free reports whether a text that led to s is free: it may be cut anywhere.
func (g *Grammar) free(s *state) bool {
	for _, t := range s.threads {
		if op := g.prog[t.pc].op; s.end && (op == opFree || op == opUnless) {
			return true
		}
	}
	return false
}
