package document

import (
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// readMarkdown reads CommonMark with tables, and takes title, author, date
// and language from the YAML at its beginning.
func readMarkdown(s *source, d *Document, data []byte) error {
	src, utf, err := s.decode(data)
	if err != nil {
		return err
	}
	d.Source = asItStands(data, src)
	body := frontMatter(d, src)
	if TooDeep(body) { // no honest document is, and the parser's time grows with the square
		d.Blocks = paragraphs(body, utf)
		return nil
	}
	source := []byte(Parted(body))
	shift := len(src) - len(body)
	if !utf || len(source) != len(body) {
		shift = -1
	}
	m := markdownReader{source: source, shift: shift, d: d}
	doc := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		m.block(n, 0)
	}
	for _, b := range d.Blocks {
		if d.Title == "" && b.Kind == Heading {
			d.Title = b.Text
		}
	}
	if d.Title == "" && len(d.Blocks) > 0 {
		d.Title, _, _ = strings.Cut(d.Blocks[0].Plain(), "\n")
		d.Title = clip(d.Title, 120)
	}
	return nil
}

// frontMatter returns what follows the YAML between two lines of --- at the
// beginning, of which it takes the plain values.
func frontMatter(d *Document, s string) string {
	norm := strings.TrimLeft(s, " ")
	first, rest, ok := strings.Cut(norm, "\n")
	if !ok || strings.TrimRight(first, "\r ") != "---" {
		return s
	}
	at := 0
	for line := range strings.Lines(rest) {
		at += len(line)
		line = strings.TrimRight(line, "\r\n ")
		if line == "---" || line == "..." {
			return rest[at:]
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch strings.ToLower(key) {
		case "title":
			d.Title = value
		case "author":
			d.Author = value
		case "date":
			d.Date = value
		case "lang", "language":
			d.Language = value
		}
	}
	return s
}

// A markdownReader turns the parser's tree into blocks.
type markdownReader struct {
	source []byte
	shift  int // of offsets in source to those in the file; -1: unknown
	d      *Document
}

func (m *markdownReader) add(n ast.Node, b Block) {
	if start, end := extent(n); m.shift >= 0 && start < end {
		b.Start, b.End = start+m.shift, end+m.shift
	}
	m.d.Blocks = append(m.d.Blocks, b)
}

// extent returns where the lines of a block, or of the blocks in it, are.
func extent(n ast.Node) (start, end int) {
	if lines := n.Lines(); lines != nil && lines.Len() > 0 {
		return lines.At(0).Start, lines.At(lines.Len() - 1).Stop
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() != ast.TypeBlock {
			continue
		}
		s, e := extent(c)
		if s < e && (start == end || s < start) {
			start = s
		}
		end = max(end, e)
	}
	return start, end
}

func (m *markdownReader) block(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Heading:
		m.add(n, Block{Kind: Heading, Level: n.Level, Text: oneLine(m.inline(n))})
	case *ast.Paragraph, *ast.TextBlock:
		m.add(n, Block{Kind: Paragraph, Text: strings.TrimSpace(m.inline(n))})
	case *ast.List:
		m.list(n, 0, depth)
	case *ast.Blockquote:
		for c := n.FirstChild(); c != nil && depth < MaxNest; c = c.NextSibling() {
			m.block(c, depth+1)
		}
	case *ast.FencedCodeBlock:
		m.add(n, Block{Kind: Code, Lang: string(n.Language(m.source)), Text: m.lines(n)})
	case *ast.CodeBlock:
		m.add(n, Block{Kind: Code, Text: m.lines(n)})
	case *east.Table:
		b := Block{Kind: Table}
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			var cells []string
			for c := row.FirstChild(); c != nil; c = c.NextSibling() {
				cells = append(cells, oneLine(m.inline(c)))
			}
			if _, ok := row.(*east.TableHeader); ok {
				b.Head = len(b.Rows) + 1
			}
			b.Rows = append(b.Rows, cells)
		}
		m.add(n, b)
	}
}

func (m *markdownReader) list(l *ast.List, level, depth int) {
	num := l.Start
	for it := l.FirstChild(); it != nil; it = it.NextSibling() {
		b := Block{Kind: Item, Level: level}
		if l.IsOrdered() {
			b.Mark = fmt.Sprintf("%d.", num)
			num++
		}
		for c := it.FirstChild(); c != nil; c = c.NextSibling() {
			switch c := c.(type) {
			case *ast.Paragraph, *ast.TextBlock:
				b.Text = strings.TrimSpace(m.inline(c))
				m.add(c, b)
				b.Kind, b.Mark, b.Level = Paragraph, "", 0
			case *ast.List:
				if depth < MaxNest {
					m.list(c, level+1, depth+1)
				}
			default:
				if depth < MaxNest {
					m.block(c, depth+1)
				}
			}
		}
	}
}

func (m *markdownReader) lines(n ast.Node) string {
	var b strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		at := lines.At(i)
		b.Write(at.Value(m.source))
	}
	return strings.TrimRight(newlines.Replace(b.String()), "\n")
}

// plainText returns a piece of text without escapes and references.
func plainText(n *ast.Text, source []byte) string {
	v := n.Value(source)
	if n.IsRaw() || n.Parent() != nil && n.Parent().Kind() == ast.KindCodeSpan {
		return string(v)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(v))))
}

// inline returns the words of a block without their marks.
func (m *markdownReader) inline(n ast.Node) string {
	var text strings.Builder
	last, soft := "", false
	put := func(s string) {
		if soft && s != "" {
			s = strings.TrimLeft(s, " ")
			s = glue(last, s)[len(last):]
			soft = false
		}
		text.WriteString(s)
		if s != "" {
			last = s
		}
	}
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			put(plainText(n, m.source))
			switch {
			case n.HardLineBreak():
				put("\n")
			case n.SoftLineBreak():
				soft = true
			}
		case *ast.String:
			put(string(n.Value))
		case *ast.AutoLink:
			put(string(n.Label(m.source)))
		case *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return strings.ReplaceAll(text.String(), "\r", "")
}
