package detect

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Markup returns a detector of Markdown and HTML that would fetch from outside when
// it is shown (images, frames, scripts, styles), or lead there (links): an answer
// can carry data away in such an address. Hosts that are allowed, with those below
// them, are not found; nor is what stands in a fenced block of code.
//
// Text of a hit is what may stand in its place: the words of the link.
func Markup(allowed ...string) Detector { return markup(allowed) }

type markup []string

func (m markup) New() Stream { return &marks{allowed: m, line: true} }

// Bounds of what is held back.
const (
	longestLabel  = 1024 // bytes of the words of a link
	longestTarget = 4096 // bytes of its address, or of a tag
)

type marksState uint8

const (
	outside  marksState = iota
	bang                // !
	label               // [
	labelled            // ]
	target              // (
	tag                 // <
	drain               // too long to be held: all of it goes until it ends
)

type marks struct {
	Found
	Reader
	allowed []string
	state   marksState
	image   bool
	from    int
	depth   int    // of brackets in words or address
	words   []byte // of the link
	text    []byte // address, or tag
	quote   rune   // in a tag
	kind    string // of what is drained

	line    bool   // nothing but space, and then ticks, stood on this line
	indent  int    // of it
	ticks   []rune // at its beginning
	opening bool   // it opens a block of code
	fence   rune   // of the block of code that is open
	html    bool   // a tag stood before: what follows may not be Markdown
}

func (s *marks) Write(hits []Hit, piece string) []Hit {
	s.Each(piece, s.read)
	return s.Take(hits)
}

// Read implements CharStream.
func (s *marks) Read(cs []Char) bool {
	s.read(cs)
	return s.Any()
}

func (s *marks) read(cs []Char) {
	s.At = cs[len(cs)-1].To()
	for i := 0; i < len(cs); i++ {
		c := cs[i].C
		if s.state == outside && !s.line && !s.opening && (c > '[' || c != '\n' && c != '!' && c != '[' && c != '<') {
			i += max(int(cs[i].Word), 1) - 1
			continue
		}
		s.take(c, cs[i].From, cs[i].To())
	}
}

func (s *marks) Flush(hits []Hit) []Hit {
	s.End(s.read)
	if s.state == target || s.state == tag { // readers of HTML close what is open
		s.finish(s.At, true)
	}
	hits = s.Take(hits)
	*s = marks{allowed: s.allowed, line: true, Reader: s.Reader}
	s.Reset()
	return hits
}

func (s *marks) Settled() int {
	if s.state == outside || s.state == drain {
		return s.At
	}
	return s.from
}

func (s *marks) take(c rune, from, to int) {
	if s.line || s.opening || c == '\n' {
		s.fenced(c)
	}
	if s.state == outside && c != '!' && c != '[' && c != '<' || s.fence != 0 {
		if s.fence != 0 {
			s.state = outside
		}
		return
	}
	switch s.state {
	case outside, bang:
		s.begin(c, from)
	case label:
		switch {
		case c == '[':
			s.depth++
		case c == ']' && s.depth > 0:
			s.depth--
		case c == ']':
			s.state = labelled
			return
		}
		if s.words = utf8.AppendRune(s.words, c); len(s.words) > longestLabel {
			s.state = outside
		}
	case labelled:
		switch {
		case c == '(':
			s.state, s.depth = target, 0
		case c == ':': // the definition of a reference: [a]: https://…
			s.state, s.depth = target, -1
		default:
			s.state = outside
			s.begin(c, from)
		}
	case target:
		switch {
		case s.depth < 0 && c == '\n' && len(strings.TrimSpace(string(s.text))) > 0:
			s.finish(from, false)
			return
		case s.depth >= 0 && c == '(':
			s.depth++
		case s.depth > 0 && c == ')':
			s.depth--
		case s.depth == 0 && c == ')':
			s.finish(to, false)
			return
		}
		s.grow(c, to)
	case tag:
		switch {
		case s.quote == 0 && (c == '"' || c == '\''):
			s.quote = c
		case c == s.quote:
			s.quote = 0
		case c == '>' && s.quote == 0:
			s.finish(to, false)
			return
		case len(s.text) == 0 && !(c|0x20 >= 'a' && c|0x20 <= 'z'):
			s.state = outside
			s.html = s.html || c == '!' || c == '?' || c == '/'
			s.begin(c, from)
			return
		}
		s.html = true
		s.grow(c, to)
	case drain:
		if c == ')' || c == '>' || c == '\n' || c == ' ' {
			s.state = outside
		} else {
			s.Add(Hit{Detector: "markup", Kind: s.kind, Class: "LLM10", From: from, To: to, Confidence: 1})
		}
	}
}

// begin takes a rune outside of everything.
func (s *marks) begin(c rune, from int) {
	image := s.state == bang && c == '['
	if !image {
		s.from = from
	}
	s.words, s.text, s.depth, s.quote = s.words[:0], s.text[:0], 0, 0
	switch c {
	case '!':
		s.state = bang
	case '[':
		s.state, s.image = label, image
	case '<':
		s.state = tag
	default:
		s.state = outside
	}
}

