package document

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// readHTML reads the main text of a page: the article, not what is around it.
func readHTML(s *source, d *Document, data []byte) error {
	root, err := parseHTML(d, data)
	if err != nil {
		return err
	}
	b := blockWriter{d: d, cells: s.limits.Cells}
	m := mainText(root)
	for _, n := range m.roots {
		b.skip = m.skip
		b.walk(n, 0)
		b.flush()
	}
	d.Blocks = trim(d.Blocks, d.Title)
	return nil
}

// wholeHTML reads all that a page shows: a chapter, a message.
func wholeHTML(d *Document, data []byte) error {
	root, err := parseHTML(d, data)
	if err != nil {
		return err
	}
	b := blockWriter{d: d, cells: Default.Cells}
	b.walk(root, 0)
	b.flush()
	return nil
}

func parseHTML(d *Document, data []byte) (*html.Node, error) {
	e, name, sure := charset.DetermineEncoding(data[:min(len(data), 4096)], "")
	var text string
	switch {
	case name == "utf-8" || !sure: // what is not said is guessed better here
		t, _, err := decode(data)
		if err != nil {
			t = strings.ToValidUTF8(string(data), "\uFFFD")
		}
		text = t
	default:
		text = convert(data, e)
		if strings.HasPrefix(name, "gb") || name == "big5" { // often said of pages that are UTF-8
			if t, utf, err := decode(data); err == nil && utf {
				text = t
			}
		}
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, broken("HTML", err)
	}
	describe(d, root)
	return root, nil
}

// describe reads what a page says about itself.
func describe(d *Document, root *html.Node) {
	meta := map[string]string{}
	title, heading := "", ""
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.DataAtom {
			case atom.Html:
				if d.Language == "" {
					d.Language = attr(n, "lang")
				}
			case atom.Meta:
				key := attr(n, "property")
				if key == "" {
					key = attr(n, "name")
				}
				if key = strings.ToLower(key); key != "" && meta[key] == "" {
					meta[key] = attr(n, "content")
				}
			case atom.Title:
				if title == "" && n.Parent != nil && n.Parent.DataAtom == atom.Head {
					title = oneLine(inner(n))
				}
			case atom.H1:
				if heading == "" {
					heading = oneLine(inner(n))
				}
			case atom.Script, atom.Style, atom.Svg:
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	pick := func(keys ...string) string {
		for _, k := range keys {
			if v := strings.TrimSpace(meta[k]); v != "" {
				return v
			}
		}
		return ""
	}
	if d.Title == "" {
		if d.Title = pick("og:title", "twitter:title", "citation_title", "dc.title"); d.Title == "" {
			d.Title = title
			if heading != "" && (strings.Contains(title, heading) || title == "") {
				d.Title = heading
			}
		}
	}
	if d.Author == "" {
		d.Author = pick("author", "article:author", "citation_author", "dc.creator")
	}
	if d.Date == "" {
		d.Date = pick("article:published_time", "date", "pubdate", "publishdate", "citation_publication_date", "dc.date")
	}
}

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

func inner(n *html.Node) string {
	var b bytes.Buffer
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}

// isBlock names the elements that begin and end a line.
var isBlock = map[atom.Atom]bool{
	atom.Address: true, atom.Article: true, atom.Aside: true, atom.Blockquote: true, atom.Body: true, atom.Center: true, atom.Dd: true, atom.Details: true, atom.Dialog: true,
	atom.Div: true, atom.Dl: true, atom.Dt: true, atom.Fieldset: true, atom.Figcaption: true, atom.Figure: true, atom.Footer: true, atom.Form: true, atom.H1: true, atom.H2: true,
	atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Header: true, atom.Hr: true, atom.Html: true, atom.Li: true, atom.Main: true, atom.Nav: true, atom.Ol: true,
	atom.P: true, atom.Pre: true, atom.Section: true, atom.Summary: true, atom.Table: true, atom.Tbody: true, atom.Td: true, atom.Tfoot: true, atom.Th: true, atom.Thead: true,
	atom.Tr: true, atom.Ul: true, atom.Caption: true, atom.Option: true,
}

// unseen names the elements that show no text.
var unseen = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Iframe: true, atom.Object: true, atom.Embed: true,
	atom.Audio: true, atom.Video: true, atom.Canvas: true, atom.Select: true, atom.Button: true, atom.Textarea: true, atom.Input: true, atom.Map: true, atom.Rp: true, atom.Rt: true, atom.Datalist: true,
}

