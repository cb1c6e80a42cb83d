package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"suiren/internal/say"
	"time"
)

// readXLSX reads SpreadsheetML (ECMA-376 part 1, 18): a heading and a table
// for each sheet that is not hidden. Values are as they were last calculated.
func readXLSX(s *source, d *Document, data []byte) error {
	p, err := s.open("XLSX", data)
	if err != nil {
		return err
	}
	p.core(d)
	book, err := p.tree("xl/workbook.xml")
	if err != nil {
		return wrap("XLSX", err)
	}
	x := &sheets{s: s, epoch1904: truth(book.first("workbookPr").Attr["date1904"])}
	if t, err := p.tree("xl/sharedStrings.xml"); err == nil {
		t.each("si", func(n *node) { x.shared = append(x.shared, richText(n)) })
	}
	if t, err := p.tree("xl/styles.xml"); err == nil {
		x.readStyles(t)
	}
	rels := p.relations("xl/workbook.xml")
	page := 0
	var fault error
	book.first("sheets").each("sheet", func(n *node) {
		if fault != nil || n.Attr["state"] == "hidden" || n.Attr["state"] == "veryHidden" {
			return
		}
		b, err := p.read(rels[n.Attr["id"]].target)
		if errors.Is(err, errMissing) {
			return
		}
		if err == nil {
			var t Block
			if t, err = x.sheet(b); err == nil && len(t.Rows) > 0 {
				page++
				t.Page = page
				d.Blocks = append(d.Blocks, Block{Kind: Heading, Level: 2, Text: n.Attr["name"], Page: page}, t)
			}
		}
		if err != nil {
			fault = wrap("XLSX", err)
		}
	})
	if d.Pages = page; page == 0 {
		d.Blocks = nil
	}
	return fault
}

func truth(s string) bool { return s == "1" || s == "true" }

// richText returns the text of a string item without its phonetic reading.
func richText(n *node) string {
	var b strings.Builder
	for _, k := range n.Kids {
		switch k.Name {
		case "t":
			b.WriteString(k.words())
		case "r":
			b.WriteString(k.first("t").words())
		}
	}
	return b.String()
}

type sheets struct {
	s         *source
	shared    []string
	dates     map[int]string // by style: date, time or both
	cells     int
	epoch1904 bool
}

// readStyles finds the cell styles that show a number as a date.
func (x *sheets) readStyles(t *node) {
	custom := map[string]string{}
	t.first("numFmts").each("numFmt", func(n *node) { custom[n.Attr["numFmtId"]] = n.Attr["formatCode"] })
	x.dates = map[int]string{}
	i := 0
	t.first("cellXfs").each("xf", func(n *node) {
		id, _ := strconv.Atoi(n.Attr["numFmtId"])
		if layout := dateLayout(id, custom[n.Attr["numFmtId"]]); layout != "" {
			x.dates[i] = layout
		}
		i++
	})
}

// dateLayout returns how a number in this format is written, "" if it is no
// date (ECMA-376 part 1, 18.8.30).
func dateLayout(id int, code string) string {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 34 && id <= 36, id >= 50 && id <= 58:
		return time.DateOnly
	case id >= 18 && id <= 21, id == 32, id == 33, id >= 45 && id <= 47:
		return time.TimeOnly
	case id == 22:
		return time.DateTime
	case code == "":
		return ""
	}
	day, clock := false, false
	quoted, bracket := false, false
	for _, r := range strings.ToLower(code) {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case bracket:
		case r == 'y', r == 'd':
			day = true
		case r == 'h', r == 's':
			clock = true
		}
	}
	switch {
	case day && clock:
		return time.DateTime
	case day:
		return time.DateOnly
	case clock:
		return time.TimeOnly
	}
	return ""
}

