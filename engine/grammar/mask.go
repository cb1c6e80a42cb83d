package grammar

import "unicode/utf8"

// A walk finds the tokens that may follow a state.
type walk struct {
	g       *Grammar
	v       *Vocab
	bits    []uint32
	strings map[*state]*inside
	loose   bool // the state is one
	checks  []check
	stack   [maxToken + 1]spot
	path    [maxToken]int32 // the nodes that led to them
}

// A spot is where a walk is: a state or, in a string, a place of its lexer.
type spot struct {
	s     *state
	in    *inside // the string; nil: s
	at    *lexPlace
	depth uint16 // at which the string was come into
	again bool   // an element of a loose array ended before
}

// An inside is a string that a walk came into at a state.
type inside struct {
	s     *state
	f     *frame
	begin *lexPlace
	bears []tri // by place: what is around bears it
	alone bool  // so far, nothing around mattered
	kills tri   // what is around bears no root that fails
}

// walker returns a walk that begins.
func (g *Grammar) walker(v *Vocab, bits []uint32) *walk {
	if g.walk == nil {
		g.walk = &walk{g: g, strings: map[*state]*inside{}}
	}
	w := g.walk
	w.v, w.bits, w.checks, w.loose = v, bits, nil, false
	clear(w.strings)
	return w
}

// fill computes the mask of a state, and where it has to be looked at again.
func (g *Grammar) fill(s *state, v *Vocab, bits []uint32) []check {
	w := g.walker(v, bits)
	for _, t := range s.threads {
		for f := t.f; f != nil; f = f.parent {
			w.loose = w.loose || f.loose
		}
	}
	from := w.spot(s, 0)
	if from.in != nil {
		w.plain(from)
	} else {
		w.walk(from, v.plain)
	}
	w.walk(from, v.rest)
	for id, text := range v.special {
		if g.special(s, text) != nil {
			bits[id/32] |= 1 << (id % 32)
		}
	}
	return w.checks
}

// spot returns the spot of a state. That of a state in a string, and in
// nothing else, is a place of the string's lexer.
func (w *walk) spot(s *state, depth uint16) spot {
	if len(s.threads) != 1 {
		return spot{s: s}
	}
	t := s.threads[0]
	if t.f == nil || t.f.phase != inString && t.f.phase != inKey || t.f.text != "" {
		return spot{s: s}
	}
	in := w.strings[s]
	if in == nil {
		m := w.g.prog[t.pc].schema
		in = &inside{s: s, f: t.f, begin: m.lexer(t.f).start(t.f, w.v.longest), alone: true}
		w.strings[s] = in
	}
	return spot{s: s, in: in, at: in.begin, depth: depth}
}

// plain sets the bits of the plain tokens that may follow in a string.
func (w *walk) plain(from spot) {
	in, p := from.in, from.at
	if p.vocab != w.v {
		p.mask, p.vocab = nil, w.v
	}
	if p.mask != nil && (!p.strict || in.strict()) {
		for i, b := range p.mask {
			w.bits[i] |= b
		}
		return
	}
	outer := w.bits
	w.bits = make([]uint32, len(outer))
	if n, ok := in.length(w.v.longest); ok {
		w.shorter(n)
	} else {
		w.walk(from, w.v.plain)
	}
	for i, b := range w.bits {
		outer[i] |= b
	}
	if in.alone || in.strict() {
		p.mask, p.strict = w.bits, !in.alone
		p.lex.m.size += 4 * len(w.bits)
	}
	w.bits = outer
}

// length returns how many characters may follow, up to most, if it does not
// matter which.
func (in *inside) length(most int32) (int32, bool) {
	p := in.begin
	for n := int32(0); n < most; n++ {
		if p.idle() {
			return most, true
		}
		if p = p.after(); p == nil {
			return 0, false
		}
		if !in.may(p) {
			return n, true
		}
	}
	return most, true
}

// shorter sets the bits of the plain tokens of up to n characters.
func (w *walk) shorter(n int32) {
	v := w.v
	end := v.upTo[min(int(n), len(v.upTo)-1)]
	if int(end) < len(v.byLength)/2 {
		w.set(v.byLength[:end])
		return
	}
	copy(w.bits, v.inner)
	w.clear(v.byLength[end:])
}

// walk sets the bits of the tokens of t that may come; or, in a string in which
// most of the plain ones may, it clears those of the others.
func (w *walk) walk(from spot, t *tokenTrie) {
	w.stack[0] = from
	most := t == w.v.plain && from.in != nil && w.most(from)
	if most {
		copy(w.bits, w.v.inner)
	}
	w.from(t, 0, int32(len(t.chars)), most)
}

