package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// method returns the method of Python's type that v has under that name, bound
// to v, or nil.
func (r *render) method(v Value, name string) Value {
	var f func(r *render, a args) Value
	switch v := v.(type) {
	case Str:
		if m := r.t.lib.strs[name]; m != nil {
			f = func(r *render, a args) Value {
				return m(r, r.read(v), a)
			}
		}
	case *Map:
		if m := r.t.lib.maps[name]; m != nil {
			f = func(r *render, a args) Value { return m(r, v, a) }
		}
	case *List:
		if m := r.t.lib.lists[name]; m != nil && v.kind <= isTuple {
			f = func(r *render, a args) Value { return m(r, v, a) }
		}
	}
	if f == nil {
		return nil
	}
	return &builtin{name, f}
}

type (
	strMethod  = func(r *render, s Str, a args) Value
	mapMethod  = func(r *render, m *Map, a args) Value
	listMethod = func(r *render, l *List, a args) Value
)

var mapMethods = map[string]mapMethod{
	"get": func(r *render, m *Map, a args) Value {
		p := r.bind(a, "get", 1, "key", "default")
		if v, ok := r.lookup(m, p[0]); ok {
			return v
		}
		if given(p[1]) {
			return p[1]
		}
		return nil
	},
	"items": func(r *render, m *Map, a args) Value { return r.items(m) },
	"keys": func(r *render, m *Map, a args) Value {
		return &List{items: r.iterate(m), kind: isView, name: "dict_keys"}
	},
	"values": func(r *render, m *Map, a args) Value {
		return &List{items: m.values(), kind: isView, name: "dict_values"}
	},
	"update": refused("update"), "pop": refused("pop"), "popitem": refused("popitem"),
	"setdefault": refused("setdefault"), "clear": refused("clear"),
	"copy": func(r *render, m *Map, a args) Value { return r.dict(args{args: []Value{m}}) },
}

func refused(name string) mapMethod {
	return func(r *render, m *Map, a args) Value {
		r.fail("access to attribute '%s' of 'dict' object is unsafe: dicts do not change", name)
		return nil
	}
}

func (m *Map) values() []Value {
	values := make([]Value, len(m.entries))
	for i, e := range m.entries {
		values[i] = e.value
	}
	return values
}

func (r *render) items(m *Map) *List {
	r.grow(48 * len(m.entries))
	items := make([]Value, len(m.entries))
	for i, e := range m.entries {
		items[i] = newTuple(e.key, e.value)
	}
	return &List{items: items, kind: isView, name: "dict_items"}
}

// listMethods: those that change a list exist in llama.cpp, not in
// transformers, whose sandbox refuses them.
var listMethods = map[string]listMethod{
	"append": func(r *render, l *List, a args) Value {
		r.own(l, "append")
		l.items = append(l.items, r.bind(a, "append", 1, "object")[0])
		return nil
	},
	"extend": func(r *render, l *List, a args) Value {
		r.own(l, "extend")
		more := r.iterate(r.bind(a, "extend", 1, "iterable")[0])
		r.grow(16 * len(more))
		l.items = append(l.items, more...)
		return nil
	},
	"insert": func(r *render, l *List, a args) Value {
		r.own(l, "insert")
		p := r.bind(a, "insert", 2, "index", "object")
		i := r.intOr(p[0], 0)
		if i < 0 {
			i += len(l.items)
		}
		i = min(max(i, 0), len(l.items))
		r.step(len(l.items))
		l.items = append(l.items[:i:i], append([]Value{p[1]}, l.items[i:]...)...)
		return nil
	},
	"pop": func(r *render, l *List, a args) Value {
		r.own(l, "pop")
		i := r.intOr(r.bind(a, "pop", 0, "index")[0], -1)
		if i < 0 {
			i += len(l.items)
		}
		if i < 0 || i >= len(l.items) {
			r.fail("pop index out of range")
		}
		v := l.items[i]
		r.step(len(l.items))
		l.items = append(append([]Value(nil), l.items[:i]...), l.items[i+1:]...)
		return v
	},
	"index": func(r *render, l *List, a args) Value {
		v := r.bind(a, "index", 1, "value")[0]
		for i, x := range l.items {
			if r.equal(x, v) {
				return int64(i)
			}
		}
		r.fail("%s is not in list", r.repr(v).text)
		return nil
	},
	"count": func(r *render, l *List, a args) Value {
		v, n := r.bind(a, "count", 1, "value")[0], int64(0)
		for _, x := range l.items {
			if r.equal(x, v) {
				n++
			}
		}
		return n
	},
}

