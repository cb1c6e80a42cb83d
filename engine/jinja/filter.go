package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// A filter is what stands behind |.
type filter func(r *render, v Value, a args) Value

func (r *render) filter(name string, v Value, a args) Value {
	f := r.t.lib.filter(name)
	if f == nil {
		r.fail("there is no filter %s", name)
	}
	if s, ok := v.(Str); ok {
		r.read(s)
	}
	defer r.enter()()
	return f(r, v, a)
}

func (l *library) filter(name string) filter {
	if f := l.filters[name]; f != nil {
		return f
	}
	return l.sequences[name]
}

// soft is a filter that takes its value as text.
func soft(name string, f func(r *render, s Str) Str) filter {
	return func(r *render, v Value, a args) Value {
		r.bind(a, name, 0)
		return r.paid(f(r, r.show(v)))
	}
}

var filters = map[string]filter{
	"tojson": tojson,
	"from_json": func(r *render, v Value, a args) Value {
		s := r.str(v)
		r.grow(32 * len(s.text))
		read := FromJSON
		if len(s.user) == 0 {
			read = trustedJSON
		}
		x, err := read([]byte(s.text))
		if err != nil {
			r.fail("from_json: %v", err)
		}
		return x
	},

	"string":     soft("string", func(r *render, s Str) Str { return s }),
	"safe":       soft("safe", func(r *render, s Str) Str { s.safe = true; return s }),
	"escape":     soft("escape", func(r *render, s Str) Str { return s.escaped() }),
	"e":          soft("e", func(r *render, s Str) Str { return s.escaped() }),
	"upper":      soft("upper", func(r *render, s Str) Str { return s.mapped(strings.ToUpper) }),
	"lower":      soft("lower", func(r *render, s Str) Str { return s.mapped(strings.ToLower) }),
	"capitalize": soft("capitalize", func(r *render, s Str) Str { return r.capitalized(s) }),
	"title": soft("title", func(r *render, s Str) Str {
		return r.titled(s, func(c rune) bool { return !isSpace(c) && !strings.ContainsRune("-([{<", c) })
	}),
	"trim": func(r *render, v Value, a args) Value {
		return r.strip(r.show(v), r.bind(a, "trim", 0, "chars")[0], true, true)
	},
	"replace": func(r *render, v Value, a args) Value {
		p := r.bind(a, "replace", 2, "old", "new", "count")
		count := -1
		if given(p[2]) && p[2] != nil {
			count = r.intOr(p[2], -1)
		}
		return r.replace(r.show(v), r.show(p[0]), r.show(p[1]), count)
	},
	"indent": indent,
	"center": func(r *render, v Value, a args) Value {
		p := r.bind(a, "center", 0, "width")
		return strMethods["center"](r, r.show(v), args{args: []Value{int64(r.intOr(p[0], 80))}})
	},
	"format": func(r *render, v Value, a args) Value {
		if len(a.names) > 0 {
			return r.paid(r.percent(r.show(v), r.dict(args{names: a.names, values: a.values})))
		}
		return r.paid(r.percent(r.show(v), newTuple(a.args...)))
	},
	"truncate": truncate,
	"wordcount": func(r *render, v Value, a args) Value {
		n := 0
		r.bind(a, "wordcount", 0)
		for range strings.FieldsFuncSeq(r.show(v).text, func(c rune) bool {
			return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c)
		}) {
			n++
		}
		return int64(n)
	},

	"abs": func(r *render, v Value, a args) Value {
		if _, _, ok := number(v); !ok {
			r.fail("bad operand type for abs(): '%s'", typeName(v))
		}
		if f, ok := v.(float64); ok {
			return math.Abs(f)
		}
		if r.holds("<", v, int64(0)) {
			return r.sign("-", v)
		}
		return r.sign("+", v)
	},
	"int": func(r *render, v Value, a args) Value {
		p := r.bind(a, "int", 0, "default", "base")
		r.known(v)
		if i, ok := toInteger(v, r.base(p[1])); ok {
			return i
		}
		if s, ok := v.(Str); ok {
			if f, ok := toFloat(s); ok {
				if i, ok := toInteger(f, 10); ok {
					return i
				}
			}
		}
		if given(p[0]) {
			return p[0]
		}
		return int64(0)
	},
	"float": func(r *render, v Value, a args) Value {
		p := r.bind(a, "float", 0, "default")
		r.known(v)
		if f, ok := toFloat(v); ok {
			return f
		}
		if given(p[0]) {
			return p[0]
		}
		return 0.0
	},
	"round":   round,
	"default": orDefault, "d": orDefault,
	"attr": func(r *render, v Value, a args) Value {
		name := r.str(r.bind(a, "attr", 1, "name")[0]).text
		if _, ok := v.(*Map); ok { // attributes only, no keys
			if f := r.method(v, name); f != nil {
				return f
			}
			return missing(v, name)
		}
		return r.attr(v, name)
	},
}

