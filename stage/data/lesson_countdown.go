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

// makeCountdown asks for a target from three numbers of which each is used
// once. The thought searches backwards: it sets one number aside, the last
// first, computes what the other two would have to give, and tries them; what is
// tried in which order is fixed, so the answer, the first that is found, is
// exact. It multiplies and divides within the table only.
func makeCountdown(d *draw, _ int, lang string) lesson {
	for {
		n := []int{d.between(1, 25), d.between(1, 25), d.between(1, 25)}
		op := func() rune { return pick(d, []rune{'+', '-', '×', '÷'}) }
		a, b := leaf(n[0]), node{op: op(), parts: []node{leaf(n[1]), leaf(n[2])}}
		if d.below(2) == 0 {
			a, b = b, a
		}
		target, ok := node{op: op(), parts: []node{a, b}}.eval(orderLimit)
		if !ok || target < 10 {
			continue
		}
		for i := range 2 { // any of them may stand anywhere
			j := d.between(i, 2)
			n[i], n[j] = n[j], n[i]
		}
		var t strings.Builder
		answer, ok := countdown(&t, n, target)
		if !ok {
			continue // only an inexact or large step leads there
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

// countdown writes the search for target and returns the first expression.
func countdown(t *strings.Builder, n []int, target int) (string, bool) {
	for i := len(n) - 1; i >= 0; i-- {
		v := n[i]
		rest := slices.Delete(slices.Clone(n), i, i+1)
		a, b := leaf(max(rest[0], rest[1])), leaf(min(rest[0], rest[1]))
		fmt.Fprintf(t, "%d:%v,%v\n", v, a, b)
		// What r has to be for r+v, r-v, r×v and v-r to make target.
		type want struct {
			r    int
			form string
			line string
		}
		var wants []want
		for _, w := range []struct {
			done node
			form string
		}{{minus(leaf(target), leaf(v)), "%s+%d"}, {plus(leaf(target), leaf(v)), "%s-%d"}, {over(leaf(target), leaf(v)), "%s×%d"}, {minus(leaf(v), leaf(target)), "%[2]d-%[1]s"}} {
			r, ok := w.done.eval(orderLimit)
			if !ok || slices.ContainsFunc(wants, func(w want) bool { return w.r == r }) {
				continue
			}
			w.done.work(t)
			wants = append(wants, want{r, w.form, fmt.Sprintf("%v=%d", w.done, r)})
		}
		for _, part := range []node{plus(a, b), minus(a, b), times(a, b), over(a, b)} {
			r, ok := part.eval(orderLimit)
			if !ok {
				continue
			}
			part.work(t)
			for _, w := range wants {
				if w.r != r {
					fmt.Fprintf(t, "%d,%d✗\n", r, w.r)
					continue
				}
				fmt.Fprintf(t, "%d,%d✓\n%s\n", r, w.r, w.line)
				text := part.String()
				if strength(part.op) == 1 && w.form != "%s+%d" && w.form != "%s-%d" {
					text = "(" + text + ")"
				}
				return fmt.Sprintf(w.form, text, v), true
			}
		}
	}
	return "", false
}
