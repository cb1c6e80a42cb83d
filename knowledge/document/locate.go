package document

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"suiren/knowledge/document/pdfium"
)

// A Sought is a text whose place on a page is asked for, and spans of it, in
// characters.
type Sought struct {
	Text  string   `json:"text"`
	Spans [][2]int `json:"spans,omitempty"`
}

// A Located is where a Sought stands: boxes of its lines, left, top, right, bottom as
// shares of the page as it is shown, from its top left. There are none if it was not
// found.
type Located struct {
	Boxes [][4]float32 `json:"boxes"`
	Spans [][4]float32 `json:"spans"`
}

// hyphen is what PDFium has for a hyphen that parts a word at the end of a line.
const hyphen = '\x02'

// Bounds of what is sought at once; more is not looked for.
const (
	maxSought = 1000
	maxSpans  = 100
	maxBoxes  = 2000 // of a Sought
)

// Locate finds texts on page page, from 1, of a PDF; part is as in Draw. Letters and
// digits count, so line breaks, hyphens and the marks of tables do not part a text. Of
// a text that is on the page twice the next one counts, in the order of the list. An
// error is a *Rejection.
func (r *Reader) Locate(name string, data []byte, part string, page int, list []Sought) ([]Located, error) {
	d := &drawing{part: part, page: page}
	d.do = func(f *pdfium.Document) error {
		p, err := f.Page(page - 1)
		if err != nil {
			return broken("PDF", err)
		}
		d.places = locate(p, list[:min(len(list), maxSought)])
		return nil
	}
	if err := r.draw(name, data, d); err != nil {
		return nil, err
	}
	return d.places, nil
}

// A spelling is the letters and digits of a text, and the character that each is of.
type spelling struct {
	letters []rune
	of      []int
	lines   []bool // of a page: whether a line begins with the letter, or ends before it
}

// add adds a character, the i-th. Ligatures and wide forms are spelled out.
func (s *spelling) add(c rune, i int) {
	for _, l := range norm.NFKC.String(string(c)) {
		if l = unicode.ToLower(l); unicode.IsLetter(l) || unicode.IsDigit(l) {
			s.letters, s.of = append(s.letters, l), append(s.of, i)
		}
	}
}

// locate finds texts among the characters of a page.
func locate(p *pdfium.Page, list []Sought) []Located {
	on := spelling{lines: []bool{true}}
	for i := range p.Chars {
		c := &p.Chars[i]
		if !c.Made && !c.Unmapped {
			on.add(c.Rune, i)
		}
		on.lines = append(on.lines, make([]bool, max(0, len(on.letters)+1-len(on.lines)))...)
		if c.Rune == '\r' || c.Rune == '\n' || c.Rune == hyphen {
			on.lines[len(on.letters)] = true
		}
	}
	on.lines[len(on.letters)] = true
	page := string(on.letters) // bytes of it count below
	byteOf := make([]int, 0, len(on.letters)+1)
	for i := range page {
		byteOf = append(byteOf, i)
	}
	byteOf = append(byteOf, len(page))
	places := make([]Located, len(list))
	at := 0
	for n, one := range list {
		// Of each letter of the text, which of the page's it is.
		var text spelling
		i := 0
		var pieces [][2]int // of letters: what stands together on the page
		begin := 0
		for _, c := range one.Text {
			text.add(c, i)
			if i++; c == '\n' || c == '|' || strings.ContainsRune(".。！？!?；;", c) {
				pieces = append(pieces, [2]int{begin, len(text.letters)})
				begin = len(text.letters)
			}
		}
		pieces = append(pieces, [2]int{begin, len(text.letters)})
		found := make([]int, len(text.letters)) // letters of the page, from 1
		take := func(from, to int) bool {
			if from == to {
				return true
			}
			want := string(text.letters[from:to])
			k := strings.Index(page[at:], want)
			if k >= 0 {
				k += at
			} else if k = strings.Index(page, want); k < 0 {
				return false
			}
			first, _ := slices.BinarySearch(byteOf, k)
			for j := from; j < to; j++ {
				found[j] = first + j - from + 1
			}
			at = k + len(want)
			return true
		}
		if !take(0, len(text.letters)) {
			for _, piece := range pieces {
				if !take(piece[0], piece[1]) {
					on.parted(text.letters[piece[0]:piece[1]], found[piece[0]:piece[1]])
				}
			}
		}
		var all []int
		spans := make([][]int, min(len(one.Spans), maxSpans))
		for j, f := range found {
			if f == 0 {
				continue
			}
			c := on.of[f-1]
			all = append(all, c)
			for k := range spans {
				if s := one.Spans[k]; text.of[j] >= s[0] && text.of[j] < s[1] {
					spans[k] = append(spans[k], c)
				}
			}
		}
		places[n] = Located{Boxes: boxes(p, all), Spans: [][4]float32{}}
		for _, s := range spans {
			places[n].Spans = append(places[n].Spans, boxes(p, s)...)
		}
	}
	return places
}

// parted finds a text that is parted at the ends of lines, whose order a turned page
// may not tell, and notes which letters of the page, from 1, are those of the text.
func (s *spelling) parted(text []rune, found []int) {
	for at := 0; at < len(text); {
		best, length := 0, 0
		for k, c := range s.letters {
			if c != text[at] || at > 0 && !s.lines[k] {
				continue
			}
			n := 1
			for at+n < len(text) && k+n < len(s.letters) && s.letters[k+n] == text[at+n] {
				n++
			}
			for n > 0 && at+n < len(text) && !s.lines[k+n] { // back to the end of a line
				n--
			}
			if n > length {
				best, length = k, n
			}
		}
		if length < 2 {
			return
		}
		for j := range length {
			found[at+j] = best + j + 1
		}
		at += length
	}
}

// goesOn reports whether a character stands on the line of a box, which runs across
// (0) or, on a turned page or in upright writing, down (1).
func goesOn(l, b [4]float32, along int) bool {
	over := 1 - along
	thick := b[over+2] - b[over]
	return min(l[over+2], b[over+2])-max(l[over], b[over]) > thick/2 && l[over+2]-l[over] < 2*thick && b[along] < l[along+2]+2*thick && b[along+2] > l[along]-2*thick
}

// boxes puts characters that stand beside each other on a line into one box.
func boxes(p *pdfium.Page, chars []int) [][4]float32 {
	list := [][4]float32{}
	for _, i := range chars {
		c := &p.Chars[i]
		b := [4]float32{max(c.Left, 0), max(c.Top, 0), min(c.Right, p.Width), min(c.Bottom, p.Height)}
		if !(b[0] < b[2] && b[1] < b[3]) { // beside the page, or no place at all
			continue
		}
		if n := len(list); n > 0 {
			l := &list[n-1]
			if goesOn(*l, b, 0) || goesOn(*l, b, 1) {
				*l = [4]float32{min(l[0], b[0]), min(l[1], b[1]), max(l[2], b[2]), max(l[3], b[3])}
				continue
			}
			if n == maxBoxes {
				break
			}
		}
		list = append(list, b)
	}
	for i := range list {
		b := &list[i]
		b[0], b[1], b[2], b[3] = b[0]/p.Width, b[1]/p.Height, b[2]/p.Width, b[3]/p.Height
	}
	return list
}
