// Package knowledge finds the passages of the owner's documents that a
// question is about, and the sentences in them that answer it. Nothing is
// written by a model: an answer is a quotation with its source.
//
// Passages are found by BM25 over words and, for Chinese, pairs of characters
// (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009).
package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"sort"
	"strings"
	"unicode/utf8"

	"suiren/knowledge/document"
)

// A Document is one of the owner's texts.
type Document struct {
	Path  string // names it, and says by its ending what it is: .md and .markdown are Markdown
	Title string
	Text  string // UTF-8
	Pages []int  // where in Text each page begins, in order; nil: there are none

	Markdown bool // the text is Markdown, whatever the path ends in
}

// FromFile makes a Document of a file that was read: its text is Markdown, unless it
// stands in the file as plain text.
func FromFile(d *document.Document) Document {
	text, places := d.Markdown()
	doc := Document{Path: d.Name, Title: strings.TrimSpace(d.Title), Text: text, Markdown: d.Source == "" || d.Format == "markdown"}
	if doc.Title == "" {
		doc.Title = strings.TrimSuffix(path.Base(d.Name), path.Ext(d.Name))
	}
	begins := func(page, at int) {
		for page > len(doc.Pages) && len(doc.Pages) < d.Pages {
			doc.Pages = append(doc.Pages, at)
		}
	}
	for i, place := range places {
		begins(place.Page, place.Start)
		for k, at := range place.Turns {
			begins(d.Blocks[i].Rest[k].Page, at)
		}
	}
	return doc
}

// A Passage is a part of a document that can stand alone.
type Passage struct {
	ID      string `json:"id"` // of file, heading and text: stays while they stay
	File    string `json:"file"`
	Heading string `json:"heading,omitempty"` // the path of headings: Keys › How do I get one?
	Lang    string `json:"lang"`              // zh or en
	Text    string `json:"text"`              // plain; a line for each paragraph, item and row
	Page    int    `json:"page,omitempty"`    // on which it begins, from 1; 0: there are none
	Turns   []Turn `json:"turns,omitempty"`   // the pages after it that it reaches into
	Start   int    `json:"start,omitempty"`   // bytes of the document's text that it was made of
	End     int    `json:"end,omitempty"`     // 0: not known
}

// A Turn is where in a passage's text a page begins.
type Turn struct {
	At   int `json:"at"` // bytes
	Page int `json:"page"`
}

// PageAt returns the page on which byte at of the text stands; 0: there are none.
func (p *Passage) PageAt(at int) int {
	page := p.Page
	for _, t := range p.Turns {
		if t.At <= at {
			page = t.Page
		}
	}
	return page
}

// Sizes of a passage, in columns: a Chinese character takes two, and says as
// much as two or three letters. Text is cut at headings first. Within a
// section a passage grows to minSize before it ends at the next block, and
// only a block of more than maxSize is cut inside.
const (
	minSize = 600
	maxSize = 1200
)

// size returns the columns of a text.
func size(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

func columns(r rune) int {
	if isCJK(r) {
		return 2
	}
	return 1
}

// headingSep stands between the headings of a path.
const headingSep = " › "

// Passages cuts a document into passages, in its order.
func Passages(d Document) []Passage {
	var sections []section
	switch {
	case d.Markdown || isMarkdown(d.Path):
		sections = markdown(d.Text)
	case isCode(d.Path):
		sections = code(d)
	default:
		sections = plain(d)
	}
	var list []Passage
	ids := map[string]int{}
	for _, s := range articles(sections) {
		heading := strings.Join(s.path, headingSep)
		for _, c := range s.texts() {
			p := Passage{File: d.Path, Heading: heading, Text: c.text, Start: c.start, End: c.end}
			p.Page, p.Turns = c.pages(&d)
			p.Lang = Lang(heading + "\n" + p.Text)
			h := sha256.Sum256([]byte(p.File + "\x00" + p.Heading + "\x00" + p.Text))
			p.ID = hex.EncodeToString(h[:8])
			if ids[p.ID]++; ids[p.ID] > 1 { // the same words twice under one heading
				p.ID += fmt.Sprintf("-%d", ids[p.ID])
			}
			list = append(list, p)
		}
	}
	return list
}

// Title returns the first heading of a Markdown document, or the first line
// of any other, of at most 120 runes; "" if there is none.
func Title(path, text string) string {
	title := ""
	if isMarkdown(path) {
		for _, s := range markdown(text) {
			if len(s.path) > 0 {
				title = s.path[0]
				break
			}
		}
	}
	if title == "" {
		title, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	}
	return clip(strings.TrimSpace(title), 120)
}

func isMarkdown(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".md") || strings.HasSuffix(path, ".markdown")
}

// A section is what stands below a heading and above the next.
type section struct {
	path   []string // headings from the outermost
	blocks []block
}

// A block is a paragraph, a list, a table or code: parts that belong together.
type block struct {
	head  string   // repeated when the block is cut: a table's header
	parts []string // sentences, items, rows, lines
	sep   string   // between parts
	start int      // bytes of the document
	end   int
}

func (b block) String() string {
	text := strings.Join(b.parts, b.sep)
	if b.head != "" {
		text = b.head + "\n" + text
	}
	return text
}

// A chunk is the text of a passage and where it comes from.
type chunk struct {
	text       string
	start, end int
	begins     []begin // of its blocks
}

// A begin is where a block, or a piece of one, begins: in the chunk's text, and in the
// document, where it ends at end. Of a piece both are about right.
type begin struct{ at, start, end int }

