package detect

import "unicode/utf8"

// LongestSentence bounds a sentence, in runes; a longer one is cut.
const LongestSentence = 400

// A Boundary tells where sentences end: at 。！？!?…；; and a new line, and at a full
// stop before white space. The marks, and quotes after them, belong to the sentence.
type Boundary struct {
	From, To int  // of the sentence so far
	N        int  // its runes
	stop     bool // a full stop is the last
	ended    bool // only marks and quotes may follow
}

// Before reports whether a sentence ends before c.
func (b *Boundary) Before(c rune) bool { return (b.stop || b.ended) && b.before(c) }

func (b *Boundary) before(c rune) bool {
	if b.stop && (c == ' ' || c == '\t') {
		return true
	}
	return b.ended && c != '\n' && !isMark(c) && !closes(c)
}

// Take takes c into the sentence and reports whether it ends there.
func (b *Boundary) Take(c rune, from, to int) bool {
	if b.N == 0 {
		b.From = from
	}
	b.To = to
	b.N++
	if c > '?' && c < 0x2019 || c >= 0x3400 && c < 0xFE00 { // letters, Chinese characters
		b.ended, b.stop = false, false
		return b.N >= LongestSentence
	}
	b.ended = isMark(c) || b.ended && closes(c)
	b.stop = c == '.' || b.stop && closes(c)
	return c == '\n' || b.N >= LongestSentence
}

// Run takes the characters with which cs begins, as far as the sentence cannot end at
// or behind them, and returns how many these are.
func (b *Boundary) Run(cs []Char) (n int) {
	if b.stop || b.ended {
		return 0
	}
	most := min(len(cs), LongestSentence-1-b.N)
	for n < most {
		c := &cs[n]
		if row := int(c.Word | c.Han); row > 0 { // one of both is 0
			n += row
		} else if goesOn(c.C) {
			n++
		} else {
			break
		}
	}
	n = min(n, most)
	if n > 0 {
		if b.N == 0 {
			b.From = cs[0].From
		}
		b.To = cs[n-1].To()
		b.N += n
	}
	return n
}

// goesOn reports whether c is no mark, of those that are common.
func goesOn(c rune) bool {
	return c > '?' && c < 0x2019 || c >= '0' && c <= '9' || c == ' ' || c == ',' || c == '，'
}

// Next begins a sentence.
func (b *Boundary) Next() { *b = Boundary{} }

func isMark(c rune) bool {
	switch c {
	case '。', '！', '？', '!', '?', '…', '；', ';':
		return true
	}
	return false
}

func closes(c rune) bool {
	switch c {
	case '”', '’', '"', '\'', '）', ')', '」', '』', '.':
		return true
	}
	return false
}

// Sentences cuts a text that comes in pieces into sentences.
type Sentences struct {
	Reader
	Boundary
	text []byte
}

// Write calls f for each sentence that is whole.
func (s *Sentences) Write(piece string, f func(text string, from, to int)) {
	s.Each(piece, func(cs []Char) { s.read(cs, f) })
}

// Flush calls f for the rest.
func (s *Sentences) Flush(f func(text string, from, to int)) {
	s.End(func(cs []Char) { s.read(cs, f) })
	s.cut(f)
	s.Reset()
}

// Settled is where the sentence begins that is not whole.
func (s *Sentences) Settled() int {
	if s.N == 0 {
		return s.At
	}
	return s.From
}

func (s *Sentences) read(cs []Char, f func(string, int, int)) {
	for i := range cs {
		c := &cs[i]
		if s.Before(c.C) {
			s.cut(f)
		}
		s.text = utf8.AppendRune(s.text, c.C)
		if s.Boundary.Take(c.C, c.From, c.To()) {
			s.cut(f)
		}
	}
}

func (s *Sentences) cut(f func(string, int, int)) {
	if s.N > 0 {
		f(string(s.text), s.From, s.To)
	}
	s.text = s.text[:0]
	s.Next()
}
