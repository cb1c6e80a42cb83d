package document

import (
	"fmt"
	"strconv"
	"strings"
)

// readDOCX reads WordprocessingML (ECMA-376 part 1, 17).
func readDOCX(s *source, d *Document, data []byte) error {
	p, err := s.open("DOCX", data)
	if err != nil {
		return err
	}
	p.core(d)
	root, err := p.tree("word/document.xml")
	if err != nil {
		return wrap("DOCX", err)
	}
	w := &word{d: d, s: s, styles: map[string]style{}, formats: map[string]map[int]string{}, counts: map[string][]int{}}
	if t, err := p.tree("word/styles.xml"); err == nil {
		w.readStyles(t)
	}
	if t, err := p.tree("word/numbering.xml"); err == nil {
		w.readNumbering(t)
	}
	w.body(root.first("body"), 0)
	for _, notes := range []string{"word/footnotes.xml", "word/endnotes.xml"} {
		if t, err := p.tree(notes); err == nil {
			for _, name := range []string{"footnote", "endnote"} {
				t.each(name, func(n *node) {
					if n.Attr["type"] == "" {
						w.body(n, 1)
					}
				})
			}
		}
	}
	return w.fault
}

// wrap keeps a rejection as it is and names the format in any other error.
func wrap(what string, err error) error {
	if r, ok := err.(*Rejection); ok {
		return r
	}
	return broken(what, err)
}

// A style is what of a paragraph style matters here.
type style struct {
	name, base, num string
	outline, level  int // outline: −1 none
}

type word struct {
	d       *Document
	s       *source
	styles  map[string]style
	formats map[string]map[int]string // of lists: number format by level
	counts  map[string][]int
	cells   int
	fault   error
}

func (w *word) readStyles(t *node) {
	t.each("style", func(n *node) {
		if n.Attr["type"] != "paragraph" {
			return
		}
		st := style{name: strings.ToLower(n.first("name").Attr["val"]), base: n.first("basedOn").Attr["val"], outline: -1}
		ppr := n.first("pPr")
		if v, err := strconv.Atoi(ppr.first("outlineLvl").Attr["val"]); err == nil {
			st.outline = v
		}
		st.num = ppr.first("numId").Attr["val"]
		st.level, _ = strconv.Atoi(ppr.first("ilvl").Attr["val"])
		w.styles[n.Attr["styleId"]] = st
	})
}

func (w *word) readNumbering(t *node) {
	abstract := map[string]map[int]string{}
	t.each("abstractNum", func(n *node) {
		levels := map[int]string{}
		n.each("lvl", func(l *node) {
			i, _ := strconv.Atoi(l.Attr["ilvl"])
			levels[i] = l.first("numFmt").Attr["val"]
		})
		abstract[n.Attr["abstractNumId"]] = levels
	})
	t.each("num", func(n *node) { w.formats[n.Attr["numId"]] = abstract[n.first("abstractNumId").Attr["val"]] })
}

// heading returns the level of a heading style, 0 if it is none.
func (w *word) heading(id string) int {
	for range 10 { // styles may be based on each other in a circle
		st, ok := w.styles[id]
		if !ok {
			break
		}
		if st.outline >= 0 && st.outline < 9 {
			return min(st.outline+1, 6)
		}
		if n, ok := strings.CutPrefix(st.name, "heading "); ok {
			if v, err := strconv.Atoi(n); err == nil && v > 0 {
				return min(v, 6)
			}
		}
		if st.name == "title" {
			return 1
		}
		id = st.base
	}
	return 0
}

func (w *word) body(n *node, depth int) {
	if depth > MaxNest {
		return
	}
	for _, k := range n.Kids {
		switch k.Name {
		case "p":
			w.paragraph(k)
		case "tbl":
			w.table(k, depth)
		case "sdt", "sdtContent", "smartTag", "customXml", "ins", "txbxContent":
			w.body(k, depth+1)
		}
	}
}

