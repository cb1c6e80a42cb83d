package document

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"suiren/internal/say"
)

// readCSV reads comma, semicolon or tab separated values (RFC 4180) as a
// table whose first row is its head.
func readCSV(s *source, d *Document, data []byte) error {
	text, _, err := decode(data)
	if err != nil {
		return err
	}
	text = strings.TrimLeft(text, " \r\n")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = separator(d.Name, text), true, -1, true
	b := Block{Kind: Table, Head: 1}
	cells, size := 0, int64(0)
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return broken("CSV", err)
		}
		row := make([]string, len(record))
		for i, c := range record {
			row[i] = strings.Clone(c)
			size += int64(len(c))
		}
		if cells += len(row); cells > s.limits.Cells || size > s.left {
			return reject(Large, "holds more than %d cells", "单元格超过 %d 个", s.limits.Cells)
		}
		b.Rows = append(b.Rows, row)
	}
	if len(b.Rows) == 1 {
		b.Head = 0
	}
	if len(b.Rows) > 0 {
		d.Title = strings.TrimSuffix(path.Base(d.Name), path.Ext(d.Name))
		d.Blocks = []Block{b}
	}
	return nil
}

// readRows reads a large table: a document of each row, if a column holds texts,
// or else pieces of the table, each with its head.
func readRows(s *source, name string, in io.Reader) error {
	r, err := utf8Reader(in)
	if err != nil {
		return streamed("CSV", err)
	}
	head, _ := r.Peek(1 << 13)
	bound := &bounded{r: r}
	c := csv.NewReader(bound)
	c.Comma, c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = separator(name, toUTF8(head)), true, -1, true
	next := func() ([]string, error) {
		bound.left = s.one
		record, err := c.Read()
		for i := range record {
			record[i] = toUTF8([]byte(record[i]))
		}
		return record, err
	}
	first, err := next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return reject(Empty, "holds no text", "没有文字")
		}
		return streamed("CSV", err)
	}
	names := make([]string, len(first))
	title := make([]string, len(first))
	for i, f := range first {
		names[i], title[i] = strings.ToLower(strings.TrimSpace(f)), strings.Clone(f)
	}
	texts := slices.ContainsFunc(names, func(n string) bool { return slices.Contains(textFields, n) })
	rows, size, from := [][]string{title}, 0, 2
	flush := func(n int) error {
		if len(rows) < 2 {
			return nil
		}
		part := name + "#" + strconv.Itoa(from)
		d := &Document{Name: part, Format: "csv", Title: strings.TrimSuffix(path.Base(name), path.Ext(name)), Blocks: []Block{{Kind: Table, Head: 1, Rows: rows}}}
		rows, size, from = [][]string{slices.Clone(title)}, 0, n
		return s.give(d)
	}
	for n := 2; ; n++ {
		record, err := next()
		if errors.Is(err, io.EOF) {
			return flush(n)
		}
		if err != nil {
			return streamed("CSV", err)
		}
		if texts {
			m := map[string]any{}
			for i, v := range record[:min(len(record), len(names))] {
				m[names[i]] = v
			}
			if textOf(m) == "" {
				continue
			}
			err = s.record(name+"#"+strconv.Itoa(n), m)
		} else {
			row := make([]string, len(record))
			for i, v := range record {
				row[i] = v
				size += len(v)
			}
			if rows = append(rows, row); len(rows) > rowsOfTable || size > textOfTable {
				err = flush(n + 1)
			}
		}
		if r, ok := errors.AsType[*Rejection](err); ok && r.Cause == Empty {
			continue
		}
		if err != nil {
			return err
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