// pages returns the page on which a chunk begins, and where in it others do.
func (c *chunk) pages(d *Document) (first int, turns []Turn) {
	last := 0
	turn := func(at, page int) {
		if page > last && at > 0 {
			turns = append(turns, Turn{at, page})
		}
		last = max(last, page)
	}
	for i, b := range c.begins {
		to := len(c.text)
		if i+1 < len(c.begins) {
			to = c.begins[i+1].at
		}
		page := sort.SearchInts(d.Pages, b.start+1)
		if i == 0 {
			first = page
		}
		turn(b.at, page)
		for ; page < len(d.Pages) && d.Pages[page] < b.end; page++ { // in the midst of the block
			turn(b.at+nearest(c.text[b.at:to], d.Text[d.Pages[page]:b.end], d.Pages[page]-b.start), page+1)
		}
	}
	return first, turns
}

// nearest returns where in a block's text stands what begins a page, about at want.
func nearest(text, page string, want int) int {
	line, _, _ := strings.Cut(strings.TrimLeft(page, "| \\"), "\n")
	line, _, _ = strings.Cut(line, " |")
	line = clip(line, 40)
	best := min(want, len(text))
	for best > 0 && best < len(text) && !utf8.RuneStart(text[best]) {
		best--
	}
	for at, found := 0, -1; line != ""; at++ {
		i := strings.Index(text[at:], line)
		if i < 0 {
			break
		}
		if at += i; found < 0 || max(at-want, want-at) < max(found-want, want-found) {
			best, found = at, at
		}
	}
	return best
}

// texts joins the blocks of a section to passages.
func (s section) texts() []chunk {
	var list []chunk
	var now strings.Builder
	var begins []begin
	n, start, last := 0, 0, 0
	end := func() {
		if n > 0 {
			list = append(list, chunk{now.String(), start, last, begins})
			now.Reset()
			n, begins = 0, nil
		}
	}
	for _, b := range s.blocks {
		pieces, done := b.cut(), 0 // bytes of the block
		for i, text := range pieces {
			width := size(text)
			if n >= minSize || n > 0 && n+width > maxSize {
				end()
			}
			if n > 0 {
				now.WriteString("\n")
			} else {
				start = b.start
			}
			begins = append(begins, begin{now.Len(), b.start + done, b.end})
			if i+1 < len(pieces) {
				if done += len(text); b.head != "" {
					done -= len(b.head) + 1 // is said again
				}
				begins[len(begins)-1].end = min(b.start+done, b.end)
			}
			now.WriteString(text)
			n += width
			last = max(b.end, start)
		}
	}
	end()
	return list
}

// cut returns the block whole if it is not too long, or else in pieces of
// whole parts.
func (b block) cut() []string {
	text := b.String()
	if len(text) > maxSize && size(text) > maxSize { // a column takes a byte at least
		return b.pieces()
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return []string{text}
}

// pieces parts a block that is too long.
func (b block) pieces() []string {
	var list []string
	piece := block{head: narrow(b.head, maxSize/2), sep: b.sep}
	n := 0
	for _, part := range b.parts {
		for part != "" {
			head := narrow(part, maxSize) // a part too long by itself is cut anywhere
			part = part[len(head):]
			width := size(head)
			if n > 0 && n+width > maxSize {
				list = append(list, strings.TrimSpace(piece.String()))
				piece.parts, n = nil, 0
			}
			piece.parts = append(piece.parts, head)
			n += width
		}
	}
	if n > 0 {
		list = append(list, strings.TrimSpace(piece.String()))
	}
	return list
}

// narrow returns the beginning of s that takes n columns.
func narrow(s string, n int) string {
	for i, r := range s {
		if n -= columns(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// clip returns the first n runes of s.
func clip(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// plain cuts a text without marks: paragraphs end at empty lines, and before
// an article, a chapter or a question. A first paragraph that is the title is
// the heading.
func plain(d Document) []section {
	var s section
	if d.Title != "" {
		s.path = []string{oneLine(d.Title)}
	}
	at, first := 0, true
	paragraph := func(end int) {
		raw := d.Text[at:end]
		p := strings.TrimSpace(raw)
		start := at + strings.Index(raw, p)
		at = end
		if p == "" {
			return
		}
		if first && len(p) <= 2*len(d.Title) && oneLine(p) == oneLine(d.Title) {
			first = false
			return
		}
		first = false
		s.blocks = append(s.blocks, block{parts: split(unwrap(p)), start: start, end: start + len(p)})
	}
	pos := 0
	for line := range strings.Lines(d.Text) {
		if strings.TrimSpace(line) == "" || opens.MatchString(line) {
			paragraph(pos)
		}
		pos += len(line)
	}
	paragraph(len(d.Text))
	if text := strings.TrimSpace(d.Text); len(s.blocks) == 0 && text != "" { // the title is all there is
		start := strings.Index(d.Text, text)
		s.blocks = []block{{parts: []string{text}, start: start, end: start + len(text)}}
	}
	return []section{s}
}

// code keeps the lines of a program.
func code(d Document) []section {
	lines := strings.Split(strings.TrimRight(d.Text, "\n"), "\n")
	return []section{{path: []string{d.Path}, blocks: []block{{parts: lines, sep: "\n", end: len(d.Text)}}}}
}

func isCode(path string) bool {
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "go", "py", "js", "ts", "c", "h", "cc", "cpp", "rs", "java", "sh", "sql", "lua", "rb", "kt", "cs", "swift", "php":
		return true
	}
	return false
}

// unwrap joins the lines of a paragraph that were broken for their length.
func unwrap(p string) string {
	lines := strings.Split(p, "\n")
	for i, l := range lines[:len(lines)-1] {
		last, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(l))
		end := "\n"
		if utf8.RuneCountInString(l) >= 60 && !strings.ContainsRune(".!?:;。！？：；…", last) {
			end = "\r"
		}
		lines[i] = strings.TrimRight(l, " \t\r") + end
	}
	return softBreaks(strings.Join(lines, ""))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
