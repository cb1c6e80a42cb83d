// Package cite reads an answer while it is written from numbered passages, and
// says of each sentence what it rests on. A number in brackets, [1], that names
// no passage, or one that does not hold what the sentence says, is put right or
// taken out. What rests on a passage is what the detector ground says it is.
package cite

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"suiren/stage/guard/detect"
)

// A Passage is what an answer may rest on.
type Passage struct{ Heading, Text string }

// All is what of a passage sentences are compared with.
func (p *Passage) All() string { return p.Heading + "\n" + p.Text }

// A Cite is a passage that a sentence rests on.
type Cite struct {
	Passage int      // from 0
	Quotes  [][2]int // of its text, in characters: the sentences that say it, in their order
}

// A Mark says what a sentence of the answer rests on.
type Mark struct {
	Text      string // the sentence, as it was passed on, without space around it
	Supported bool
	Cites     []Cite // also of a sentence that they support only in part
	Wrong     int    // numbers of it that were put right or taken out
}

// An Item is a piece of the answer, or the mark of the sentence that ended before it.
type Item struct {
	Text string
	Mark *Mark
}

// A Writer reads one answer. It is for one goroutine.
type Writer struct {
	passages []Passage
	grounds  *detect.Grounds
	may      func(passage int) bool
	keep     bool
	places   map[int][]place

	carry   string // the beginning of a character
	items   []Item
	out     strings.Builder // of the next item
	spaces  string          // held, for a number may follow that goes with them
	held    string          // what may become a number in brackets
	group   string          // numbers in brackets, held for more may follow
	gap     string          // what stands between them and what may be more
	line    strings.Builder // so far
	fence   bool            // between lines of ```
	code    bool            // between `
	bound   detect.Boundary
	now     sentence
	pending *sentence // ended; numbers may follow it
	at      int
}

// A sentence is one that is being written.
type sentence struct {
	text   strings.Builder // with its numbers
	claim  strings.Builder // without
	clause int             // of the claim: where what the next number is about begins
	cited  []int           // passages
	wrong  int
}

// New returns a Writer. May says at any time whether a passage may be read by whoever
// asks: nil says that all may. Keep leaves the numbers as they are written.
func New(passages []Passage, may func(passage int) bool, keep bool) *Writer {
	texts := make([]string, len(passages))
	for i := range passages {
		texts[i] = passages[i].All()
	}
	return &Writer{passages: passages, grounds: detect.NewGrounds(texts), may: may, keep: keep, places: map[int][]place{}}
}

// Write reads the next piece and returns what may be passed on. Of a sentence
// nothing is held back but a number in brackets, until it is whole.
func (w *Writer) Write(piece string) []Item {
	piece = w.carry + piece
	w.carry = ""
	for i, c := range piece {
		if c == utf8.RuneError && !utf8.FullRuneInString(piece[i:]) {
			w.carry = piece[i:]
			break
		}
		w.read(c)
	}
	return w.take()
}

// Flush ends the answer.
func (w *Writer) Flush() []Item {
	for _, c := range w.carry { // cut for ever
		w.read(c)
	}
	w.carry = ""
	held := w.held
	w.held = ""
	w.numbered()
	w.plain(w.spaces + held)
	w.spaces = ""
	w.end()
	w.finish()
	return w.take()
}

func (w *Writer) take() []Item {
	w.flush()
	items := w.items
	w.items = nil
	return items
}

func (w *Writer) flush() {
	if w.out.Len() > 0 {
		w.items = append(w.items, Item{Text: w.out.String()})
		w.out.Reset()
	}
}

// longestNumbers bounds what may stand in brackets, in bytes.
const longestNumbers = 40

