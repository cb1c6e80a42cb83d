package grammar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Vocab is the tokens of a model, by their bytes. It is made once for a
// tokenizer and does not change.
type Vocab struct {
	tokens  []string
	special map[int32]string // tokens that are not text
	plain   tokenTrie        // tokens that can stand in a JSON string as they are
	rest    tokenTrie        // the others
	inner   []uint32         // those of plain
	longest int32            // code points of a token of inner
}

// A tokenTrie is tokens in the order of a walk over their bytes.
type tokenTrie struct {
	bytes []byte
	depth []uint16 // of the byte in its token
	skip  []int32  // where the walk goes on if the byte may not come
	from  []int32  // of ids: the first token at or below the node; one more than there are nodes
	ids   []int32  // of the tokens, in the order of the walk
}

// maxToken bounds the bytes of a token that is ever allowed.
const maxToken = 1 << 10

// NewVocab makes the vocabulary of n tokens. Special tokens, such as
// <|im_end|>, are no text: only what a grammar itself writes, such as a tag
// before a call, can be one of them.
func NewVocab(n int, bytes func(id int32) []byte, special func(id int32) bool) *Vocab {
	v := &Vocab{tokens: make([]string, n), special: map[int32]string{}, inner: make([]uint32, (n+31)/32)}
	var plain, rest []int32
	for id := range int32(n) {
		b := bytes(id)
		if len(b) == 0 || len(b) > maxToken {
			continue
		}
		v.tokens[id] = string(b)
		if special != nil && special(id) {
			v.special[id] = string(b)
			continue
		}
		if isInner(v.tokens[id]) {
			v.inner[id/32] |= 1 << (id % 32)
			v.longest = max(v.longest, int32(utf8.RuneCount(b)))
			plain = append(plain, id)
		} else {
			rest = append(rest, id)
		}
	}
	v.plain, v.rest = v.trie(plain), v.trie(rest)
	return v
}

// Size returns the number of tokens.
func (v *Vocab) Size() int { return len(v.tokens) }

// isInner reports whether a text can stand in a JSON string as it is: no
// quote, no backslash, no control character, and UTF-8 but for a last
// character that is not whole.
func isInner(s string) bool {
	for len(s) > 0 {
		if s[0] < 0x20 || s[0] == '"' || s[0] == '\\' {
			return false
		}
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n <= 1 {
			return !utf8.FullRuneInString(s) && s[0] >= 0xc2
		}
		s = s[n:]
	}
	return true
}

func (v *Vocab) trie(ids []int32) (t tokenTrie) {
	slices.SortFunc(ids, func(a, b int32) int { return strings.Compare(v.tokens[a], v.tokens[b]) })
	var open []int32 // nodes of the last token's bytes
	last := ""
	closeTo := func(depth int) {
		for len(open) > depth {
			t.skip[open[len(open)-1]] = int32(len(t.bytes))
			open = open[:len(open)-1]
		}
	}
	for _, id := range ids {
		s := v.tokens[id]
		same := 0
		for same < len(s) && same < len(last) && s[same] == last[same] {
			same++
		}
		closeTo(same)
		for i := same; i < len(s); i++ {
			open = append(open, int32(len(t.bytes)))
			t.bytes, t.depth, t.skip = append(t.bytes, s[i]), append(t.depth, uint16(i)), append(t.skip, 0)
			t.from = append(t.from, int32(len(t.ids)))
		}
		t.ids = append(t.ids, id)
		last = s
	}
	closeTo(0)
	t.from = append(t.from, int32(len(t.ids)))
	return t
}

// own returns the tokens that end at a node: what comes before those of the
// node's first child, which is the next one.
func (t *tokenTrie) own(i int32) []int32 {
	return t.ids[t.from[i]:t.from[i+1]]
}

// below returns the tokens that end at a node or below it.
func (t *tokenTrie) below(i int32) []int32 { return t.ids[t.from[i]:t.from[t.skip[i]]] }

// fill computes the mask of a state. Where a JSON string stands in which any
// text may follow, the tokens that are such text need not be walked; where
// most first bytes lead to such a place, only the others' are.
func (g *Grammar) fill(s *state, v *Vocab, bits []uint32) {
	if g.plain(s, v) {
		copy(bits, v.inner)
	} else {
		t := &v.plain
		var walk []int32 // first bytes that must be walked
		jumped := 0
		for i := int32(0); int(i) < len(t.bytes); i = t.skip[i] {
			if next := g.after(s, t.bytes[i]); next != nil && g.jumps(next, v) {
				jumped += len(t.below(i))
			} else {
				walk = append(walk, i)
			}
		}
		if 2*jumped > len(t.ids) {
			copy(bits, v.inner)
			for _, i := range walk {
				for _, id := range t.below(i) {
					bits[id/32] &^= 1 << (id % 32)
				}
				g.walk(s, v, t, i, t.skip[i], bits)
			}
		} else {
			g.walk(s, v, t, 0, int32(len(t.bytes)), bits)
		}
	}
	g.walk(s, v, &v.rest, 0, int32(len(v.rest.bytes)), bits)
	for id, text := range v.special {
		if g.special(s, text) != nil {
			bits[id/32] |= 1 << (id % 32)
		}
	}
}

