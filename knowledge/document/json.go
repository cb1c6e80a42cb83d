package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"suiren/internal/say"
	"unicode/utf8"
)

// The fields of a record that hold its text, its title and so on, by what
// data sets call them.
var (
	textFields  = []string{"text", "raw_content", "content", "body", "article", "document", "passage", "context", "answer", "正文", "内容"}
	titleFields = []string{"title", "headline", "name", "question", "标题"}
	dateFields  = []string{"date", "published", "created", "time", "日期"}
	langFields  = []string{"language", "lang"}
	authFields  = []string{"author", "authors", "by", "作者"}
)

// readJSONL reads JSON Lines: a document for each line.
func readJSONL(s *source, name string, data []byte) error {
	return readLines(s, name, bytes.NewReader(data))
}

func readLines(s *source, name string, in io.Reader) error {
	r, err := utf8Reader(in, true)
	if err != nil {
		return streamed("JSON Lines", err)
	}
	head, _ := r.Peek(1 << 16) // an error comes again
	fields := fieldsOf(firstRecords(head))
	var buffer []byte
	bad, given := 0, 0
	for n := 1; ; n++ {
		text, long, err := nextLine(r, buffer, s.limits.Text)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return streamed("JSON Lines", err)
		}
		buffer = text
		if len(bytes.TrimSpace(text)) == 0 && !long {
			continue
		}
		part := name + "#" + strconv.Itoa(n)
		if long {
			if err := s.sink.Rejected(reject(Large, "is longer than %d MiB", "超过 %d MiB", s.limits.Text>>20).named(part)); err != nil {
				return err
			}
			continue
		}
		if !utf8.Valid(text) {
			decoded, _, err := s.decode(text)
			if err != nil {
				if bad++; bad <= 10 {
					if err := s.sink.Rejected(err.(*Rejection).named(part)); err != nil {
						return err
					}
				}
				continue
			}
			text = []byte(decoded)
		}
		v, err := parseJSON(text)
		if err != nil {
			if bad++; bad <= 10 {
				if err := s.sink.Rejected(brokenAt(text, n, err).named(part)); err != nil {
					return err
				}
			}
			continue
		}
		if err := s.record(part, v, fields); err != nil {
			if r, ok := errors.AsType[*Rejection](err); ok && r.Cause == Empty {
				continue
			}
			return err
		}
		given++
	}
	if bad > 10 {
		if err := s.sink.Rejected(reject(Broken, "%d more lines are no JSON that can be read", "另有 %d 行不是可读的 JSON", bad-10).named(name)); err != nil {
			return err
		}
	}
	if given == 0 {
		return reject(Empty, "no line of it is a record with text", "没有一行是含文字的记录")
	}
	return nil
}

// streamed makes an error of reading a stream the file's.
func streamed(what string, err error) error {
	if r, ok := errors.AsType[*Rejection](err); ok {
		return r
	}
	return broken(what, err)
}

// readJSON reads a JSON file: a list of records gives a document for each,
// anything else is one document.
func readJSON(s *source, name string, data []byte) error {
	text, _, err := s.decode(data)
	if err != nil {
		return err
	}
	v, err := parseJSON([]byte(text))
	if err != nil {
		if bytes.Contains(data, []byte("}\n{")) {
			return readJSONL(s, name, data)
		}
		return brokenAt([]byte(text), 1, err)
	}
	list, ok := v.([]any)
	fields := fieldsOf(list[:min(len(list), recordsAhead)])
	if !ok || len(list) == 0 || !isRecord(list[0], fields) {
		if len(list) > 0 {
			s.fieldless(list[0])
		}
		return s.outlined(name, v)
	}
	for i, r := range list {
		if err := s.record(name+"#"+strconv.Itoa(i+1), r, fields); err != nil {
			if r, ok := errors.AsType[*Rejection](err); !ok || r.Cause != Empty {
				return err
			}
		}
	}
	return nil
}

// A misplaced is an error at a byte of JSON.
type misplaced struct {
	at  int
	err error
}

func (m *misplaced) Error() string { return m.err.Error() }

// brokenAt is broken of JSON, which begins on a line of the file, with line and column.
func brokenAt(b []byte, line int, err error) *Rejection {
	m, ok := errors.AsType[*misplaced](err)
	if !ok {
		return broken("JSON", err)
	}
	before := b[:min(max(m.at, 0), len(b))]
	line += bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return reject(Broken, "is no JSON that can be read: line %d, column %d: %v", "不是可读的 JSON：第 %d 行第 %d 列：%v", line, column, said(m.err))
}

// parseJSON parses one value. Depth is bounded by encoding/json. An error is a *misplaced.
func parseJSON(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		at := len(b)
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = int(s.Offset) - 1 // it counts the character at fault
		}
		return nil, &misplaced{at, err}
	}
	if rest := bytes.TrimLeft(b[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, &misplaced{len(b) - len(rest), say.Errorf("more follows the value", "值之后还有内容")}
	}
	return v, nil
}

// isRecord reports whether a value has one of some fields, be it empty.
func isRecord(v any, fields []string) bool {
	m, _ := v.(map[string]any)
	return slices.ContainsFunc(fields, func(name string) bool {
		switch v, ok := m[name]; v.(type) {
		case string, json.Number, nil:
			return ok
		}
		return false
	})
}

