package document

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/knowledge/document/pdfium"
)

// readPDF reads the text layer of a PDF: reading order by columns, headings
// by size, tables by their rules; what repeats above and below the pages is
// left out. The files attached to it follow as documents of their own.
func (r *Reader) readPDF(s *source, name string, data []byte) error {
	f, err := r.openPDF(data)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Pages > s.limits.Pages {
		return reject(Large, "has more than %d pages", "超过 %d 页", s.limits.Pages)
	}
	d := &Document{Name: name, Format: "pdf", Title: f.Meta("Title"), Author: f.Meta("Author"), Date: pdfDate(f.Meta("ModDate"), f.Meta("CreationDate")), Pages: f.Pages}
	p := press{d: d}
	for _, b := range f.Outline() {
		if t := plainTitle(b.Title); t != "" && len(t) < 300 {
			p.outline = append(p.outline, b)
		}
	}
	var text int64
	damaged := 0
	for i := range f.Pages {
		page, err := f.Page(i)
		if errors.Is(err, pdfium.ErrFormat) {
			damaged++ // one page less
			p.pages = append(p.pages, leaf{})
			continue
		}
		if err != nil {
			return broken("PDF", err)
		}
		if text += int64(len(page.Chars)); text > s.left {
			return reject(Large, "holds more than %d MiB of text", "文字超过 %d MiB", s.limits.Text>>20)
		}
		if scanned(page) {
			d.Scanned = append(d.Scanned, i+1)
		}
		p.pages = append(p.pages, lay(page))
	}
	if damaged == f.Pages && damaged > 0 {
		return reject(Broken, "has no page that can be read", "没有可读的页面")
	}
	p.print()
	attached := f.Attachments(min(s.packed, 64<<20))
	if err := s.give(d); err != nil {
		if r, ok := errors.AsType[*Rejection](err); !ok || len(attached) == 0 || r.Cause != Empty {
			return err
		}
	}
	for _, a := range attached {
		s.packed -= int64(len(a.Data))
		if err := s.unpack(join(name, a.Name), a.Data); err != nil {
			return err
		}
	}
	return nil
}

// scanned reports whether a page is a picture of text: hardly any letters, or
// letters of which the file does not say which they are.
func scanned(p *pdfium.Page) bool {
	letters, unmapped := 0, 0
	for i := range p.Chars {
		switch c := &p.Chars[i]; {
		case c.Unmapped || unicode.Is(unicode.Co, c.Rune):
			unmapped++
		case unicode.IsLetter(c.Rune) || unicode.IsDigit(c.Rune):
			letters++
		}
	}
	return letters < 10 && p.Pictures >= 0.3 || unmapped > 20 && unmapped*2 > letters
}

// pdfDate turns D:20220405123456+02'00' into 2022-04-05T12:34:56+02:00.
func pdfDate(list ...string) string {
	for _, s := range list {
		s = strings.TrimPrefix(s, "D:")
		if len(s) < 8 || strings.Trim(s[:8], "0123456789") != "" {
			continue
		}
		out := s[:4] + "-" + s[4:6] + "-" + s[6:8]
		if len(s) >= 14 && strings.Trim(s[8:14], "0123456789") == "" {
			zone := strings.TrimSuffix(strings.ReplaceAll(s[14:], "'", ":"), ":")
			if len(zone) == 3 {
				zone += ":00"
			}
			if len(zone) != 6 {
				zone = "Z"
			}
			out += "T" + s[8:10] + ":" + s[10:12] + ":" + s[12:14] + zone
		}
		return out
	}
	return ""
}

func plainTitle(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " "))
}

// A press makes one document of pages.
type press struct {
	d       *Document
	pages   []leaf
	outline []pdfium.Bookmark
}

// print turns the pages into blocks.
func (p *press) print() {
	p.strip()
	for i := range p.pages {
		p.pages[i].goOn()
	}
	body := p.bodySize()
	sizes := p.headingSizes(body)
	titles := map[string]int{}
	for _, b := range p.outline {
		titles[plainTitle(b.Title)] = b.Level
	}
	p.goOver(body, titles)
	for i := range p.pages {
		for _, g := range p.pages[i].groups {
			b := g.block(i + 1)
			switch level, listed := titles[plainTitle(b.Text)]; {
			case b.Kind != Paragraph:
			case listed && len(b.Text) < 300:
				b.Kind, b.Level = Heading, min(level, 6)
			case g.heading(body):
				b.Kind, b.Level = Heading, slices.Index(sizes, round(g.size))+1
				if b.Level == 0 {
					b.Level = min(len(sizes)+1, 6)
				}
			}
			if b.Kind == Heading {
				b.Text = oneLine(b.Text)
			}
			p.d.Blocks = append(p.d.Blocks, b)
		}
	}
	p.front()
	if strings.TrimSpace(p.d.Title) == "" || strings.Contains(strings.ToLower(p.d.Title), "untitled") {
		p.d.Title = ""
		for _, b := range p.d.Blocks {
			if b.Kind == Heading || p.d.Title == "" && b.Kind == Paragraph {
				p.d.Title = clip(b.Text, 120)
			}
			if b.Kind == Heading {
				break
			}
		}
	}
}

