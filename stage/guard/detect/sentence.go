package detect

import "unicode/utf8"

// LongestSentence bounds a sentence, in runes; a longer one is cut.
const LongestSentence = 400

// Sentences cuts a text that comes in pieces into sentences: at 。！？!?…；; a new
// line, and at a full stop before white space. The marks belong to the sentence.
type Sentences struct {
	Reader
	text  []byte
	from  int
	to    int
	n     int // runes
	stop  bool
	ended bool // only marks and quotes follow
}

// Write calls f for each sentence that is whole.
func (s *Sentences) Write(piece string, f func(text string, from, to int)) {
	s.Each(piece, func(c rune, from, to int) { s.take(c, from, to, f) })
}

// Flush calls f for the rest.
func (s *Sentences) Flush(f func(text string, from, to int)) {
	s.End(func(c rune, from, to int) { s.take(c, from, to, f) })
	s.cut(f)
	*s = Sentences{text: s.text[:0]}
}

// Settled is where the sentence begins that is not whole.
func (s *Sentences) Settled() int {
	if s.n == 0 {
		return s.At
	}
	return s.from
}

func (s *Sentences) take(c rune, from, to int, f func(string, int, int)) {
	mark := false
	switch c {
	case '。', '！', '？', '!', '?', '…', '；', ';':
		mark = true
	case '”', '’', '"', '\'', '）', ')', '」', '』', '.':
		mark = s.ended
	case '\n':
		s.add(c, from, to)
		s.cut(f)
		return
	}
	if s.ended && !mark || s.stop && (c == ' ' || c == '\t') {
		s.cut(f)
	}
	s.add(c, from, to)
	s.ended = mark
	s.stop = c == '.' || s.stop && (c == '"' || c == ')' || c == '”')
	if s.n >= LongestSentence {
		s.cut(f)
	}
}

func (s *Sentences) add(c rune, from, to int) {
	if s.n == 0 {
		s.from = from
	}
	s.text = utf8.AppendRune(s.text, c)
	s.to = to
	s.n++
}

func (s *Sentences) cut(f func(string, int, int)) {
	if s.n > 0 {
		f(string(s.text), s.from, s.to)
	}
	s.text, s.n, s.ended, s.stop = s.text[:0], 0, false, false
}