func (w *Writer) read(c rune) {
	switch {
	case w.fence:
		w.out.WriteRune(c)
		w.inLine(c)
	case w.held != "" && (c == ']' || c == '】'):
		held := w.held + string(c)
		w.held = ""
		if len(numbers(held)) == 0 {
			w.numbered()
			w.plain(w.spaces + held)
			w.spaces = ""
			return
		}
		w.group, w.gap = w.group+w.gap+held, ""
	case w.held != "" && len(w.held) < longestNumbers && ('0' <= c && c <= '9' || strings.ContainsRune(" ,，、", c)):
		w.held += string(c)
	case w.held != "":
		text := w.held
		w.held = ""
		w.numbered()
		text, w.spaces = w.spaces+text, ""
		w.plain(text)
		w.read(c)
	case c == ' ' && w.group != "":
		w.gap += " "
	case c == ' ':
		w.spaces += " "
	case (c == '[' || c == '【') && (w.group != "" && len(w.group) < longestNumbers || !w.code && strings.TrimSpace(w.line.String()) != ""):
		w.held = string(c)
	case c == '(' && w.group != "" && w.gap == "": // a link
		text := w.spaces + w.group + "("
		w.spaces, w.group = "", ""
		w.plain(text)
	default:
		w.numbered()
		text := w.spaces + string(c)
		w.spaces = ""
		w.plain(text)
	}
}

// numbered takes in the numbers that are held; no more follow.
func (w *Writer) numbered() {
	if w.group == "" {
		return
	}
	if !w.number(numbers(w.group), w.group) {
		w.plain(w.spaces + w.group)
	}
	w.spaces, w.group, w.gap = w.gap, "", ""
}

