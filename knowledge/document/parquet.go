package document

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"suiren/internal/say"

	"github.com/parquet-go/parquet-go"
)

// readParquet reads the rows of a Parquet file as records: a document for
// each. Columns that repeat or nest are left out.
func readParquet(s *source, name string, data []byte) error {
	return s.parquet(name, bytes.NewReader(data), int64(len(data)))
}

func (s *source) parquet(name string, in io.ReaderAt, size int64) error {
	var end [8]byte // length of the footer, and a mark
	if _, err := in.ReadAt(end[:], max(size-8, 0)); err != nil && !errors.Is(err, io.EOF) {
		return broken("Parquet", err)
	}
	if footer := int64(binary.LittleEndian.Uint32(end[:])); footer > size-12 || footer > s.limits.Text {
		return broken("Parquet", say.Errorf("the footer is longer than the file", "文件尾比文件还长"))
	}
	f, err := parquet.OpenFile(in, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true), parquet.ReadBufferSize(1<<18))
	if err != nil {
		return broken("Parquet", err)
	}
	columns := f.Schema().Columns() // paths of the leaves, by index
	rows := make([]parquet.Row, 64)
	n, given := 0, 0
	var fields []string
	for _, g := range f.RowGroups() {
		r := g.Rows()
		for {
			k, err := r.ReadRows(rows)
			if fields == nil {
				var list []any
				for _, row := range rows[:k] {
					list = append(list, record(row, columns, 1<<10))
				}
				fields = fieldsOf(list)
			}
			for _, row := range rows[:k] {
				n++
				m := record(row, columns, int(s.limits.Text))
				if field(m, fields) == "" {
					continue
				}
				given++
				if err := s.record(name+"#"+strconv.Itoa(n), m, fields); err != nil {
					r.Close()
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || k == 0 {
				r.Close()
				if given > 0 && err != nil {
					return s.sink.Rejected(broken("Parquet", err).named(name))
				}
				return broken("Parquet", errors.Join(err, say.Errorf("rows are missing", "缺少行")))
			}
		}
		r.Close()
	}
	if given == 0 {
		return reject(Empty, "has no column of text", "没有文本列")
	}
	return nil
}

// record returns a row, of its texts so many bytes at most.
func record(row parquet.Row, columns [][]string, most int) map[string]any {
	m := map[string]any{}
	for _, v := range row {
		c := v.Column()
		if v.IsNull() || c < 0 || c >= len(columns) || len(columns[c]) != 1 || v.RepetitionLevel() > 0 {
			continue
		}
		switch v.Kind() {
		case parquet.ByteArray, parquet.FixedLenByteArray:
			b := v.ByteArray()
			m[columns[c][0]] = toUTF8(b[:min(len(b), most)])
		default:
			m[columns[c][0]] = json.Number(v.String())
		}
	}
	return m
}
