package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// sequences are the filters over sequences.
var sequences = map[string]filter{
	"length": length, "count": length,
	"first": func(r *render, v Value, a args) Value {
		if items := r.iterate(v); len(items) > 0 {
			return items[0]
		}
		return undefined{"No first item, sequence was empty."}
	},
	"last": func(r *render, v Value, a args) Value {
		if typeName(v) == "generator" {
			r.fail("'generator' object is not reversible")
		}
		if items := r.iterate(v); len(items) > 0 {
			return items[len(items)-1]
		}
		return undefined{"No last item, sequence was empty."}
	},
	"list": func(r *render, v Value, a args) Value {
		items := r.iterate(v)
		r.grow(16 * len(items))
		return newList(slices.Clone(items))
	},
	"items": func(r *render, v Value, a args) Value {
		switch v := v.(type) {
		case undefined:
			return newOnce(nil)
		case *Map:
			return newOnce(r.items(v).items)
		}
		r.fail("Can only get item pairs from a mapping.")
		return nil
	},
	"join": func(r *render, v Value, a args) Value {
		p := r.bind(a, "join", 0, "d", "attribute")
		sep := Str{}
		if given(p[0]) {
			sep = r.show(p[0])
		}
		key := r.key(p[1], nil)
		var b builder
		for i, x := range r.iterate(v) {
			if i > 0 {
				b.put(r.paid(sep))
			}
			b.put(r.paid(r.show(key(x))))
		}
		return b.str()
	},
	"reverse": func(r *render, v Value, a args) Value {
		if s, ok := v.(Str); ok {
			r.grow(32 * len(s.text))
			chars := s.chars()
			slices.Reverse(chars)
			return Join(chars...)
		}
		items := slices.Clone(r.iterate(v))
		r.grow(16 * len(items))
		slices.Reverse(items)
		return newOnce(items)
	},
	"map": func(r *render, v Value, a args) Value {
		var out []Value
		if !truth(v) { // not gone through, so that None is fine
			return newOnce(nil)
		}
		f := r.mapper(a)
		for _, x := range r.iterate(v) {
			r.grow(16)
			out = append(out, f(x))
		}
		return newOnce(out)
	},
	"select":     choosing(false, true),
	"reject":     choosing(false, false),
	"selectattr": choosing(true, true),
	"rejectattr": choosing(true, false),
	"sum": func(r *render, v Value, a args) Value {
		p := r.bind(a, "sum", 0, "attribute", "start")
		key, sum := r.key(p[0], nil), Value(int64(0))
		if given(p[1]) {
			sum = p[1]
		}
		for _, x := range r.iterate(v) {
			sum = r.arithmetic("+", sum, key(x))
		}
		return sum
	},
	"min": extreme("min", "<"),
	"max": extreme("max", ">"),
	"sort": func(r *render, v Value, a args) Value {
		p := r.bind(a, "sort", 0, "reverse", "case_sensitive", "attribute")
		items := slices.Clone(r.iterate(v))
		r.grow(32 * len(items))
		key := r.keys(p[2], truthOr(p[1], false))
		r.sort(items, func(v Value) Value { return newTuple(key(v)) }, truthOr(p[0], false))
		return newList(items)
	},
	"dictsort": func(r *render, v Value, a args) Value {
		p := r.bind(a, "dictsort", 0, "case_sensitive", "by", "reverse")
		m, ok := v.(*Map)
		by := slices.Index([]string{"key", "value"}, r.strOr(p[1], "key").text)
		if !ok || by < 0 {
			r.fail("dictsort sorts a mapping by key or value")
		}
		items := r.items(m).items
		fold := r.folded(truthOr(p[0], false))
		r.sort(items, func(v Value) Value { return fold(v.(*List).items[by]) }, truthOr(p[2], false))
		return newList(items)
	},
	"unique": func(r *render, v Value, a args) Value {
		p := r.bind(a, "unique", 0, "case_sensitive", "attribute")
		key, seen := r.key(p[1], r.folded(truthOr(p[0], false))), map[string]bool{}
		var out []Value
		for _, x := range r.iterate(v) {
			h, ok := hash(key(x))
			if !ok {
				r.fail("unhashable type: '%s'", typeName(key(x)))
			}
			if r.grow(16 + len(h)); !seen[h] {
				seen[h] = true
				out = append(out, x)
			}
		}
		return newOnce(out)
	},
	"groupby": func(r *render, v Value, a args) Value {
		p := r.bind(a, "groupby", 1, "attribute", "default", "case_sensitive")
		fold := r.folded(truthOr(p[2], false))
		key := r.key(p[0], nil)
		withDefault := func(x Value) Value {
			if k := key(x); !isUndefined(k) || !given(p[1]) {
				return k
			}
			return p[1]
		}
		items := slices.Clone(r.iterate(v))
		r.grow(64 * len(items))
		r.sort(items, func(x Value) Value { return fold(withDefault(x)) }, false)
		out := newList(nil)
		for i, x := range items {
			if i == 0 || !r.equal(fold(withDefault(x)), fold(withDefault(items[i-1]))) {
				out.items = append(out.items, newTuple(withDefault(x), newList(nil)))
			}
			group := out.items[len(out.items)-1].(*List).items[1].(*List)
			group.items = append(group.items, x)
		}
		return out
	},
	"batch": func(r *render, v Value, a args) Value {
		p := r.bind(a, "batch", 1, "linecount", "fill_with")
		n := r.intOr(p[0], 1)
		items := r.iterate(v)
		if n < 1 || n > len(items)+maxRange {
			r.fail("batch takes a number of items from 1")
		}
		r.grow(32*len(items) + 16*n)
		out := newOnce(nil)
		for len(items) > 0 {
			line := slices.Clone(items[:min(n, len(items))])
			items = items[len(line):]
			for given(p[1]) && p[1] != nil && len(line) < n {
				line = append(line, p[1])
			}
			out.items = append(out.items, newList(line))
		}
		return out
	},
}