// numbers reads what stands in brackets; none: it is something else.
func numbers(held string) (list []int) {
	fields := strings.FieldsFunc(held, func(c rune) bool { return c < '0' || c > '9' })
	for _, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || len(f) > 3 {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// inLine follows where code is.
func (w *Writer) inLine(c rune) {
	switch {
	case c == '\n':
		if strings.HasPrefix(strings.TrimSpace(w.line.String()), "```") {
			w.fence = !w.fence
		}
		w.code = false
		w.line.Reset()
		return
	case c == '`':
		w.code = !w.code
	}
	w.line.WriteRune(c)
}

// plain passes text on that is no number of a passage.
func (w *Writer) plain(text string) {
	more := strings.TrimSpace(text) != "" // else numbers may follow
	for _, c := range text {
		if w.bound.Before(c) {
			w.end()
		}
		if more {
			w.finish()
		}
		n := utf8.RuneLen(c)
		w.out.WriteRune(c)
		w.now.text.WriteRune(c)
		w.now.claim.WriteRune(c)
		ended := w.bound.Take(c, w.at, w.at+n)
		w.at += n
		w.inLine(c)
		if ended {
			w.end()
		}
	}
}

// end ends the sentence; the numbers that follow it are still its own.
func (w *Writer) end() {
	w.bound.Next()
	if strings.TrimSpace(w.now.claim.String()) != "" {
		w.finish()
		s := w.now
		w.pending = &s
	}
	w.now = sentence{}
}

// number takes in the numbers of passages behind a sentence, or within it. It is
// false if there is no sentence.
func (w *Writer) number(list []int, written string) bool {
	s := &w.now
	if strings.TrimSpace(s.claim.String()) == "" {
		if s = w.pending; s == nil {
			return false
		}
	}
	claim := s.claim.String()[s.clause:]
	if strings.TrimSpace(claim) == "" {
		claim = s.claim.String()
	}
	s.clause = s.claim.Len()
	right := w.right(list, claim, s.claim.String())
	for _, i := range right {
		if !slices.Contains(s.cited, i) {
			s.cited = append(s.cited, i)
		}
	}
	text := w.spaces
	for _, i := range right {
		text += "[" + strconv.Itoa(i+1) + "]"
	}
	for _, n := range list {
		if !slices.Contains(right, n-1) {
			s.wrong++
		}
	}
	switch {
	case w.keep || slices.Equal(list, ordinals(right)):
		text = w.spaces + written
	case len(right) == 0:
		text = ""
	}
	w.out.WriteString(text)
	s.text.WriteString(text)
	w.line.WriteString(text)
	return true
}

func ordinals(list []int) []int {
	out := slices.Clone(list)
	for i := range out {
		out[i]++
	}
	return out
}

// readable are the passages that may be read now.
func (w *Writer) readable() (list []int) {
	for i := range w.passages {
		if w.may == nil || w.may(i) {
			list = append(list, i)
		}
	}
	return list
}

// right returns, of the numbers behind a claim, the passages that it rests on; or
// if there are none, another that it does rest on.
func (w *Writer) right(list []int, claim, sentence string) []int {
	readable := w.readable()
	var named []int
	for _, n := range list {
		if slices.Contains(readable, n-1) && !slices.Contains(named, n-1) {
			named = append(named, n-1)
		}
	}
	for _, text := range []string{claim, sentence} {
		c := detect.NewClaim(text)
		if len(named) == 0 || !w.grounds.Support(&c, named).Rests() {
			continue
		}
		whole := w.grounds.Support(&c, named)
		kept := slices.DeleteFunc(slices.Clone(named), func(i int) bool { // neither says it nor adds anything
			others := slices.DeleteFunc(slices.Clone(named), func(o int) bool { return o == i })
			own := w.grounds.Support(&c, []int{i})
			return (!own.Rests() || own.Held+own.Numbers == 0 && own.Words > 0) && w.grounds.Support(&c, others) == whole
		})
		if len(kept) > 0 {
			return kept
		}
	}
	c := detect.NewClaim(claim)
	if i := w.best(&c, readable, nil); c.Says() && i >= 0 && w.grounds.Support(&c, []int{i}).Rests() {
		return []int{i}
	}
	return nil
}

// best returns the passage that adds the most to what others hold of a claim; -1:
// none adds anything.
func (w *Writer) best(c *detect.Claim, among, others []int) int {
	score := func(list []int) int {
		s := w.grounds.Support(c, list)
		return s.Held + 4*(s.Numbers-s.Missing) // a number is worth some words
	}
	at, most := -1, score(others)
	for _, i := range among {
		if n := score(append(slices.Clone(others), i)); n > most {
			at, most = i, n
		}
	}
	return at
}

// mostCites bounds the passages that are found for a sentence, beside those it names.
const mostCites = 3

// finish marks the sentence that has ended.
func (w *Writer) finish() {
	s := w.pending
	if s == nil {
		return
	}
	w.pending = nil
	text := strings.TrimSpace(s.text.String())
	c := detect.NewClaim(s.claim.String())
	readable := w.readable()
	cited := slices.DeleteFunc(s.cited, func(i int) bool { return !slices.Contains(readable, i) })
	m := &Mark{Text: text, Supported: len(cited) > 0, Wrong: s.wrong}
	if c.Says() {
		for n := 0; n < mostCites && !w.grounds.Support(&c, cited).Rests(); n++ {
			i := w.best(&c, readable, cited)
			if i < 0 {
				break
			}
			cited = append(cited, i)
		}
		if m.Supported = w.grounds.Support(&c, cited).Rests(); !m.Supported {
			cited = cited[:min(len(s.cited), len(cited))] // what was found for it is not enough
			m.Supported = w.grounds.Support(&c, readable).Rests()
		}
		if m.Supported && w.grounds.Denied(&c, readable) { // they hold its words, and say the contrary
			m.Supported, cited = false, nil
		}
		if !m.Supported && len(cited) == 0 && m.Wrong == 0 && leads(text) {
			return
		}
	} else if len(cited) == 0 && m.Wrong == 0 {
		return
	}
	for _, i := range cited {
		m.Cites = append(m.Cites, Cite{i, w.quotes(i, &c)})
	}
	w.flush()
	w.items = append(w.items, Item{Mark: m})
}

// leads reports whether a line only leads to what follows: a heading, or one that
// ends in a colon.
func leads(text string) bool {
	text = strings.TrimRight(text, "*_ ")
	return strings.HasPrefix(text, "#") || strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：")
}
