package document

import (
	"errors"
	"strconv"
	"strings"
)

// readPPTX reads PresentationML (ECMA-376 part 1, 19): a heading for each
// slide's title, then its text, tables and notes. A slide is a page.
func readPPTX(s *source, d *Document, data []byte) error {
	p, err := s.open("PPTX", data)
	if err != nil {
		return err
	}
	p.core(d)
	root, err := p.tree("ppt/presentation.xml")
	if err != nil {
		return wrap("PPTX", err)
	}
	rels := p.relations("ppt/presentation.xml")
	var fault error
	root.first("sldIdLst").each("sldId", func(n *node) {
		if fault != nil {
			return
		}
		part := rels[n.Attr["id"]].target
		if n.Attr["id"] == "" || part == "" {
			return
		}
		t, err := p.tree(part)
		if errors.Is(err, errMissing) {
			return
		}
		if err != nil {
			fault = wrap("PPTX", err)
			return
		}
		if d.Pages++; d.Pages > s.limits.Pages {
			fault = reject(Large, "has more than %d slides", "幻灯片超过 %d 张", s.limits.Pages)
			return
		}
		sl := &slide{d: d, s: s}
		sl.shapes(t.first("spTree"), 0)
		for _, r := range p.relations(part) {
			if r.kind != "notesSlide" {
				continue
			}
			if notes, err := p.tree(r.target); err == nil {
				notes.each("sp", func(n *node) {
					if n.first("ph").Attr["type"] == "body" {
						sl.text(n.first("txBody"), Paragraph)
					}
				})
			}
		}
		if sl.fault != nil {
			fault = sl.fault
		}
	})
	if d.Title == "" || strings.EqualFold(d.Title, "PowerPoint Presentation") {
		for _, b := range d.Blocks {
			if b.Kind == Heading {
				d.Title = b.Text
				break
			}
		}
	}
	return fault
}

type slide struct {
	d     *Document
	s     *source
	fault error
}

func (sl *slide) shapes(n *node, depth int) {
	if depth > MaxNest {
		return
	}
	for _, k := range n.Kids {
		switch k.Name {
		case "sp":
			switch ph := k.first("nvSpPr").first("ph"); ph.Attr["type"] {
			case "title", "ctrTitle":
				if text := oneLine(sl.paragraphs(k.first("txBody"))); text != "" {
					sl.add(Block{Kind: Heading, Level: 2, Text: text})
				}
			case "sldNum", "ftr", "dt", "hdr":
			case "subTitle":
				sl.text(k.first("txBody"), Paragraph)
			case "body":
				sl.text(k.first("txBody"), Item)
			case "":
				kind := Paragraph
				if ph.Name != "" {
					kind = Item // the content of a layout, which is a list
				}
				sl.text(k.first("txBody"), kind)
			default:
				sl.text(k.first("txBody"), Paragraph)
			}
		case "grpSp", "AlternateContent", "Choice":
			sl.shapes(k, depth+1)
		case "graphicFrame":
			k.each("tbl", sl.table)
		}
	}
}

func (sl *slide) add(b Block) {
	b.Page = sl.d.Pages
	sl.d.Blocks = append(sl.d.Blocks, b)
}

// text adds the paragraphs of a shape.
func (sl *slide) text(n *node, kind Kind) {
	n.each("p", func(p *node) {
		text := strings.TrimSpace(drawn(p))
		if text == "" {
			return
		}
		b := Block{Kind: kind, Text: text}
		if kind == Item {
			b.Level, _ = strconv.Atoi(p.first("pPr").Attr["lvl"])
			b.Level = min(max(b.Level, 0), 8)
		}
		sl.add(b)
	})
}

func (sl *slide) paragraphs(n *node) string {
	var list []string
	n.each("p", func(p *node) { list = append(list, drawn(p)) })
	return strings.Join(list, " ")
}

// drawn returns the text of a paragraph of DrawingML.
func drawn(n *node) string {
	var b strings.Builder
	for _, k := range n.Kids {
		switch k.Name {
		case "r", "fld":
			b.WriteString(k.first("t").words())
		case "br":
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (sl *slide) table(n *node) {
	b := Block{Kind: Table}
	cells := 0
	n.each("tr", func(tr *node) {
		var row []string
		tr.each("tc", func(tc *node) {
			cell := sl.paragraphs(tc.first("txBody"))
			if truth(tc.Attr["vMerge"]) && len(b.Rows) > 0 && len(row) < len(b.Rows[len(b.Rows)-1]) {
				cell = b.Rows[len(b.Rows)-1][len(row)]
			}
			row = append(row, cell)
		})
		if cells += len(row); cells > sl.s.limits.Cells {
			sl.fault = reject(Large, "holds more than %d cells", "单元格超过 %d 个", sl.s.limits.Cells)
			return
		}
		b.Rows = append(b.Rows, row)
	})
	if len(b.Rows) > 1 {
		b.Head = 1
	}
	sl.add(b)
}
