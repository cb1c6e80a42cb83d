package jinja

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Str is a string that knows which of its bytes a user wrote. It is valid
// UTF-8, and spans begin and end between characters.
type Str struct {
	text string
	user []Span // in order, apart from each other, none empty
	safe bool   // Markup: the filters safe and escape make it
}

// String returns text that the caller answers for.
func String(s string) Str { return Str{text: strings.ToValidUTF8(s, "\ufffd")} }

// User returns text that a user wrote.
func User(s string) Str {
	s = strings.ToValidUTF8(s, "\ufffd")
	if s == "" {
		return Str{}
	}
	return Str{text: s, user: []Span{{0, len(s)}}}
}

// Text returns the string without its marks.
func (s Str) Text() string { return s.text }

// cut returns s[from:to), in bytes.
func (s Str) cut(from, to int) Str {
	c := Str{text: s.text[from:to], safe: s.safe}
	first := sort.Search(len(s.user), func(i int) bool { return s.user[i].To > from })
	for _, u := range s.user[first:] {
		if u.From >= to {
			break
		}
		c.user = append(c.user, Span{max(u.From, from) - from, min(u.To, to) - from})
	}
	return c
}

// Len returns the number of bytes.
func (s Str) Len() int { return len(s.text) }

// each calls f with the pieces of s, each from one hand.
func (s Str) each(f func(piece string, user bool)) {
	at := 0
	for _, u := range s.user {
		if at < u.From {
			f(s.text[at:u.From], false)
		}
		f(s.text[u.From:u.To], true)
		at = u.To
	}
	if at < len(s.text) {
		f(s.text[at:], false)
	}
}

// mapped returns s with f done to each piece.
func (s Str) mapped(f func(string) string) Str {
	var b builder
	s.each(func(piece string, user bool) { b.add(f(piece), user) })
	t := b.str()
	t.safe = s.safe
	return t
}

// offset returns the byte at which character i of s begins, 0 ≤ i ≤ length.
func (s Str) offset(i int) int {
	at := 0
	for ; i > 0 && at < len(s.text); i-- {
		_, n := utf8.DecodeRuneInString(s.text[at:])
		at += n
	}
	return at
}

func (s Str) length() int { return utf8.RuneCountInString(s.text) }

// chars returns the characters of s.
func (s Str) chars() []Str {
	var list []Str
	u := s.user
	for at, c := range s.text {
		for len(u) > 0 && u[0].To <= at {
			u = u[1:]
		}
		n := utf8.RuneLen(c)
		one := Str{text: s.text[at : at+n]}
		if len(u) > 0 && u[0].From <= at {
			one.user = []Span{{0, n}}
		}
		list = append(list, one)
	}
	return list
}

// isSpace is Python's str.isspace for one character.
func isSpace(c rune) bool { return unicode.IsSpace(c) || 0x1c <= c && c <= 0x1f }

// trim cuts characters that f holds for off the sides of s.
func (s Str) trim(left, right bool, f func(rune) bool) Str {
	from, to := 0, len(s.text)
	if left {
		from = to - len(strings.TrimLeftFunc(s.text, f))
	}
	if right {
		to = from + len(strings.TrimRightFunc(s.text[from:], f))
	}
	return s.cut(from, to)
}

// A builder joins strings and keeps their marks.
type builder struct {
	strings.Builder
	user []Span
}

func (b *builder) add(s string, user bool) {
	if user && s != "" {
		b.mark(b.Len(), b.Len()+len(s))
	}
	b.WriteString(s)
}

func (b *builder) put(s Str) {
	at := b.Len()
	for _, u := range s.user {
		b.mark(at+u.From, at+u.To)
	}
	b.WriteString(s.text)
}

func (b *builder) mark(from, to int) {
	if n := len(b.user); n > 0 && b.user[n-1].To == from {
		b.user[n-1].To = to
		return
	}
	b.user = append(b.user, Span{from, to})
}

func (b *builder) str() Str { return Str{text: b.String(), user: slices.Clip(b.user)} }

// Join returns the parts one after the other, each with its marks.
func Join(parts ...Str) Str {
	var b builder
	for _, p := range parts {
		b.put(p)
	}
	return b.str()
}

var escapes = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

// escaped is Markup.escape.
func (s Str) escaped() Str {
	if !s.safe {
		s = s.mapped(escapes.Replace)
		s.safe = true
	}
	return s
}

// splitLines is str.splitlines; keep leaves the ends on.
func (s Str) splitLines(keep bool) []Str {
	var lines []Str
	from := 0
	for at := 0; at < len(s.text); {
		c, n := utf8.DecodeRuneInString(s.text[at:])
		end := at
		at += n
		switch {
		case c == '\r' && at < len(s.text) && s.text[at] == '\n':
			at++
		case c < '\n' || c > '\r' && c < 0x1c || c > 0x1e && c != 0x85 && c != 0x2028 && c != 0x2029:
			continue
		}
		if keep {
			end = at
		}
		lines = append(lines, s.cut(from, end))
		from = at
	}
	if from < len(s.text) {
		lines = append(lines, s.cut(from, len(s.text)))
	}
	return lines
}
