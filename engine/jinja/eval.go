package jinja

import (
	"strings"
)

// args are the arguments of a call.
type args struct {
	args   []Value
	names  []string // of the keyword arguments
	values []Value
}

// A builtin is a function that Go code gives to templates.
type builtin struct {
	name string
	f    func(r *render, a args) Value
}

func (r *render) evalAll(list []expr, s *scope) []Value {
	values := make([]Value, len(list))
	for i, x := range list {
		values[i] = r.eval(x, s)
	}
	return values
}

// maxEval bounds how deep expressions stand in each other, through macros too.
const maxEval = 20_000

func (r *render) eval(x expr, s *scope) Value {
	r.line = x.at()
	r.step(1)
	if r.nested++; r.nested > maxEval {
		r.limit("expressions stand too deep in each other")
	}
	v := r.evaluate(x, s)
	r.nested--
	return v
}

func (r *render) evaluate(x expr, s *scope) Value {
	switch x := x.(type) {
	case *constExpr:
		return x.value
	case *nameExpr:
		if v, ok := s.get(x.name); ok {
			return v
		}
		if f := r.global(x.name); f != nil {
			return f
		}
		return undefined{"'" + x.name + "' is undefined"}
	case *caughtExpr:
		v, _ := s.get(caughtName)
		return v
	case *listExpr:
		if x.tuple {
			return newTuple(r.evalAll(x.items, s)...)
		}
		return newList(r.evalAll(x.items, s))
	case *dictExpr:
		m := NewMap()
		for i, k := range x.keys {
			r.put(m, r.eval(k, s), r.eval(x.values[i], s))
		}
		return m
	case *unaryExpr:
		v := r.eval(x.x, s)
		if x.op == "not" {
			return !truth(v)
		}
		return r.sign(x.op, v)
	case *binaryExpr:
		a := r.eval(x.x, s)
		switch x.op {
		case "and":
			if !truth(a) {
				return a
			}
			return r.eval(x.y, s)
		case "or":
			if truth(a) {
				return a
			}
			return r.eval(x.y, s)
		}
		b := r.eval(x.y, s)
		r.line = x.at()
		return r.arithmetic(x.op, a, b)
	case *concatExpr:
		var b builder
		for _, p := range x.parts {
			b.put(r.paid(r.show(r.eval(p, s))))
		}
		return b.str()
	case *compareExpr:
		a := r.eval(x.x, s)
		for i, op := range x.ops {
			b := r.eval(x.ys[i], s)
			if !r.holds(op, a, b) {
				return false
			}
			a = b
		}
		return true
	case *condExpr:
		if truth(r.eval(x.test, s)) {
			return r.eval(x.yes, s)
		}
		if x.no == nil {
			return undefined{"the inline if-expression evaluated to false and no else section was defined"}
		}
		return r.eval(x.no, s)
	case *attrExpr:
		v := r.eval(x.x, s)
		r.line = x.at()
		return r.attr(v, x.name)
	case *itemExpr:
		v := r.eval(x.x, s)
		if k, ok := x.key.(*sliceExpr); ok {
			return r.slice(v, k, s)
		}
		k := r.eval(x.key, s)
		r.line = x.at()
		return r.item(v, k)
	case *sliceExpr:
		r.fail("a slice cannot be part of a key")
	case *callExpr:
		f := r.eval(x.f, s)
		a := r.args(x.args, s)
		r.line = x.at()
		return r.call(f, a)
	case *filterExpr:
		v := r.eval(x.x, s)
		a := r.args(x.args, s)
		r.line = x.at()
		return r.filter(x.name, v, a)
	case *testExpr:
		v := r.eval(x.x, s)
		a := r.args(x.args, s)
		r.line = x.at()
		return r.test(x.name, v, a)
	}
	panic("jinja: an expression of no kind")
}

