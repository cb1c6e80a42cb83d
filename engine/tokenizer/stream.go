package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Bytes returns the bytes of a token: part of a rune, perhaps. A token that
// begins a word has the space before it. An id that is not one of the Vocab()
// ids has none: models have rows for more tokens than there are.
func (t *Tokenizer) Bytes(id int32) []byte {
	text, _ := t.text(id)
	return []byte(text)
}

func (t *Tokenizer) text(id int32) (text string, ok bool) {
	if id < 0 || int(id) >= len(t.tokens) {
		return "", false
	}
	return t.tokens[id], true
}

// Decode returns the text of ids, without those that are none. Special tokens are written as their names,
// and bytes that are not UTF-8 as U+FFFD. The space that encoding puts before
// the first word is left out.
func (t *Tokenizer) Decode(ids []int32) string {
	s := NewStream(t)
	for _, id := range ids {
		s.add(id)
	}
	return s.take(true)
}

// A Stream decodes token by token. Its parts, joined, are what Decode gives.
type Stream struct {
	t     *Tokenizer
	rest  []byte // not yet given out
	begun bool   // the first bytes were added
}

// NewStream returns an empty stream.
func NewStream(t *Tokenizer) *Stream { return &Stream{t: t} }

// Write takes the next token and returns the text that is now certain: whole
// runes only, so it may be empty.
func (s *Stream) Write(id int32) string {
	s.add(id)
	return s.take(false)
}

// Flush returns what is left, where the rune that never ended is U+FFFD. The
// stream is then empty again.
func (s *Stream) Flush() string {
	s.begun = false
	return s.take(true)
}

func (s *Stream) add(id int32) {
	text, ok := s.t.text(id)
	if !ok {
		return
	}
	if !s.begun && s.t.dropSpace && strings.HasPrefix(text, " ") {
		text = text[1:]
	}
	s.begun = true
	s.rest = append(s.rest, text...)
}

// take removes the whole runes from rest, and at the end all of it. The
// longest beginning of a rune that is not one becomes one U+FFFD, as the
// Unicode standard (section 3.9, substitution of maximal subparts) advises.
func (s *Stream) take(end bool) string {
	var text []byte
	b := s.rest
	for len(b) > 0 && (end || utf8.FullRune(b)) {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n+1]) {
				n++
			}
			text = append(text, "\uFFFD"...)
		} else {
			text = append(text, b[:n]...)
		}
		b = b[n:]
	}
	s.rest = append(s.rest[:0], b...)
	return string(text)
}
