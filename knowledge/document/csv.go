package document

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
)

// A table is a file of comma, semicolon or tab separated values (RFC 4180) while it is read.
type table struct {
	name  string
	head  []string   // the first row
	ahead [][]string // rows that were looked at
	texts bool       // each row is a text with its title and so on
	read  func() ([]string, error)
}

// rowsAhead is by how many rows it is told whether a table is one of texts.
const rowsAhead = 100

// tableEnd is put behind a table: it stands in a row of its own, unless a quote has not
// closed, which takes in all that follows it.
const tableEnd = "\x00the table ends\x00"

// openTable reads the first rows. The beginning of the text tells the separator; before
// is called before each row.
func (s *source) openTable(name, text string, in io.Reader, before func()) (*table, error) {
	c := csv.NewReader(io.MultiReader(in, strings.NewReader("\n"+tableEnd)))
	c.Comma, c.LazyQuotes, c.FieldsPerRecord = separator(name, text), true, -1
	t := &table{name: name, read: func() ([]string, error) {
		before()
		row, err := c.Read()
		if len(row) == 1 && row[0] == tableEnd {
			return nil, io.EOF
		}
		if last := len(row) - 1; last >= 0 {
			if cell, open := strings.CutSuffix(row[last], "\n"+tableEnd); open {
				row[last] = cell
				s.remark(Broken, "has a quote that opens and never closes: all behind it was read as one cell; its row begins with %q", "有一个引号没有闭合：其后全部内容读成了一个单元格；该行开头为 %q", clip(row[0], 40))
			}
		}
		for i, cell := range row {
			if !utf8.ValidString(cell) {
				row[i] = s.lost.valid([]byte(cell))
			}
		}
		return row, err
	}}
	var err error
	if t.head, err = t.read(); err != nil {
		return nil, err
	}
	for size := 0; len(t.ahead) < rowsAhead && size < textOfTable; {
		row, err := t.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, cell := range row {
			size += len(cell)
		}
		t.ahead = append(t.ahead, row)
	}
	t.texts = t.ofTexts()
	return t, nil
}

// ofTexts reports whether each row is a text: a column is called text, or one that is
// called content, answer or the like holds more than all others.
func (t *table) ofTexts() bool {
	size, all := make([]int, len(t.head)), 0
	for _, row := range t.ahead {
		for i, cell := range row {
			n := len(strings.TrimSpace(cell))
			if all += n; i < len(size) {
				size[i] += n
			}
		}
	}
	for i, name := range t.head {
		name = columnName(name)
		if size[i] > 0 && slices.Contains(textFields, name) && (name == textFields[0] || 2*size[i] > all) {
			return true
		}
	}
	return false
}

func columnName(head string) string { return strings.ToLower(strings.TrimSpace(head)) }

// next returns the next row below the head.
func (t *table) next() ([]string, error) {
	if len(t.ahead) > 0 {
		row := t.ahead[0]
		t.ahead = t.ahead[1:]
		return row, nil
	}
	return t.read()
}

// title is what a table is called that has no other name.
func (t *table) title() string { return strings.TrimSuffix(path.Base(t.name), path.Ext(t.name)) }

// rowsOfTexts gives a document of each row.
func (s *source) rowsOfTexts(t *table) error {
	for n := 2; ; n++ {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return streamed("CSV", err)
		}
		m := map[string]any{}
		for i, v := range row[:min(len(row), len(t.head))] {
			m[columnName(t.head[i])] = v
		}
		if field(m, textFields) == "" {
			continue
		}
		if err := s.record(t.name+"#"+strconv.Itoa(n), m, textFields); err != nil {
			return err
		}
	}
}

// readCSV reads a table whose first row is its head, or a document of each row if these
// are texts.
func readCSV(s *source, name string, data []byte) error {
	text, _, err := s.decode(data)
	if err != nil {
		return err
	}
	text = strings.TrimLeft(text, " \r\n")
	t, err := s.openTable(name, text, strings.NewReader(text), func() {})
	if errors.Is(err, io.EOF) {
		return reject(Empty, "holds no text", "没有文字")
	}
	if err != nil {
		return broken("CSV", err)
	}
	if t.texts {
		return s.rowsOfTexts(t)
	}
	b := Block{Kind: Table, Head: 1}
	cells, size := 0, int64(0)
	for row := t.head; ; {
		for _, cell := range row {
			size += int64(len(cell))
		}
		if cells += len(row); cells > s.limits.Cells || size > s.left {
			return reject(Large, "holds more than %d cells", "单元格超过 %d 个", s.limits.Cells)
		}
		b.Rows = append(b.Rows, row)
		if row, err = t.next(); errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return broken("CSV", err)
		}
	}
	if len(b.Rows) == 1 {
		b.Head = 0
	}
	return s.give(&Document{Name: name, Format: "csv", Title: t.title(), Blocks: []Block{b}})
}

// readRows reads a large table: a document of each row if these are texts, or else
// pieces of the table, each with its head.
func readRows(s *source, name string, in io.Reader) error {
	r, err := utf8Reader(in, false)
	if err != nil {
		return streamed("CSV", err)
	}
	head, _ := r.Peek(1 << 13)
	bound := &bounded{r: r}
	t, err := s.openTable(name, toUTF8(head), bound, func() { bound.left = s.one })
	if errors.Is(err, io.EOF) {
		return reject(Empty, "holds no text", "没有文字")
	}
	if err != nil {
		return streamed("CSV", err)
	}
	if t.texts {
		return s.rowsOfTexts(t)
	}
	rows, size, from := [][]string{t.head}, 0, 2
	flush := func(n int) error {
		if len(rows) < 2 {
			return nil
		}
		part := name + "#" + strconv.Itoa(from)
		d := &Document{Name: part, Format: "csv", Title: t.title(), Blocks: []Block{{Kind: Table, Head: 1, Rows: rows}}}
		rows, size, from = [][]string{slices.Clone(t.head)}, 0, n
		if err := s.give(d); err != nil {
			if r, ok := errors.AsType[*Rejection](err); !ok || r.Cause != Empty {
				return err
			}
		}
		return nil
	}
	for n := 2; ; n++ {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			return flush(n)
		}
		if err != nil {
			return streamed("CSV", err)
		}
		for _, cell := range row {
			size += len(cell)
		}
		if rows = append(rows, row); len(rows) > rowsOfTable || size > textOfTable {
			if err := flush(n + 1); err != nil {
				return err
			}
		}
	}
}

// A bounded ends a record that does not end.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, say.Errorf("a row does not end", "有一行没有结束")
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// separator guesses what stands between the values: the sign that is most
// often in the first line, outside of quotes.
func separator(name, text string) rune {
	if strings.HasSuffix(strings.ToLower(name), ".tsv") {
		return '\t'
	}
	n := map[rune]int{}
	quoted := false
	for _, r := range clip(text, 10000) {
		if r == '\n' && !quoted {
			break
		}
		if r == '"' {
			quoted = !quoted
		}
		if !quoted {
			n[r]++
		}
	}
	best := ','
	for _, r := range []rune{';', '\t', '|'} {
		if n[r] > n[best] {
			best = r
		}
	}
	return best
}
