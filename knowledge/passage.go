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
	"strings"
	"unicode/utf8"
)

// A Document is one of the owner's texts.
type Document struct {
	Path  string // names it, and says by its ending what it is: .md and .markdown are Markdown
	Title string
	Text  string // UTF-8

	Markdown bool // the text is Markdown, whatever the path ends in
}

// A Passage is a part of a document that can stand alone.
type Passage struct {
	ID      string `json:"id"` // of file, heading and text: stays while they stay
	File    string `json:"file"`
	Heading string `json:"heading,omitempty"` // the path of headings: Keys › How do I get one?
	Lang    string `json:"lang"`              // zh or en
	Text    string `json:"text"`              // plain; a line for each paragraph, item and row
}

// Sizes of a passage in runes. Text is cut at headings first. Within a
// section a passage grows to minRunes before it ends at the next block, and
// only a block of more than maxRunes is cut inside.
const (
	minRunes = 300
	maxRunes = 600
)

// headingSep stands between the headings of a path.
const headingSep = " › "

// Passages cuts a document into passages, in its order.
func Passages(d Document) []Passage {
	var sections []section
	if d.Markdown || isMarkdown(d.Path) {
		sections = markdown(d.Text)
	} else {
		sections = plain(d)
	}
	var list []Passage
	ids := map[string]int{}
	for _, s := range sections {
		heading := strings.Join(s.path, headingSep)
		for _, text := range s.texts() {
			p := Passage{File: d.Path, Heading: heading, Text: text}
			p.Lang = Lang(heading + "\n" + text)
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
}

func (b block) String() string {
	text := strings.Join(b.parts, b.sep)
	if b.head != "" {
		text = b.head + "\n" + text
	}
	return text
}

// texts joins the blocks of a section to passages.
func (s section) texts() []string {
	var list []string
	var now strings.Builder
	n := 0
	end := func() {
		if n > 0 {
			list = append(list, now.String())
			now.Reset()
			n = 0
		}
	}
	for _, b := range s.blocks {
		for _, text := range b.cut() {
			size := utf8.RuneCountInString(text)
			if n >= minRunes || n > 0 && n+size > maxRunes {
				end()
			}
			if n > 0 {
				now.WriteString("\n")
			}
			now.WriteString(text)
			n += size
		}
	}
	end()
	return list
}

// cut returns the block whole if it is not too long, or else in pieces of
// whole parts.
func (b block) cut() []string {
	if text := b.String(); utf8.RuneCountInString(text) <= maxRunes {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		return []string{strings.TrimSpace(text)}
	}
	var list []string
	piece := block{head: clip(b.head, maxRunes/2), sep: b.sep}
	n := 0
	for _, part := range b.parts {
		for part != "" {
			head := clip(part, maxRunes) // a part too long by itself is cut anywhere
			part = part[len(head):]
			size := utf8.RuneCountInString(head)
			if n > 0 && n+size > maxRunes {
				list = append(list, strings.TrimSpace(piece.String()))
				piece.parts, n = nil, 0
			}
			piece.parts = append(piece.parts, head)
			n += size
		}
	}
	if n > 0 {
		list = append(list, strings.TrimSpace(piece.String()))
	}
	return list
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

// plain cuts a text without marks: paragraphs end at empty lines. A first
// paragraph that is the title is the heading.
func plain(d Document) []section {
	var s section
	if d.Title != "" {
		s.path = []string{oneLine(d.Title)}
	}
	for i, p := range strings.Split(d.Text, "\n\n") {
		if p = strings.TrimSpace(p); p == "" || i == 0 && oneLine(p) == oneLine(d.Title) {
			continue
		}
		s.blocks = append(s.blocks, block{parts: split(unwrap(p))})
	}
	return []section{s}
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