// walk sets the bits of the tokens at nodes from i to end that may come.
func (g *Grammar) walk(s *state, v *Vocab, t *tokenTrie, i, end int32, bits []uint32) {
	var stack [maxToken + 1]*state
	stack[0] = s
	for i < end {
		d := t.depth[i]
		next := g.after(stack[d], t.bytes[i])
		if next == nil {
			i = t.skip[i]
			continue
		}
		list, to := t.own(i), i+1
		if t == &v.plain && g.jumps(next, v) {
			list, to = t.below(i), t.skip[i]
		}
		for _, id := range list {
			bits[id/32] |= 1 << (id % 32)
		}
		stack[d+1], i = next, to
	}
}

// jumps reports whether every token of plain that led to a state may go on as
// it does.
func (g *Grammar) jumps(s *state, v *Vocab) bool { return g.plain(s, v) || s.inCharacter(v) }

// inCharacter reports whether a thread is in a character of such a string.
func (s *state) inCharacter(v *Vocab) bool {
	for _, t := range s.threads {
		if t.f != nil && t.f.text != "" && t.f.text[0] >= utf8.RuneSelf {
			c := *t.f
			c.text = ""
			if c.plain(v.longest) {
				return true
			}
		}
	}
	return false
}

// plain reports whether a thread is in a JSON string in which any text may
// follow, and longer than any token.
func (g *Grammar) plain(s *state, v *Vocab) bool {
	if s.plain == 0 || s.vocab != v {
		s.plain, s.vocab, s.mask = 1, v, nil
		for _, t := range s.threads {
			if t.f != nil && t.f.plain(v.longest) {
				s.plain = 2
			}
		}
	}
	return s.plain == 2
}

func (f *frame) plain(longest int32) bool {
	if f.phase != inString && f.phase != inKey || f.text != "" || f.word >= 0 {
		return false
	}
	if f.g.longest > 0 && f.n+longest > f.g.shortest {
		return false
	}
	shapes := 0
	if f.phase == inKey {
		if f.key >= 0 {
			return false
		}
		shapes = len(f.parent.g.shapes)
	}
	for i := range len(f.g.patterns) + shapes {
		p := (*pattern)(nil)
		if i < len(f.g.patterns) {
			p = f.g.patterns[i]
		} else {
			p = f.parent.g.shapes[i-len(f.g.patterns)]
		}
		if s := stateAt(f.states, i); s != dead && !p.idle[s] {
			return false
		}
	}
	return !f.tracked()
}

// A Matcher is a text under way. One goroutine at a time uses it.
type Matcher struct {
	g    *Grammar
	v    *Vocab
	at   *state
	past []*state // before each accepted token
}

// Start returns a matcher of an empty text of tokens of v.
func (g *Grammar) Start(v *Vocab) *Matcher { return &Matcher{g: g, v: v, at: g.start} }

// Mask sets the bit of each token that may come next: bit id%32 of
// bits[id/32]. It leaves the others.
func (m *Matcher) Mask(bits []uint32) {
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	s := m.at
	if m.g.plain(s, m.v); s.mask == nil {
		mask := make([]uint32, (len(m.v.tokens)+31)/32)
		m.g.fill(s, m.v, mask)
		s.mask = mask
		m.g.size += 4 * len(mask)
	}
	for i, w := range s.mask {
		bits[i] |= w
	}
}

// Accept notes that a token came; false, and nothing is noted, if it may not.
func (m *Matcher) Accept(id int32) bool {
	if id < 0 || int(id) >= len(m.v.tokens) || m.v.tokens[id] == "" {
		return false
	}
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	s := m.at
	if text, ok := m.v.special[id]; ok {
		s = m.g.special(s, text)
	} else {
		s = m.g.text(s, m.v.tokens[id])
	}
	if s == nil {
		return false
	}
	m.past = append(m.past, m.at)
	m.at = s
	return true
}

// text returns the state after a text; nil if it may not come.
func (g *Grammar) text(s *state, text string) *state {
	for i := 0; i < len(text) && s != nil; i++ {
		s = g.after(s, text[i])
	}
	return s
}

// CanEnd reports whether the text may end here.
func (m *Matcher) CanEnd() bool { return m.at.end }

// Rollback forgets the last n tokens that were accepted.
func (m *Matcher) Rollback(n int) {
	m.at = m.past[len(m.past)-n]
	m.past = m.past[:len(m.past)-n]
}

// Clone returns a matcher of the same text.
func (m *Matcher) Clone() *Matcher {
	c := *m
	c.past = slices.Clone(m.past)
	return &c
}