// sheet reads the cells of one sheet.
func (x *sheets) sheet(b []byte) (Block, error) {
	t := Block{Kind: Table, Head: 1}
	d := xml.NewDecoder(bytes.NewReader(b))
	var kind, value string
	var style, row, column int
	in := false
	var merged []string
	put := func() error {
		text := x.value(kind, value, style)
		if text == "" {
			return nil
		}
		if row >= 1<<20 || column >= 1<<14 {
			return say.Errorf("a cell lies outside of the sheet", "有单元格在工作表之外")
		}
		for len(t.Rows) <= row {
			t.Rows = append(t.Rows, nil)
			if x.cells++; x.cells > x.s.limits.Cells {
				return reject(Large, "holds more than %d cells", "单元格超过 %d 个", x.s.limits.Cells)
			}
		}
		r := t.Rows[row]
		if x.cells += max(column+1-len(r), 0); x.cells > x.s.limits.Cells {
			return reject(Large, "holds more than %d cells", "单元格超过 %d 个", x.s.limits.Cells)
		}
		for len(r) <= column {
			r = append(r, "")
		}
		r[column] = text
		t.Rows[row] = r
		return nil
	}
	row, column = -1, -1
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				row, column = row+1, -1
				if v, err := strconv.Atoi(attribute(e, "r")); err == nil && v > 0 {
					row = v - 1
				}
			case "c":
				kind, value, column = attribute(e, "t"), "", column+1
				style, _ = strconv.Atoi(attribute(e, "s"))
				if c, r, ok := cellName(attribute(e, "r")); ok {
					column, row = c, r
				}
			case "v", "t":
				in = true
			case "mergeCell":
				if len(merged) < 100_000 {
					merged = append(merged, attribute(e, "ref"))
				}
			}
		case xml.CharData:
			if in {
				value += string(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v", "t":
				in = false
			case "c":
				if err := put(); err != nil {
					return t, err
				}
			}
		}
	}
	x.merge(&t, merged)
	return t, nil
}

// merge gives merged cells the value of their first, down a column.
func (x *sheets) merge(t *Block, refs []string) {
	for _, ref := range refs {
		from, to, ok := strings.Cut(ref, ":")
		c0, r0, ok1 := cellName(from)
		_, r1, ok2 := cellName(to)
		if !ok || !ok1 || !ok2 || r0 >= len(t.Rows) || c0 >= len(t.Rows[r0]) {
			continue
		}
		for r := r0 + 1; r <= r1 && r < len(t.Rows); r++ {
			if x.cells++; x.cells > x.s.limits.Cells {
				return
			}
			if c0 < len(t.Rows[r]) && t.Rows[r][c0] == "" {
				t.Rows[r][c0] = t.Rows[r0][c0]
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// cellName reads a reference like BC23.
func cellName(s string) (column, row int, ok bool) {
	i := 0
	for i < len(s) && i < 4 && s[i] >= 'A' && s[i] <= 'Z' {
		column = column*26 + int(s[i]-'A') + 1
		i++
	}
	row, err := strconv.Atoi(s[i:])
	return column - 1, row - 1, err == nil && i > 0 && row > 0
}

// value returns what a cell shows.
func (x *sheets) value(kind, v string, style int) string {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && i >= 0 && i < len(x.shared) {
			return strings.TrimSpace(x.shared[i])
		}
		return ""
	case "b":
		return map[bool]string{true: "TRUE", false: "FALSE"}[truth(v)]
	case "str", "inlineStr", "e", "d":
		return strings.TrimSpace(v)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return strings.TrimSpace(v)
	}
	if layout := x.dates[style]; layout != "" && f >= 0 && f < 2_958_466 { // 9999-12-31
		epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) // right from March 1900 on
		if x.epoch1904 {
			epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		at := epoch.AddDate(0, 0, int(f)).Add(time.Duration(math.Round((f-math.Floor(f))*86400)) * time.Second)
		if layout == time.DateTime && f == math.Floor(f) {
			layout = time.DateOnly
		}
		return at.Format(layout)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