// hidden reports whether an element is not shown.
func hidden(n *html.Node) bool {
	for i := range n.Attr {
		switch a := &n.Attr[i]; a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		case "style":
			if s := strings.ReplaceAll(a.Val, " ", ""); strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") {
				return true
			}
		}
	}
	return false
}

// A blockWriter turns elements into blocks.
type blockWriter struct {
	d     *Document
	skip  func(*html.Node) bool // nil: nothing
	cells int

	text   strings.Builder // of the block that is open
	space  bool            // white space that is written before the next word
	open   Block           // kind of the open block
	level  int             // of lists
	inList bool
}

// flush ends the open block.
func (w *blockWriter) flush() {
	text := strings.TrimSpace(w.text.String())
	if text != "" {
		b := w.open
		if b.Kind == "" {
			b.Kind = Paragraph
		}
		b.Text = text
		w.d.Blocks = append(w.d.Blocks, b)
		if w.open.Kind == Item {
			w.open = Block{Kind: Paragraph} // what follows in the item
		}
	}
	w.text.Reset()
	w.space = false
}

// words adds text whose white space is collapsed.
func (w *blockWriter) words(s string) {
	for i, f := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' || r == '\u00a0'
	}) {
		if i > 0 || w.space || startsSpace(s) {
			if n := w.text.Len(); n > 0 && w.text.String()[n-1] != '\n' {
				w.text.WriteByte(' ')
			}
		}
		w.space = false
		w.text.WriteString(f)
	}
	if s != "" && endsSpace(s) {
		w.space = true
	}
}

func startsSpace(s string) bool {
	return strings.IndexAny(s[:1], " \n\t\r\f\xc2") == 0 && strings.TrimLeft(s, " \n\t\r\f\u00a0") != s
}
func endsSpace(s string) bool { return strings.TrimRight(s, " \n\t\r\f\u00a0") != s }

func (w *blockWriter) walk(n *html.Node, depth int) {
	switch n.Type {
	case html.TextNode:
		w.words(n.Data)
		return
	case html.DocumentNode:
	case html.ElementNode:
		if unseen[n.DataAtom] || w.skip == nil && hidden(n) || w.skip != nil && w.skip(n) {
			return
		}
		if isBlock[n.DataAtom] {
			w.block(n, depth)
			return
		}
		if n.DataAtom == atom.Br {
			if w.text.Len() > 0 {
				w.text.WriteByte('\n')
			}
			w.space = false
			return
		}
	default:
		return
	}
	w.kids(n, depth+1)
}

func (w *blockWriter) kids(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, depth)
	}
}

func (w *blockWriter) block(n *html.Node, depth int) {
	w.flush()
	before := w.open
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.open = Block{Kind: Heading, Level: int(n.Data[1] - '0')}
		w.kids(n, depth+1)
		w.flush()
		w.open = before
		return
	case atom.Figcaption, atom.Caption:
		w.open = Block{Kind: Caption}
	case atom.Pre:
		text := strings.Trim(newlines.Replace(inner(n)), "\n")
		if strings.TrimSpace(text) != "" {
			w.d.Blocks = append(w.d.Blocks, Block{Kind: Code, Text: text})
		}
		return
	case atom.Ul, atom.Ol:
		w.list(n, depth)
		w.open = before
		return
	case atom.Table:
		if w.table(n, depth) {
			return
		}
	case atom.Option:
		return
	}
	w.kids(n, depth+1)
	w.flush()
	if w.open.Kind != Paragraph || before.Kind != Item {
		w.open = before
	}
}