// front makes paragraphs of the names and dates below the title, which are large
// and have nothing below them.
func (p *press) front() {
	list := p.d.Blocks
	for i := 1; i+1 < len(list) && i < 8 && list[i].Page == 1 && list[i].Kind == Heading; i++ {
		if next := list[i+1]; list[0].Kind == Heading && list[0].Level < list[i].Level && next.Kind == Heading && next.Level <= list[i].Level && next.Page == 1 && !p.listed(list[i].Text) {
			list[i].Kind, list[i].Level = Paragraph, 0
		}
	}
}

// listed reports whether the outline names a heading.
func (p *press) listed(text string) bool {
	return slices.ContainsFunc(p.outline, func(b pdfium.Bookmark) bool { return plainTitle(b.Title) == plainTitle(text) })
}

// goOn joins a paragraph to its beginning at the foot of the column before.
func (l *leaf) goOn() {
	var keep []group
	for _, g := range l.groups {
		if n := len(keep); n > 0 && keep[n-1].goesOn(&g) {
			a := &keep[n-1]
			for _, line := range g.lines {
				a.add(line)
			}
			continue
		}
		keep = append(keep, g)
	}
	l.groups = keep
}

// goesOn reports whether g, in the next column, goes on in the midst of a sentence.
func (a *group) goesOn(g *group) bool {
	if a.table != nil || g.table != nil || g.top >= a.bottom || g.left < a.right && g.right > a.left || abs(a.size-g.size) > 0.5 || a.bold != g.bold || len(a.lines)+len(g.lines) < 4 {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(a.lines[len(a.lines)-1].text)
	first, _ := utf8.DecodeRuneInString(g.lines[0].text)
	return unicode.IsLower(first) && (unicode.IsLetter(last) || last == ',' || last == '-') || wide(first) && wide(last) && unicode.IsLetter(first) && (unicode.IsLetter(last) || last == '，' || last == '、')
}

// round makes sizes that differ by rounding the same.
func round(size float32) float32 { return float32(int(size*2+0.5)) / 2 }

// bodySize is the size of most characters.
func (p *press) bodySize() float32 {
	n := map[float32]int{}
	for _, page := range p.pages {
		for _, g := range page.groups {
			n[round(g.size)] += g.runes()
		}
	}
	best := float32(0)
	for s, c := range n {
		if c > n[best] || c == n[best] && s < best {
			best = s
		}
	}
	return best
}

// headingSizes are the sizes of headings, the largest first.
func (p *press) headingSizes(body float32) []float32 {
	var list []float32
	for _, page := range p.pages {
		for _, g := range page.groups {
			if s := round(g.size); g.heading(body) && s > body*1.1 && !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list[:min(len(list), 5)]
}

// strip removes running heads and feet, and the numbers of pages: what stands
// first or last on several pages, but for its digits.
func (p *press) strip() {
	count := map[string]int{}
	for i := range p.pages {
		seen := map[string]bool{}
		for j := range p.pages[i].groups {
			if k := p.pages[i].edge(j); k != "" && !seen[k] {
				seen[k] = true
				count[k]++
			}
		}
	}
	for i := range p.pages {
		page := &p.pages[i]
		var keep []group
		for j := range page.groups {
			k := page.edge(j)
			n := count[k]
			numbered := k != "" && pageNumber.MatchString(k[2:])
			own := numbered && strings.Contains(page.groups[j].text(), strconv.Itoa(i+1))
			if k != "" && (n >= 3 || n >= 2 && 2*n >= len(p.pages) || numbered && n >= 2 || own) {
				continue
			}
			keep = append(keep, page.groups[j])
		}
		page.groups = keep
	}
}

// pageNumber matches a line that only counts the page, its digits as #.
var pageNumber = regexp.MustCompile(`^[-–—|·. ]*(page|seite|p\.|第)? ?# ?(页|頁)?([ /]+(of|von|共|/)? ?#? ?(页|頁)?)?[-–—|·. ]*$`)

// edge returns what group j, if it is at the edge of the page, says, its
// digits as #; "" elsewhere.
func (l *leaf) edge(j int) string {
	g := &l.groups[j]
	if g.table != nil || len(g.lines) > 2 {
		return ""
	}
	first, last := true, true
	for i := range l.groups {
		if o := &l.groups[i]; i != j {
			first = first && o.bottom > g.top
			last = last && o.top < g.bottom
		}
	}
	var b strings.Builder
	switch {
	case g.bottom < l.height*0.08 || first && g.bottom < l.height*0.2:
		b.WriteString("t:")
	case g.top > l.height*0.92 || last && g.top > l.height*0.8:
		b.WriteString("b:")
	default:
		return ""
	}
	digits := false
	for _, r := range strings.ToLower(oneLine(g.text())) {
		if unicode.IsDigit(r) {
			if !digits {
				b.WriteByte('#')
			}
			digits = true
			continue
		}
		digits = false
		b.WriteRune(r)
	}
	return b.String()
}