// fieldsOf returns the fields that hold the text of a file's records, by its first ones. If
// none has a field of such a name, it is the one that holds more than all others, and a
// long text of most.
func fieldsOf(records []any) []string {
	size, all := map[string]int{}, 0
	for _, v := range records {
		if isRecord(v, textFields) {
			return textFields
		}
		m, _ := v.(map[string]any)
		for name, v := range m {
			n := sizeOf(v)
			if all += n; n >= longText {
				if _, ok := v.(string); ok {
					size[name] += n
				}
			}
		}
	}
	for name, n := range size {
		if 2*n > all {
			return []string{name}
		}
	}
	return textFields
}

// sizeOf is how much text a value holds.
func sizeOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case map[string]any:
		for _, v := range v {
			n += sizeOf(v)
		}
	case []any:
		for _, v := range v {
			n += sizeOf(v)
		}
	}
	return n
}

// firstRecords parses the first lines of a file, of which head is the beginning.
func firstRecords(head []byte) (list []any) {
	for len(list) < recordsAhead {
		line, rest, ok := bytes.Cut(head, []byte("\n"))
		if v, err := parseJSON(line); err == nil {
			list = append(list, v)
		}
		if !ok {
			return list
		}
		head = rest
	}
	return list
}

// recordsAhead is by how many records it is told which field is their text.
const recordsAhead = 100

// field returns the first of some fields that says something.
func field(m map[string]any, names []string) string {
	_, v := fieldOf(m, names)
	return v
}

// fieldOf returns the first of some fields that says something, and its name.
func fieldOf(m map[string]any, names []string) (name, value string) {
	for _, n := range names {
		switch v := m[n].(type) {
		case string:
			if strings.TrimSpace(v) != "" {
				return n, v
			}
		case json.Number:
			return n, v.String()
		}
	}
	return "", ""
}

// longText is how long a field of a record is, in bytes, that is taken for a text
// whatever its name is.
const longText = 200

// otherTexts returns the fields of a record that hold texts too, which are not read. Beside
// a field that was chosen by its size these are all others.
func otherTexts(m map[string]any, text string) (names []string) {
	chosen := !slices.Contains(textFields, text)
	for _, n := range slices.Sorted(maps.Keys(m)) {
		v, _ := m[n].(string)
		other := strings.TrimSpace(v) != "" && v != m[text] && (slices.Contains(textFields, n) || len(v) >= longText)
		if n != text && (other || chosen && sizeOf(m[n]) > 0) {
			names = append(names, clip(n, 40))
		}
	}
	return names[:min(len(names), 5)]
}

// record gives one value as a document: its text, as it stands, if it has one of some
// fields, or else all that is in it, as a list.
func (s *source) record(name string, v any, fields []string) error {
	m, _ := v.(map[string]any)
	if !isRecord(v, fields) {
		s.fieldless(v)
		return s.outlined(name, v)
	}
	read, text := fieldOf(m, fields)
	if !s.told[Beside] && text != "" {
		switch other := otherTexts(m, read); {
		case len(other) > 0:
			s.remark(Beside, "of its records only %q is read; they also hold %s", "其记录只读入 %q，另有 %s 未读", clip(read, 40), short(strings.Join(other, ", ")))
		case !slices.Contains(textFields, read):
			s.remark(Beside, "of its records only %q is read, which holds most of their text", "其记录只读入文字最多的 %q", clip(read, 40))
		}
	}
	d := described(name, m)
	d.Source, d.Blocks = ends.Replace(text), paragraphs(text, false)
	return s.give(d)
}

func described(name string, m map[string]any) *Document {
	return &Document{Name: name, Format: "json", Title: field(m, titleFields), Date: field(m, dateFields), Language: field(m, langFields), Author: field(m, authFields)}
}

// fieldless remarks that a record has no field of text.
func (s *source) fieldless(v any) {
	if _, ok := v.(map[string]any); ok {
		s.remark(Beside, "a record has no field of text and was written out as a list: name the field text", "有记录没有正文字段，已写成列表：请将正文字段命名为 text")
	}
}

// outlined gives a value as a list.
func (s *source) outlined(name string, v any) error {
	m, _ := v.(map[string]any)
	d := described(name, m)
	s.outline(d, "", v, 0)
	return s.give(d)
}

// outline writes a value as nested items: key: value.
func (s *source) outline(d *Document, key string, v any, level int) {
	if level > MaxNest || len(d.Blocks) > s.limits.Cells {
		return
	}
	put := func(text string) {
		d.Blocks = append(d.Blocks, Block{Kind: Item, Level: max(level-1, 0), Text: text})
	}
	label := key
	if label != "" {
		label += ": "
	}
	switch v := v.(type) {
	case map[string]any:
		if key != "" {
			put(strings.TrimSuffix(label, " "))
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			s.outline(d, k, v[k], level+1)
		}
	case []any:
		if key != "" {
			put(strings.TrimSuffix(label, " "))
		}
		for i, e := range v {
			k := ""
			switch e.(type) {
			case map[string]any, []any:
				k = strconv.Itoa(i + 1)
			}
			s.outline(d, k, e, level+1)
		}
	case nil:
	default:
		put(label + fmt.Sprint(v))
	}
}