// grow takes a rune of an address or a tag.
func (s *marks) grow(c rune, to int) {
	if s.text = utf8.AppendRune(s.text, c); len(s.text) > longestTarget {
		if kind := s.finish(to, true); kind != "" {
			s.state, s.kind = drain, kind
		}
	}
}

// finish looks at what ends at to, and returns what it is.
func (s *marks) finish(to int, open bool) (kind string) {
	var text string
	if s.state == target {
		if s.outsider(strings.Trim(firstField(string(s.text)), "<>")) {
			if kind, text = "remote_link", string(s.words); s.image {
				kind = "remote_image"
			}
			if s.depth < 0 {
				text = ""
			}
		}
	} else {
		kind = s.tagKind(string(s.text))
	}
	s.state = outside
	if kind != "" {
		s.Add(Hit{Detector: "markup", Kind: kind, Class: "LLM10", From: s.from, To: to, Confidence: 1, Text: text})
	}
	return kind
}

func firstField(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// tagKind tells what a tag of HTML, without its brackets, would fetch.
func (s *marks) tagKind(text string) string {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	name = strings.ToLower(strings.TrimRight(name, "/"))
	if i := strings.IndexAny(name, "/\n\t"); i > 0 {
		name, rest = name[:i], name[i:]+" "+rest
	}
	if s.outsider(text) && strings.Contains(text, "://") && !strings.ContainsAny(text, " \n") { // <https://…>
		return "remote_link"
	}
	switch name {
	case "script":
		return "script"
	case "style", "base", "meta", "link":
		if name == "style" || s.remoteIn(rest) {
			return "remote_style"
		}
	}
	lower := strings.ToLower(rest)
	if strings.Contains(lower, "javascript:") || slices.ContainsFunc(strings.Fields(lower), func(f string) bool { return len(f) > 4 && strings.HasPrefix(f, "on") && strings.Contains(f, "=") }) {
		return "script"
	}
	if !s.remoteIn(rest) {
		return ""
	}
	switch name {
	case "iframe", "frame", "object", "embed", "portal", "applet":
		return "remote_frame"
	case "a", "area", "form", "button", "input":
		return "remote_link"
	}
	return "remote_image"
}

// remoteIn reports whether attributes hold an address outside.
func (s *marks) remoteIn(attributes string) bool {
	for _, cut := range strings.FieldsFunc(html.UnescapeString(attributes), func(c rune) bool {
		return strings.ContainsRune(" \n\t\"'=(),;", c)
	}) {
		if s.outsider(cut) {
			return true
		}
	}
	return false
}

// outsider reports whether an address leads to a host that is not allowed.
func (s *marks) outsider(address string) bool {
	address = strings.Map(func(c rune) rune {
		if c < ' ' || c == '\\' || c == 0x200B {
			return -1
		}
		return c
	}, html.UnescapeString(strings.ReplaceAll(address, `\/`, "/")))
	lower := strings.ToLower(address)
	switch {
	case strings.HasPrefix(lower, "//"):
		lower = "http:" + lower
	case strings.HasPrefix(lower, "javascript:"), strings.HasPrefix(lower, "vbscript:"):
		return true
	}
	scheme, _, ok := strings.Cut(lower, ":")
	if !ok || !slices.Contains([]string{"http", "https", "ftp", "ftps", "ws", "wss", "file"}, scheme) {
		return false
	}
	u, err := url.Parse(lower)
	if err != nil {
		return true
	}
	return !slices.ContainsFunc(s.allowed, func(h string) bool { return u.Hostname() == h || strings.HasSuffix(u.Hostname(), "."+h) })
}

// fenced follows the beginnings of lines, and the blocks of code. Where a reader might
// not see a block (CommonMark 0.31, 4.5), this does not either: an indent of more than
// three, a backtick behind the opening, HTML before.
func (s *marks) fenced(c rune) {
	switch {
	case c == '\n':
		s.line, s.indent, s.ticks, s.opening = true, 0, s.ticks[:0], false
		return
	case s.opening:
		if c == '`' && len(s.ticks) > 0 && s.ticks[0] == c && !s.line {
			s.fence = 0
		}
		s.line = s.line && c == s.ticks[0]
		return
	case (c == '`' || c == '~') && s.indent <= 3 && (len(s.ticks) == 0 || s.ticks[0] == c):
		s.ticks = append(s.ticks, c)
	case c == ' ' && len(s.ticks) == 0:
		s.indent++
	default:
		s.line = false
	}
	if len(s.ticks) < 3 || !s.line {
		return
	}
	switch {
	case s.fence == s.ticks[0]:
		s.fence, s.line = 0, false
	case s.fence == 0 && s.state == outside && !s.html:
		s.fence, s.opening = c, true
	}
}
