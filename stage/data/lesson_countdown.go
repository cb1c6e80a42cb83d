package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var askCountdown = map[string][]string{
	"en": {"Make %t from %n, each used once.", "Use %n, each once, to get %t."},
	"zh": {"用%n各一次，得到%t。", "把%n各用一次，算出%t。"},
}

// makeCountdown asks for a target from level+2 numbers of which each is used once.
// The thought searches backwards: it sets one number aside, writes what the
// others would have to give, and tries them; what is tried in which order is
// fixed, so the answer, the first that is found, is exact.
func makeCountdown(d *draw, level int, lang string) lesson {
	for {
		n := make([]int, level+2)
		for i := range n {
			n[i] = d.between(1, 20)
		}
		target := d.between(10, 100)
		var t strings.Builder
		answer, ok := countdown(&t, n, target)
		if !ok || t.Len() > maxCountdown {
			continue
		}
		var list []string
		for _, v := range n {
			list = append(list, strconv.Itoa(v))
		}
		text := strings.Replace(pick(d, askCountdown[lang]), "%n", strings.Join(list, ","), 1)
		sorted := slices.Sorted(slices.Values(n))
		return lesson{
			prompt: strings.Replace(text, "%t", strconv.Itoa(target), 1), think: t.String(), answer: answer,
			key: fmt.Sprintf("countdown %v %d", sorted, target),
		}
	}
}

// maxCountdown bounds a thought, in bytes.
const maxCountdown = 240

// A want is what the other numbers have to give, and how the answer is then
// written around it.
type want struct {
	value         int
	before, after string
}

// wants lists what r may be so that r and v make target by one operation.
func wants(target, v int) []want {
	s := strconv.Itoa(v)
	list := []want{{target - v, "", "+" + s}, {target + v, "", "-" + s}}
	if target%v == 0 {
		list = append(list, want{target / v, "", "×" + s})
	}
	if target*v <= orderLimit {
		list = append(list, want{target * v, "", "÷" + s})
	}
	list = append(list, want{v - target, s + "-", ""})
	return slices.DeleteFunc(list, func(w want) bool { return w.value < 0 || w.value > orderLimit })
}

// countdown writes the search for target and returns the first expression.
func countdown(t *strings.Builder, n []int, target int) (string, bool) {
	for i := len(n) - 1; i >= 0; i-- {
		rest := slices.Delete(slices.Clone(n), i, i+1)
		list := wants(target, n[i])
		fmt.Fprintf(t, "%d:", n[i])
		for j, w := range list {
			if j > 0 {
				t.WriteString(",")
			}
			fmt.Fprintf(t, "%d", w.value)
		}
		t.WriteString("\n")
		if len(rest) > 2 {
			for _, w := range list {
				fmt.Fprintf(t, "%d?\n", w.value)
				if inner, ok := countdown(t, rest, w.value); ok {
					return w.around(inner, true), true
				}
			}
			continue
		}
		a, b := max(rest[0], rest[1]), min(rest[0], rest[1])
		for _, op := range []rune{'+', '-', '×', '÷'} {
			v, ok := apply(op, a, b)
			if !ok {
				continue
			}
			fmt.Fprintf(t, "%d%c%d=%d\n", a, op, b, v)
			for _, w := range list {
				if w.value == v {
					return w.around(fmt.Sprintf("%d%c%d", a, op, b), op == '+' || op == '-'), true
				}
			}
		}
	}
	return "", false
}

// around writes an answer: the part in parentheses where it needs them.
func (w want) around(part string, weak bool) string {
	if weak && (w.before != "" || strings.HasPrefix(w.after, "×") || strings.HasPrefix(w.after, "÷")) {
		part = "(" + part + ")"
	}
	return w.before + part + w.after
}
