package jinja

import (
	"slices"
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
				r.step(1 + len(v.text)/64)
				return m(r, v, a)
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
		if _, ok := hash(p[0]); !ok {
			r.fail("unhashable type: '%s'", typeName(p[0]))
		}
		if v, ok := m.get(p[0]); ok {
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

func (r *render) listOf(parts []Str) *List {
	r.grow(48 * len(parts))
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return newList(items)
}

func isUpper(s string) bool { return s == strings.ToUpper(s) && s != strings.ToLower(s) }
func isLower(s string) bool { return s == strings.ToLower(s) && s != strings.ToUpper(s) }

func swapCase(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
}

func mapping(name string, f func(string) string) strMethod {
	return func(r *render, s Str, a args) Value {
		r.bind(a, name, 0)
		return r.paid(s.mapped(f))
	}
}

func every(name string, f func(rune) bool) strMethod {
	return func(r *render, s Str, a args) Value {
		r.bind(a, name, 0)
		return s.text != "" && strings.IndexFunc(s.text, func(c rune) bool { return !f(c) }) < 0
	}
}

func stripping(name string, left, right bool) strMethod {
	return func(r *render, s Str, a args) Value {
		return r.strip(s, r.bind(a, name, 0, "chars")[0], left, right)
	}
}

func (r *render) strip(s Str, chars Value, left, right bool) Str {
	f := isSpace
	if given(chars) && chars != nil {
		set := r.str(chars).text
		f = func(c rune) bool {
			r.step(1 + len(set)/64)
			return strings.ContainsRune(set, c)
		}
	}
	return r.paid(s.trim(left, right, f))
}

func affix(name string, f func(s, x string) bool) strMethod {
	return func(r *render, s Str, a args) Value {
		p := r.bind(a, name, 1, "prefix", "start", "end")
		from, to := bounds(r.index(p[1]), r.index(p[2]), 1, s.length())
		text := s.text[s.offset(from):s.offset(max(from, to))]
		if l, ok := p[0].(*List); ok && l.kind == isTuple {
			for _, x := range l.items {
				if f(text, r.str(x).text) {
					return true
				}
			}
			return false
		}
		return f(text, r.str(p[0]).text)
	}
}

// index returns v, an optional index, or nil.
func (r *render) index(v Value) *int {
	if !given(v) || v == nil {
		return nil
	}
	n := r.intOr(v, 0)
	return &n
}

func finding(name string, f func(s, x string) int, must bool) strMethod {
	return func(r *render, s Str, a args) Value {
		p := r.bind(a, name, 1, "sub", "start", "end")
		from, to := bounds(r.index(p[1]), r.index(p[2]), 1, s.length())
		at := s.offset(from)
		i := -1
		if from <= to {
			i = f(s.text[at:s.offset(to)], r.str(p[0]).text)
		}
		if i >= 0 {
			return int64(utf8.RuneCountInString(s.text[:at+i]))
		}
		if must {
			r.fail("substring not found")
		}
		return int64(-1)
	}
}

func parting(name string, f func(s, x string) int) strMethod {
	return func(r *render, s Str, a args) Value {
		sep := r.str(r.bind(a, name, 1, "sep")[0])
		if sep.text == "" {
			r.fail("empty separator")
		}
		r.grow(len(s.text))
		switch i := f(s.text, sep.text); {
		case i >= 0:
			return newTuple(s.cut(0, i), s.cut(i, i+len(sep.text)), s.cut(i+len(sep.text), len(s.text)))
		case name == "partition":
			return newTuple(s, Str{}, Str{})
		}
		return newTuple(Str{}, Str{}, s)
	}
}

// split is str.split and str.rsplit.
func (r *render) split(s Str, a args, name string, right bool) Value {
	p := r.bind(a, name, 0, "sep", "maxsplit")
	most := r.intOr(p[1], -1)
	if most < 0 {
		most = len(s.text)
	}
	r.grow(len(s.text))
	var parts []Str
	if !given(p[0]) || p[0] == nil {
		parts = s.fields(most, right)
	} else if sep := r.str(p[0]).text; sep == "" {
		r.fail("empty separator")
	} else {
		for rest := s; ; {
			i := -1
			if len(parts) < most && !right {
				i = strings.Index(rest.text, sep)
			} else if len(parts) < most {
				i = strings.LastIndex(rest.text, sep)
			}
			switch {
			case i < 0:
				parts = append(parts, rest)
			case right:
				parts, rest = append(parts, rest.cut(i+len(sep), len(rest.text))), rest.cut(0, i)
				r.step(1 + len(rest.user))
				continue
			default:
				parts, rest = append(parts, rest.cut(0, i)), rest.cut(i+len(sep), len(rest.text))
				r.step(1 + len(rest.user))
				continue
			}
			break
		}
		if right {
			slices.Reverse(parts)
		}
	}
	return r.listOf(parts)
}

// fields splits at runs of white space, at most so many times.
func (s Str) fields(most int, right bool) []Str {
	var parts []Str
	for rest := s.trim(!right, right, isSpace); rest.text != ""; {
		i := -1
		if len(parts) < most && !right {
			i = strings.IndexFunc(rest.text, isSpace)
		} else if len(parts) < most {
			if i = strings.LastIndexFunc(rest.text, isSpace); i >= 0 {
				_, n := utf8.DecodeRuneInString(rest.text[i:])
				parts = append(parts, rest.cut(i+n, len(rest.text)))
				rest = rest.cut(0, i).trim(false, true, isSpace)
				continue
			}
		}
		if i < 0 {
			if len(parts) < most {
				rest = rest.trim(right, !right, isSpace)
			}
			parts = append(parts, rest)
			break
		}
		parts, rest = append(parts, rest.cut(0, i)), rest.cut(i, len(rest.text)).trim(true, false, isSpace)
	}
	if right {
		slices.Reverse(parts)
	}
	return parts
}

// replace is str.replace; a negative count replaces all.
func (r *render) replace(s, old, with Str, count int) Str {
	n := strings.Count(s.text, old.text)
	if count >= 0 {
		n = min(n, count)
	}
	r.grow(len(s.text))
	r.grow(n * len(with.text))
	var b builder
	at := 0
	for i := range n {
		j := at
		if old.text != "" {
			j += strings.Index(s.text[at:], old.text)
		} else if i > 0 {
			_, size := utf8.DecodeRuneInString(s.text[at:])
			j += size
		}
		b.put(s.cut(at, j))
		b.put(with)
		at = j + len(old.text)
	}
	b.put(s.cut(at, len(s.text)))
	t := b.str()
	t.safe = s.safe
	return t
}

// pad fills s up to n characters; side is < > ^ as in a format.
func (r *render) pad(s Str, n int, fill rune, side byte) Str {
	more := n - s.length()
	if more <= 0 {
		return s
	}
	if more > 1<<20 {
		r.limit("a text padded to %d characters", n)
	}
	left, right := 0, more
	switch side {
	case '>':
		left, right = more, 0
	case '^':
		left, right = more/2, more-more/2
	}
	return r.paid(Join(Str{text: strings.Repeat(string(fill), left)}, s, Str{text: strings.Repeat(string(fill), right)}))
}

func padding(name string) strMethod {
	side := map[string]byte{"ljust": '<', "rjust": '>', "center": '^'}[name]
	return func(r *render, s Str, a args) Value {
		p := r.bind(a, name, 1, "width", "fillchar")
		fill := []rune(r.strOr(p[1], " ").text)
		if len(fill) != 1 {
			r.fail("The fill character must be exactly one character long")
		}
		n := r.intOr(p[0], 0)
		if more := n - s.length(); side == '^' && more > 0 && more&n&1 == 1 { // CPython's pad goes left here
			return r.pad(r.pad(s, s.length()+more/2+1, fill[0], '>'), n, fill[0], '<')
		}
		return r.pad(s, n, fill[0], side)
	}
}

// capitalized is str.capitalize.
func (r *render) capitalized(s Str) Str {
	first := s.offset(1)
	return r.paid(Join(s.cut(0, first).mapped(strings.ToUpper), s.cut(first, len(s.text)).mapped(strings.ToLower)))
}

// pythonWord reports whether c goes on with the word that before ends in.
func pythonWord(before rune) bool { return unicode.IsLetter(before) }

// titled writes the first letter of each word large; inside tells by the
// character before whether a word goes on.
func (r *render) titled(s Str, inside func(before rune) bool) Str {
	before := ' '
	return r.paid(s.mapped(func(piece string) string {
		return strings.Map(func(c rune) rune {
			on := inside(before)
			before = c
			if on {
				return unicode.ToLower(c)
			}
			return unicode.ToUpper(c)
		}, piece)
	}))
}
