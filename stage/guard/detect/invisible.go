package detect

import "strings"

// Invisible returns a detector of text that a reader does not see and a model does:
// the tag block (U+E0000), overrides of writing direction, runs of zero-width
// characters and of variation selectors. Value is what the tags spell.
//
// Emoji need some of these: joiners, one selector, and tags behind a black flag.
func Invisible() Detector { return invisible{} }

type invisible struct{}

func (invisible) New() Stream { return &unseen{} }

type unseen struct {
	Found
	Reader
	kind  string
	from  int
	to    int
	n     int
	flag  bool // a black flag stands before
	value strings.Builder
}

// unseenKind says of what kind an invisible rune is.
func unseenKind(c rune) string {
	switch {
	case c >= 0xE0000 && c <= 0xE007F:
		return "tags"
	case c >= 0x202A && c <= 0x202E, c >= 0x2066 && c <= 0x2069:
		return "bidi"
	case c >= 0xE0100 && c <= 0xE01EF, c >= 0xFE00 && c <= 0xFE0F:
		return "selectors"
	case c >= 0x200B && c <= 0x200F, c >= 0x2060 && c <= 0x2064, c == 0xFEFF, c == 0x00AD, c == 0x180E:
		return "zero_width"
	}
	return ""
}

// unseenLeast is how many in a row are found.
var unseenLeast = map[string]int{"tags": 1, "bidi": 1, "selectors": 3, "zero_width": 4}

func (s *unseen) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

// Read implements CharStream.
func (s *unseen) Read(cs []Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *unseen) read(cs []Char) {
	s.At = cs[len(cs)-1].To()
	for i := 0; i < len(cs); i++ {
		c := &cs[i]
		if c.C < 0xAD || c.C >= 0x2E80 && c.C < 0xFE00 { // letters, Chinese characters
			if s.n > 0 {
				s.end()
			}
			s.flag = false
			i += c.Row() - 1
			continue
		}
		s.take(c.C, c.From, c.To())
	}
}

func (s *unseen) Flush(hits []Hit) []Hit {
	s.End(s.read)
	s.end()
	hits = s.Take(hits)
	s.Reset()
	return hits
}

func (s *unseen) Settled() int {
	if s.n > 0 {
		return s.from
	}
	return s.At
}

// maxUnseen bounds one hit.
const maxUnseen = 1024

func (s *unseen) take(c rune, from, to int) {
	kind := unseenKind(c)
	if s.n > 0 && (kind != s.kind || s.n >= maxUnseen) {
		s.end()
	}
	if kind == "" {
		s.flag = c == 0x1F3F4
		return
	}
	if s.n == 0 {
		s.kind, s.from = kind, from
	}
	if kind == "tags" && c&0x7f >= ' ' && c&0x7f < 0x7f {
		s.value.WriteByte(byte(c & 0x7f))
	}
	s.to = to
	s.n++
}

func (s *unseen) end() {
	if s.n > 0 && s.n >= unseenLeast[s.kind] && !(s.kind == "tags" && s.flag && s.n <= 8) {
		s.Add(Hit{Detector: "invisible", Kind: s.kind, Class: "LLM01", From: s.from, To: s.to, Confidence: 1, Value: s.value.String()})
	}
	s.n, s.kind, s.flag = 0, "", false
	s.value.Reset()
}
