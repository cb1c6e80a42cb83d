package jinja

import (
	"fmt"
	"time"
)

// A scope holds the names of one block. Blocks see the scopes they stand in.
type scope struct {
	names  []string
	values []Value
	up     *scope
}

func (s *scope) set(name string, v Value) {
	for i, n := range s.names {
		if n == name {
			s.values[i] = v
			return
		}
	}
	s.names, s.values = append(s.names, name), append(s.values, v)
}

func (s *scope) get(name string) (Value, bool) {
	for ; s != nil; s = s.up {
		for i, n := range s.names {
			if n == name {
				return s.values[i], true
			}
		}
	}
	return nil, false
}

// A render is one run of a template. It fails by panicking with an *Error.
type render struct {
	t       *Template
	now     time.Time
	line    int
	steps   int // left
	bytes   int // left
	depth   int // left
	nested  int // expressions being evaluated
	out     *builder
	root    *builder // what Render returns
	answers []Span
}

func (r *render) fail(format string, args ...any) {
	panic(&Error{r.t.name, r.line, Wrong, fmt.Sprintf(format, args...)})
}

func (r *render) limit(format string, args ...any) {
	panic(&Error{r.t.name, r.line, Limit, fmt.Sprintf(format, args...)})
}

// recovered returns what fail threw; other panics go on.
func (r *render) recovered(e any) *Error { return (*parser)(nil).caught(e) }

// step pays for work.
func (r *render) step(n int) {
	if r.steps -= n; r.steps < 0 {
		r.limit("the template takes more steps than it may")
	}
}

// read pays for going through a string.
func (r *render) read(s Str) Str {
	r.step(len(s.text) / 256)
	return s
}

// grow pays for a string of n bytes.
func (r *render) grow(n int) {
	r.step(n / 256)
	if r.bytes -= n; r.bytes < 0 || n < 0 {
		r.limit("the template makes more text than it may")
	}
}

// paid is grow for a string at hand.
func (r *render) paid(s Str) Str {
	r.grow(len(s.text))
	return s
}

// enter pays for one level of depth until what it returns is called.
func (r *render) enter() func() {
	if r.depth--; r.depth < 0 {
		r.limit("calls or values stand too deep in each other")
	}
	return func() { r.depth++ }
}

// A flow says how a block ended.
type flow int

const (
	goOn flow = iota
	breaks
	continues
)

func (r *render) run(body []node, s *scope) flow {
	for _, n := range body {
		r.line = n.at()
		r.step(1)
		if f := r.statement(n, s); f != goOn {
			return f
		}
	}
	return goOn
}

func (r *render) statement(n node, s *scope) flow {
	switch n := n.(type) {
	case *textNode:
		r.out.put(r.paid(n.text))
	case *printNode:
		for _, x := range n.values {
			r.out.put(r.paid(r.show(r.eval(x, s))))
		}
	case *ifNode:
		if truth(r.eval(n.test, s)) {
			return r.run(n.body, s)
		}
		return r.run(n.orElse, s)
	case *forNode:
		r.loop(n, r.eval(n.over, s), s, 0)
	case *setNode:
		r.assign(n.target, r.eval(n.value, s), s)
	case *setBlock:
		v := Value(r.capture(n.body, &scope{up: s}))
		if n.filter != nil {
			v = r.filtered(n.filter, v, s)
		}
		r.assign(n.target, v, s)
	case *withNode:
		inner := &scope{up: s}
		values := r.evalAll(n.values, s)
		for i, t := range n.targets {
			r.assign(t, values[i], inner)
		}
		return r.run(n.body, inner)
	case *macroNode:
		s.set(n.name, &macro{n, s})
	case *callBlock:
		args := r.args(n.call.args, s)
		args.names = append(args.names, "caller")
		args.values = append(args.values, &macro{n.caller, s})
		r.out.put(r.paid(r.show(r.call(r.eval(n.call.f, s), args))))
	case *filterBlock:
		r.out.put(r.paid(r.str(r.filtered(n.filter, r.capture(n.body, &scope{up: s}), s))))
	case *generationNode:
		from := r.out.Len()
		r.out.put(r.paid(r.capture(n.body, &scope{up: s})))
		if r.out == r.root && r.out.Len() > from {
			r.answers = append(r.answers, Span{from, r.out.Len()})
		}
	case *breakNode:
		return breaks
	case *continueNode:
		return continues
	}
	return goOn
}

// capture returns what body writes.
func (r *render) capture(body []node, s *scope) Str {
	defer r.enter()()
	var b builder
	out := r.out
	r.out = &b
	r.run(body, s)
	r.out = out
	return b.str()
}

