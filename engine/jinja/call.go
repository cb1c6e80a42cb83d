package jinja

import (
	"slices"
	"time"
)

// absent stands for an argument that was not given.
type absent struct{}

func given(v Value) bool { _, no := v.(absent); return !no }

// bind returns the arguments of a call by the names of its parameters, of which
// the first need are needed.
func (r *render) bind(a args, what string, need int, names ...string) []Value {
	p := make([]Value, len(names))
	if len(a.args) > len(names) {
		r.fail("%s takes at most %d arguments, got %d", what, len(names), len(a.args))
	}
	for i := range p {
		p[i] = absent{}
	}
	copy(p, a.args)
	for i, k := range a.names {
		j := slices.Index(names, k)
		if j < 0 || given(p[j]) {
			r.fail("%s got an unexpected argument %s", what, k)
		}
		p[j] = a.values[i]
	}
	for i := range need {
		if !given(p[i]) {
			r.fail("%s needs the argument %s", what, names[i])
		}
	}
	return p
}

// known fails if v is undefined.
func (r *render) known(v Value) {
	if u, ok := v.(undefined); ok {
		r.fail("%s", u.why)
	}
}

// str returns v, which must be a string.
func (r *render) str(v Value) Str {
	s, ok := v.(Str)
	if !ok {
		r.known(v)
		r.fail("expected a string, got %s", typeName(v))
	}
	return r.read(s)
}

// strOr returns v, which must be a string, or otherwise if it was not given.
func (r *render) strOr(v Value, otherwise string) Str {
	if !given(v) {
		return Str{text: otherwise}
	}
	return r.str(v)
}

// intOr returns v, which must be a whole number, or otherwise.
func (r *render) intOr(v Value, otherwise int) int {
	if !given(v) {
		return otherwise
	}
	n, ok := whole(v)
	if !ok {
		r.fail("expected an integer, got %s", typeName(v))
	}
	return n
}

func truthOr(v Value, otherwise bool) bool {
	if !given(v) {
		return otherwise
	}
	return truth(v)
}

// maxRange is MAX_RANGE of Jinja2's sandbox.
const maxRange = 100_000

// global returns a function that every template has, or nil.
func (r *render) global(name string) Value {
	var f func(*render, args) Value
	switch name {
	case "range":
		f = rangeOf
	case "dict":
		f = func(r *render, a args) Value { return r.dict(a) }
	case "namespace":
		f = func(r *render, a args) Value {
			m := r.dict(a)
			for _, e := range m.entries {
				if k, ok := e.key.(Str); ok && k.text != "" && k.text[0] == '_' {
					r.fail("a namespace has no names that begin with an underscore, such as %s", k.text)
				}
			}
			return &namespace{*m}
		}
	case "raise_exception":
		f = func(r *render, a args) Value {
			p := r.bind(a, name, 1, "message")
			panic(&Error{r.t.name, r.line, Raised, r.show(p[0]).text})
		}
	case "strftime_now":
		f = func(r *render, a args) Value {
			p := r.bind(a, name, 1, "format")
			return r.paid(Str{text: strftime(r.now, r.str(p[0]).text)})
		}
	default:
		return nil
	}
	return &builtin{name, f}
}

func (r *render) dict(a args) *Map {
	m := NewMap()
	if len(a.args) > 1 {
		r.fail("dict takes at most 1 argument, got %d", len(a.args))
	}
	for _, v := range a.args {
		if from, ok := v.(*Map); ok {
			for _, e := range from.entries {
				r.put(m, e.key, e.value)
			}
			continue
		}
		for _, pair := range r.iterate(v) {
			kv := r.iterate(pair)
			if len(kv) != 2 {
				r.fail("an element of dict's argument has length %d; 2 is required", len(kv))
			}
			r.put(m, kv[0], kv[1])
		}
	}
	for i, k := range a.names {
		r.put(m, Str{text: k}, a.values[i])
	}
	return m
}

func rangeOf(r *render, a args) Value {
	if len(a.args) == 0 || len(a.args) > 3 || len(a.names) > 0 {
		r.fail("range takes 1 to 3 arguments")
	}
	n := [3]int{0, 0, 1}
	for i, v := range a.args {
		n[i] = r.intOr(v, 0)
		if n[i] > 1<<40 || n[i] < -1<<40 {
			r.limit("a range that large")
		}
	}
	if len(a.args) == 1 {
		n[0], n[1] = 0, n[0]
	}
	if n[2] == 0 {
		r.fail("range's third argument must not be zero")
	}
	size := 0
	if n[2] > 0 && n[0] < n[1] {
		size = (n[1]-n[0]-1)/n[2] + 1
	} else if n[2] < 0 && n[0] > n[1] {
		size = (n[0]-n[1]-1)/-n[2] + 1
	}
	if size > maxRange {
		r.limit("a range of more than %d numbers", maxRange)
	}
	r.grow(16 * size)
	items := make([]Value, size)
	for i := range items {
		items[i] = int64(n[0] + i*n[2])
	}
	return &List{items: items, kind: isView, name: "range"}
}

// formats are strftime's, as Go's layouts.
var formats = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'c': "Mon Jan _2 15:04:05 2006",
	'd': "02", 'e': "_2", 'D': "01/02/06", 'x': "01/02/06", 'F': "2006-01-02", 'H': "15", 'I': "03",
	'm': "01", 'M': "04", 'n': "\n", 'p': "PM", 'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 't': "\t",
	'T': "15:04:05", 'X': "15:04:05", 'y': "06", 'Y': "2006", '%': "%", 'j': "002", 'f': "000000",
}

// strftime writes t as Python's strftime does in the C locale. Codes it does
// not know stay as they are.
func strftime(t time.Time, format string) string {
	var b []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		if format[i] == '-' && i+1 < len(format) { // no leading zero
			i++
			s := t.Format(formats[format[i]])
			for len(s) > 1 && s[0] == '0' {
				s = s[1:]
			}
			b = append(b, s...)
			continue
		}
		switch c := format[i]; {
		case c == 'f':
			b = append(b, t.Format(".000000")[1:]...)
		case c == 'w':
			b = append(b, '0'+byte(t.Weekday()))
		case c == 'u':
			b = append(b, '1'+byte(t.Weekday()+6)%7)
		case c == 'z', c == 'Z': // datetime.now() has no zone
		case formats[c] != "":
			b = t.AppendFormat(b, formats[c])
		default:
			b = append(b, '%', c)
		}
	}
	return string(b)
}