func (r *render) args(l argList, s *scope) args {
	a := args{args: r.evalAll(l.args, s), names: l.names[:len(l.names):len(l.names)], values: r.evalAll(l.values, s)}
	if l.more != nil {
		a.args = append(a.args, r.iterate(r.eval(l.more, s))...)
	}
	if l.mapping != nil {
		m, ok := r.eval(l.mapping, s).(*Map)
		if !ok {
			r.fail("argument after ** must be a mapping")
		}
		for _, e := range m.entries {
			k, ok := e.key.(Str)
			if !ok {
				r.fail("keywords must be strings")
			}
			a.names, a.values = append(a.names, k.text), append(a.values, e.value)
		}
	}
	return a
}

func (r *render) call(f Value, a args) Value {
	defer r.enter()()
	switch f := f.(type) {
	case *builtin:
		return f.f(r, a)
	case *macro:
		return r.callMacro(f, a)
	case *loop:
		if !f.node.recursive || len(a.args) != 1 {
			r.fail("the loop is not recursive, or got not one argument")
		}
		var b builder
		out := r.out
		r.out = &b
		r.loop(f.node, a.args[0], f.outside, f.depth+1)
		r.out = out
		return b.str()
	case undefined:
		r.fail("%s", f.why)
	}
	r.fail("'%s' object is not callable", typeName(f))
	return nil
}

// put sets a key of a dict the template makes.
func (r *render) put(m *Map, k, v Value) {
	r.grow(16)
	if s, ok := k.(Str); ok {
		r.grow(len(s.text))
	}
	if !m.set(k, v) {
		r.fail("unhashable type: '%s'", typeName(k))
	}
}

// holds reports whether a op b.
func (r *render) holds(op string, a, b Value) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.contains(b, a)
	case "not in":
		return !r.contains(b, a)
	}
	r.known(a)
	r.known(b)
	c, ok := r.compare(a, b, op)
	switch op {
	case "<":
		return ok && c < 0
	case "<=":
		return ok && c <= 0
	case ">":
		return ok && c > 0
	}
	return ok && c >= 0
}

// lookup finds a key of a dict; what cannot be a key is an error.
func (r *render) lookup(m *Map, key Value) (Value, bool) {
	if s, ok := key.(Str); ok {
		r.read(s)
	} else if _, ok := hash(key); !ok {
		r.fail("unhashable type: '%s'", typeName(key))
	}
	return m.get(key)
}

// contains is Python's v in in.
func (r *render) contains(in, v Value) bool {
	switch in := in.(type) {
	case Str:
		s, ok := v.(Str)
		if !ok {
			r.known(v)
			r.fail("'in <string>' requires string as left operand, not %s", typeName(v))
		}
		return strings.Contains(r.read(in).text, r.read(s).text)
	case *Map:
		_, ok := r.lookup(in, v)
		return ok
	}
	for _, x := range r.iterate(in) {
		if r.equal(x, v) {
			return true
		}
	}
	return false
}

// iterate returns what a for loop over v visits.
func (r *render) iterate(v Value) []Value {
	switch v := v.(type) {
	case *List:
		if v.kind == isOnce {
			if v.spent {
				return nil
			}
			v.spent = true
		}
		return v.items
	case Str:
		r.grow(32 * len(v.text))
		var items []Value
		for _, c := range v.chars() {
			items = append(items, c)
		}
		return items
	case *Map:
		r.step(len(v.entries))
		return v.keys()
	case undefined:
		return nil
	}
	r.fail("'%s' object is not iterable", typeName(v))
	return nil
}

func (m *Map) keys() []Value {
	keys := make([]Value, len(m.entries))
	for i, e := range m.entries {
		keys[i] = e.key
	}
	return keys
}

