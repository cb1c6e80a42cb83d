package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var askSystem = map[string][]string{
	"en": {"Solve %e and %f.", "%e, %f. Find x and y.", "If %e and %f, what are x and y?"},
	"zh": {"解方程组：%e，%f。", "%e，%f，求x和y。", "如果%e且%f，x和y各是多少？"},
}

// An equation2 is ax+by=c.
type equation2 struct{ a, b, c int }

// String writes it as people do, x first.
func (e equation2) String() string {
	var t strings.Builder
	term := func(v int, name string) {
		switch {
		case v == 0:
			return
		case v < 0:
			t.WriteByte('-')
		case t.Len() > 0:
			t.WriteByte('+')
		}
		if v = max(v, -v); v > 1 {
			fmt.Fprint(&t, v)
		}
		t.WriteString(name)
	}
	term(e.a, "x")
	term(e.b, "y")
	return fmt.Sprintf("%s=%d", t.String(), e.c)
}

// canonical is e with a first coefficient above zero.
func (e equation2) canonical() equation2 {
	if e.a < 0 || e.a == 0 && e.b < 0 {
		return equation2{-e.a, -e.b, -e.c}
	}
	return e
}

// systemKey writes two equations the same whichever comes first and whichever
// unknown is called x.
func systemKey(e, f equation2) string {
	var keys []string
	for range 2 {
		pair := []string{e.canonical().String(), f.canonical().String()}
		slices.Sort(pair)
		keys = append(keys, strings.Join(pair, " "))
		e.a, e.b, f.a, f.b = e.b, e.a, f.b, f.a
	}
	return "system " + slices.Min(keys)
}

// makeSystem makes two equations in x and y with whole solutions from 0 up:
//
//	1  x+y=s, x-y=d
//	2  x=ay, x+y=s
//	3  ax+by=c, x+y=s
//	4  ax+by=c, dx+by=e
//
// The thought takes one from the other until one unknown is left.
func makeSystem(d *draw, level int, lang string) lesson {
	for {
		t := derivation{ok: true}
		e, f, x, y := t.system(d, level)
		if !t.ok || e.c > orderLimit {
			continue
		}
		first, second := e.String(), f.String()
		if level == 2 {
			second = "x=" + coefficient(-f.b, "y")
		}
		if d.below(2) == 0 {
			first, second = second, first
		}
		text := strings.Replace(pick(d, askSystem[lang]), "%e", first, 1)
		return lesson{
			prompt: strings.Replace(text, "%f", second, 1), think: strings.Join(t.lines, "\n") + "\n",
			answer: fmt.Sprintf("x=%d,y=%d", x, y), key: systemKey(e, f),
		}
	}
}

// system draws two equations and writes the lines to their solution.
func (t *derivation) system(d *draw, level int) (e, f equation2, x, y int) {
	x, y = d.between(0, 10), d.between(0, 10)
	a, b, k := d.between(2, 9), d.between(2, 9), d.between(1, 8)
	switch level {
	case 1:
		e, f = equation2{1, 1, x + y}, equation2{1, -1, x - y}
		t.unknown(2, "x", t.do('+', e.c, f.c))
		t.unknown(1, "y", t.do('-', e.c, x))
	case 2:
		x = a * y
		e, f = equation2{1, 1, x + y}, equation2{1, -a, 0}
		t.unknown(a+1, "y", e.c)
		t.unknown(1, "x", t.do('-', e.c, y))
	case 3:
		e, f = equation2{a, b, a*x + b*y}, equation2{1, 1, x + y}
		t.ok = t.ok && a > b
		v := t.do('×', b, f.c)
		t.say("%s+%s=%d", coefficient(b, "x"), coefficient(b, "y"), v)
		v = t.do('-', e.c, v)
		t.unknown(t.do('-', a, b), "x", v)
		t.unknown(1, "y", t.do('-', f.c, x))
	case 4:
		e, f = equation2{a, b, a*x + b*y}, equation2{k, b, k*x + b*y}
		t.ok = t.ok && a > k
		v := t.do('-', e.c, f.c)
		t.unknown(t.do('-', a, k), "x", v)
		if k > 1 {
			t.do('×', k, x)
		}
		t.unknown(b, "y", t.do('-', f.c, k*x))
	}
	return e, f, x, y
}

// unknown goes on from a times an unknown being v.
func (t *derivation) unknown(a int, name string, v int) {
	if a > 1 {
		t.say("%s=%d", coefficient(a, name), v)
		v = t.do('÷', v, a)
	}
	t.say(name+"=%d", v)
}

// coefficient writes a times an unknown as people do.
func coefficient(a int, name string) string {
	if a == 1 {
		return name
	}
	return strconv.Itoa(a) + name
}