// own fails unless the template made the list itself.
func (r *render) own(l *List, name string) {
	r.grow(16)
	if !l.made || l.kind != isList {
		r.fail("access to attribute '%s' of '%s' object is unsafe: the list is not the template's own", name, typeName(l))
	}
}

var strMethods = map[string]strMethod{
	"upper":      mapping("upper", strings.ToUpper),
	"lower":      mapping("lower", strings.ToLower),
	"casefold":   mapping("casefold", strings.ToLower),
	"swapcase":   mapping("swapcase", swapCase),
	"title":      func(r *render, s Str, a args) Value { return r.titled(s, pythonWord) },
	"capitalize": func(r *render, s Str, a args) Value { return r.capitalized(s) },
	"strip":      stripping("strip", true, true),
	"lstrip":     stripping("lstrip", true, false),
	"rstrip":     stripping("rstrip", false, true),
	"split":      func(r *render, s Str, a args) Value { return r.split(s, a, "split", false) },
	"rsplit":     func(r *render, s Str, a args) Value { return r.split(s, a, "rsplit", true) },
	"splitlines": func(r *render, s Str, a args) Value {
		return r.listOf(s.splitLines(truthOr(r.bind(a, "splitlines", 0, "keepends")[0], false)))
	},
	"partition":  parting("partition", strings.Index),
	"rpartition": parting("rpartition", strings.LastIndex),
	"replace": func(r *render, s Str, a args) Value {
		p := r.bind(a, "replace", 2, "old", "new", "count")
		return r.replace(s, r.str(p[0]), r.str(p[1]), r.intOr(p[2], -1))
	},
	"removeprefix": func(r *render, s Str, a args) Value {
		return s.cut(len(s.text)-len(strings.TrimPrefix(s.text, r.str(r.bind(a, "removeprefix", 1, "prefix")[0]).text)), len(s.text))
	},
	"removesuffix": func(r *render, s Str, a args) Value {
		return s.cut(0, len(strings.TrimSuffix(s.text, r.str(r.bind(a, "removesuffix", 1, "suffix")[0]).text)))
	},
	"startswith": affix("startswith", strings.HasPrefix),
	"endswith":   affix("endswith", strings.HasSuffix),
	"find":       finding("find", strings.Index, false),
	"rfind":      finding("rfind", strings.LastIndex, false),
	"index":      finding("index", strings.Index, true),
	"rindex":     finding("rindex", strings.LastIndex, true),
	"count": func(r *render, s Str, a args) Value {
		return int64(strings.Count(s.text, r.str(r.bind(a, "count", 1, "sub")[0]).text))
	},
	"join": func(r *render, s Str, a args) Value {
		var b builder
		for i, v := range r.iterate(r.bind(a, "join", 1, "iterable")[0]) {
			if i > 0 {
				b.put(r.paid(s))
			}
			b.put(r.paid(r.str(v)))
		}
		return b.str()
	},
	"format": func(r *render, s Str, a args) Value { return r.paid(r.format(s, a)) },
	"center": padding("center"), "ljust": padding("ljust"), "rjust": padding("rjust"),
	"zfill": func(r *render, s Str, a args) Value {
		n := r.intOr(r.bind(a, "zfill", 1, "width")[0], 0)
		if sign := strings.IndexAny(s.text, "+-") == 0; sign {
			return Join(s.cut(0, 1), r.pad(s.cut(1, len(s.text)), n-1, '0', '>'))
		}
		return r.pad(s, n, '0', '>')
	},
	"isspace":   every("isspace", isSpace),
	"isalpha":   every("isalpha", unicode.IsLetter),
	"isalnum":   every("isalnum", func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }),
	"isdigit":   every("isdigit", unicode.IsDigit),
	"isdecimal": every("isdecimal", unicode.IsDigit),
	"isnumeric": every("isnumeric", unicode.IsNumber),
	"isascii": func(r *render, s Str, a args) Value {
		return strings.IndexFunc(s.text, func(c rune) bool { return c >= utf8.RuneSelf }) < 0
	},
	"isupper": func(r *render, s Str, a args) Value { return isUpper(s.text) },
	"islower": func(r *render, s Str, a args) Value { return isLower(s.text) },
}