// filtered evaluates a filter over caughtExpr.
func (r *render) filtered(f expr, caught Value, s *scope) Value {
	inner := &scope{up: s}
	inner.set(caughtName, caught)
	return r.eval(f, inner)
}

const caughtName = "\x00caught" // no template can write this name

func (r *render) assign(target expr, v Value, s *scope) {
	r.line = target.at()
	r.step(1)
	switch t := target.(type) {
	case *nameExpr:
		s.set(t.name, v)
	case *nsRef:
		x, _ := s.get(t.name)
		ns, ok := x.(*namespace)
		if !ok {
			r.fail("cannot assign attribute on non-namespace object")
		}
		if t.attr[0] == '_' {
			r.fail("a namespace has no names that begin with an underscore, such as %s", t.attr)
		}
		ns.set(Str{text: t.attr}, v)
	case *listExpr:
		items := r.iterate(v)
		if len(items) != len(t.items) {
			r.fail("%d values to unpack where %d are expected", len(items), len(t.items))
		}
		for i, x := range t.items {
			r.assign(x, items[i], s)
		}
	}
}

// A loop is the variable of that name inside for.
type loop struct {
	node    *forNode
	outside *scope
	items   []Value
	i       int
	depth   int
	last    *Value // what changed was told
}

func (r *render) loop(n *forNode, over Value, s *scope, depth int) {
	defer r.enter()()
	items := r.iterate(over)
	if n.test != nil {
		var kept []Value
		for _, v := range items {
			inner := &scope{up: s}
			r.assign(n.target, v, inner)
			if truth(r.eval(n.test, inner)) {
				kept = append(kept, v)
			}
		}
		items = kept
	}
	l := &loop{node: n, outside: s, items: items, depth: depth}
	ended := false // an iteration came to its end: what else asks for, in Jinja2
	for i, v := range items {
		l.i = i
		inner := &scope{up: s}
		inner.set("loop", l)
		r.assign(n.target, v, inner)
		f := r.run(n.body, inner)
		if f == breaks {
			break
		}
		ended = ended || f == goOn
	}
	if !ended {
		r.run(n.orElse, &scope{up: s})
	}
}

func (l *loop) attr(name string) (Value, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		if l.i == 0 {
			return undefined{"there is no previous item"}, true
		}
		return l.items[l.i-1], true
	case "nextitem":
		if l.i == n-1 {
			return undefined{"there is no next item"}, true
		}
		return l.items[l.i+1], true
	case "cycle":
		return &builtin{"cycle", func(r *render, a args) Value {
			if len(a.args) == 0 {
				r.fail("no items for cycling given")
			}
			return a.args[l.i%len(a.args)]
		}}, true
	case "changed":
		return &builtin{"changed", func(r *render, a args) Value {
			v := Value(newTuple(a.args...))
			if l.last != nil && r.equal(*l.last, v) {
				return false
			}
			l.last = &v
			return true
		}}, true
	}
	return nil, false
}

// A macro is a macro with the scope it was made in.
type macro struct {
	node  *macroNode
	scope *scope
}

func (r *render) callMacro(m *macro, a args) Value {
	n := m.node
	s := &scope{up: m.scope}
	rest := a.args[min(len(n.params), len(a.args)):]
	if len(rest) > 0 && !n.varargs {
		r.fail("macro %s takes not more than %d arguments", n.name, len(n.params))
	}
	given := map[string]bool{}
	take := func(name string) (Value, bool) {
		for i, k := range a.names {
			if k == name && !given[k] {
				given[k] = true
				return a.values[i], true
			}
		}
		return nil, false
	}
	for i, p := range n.params {
		v, ok := Value(nil), i < len(a.args)
		if ok {
			v = a.args[i]
			if _, twice := take(p); twice {
				r.fail("macro %s got two values for %s", n.name, p)
			}
		} else if v, ok = take(p); !ok {
			if d := i - len(n.params) + len(n.defaults); d >= 0 {
				v = r.eval(n.defaults[d], s)
			} else {
				v = undefined{"parameter " + p + " was not provided"}
			}
		}
		s.set(p, v)
	}
	if n.caller {
		v, ok := take("caller")
		if !ok {
			v = undefined{"no caller defined"}
		}
		s.set("caller", v)
	}
	if n.kwargs {
		more := NewMap()
		for i, k := range a.names {
			if !given[k] {
				more.set(Str{text: k}, a.values[i])
			}
		}
		s.set("kwargs", more)
	} else {
		for _, k := range a.names {
			if !given[k] {
				r.fail("macro %s takes no keyword argument %s", n.name, k)
			}
		}
	}
	if n.varargs {
		s.set("varargs", newTuple(rest...))
	}
	defer func(line int) { r.line = line }(r.line)
	return r.capture(n.body, s)
}
