package document

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/knowledge/document/pdfium"
)

// A leaf is a page that was laid out.
type leaf struct {
	width, height float32
	groups        []group
}

// A group is a paragraph, or a table.
type group struct {
	lines                    []run
	left, top, right, bottom float32
	size                     float32
	bold                     bool
	table                    [][]string
	rest                     []more // on later pages
}

// lay brings the characters of a page into reading order.
func lay(p *pdfium.Page) leaf {
	l := leaf{width: p.Width, height: p.Height}
	p.Chars = logical(p.Chars)
	runs := runsOf(p)
	tables, runs := ruled(p.Lines, runs)
	more, runs := aligned(runs)
	tables = append(tables, more...)
	for _, t := range tables { // a table is placed like a run
		runs = append(runs, run{text: tableMark, left: t.left, top: t.top, right: t.right, bottom: t.bottom, size: 10})
	}
	rtl := rightToLeft(runs)
	var order []run
	cut(runs, rtl, 0, func(region []run) { order = append(order, linesOf(region, rtl)...); order = append(order, run{}) })
	l.groups = groups(order, tables)
	return l
}

const tableMark = "\x00table"

// height is the size of a character as shown: its font's size may be scaled
// by the page.
func height(c *pdfium.Char) float32 {
	h := c.Bottom - c.Top
	if h <= 0 || c.Size > h*0.6 && c.Size < h*1.3 {
		return c.Size
	}
	return h * 0.85
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

// rightToLeft reports whether most of a page is Arabic or Hebrew.
func rightToLeft(runs []run) bool {
	rtl, all := 0, 0
	for _, r := range runs {
		for _, c := range r.text {
			if unicode.IsLetter(c) {
				all++
				if unicode.In(c, unicode.Arabic, unicode.Hebrew, unicode.Syriac) {
					rtl++
				}
			}
		}
	}
	return rtl*2 > all
}

// cut divides a region at its gutters, and where there are none at its widest
// gap between lines, until neither is there; then it gives it to leaf.
func cut(runs []run, rtl bool, depth int, leaf func([]run)) {
	if len(runs) == 0 {
		return
	}
	if depth < 40 && len(runs) > 3 {
		em := median(runs)
		if x, ok := gutter(runs, em); ok {
			left, right := split(runs, func(r run) bool { return (r.left+r.right)/2 < x })
			if rtl {
				left, right = right, left
			}
			cut(left, rtl, depth+1, leaf)
			cut(right, rtl, depth+1, leaf)
			return
		}
		if y, ok := gap(runs, em); ok {
			above, below := split(runs, func(r run) bool { return (r.top+r.bottom)/2 < y })
			cut(above, rtl, depth+1, leaf)
			cut(below, rtl, depth+1, leaf)
			return
		}
	}
	leaf(runs)
}

func split(runs []run, first func(run) bool) (a, b []run) {
	for _, r := range runs {
		if first(r) {
			a = append(a, r)
		} else {
			b = append(b, r)
		}
	}
	return a, b
}

func median(runs []run) float32 {
	sizes := make([]float32, len(runs))
	for i, r := range runs {
		sizes[i] = r.size
	}
	slices.Sort(sizes)
	return max(sizes[len(sizes)/2], 1)
}

// gutter returns the middle of the widest white strip from top to bottom that
// has text of several lines on both sides.
func gutter(runs []run, em float32) (float32, bool) {
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b run) int { return cmp.Compare(a.left, b.left) })
	reach, best, at := sorted[0].right, em*0.9, float32(0)
	found := false
	for i, r := range sorted {
		if w := r.left - reach; w > best && columnar(sorted[:i]) && columnar(sorted[i:]) {
			best, at, found = w, reach+w/2, true
		}
		reach = max(reach, r.right)
	}
	return at, found
}