// from walks the nodes from i to end.
func (w *walk) from(t *tokenTrie, i, end int32, most bool) {
	plain := t == w.v.plain
	for i < end {
		d := t.depth[i]
		next, ok := w.step(w.stack[d], t, i)
		if !ok {
			if most {
				w.clear(t.below(i))
			}
			i = t.skip[i]
			continue
		}
		w.path[d] = i
		list, to := t.own(i), i+1
		if plain && next.in != nil && t.under[i]&^next.at.loops == 0 {
			list, to = t.below(i), t.skip[i]
		}
		if !most {
			w.set(list)
		}
		w.stack[d+1], i = next, to
	}
}

// most reports whether most plain tokens may follow for what they begin with.
func (w *walk) most(from spot) bool {
	t, n := w.v.plain, 0
	for i := int32(0); int(i) < len(t.chars); i = t.skip[i] {
		if c := t.chars[i]; c >= 0 {
			if p := from.at.step(from.at.lex.letters.of(c)); t.under[i]&^p.loops == 0 && from.in.may(p) {
				n += len(t.below(i))
			}
		}
	}
	return 2*n > len(t.ids)
}

func (w *walk) set(ids []int32) {
	for _, id := range ids {
		w.bits[id/32] |= 1 << (id % 32)
	}
}

func (w *walk) clear(ids []int32) {
	for _, id := range ids {
		w.bits[id/32] &^= 1 << (id % 32)
	}
}

// step goes on by a node; false if it may not come.
func (w *walk) step(at spot, t *tokenTrie, i int32) (spot, bool) {
	c := t.chars[i]
	if at.in != nil {
		switch {
		case c >= ' ' && c != '"' && c != '\\':
			if at.at = at.at.step(at.at.lex.letters.of(c)); !at.in.may(at.at) {
				return at, false
			}
			return at, true
		case c < 0 && t.skip[i] == i+1:
			if may, sure := at.in.begun(at.at, t.pieces[-1-c]); sure {
				return at, may
			}
			at.in.alone, at.in.kills = false, no
		}
		for d := at.depth; d < t.depth[i] && at.s != nil; d++ {
			at.s = w.along(at.s, t, w.path[d])
		}
	}
	s := w.along(at.s, t, i)
	again := w.loose && w.check(at, s, t, i)
	if s == nil {
		return at, false
	}
	next := w.spot(s, t.depth[i]+1)
	next.again = again
	return next, true
}

// along returns the state after a node.
func (w *walk) along(s *state, t *tokenTrie, i int32) *state {
	if c := t.chars[i]; c >= 0 && c < utf8.RuneSelf {
		return w.g.after(s, byte(c))
	}
	return w.g.text(s, t.text(i))
}

// may reports whether what is around a string bears a place in it.
func (in *inside) may(p *lexPlace) bool {
	if p.free {
		return true
	}
	in.alone = false
	if in.strict() {
		return false
	}
	if p.id >= len(in.bears) {
		in.bears = append(in.bears, make([]tri, p.id+1-len(in.bears))...)
	}
	if in.bears[p.id] == maybe {
		c := *in.f
		c.word, c.key, c.states = p.f.word, p.f.key, p.f.states
		in.bears[p.id] = yesIf(p.lex.m.lives(&c, p.verdict))
		p.lex.m.judged = p.lex.m.judged[:0]
	}
	return in.bears[p.id] == yes
}

// strict reports whether what is around a string bears no root that fails: then
// nothing else of it matters.
func (in *inside) strict() bool {
	l := in.begin.lex
	if in.kills == maybe {
		in.kills = yesIf(!l.closed)
		verdict := make([]tri, len(in.f.g.nodes))
		for _, n := range in.f.g.roots {
			at := in.f.g.at[n]
			verdict[at] = no
			if in.kills == yes && l.m.lives(in.f, verdict) {
				in.kills = no
			}
			verdict[at] = maybe
		}
		l.m.judged = l.m.judged[:0]
	}
	return in.kills == yes
}

// begun reports whether a character that begins with some bytes may follow;
// sure is false if it depends on the character.
func (in *inside) begun(p *lexPlace, piece string) (may, sure bool) {
	if piece[0] < 0xc2 || piece[0] > 0xf4 || utf8.FullRuneInString(piece) {
		return false, true
	}
	low, high := begun(piece)
	classes := p.lex.letters.within(low, high)
	for _, c := range classes {
		if c != classes[0] {
			return false, false
		}
	}
	return in.may(p.step(classes[0])), true
}
