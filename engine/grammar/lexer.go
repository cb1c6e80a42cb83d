package grammar

import (
	"slices"
	"unicode/utf8"
)

// A lexer reads the characters of strings that one group of schemas, or the
// names of one group's objects, is on, apart from what they stand in. What one
// token after another may do in a string is found out once for all of them.
type lexer struct {
	m       *machine
	letters *alphabet
	shown   []bool // by class: one of its characters is not below space
	parent  *frame // stands for all objects, of names; nil: values
	closed  bool   // what a name may be depends on the object
	places  map[*frame]*lexPlace
	count   int
}

// A lexPlace is how far a string has been read.
type lexPlace struct {
	lex     *lexer
	id      int    // among the lexer's
	f       *frame // with nothing around it; n is -1 if no bound of lengths is near
	verdict []tri  // of f's nodes
	free    bool   // whatever is around bears it
	next    []*lexPlace
	few     map[int32]*lexPlace // instead of next where there are many classes
	loops   charset             // characters that lead back here
	mask    []uint32            // of plain tokens, if it does not depend on what is around
	strict  bool                // it holds only where that bears nothing that fails
	vocab   *Vocab
}

// maxRow is the most classes for which a place has a row of what follows.
const maxRow = 512

// lexer returns the lexer of the string that f is in.
func (m *machine) lexer(f *frame) *lexer {
	at := &f.g.values
	if f.phase == inKey {
		at = &f.parent.g.keyLexer
	}
	if *at != nil {
		return *at
	}
	l := &lexer{m: m, places: map[*frame]*lexPlace{}}
	patterns, tries := f.g.patterns, []*trie{f.g.words}
	if f.phase == inKey {
		obj := f.parent.g
		l.parent = m.intern(&frame{g: obj, phase: objColon, word: -1, key: -1, loose: true})
		l.closed = obj.tangled
		patterns, tries = append(patterns[:len(patterns):len(patterns)], obj.shapes...), append(tries, obj.keys)
		for _, n := range obj.nodes {
			l.closed = l.closed || m.nodes[n].additional >= 0 && m.nodes[m.nodes[n].additional].never
		}
	}
	var cuts []rune
	var labels []func(r rune) int32
	for _, p := range patterns {
		cuts, labels = append(cuts, p.letters.from...), append(labels, p.letters.of)
	}
	for _, t := range tries {
		if t == nil {
			continue
		}
		for r := range t.runes {
			cuts = append(cuts, r, r+1)
		}
		labels = append(labels, func(r rune) int32 {
			if t.runes[r] {
				return r
			}
			return -1
		})
	}
	l.letters = newAlphabet(append(cuts, ' ', utf8.RuneSelf), labels...)
	l.shown = make([]bool, len(l.letters.some))
	for i, r := range l.letters.from {
		if r >= ' ' {
			l.shown[l.letters.class[i]] = true
		}
	}
	*at = l
	return l
}

// start returns the place of f, from which texts of up to longest characters
// are read.
func (l *lexer) start(f *frame, longest int32) *lexPlace {
	c := &frame{parent: l.parent, g: f.g, phase: f.phase, n: f.n, word: f.word, key: f.key, states: f.states}
	if f.g.longest == 0 || f.n+longest <= f.g.shortest {
		c.n = -1
	}
	return l.place(l.m.intern(c))
}

func (l *lexer) place(f *frame) *lexPlace {
	if p := l.places[f]; p != nil {
		return p
	}
	if l.m.size > maxSize && !l.m.held {
		for _, p := range l.places {
			clear(p.next)
			clear(p.few)
		}
		clear(l.places)
		l.m.tidy()
	}
	p := &lexPlace{lex: l, id: l.count, f: f, verdict: slices.Clone(l.m.judge(f, false)), free: !l.closed, loops: l.loops(f)}
	l.m.judged = l.m.judged[:0]
	for _, n := range f.g.roots {
		p.free = p.free && p.verdict[f.g.at[n]] != no
	}
	if n := len(l.letters.some); n <= maxRow {
		p.next = make([]*lexPlace, n)
		l.m.size += 8 * n
	} else {
		p.few = map[int32]*lexPlace{}
	}
	l.m.size += 400 + len(p.verdict)
	l.places[f] = p
	l.count++
	return p
}

// loops returns the characters that leave a string as it is.
func (l *lexer) loops(f *frame) charset {
	if f.word >= 0 || f.key >= 0 || f.n >= 0 && int(f.n) < f.g.longest {
		return 0
	}
	patterns := f.g.patterns
	if f.phase == inKey {
		patterns = slices.Concat(patterns, f.parent.g.shapes)
	}
	var not charset
	for i, p := range patterns {
		s := stateAt(f.states, i)
		if s == dead || p.idle[s] {
			continue
		}
		row := p.next[int(s)*len(p.letters.some):]
		for i, c := range p.letters.class {
			if row[c] != s {
				to := rune(utf8.MaxRune)
				if i+1 < len(p.letters.from) {
					to = p.letters.from[i+1] - 1
				}
				not |= charsOf(max(p.letters.from[i], ' '), to)
			}
		}
	}
	return ^not
}

// step returns the place after a character of a class.
func (p *lexPlace) step(class int32) *lexPlace {
	if p.few != nil {
		if q := p.few[class]; q != nil {
			return q
		}
	} else if q := p.next[class]; q != nil {
		return q
	}
	q := p
	if f := p.lex.m.rune(p.f, p.lex.letters.some[class]); f != p.f {
		q = p.lex.place(f)
	}
	if p.few != nil {
		p.lex.m.size += 40
		p.few[class] = q
	} else {
		p.next[class] = q
	}
	return q
}

// idle reports whether all characters lead back to p.
func (p *lexPlace) idle() bool { return p.loops == ^charset(0) }

// after returns where a character leads if all of them lead to one place.
func (p *lexPlace) after() *lexPlace {
	if p.few != nil {
		return nil
	}
	var to *lexPlace
	for c, shown := range p.lex.shown {
		if !shown {
			continue
		}
		if q := p.step(int32(c)); to == nil {
			to = q
		} else if q != to {
			return nil
		}
	}
	return to
}

// A charset is a set of kinds of characters, as bits.
type charset uint64

// charOf returns the kind of a character: lower case, upper case and digits
// are one each, every other printable character of ASCII is its own, and the
// rest, characters begun among them, is one.
func charOf(r rune) charset {
	switch {
	case r >= 'a' && r <= 'z':
		return 1
	case r >= 'A' && r <= 'Z':
		return 2
	case r >= '0' && r <= '9':
		return 4
	case r < 0 || r >= utf8.RuneSelf:
		return 8
	case r < '0':
		return 1 << (4 + max(0, r-' ')) // 16
	case r < 'A':
		return 1 << (20 + r - ':') // 7
	case r < 'a':
		return 1 << (27 + r - '[') // 6
	}
	return 1 << (33 + r - '{') // 5
}

// charsOf returns the kinds of the characters from low to high.
func charsOf(low, high rune) (set charset) {
	for r := low; r <= min(high, utf8.RuneSelf); r++ {
		set |= charOf(r)
	}
	if high >= utf8.RuneSelf {
		set |= charOf(utf8.RuneSelf)
	}
	return set
}
