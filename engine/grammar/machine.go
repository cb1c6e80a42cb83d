package grammar

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A machine reads JSON byte by byte and says whether what was read can become
// an instance of a schema. It is what a validator does, with three answers
// instead of two; so all keywords are judged alike, and what is accepted in
// the end is exactly what is valid.
type machine struct {
	nodes   []node
	groups  map[string]*group
	links   int32
	frames  map[string]*frame
	count   int32
	size    int // bytes of frames, about
	buf     []byte
	judged  []tri   // of the judgements under way
	coming  bool    // members that are not read yet are among those judged
	held    bool    // nothing is forgotten
	costs   []costs // see least.go
	members map[memberKey]int32
	looks   int

	outlooks map[*frame]*outlook
	start    *frame
}

// maxSpaces bounds white space in a row: without a bound a model may write
// nothing else.
const maxSpaces = 20

func newMachine(nodes []node) *machine {
	m := &machine{nodes: nodes, groups: map[string]*group{}, frames: map[string]*frame{}, outlooks: map[*frame]*outlook{}}
	m.start = m.intern(&frame{g: m.group([]int{0}), phase: atValue, word: -1, key: -1})
	return m
}

// step returns the frame after a byte, or nil.
func (m *machine) step(f *frame, b byte) *frame {
	m.tidy()
	g := m.read(f, b)
	if g == nil || g == f {
		return g
	}
	m.judged = m.judged[:0]
	if !m.alive(g) {
		return nil
	}
	return g
}

