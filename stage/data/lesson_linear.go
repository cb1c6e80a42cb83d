package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var askEquation = map[string][]string{
	"en": {"Solve %e.", "%e, x=?", "Find x: %e", "If %e, what is x?"},
	"zh": {"解方程：%e", "%e，x=?", "求x：%e", "如果%e，x等于多少？"},
}

// makeLinear makes an equation in x with a whole solution from 0 up:
//
//	1  x+a=b, a+x=b, x-a=b, a-x=b, ax=b, x÷a=b
//	2  ax+b=c, ax-b=c, b-ax=c
//	3  a(x+b)=c, a(x-b)=c, x÷a+b=c
//	4  ax+b=cx+d, ax-b=cx+d
func makeLinear(d *draw, level int, lang string) lesson {
	for {
		lines, ok := equation(d, level)
		if !ok {
			continue
		}
		first := lines[0]
		shown := first
		if d.below(6) == 0 { // the other way round
			l, r, _ := strings.Cut(first, "=")
			shown = r + "=" + l
		}
		think := strings.Join(lines[1:], "\n") + "\n"
		if shown != first {
			think = first + "\n" + think
		}
		if d.below(5) == 0 {
			shown = spaced(shown)
		}
		return lesson{
			prompt: strings.Replace(pick(d, askEquation[lang]), "%e", shown, 1), think: think,
			answer: lines[len(lines)-1], key: equationKey(first),
		}
	}
}

// equation draws an equation and the lines to its solution: each calculation,
// and each equation that follows.
func equation(d *draw, level int) (lines []string, ok bool) {
	x, a, b := d.between(0, 9), d.between(2, 9), d.between(1, 40)
	t := derivation{ok: true}
	switch level {
	case 1:
		y := d.between(0, 60)
		switch d.below(6) {
		case 0:
			t.say("x+%d=%d", b, x+b)
			t.solved(t.do('-', x+b, b))
		case 1:
			t.say("%d+x=%d", b, y+b)
			t.solved(t.do('-', y+b, b))
		case 2:
			t.say("x-%d=%d", b, y)
			t.solved(t.do('+', y, b))
		case 3:
			t.say("%d-x=%d", y+b, y)
			t.solved(t.do('-', y+b, y))
		case 4:
			t.say("%dx=%d", a, a*x)
			t.solved(t.do('÷', a*x, a))
		case 5:
			t.say("x÷%d=%d", a, x)
			t.solved(t.do('×', x, a))
		}
	case 2:
		switch d.below(3) {
		case 0:
			t.say("%dx+%d=%d", a, b, a*x+b)
			t.scaled(a, t.do('-', a*x+b, b))
		case 1:
			t.say("%dx-%d=%d", a, b, a*x-b)
			t.scaled(a, t.do('+', a*x-b, b))
		case 2:
			t.say("%d-%dx=%d", a*x+b, a, b)
			t.scaled(a, t.do('-', a*x+b, b))
		}
	case 3:
		b = d.between(1, 9)
		switch d.below(3) {
		case 0:
			t.say("%d(x+%d)=%d", a, b, a*(x+b))
			v := t.do('÷', a*(x+b), a)
			t.say("x+%d=%d", b, v)
			t.solved(t.do('-', v, b))
		case 1:
			t.say("%d(x-%d)=%d", a, b, a*x)
			v := t.do('÷', a*x, a)
			t.say("x-%d=%d", b, v)
			t.solved(t.do('+', v, b))
		case 2:
			b = d.between(1, 40)
			t.say("x÷%d+%d=%d", a, b, x+b)
			v := t.do('-', x+b, b)
			t.say("x÷%d=%d", a, v)
			t.solved(t.do('×', v, a))
		}
	case 4:
		c := d.between(1, a-1) // less than a: x stays on the left
		if d.below(2) == 0 {
			e := (a-c)*x + b
			t.say("%s+%d=%s+%d", multiple(a), b, multiple(c), e)
			t.do('-', a, c)
			t.say("%s+%d=%d", multiple(a-c), b, e)
			t.scaled(a-c, t.do('-', e, b))
		} else {
			e := (a-c)*x - b
			t.say("%s-%d=%s+%d", multiple(a), b, multiple(c), e)
			t.do('-', a, c)
			t.say("%s-%d=%d", multiple(a-c), b, e)
			t.scaled(a-c, t.do('+', e, b))
		}
	}
	return t.lines, t.ok
}

// A derivation is the lines of a thought about an equation.
type derivation struct {
	lines []string
	ok    bool // all numbers are within what a thought does in one look
}

func (t *derivation) say(format string, args ...any) {
	for _, a := range args {
		if v, ok := a.(int); ok && (v < 0 || v > orderLimit) {
			t.ok = false
		}
	}
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// do writes a calculation and returns its value.
func (t *derivation) do(op rune, a, b int) int {
	n := node{op: op, parts: []node{leaf(a), leaf(b)}}
	v, ok := n.eval(orderLimit)
	if t.ok = t.ok && ok; t.ok {
		var b strings.Builder
		n.work(&b)
		t.lines = append(t.lines, strings.TrimSuffix(b.String(), "\n"))
	}
	return v
}

// scaled goes on from ax=v.
func (t *derivation) scaled(a, v int) {
	if a > 1 {
		t.say("%s=%d", multiple(a), v)
		v = t.do('÷', v, a)
	}
	t.solved(v)
}

func (t *derivation) solved(v int) { t.say("x=%d", v) }

// multiple writes ax as people do.
func multiple(a int) string {
	if a == 1 {
		return "x"
	}
	return strconv.Itoa(a) + "x"
}

// equationKey writes an equation the same whichever side is which and in
// whatever order its sums are.
func equationKey(e string) string {
	side := func(s string) string {
		if strings.ContainsAny(s, "(÷") {
			return s // a product, or x÷a+b in its one form
		}
		terms := strings.Split(strings.TrimPrefix(strings.ReplaceAll(s, "-", "+-"), "+"), "+")
		slices.Sort(terms)
		return strings.Join(terms, "+")
	}
	l, r, _ := strings.Cut(e, "=")
	sides := []string{side(l), side(r)}
	slices.Sort(sides)
	return strings.Join(sides, "=")
}
