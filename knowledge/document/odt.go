package document

import (
	"strconv"
	"strings"
)

// readODT reads OpenDocument text, spreadsheets and presentations
// (ISO/IEC 26300).
func readODT(s *source, d *Document, data []byte) error {
	p, err := s.open("ODT", data)
	if err != nil {
		return err
	}
	if b, err := p.read("META-INF/manifest.xml"); err == nil && strings.Contains(string(b), "encryption-data") {
		return reject(Encrypted, "asks for a password: save it without one", "需要密码：请去掉密码后另存")
	}
	root, err := p.tree("content.xml")
	if err != nil {
		return wrap("ODT", err)
	}
	if meta, err := p.tree("meta.xml"); err == nil {
		d.Title, d.Author = meta.first("title").words(), meta.first("creator").words()
		if d.Author == "" {
			d.Author = meta.first("initial-creator").words()
		}
		d.Date, d.Language = meta.first("date").words(), meta.first("language").words()
	}
	o := &open{d: d, s: s, ordered: map[string]bool{}}
	root.each("list-style", func(n *node) {
		for _, k := range n.Kids {
			if strings.HasPrefix(k.Name, "list-level-style-number") {
				o.ordered[n.Attr["name"]] = true
			}
			if k.Name != "" {
				break
			}
		}
	})
	o.body(root.first("body"), 0)
	if d.Title == "" {
		for _, b := range d.Blocks {
			if b.Kind == Heading {
				d.Title = b.Text
				break
			}
		}
	}
	return o.fault
}

type open struct {
	d       *Document
	s       *source
	ordered map[string]bool // list styles that number
	page    int
	cells   int
	fault   error
}

func (o *open) add(b Block) {
	b.Page = o.page
	if strings.TrimSpace(b.Text) != "" || b.Kind == Table {
		o.d.Blocks = append(o.d.Blocks, b)
	}
}

func (o *open) body(n *node, depth int) {
	if depth > MaxNest || o.fault != nil {
		return
	}
	for _, k := range n.Kids {
		switch k.Name {
		case "h":
			level, _ := strconv.Atoi(k.Attr["outline-level"])
			o.add(Block{Kind: Heading, Level: min(max(level, 1), 6), Text: oneLine(flow(k))})
		case "p":
			o.add(Block{Kind: Paragraph, Text: strings.TrimSpace(flow(k))})
			k.each("text-box", func(b *node) { o.body(b, depth+1) })
		case "list":
			o.list(k, 0, o.ordered[k.Attr["style-name"]], depth)
		case "table":
			if n.Name == "spreadsheet" {
				o.page++
				o.d.Pages = o.page
				o.add(Block{Kind: Heading, Level: 2, Text: k.Attr["name"]})
			}
			o.table(k)
		case "page":
			o.page++
			o.d.Pages = o.page
			at := len(o.d.Blocks)
			o.body(k, depth+1)
			if at < len(o.d.Blocks) && o.d.Blocks[at].Kind != Heading && len([]rune(o.d.Blocks[at].Text)) < 100 && o.d.Blocks[at].Kind == Paragraph {
				o.d.Blocks[at].Kind, o.d.Blocks[at].Level = Heading, 2
			}
		case "annotation", "tracked-changes", "table-of-content", "sequence-decls", "":
		default:
			o.body(k, depth+1)
		}
	}
}

func (o *open) list(n *node, level int, ordered bool, depth int) {
	if depth > MaxNest {
		return
	}
	num := 0
	for _, item := range n.Kids {
		if item.Name != "list-item" && item.Name != "list-header" {
			continue
		}
		num++
		b := Block{Kind: Item, Level: min(level, 8)}
		if ordered {
			b.Mark = strconv.Itoa(num) + "."
		}
		for _, k := range item.Kids {
			switch k.Name {
			case "p", "h":
				b.Text = strings.TrimSpace(flow(k))
				o.add(b)
				b.Mark = ""
			case "list":
				o.list(k, level+1, ordered || o.ordered[k.Attr["style-name"]], depth+1)
			}
		}
	}
}

// flow returns the text of a paragraph; white space is as ODF 1.3, 6.1.2 says.
func flow(n *node) string {
	var b strings.Builder
	var walk func(n *node)
	walk = func(n *node) {
		for _, k := range n.Kids {
			switch k.Name {
			case "":
				text := k.Text
				if strings.ContainsAny(text, "\n\t") {
					text = strings.NewReplacer("\n", " ", "\t", " ").Replace(text)
				}
				b.WriteString(text)
			case "s":
				c, _ := strconv.Atoi(k.Attr["c"])
				b.WriteString(strings.Repeat(" ", min(max(c, 1), 100)))
			case "tab":
				b.WriteByte('\t')
			case "line-break":
				b.WriteByte('\n')
			case "annotation", "frame", "ruby-text", "bookmark":
			case "note":
				b.WriteString(" (" + strings.TrimSpace(flow(k.first("note-body"))) + ")")
			default:
				walk(k)
			}
		}
	}
	walk(n)
	return b.String()
}

func (o *open) table(n *node) {
	b := Block{Kind: Table}
	var rows func(n *node, head bool)
	rows = func(n *node, head bool) {
		for _, r := range n.Kids {
			switch r.Name {
			case "table-header-rows":
				rows(r, true)
			case "table-rows", "table-row-group":
				rows(r, head)
			case "table-row":
				var row []string
				for _, c := range r.Kids {
					if c.Name != "table-cell" && c.Name != "covered-table-cell" {
						continue
					}
					var list []string
					c.each("p", func(p *node) { list = append(list, flow(p)) })
					c.each("h", func(p *node) { list = append(list, flow(p)) })
					text := strings.TrimSpace(strings.Join(list, " "))
					repeat, _ := strconv.Atoi(c.Attr["number-columns-repeated"])
					if text == "" {
						repeat = min(repeat, 256) // the rest of a sheet's row
					}
					for range min(max(repeat, 1), 1<<14) {
						row = append(row, text)
					}
				}
				for len(row) > 0 && row[len(row)-1] == "" {
					row = row[:len(row)-1]
				}
				repeat, _ := strconv.Atoi(r.Attr["number-rows-repeated"])
				if len(row) == 0 {
					repeat = 1
				}
				for range min(max(repeat, 1), 1<<20) {
					if o.cells += len(row) + 1; o.cells > o.s.limits.Cells {
						o.fault = reject(Large, "holds more than %d cells", "单元格超过 %d 个", o.s.limits.Cells)
						return
					}
					if head {
						b.Head = len(b.Rows) + 1
					}
					b.Rows = append(b.Rows, append([]string(nil), row...))
				}
			}
		}
	}
	rows(n, false)
	if b.Head == 0 && len(b.Rows) > 1 {
		b.Head = 1
	}
	o.add(b)
}
