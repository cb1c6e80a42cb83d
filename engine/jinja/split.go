package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
