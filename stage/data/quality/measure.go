package quality

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/knowledge/chinese"
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
	Lines  LineRules
	Memory *chinese.Memory // of the text that was measured last; nil: none

	words, kept []Word
	hashes      []uint64 // of each word
	sizes       []int32  // characters of each word
	prefix      []uint64 // of all words before
	bytes       []int32  // of all words before
	chars       []int32
	table       table
	twice       []repeat
	line        strings.Builder
	newlines    bool // alone end lines
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
	if n < len(powers) {
		return powers[n]
	}
	p := uint64(1)
	for n >= len(powers) {
		p = mulmod(p, powers[len(powers)-1])
		n -= len(powers) - 1
	}
	return mulmod(p, powers[n])
}

func hash(s string) uint64 {
	if len(s) > len(powers) {
		h := uint64(0)
		for i := range len(s) {
			h = mulmod(h, base) + uint64(s[i]) + 1
		}
		return h % mersenne
	}
	var hi, lo, carry uint64 // of Σ (s[i]+1)·base^(len-1-i), whose products do not wait for each other
	p := powers[:len(s)]
	for i := range p {
		h, l := bits.Mul64(p[len(p)-1-i], uint64(s[i])+1)
		lo, carry = bits.Add64(lo, l, 0)
		hi += h + carry
	}
	h := lo&mersenne + (lo>>61 | hi<<3)
	h = h&mersenne + h>>61
	if h >= mersenne {
		h -= mersenne
	}
	return h
}

// A table counts keys; reset is free.
type table struct {
	slots []slot
	now   uint32
	shift uint
}

// A slot is 16 bytes: those of a common text stay in the first cache.
type slot struct {
	key   uint64
	stamp uint32
	count int32
}

func (t *table) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if size > len(t.slots) {
		t.slots, t.now = make([]slot, size), 0
	}
	t.shift = uint(64 - bits.Len(uint(size-1)))
	if t.now++; t.now == 0 {
		clear(t.slots)
		t.now = 1
	}
}

// slot returns the place of a key, with count 0 if it did not come.
func (t *table) slot(key uint64) int32 {
	mask := uint64(1)<<(64-t.shift) - 1
	for i := key * 0x9e3779b97f4a7c15 >> t.shift; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.stamp != t.now {
			*s = slot{key: key, stamp: t.now}
			return int32(i)
		}
		if s.key == key {
			return int32(i)
		}
	}
}

// add counts a key and returns how often it came, this time included.
func (t *table) add(key uint64) int32 {
	s := &t.slots[t.slot(key)]
	s.count++
	return s.count
}

// Measure measures a text in a language. It returns, too, what the rules of lines
// leave of it; without such rules that is the text.
func (m *Meter) Measure(text, lang string) (Measures, string) {
	var r Measures
	r.Bytes = int32(len(text))
	if lang == "zh" && m.Memory != nil {
		m.words = chineseWords(m.words[:0], text, m.Memory.Words(text))
	} else {
		m.words = Words(m.words[:0], text, lang)
	}
	m.characters(&r, text)
	m.measureWords(&r, text, lang)
	m.lines(&r, text)
	m.repeats(&r)
	kept := text
	r.KeptChars, r.KeptWords = r.Chars, r.Words
	if m.Lines != NoLines {
		kept = m.keepLines(&r, text, lang)
	}
	m.keptLines(&r, kept)
	return r, kept
}

// plain has 1 for letters and digits of ASCII, 2 for digits, 4 for marks.
var plain = func() (t [128]uint8) {
	for c := range t {
		if letter(rune(c)) || digit(rune(c)) {
			t[c] = 1
		}
		if digit(rune(c)) {
			t[c] |= 2
		}
		if sign(rune(c))&(isRemoved|isEnd) != 0 {
			t[c] |= 4
		}
	}
	return t
}()

