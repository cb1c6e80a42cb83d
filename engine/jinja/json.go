package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxDepth bounds how deep JSON values may stand in each other.
const maxDepth = 200

// FromJSON reads one JSON value. Objects keep their order; of keys that occur
// twice the last value counts. Every string, and every key, is a user's.
// Numbers are read as Python reads them: whole ones exactly, of any size up to
// 1,000 digits.
func FromJSON(raw []byte) (Value, error) { return readJSON(raw, User) }

// trustedJSON is FromJSON of text that the caller answers for.
func trustedJSON(raw []byte) (Value, error) { return readJSON(raw, String) }

func readJSON(raw []byte, str func(string) Str) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readValue(d, str, maxDepth)
	if err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("reading JSON: more follows the value at byte %d", d.InputOffset())
	}
	return v, nil
}

func readValue(d *json.Decoder, str func(string) Str, depth int) (Value, error) {
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case string:
		return str(t), nil
	case json.Number:
		return readNumber(t.String())
	case json.Delim:
		if depth == 0 {
			return nil, fmt.Errorf("more than %d levels at byte %d", maxDepth, d.InputOffset())
		}
		list, m := &List{}, NewMap()
		for d.More() {
			var key Value
			if t == '{' {
				k, err := d.Token()
				if err != nil {
					return nil, err
				}
				key = str(k.(string))
			}
			v, err := readValue(d, str, depth-1)
			if err != nil {
				return nil, err
			}
			if t == '{' {
				m.set(key, v)
			} else {
				list.items = append(list.items, v)
			}
		}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
		if t == '{' {
			return m, nil
		}
		return list, nil
	}
	return t, nil // nil, bool
}

func readNumber(s string) (Value, error) {
	if strings.ContainsAny(s, ".eE") {
		f, _ := strconv.ParseFloat(s, 64) // out of range is infinite, as in Python
		return f, nil
	}
	if len(s) > 1000 {
		return nil, fmt.Errorf("a number of %d digits", len(s))
	}
	i, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return nil, fmt.Errorf("%q is no number", s)
	}
	return normal(i), nil
}

// A jsonWriter writes as Python's json.dumps does.
type jsonWriter struct {
	builder
	r         *render
	ascii     bool
	pretty    bool
	indent    Str // of one level
	item, key Str // separators
	sorted    bool
}

func (w *jsonWriter) value(v Value, level int) {
	w.r.step(1)
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case int64, *big.Int:
		fmt.Fprint(w, v)
	case float64:
		w.WriteString(jsonFloat(v))
	case Str:
		w.quote(v)
	case *List:
		if v.kind > isTuple {
			w.r.fail("Object of type %s is not JSON serializable", typeName(v))
		}
		w.all(len(v.items), "[", "]", level, func(i int) { w.value(v.items[i], level+1) })
	case *Map:
		entries := v.entries
		if w.sorted {
			entries = append([]entry(nil), entries...)
			sort.SliceStable(entries, func(i, j int) bool {
				c, _ := w.r.compare(entries[i].key, entries[j].key, "<")
				return c < 0
			})
		}
		w.all(len(entries), "{", "}", level, func(i int) {
			w.keyOf(entries[i].key)
			w.put(w.key)
			w.value(entries[i].value, level+1)
		})
	case undefined:
		w.r.fail("Object of type Undefined is not JSON serializable: %s", v.why)
	default:
		w.r.fail("Object of type %s is not JSON serializable", typeName(v))
	}
	if w.Len() > w.r.bytes {
		w.r.grow(w.Len())
	}
}

// all writes n members between brackets.
func (w *jsonWriter) all(n int, open, end string, level int, member func(i int)) {
	defer w.r.enter()()
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.put(w.item)
		}
		w.line(level + 1)
		member(i)
	}
	if n > 0 {
		w.line(level)
	}
	w.WriteString(end)
}

func (w *jsonWriter) line(level int) {
	if w.pretty {
		w.WriteString("\n")
		for range level {
			w.put(w.indent)
		}
	}
}

func (w *jsonWriter) keyOf(k Value) {
	switch k := k.(type) {
	case Str:
		w.quote(k)
	case nil, bool, int64, *big.Int, float64:
		w.WriteString(`"`)
		w.value(k, 0)
		w.WriteString(`"`)
	default:
		w.r.fail("keys must be str, int, float, bool or None, not %s", typeName(k))
	}
}

func (w *jsonWriter) quote(s Str) {
	w.WriteString(`"`)
	s.each(func(piece string, user bool) {
		var t strings.Builder
		for _, c := range piece {
			switch {
			case c == '"' || c == '\\':
				t.WriteString(`\` + string(c))
			case c == '\n':
				t.WriteString(`\n`)
			case c == '\r':
				t.WriteString(`\r`)
			case c == '\t':
				t.WriteString(`\t`)
			case c == '\b':
				t.WriteString(`\b`)
			case c == '\f':
				t.WriteString(`\f`)
			case c < ' ' || w.ascii && 0x7f <= c && c < 0x10000:
				fmt.Fprintf(&t, `\u%04x`, c)
			case w.ascii && c >= 0x10000:
				a, b := utf16.EncodeRune(c)
				fmt.Fprintf(&t, `\u%04x\u%04x`, a, b)
			default:
				t.WriteRune(c)
			}
		}
		w.add(t.String(), user)
	})
	w.WriteString(`"`)
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return floatText(f)
}

// ToJSON writes what FromJSON read, as the filter tojson does.
func ToJSON(v Value) Str {
	r := &render{t: &Template{}, steps: math.MaxInt, bytes: math.MaxInt, depth: 2 * maxDepth}
	return tojson(r, v, args{}).(Str)
}

// tojson is transformers' filter of that name.
func tojson(r *render, v Value, a args) Value {
	p := r.bind(a, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys")
	w := &jsonWriter{r: r, ascii: truthOr(p[0], false), sorted: truthOr(p[3], false), item: Str{text: ", "}, key: Str{text: ": "}}
	switch in := p[1].(type) {
	case absent, nil:
	case Str:
		if len(in.text) > maxWidth {
			r.limit("an indentation of %d bytes", len(in.text))
		}
		w.pretty, w.indent = true, in
	default:
		n, ok := whole(in)
		if !ok || n > 1000 {
			r.fail("indent must be a number or a string")
		}
		w.pretty, w.indent = true, Str{text: strings.Repeat(" ", max(n, 0))}
	}
	if w.pretty {
		w.item = Str{text: ","}
	}
	if given(p[2]) && p[2] != nil {
		pair := r.iterate(p[2])
		if len(pair) != 2 {
			r.fail("separators must be a pair")
		}
		w.item, w.key = r.str(pair[0]), r.str(pair[1])
	}
	w.value(v, 0)
	return r.paid(w.str())
}
