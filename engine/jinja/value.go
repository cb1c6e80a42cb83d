package jinja

import (
	"cmp"
	"iter"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A Value is what a variable holds: nil (Python's None), bool, int64, *big.Int
// (beyond int64), float64, Str, *List, *Map, or something only templates make.
type Value any

// An undefined value is what a missing name or member gives: empty, false, and
// an error as soon as somebody looks into it.
type undefined struct{ why string }

// seq tells Python's sequences apart.
type seq int

const (
	isList seq = iota
	isTuple
	isOnce // a generator: can be gone through once, has no length
	isView // dict.items() and the like, range
)

// A List is a sequence.
type List struct {
	items []Value
	kind  seq
	name  string // of a view
	made  bool   // by the template: it may change it
	spent bool   // a generator that was gone through
}

// NewList returns a list.
func NewList(items ...Value) *List { return &List{items: items} }

func newList(items []Value) *List   { return &List{items: items, made: true} }
func newTuple(items ...Value) *List { return &List{items: items, kind: isTuple} }
func newOnce(items []Value) *List   { return &List{items: items, kind: isOnce} }

type entry struct{ key, value Value }

// A Map is a dict: its keys keep the order in which they came.
type Map struct {
	entries []entry
	at      map[string]int // by hash
}

// NewMap returns an empty dict.
func NewMap() *Map { return &Map{} }

// Set sets a key and returns the dict.
func (m *Map) Set(key string, v Value) *Map {
	m.set(String(key), v)
	return m
}

// Get returns a key's value.
func (m *Map) Get(key string) (Value, bool) { return m.get(String(key)) }

// All goes through the keys that are strings and their values, in order.
func (m *Map) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, e := range m.entries {
			if k, ok := e.key.(Str); ok && !yield(k.text, e.value) {
				return
			}
		}
	}
}

// Len returns the number of keys.
func (m *Map) Len() int { return len(m.entries) }

func (m *Map) list() []entry {
	if m == nil {
		return nil
	}
	return m.entries
}

func (m *Map) set(key, v Value) bool {
	h, ok := hash(key)
	if !ok {
		return false
	}
	if i, ok := m.at[h]; ok {
		m.entries[i].value = v
		return true
	}
	if m.at == nil {
		m.at = map[string]int{}
	}
	m.at[h] = len(m.entries)
	m.entries = append(m.entries, entry{key, v})
	return true
}

func (m *Map) get(key Value) (Value, bool) {
	h, ok := hash(key)
	if !ok {
		return nil, false
	}
	i, ok := m.at[h]
	if !ok {
		return nil, false
	}
	return m.entries[i].value, true
}

// maxHash bounds the parts of a key that is a tuple of tuples.
const maxHash = 10_000

// hash returns the same string for keys that are equal in Python, and false for
// what cannot be a key.
func hash(v Value) (string, bool) {
	left := maxHash
	return hashPart(v, &left)
}

func hashPart(v Value, left *int) (string, bool) {
	if *left--; *left < 0 {
		return "", false
	}
	switch v := v.(type) {
	case nil:
		return "N", true
	case undefined:
		return "U", true
	case Str:
		return "s" + v.text, true
	case bool:
		return "i" + strconv.FormatInt(toInt(v), 10), true
	case int64:
		return "i" + strconv.FormatInt(v, 10), true
	case *big.Int:
		return "i" + v.String(), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<62 {
			return "i" + strconv.FormatInt(int64(v), 10), true
		}
		return "f" + strconv.FormatFloat(v, 'g', -1, 64), true
	case *List:
		if v.kind != isTuple {
			return "", false
		}
		var b strings.Builder
		b.WriteString("t")
		for _, x := range v.items {
			h, ok := hashPart(x, left)
			if !ok {
				return "", false
			}
			b.WriteString(strconv.Itoa(len(h)) + ":" + h)
		}
		return b.String(), true
	}
	return "", false
}

// A namespace is what namespace() makes: a dict whose members can be set.
type namespace struct{ Map }

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// truth is Python's bool(v).
func truth(v Value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case Str:
		return v.text != ""
	case *List:
		return v.kind == isOnce || len(v.items) > 0
	case *Map:
		return len(v.entries) > 0
	}
	return true
}

// typeName is Python's name of the type, as its errors show it.
func typeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case undefined:
		return "undefined"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case Str:
		return "str"
	case *List:
		switch v.kind {
		case isTuple:
			return "tuple"
		case isOnce:
			return "generator"
		case isView:
			return v.name
		}
		return "list"
	case *Map:
		return "dict"
	case *namespace:
		return "namespace"
	case *loop:
		return "loop"
	}
	return "function"
}

// equal is Python's a == b.
func (r *render) equal(a, b Value) bool {
	r.step(1)
	if i, ok := a.(int64); ok {
		if j, ok := b.(int64); ok {
			return i == j
		}
	}
	if ai, af, ok := number(a); ok {
		bi, bf, ok := number(b)
		c, real := compareNumbers(ai, af, bi, bf)
		return ok && real && c == 0
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case Str:
		b, ok := b.(Str)
		return ok && len(a.text) == len(b.text) && r.read(a).text == b.text
	case *List:
		b, ok := b.(*List)
		if !ok || a.kind != b.kind || a.kind == isOnce && a != b || len(a.items) != len(b.items) {
			return false
		}
		defer r.enter()()
		for i := range a.items {
			if a != b && !r.equal(a.items[i], b.items[i]) {
				return false
			}
		}
		return true
	case *Map:
		b, ok := b.(*Map)
		if !ok || len(a.entries) != len(b.entries) {
			return false
		}
		defer r.enter()()
		for _, e := range a.entries {
			if v, ok := b.get(e.key); !ok || a != b && !r.equal(e.value, v) {
				return false
			}
		}
		return true
	}
	return a == b
}

// compare is the order that Python's < uses; it fails where Python does. NaN
// compares as no order: ok is false.
func (r *render) compare(a, b Value, op string) (order int, ok bool) {
	r.step(1)
	ai, af, an := number(a)
	bi, bf, bn := number(b)
	if an && bn {
		return compareNumbers(ai, af, bi, bf)
	}
	if a, isStr := a.(Str); isStr {
		if b, isStr := b.(Str); isStr {
			return strings.Compare(r.read(a).text, r.read(b).text), true
		}
	}
	la, aok := a.(*List)
	lb, bok := b.(*List)
	if aok && bok && la.kind == lb.kind && la.kind <= isTuple {
		defer r.enter()()
		for i := range min(len(la.items), len(lb.items)) {
			if !r.equal(la.items[i], lb.items[i]) {
				return r.compare(la.items[i], lb.items[i], op)
			}
		}
		return cmp.Compare(len(la.items), len(lb.items)), true
	}
	r.fail("'%s' not supported between instances of '%s' and '%s'", op, typeName(a), typeName(b))
	return 0, false
}
