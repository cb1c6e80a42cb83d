package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/knowledge/document/pdfium"
)

// A run is text that stands close together on one line.
type run struct {
	text                     string
	left, top, right, bottom float32
	base, size               float32
	bold                     bool
}

// runsOf joins characters as PDFium orders them.
func runsOf(p *pdfium.Page) []run {
	var list []run
	var b strings.Builder
	var now run
	var last *pdfium.Char
	bold, n := 0, 0
	raised := false
	end := func() {
		if now.text = strings.TrimSpace(b.String()); now.text != "" {
			now.bold = bold*2 > n
			list = append(list, now)
		}
		b.Reset()
		last, bold, n, raised = nil, 0, 0, false
	}
	for i := range p.Chars {
		c := &p.Chars[i]
		switch {
		case c.Rune == '\n' || c.Rune == '\r':
			end()
			continue
		case c.Rune == 0xFFFE || c.Rune == 2: // a hyphen at the end of a line
			b.WriteByte('-')
			continue
		case c.Unmapped: // a guess is worse than nothing
			continue
		case c.Rune < ' ' || c.Rune > unicode.MaxRune || c.Rune == 0xFFFF:
			continue
		case c.Made || c.Rune == ' ' || c.Rune == 0xA0:
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			continue
		case c.Left > p.Width || c.Right < 0 || c.Top > p.Height || c.Bottom < 0: // off the page
			continue
		}
		if last != nil {
			em := max(last.Size, c.Size, 1)
			gap := max(c.Left-last.Right, last.Left-c.Right)
			if abs(c.Base-last.Base) > em*0.6 || gap > em*1.1 || gap > em*0.2 && ruleBetween(p.Lines, last, c) {
				end()
			}
		}
		if last == nil {
			now = run{left: c.Left, top: c.Top, right: c.Right, bottom: c.Bottom, base: c.Base, size: c.Bottom - c.Top}
			if c.Size > 0 {
				now.size = height(c)
			}
		} else if s := strings.TrimSpace(b.String()); len(s) <= 3 && marks(s) && above(now.size, now.base, height(c), c.Base) { // a note begins
			b.Reset()
			b.WriteString(superscript(s) + " ")
			now.size, now.base = height(c), c.Base
		}
		now.left, now.top, now.right, now.bottom = min(now.left, c.Left), min(now.top, c.Top), max(now.right, c.Right), max(now.bottom, c.Bottom)
		if last != nil && unicode.IsDigit(c.Rune) {
			raised = above(height(c), c.Base, height(last), last.Base) || raised && abs(c.Base-last.Base) < 1
		} else {
			raised = false
		}
		if raised {
			b.WriteString(superscript(string(c.Rune)))
		} else {
			b.WriteRune(c.Rune)
		}
		n++
		if c.Weight >= 600 {
			bold++
		}
		last = c
	}
	end()
	return list
}

// above reports whether a character is smaller and higher than the one beside it.
func above(size, base, besideSize, besideBase float32) bool {
	return size < 0.8*besideSize && base < besideBase-0.15*besideSize
}

// marks reports whether s is digits alone.
func marks(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// superscript raises digits.
func superscript(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0']
		}
		return r
	}, s)
}

// beside joins the text of a run to that of the one it follows on its line. What
// touches has no space between; a small number above the line is a mark.
func beside(a, b run) string {
	touch := max(b.left-a.right, a.left-b.right) < 0.15*a.size
	switch {
	case touch && marks(b.text) && above(b.size, b.base, a.size, a.base):
		return a.text + superscript(b.text)
	case touch && a.raised():
		return a.text + b.text
	}
	return glue(a.text, b.text)
}

// raised reports whether a run ends in a raised digit.
func (r *run) raised() bool {
	last, _ := utf8.DecodeLastRuneInString(r.text)
	return strings.ContainsRune("⁰¹²³⁴⁵⁶⁷⁸⁹", last)
}

// ruleBetween reports whether a line drawn down stands between two characters:
// they are in two cells.
func ruleBetween(lines []pdfium.Line, a, b *pdfium.Char) bool {
	left, right := min(a.Right, b.Right), max(a.Left, b.Left)
	y := (b.Top + b.Bottom) / 2
	for i := range lines[:min(len(lines), 1000)] {
		if l := &lines[i]; l.X1-l.X0 <= 3 && l.Y0 < y && l.Y1 > y && l.X0 > left-1 && l.X1 < right+1 {
			return true
		}
	}
	return false
}

// logical turns around the letters of a right-to-left word that one glyph
// stands for: PDFium takes them to be in the order of the page. It leaves out
// the glyphs that such a word stands for too, and the word where it is told once more in
// the place of a letter that is no part of it.
func logical(chars []pdfium.Char) []pdfium.Char {
	box := func(c *pdfium.Char) [4]float32 { return [4]float32{c.Left, c.Top, c.Right, c.Bottom} }
	var list, word []pdfium.Char // word: the last that has several letters
	for i := 0; i < len(chars); {
		c := chars[i]
		j := i + 1
		for rtlRune(c.Rune) && j < len(chars) && box(&chars[j]) == box(&c) && rtlRune(chars[j].Rune) {
			j++
		}
		middle := (c.Left + c.Right) / 2
		switch {
		case j-i > 1:
			now := slices.Clone(chars[i:j])
			slices.Reverse(now)
			again := slices.EqualFunc(now, word, func(a, b pdfium.Char) bool { return a.Rune == b.Rune }) &&
				slices.ContainsFunc(list[max(len(list)-100, 0):], func(o pdfium.Char) bool { return box(&o) == box(&c) && unicode.IsLetter(o.Rune) && !rtlRune(o.Rune) })
			if word = now; !again {
				list = append(list, now...)
			}
		case len(word) > 0 && !unicode.IsSpace(c.Rune) && c.Rune > 0x7f && middle > word[0].Left && middle < word[0].Right && abs(c.Base-word[0].Base) < 1:
		default:
			list = append(list, c)
		}
		i = j
	}
	return list
}

func rtlRune(r rune) bool { return r >= 0x590 && r < 0x900 }
