package document

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"
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
