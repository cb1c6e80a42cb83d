package chinese

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// Words takes a text apart into words: Chinese by the likeliest sequence of
// words of a dictionary (a shortest path over the words that begin at each
// character; ties go to the longer word), letters and digits as they stand
// together. Space and punctuation are no words. What is not in the dictionary
// comes as single characters. It yields bytes lo to hi of the text.
//
// Matching is by Fold, so traditional text is found by simplified words.
func Words(text string) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		s := segmenter{t: data(), yield: yield}
		s.text(text)
	}
}

// A Memory remembers how the blocks of one text were taken apart, for another of
// mostly the same blocks in the same order, which costs a fraction then. Its zero
// value is ready.
type Memory struct {
	text   string
	blocks []remembered
	ends   []int32 // of words, from the beginning of their block
	starts []int32
	at     int // of the blocks, the next that is expected
	again  bool
}

// A remembered is a block of the text, bytes lo to hi, and its words.
type remembered struct{ lo, hi, first, n int32 }

// Words is Words, and remembers the text.
func (m *Memory) Words(text string) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		*m = Memory{text: text, blocks: m.blocks[:0], ends: m.ends[:0], starts: m.starts[:0]}
		s := segmenter{t: data(), yield: yield, memory: m}
		s.text(text)
	}
}

// Again is Words of a text that is much like the one that is remembered.
func (m *Memory) Again(text string) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		m.at, m.again = 0, true
		s := segmenter{t: data(), yield: yield, memory: m}
		s.text(text)
	}
}

// ahead is how many blocks may be missing before one that is found.
const ahead = 8

// recall yields the words of a block that is remembered; known is false if it is not.
func (m *Memory) recall(text string, base int, yield func(lo, hi int) bool) (known, more bool) {
	for i := m.at; i < min(m.at+ahead, len(m.blocks)); i++ {
		b := m.blocks[i]
		if m.text[b.lo:b.hi] != text {
			continue
		}
		m.at = i + 1
		for w := b.first; w < b.first+b.n; w++ {
			if !yield(base+int(m.starts[w]), base+int(m.ends[w])) {
				return true, false
			}
		}
		return true, true
	}
	return false, true
}

// longest is how many characters are taken apart together. A block that is
// longer is cut: its words do not depend on what is further away than that.
const longest = 1 << 12

type segmenter struct {
	t     *tables
	yield func(lo, hi int) bool

	memory *Memory // nil: none

	chars []uint16 // of the block, folded
	at    []int32  // where each begins, and the block ends
	cost  []int32  // of the best way from each character on
	next  []int32  // where its first word ends
	read  edge     // keeps what was read ahead
}

// A class of characters: those of words, by how they are taken apart.
type class uint8

const (
	other class = iota
	han
	latin // letters and digits
	joint // stands within words: C++, AT&T, 3.5
)

// classes are those of the first 128 characters.
var classes = func() (list [128]class) {
	for c := range list {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			list[c] = latin
		case c == '+' || c == '#' || c == '&' || c == '.' || c == '_' || c == '%' || c == '-':
			list[c] = joint
		}
	}
	return list
}()

func (t *tables) classOf(c rune) class {
	if c < 1<<16 {
		return t.chars[c].class
	}
	return classify(c)
}

func classify(c rune) class {
	switch {
	case c < 128:
		return classes[c]
	case IsHan(c):
		return han
	case unicode.IsLetter(c), unicode.IsDigit(c), unicode.Is(unicode.Mn, c):
		return latin
	}
	return other
}

// text finds blocks: stretches of letters and digits alone are words, those with
// a Chinese character are taken apart.
func (s *segmenter) text(text string) {
	lo := 0
	for lo < len(text) {
		var size int
		var c rune
		if c, size = decode(text[lo:]); s.t.classOf(c) == other {
			lo += size
			continue
		}
		hi, n, any := lo, 0, false
		for hi < len(text) && n < longest {
			c, size := decode(text[hi:])
			k := s.t.classOf(c)
			if k == other {
				break
			}
			any = any || k == han
			hi, n = hi+size, n+1
		}
		if any {
			if !s.remember(text[lo:hi], lo) {
				return
			}
		} else if !s.plain(text[lo:hi], lo) {
			return
		}
		lo = hi
	}
}