func (r *render) base(v Value) int {
	n := r.intOr(v, 10)
	if n != 0 && n < 2 || n > 36 {
		r.fail("int() base must be 0, or from 2 to 36")
	}
	return n
}

// toFloat is Python's float(v), or false.
func toFloat(v Value) (float64, bool) {
	if s, ok := v.(Str); ok {
		t := strings.ToLower(s.trim(true, true, isSpace).text)
		if strings.ContainsAny(t, "xp_") {
			return 0, false
		}
		f, err := strconv.ParseFloat(t, 64)
		return f, err == nil || math.IsInf(f, 0)
	}
	i, f, ok := number(v)
	if i != nil {
		f, _ = strconv.ParseFloat(i.String(), 64)
	}
	return f, ok
}

func orDefault(r *render, v Value, a args) Value {
	p := r.bind(a, "default", 0, "default_value", "boolean")
	if isUndefined(v) || truthOr(p[1], false) && !truth(v) {
		if given(p[0]) {
			return p[0]
		}
		return Str{}
	}
	return v
}

func round(r *render, v Value, a args) Value {
	p := r.bind(a, "round", 0, "precision", "method")
	prec := r.intOr(p[0], 0)
	how := r.strOr(p[1], "common").text
	i, f, ok := number(v)
	switch {
	case !ok:
		r.fail("%s has no __round__", typeName(v))
	case prec > 300 || prec < -300:
		r.limit("a precision of %d", prec)
	case how == "common" && i != nil && prec >= 0:
		return normal(i)
	case i != nil:
		f, _ = toFloat(v)
	}
	scale := math.Pow10(prec)
	switch how {
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	case "common":
	default:
		r.fail("method must be common, ceil or floor")
	}
	if prec < 0 {
		f = math.RoundToEven(f*scale) / scale
	} else if !math.IsInf(f, 0) && !math.IsNaN(f) {
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', prec, 64), 64)
	}
	if i != nil {
		n, _ := toInteger(f, 10)
		return n
	}
	return f
}

func indent(r *render, v Value, a args) Value {
	p := r.bind(a, "indent", 0, "width", "first", "blank")
	with, ok := p[0].(Str)
	if !ok {
		n := r.intOr(p[0], 4)
		if n > maxWidth {
			r.limit("an indentation of %d", n)
		}
		with = Str{text: strings.Repeat(" ", max(n, 0))}
	}
	first, blank := truthOr(p[1], false), truthOr(p[2], false)
	lines := Join(r.str(v), Str{text: "\n"}).splitLines(false)
	r.grow(len(lines) * len(with.text))
	var b builder
	if first {
		b.put(with)
	}
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\n")
			if blank || line.text != "" {
				b.put(with)
			}
		}
		b.put(r.paid(line))
	}
	return b.str()
}

func truncate(r *render, v Value, a args) Value {
	p := r.bind(a, "truncate", 0, "length", "killwords", "end", "leeway")
	end := r.strOr(p[2], "...")
	n, leeway := r.intOr(p[0], 255), 5
	if given(p[3]) && p[3] != nil {
		leeway = r.intOr(p[3], 0)
	}
	if n < end.length() || leeway < 0 {
		r.fail("%s", fmt.Sprintf("expected length >= %d, got %d", end.length(), n))
	}
	if size, ok := length(r, v, args{}).(int64); ok && size <= int64(n+leeway) {
		return v
	}
	s := r.str(v)
	s = s.cut(0, s.offset(n-end.length()))
	if !truthOr(p[1], false) {
		if i := strings.LastIndexByte(s.text, ' '); i >= 0 {
			s = s.cut(0, i)
		}
	}
	return r.paid(Join(s, end))
}