func (m *Meter) characters(r *Measures, text string) {
	var count [256]int32
	var alnum, digits, spaces, parens int32
	for i := 0; i < len(text); {
		b := text[i]
		count[b]++
		if b < utf8.RuneSelf {
			i++
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		r.Chars++
		i += size
		switch is := sign(c); {
		case is&isAlpha != 0:
			alnum++
		case is&isDigit != 0:
			alnum, digits = alnum+1, digits+1
		case is&isSpace != 0:
			spaces++
		case c == '（' || c == '）':
			parens++
		}
	}
	for b, n := range count[:128] {
		r.Chars += n
		if plain[b]&1 != 0 {
			alnum += n
		}
		if digit(rune(b)) {
			digits += n
		}
		if space(rune(b)) {
			spaces += n
		}
	}
	r.Alnum, r.Digits, r.Spaces, r.Parens, r.Hashes = alnum, digits, spaces, parens+count['(']+count[')'], count['#']
	m.newlines = newlinesAlone(&count, text)
	if count['.'] > 2 {
		r.Ellipses = int32(strings.Count(text, "..."))
	}
	if count["…"[0]] > 0 {
		r.Ellipses += int32(strings.Count(text, "…"))
	}
	for rest := text; count[':'] > 0; {
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
	if cap(m.sizes) < n {
		m.sizes = make([]int32, n+n/2)
	}
	m.sizes = m.sizes[:n]
	stops := stopHashes(lang)
	var seen uint64
	for i, w := range m.words {
		s := text[w.Lo:w.Hi]
		chars, mark, alpha := int32(0), true, false
		for j := 0; j < len(s); {
			if b := s[j]; b < utf8.RuneSelf {
				k := plain[b]
				alpha = alpha || k == 1
				mark = mark && k == 4
				chars, j = chars+1, j+1
				continue
			}
			c, size := utf8.DecodeRuneInString(s[j:])
			if is := sign(c); is&isAlpha != 0 {
				alpha, mark = true, false
			} else if mark {
				mark = is&(isRemoved|isEnd) != 0
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
		m.hashes[i], m.sizes[i] = h, chars
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
func (m *Meter) repeats(r *Measures) {
	n := len(m.words)
	if cap(m.prefix) <= n {
		m.prefix, m.bytes, m.chars = make([]uint64, n+n/2+1), make([]int32, n+n/2+1), make([]int32, n+n/2+1)
	}
	prefix, size, chars := m.prefix[:n+1], m.bytes[:n+1], m.chars[:n+1]
	for i, w := range m.words {
		length := w.Hi - w.Lo
		prefix[i+1] = addmod(mulmod(prefix[i], power(int(length))), m.hashes[i])
		size[i+1] = size[i] + length
		chars[i+1] = chars[i] + m.sizes[i]
	}
	// A run that comes twice holds shorter ones that do: those of g+1 words are looked
	// for where those of g words came more than once, which is seldom.
	twice := m.twice[:0]
	for i := range n - 1 {
		twice = append(twice, repeat{at: int32(i)})
	}
	for g := 2; g <= 10; g++ {
		if n < g {
			break
		}
		m.table.reset(len(twice))
		best := int32(1)
		for k := range twice {
			i := int(twice[k].at)
			if i+g > n {
				twice = twice[:k]
				break
			}
			s := m.table.slot(run(prefix, size, i, g))
			m.table.slots[s].count++
			twice[k].slot = s
			best = max(best, m.table.slots[s].count)
		}
		if g <= 4 { // the commonest run; of those as frequent, the one that came first
			at := 0
			if best > 1 {
				at = int(twice[slices.IndexFunc(twice, func(t repeat) bool { return m.table.slots[t.slot].count == best })].at)
			}
			r.Top[g-2] = (chars[at+g] - chars[at] + int32(g) - 1) * best
		}
		kept, next := 0, 0
		for _, t := range twice {
			s := &m.table.slots[t.slot]
			if s.count == 1 {
				continue
			}
			twice[kept] = t
			kept++
			if i := int(t.at); g >= 5 && i >= next { // runs that came before and do not overlap
				if s.count == met {
					r.Dup[g-5] += chars[i+g] - chars[i]
					next = i + g
				}
				s.count = met
			}
		}
		twice = twice[:kept]
	}
	m.twice = twice[:0]
}

// met is the count of a run that came before.
const met = -1

// A repeat is where a run begins that may come again, and its slot.
type repeat struct{ at, slot int32 }

func addmod(a, b uint64) uint64 {
	if a += b; a >= mersenne {
		a -= mersenne
	}
	return a
}

// run returns the hash of the g words from the i-th on.
func run(prefix []uint64, size []int32, i, g int) uint64 {
	h := prefix[i+g] + mersenne - mulmod(prefix[i], power(int(size[i+g]-size[i])))
	if h >= mersenne {
		h -= mersenne
	}
	return h
}
