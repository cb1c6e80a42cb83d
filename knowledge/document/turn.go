package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Rest is a later part of a block, on another page.
type Rest struct {
	At   int        `json:"at"`   // where it begins: byte of the block's text, or row of its table
	Page int        `json:"page"` // from 1
	Box  [4]float32 `json:"box"`  // as Block.Box
}

// A more is what a group took of a later page.
type more struct {
	page                     int
	left, top, right, bottom float32
	at                       int // line of the group, or row of its table
}

// goOver joins what goes on over the end of a page: a paragraph that stops in the midst
// of a sentence, a table whose columns go on. Footnotes below do not part them.
func (p *press) goOver(body float32, titles map[string]int) {
	var open *group
	height := float32(0) // of the page on which it stands
	for i := range p.pages {
		l := &p.pages[i]
		if open != nil && len(l.groups) > 0 {
			if g := &l.groups[0]; open.overTo(g, height, l.height) && !open.titled(body, titles) && !g.titled(body, titles) {
				open.take(g, i+1)
				if l.groups = l.groups[1:]; len(l.groups) == 0 {
					height = l.height
					continue // to the next page, if it goes on there
				}
			}
		}
		open, height = nil, l.height
		for j := len(l.groups) - 1; j >= 0; j-- {
			if g := &l.groups[j]; g.table != nil || round(g.size) >= round(body) {
				open = g
				break
			}
		}
	}
}

// titled reports whether a group is a heading.
func (g *group) titled(body float32, titles map[string]int) bool {
	if g.table != nil {
		return false
	}
	_, listed := titles[plainTitle(g.text())]
	return listed || g.heading(body)
}

// overTo reports whether a group at the end of a page goes on in g, the first of the next.
func (a *group) overTo(g *group, above, below float32) bool {
	left, right, bottom := a.left, a.right, a.bottom
	if n := len(a.rest); n > 0 {
		left, right, bottom = a.rest[n-1].left, a.rest[n-1].right, a.rest[n-1].bottom
	}
	if a.table != nil || g.table != nil {
		return a.table != nil && g.table != nil && abs(left-g.left) < 12 && abs(right-g.right) < 12 && (slices.Equal(a.table[0], g.table[0]) ||
			bottom > above*0.75 && g.top < below*0.25 && likeRows(a.table, g.table[0]))
	}
	em := max(a.size, g.size)
	width := max(right-left, g.right-g.left)
	if abs(a.size-g.size) > 0.5 || a.bold != g.bold || len(a.lines)+len(g.lines) < 3 || listMark.MatchString(g.lines[0].text) || noteMark.MatchString(g.lines[0].text) {
		return false
	}
	if abs(left-g.left) > em && abs((right-left)-(g.right-g.left)) > width*0.15 { // neither the same column nor one as wide
		return false
	}
	end := a.lines[len(a.lines)-1]
	last, _ := utf8.DecodeLastRuneInString(end.text)
	first, _ := utf8.DecodeRuneInString(g.lines[0].text)
	if unicode.IsLower(first) {
		return unicode.IsLetter(last) || unicode.IsDigit(last) || strings.ContainsRune(",-–—", last)
	}
	full := end.right >= end.left+width*0.9 || end.right >= right-2*em && len(a.lines) > 1
	indented := len(g.lines) > 1 && g.lines[0].left > g.lines[1].left+em*0.8
	return wide(first) && unicode.IsLetter(first) && wide(last) && (unicode.IsLetter(last) || strings.ContainsRune("，、", last)) && full && !indented
}

// likeRows reports whether a row may be another of a table: as many cells, and
// a number in each column that holds nothing else.
func likeRows(table [][]string, row []string) bool {
	if len(table[0]) != len(row) || len(table) < 3 {
		return len(table[0]) == len(row)
	}
	digit := func(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }
	for c := range row {
		numbers := true
		for _, r := range table[1:] {
			numbers = numbers && digit(r[c])
		}
		if numbers && !digit(row[c]) {
			return false
		}
	}
	return true
}

// take adds what goes on on a page.
func (a *group) take(g *group, page int) {
	m := more{page: page, left: g.left, top: g.top, right: g.right, bottom: g.bottom, at: len(a.lines)}
	if a.table != nil {
		rows := g.table
		if slices.Equal(a.table[0], rows[0]) { // the head is printed again
			rows = rows[1:]
		}
		m.at = len(a.table)
		a.table = append(a.table, rows...)
	}
	a.lines = append(a.lines, g.lines...)
	a.rest = append(a.rest, m)
}
