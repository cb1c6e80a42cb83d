package jinja

import (
	"math"
	"math/big"
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

func (r *render) eval(x expr, s *scope) Value {
	r.line = x.at()
	r.step(1)
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
			b.put(r.show(r.eval(p, s)))
		}
		return r.paid(b.str())
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
	if l.map_ != nil {
		m, ok := r.eval(l.map_, s).(*Map)
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

func (r *render) sign(op string, v Value) Value {
	i, f, ok := number(v)
	switch {
	case !ok:
		r.fail("bad operand type for unary %s: '%s'", op, typeName(v))
	case i == nil && op == "-":
		return -f
	case i == nil:
		return f
	case op == "-":
		return normal(new(big.Int).Neg(i))
	}
	return normal(i)
}

func (r *render) arithmetic(op string, a, b Value) Value {
	ai, af, an := number(a)
	bi, bf, bn := number(b)
	if an && bn {
		if ai != nil && bi != nil && op != "/" {
			return r.integers(op, ai, bi)
		}
		if ai != nil {
			af, _ = new(big.Float).SetInt(ai).Float64()
		}
		if bi != nil {
			bf, _ = new(big.Float).SetInt(bi).Float64()
		}
		return r.floats(op, af, bf)
	}
	sa, aStr := a.(Str)
	sb, bStr := b.(Str)
	la, aList := a.(*List)
	lb, bList := b.(*List)
	switch {
	case op == "+" && aStr && bStr:
		r.grow(len(sa.text) + len(sb.text))
		if sa.safe || sb.safe {
			s := Join(sa.escaped(), sb.escaped())
			s.safe = true
			return s
		}
		return Join(sa, sb)
	case op == "+" && aList && bList && la.kind == lb.kind && la.kind <= isTuple:
		r.grow(16 * (len(la.items) + len(lb.items)))
		return &List{items: append(la.items[:len(la.items):len(la.items)], lb.items...), kind: la.kind, made: true}
	case op == "%" && aStr:
		return r.paid(r.percent(sa, b))
	case op == "*" && (aStr || aList && la.kind <= isTuple) && bi != nil:
		return r.repeat(a, bi)
	case op == "*" && (bStr || bList && lb.kind <= isTuple) && ai != nil:
		return r.repeat(b, ai)
	}
	for _, v := range []Value{a, b} {
		if u, ok := v.(undefined); ok {
			r.fail("%s", u.why)
		}
	}
	if op == "+" && aStr {
		r.fail("can only concatenate str (not \"%s\") to str", typeName(b))
	}
	r.fail("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(a), typeName(b))
	return nil
}

func (r *render) repeat(v Value, times *big.Int) Value {
	n := 0
	if times.Sign() > 0 {
		if !times.IsInt64() || times.Int64() > 1<<30 {
			r.limit("a repetition of %v times", times)
		}
		n = int(times.Int64())
	}
	if s, ok := v.(Str); ok {
		if s.text == "" {
			return s
		}
		r.grow(min(len(s.text), 1<<30) * n)
		var b builder
		for range n {
			b.put(s)
		}
		return b.str()
	}
	l := v.(*List)
	r.grow(16 * min(len(l.items), 1<<28) * n)
	m := &List{kind: l.kind, made: true}
	for range n {
		if len(l.items) == 0 {
			break
		}
		m.items = append(m.items, l.items...)
	}
	return m
}

func (r *render) integers(op string, a, b *big.Int) Value {
	const most = 4096 // bits
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(a, b)
	case "-":
		z.Sub(a, b)
	case "*":
		if a.BitLen()+b.BitLen() > most {
			r.limit("a number of more than %d bits", most)
		}
		z.Mul(a, b)
	case "//", "%":
		if b.Sign() == 0 {
			r.fail("integer division or modulo by zero")
		}
		m := new(big.Int)
		z.QuoRem(a, b, m)
		if m.Sign() != 0 && m.Sign() != b.Sign() { // Python rounds down
			z.Sub(z, big.NewInt(1))
			m.Add(m, b)
		}
		if op == "%" {
			z = m
		}
	case "**":
		if b.Sign() < 0 {
			x, _ := new(big.Float).SetInt(a).Float64()
			y, _ := new(big.Float).SetInt(b).Float64()
			return r.floats(op, x, y)
		}
		if a.BitLen() > 1 && (!b.IsInt64() || b.Int64() > most || int64(a.BitLen())*b.Int64() > most) {
			r.limit("a number of more than %d bits", most)
		}
		if a.BitLen() <= 1 && b.BitLen() > 1 { // 0, 1 or -1
			b = big.NewInt(2 + int64(b.Bit(0)))
		}
		z.Exp(a, b, nil)
	}
	return normal(z)
}

func (r *render) floats(op string, a, b float64) Value {
	if b == 0 && (op == "/" || op == "//" || op == "%") {
		r.fail("division by zero")
	}
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "**":
		if a == 0 && b < 0 {
			r.fail("0.0 cannot be raised to a negative power")
		}
		v := math.Pow(a, b)
		if v != v && a == a && b == b {
			r.fail("a root of a negative number")
		}
		return v
	}
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	if op == "%" {
		return m
	}
	d := (a - m) / b
	whole := math.Floor(d)
	if d-whole > 0.5 {
		whole++
	}
	return whole
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
	for _, v := range []Value{a, b} {
		if u, ok := v.(undefined); ok {
			r.fail("%s", u.why)
		}
	}
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

// contains is Python's v in in.
func (r *render) contains(in, v Value) bool {
	switch in := in.(type) {
	case Str:
		s, ok := v.(Str)
		if u, un := v.(undefined); un {
			r.fail("%s", u.why)
		}
		if !ok {
			r.fail("'in <string>' requires string as left operand, not %s", typeName(v))
		}
		r.step(len(in.text) / 64)
		return strings.Contains(in.text, s.text)
	case *Map:
		if _, ok := hash(v); !ok {
			r.fail("unhashable type: '%s'", typeName(v))
		}
		_, ok := in.get(v)
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
		if a, ok := x.get(key); ok {
			return a
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
			r.step(len(x.text) / 64)
			n := x.length()
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
	case isSeq && l.kind != isOnce && l.kind != isView:
		n = len(l.items)
	default:
		if u, ok := v.(undefined); ok {
			r.fail("%s", u.why)
		}
		return missing(v, "slice")
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
		chars, b := str.chars(), builder{}
		r.grow(32 * n)
		for _, i := range picked {
			b.put(chars[i])
		}
		return b.str()
	}
	m := &List{kind: l.kind, made: true}
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
