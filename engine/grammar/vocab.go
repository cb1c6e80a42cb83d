package grammar

import (
	"cmp"
	"slices"
	"sync"
	"unicode/utf8"
)

// A Vocab is the tokens of a model, by their bytes. It is made once for a
// tokenizer and does not change.
type Vocab struct {
	tokens  []string
	special map[int32]string // tokens that are not text
	plain   *tokenTrie       // tokens that can stand in a JSON string as they are
	rest    *tokenTrie       // the others
	inner   []uint32         // those of plain
	longest int32            // characters of a token

	byLength []int32 // tokens of plain, the shortest first
	upTo     []int32 // how many of them have up to so many characters

	order  sync.Once
	byText []int32 // tokens that are text, by their bytes
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
		v.longest = max(v.longest, int32(characters(v.tokens[id])))
		if isInner(v.tokens[id]) {
			v.inner[id/32] |= 1 << (id % 32)
			plain = append(plain, id)
		} else {
			rest = append(rest, id)
		}
	}
	v.plain, v.rest = newTokenTrie(v.tokens, plain), newTokenTrie(v.tokens, rest)
	v.byLength = slices.Clone(plain)
	slices.SortFunc(v.byLength, func(a, b int32) int {
		return cmp.Or(cmp.Compare(characters(v.tokens[a]), characters(v.tokens[b])), cmp.Compare(a, b))
	})
	for i, id := range v.byLength {
		for n := characters(v.tokens[id]); len(v.upTo) < n; {
			v.upTo = append(v.upTo, int32(i))
		}
	}
	v.upTo = append(v.upTo, int32(len(v.byLength)))
	return v
}

// characters counts the characters of a token; one begun at its end is one.
func characters(s string) int {
	n := utf8.RuneCountInString(s)
	for k := min(len(s), utf8.UTFMax-1); k > 1; k-- {
		if tail := s[len(s)-k:]; tail[0] >= 0xc2 && !utf8.FullRuneInString(tail) {
			return n - k + 1
		}
	}
	return n
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

// A Matcher is a text under way. One goroutine at a time uses it.
type Matcher struct {
	g    *Grammar
	v    *Vocab
	at   *state
	past []*state // before each accepted token

	tail  tail // of the text
	mark  mark
	lost  mark  // of a text without room for its end
	next  int32 // what it would be after this token
	ahead tail
	work  int // of searches
}

// Start returns a matcher of an empty text of tokens of v.
func (g *Grammar) Start(v *Vocab) *Matcher { return &Matcher{g: g, v: v, at: g.start} }

// Mask sets the bit of each token that may come next: bit id%32 of
// bits[id/32]. It leaves the others.
func (m *Matcher) Mask(bits []uint32) {
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	s := m.g.loosened(m.at)
	if s.mask == nil || s.vocab != m.v {
		mask := make([]uint32, (len(m.v.tokens)+31)/32)
		s.checks = m.g.fill(s, m.v, mask)
		s.mask, s.vocab = mask, m.v
		m.g.size += 4*len(mask) + 80*len(s.checks)
	}
	if len(s.checks) == 0 {
		for i, w := range s.mask {
			bits[i] |= w
		}
		return
	}
	mask := slices.Clone(s.mask)
	m.g.recheck(m.at, m.v, s.checks, mask)
	for i, w := range mask {
		bits[i] |= w
	}
}

// Accept notes that a token came; false, and nothing is noted, if it may not.
func (m *Matcher) Accept(id int32) bool {
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	s := m.to(id)
	if s == nil {
		return false
	}
	switch {
	case m.ahead.known && m.next == id:
		m.tail = m.ahead
	case len(m.tail.ids) > 0 && m.tail.ids[0] == id:
		m.tail.ids = m.tail.ids[1:]
	default:
		m.tail = tail{}
	}
	m.ahead = tail{}
	m.past = append(m.past, m.at)
	m.at = s
	return true
}

// to returns the state after a token; nil if it may not come.
func (m *Matcher) to(id int32) *state {
	if id < 0 || int(id) >= len(m.v.tokens) || m.v.tokens[id] == "" {
		return nil
	}
	if text, ok := m.v.special[id]; ok {
		return m.g.special(m.at, text)
	}
	return m.g.text(m.at, m.v.tokens[id])
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
	m.tail, m.ahead, m.lost = tail{}, tail{}, mark{}
}

// Clone returns a matcher of the same text.
func (m *Matcher) Clone() *Matcher {
	c := *m
	c.past = slices.Clone(m.past)
	return &c
}