func decode(text string) (rune, int) {
	if text[0] < utf8.RuneSelf {
		return rune(text[0]), 1
	}
	return utf8.DecodeRuneInString(text)
}

// plain yields a stretch without Chinese: what is between joints, and numbers
// with their points.
func (s *segmenter) plain(text string, base int) bool {
	lo := 0
	for lo < len(text) {
		if text[lo] < 128 && classes[text[lo]] == joint {
			lo++
			continue
		}
		hi := lo
		for hi < len(text) && (text[hi] >= 128 || classes[text[hi]] == latin || point(text, hi)) {
			hi++
		}
		if !s.yield(base+lo, base+hi) {
			return false
		}
		lo = hi
	}
	return true
}

// point reports whether text[i] is the point of a number.
func point(text string, i int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	return text[i] == '.' && digit(i-1) && digit(i+1)
}

// remember is block with a memory.
func (s *segmenter) remember(text string, base int) bool {
	m := s.memory
	switch {
	case m == nil:
		return s.block(text, base)
	case m.again:
		if known, more := m.recall(text, base, s.yield); known {
			return more
		}
		return s.block(text, base)
	}
	first, yield := len(m.ends), s.yield
	s.yield = func(lo, hi int) bool {
		m.starts, m.ends = append(m.starts, int32(lo-base)), append(m.ends, int32(hi-base))
		return yield(lo, hi)
	}
	more := s.block(text, base)
	s.yield = yield
	if more {
		m.blocks = append(m.blocks, remembered{int32(base), int32(base + len(text)), int32(first), int32(len(m.ends) - first)})
	}
	return more
}

// block yields the words of a stretch with Chinese in it.
func (s *segmenter) block(text string, base int) bool {
	s.chars, s.at = s.chars[:0], s.at[:0]
	for i, c := range text {
		f := uint16(0xffff) // in no word
		if c < 1<<16 {
			f = s.t.chars[c].plain
		}
		s.chars, s.at = append(s.chars, f), append(s.at, int32(i))
	}
	n := len(s.chars)
	s.at = append(s.at, int32(len(text)))
	if cap(s.cost) <= n {
		s.cost, s.next = make([]int32, 2*n+1), make([]int32, 2*n+1)
	}
	s.path(s.cost[:n+1], s.next[:n+1])
	for i := 0; i < n; {
		to := int(s.next[i])
		k := s.t.chars[s.chars[i]].class
		if to == i+1 && k != han && s.chars[i] != 0xffff { // letters and digits in no word stay together
			if k != latin {
				i++
				continue
			}
			for to < n && int(s.next[to]) == to+1 && s.chars[to] != 0xffff && (s.t.chars[s.chars[to]].class == latin || s.point(to)) {
				to++
			}
		}
		if !s.yield(base+int(s.at[i]), base+int(s.at[to])) {
			return false
		}
		i = to
	}
	return true
}

// point reports whether character i is the point of a number.
func (s *segmenter) point(i int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(s.chars) && s.chars[i] >= '0' && s.chars[i] <= '9' }
	return s.chars[i] == '.' && digit(i-1) && digit(i+1)
}

// path finds the cheapest way from every character to the end. A character that
// begins no word is a word of its own; where words begin, one that is none may
// stand alone only if no word does.
func (s *segmenter) path(cost, next []int32) {
	t, chars := s.t, s.chars
	cost[len(chars)] = 0
	for i := range len(chars) - 1 { // what will be looked up: read together it takes less time
		e := t.chars[chars[i]].first
		s.read += t.edges[slot(uint64(e.to())<<16|uint64(chars[i+1]))]
	}
	for i := len(chars) - 1; i >= 0; i-- {
		best, to := t.unknown+cost[i+1], i+1
		c := &t.chars[chars[i]]
		if c.cost != 0 {
			best = c.cost + cost[i+1]
		}
		alone := c.cost == 0
		for e, j := c.first, i+1; e.further() && j < len(chars); {
			if e = *t.find(e.to(), chars[j]); e == 0 {
				break
			}
			j++
			if c := t.costs[e.to()]; c != 0 && (alone || c+cost[j] <= best) {
				best, to, alone = c+cost[j], j, false
			}
		}
		cost[i], next[i] = best, int32(to)
	}
}
