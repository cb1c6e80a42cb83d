package quality

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Measures are counts of one text. Characters are code points.
type Measures struct {
	Bytes int32 `json:"bytes,omitzero"`
	Chars int32 `json:"chars,omitzero"`

	Words        int32    `json:"words,omitzero"`         // with the marks
	RealWords    int32    `json:"real_words,omitzero"`    // without the words that are marks alone
	RealChars    int32    `json:"real_chars,omitzero"`    // characters of those
	AlphaWords   int32    `json:"alpha_words,omitzero"`   // words with a letter
	StopKinds    int32    `json:"stop_kinds,omitzero"`    // different stop words that occur
	StopWords    int32    `json:"stop_words,omitzero"`    // words that are stop words
	Hashes       int32    `json:"hashes,omitzero"`        // #
	Ellipses     int32    `json:"ellipses,omitzero"`      // ... and …
	Lines        int32    `json:"lines,omitzero"`         // at every sign that ends a line
	BulletLines  int32    `json:"bullet_lines,omitzero"`  // begin with • or -
	EllipsisEnds int32    `json:"ellipsis_ends,omitzero"` // lines that end with an ellipsis
	Paragraphs   int32    `json:"paragraphs,omitzero"`    // between empty lines
	DupParas     int32    `json:"dup_paras,omitzero"`     // that came before
	DupParaChars int32    `json:"dup_para_chars,omitzero"`
	Rows         int32    `json:"rows,omitzero"` // between newlines
	DupRows      int32    `json:"dup_rows,omitzero"`
	DupRowChars  int32    `json:"dup_row_chars,omitzero"`
	Top          [3]int32 `json:"top,omitzero"`   // characters of the commonest run of 2, 3, 4 words
	Dup          [6]int32 `json:"dup,omitzero"`   // characters of repeated runs of 5 to 10 words
	Alnum        int32    `json:"alnum,omitzero"` // letters and digits
	Digits       int32    `json:"digits,omitzero"`
	Spaces       int32    `json:"spaces,omitzero"`
	Parens       int32    `json:"parens,omitzero"`
	URLChars     int32    `json:"urlchars,omitzero"`
	LongestLine  int32    `json:"longest_line,omitzero"`

	// After the rules of lines, which drop lines:
	KeptChars     int32 `json:"kept_chars,omitzero"`
	Sentences     int32 `json:"sentences,omitzero"`
	Braces        int32 `json:"braces,omitzero"`         // lines with {
	Lorem         int32 `json:"lorem,omitzero"`          // lines with lorem ipsum
	FullLines     int32 `json:"full_lines,omitzero"`     // not empty
	PunctLines    int32 `json:"punct_lines,omitzero"`    // of those, end with a mark that ends a sentence
	SentenceLines int32 `json:"sentence_lines,omitzero"` // of those, hold such a mark
	ShortLines    int32 `json:"short_lines,omitzero"`    // of those, have at most 30 characters
	DupLineChars  int32 `json:"dup_line_chars,omitzero"`
	TextChars     int32 `json:"text_chars,omitzero"` // without newlines
	Newlines      int32 `json:"newlines,omitzero"`
	KeptWords     int32 `json:"kept_words,omitzero"`
}

// A Meter measures texts, one after the other; it keeps its memory.
type Meter struct {
	Lines LineRules

	words, kept []Word
	hashes      []uint64 // of each word
	prefix      []uint64 // of all words before
	bytes       []int32  // of all words before
	chars       []int32
	table       table
	line        strings.Builder
}

// hash is a polynomial in the bytes, modulo 2⁶¹−1: the hash of two words together
// comes from their own.
const (
	mersenne = 1<<61 - 1
	base     = 0x1d8af0a0c4d5e6f3 % mersenne
)

func mulmod(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	s := lo&mersenne + (lo>>61 | hi<<3)
	if s >= mersenne {
		s -= mersenne
	}
	return s
}

// powers of base.
var powers = func() (p [512]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = mulmod(p[i-1], base)
	}
	return p
}()