func (w *word) paragraph(n *node) {
	text, boxes := runs(n)
	ppr := &node{}
	for _, k := range n.Kids {
		if k.Name == "pPr" {
			ppr = k
		}
	}
	id := ppr.first("pStyle").Attr["val"]
	b := Block{Kind: Paragraph, Text: strings.TrimSpace(text)}
	level := w.heading(id)
	if v, err := strconv.Atoi(ppr.first("outlineLvl").Attr["val"]); err == nil && v >= 0 && v < 9 {
		level = min(v+1, 6)
	}
	st := w.styles[id]
	num, depth := ppr.first("numId").Attr["val"], 0
	if num == "" {
		num, depth = st.num, st.level
	}
	if v, err := strconv.Atoi(ppr.first("ilvl").Attr["val"]); err == nil {
		depth = min(max(v, 0), 8)
	}
	switch {
	case b.Text == "":
	case level > 0:
		b.Kind, b.Level = Heading, level
		if w.d.Title == "" && (level == 1 || st.name == "title") {
			w.d.Title = b.Text
		}
	case st.name == "caption":
		b.Kind = Caption
	case num != "" && num != "0", strings.HasPrefix(st.name, "list "):
		b.Kind, b.Level = Item, depth
		b.Mark = w.number(num, depth)
	}
	if b.Text != "" {
		w.d.Blocks = append(w.d.Blocks, b)
	}
	for _, box := range boxes {
		w.body(box, MaxNest-2)
	}
}

// number counts the items of a numbered list.
func (w *word) number(num string, level int) string {
	switch w.formats[num][level] {
	case "", "bullet", "none":
		return ""
	}
	c := w.counts[num]
	for len(c) <= level {
		c = append(c, 0)
	}
	c = c[:level+1]
	c[level]++
	w.counts[num] = c
	return fmt.Sprintf("%d.", c[level])
}

// runs returns the text of a paragraph as it stands after all changes, and
// the text boxes that are anchored in it.
func runs(n *node) (string, []*node) {
	var b strings.Builder
	var boxes []*node
	var walk func(n *node)
	walk = func(n *node) {
		for _, k := range n.Kids {
			switch k.Name {
			case "t", "delText":
				if k.Name == "t" {
					b.WriteString(k.words())
				}
			case "tab", "ptab":
				b.WriteByte('\t')
			case "br", "cr":
				b.WriteByte('\n')
			case "noBreakHyphen":
				b.WriteByte('-')
			case "sym":
				if v, err := strconv.ParseInt(k.Attr["char"], 16, 32); err == nil && v < 0xE000 {
					b.WriteRune(rune(v))
				}
			case "txbxContent":
				boxes = append(boxes, k)
			case "pPr", "rPr", "del", "moveFrom", "instrText", "Fallback", "": // Fallback repeats what Choice says
			default:
				walk(k)
			}
		}
	}
	walk(n)
	return b.String(), boxes
}

func (w *word) table(n *node, depth int) {
	b := Block{Kind: Table}
	for _, tr := range n.Kids {
		if tr.Name != "tr" {
			if tr.Name == "sdt" {
				tr = tr.first("tr")
			}
			if tr.Name != "tr" {
				continue
			}
		}
		var row []string
		head := false
		for _, k := range tr.Kids {
			switch k.Name {
			case "trPr":
				head = k.first("tblHeader").Name != ""
			case "tc", "sdt":
				if k.Name == "sdt" {
					k = k.first("tc")
				}
				cell := w.cell(k, depth+1)
				span, _ := strconv.Atoi(k.first("tcPr").first("gridSpan").Attr["val"])
				if m := k.first("tcPr").first("vMerge"); m.Name != "" && m.Attr["val"] != "restart" && len(b.Rows) > 0 {
					if above := b.Rows[len(b.Rows)-1]; len(row) < len(above) {
						cell = above[len(row)] // a merged cell says the same in each row
					}
				}
				row = append(row, cell)
				for range min(max(span, 1), 64) - 1 {
					row = append(row, "")
				}
			}
		}
		if w.cells += len(row); w.cells > w.s.limits.Cells {
			w.fault = reject(Large, "holds more than %d cells", "单元格超过 %d 个", w.s.limits.Cells)
			return
		}
		if head && b.Head == len(b.Rows) {
			b.Head++
		}
		b.Rows = append(b.Rows, row)
	}
	if b.Head == 0 && len(b.Rows) > 1 {
		b.Head = 1
	}
	if len(b.Rows) == 1 && len(b.Rows[0]) == 1 { // a frame around text
		w.d.Blocks = append(w.d.Blocks, Block{Kind: Paragraph, Text: b.Rows[0][0]})
		return
	}
	w.d.Blocks = append(w.d.Blocks, b)
}

// cell returns the text of a cell.
func (w *word) cell(n *node, depth int) string {
	in := &word{d: &Document{}, s: w.s, styles: w.styles, formats: w.formats, counts: w.counts, cells: w.cells}
	in.body(n, depth)
	w.cells = in.cells
	return strings.TrimSpace(in.d.Text())
}
