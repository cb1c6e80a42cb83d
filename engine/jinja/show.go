package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// show is Python's str(v), which is what {{ v }} prints.
func (r *render) show(v Value) Str {
	switch v := v.(type) {
	case Str:
		return r.read(v)
	case undefined:
		return Str{}
	}
	return r.repr(v)
}

// repr is Python's repr(v).
func (r *render) repr(v Value) Str {
	var b builder
	r.write(&b, v)
	return b.str()
}

func (r *render) write(b *builder, v Value) {
	at := b.Len()
	r.step(1)
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case undefined:
		b.WriteString("Undefined")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(floatText(v))
	case Str:
		if v.safe {
			b.WriteString("Markup(")
		}
		quote(b, v)
		if v.safe {
			b.WriteString(")")
		}
	case *List:
		defer r.enter()()
		switch v.kind {
		case isTuple:
			r.writeAll(b, v.items, "(", ")")
		case isOnce:
			b.WriteString("<generator object>")
		case isView:
			if v.name != "range" {
				b.WriteString(v.name + "(")
				r.writeAll(b, v.items, "[", "])")
				break
			}
			fmt.Fprintf(b, "range(0, %d)", len(v.items))
		default:
			r.writeAll(b, v.items, "[", "]")
		}
	case *Map:
		r.writeMap(b, v)
	case *namespace:
		b.WriteString("<Namespace ")
		r.writeMap(b, &v.Map)
		b.WriteString(">")
	case *macro:
		fmt.Fprintf(b, "<Macro '%s'>", v.node.name)
	case *loop:
		fmt.Fprintf(b, "<LoopContext %d/%d>", v.i+1, len(v.items))
	case *builtin:
		fmt.Fprintf(b, "<function %s>", v.name)
	}
	switch v.(type) {
	case *List, *Map, *namespace: // what is inside was paid for
	default:
		r.grow(b.Len() - at)
	}
}

func (r *render) writeAll(b *builder, items []Value, open, end string) {
	b.WriteString(open)
	for i, x := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		r.write(b, x)
	}
	if open == "(" && len(items) == 1 {
		b.WriteString(",")
	}
	b.WriteString(end)
}

func (r *render) writeMap(b *builder, m *Map) {
	defer r.enter()()
	b.WriteString("{")
	for i, e := range m.entries {
		if i > 0 {
			b.WriteString(", ")
		}
		r.write(b, e.key)
		b.WriteString(": ")
		r.write(b, e.value)
	}
	b.WriteString("}")
}

// quote is repr of a string.
func quote(b *builder, s Str) {
	q := '\''
	if strings.Contains(s.text, "'") && !strings.Contains(s.text, `"`) {
		q = '"'
	}
	b.WriteRune(q)
	s.each(func(piece string, user bool) {
		var t strings.Builder
		for _, c := range piece {
			switch {
			case c == q || c == '\\':
				t.WriteString(`\` + string(c))
			case c == '\n':
				t.WriteString(`\n`)
			case c == '\r':
				t.WriteString(`\r`)
			case c == '\t':
				t.WriteString(`\t`)
			case unicode.IsPrint(c):
				t.WriteRune(c)
			case c < 0x100:
				fmt.Fprintf(&t, `\x%02x`, c)
			case c < 0x10000:
				fmt.Fprintf(&t, `\u%04x`, c)
			default:
				fmt.Fprintf(&t, `\U%08x`, c)
			}
		}
		b.add(t.String(), user)
	})
	b.WriteRune(q)
}

// floatText is Python's repr of a float.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64)[:1], "+") + "inf"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	_, exp, _ := strings.Cut(s, "e")
	if n, _ := strconv.Atoi(exp); n < -4 || n >= 16 {
		return s
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