func power(n int) uint64 {
	p := uint64(1)
	for n >= len(powers) {
		p = mulmod(p, powers[len(powers)-1])
		n -= len(powers) - 1
	}
	return mulmod(p, powers[n])
}

func hash(s string) uint64 {
	h := uint64(0)
	for i := range len(s) {
		h = mulmod(h, base) + uint64(s[i]) + 1
	}
	return h % mersenne
}

// A table counts keys; reset is free.
type table struct {
	keys  []uint64
	count []int32
	stamp []uint32
	now   uint32
	shift uint
}

func (t *table) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if size > len(t.keys) {
		t.keys, t.count, t.stamp, t.now = make([]uint64, size), make([]int32, size), make([]uint32, size), 0
	}
	t.shift = uint(64 - bits.Len(uint(len(t.keys)-1)))
	if t.now++; t.now == 0 {
		clear(t.stamp)
		t.now = 1
	}
}

// add counts a key and returns how often it came, this time included.
func (t *table) add(key uint64) int32 {
	mask := len(t.keys) - 1
	for i := int(key * 0x9e3779b97f4a7c15 >> t.shift); ; i++ {
		i &= mask
		if t.stamp[i] != t.now {
			t.stamp[i], t.keys[i], t.count[i] = t.now, key, 1
			return 1
		}
		if t.keys[i] == key {
			t.count[i]++
			return t.count[i]
		}
	}
}

// Measure measures a text in a language. It returns, too, what the rules of lines
// leave of it; without such rules that is the text.
func (m *Meter) Measure(text, lang string) (Measures, string) {
	var r Measures
	r.Bytes = int32(len(text))
	m.words = Words(m.words[:0], text, lang)
	m.characters(&r, text)
	m.measureWords(&r, text, lang)
	m.lines(&r, text)
	m.repeats(&r, text)
	kept := text
	if m.Lines != NoLines {
		kept = m.keepLines(&r, text, lang)
	} else {
		r.KeptChars = r.Chars
	}
	r.KeptWords = r.Words
	if m.Lines != NoLines && kept != text {
		m.kept = Words(m.kept[:0], kept, lang)
		r.KeptWords = int32(len(m.kept))
	}
	m.keptLines(&r, kept)
	return r, kept
}

// kinds of a character, for all below 128.
var plain = func() (t [128]uint8) {
	for c := range t {
		if letter(rune(c)) || digit(rune(c)) {
			t[c] = 1
		}
		if digit(rune(c)) {
			t[c] |= 2
		}
		if space(rune(c)) {
			t[c] |= 4
		}
		if c == '(' || c == ')' {
			t[c] |= 8
		}
		if c == '#' {
			t[c] |= 16
		}
	}
	return t
}()

func (m *Meter) characters(r *Measures, text string) {
	var alnum, digits, spaces, parens, hashes, chars int32
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			k := plain[b]
			alnum += int32(k & 1)
			digits += int32(k >> 1 & 1)
			spaces += int32(k >> 2 & 1)
			parens += int32(k >> 3 & 1)
			hashes += int32(k >> 4)
			chars, i = chars+1, i+1
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case c >= 0x4e00 && c <= 0x9fff || unicode.IsLetter(c):
			alnum++
		case unicode.IsDigit(c):
			alnum, digits = alnum+1, digits+1
		case unicode.IsSpace(c):
			spaces++
		case c == '（' || c == '）':
			parens++
		}
		chars, i = chars+1, i+size
	}
	r.Chars, r.Alnum, r.Digits, r.Spaces, r.Parens, r.Hashes = chars, alnum, digits, spaces, parens, hashes
	r.Ellipses = int32(strings.Count(text, "...") + strings.Count(text, "…"))
	for rest := text; ; {
		i := strings.Index(rest, "://")
		if i < 0 {
			break
		}
		rest = rest[i+3:]
		end := strings.IndexFunc(rest, space)
		if end < 0 {
			end = len(rest)
		}
		r.URLChars += int32(3 + utf8.RuneCountInString(rest[:end]))
		rest = rest[end:]
	}
}