// columnar reports whether runs are a column of text: several lines, words
// rather than marks.
func columnar(runs []run) bool {
	if len(runs) < 3 {
		return false
	}
	bases, letters := []float32{}, 0
	for _, r := range runs {
		letters += utf8.RuneCountInString(r.text)
		if !slices.ContainsFunc(bases, func(b float32) bool { return abs(b-r.base) < r.size*0.5 }) {
			bases = append(bases, r.base)
		}
		if len(bases) >= 3 && letters >= 15*len(runs) && len(runs) >= 3 {
			break
		}
	}
	return len(bases) >= 3 && letters >= 12*min(len(runs), len(bases))
}

// gap returns the middle of the widest white strip from left to right.
func gap(runs []run, em float32) (float32, bool) {
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b run) int { return cmp.Compare(a.top, b.top) })
	reach, best, at := sorted[0].bottom, em*0.5, float32(0)
	found := false
	for _, r := range sorted {
		if h := r.top - reach; h > best {
			best, at, found = h, reach+h/2, true
		}
		reach = max(reach, r.bottom)
	}
	return at, found
}

// linesOf joins the runs of a region that stand on one line.
func linesOf(runs []run, rtl bool) []run {
	sorted := slices.SortedStableFunc(slices.Values(runs), func(a, b run) int { return cmp.Compare(a.bottom+a.top, b.bottom+b.top) })
	var lines [][]run
	for _, r := range sorted {
		if n := len(lines); n > 0 {
			l := lines[n-1]
			above := l[len(l)-1]
			if over := min(r.bottom, above.bottom) - max(r.top, above.top); over > 0.5*min(r.bottom-r.top, above.bottom-above.top) && r.text != tableMark && above.text != tableMark {
				lines[n-1] = append(l, r)
				continue
			}
		}
		lines = append(lines, []run{r})
	}
	var list []run
	for _, l := range lines {
		slices.SortStableFunc(l, func(a, b run) int {
			if rtl {
				a, b = b, a
			}
			return cmp.Compare(a.left, b.left)
		})
		now := l[0]
		for _, r := range l[1:] {
			now.text = beside(now, r)
			now.left, now.top, now.right, now.bottom = min(now.left, r.left), min(now.top, r.top), max(now.right, r.right), max(now.bottom, r.bottom)
			now.size, now.bold = max(now.size, r.size), now.bold && r.bold
		}
		list = append(list, now)
	}
	return list
}

// listMark matches what begins an item.
var listMark = regexp.MustCompile(`^(?:[•●○▪■◦‣∙·*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|[（(]?[一二三四五六七八九十]{1,3}[)）、])\s+\S`)

// groups joins lines to paragraphs.
func groups(lines []run, tables []group) []group {
	var list []group
	open := false
	var right, left float32 // of the region
	verse := false          // its lines end by will
	for i, l := range lines {
		if l.text == "" { // a region ends
			open = false
			continue
		}
		if l.text == tableMark {
			for _, t := range tables {
				if t.left == l.left && t.top == l.top && t.right == l.right && t.bottom == l.bottom {
					list = append(list, t)
				}
			}
			open = false
			continue
		}
		if !open {
			left, right = l.left, l.right
			n, ended := 0, 0
			for _, m := range lines[i:] {
				if m.text == "" {
					break
				}
				left, right = min(left, m.left), max(right, m.right)
				if n++; m.ends() {
					ended++
				}
			}
			verse = n >= 4 && 4*ended >= 3*n
		}
		if open {
			g := &list[len(list)-1]
			if before := g.lines[len(g.lines)-1]; !(verse && before.ends()) && follows(before, l, left, right, len(g.lines)) {
				g.add(l)
				continue
			}
		}
		list = append(list, group{left: l.left, top: l.top, right: l.right, bottom: l.bottom, size: l.size, bold: l.bold, lines: []run{l}})
		open = true
	}
	return list
}

func (g *group) add(l run) {
	g.lines = append(g.lines, l)
	g.left, g.top, g.right, g.bottom = min(g.left, l.left), min(g.top, l.top), max(g.right, l.right), max(g.bottom, l.bottom)
	g.bold = g.bold && l.bold
}

// ends reports whether a line ends a sentence.
func (r *run) ends() bool {
	last, _ := utf8.DecodeLastRuneInString(r.text)
	return strings.ContainsRune(".!?。！？", last)
}