func (w *blockWriter) list(n *html.Node, depth int) {
	num := 1
	if v, err := strconv.Atoi(attr(n, "start")); err == nil && v >= 0 && v < 1e6 {
		num = v
	}
	level, in := w.level, w.inList
	if w.inList {
		w.level++
	}
	w.inList = true
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Li {
			w.walk(c, depth+1)
			continue
		}
		if w.skip == nil && hidden(c) || w.skip != nil && w.skip(c) {
			continue
		}
		w.flush()
		w.open = Block{Kind: Item, Level: min(w.level, 8)}
		if n.DataAtom == atom.Ol {
			w.open.Mark = strconv.Itoa(num) + "."
			num++
		}
		w.kids(c, depth+1)
		w.flush()
	}
	w.level, w.inList = level, in
	w.open = Block{}
}

// table adds a table of data. One that lays out a page is none: it has
// tables, headings or long texts in its cells, or one column.
func (w *blockWriter) table(n *html.Node, depth int) bool {
	b := Block{Kind: Table}
	layout, cells, wide := false, 0, 0
	type pending struct {
		text string
		rows int
	}
	var down []pending // cells that reach into the next rows
	var rows func(n *html.Node, head bool)
	rows = func(n *html.Node, head bool) {
		for c := n.FirstChild; c != nil && !layout; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Thead:
				rows(c, true)
			case atom.Tbody, atom.Tfoot:
				rows(c, false)
			case atom.Tr:
				var row []string
				ths := 0
				put := func(text string, span int) {
					for len(down) <= len(row) {
						down = append(down, pending{})
					}
					down[len(row)] = pending{text, span - 1}
					row = append(row, text)
				}
				above := func() {
					for len(row) < len(down) && down[len(row)].rows > 0 {
						down[len(row)].rows--
						row = append(row, down[len(row)].text)
					}
				}
				for td := c.FirstChild; td != nil; td = td.NextSibling {
					if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
						continue
					}
					above()
					if td.DataAtom == atom.Th {
						ths++
					}
					text, complex := w.cell(td, depth)
					if complex {
						layout = true
						return
					}
					put(text, min(number(attr(td, "rowspan")), 1000))
					for range min(number(attr(td, "colspan")), 100) - 1 {
						put("", 1)
					}
				}
				above()
				if cells += len(row); cells > w.cells {
					layout = true
					return
				}
				wide = max(wide, len(row))
				if (head || ths > 0 && ths == len(row)) && b.Head == len(b.Rows) {
					b.Head++
				}
				b.Rows = append(b.Rows, row)
			}
		}
	}
	rows(n, false)
	if layout || wide < 2 || len(b.Rows) < 2 {
		return false
	}
	if b.Head == len(b.Rows) {
		b.Head = 1
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Caption {
			w.walk(c, depth+1)
		}
	}
	w.cells -= cells
	w.d.Blocks = append(w.d.Blocks, b)
	return true
}

func number(s string) int {
	v, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 1
	}
	return max(v, 1)
}

// cell returns the text of a cell; complex: it is a part of a page.
func (w *blockWriter) cell(td *html.Node, depth int) (text string, complex bool) {
	in := blockWriter{d: &Document{}, skip: w.skip, cells: 0}
	var nested func(n *html.Node) bool
	nested = func(n *html.Node) bool {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Table, atom.H1, atom.H2, atom.H3, atom.Article, atom.Section, atom.Form:
				return true
			}
			if nested(c) {
				return true
			}
		}
		return false
	}
	if nested(td) {
		return "", true
	}
	in.kids(td, depth+1)
	in.flush()
	text = oneLine(in.d.Text())
	return text, len(text) > 2000
}