func (m *Meter) measureWords(r *Measures, text, lang string) {
	n := len(m.words)
	r.Words = int32(n)
	if cap(m.hashes) < n {
		m.hashes = make([]uint64, n+n/2)
	}
	m.hashes = m.hashes[:n]
	stops := stopHashes(lang)
	var seen uint64
	for i, w := range m.words {
		s := text[w.Lo:w.Hi]
		chars, mark, alpha := int32(0), true, false
		for j := 0; j < len(s); {
			if b := s[j]; b < utf8.RuneSelf {
				if k := plain[b]; k&3 == 1 {
					alpha, mark = true, false
				} else if mark {
					mark = isMark(rune(b))
				}
				chars, j = chars+1, j+1
				continue
			}
			c, size := utf8.DecodeRuneInString(s[j:])
			if c >= 0x4e00 && c <= 0x9fff || unicode.IsLetter(c) {
				alpha, mark = true, false
			} else if mark {
				mark = isMark(c)
			}
			chars, j = chars+1, j+size
		}
		if !mark {
			r.RealWords++
			r.RealChars += chars
		}
		if alpha {
			r.AlphaWords++
		}
		h := hash(s)
		m.hashes[i] = h
		if len(s) <= 6 {
			if bit, ok := stops.find(h); ok {
				r.StopWords++
				seen |= 1 << bit
			}
		}
	}
	r.StopKinds = int32(bits.OnesCount64(seen))
}

// repeats finds repeated runs of words, as Gopher has it: of 2 to 4 words the
// commonest, of 5 to 10 all that came before and do not overlap.
func (m *Meter) repeats(r *Measures, text string) {
	n := len(m.words)
	if cap(m.prefix) <= n {
		m.prefix, m.bytes, m.chars = make([]uint64, n+n/2+1), make([]int32, n+n/2+1), make([]int32, n+n/2+1)
	}
	prefix, size, chars := m.prefix[:n+1], m.bytes[:n+1], m.chars[:n+1]
	for i, w := range m.words {
		length := w.Hi - w.Lo
		prefix[i+1] = addmod(mulmod(prefix[i], power(int(length))), m.hashes[i])
		size[i+1] = size[i] + length
		chars[i+1] = chars[i] + int32(utf8.RuneCountInString(text[w.Lo:w.Hi]))
	}
	for k := range r.Top {
		g := k + 2
		if n < g {
			continue
		}
		m.table.reset(n)
		best, at := int32(0), 0
		first := m.firsts(prefix, size, g)
		for i := 0; i+g <= n; i++ { // of runs as frequent, the one that came first counts
			key := first(i)
			if c := m.table.add(key); c > best {
				best = c
			}
		}
		for i := 0; i+g <= n; i++ {
			if m.table.get(first(i)) == best {
				at = i
				break
			}
		}
		r.Top[k] = (chars[at+g] - chars[at] + int32(g) - 1) * best
	}
	for k := range r.Dup {
		g := k + 5
		if n < g {
			break
		}
		m.table.reset(n)
		first := m.firsts(prefix, size, g)
		for i := 0; i+g <= n; {
			if m.table.add(first(i)) > 1 {
				r.Dup[k] += chars[i+g] - chars[i]
				i += g
			} else {
				i++
			}
		}
	}
}

func addmod(a, b uint64) uint64 {
	if a += b; a >= mersenne {
		a -= mersenne
	}
	return a
}

// firsts returns the hash of the g words from the i-th on.
func (m *Meter) firsts(prefix []uint64, size []int32, g int) func(i int) uint64 {
	return func(i int) uint64 {
		h := prefix[i+g] + mersenne - mulmod(prefix[i], power(int(size[i+g]-size[i])))
		if h >= mersenne {
			h -= mersenne
		}
		return h
	}
}

func (t *table) get(key uint64) int32 {
	mask := len(t.keys) - 1
	for i := int(key * 0x9e3779b97f4a7c15 >> t.shift); ; i++ {
		i &= mask
		if t.stamp[i] != t.now {
			return 0
		}
		if t.keys[i] == key {
			return t.count[i]
		}
	}
}