func length(r *render, v Value, a args) Value {
	switch v := v.(type) {
	case Str:
		return int64(v.length())
	case *List:
		if v.kind != isOnce {
			return int64(len(v.items))
		}
	case *Map:
		return int64(len(v.entries))
	case *loop:
		return int64(len(v.items))
	case undefined:
		return int64(0)
	}
	r.fail("object of type '%s' has no len()", typeName(v))
	return nil
}

// key returns the function that finds an attribute, such as "a.b" or 0, of an
// item, followed by after.
func (r *render) key(attribute Value, after func(Value) Value) func(Value) Value {
	if after == nil {
		after = func(v Value) Value { return v }
	}
	if !given(attribute) || attribute == nil {
		return after
	}
	var parts []Value
	if s, ok := attribute.(Str); ok {
		for _, p := range strings.Split(s.text, ".") {
			if n, err := strconv.ParseInt(p, 10, 64); err == nil && n >= 0 {
				parts = append(parts, n)
			} else {
				parts = append(parts, Str{text: p})
			}
		}
	} else {
		parts = []Value{attribute}
	}
	return func(v Value) Value {
		for _, p := range parts {
			r.step(1)
			v = r.item(v, p)
		}
		return after(v)
	}
}

// keys is key for a list of attributes, such as "a,b".
func (r *render) keys(attributes Value, sensitive bool) func(Value) Value {
	fold := r.folded(sensitive)
	s, ok := attributes.(Str)
	if !ok || !strings.Contains(s.text, ",") {
		return r.key(attributes, fold)
	}
	var all []func(Value) Value
	for _, p := range strings.Split(s.text, ",") {
		all = append(all, r.key(Str{text: p}, fold))
	}
	return func(v Value) Value {
		k := newTuple()
		for _, f := range all {
			k.items = append(k.items, f(v))
		}
		return k
	}
}

// folded returns what strings are compared by.
func (r *render) folded(sensitive bool) func(Value) Value {
	return func(v Value) Value {
		if s, ok := v.(Str); ok && !sensitive {
			return r.paid(s.mapped(strings.ToLower))
		}
		return v
	}
}

// sort sorts items by key, equal ones in the order they have.
func (r *render) sort(items []Value, key func(Value) Value, reverse bool) {
	type keyed struct{ key, item Value }
	list := make([]keyed, len(items))
	for i, x := range items {
		list[i] = keyed{key(x), x}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		if reverse {
			a, b = b, a
		}
		c, _ := r.compare(a.key, b.key, "<")
		return c
	})
	for i := range items {
		items[i] = list[i].item
	}
}

func extreme(name, op string) filter {
	return func(r *render, v Value, a args) Value {
		p := r.bind(a, name, 0, "case_sensitive", "attribute")
		key := r.key(p[1], r.folded(truthOr(p[0], false)))
		items := r.iterate(v)
		if len(items) == 0 {
			return undefined{"No aggregated item, sequence was empty."}
		}
		best := items[0]
		for _, x := range items[1:] {
			if r.holds(op, key(x), key(best)) {
				best = x
			}
		}
		return best
	}
}

// mapper returns the function of the filter map.
func (r *render) mapper(a args) func(Value) Value {
	if len(a.args) > 0 {
		name := r.str(a.args[0]).text
		rest := args{a.args[1:], a.names, a.values}
		return func(v Value) Value { return r.filter(name, v, rest) }
	}
	p := r.bind(a, "map", 0, "attribute", "default")
	if !given(p[0]) {
		r.fail("map requires a filter argument")
	}
	return r.key(p[0], func(v Value) Value {
		if isUndefined(v) && given(p[1]) {
			return p[1]
		}
		return v
	})
}

// choosing is select and its like: with an attribute first, keeping what holds
// or the rest.
func choosing(attribute, keep bool) filter {
	return func(r *render, v Value, a args) Value {
		if !truth(v) { // not gone through, so that None is fine
			return newOnce(nil)
		}
		key, rest := r.key(absent{}, nil), a.args
		if attribute {
			if len(rest) == 0 {
				r.fail("Missing parameter for attribute name")
			}
			key, rest = r.key(rest[0], nil), rest[1:]
		}
		holds := r.chooser(rest, a.names, a.values, key)
		var out []Value
		for _, x := range r.iterate(v) {
			if r.grow(16); holds(x) == keep {
				out = append(out, x)
			}
		}
		return newOnce(out)
	}
}
