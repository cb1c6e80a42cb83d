package jinja

import (
	"math/big"
	"slices"
	"strings"
)

// A test is what stands behind is.
type test func(r *render, v Value, a args) bool

func (r *render) test(name string, v Value, a args) Value {
	f := r.t.lib.tests[name]
	if f == nil {
		r.fail("there is no test %s", name)
	}
	if s, ok := v.(Str); ok {
		r.read(s)
	}
	return f(r, v, a)
}

func isUndefined(v Value) bool { _, ok := v.(undefined); return ok }

func plain(f func(v Value) bool) test {
	return func(r *render, v Value, a args) bool {
		r.bind(a, "the test", 0)
		return f(v)
	}
}

func against(op string) test {
	return func(r *render, v Value, a args) bool { return r.holds(op, v, r.bind(a, op, 1, "other")[0]) }
}

var tests = map[string]test{
	"defined":   plain(func(v Value) bool { return !isUndefined(v) }),
	"undefined": plain(isUndefined),
	"none":      plain(func(v Value) bool { return v == nil }),
	"boolean":   plain(func(v Value) bool { _, ok := v.(bool); return ok }),
	"true":      plain(func(v Value) bool { b, ok := v.(bool); return ok && b }),
	"false":     plain(func(v Value) bool { b, ok := v.(bool); return ok && !b }),
	"string":    plain(func(v Value) bool { _, ok := v.(Str); return ok }),
	"mapping":   plain(func(v Value) bool { _, ok := v.(*Map); return ok }),
	"number":    plain(func(v Value) bool { _, _, ok := number(v); return ok }),
	"integer": plain(func(v Value) bool {
		i, _, ok := number(v)
		_, isBool := v.(bool)
		return ok && i != nil && !isBool
	}),
	"float":    plain(func(v Value) bool { _, ok := v.(float64); return ok }),
	"iterable": plain(isIterable),
	"sequence": plain(func(v Value) bool { // what has a length and elements
		l, ok := v.(*List)
		return isIterable(v) && !(ok && (l.kind == isOnce || l.kind == isView && l.name != "range"))
	}),
	"callable": plain(func(v Value) bool {
		switch v := v.(type) {
		case *builtin, *macro, undefined:
			return true
		case *loop:
			return v != nil
		}
		return false
	}),
	"escaped": plain(func(v Value) bool { s, ok := v.(Str); return ok && s.safe }),
	"lower":   func(r *render, v Value, a args) bool { return isLower(r.show(v).text) },
	"upper":   func(r *render, v Value, a args) bool { return isUpper(r.show(v).text) },
	"sameas": func(r *render, v Value, a args) bool {
		b := r.bind(a, "sameas", 1, "other")[0]
		switch v.(type) {
		case nil, bool, *List, *Map, *namespace, *macro:
			return v == b
		}
		return typeName(v) == typeName(b) && r.equal(v, b)
	},
	"odd":  func(r *render, v Value, a args) bool { return r.equal(r.arithmetic("%", v, int64(2)), int64(1)) },
	"even": func(r *render, v Value, a args) bool { return r.equal(r.arithmetic("%", v, int64(2)), int64(0)) },
	"divisibleby": func(r *render, v Value, a args) bool {
		return r.equal(r.arithmetic("%", v, r.bind(a, "divisibleby", 1, "num")[0]), int64(0))
	},
	"filter": func(r *render, v Value, a args) bool { return r.t.lib.filter(r.str(v).text) != nil },
	"test":   func(r *render, v Value, a args) bool { return r.t.lib.tests[r.str(v).text] != nil },
	"in":     against("in"),
	"eq":     against("=="), "equalto": against("=="), "==": against("=="),
	"ne": against("!="), "!=": against("!="),
	"lt": against("<"), "lessthan": against("<"), "<": against("<"),
	"le": against("<="), "<=": against("<="),
	"gt": against(">"), "greaterthan": against(">"), ">": against(">"),
	"ge": against(">="), ">=": against(">="),
}

func isIterable(v Value) bool {
	switch v.(type) {
	case Str, *List, *Map, *loop, undefined:
		return true
	}
	return false
}

// chooser returns what select, reject and their like ask of each item: the
// truth of key(item), or a test of it.
func (r *render) chooser(a []Value, names []string, values []Value, key func(Value) Value) func(Value) bool {
	if len(a) == 0 {
		return func(v Value) bool { return truth(key(v)) }
	}
	name := r.str(a[0]).text
	rest := args{slices.Clone(a[1:]), names, values}
	return func(v Value) bool {
		r.step(1)
		return r.test(name, key(v), rest).(bool)
	}
}

// toInteger is Python's int(v), or false.
func toInteger(v Value, base int) (Value, bool) {
	switch v := v.(type) {
	case bool:
		return toInt(v), true
	case int64, *big.Int:
		return v, true
	case float64:
		if v != v || v-v != 0 {
			return nil, false
		}
		i, _ := big.NewFloat(v).Int(nil)
		return normal(i), true
	case Str:
		s := v.trim(true, true, isSpace).text
		if len(s) > 1000 {
			return nil, false
		}
		if prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" {
			s = strings.TrimPrefix(strings.ToLower(s), prefix)
		}
		if i, ok := new(big.Int).SetString(s, base); ok {
			return normal(i), true
		}
	}
	return nil, false
}
