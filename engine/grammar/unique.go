package grammar

import (
	"encoding/json"
	"strings"
)

// An array that must be unique keeps the text of its elements. So no two
// states in it are the same, and what follows one is no help for another.
// Therefore a mask is computed of a loose state, whose arrays keep nothing;
// then only the tokens that end an element which may have come before are
// looked at again.

// keeps reports whether f is an array that keeps its elements.
func (f *frame) keeps() bool {
	return f.g.unique && !f.loose && (f.phase == arrFirst || f.phase == arrNext)
}

// tracked reports whether an array around keeps the text of its elements.
func (f *frame) tracked() bool {
	for p := f; p != nil; p = p.parent {
		if p.keeps() {
			return true
		}
	}
	return false
}

// track appends the byte that led from f to g to the raw text of the arrays
// that stand around both.
func (m *machine) track(f, g *frame, b byte) *frame {
	var rebuild func(x *frame) *frame
	rebuild = func(x *frame) *frame {
		if x == nil {
			return nil
		}
		parent := rebuild(x.parent)
		inside := x != g // an element is being read below it
		return m.with(x, func(c *frame) {
			c.parent = parent
			if inside && x.keeps() {
				c.raw += string(b)
			}
		})
	}
	return rebuild(g)
}

// last returns the raw text of an element that ends with f: the byte that
// ends a string, a literal or a container has not been tracked yet.
func (f *frame) last(raw string) string {
	switch f.phase {
	case inString:
		return raw + `"`
	case inLiteral:
		return raw + f.text[len(f.text)-1:]
	case objFirst, objNext:
		return raw + "}"
	case arrFirst, arrNext:
		return raw + "]"
	}
	return raw
}

// addItem notes an element of an array; false if it was there.
func (f *frame) addItem(raw string) bool {
	text, ok := canonical(raw)
	if !ok {
		return false
	}
	for _, old := range strings.Split(f.items, "\x00") {
		if old == text && f.items != "" {
			f.raw = ""
			return false
		}
	}
	if f.items != "" {
		f.items += "\x00"
	}
	f.items, f.raw = f.items+text, ""
	return true
}

// canonical returns the one text of all that is the same JSON.
func canonical(raw string) (string, bool) {
	raw = strings.TrimLeft(raw, ", \n\r\t") // of what stands before the element
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return "", false
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a string without escapes is its own text
	err := e.Encode(plainNumbers(v))
	return strings.TrimSuffix(b.String(), "\n"), err == nil
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if r, ok := number(string(v)); ok {
			return "\x01" + r.RatString() // as no string can be
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}

// loosened returns f with arrays around it that keep nothing.
func (m *machine) loosened(f *frame) *frame {
	if f == nil {
		return nil
	}
	parent := m.loosened(f.parent)
	return m.with(f, func(c *frame) {
		if c.parent = parent; c.keeps() {
			c.loose, c.items, c.raw = true, "", ""
		}
	})
}

// loosened returns the state of a mask of s: s itself if nothing is kept.
func (g *Grammar) loosened(s *state) *state {
	if s.loose != nil {
		return s.loose
	}
	list := make([]thread, len(s.threads))
	kept := false
	for i, t := range s.threads {
		if list[i] = t; t.f != nil && t.f.tracked() {
			kept = true
			list[i].f = g.prog[t.pc].schema.loosened(t.f)
		}
	}
	if s.loose = s; kept {
		s.loose = g.intern(list)
	}
	return s.loose
}

// A check is a place in a mask where an element may end that came before.
type check struct {
	t    *tokenTrie
	i    int32
	text string // of the tokens, up to there
	sure bool   // look at it again in any case
}

// ends reports whether a step from f, with a byte, to g ended an element of an
// array that does not keep it; g is nil if there is no such step.
func (f *frame) ends(b rune, g *frame) bool {
	depth := func(f *frame) (n int) {
		for ; f != nil; f = f.parent {
			n++
		}
		return n
	}
	to := depth(g)
	if g != nil && g.phase == atValue && f.phase == inNumber { // after a comma
		to--
	}
	if g == nil && !strings.ContainsRune("\"]},el \n\r\t", b) {
		return false
	}
	n := depth(f)
	for x := f; x.parent != nil; x = x.parent {
		if x.parent.loose && (n > to || g == nil) {
			return true
		}
		n--
	}
	return false
}

// check notes the nodes at which elements end.
func (w *walk) check(at spot, next *state, t *tokenTrie, i int32) (again bool) {
	for _, th := range at.s.threads {
		if th.f == nil {
			continue
		}
		var to *frame
		if next != nil {
			for _, u := range next.threads {
				if u.pc == th.pc {
					to = u.f
				}
			}
		}
		if th.f.ends(t.chars[i], to) {
			var text strings.Builder
			for _, j := range w.path[:t.depth[i]] {
				text.WriteString(t.text(j))
			}
			text.WriteString(t.text(i))
			w.checks = append(w.checks, check{t, i, text.String(), at.again})
			return true
		}
	}
	return at.again
}

// recheck corrects the mask of a loose state for s.
func (g *Grammar) recheck(s *state, v *Vocab, checks []check, bits []uint32) {
	for _, c := range checks {
		twice := c.sure
		for _, t := range s.threads {
			for f := t.f; f != nil && !twice; f = f.parent {
				twice = f.keeps() && f.has(c.text)
			}
		}
		if !twice {
			continue
		}
		w := g.walker(v, bits)
		w.clear(c.t.below(c.i))
		before := s
		if last := len(c.text) - len(c.t.text(c.i)); last > 0 {
			before = g.text(s, c.text[:last])
		}
		if before == nil {
			continue
		}
		// The path to the node is not walked: a spot without a string.
		w.stack[c.t.depth[c.i]] = spot{s: before}
		w.from(c.t, c.i, c.t.skip[c.i], false)
	}
}

// has reports whether an element of f, which text ends, came before.
func (f *frame) has(text string) bool {
	if f.items == "" {
		return false
	}
	raw := strings.TrimLeft(f.raw+text, ", \n\r\t")
	if strings.HasPrefix(raw, `"`) && strings.IndexByte(raw, '\\') < 0 {
		return strings.Contains("\x00"+f.items+"\x00", "\x00"+raw+"\x00")
	}
	item, ok := canonical(raw)
	return ok && strings.Contains("\x00"+f.items+"\x00", "\x00"+item+"\x00")
}
