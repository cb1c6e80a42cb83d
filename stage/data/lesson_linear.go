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
//
// The thought is a line for each equation that follows from the one before.
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

// equation draws an equation and the lines to its solution.
func equation(d *draw, level int) (lines []string, ok bool) {
	x := d.between(0, 20)
	a, b := d.between(2, 9), d.between(1, 30)
	f := fmt.Sprintf
	fits := func(list ...int) bool {
		return !slices.ContainsFunc(list, func(v int) bool { return v < 0 || v > orderLimit })
	}
	switch level {
	case 1:
		switch d.below(6) {
		case 0:
			return []string{f("x+%d=%d", b, x+b), f("x=%d-%d", x+b, b), f("x=%d", x)}, true
		case 1:
			return []string{f("%d+x=%d", b, x+b), f("x=%d-%d", x+b, b), f("x=%d", x)}, true
		case 2:
			return []string{f("x-%d=%d", b, x-b), f("x=%d+%d", x-b, b), f("x=%d", x)}, fits(x - b)
		case 3:
			return []string{f("%d-x=%d", b, b-x), f("x=%d-%d", b, b-x), f("x=%d", x)}, fits(b - x)
		case 4:
			return []string{f("%dx=%d", a, a*x), f("x=%d÷%d", a*x, a), f("x=%d", x)}, fits(a * x)
		}
		return []string{f("x÷%d=%d", a, x), f("x=%d×%d", x, a), f("x=%d", a*x)}, fits(a * x)
	case 2:
		c := a*x + b
		switch d.below(3) {
		case 0:
			return []string{f("%dx+%d=%d", a, b, c), f("%dx=%d-%d", a, c, b), f("%dx=%d", a, a*x), f("x=%d÷%d", a*x, a), f("x=%d", x)}, fits(c)
		case 1:
			c = a*x - b
			return []string{f("%dx-%d=%d", a, b, c), f("%dx=%d+%d", a, c, b), f("%dx=%d", a, a*x), f("x=%d÷%d", a*x, a), f("x=%d", x)}, fits(c, a*x)
		}
		return []string{f("%d-%dx=%d", c, a, b), f("%dx=%d-%d", a, c, b), f("%dx=%d", a, a*x), f("x=%d÷%d", a*x, a), f("x=%d", x)}, fits(c)
	case 3:
		switch d.below(3) {
		case 0:
			c := a * (x + b)
			return []string{f("%d(x+%d)=%d", a, b, c), f("x+%d=%d÷%d", b, c, a), f("x+%d=%d", b, x+b), f("x=%d-%d", x+b, b), f("x=%d", x)}, fits(c)
		case 1:
			c := a * (x - b)
			return []string{f("%d(x-%d)=%d", a, b, c), f("x-%d=%d÷%d", b, c, a), f("x-%d=%d", b, x-b), f("x=%d+%d", x-b, b), f("x=%d", x)}, fits(c, x-b)
		}
		return []string{f("x÷%d+%d=%d", a, b, x+b), f("x÷%d=%d-%d", a, x+b, b), f("x÷%d=%d", a, x), f("x=%d×%d", x, a), f("x=%d", a*x)}, fits(x+b, a*x)
	}
	c := d.between(1, a-1) // a > c, so that x stays on the left
	cx := f("%dx", c)
	if c == 1 {
		cx = "x"
	}
	rest := func(v int) []string {
		if a-c == 1 {
			return []string{f("x=%d", v)}
		}
		return []string{f("%dx=%d", a-c, v), f("x=%d÷%d", v, a-c), f("x=%d", x)}
	}
	left := "x"
	if a-c > 1 {
		left = f("%dx", a-c)
	}
	if d.below(2) == 0 {
		e := a*x + b - c*x
		lines := []string{f("%dx+%d=%s+%d", a, b, cx, e), f("%s+%d=%d", left, b, e), f("%s=%d-%d", left, e, b)}
		return append(lines, rest((a-c)*x)...), fits(e, a*x+b)
	}
	e := a*x - b - c*x
	lines = []string{f("%dx-%d=%s+%d", a, b, cx, e), f("%s-%d=%d", left, b, e), f("%s=%d+%d", left, e, b)}
	return append(lines, rest((a-c)*x)...), fits(e, a*x)
}

// equationKey writes an equation the same whichever side is which and in
// whatever order its sums are.
func equationKey(e string) string {
	side := func(s string) string {
		if strings.ContainsAny(s, "(÷") {
			return s // a product, or x÷a+b in its one form
		}
		terms := strings.Split(strings.ReplaceAll(s, "-", "+-"), "+")
		slices.Sort(terms)
		return strings.Join(terms, "+")
	}
	l, r, _ := strings.Cut(e, "=")
	sides := []string{side(l), side(r)}
	slices.Sort(sides)
	return strings.Join(sides, "=")
}

// solution reads x=5.
func solution(answer string) (int, bool) {
	v, err := strconv.Atoi(strings.TrimPrefix(answer, "x="))
	return v, err == nil
}