// attr is x.name: a member of Python's type first, then a key.
func (r *render) attr(v Value, name string) Value {
	switch x := v.(type) {
	case undefined:
		r.fail("%s", x.why)
	case *loop:
		if a, ok := x.attr(name); ok {
			return a
		}
	case *namespace:
		if a, ok := x.get(Str{text: name}); ok {
			return a
		}
	case *macro:
		if name == "name" {
			return Str{text: x.node.name}
		}
	default:
		if f := r.method(v, name); f != nil {
			return f
		}
		if m, ok := v.(*Map); ok {
			if a, ok := m.get(Str{text: name}); ok {
				return a
			}
		}
	}
	return missing(v, name)
}

func missing(v Value, name string) undefined {
	if v == nil {
		return undefined{"None has no attribute '" + name + "'"}
	}
	return undefined{"'" + typeName(v) + " object' has no attribute '" + name + "'"}
}

// item is x[key]: an element or key first, then a member of Python's type.
func (r *render) item(v, key Value) Value {
	switch x := v.(type) {
	case undefined:
		r.fail("%s", x.why)
	case *Map:
		if _, ok := hash(key); ok {
			if a, ok := r.lookup(x, key); ok {
				return a
			}
		}
	case *List:
		if i, ok := whole(key); ok && x.kind != isOnce && (x.kind != isView || x.name == "range") {
			if i < 0 {
				i += len(x.items)
			}
			if 0 <= i && i < len(x.items) {
				return x.items[i]
			}
		}
	case Str:
		if i, ok := whole(key); ok {
			n := r.read(x).length()
			if i < 0 {
				i += n
			}
			if 0 <= i && i < n {
				from := x.offset(i)
				return x.cut(from, from+x.cut(from, len(x.text)).offset(1))
			}
		}
	}
	if k, ok := key.(Str); ok {
		if _, isMap := v.(*Map); !isMap {
			return r.attr(v, k.text)
		}
		if f := r.method(v, k.text); f != nil {
			return f
		}
		return missing(v, k.text)
	}
	return undefined{typeName(v) + " object has no element " + r.repr(key).text}
}

// slice is x[a:b:c].
func (r *render) slice(v Value, x *sliceExpr, s *scope) Value {
	var parts [3]*int
	for i, p := range x.parts {
		if p == nil {
			continue
		}
		switch v := r.eval(p, s); v {
		case nil:
		default:
			n, ok := whole(v)
			if !ok {
				r.fail("slice indices must be integers or None")
			}
			parts[i] = &n
		}
	}
	r.line = x.at()
	str, isStr := v.(Str)
	l, isSeq := v.(*List)
	n := 0
	switch {
	case isStr:
		n = str.length()
	case isSeq && l.kind != isOnce && (l.kind != isView || l.name == "range"):
		n = len(l.items)
	default:
		r.known(v)
		return missing(v, "slice") // so where Jinja2 folds constants; an error elsewhere
	}
	step := 1
	if parts[2] != nil {
		step = *parts[2]
	}
	if step == 0 {
		r.fail("slice step cannot be zero")
	}
	from, to := bounds(parts[0], parts[1], step, n)
	r.grow(n)
	if isStr && step == 1 {
		a := str.offset(from)
		return str.cut(a, a+str.cut(a, len(str.text)).offset(max(to-from, 0)))
	}
	var picked []int
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		picked = append(picked, i)
		if step > n || step < -n { // the next is outside, or beyond all numbers
			break
		}
	}
	if isStr {
		r.grow(32 * n)
		chars, b := str.chars(), builder{}
		for _, i := range picked {
			b.put(chars[i])
		}
		return b.str()
	}
	m := &List{kind: l.kind, name: l.name, made: true}
	r.grow(16 * len(picked))
	for _, i := range picked {
		m.items = append(m.items, l.items[i])
	}
	return m
}

// bounds is Python's slice.indices.
func bounds(a, b *int, step, n int) (from, to int) {
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
	}
	clip := func(p *int, otherwise int) int {
		if p == nil {
			return otherwise
		}
		i := *p
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	if step < 0 {
		return clip(a, high), clip(b, low)
	}
	return clip(a, low), clip(b, high)
}
