package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A node is an expression: a number, or an operation on two or more parts.
// Of - and ÷ there are just two; + and × are flat in keys.
type node struct {
	op    rune // + - × ÷, or 0 for a number
	parts []node
	value int // of a number
}

func leaf(v int) node          { return node{value: v} }
func sumOf(parts ...node) node { return node{op: '+', parts: parts} }

// key writes an expression so that equal ones up to the order of sums and
// products are written the same.
func (n node) key() string {
	if n.op == 0 {
		return strconv.Itoa(n.value)
	}
	var keys []string
	for _, p := range n.flat(n.op) {
		keys = append(keys, p.key())
	}
	if n.op == '+' || n.op == '×' {
		slices.Sort(keys)
	}
	return "(" + strings.Join(keys, string(n.op)) + ")"
}

// flat returns the parts of a sum of sums, or a product of products.
func (n node) flat(op rune) []node {
	if op != '+' && op != '×' {
		return n.parts
	}
	var list []node
	for _, p := range n.parts {
		if p.op == op {
			list = append(list, p.flat(op)...)
		} else {
			list = append(list, p)
		}
	}
	return list
}

// eval computes an expression; ok is false when a step leaves 0 to limit, a
// division is not exact, or a product is not in the table.
func (n node) eval(limit int) (v int, ok bool) {
	if n.op == 0 {
		return n.value, n.value >= 0 && n.value <= limit
	}
	a, ok := n.parts[0].eval(limit)
	if !ok {
		return 0, false
	}
	for _, p := range n.parts[1:] {
		b, ok := p.eval(limit)
		if !ok {
			return 0, false
		}
		v, ok := apply(n.op, a, b)
		if !ok || v < 0 || v > limit || n.op == '×' && max(a, b) > table || n.op == '÷' && max(b, v) > table {
			return 0, false
		}
		a = v
	}
	return a, true
}

// apply computes one operation; ok is false for a division that is not exact.
func apply(op rune, a, b int) (v int, ok bool) {
	switch op {
	case '+':
		return a + b, true
	case '-':
		return a - b, true
	case '×':
		return a * b, true
	case '÷':
		if b == 0 || a%b != 0 {
			return 0, false
		}
		return a / b, true
	}
	panic("data: no operation " + string(op))
}

func strength(op rune) int {
	switch op {
	case 0:
		return 3
	case '×', '÷':
		return 2
	}
	return 1
}

// String writes an expression with no more parentheses than it needs.
func (n node) String() string {
	if n.op == 0 {
		return strconv.Itoa(n.value)
	}
	var b strings.Builder
	for i, p := range n.parts {
		text := p.String()
		weak := strength(p.op) < strength(n.op)
		if i > 0 {
			b.WriteRune(n.op)
			weak = weak || strength(p.op) == strength(n.op) // on the right even an equal needs them
		}
		if weak {
			text = "(" + text + ")"
		}
		b.WriteString(text)
	}
	return b.String()
}

// step computes the leftmost operation that stands on two numbers. It returns
// that operation, and the expression with its value in its place.
func (n node) step() (done, rest node) {
	path := n.first()
	done = n
	for _, i := range path {
		done = done.parts[i]
	}
	return done, n.replace(path, leaf(done.calculate()))
}

// calculate returns the value of an operation on two numbers.
func (n node) calculate() int {
	v, ok := apply(n.op, n.parts[0].value, n.parts[1].value)
	if !ok {
		panic("data: " + n.String() + " has no whole value")
	}
	return v
}

// first returns the way to the leftmost operation on two numbers.
func (n node) first() []int {
	for i, p := range n.parts {
		if p.op != 0 {
			return append([]int{i}, p.first()...)
		}
	}
	return nil
}

// work writes the line of an operation on two numbers, as it is done in the
// head: the tens of the second number first, then its ones.
//
//	82-39=52-9=43
func (n node) work(t *strings.Builder) {
	a, b := n.parts[0].value, n.parts[1].value
	fmt.Fprintf(t, "%d%c%d=", a, n.op, b)
	if tens := b / 10 * 10; (n.op == '+' || n.op == '-') && tens > 0 && tens < b {
		v, _ := apply(n.op, a, tens)
		fmt.Fprintf(t, "%d%c%d=", v, n.op, b-tens)
	}
	fmt.Fprintf(t, "%d\n", n.calculate())
}

// replace returns the expression with another in the place that path leads to.
func (n node) replace(path []int, by node) node {
	if len(path) == 0 {
		return by
	}
	parts := slices.Clone(n.parts)
	parts[path[0]] = parts[path[0]].replace(path[1:], by)
	return node{op: n.op, parts: parts}
}

// Numbers in expressions, equations and stories are up to orderLimit, factors
// up to table.
const (
	orderLimit = 100
	table      = 10
)

// makeOrder makes an expression of level+1 operations. The thought does them
// from the left as soon as both numbers are there, a line each, and between
// them writes what is left while that is more than one operation.
func makeOrder(d *draw, level int, lang string) lesson {
	for {
		n := randomTree(d, level+1)
		v, ok := n.eval(orderLimit)
		if !ok || !mixed(n) {
			continue
		}
		var t strings.Builder
		for s := n; s.op != 0; {
			done, rest := s.step()
			done.work(&t)
			if s = rest; len(s.first()) > 0 {
				t.WriteString(s.String() + "\n")
			}
		}
		return lesson{prompt: ask(d, lang, n.String()), think: t.String(), answer: strconv.Itoa(v), key: n.key()}
	}
}

// mixed reports whether the order matters: a strong operation, or parentheses.
func mixed(n node) bool { return strings.ContainsAny(n.String(), "×÷(") }

// randomTree draws an expression of ops operations with two parts each.
func randomTree(d *draw, ops int) node {
	if ops == 0 {
		return leaf(d.between(1, 20))
	}
	op := pick(d, []rune{'+', '-', '×', '+', '-', '×', '÷'})
	left := d.below(ops)
	n := node{op: op, parts: []node{randomTree(d, left), randomTree(d, ops-1-left)}}
	if op == '×' || op == '÷' { // small enough for the tables
		for i := range n.parts {
			if n.parts[i].op == 0 {
				n.parts[i].value = d.between(2, 9)
			}
		}
		if op == '÷' && n.parts[0].op == 0 && n.parts[1].op == 0 {
			n.parts[0].value *= n.parts[1].value
		}
	}
	return n
}