// noteMark matches what begins a footnote.
var noteMark = regexp.MustCompile(`^[⁰¹²³⁴⁵⁶⁷⁸⁹]+ `)

// follows reports whether line b goes on where line a ends.
func follows(a, b run, left, right float32, n int) bool {
	em := max(a.size, b.size)
	width := right - left
	last, _ := utf8.DecodeLastRuneInString(a.text)
	short := a.right < right-max(width*0.2, 3*em)
	switch {
	case abs(a.size-b.size) > em*0.12 || a.bold != b.bold && (short || n == 1):
		return false
	case b.top-a.bottom > em*0.9:
		return false
	case listMark.MatchString(b.text), noteMark.MatchString(b.text):
		return false
	case short && strings.ContainsRune(".!?:。！？：；;", last):
		return false
	case b.left > left+em*0.8 && a.left < left+em*0.5 && n > 1 && !short && strings.ContainsRune(".!?:。！？：；;”\"", last): // an indent begins
		return false
	case short && width > 20*em && n == 1 && utf8.RuneCountInString(a.text) < 40:
		return false
	}
	return true
}

func (g *group) runes() int {
	n := 0
	for _, l := range g.lines {
		n += utf8.RuneCountInString(l.text)
	}
	return n
}

// heading reports whether a paragraph is larger, or a short bold line.
func (g *group) heading(body float32) bool {
	n := g.runes()
	if g.table != nil || n == 0 || n > 200 || len(g.lines) > 4 || !strings.ContainsFunc(g.lines[0].text, unicode.IsLetter) {
		return false
	}
	if round(g.size) > body*1.1 {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(g.lines[len(g.lines)-1].text)
	return g.bold && len(g.lines) == 1 && n <= 80 && !strings.ContainsRune(".,;:。，；：", last) && g.size >= body*0.95
}

// text joins the lines of a paragraph.
func (g *group) text() string {
	s, _ := g.joined()
	return s
}

// joined is text, and at which byte of it each line begins.
func (g *group) joined() (text string, at []int) {
	var b strings.Builder
	before := ""
	for _, l := range g.lines {
		t := l.text
		switch cut, ok := strings.CutSuffix(before, "-"); {
		case before == "":
		case ok && hyphenated(cut, t):
			s := b.String()
			b.Reset()
			b.WriteString(s[:len(s)-1])
		default:
			t = glue(before, t)[len(before):]
		}
		b.WriteString(t)
		at = append(at, b.Len()-len(l.text))
		before = l.text
	}
	return b.String(), at
}

// hyphenated reports whether a word was divided at the end of a line.
func hyphenated(a, b string) bool {
	l, _ := utf8.DecodeLastRuneInString(a)
	f, _ := utf8.DecodeRuneInString(b)
	return unicode.IsLower(l) && unicode.IsLower(f)
}

func (g *group) block(page int) Block {
	b := Block{Kind: Paragraph, Page: page, Box: &[4]float32{g.left, g.top, g.right, g.bottom}}
	for _, m := range g.rest {
		b.Rest = append(b.Rest, Rest{At: m.at, Page: m.page, Box: [4]float32{m.left, m.top, m.right, m.bottom}})
	}
	if g.table != nil {
		b.Kind, b.Rows = Table, g.table
		if len(b.Rows) > 1 {
			b.Head = 1
		}
		return b
	}
	text, at := g.joined()
	b.Text = text
	for i := range b.Rest {
		b.Rest[i].At = at[b.Rest[i].At]
	}
	if m := listMark.FindString(b.Text); m != "" {
		mark, rest, ok := strings.Cut(b.Text, " ")
		if ok {
			b.Kind, b.Text = Item, strings.TrimSpace(rest)
			if strings.ContainsAny(mark, "0123456789") && strings.HasSuffix(mark, ".") {
				b.Mark = mark
			} else if !strings.ContainsAny(mark, "•●○▪■◦‣∙·*–—-") {
				b.Kind, b.Text = Paragraph, mark+" "+rest
			}
			for i := range b.Rest {
				b.Rest[i].At = max(b.Rest[i].At-len(text)+len(b.Text), 0)
			}
		}
	}
	return b
}