// tidy lets go of what is remembered if it is too much; states that are
// forgotten, too, let go of it.
func (m *machine) tidy() {
	if m.size <= maxSize || m.held {
		return
	}
	clear(m.frames)
	clear(m.outlooks)
	clear(m.members)
	for _, g := range m.groups {
		g.values, g.keyLexer = nil, nil
	}
	m.size = 0
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// read is step without regard to whether anything can come of it.
func (m *machine) read(f *frame, b byte) *frame {
	g := m.move(f, b)
	if g == nil || !g.tracked() {
		return g
	}
	return m.track(f, g, b)
}

func (m *machine) move(f *frame, b byte) *frame {
	switch f.phase {
	case inString, inKey:
		return m.text(f, b)
	case inNumber:
		if p := numStep(f.place, b); p != numBad {
			return m.with(f, func(c *frame) {
				m.digit(c, p, b)
			})
		}
		if !numEnds(f.place) {
			return nil
		}
		g := m.finish(f)
		if g == nil {
			return nil
		}
		return m.move(g, b)
	case inLiteral:
		word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[f.text[0]]
		if b != word[len(f.text)] {
			return nil
		}
		g := m.with(f, func(c *frame) { c.text += string(b) })
		if len(g.text) == len(word) {
			return m.finish(g)
		}
		return g
	}
	if isSpace(b) {
		if f.spaces >= maxSpaces {
			return nil
		}
		return m.with(f, func(c *frame) { c.spaces++ })
	}
	switch f.phase {
	case atValue:
		return m.begin(f, b)
	case objFirst, objKey, objNext:
		switch {
		case b == '"' && f.phase != objNext:
			return m.beginKey(f)
		case b == ',' && f.phase == objNext && f.g.tangled && !m.more(f):
			return nil
		case b == ',' && f.phase == objNext:
			return m.with(f, func(c *frame) { c.phase, c.spaces = objKey, 0 })
		case b == '}' && f.phase != objKey:
			return m.finish(f)
		}
	case objColon:
		if b == ':' {
			return m.child(f)
		}
	case arrFirst:
		if b == ']' {
			return m.finish(f)
		}
		return m.firstByte(f, b)
	case arrNext:
		switch b {
		case ']':
			return m.finish(f)
		case ',':
			l := f.g.element(m, int(f.n))
			return m.child(m.with(f, func(c *frame) { c.link, c.spaces, c.raw = l, 0, "" }))
		}
	}
	return nil
}

// firstByte begins the first element of an array.
func (m *machine) firstByte(f *frame, b byte) *frame {
	l := f.g.element(m, 0)
	c := m.child(m.with(f, func(c *frame) { c.link, c.spaces = l, 0 }))
	if c == nil {
		return nil
	}
	return m.begin(c, b)
}

// child returns the value that f's link asks for; nil if there may be none.
func (m *machine) child(f *frame) *frame {
	parent := m.with(f, func(c *frame) { c.spaces = 0 })
	if !m.alive(parent) {
		return nil
	}
	return m.intern(&frame{parent: parent, g: f.link.g, phase: atValue, word: -1, key: -1})
}

// begin reads the first byte of a value.
func (m *machine) begin(f *frame, b byte) *frame {
	c := *f
	c.spaces = 0
	switch {
	case b == '"':
		c.phase = inString
		if c.g.words != nil {
			c.word = 0
		}
		c.states = starts(c.g.patterns)
	case b == '{':
		c.phase, c.own, c.seen = objFirst, string(make([]byte, len(c.g.nodes))), string(make([]byte, len(c.g.names)))
	case b == '[':
		c.phase, c.own, c.found = arrFirst, string(make([]byte, len(c.g.nodes))), string(make([]byte, 4*len(c.g.nodes)))
	case b == 't' || b == 'f' || b == 'n':
		c.phase, c.text = inLiteral, string(b)
	default:
		if c.place = numStart(b); c.place == numBad {
			return nil
		}
		c.phase = inNumber
		m.digit(&c, c.place, b)
	}
	return m.intern(&c)
}

// beginKey begins a member's name.
func (m *machine) beginKey(f *frame) *frame {
	parent := m.with(f, func(c *frame) { c.phase, c.spaces = objColon, 0 })
	g := f.g.naming
	if g == nil {
		g = m.group(nil)
	}
	k := &frame{parent: parent, g: g, phase: inKey, word: -1, key: -1}
	if g.words != nil {
		k.word = 0
	}
	if f.g.keys != nil {
		k.key = 0
	}
	k.states = starts(g.patterns) + starts(f.g.shapes)
	return m.intern(k)
}

// text reads a byte of a string.
func (m *machine) text(f *frame, b byte) *frame {
	if f.text == "" {
		switch {
		case b == '"':
			if f.phase == inKey {
				return m.endKey(f)
			}
			return m.finish(f)
		case b == '\\':
			return m.escape(f, `\`)
		case b >= 0xc2 && b <= 0xf4:
			low, high := begun(string([]byte{b}))
			return m.narrow(f, string([]byte{b}), low, high)
		case b < 0x20 || b >= utf8.RuneSelf:
			return nil
		}
		return m.rune(f, rune(b))
	}
	t := f.text + string([]byte{b})
	if t[0] != '\\' {
		if !utf8.FullRuneInString(t) {
			low, high := begun(t)
			return m.narrow(f, t, low, high)
		}
		r, n := utf8.DecodeRuneInString(t)
		if r == utf8.RuneError && n == 1 {
			return nil
		}
		return m.rune(f, r)
	}
	r, more, ok := escaped(t)
	switch {
	case !ok:
		return nil
	case more:
		return m.escape(f, t)
	}
	return m.rune(f, r)
}

// begun returns the first and the last character that begin with some bytes
// of UTF-8, which are too few for a whole one.
func begun(t string) (low, high rune) {
	var size int
	switch b := rune(t[0]); {
	case b < 0xe0:
		low, size = b&0x1f, 2
	case b < 0xf0:
		low, size = b&0x0f, 3
	default:
		low, size = b&0x07, 4
	}
	for i := 1; i < len(t); i++ {
		low = low<<6 | rune(t[i]&0x3f)
	}
	rest := 6 * (size - len(t))
	low, high = low<<rest, (low+1)<<rest-1
	least := []rune{0, 0, 0x80, 0x800, 0x10000}[size] // a shorter form would do for less
	return max(low, least), min(high, utf8.MaxRune)
}

// escape reads a part of an escaped character.
func (m *machine) escape(f *frame, t string) *frame {
	low, high := rune(0), rune(utf8.MaxRune)
	if n := len(t); n > 6 {
		low = 0x10000
	} else if n > 2 {
		for i := 2; i < 6; i++ {
			d, e := rune(0), rune(15)
			if i < n {
				d = rune(hexValue(t[i]))
				e = d
			}
			low, high = low<<4|d, high<<4|e
		}
		if high &= 0xffff; low >= 0xd800 && low < 0xdc00 {
			low, high = 0x10000, utf8.MaxRune
		}
	}
	return m.narrow(f, t, low, high)
}

// narrow reads a part of a character, which will be one from low to high: what
// none of them is good for is over.
func (m *machine) narrow(f *frame, t string, low, high rune) *frame {
	c := *f
	c.text = t
	if c.word >= 0 && !c.g.words.within(c.word, low, high, "") {
		c.word = -1
	}
	patterns := c.g.patterns
	if c.phase == inKey {
		if c.key >= 0 && !c.parent.g.keys.within(c.key, low, high, m.taken(c.parent)) {
			c.key = -1
		}
		patterns = slices.Concat(patterns, c.parent.g.shapes)
	}
	if len(patterns) > 0 {
		b := []byte(c.states)
		for i, p := range patterns {
			if !p.within(stateAt(c.states, i), low, high) {
				putState(b, i, dead)
			}
		}
		c.states = string(b)
	}
	return m.intern(&c)
}

// escaped reads what follows a backslash: more says that bytes are missing.
func escaped(t string) (r rune, more, ok bool) {
	if len(t) == 2 && t[1] != 'u' {
		at := strings.IndexByte(`"\/bfnrt`, t[1])
		if at < 0 {
			return 0, false, false
		}
		return rune("\"\\/\b\f\n\r\t"[at]), false, true
	}
	unit := func(s string) (rune, bool) { // of up to 4 digits
		var r rune
		for i := range len(s) {
			h := hexValue(s[i])
			if h < 0 {
				return 0, false
			}
			r = r<<4 | rune(h)
		}
		return r, true
	}
	r, ok = unit(t[2:min(len(t), 6)])
	if ok && len(t) >= 4 && len(t) < 6 { // half of a pair, whatever follows
		top := r >> (4 * (len(t) - 4))
		ok = top < 0xdc || top > 0xdf
	}
	if !ok || len(t) < 6 {
		return 0, true, ok
	}
	if r < 0xd800 || r > 0xdfff {
		return r, false, len(t) == 6
	}
	if r >= 0xdc00 { // half of a pair
		return 0, false, false
	}
	const second = `\u`
	for i := 6; i < len(t) && i < 8; i++ {
		if t[i] != second[i-6] {
			return 0, false, false
		}
	}
	if len(t) <= 8 {
		return 0, true, true
	}
	low, ok := unit(t[8:])
	if n := len(t) - 8; ok && n < 4 { // it must become the other half
		ok = low>>(4*max(0, n-2)) >= []rune{0, 0xd, 0xdc, 0xdc}[n] && low>>(4*max(0, n-2)) <= []rune{0, 0xd, 0xdf, 0xdf}[n]
	}
	switch {
	case !ok:
		return 0, false, false
	case len(t) < 12:
		return 0, true, true
	case low < 0xdc00 || low > 0xdfff:
		return 0, false, false
	}
	return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, false, true
}

// rune reads a whole character of a string.
func (m *machine) rune(f *frame, r rune) *frame {
	c := *f
	c.text = ""
	if c.n >= 0 && int(c.n) < c.g.longest { // below 0 nothing is counted
		c.n++
	}
	if c.g.words != nil {
		c.word = c.g.words.step(c.word, r)
	}
	shapes := []*pattern(nil)
	if c.phase == inKey {
		shapes = c.parent.g.shapes
		if c.parent.g.keys != nil {
			c.key = c.parent.g.keys.step(c.key, r)
		}
		if c.parent.g.apart && !c.parent.loose {
			c.name += string(r)
		}
	}
	if len(c.states) > 0 {
		b := []byte(c.states)
		for i, p := range c.g.patterns {
			putState(b, i, p.step(stateAt(c.states, i), r))
		}
		for i, p := range shapes {
			i += len(c.g.patterns)
			putState(b, i, p.step(stateAt(c.states, i), r))
		}
		c.states = string(b)
	}
	if c.same(f) {
		return f
	}
	return m.intern(&c)
}

// same reports whether reading a character left a string as it was.
func (f *frame) same(g *frame) bool {
	return f.text == g.text && f.n == g.n && f.word == g.word && f.key == g.key && f.states == g.states && f.name == g.name
}

// names returns the names of an object's members that no schema knows.
func (f *frame) names() (list []string) {
	for rest := f.others; rest != ""; {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			panic("grammar: names are not quoted")
		}
		name, _ := strconv.Unquote(quoted)
		list, rest = append(list, name), rest[len(quoted):]
	}
	return list
}

// endKey ends a member's name: its object then waits for a colon.
func (m *machine) endKey(f *frame) *frame {
	obj := f.parent
	name := int32(-1)
	if obj.g.keys != nil && f.key >= 0 {
		name = obj.g.keys.word[f.key]
	}
	if name >= 0 && obj.seen[name] != 0 {
		return nil // a name comes once
	}
	if obj.g.tangled {
		if o := m.outlook(obj); name >= 0 && !o.names[name] || name < 0 && !o.other {
			return nil
		}
	}
	shapes := make([]bool, len(obj.g.shapes))
	for i, p := range obj.g.shapes {
		s := stateAt(f.states, len(f.g.patterns)+i)
		shapes[i] = s != dead && p.ends[s]
	}
	c := *obj
	own := []byte(c.own)
	if obj.g.naming != nil {
		results := m.judge(f, true)
		for _, u := range obj.g.nameOf {
			if results[f.g.at[m.nodes[obj.g.nodes[u.node]].names]] == no {
				own[u.node] = byte(no)
			}
		}
	}
	c.link = obj.g.member(m, name, shapes)
	for _, u := range c.link.uses { // those that have no such member are known to fail
		if m.nodes[c.link.g.roots[u.root]].never {
			own[u.node] = byte(no)
		}
	}
	c.own = string(own)
	if name >= 0 {
		seen := []byte(c.seen)
		seen[name] = 1
		c.seen = string(seen)
	}
	again := name < 0 && obj.g.apart && slices.Contains(obj.names(), f.name)
	if name < 0 && obj.g.apart && !again {
		c.others += strconv.Quote(f.name)
	}
	if !again && int(c.n) < c.g.props {
		c.n++
	}
	g := m.intern(&c)
	// A member whose value nothing can be is refused here, not at its value.
	if c := m.child(g); c == nil || !m.alive(c) {
		return nil
	}
	return g
}
