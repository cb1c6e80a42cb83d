package tokenizer

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// A Span is a range of bytes: From up to To.
type Span struct{ From, To int }

// Encode appends the ids of text to dst. What text says is never a special
// token: "<|im_end|>" in it becomes ordinary tokens. (White space that a file
// lists among its added tokens is no more than white space.) Bytes that are
// not UTF-8 are encoded as they are where the vocabulary can.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	return t.encode(dst, text, []Span{{0, len(text)}}, t.rawUser)
}

// EncodeMarked appends the ids of text to dst. Added tokens that text spells
// are found, except where one touches a span of user: there it stays text.
// The spans are in order and do not overlap; it panics otherwise.
// On text whose user spans spell no added token, the ids are those of the
// whole text, as if there were no spans: pieces may run across their borders.
func (t *Tokenizer) EncodeMarked(dst []int32, text string, user []Span) []int32 {
	end := 0
	for _, s := range user {
		if s.From < end || s.To < s.From || s.To > len(text) {
			panic("tokenizer: EncodeMarked: the spans are not in order, or not in the text")
		}
		end = s.To
	}
	return t.encode(dst, text, user, t.raw)
}

func (t *Tokenizer) encode(dst []int32, text string, user []Span, f *finder) []int32 {
	s := t.scratch.Get().(*scratch)
	defer t.scratch.Put(s)
	start, i := 0, 0
	for f != nil {
		m, ok := f.find(text, i, start, user)
		if !ok {
			break
		}
		for len(user) > 0 && user[0].To <= start {
			user = user[1:]
		}
		if m.from > start {
			dst = t.segment(dst, text, start, m.from, user, s)
		}
		dst = append(dst, m.id)
		start, i = m.to, m.next
	}
	if start < len(text) {
		dst = t.segment(dst, text, start, len(text), user, s)
	}
	return dst
}

// segment encodes text[from:to], in which no token of t.raw is.
func (t *Tokenizer) segment(dst []int32, text string, from, to int, user []Span, s *scratch) []int32 {
	seg := text[from:to]
	if t.normed == nil {
		for _, f := range t.normal {
			seg = f(seg, true)
		}
		return t.walk(dst, seg, t.pre, from == 0, s)
	}
	seg, user = t.normalMarked(seg, from, user)
	start, i := 0, 0
	for {
		m, ok := t.normed.find(seg, i, start, user)
		if !ok {
			break
		}
		if m.from > start {
			dst = t.walk(dst, seg[start:m.from], t.pre, from == 0 && start == 0, s)
		}
		dst = append(dst, m.id)
		start, i = m.to, m.next
	}
	if start < len(seg) {
		dst = t.walk(dst, seg[start:], t.pre, from == 0 && start == 0, s)
	}
	return dst
}

// normalMarked normalises a segment that begins at from, and says which parts
// of the result are user text. If the borders cannot be told, as when a mark
// joins a letter across one, all of it is.
func (t *Tokenizer) normalMarked(seg string, from int, user []Span) (string, []Span) {
	normal := func(s string, first bool) string {
		for _, f := range t.normal {
			s = f(s, first)
		}
		return s
	}
	whole := normal(seg, true)
	var parts strings.Builder
	var spans []Span
	at := 0
	for _, u := range user {
		if u.From-from >= len(seg) {
			break
		}
		lo, hi := max(u.From-from, 0), min(u.To-from, len(seg))
		if lo >= hi {
			continue
		}
		parts.WriteString(normal(seg[at:lo], at == 0))
		n := parts.Len()
		parts.WriteString(normal(seg[lo:hi], lo == 0))
		spans = append(spans, Span{n, parts.Len()})
		at = hi
	}
	parts.WriteString(normal(seg[at:], at == 0))
	if len(spans) > 0 && parts.String() != whole {
		return whole, []Span{{0, len(whole)}}
	}
	return whole, spans
}

// walk cuts text by steps and encodes the pieces. first says that it is the
// start of the whole text.
func (t *Tokenizer) walk(dst []int32, text string, steps []preStep, first bool, s *scratch) []int32 {
	if text == "" { // all of it was normalised away
		return dst
	}
	if len(steps) == 0 {
		return t.piece(dst, text, s)
	}
	step, rest := &steps[0], steps[1:]
	if step.space && text[0] != ' ' {
		text = " " + text
	}
	if step.meta != nil {
		text = step.meta.apply(text, first)
	}
	if step.scan == nil {
		return t.walk(dst, text, rest, first, s)
	}
	for len(text) > 0 {
		n := step.scan(text)
		if step.drop {
			if c, _ := at(text, 0); c&space != 0 {
				text, first = text[n:], false
				continue
			}
		}
		if len(rest) == 0 {
			dst = t.piece(dst, text[:n], s)
		} else {
			dst = t.walk(dst, text[:n], rest, first, s)
		}
		text, first = text[n:], false
	}
	return dst
}

// A cache keeps the ids of pieces that came before, one for each value of a
// hash. Text repeats itself.
type cache [1 << 13]atomic.Pointer[cached]

type cached struct {
	piece string
	ids   []int32
}

// maxCached bounds a piece that is kept.
const maxCached = 48

var seed = maphash.MakeSeed()

func (t *Tokenizer) piece(dst []int32, piece string, s *scratch) []int32 {
	if len(piece) > maxCached {
		return t.model.encode(dst, piece, s)
	}
	slot := &t.cache[maphash.String(seed, piece)%uint64(len(t.cache))]
	if c := slot.Load(); c != nil && c.piece == piece {
		return append(dst, c.ids...)
	}
	start := len(dst)
	dst = t.model.encode(dst, piece, s)
	slot.Store(&cached{strings.Clone(piece), append([]int32(nil), dst[start:]...)})
	return dst
}
