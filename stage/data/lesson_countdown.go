package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var (
	askCountdown = map[string][]string{
		"en": {"Make %t from %n, each used once.", "Use %n, each once, to get %t."},
		"zh": {"用%n各一次，得到%t。", "把%n各用一次，算出%t。"},
	}
	askCountdown4 = map[string][]string{
		"en": {"Make %t from the four numbers %n.", "Combine the four numbers %n into %t."},
		"zh": {"用四个数%n各一次，得到%t。", "把四个数%n各用一次，算出%t。"},
	}
)

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
		if answer, ok := countdown(&t, n, target); ok { // else only an inexact or large step leads there
			return countdownLesson(d, askCountdown[lang], n, target, t.String(), answer)
		}
	}
}

// makeCountdown4 asks the same of four numbers from 1 to 12.
func makeCountdown4(d *draw, _ int, lang string) lesson {
	for {
		n := []int{d.between(1, 12), d.between(1, 12), d.between(1, 12), d.between(1, 12)}
		expr := leaf(n[0])
		for _, v := range n[1:] {
			expr = node{op: pick(d, []rune{'+', '-', '×', '÷'}), parts: []node{expr, leaf(v)}}
		}
		target, ok := expr.eval(orderLimit)
		if !ok || target < 10 {
			continue
		}
		for i := range 3 {
			j := d.between(i, 3)
			n[i], n[j] = n[j], n[i]
		}
		var t strings.Builder
		if answer, ok := countdown4(&t, n, target); ok && t.Len() <= maxSearch {
			return countdownLesson(d, askCountdown4[lang], n, target, t.String(), answer)
		}
	}
}

func countdownLesson(d *draw, asks []string, n []int, target int, think string, answer node) lesson {
	var list []string
	for _, v := range n {
		list = append(list, strconv.Itoa(v))
	}
	text := strings.Replace(pick(d, asks), "%n", strings.Join(list, ","), 1)
	sorted := slices.Sorted(slices.Values(n))
	return lesson{
		prompt: strings.Replace(text, "%t", strconv.Itoa(target), 1), think: think, answer: answer.String(),
		key: fmt.Sprintf("countdown %v %d", sorted, target),
	}
}

// A want is what a result has to be, and what is done with it then.
type want struct {
	r    int
	line string
	done func(n node) node
}

// wantsOf returns what r has to be for r+v, r-v, r×v and v-r to make target,
// and writes how that is known.
func wantsOf(t *strings.Builder, target, v int) (wants []want) {
	for _, w := range []struct {
		of   node
		done func(n node) node
	}{
		{minus(leaf(target), leaf(v)), func(n node) node { return plus(n, leaf(v)) }},
		{plus(leaf(target), leaf(v)), func(n node) node { return minus(n, leaf(v)) }},
		{over(leaf(target), leaf(v)), func(n node) node { return times(n, leaf(v)) }},
		{minus(leaf(v), leaf(target)), func(n node) node { return minus(leaf(v), n) }},
	} {
		r, ok := w.of.eval(orderLimit)
		if !ok || slices.ContainsFunc(wants, func(w want) bool { return w.r == r }) {
			continue
		}
		w.of.work(t)
		wants = append(wants, want{r, fmt.Sprintf("%v=%d", w.of, r), w.done})
	}
	return wants
}

// countdown writes the search for target and returns the first expression.
func countdown(t *strings.Builder, n []int, target int) (node, bool) {
	for i := len(n) - 1; i >= 0; i-- {
		v := n[i]
		rest := slices.Delete(slices.Clone(n), i, i+1)
		a, b := leaf(max(rest[0], rest[1])), leaf(min(rest[0], rest[1]))
		fmt.Fprintf(t, "%d:%v,%v\n", v, a, b)
		wants := wantsOf(t, target, v)
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
				return w.done(part), true
			}
		}
	}
	return node{}, false
}

// countdown4 does the same with one number more: it sets one aside and
// searches for each that is wanted then among the other three. It gives up
// once the thought is long.
func countdown4(t *strings.Builder, n []int, target int) (node, bool) {
	for i := len(n) - 1; i >= 0; i-- {
		v := n[i]
		rest := slices.Delete(slices.Clone(n), i, i+1)
		fmt.Fprintf(t, "%d:%d,%d,%d\n", v, rest[0], rest[1], rest[2])
		for _, w := range wantsOf(t, target, v) {
			fmt.Fprintf(t, "%d?\n", w.r)
			if found, ok := countdown(t, rest, w.r); ok {
				fmt.Fprintf(t, "%s\n", w.line)
				return w.done(found), true
			}
			if t.Len() > maxSearch {
				return node{}, false
			}
		}
	}
	return node{}, false
}

// maxSearch is the bytes of a thought from which a search is given up: a
// problem that would need more is not asked.
const maxSearch = 600
