package knowledge

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"suiren/knowledge/document"
)

// maxNest is how deep quotes and lists may lie in each other: document.TooDeep.
const maxNest = document.MaxNest

// markdown cuts a Markdown text (CommonMark with tables) at its headings.
func markdown(src string) []section {
	whole := len(src)
	src = frontMatter(src)
	base := whole - len(src)
	if document.TooDeep(src) {
		return plain(Document{Text: src})
	}
	source := []byte(document.Parted(src))
	known := len(source) == len(src) // or else places are not those of src
	doc := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	r := reader{source: source}
	sections := []section{{}}
	levels := []int{}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			s := &sections[len(sections)-1]
			from := len(s.blocks)
			s.blocks = append(s.blocks, r.blocks(n, 0)...)
			if start, end := span(n); known && end > 0 {
				for i := from; i < len(s.blocks); i++ {
					s.blocks[i].start, s.blocks[i].end = base+start, base+end
				}
			}
			continue
		}
		path := sections[len(sections)-1].path
		for len(levels) > 0 && levels[len(levels)-1] >= h.Level {
			levels = levels[:len(levels)-1]
		}
		path = append(append([]string{}, path[:len(levels)]...), clip(oneLine(r.inline(h)), 200))
		levels = append(levels, h.Level)
		sections = append(sections, section{path: path})
	}
	return sections
}

// span returns where the text of n stands; 0, 0 if it has none.
func span(n ast.Node) (start, end int) {
	start = -1
	add := func(s text.Segment) {
		if start < 0 || s.Start < start {
			start = s.Start
		}
		end = max(end, s.Stop)
	}
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			if t, ok := n.(*ast.Text); ok {
				add(t.Segment)
			} else if n.Type() == ast.TypeBlock {
				for i := range n.Lines().Len() {
					add(n.Lines().At(i))
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return max(start, 0), end
}

// frontMatter takes away the YAML between two lines of --- at the beginning.
func frontMatter(s string) string {
	rest, ok := strings.CutPrefix(s, "---\n")
	if !ok {
		return s
	}
	if _, after, ok := strings.Cut(rest, "\n---\n"); ok {
		return after
	}
	return s
}

// A reader turns the parser's tree into plain text.
type reader struct{ source []byte }

// blocks returns the blocks of n, which may be a container of several.
func (r *reader) blocks(n ast.Node, depth int) []block {
	switch n := n.(type) {
	case *ast.List:
		return []block{{parts: r.items(n, ""), sep: "\n"}}
	case *east.Table:
		var b block
		b.sep = "\n"
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			if _, ok := row.(*east.TableHeader); ok {
				b.head = r.row(row)
			} else {
				b.parts = append(b.parts, r.row(row))
			}
		}
		return []block{b}
	case *ast.Blockquote:
		var list []block
		for c := n.FirstChild(); c != nil && depth < maxNest; c = c.NextSibling() {
			list = append(list, r.blocks(c, depth+1)...)
		}
		return list
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		var b block
		lines := n.Lines()
		for i := range lines.Len() {
			at := lines.At(i)
			b.parts = append(b.parts, strings.TrimRight(string(at.Value(r.source)), "\n"))
		}
		b.sep = "\n"
		return []block{b}
	case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
		return []block{{parts: split(strings.TrimSpace(r.inline(n)))}}
	}
	return nil // rules, link definitions, HTML
}

// items returns the items of a list, those of lists in it indented.
func (r *reader) items(l *ast.List, indent string) []string {
	var list []string
	num := l.Start
	for it := l.FirstChild(); it != nil; it = it.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = fmt.Sprintf("%d. ", num)
			num++
		}
		first := true
		for c := it.FirstChild(); c != nil; c = c.NextSibling() {
			if sub, ok := c.(*ast.List); ok {
				if len(indent) < 2*maxNest {
					list = append(list, r.items(sub, indent+"  ")...)
				}
				continue
			}
			for _, b := range r.blocks(c, maxNest) {
				if first {
					list = append(list, indent+mark+b.String())
				} else {
					list = append(list, indent+"  "+b.String())
				}
				first = false
			}
		}
	}
	return list
}

func (r *reader) row(row ast.Node) string {
	var cells []string
	for c := row.FirstChild(); c != nil; c = c.NextSibling() {
		cells = append(cells, oneLine(r.inline(c)))
	}
	return strings.Join(cells, rowSep)
}

// inline returns the words of a block without their marks.
func (r *reader) inline(n ast.Node) string {
	var b strings.Builder
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(util.UnescapePunctuations(n.Value(r.source)))
			switch {
			case n.HardLineBreak():
				b.WriteByte('\n')
			case n.SoftLineBreak():
				b.WriteByte('\r') // decided below, when what follows is known
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(r.source))
		case *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return softBreaks(b.String())
}

// softBreaks turns the ends of lines in a paragraph, written \r, to spaces,
// or to nothing between characters of a script without spaces.
func softBreaks(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "\r")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		l, _ := utf8.DecodeLastRuneInString(before)
		f, _ := utf8.DecodeRuneInString(after)
		if !(wide(l) && wide(f)) {
			b.WriteByte(' ')
		}
		s = after
	}
}

// wide reports whether r stands in text that has no spaces.
func wide(r rune) bool { return isCJK(r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF }
