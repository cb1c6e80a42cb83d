package data

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// each calls f with many lessons of every family, level and language.
func each(t *testing.T, f func(t *testing.T, fam *family, level int, lang string, l lesson)) {
	for i := range families {
		fam := &families[i]
		t.Run(fam.name, func(t *testing.T) {
			for level := 1; level <= fam.beyond; level++ {
				for _, lang := range languages {
					for n := range 150 {
						f(t, fam, level, lang, fam.make(newDraw(7, "test "+fam.name+lang, level*1000+n), level, lang))
					}
				}
			}
		})
	}
}

// value computes an expression by Go's own rules.
func value(t *testing.T, expr string) string {
	t.Helper()
	expr = strings.NewReplacer("×", "*", "÷", "/", " ", "").Replace(expr)
	expr = regexp.MustCompile(`\b0+(\d)`).ReplaceAllString(expr, "$1") // 05 is octal to Go
	v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return constant.ToInt(v.Value).ExactString()
}

var (
	expression = regexp.MustCompile(`[0-9(][0-9()+*/×÷ -]*[0-9)]|[0-9]`)
	equationIn = regexp.MustCompile(`[0-9x(][0-9x()+÷ -]*= *[0-9x(][0-9x()+÷ -]*`)
)

// What a problem asks, computed by Go, is its answer.
func TestAnswers(t *testing.T) {
	each(t, func(t *testing.T, fam *family, level int, lang string, l lesson) {
		switch fam.name {
		case "word":
			return // its words are checked by TestThoughts and by reading
		case "calendar":
			if got := calendarAnswer(t, level, lang, l.prompt); got != l.answer {
				t.Fatalf("%q has the answer %q; it is %q", l.prompt, l.answer, got)
			}
		case "unit":
			if got := unitAnswer(t, lang, l.prompt); got != l.answer {
				t.Fatalf("%q has the answer %q; it is %q", l.prompt, l.answer, got)
			}
		case "system":
			list := regexp.MustCompile(`[0-9xy][0-9xy+-]*=[0-9xy]+`).FindAllString(l.prompt, -1)
			var x, y string
			if _, err := fmt.Sscanf(strings.NewReplacer("x=", "", "y=", "", ",", " ").Replace(l.answer), "%s %s", &x, &y); err != nil || len(list) != 2 {
				t.Fatalf("%q has the answer %q: %v", l.prompt, l.answer, err)
			}
			for _, e := range list {
				left, right, _ := strings.Cut(regexp.MustCompile(`(\d)([xy])`).ReplaceAllString(e, "$1*$2"), "=")
				put := strings.NewReplacer("x", x, "y", y)
				if value(t, put.Replace(left)) != value(t, put.Replace(right)) {
					t.Fatalf("%q: %s is not a solution", l.prompt, l.answer)
				}
			}
		case "countdown", "countdown4":
			all := regexp.MustCompile(`\d+`).FindAllString(l.prompt, -1)
			target := slices.IndexFunc(all, func(n string) bool { return n == value(t, l.answer) })
			if target < 0 {
				t.Fatalf("%q: %s is %s", l.prompt, l.answer, value(t, l.answer))
			}
			used := regexp.MustCompile(`\d+`).FindAllString(l.answer, -1)
			given := slices.Delete(all, target, target+1)
			slices.Sort(used)
			slices.Sort(given)
			if !slices.Equal(used, given) {
				t.Fatalf("%q: %s does not use each number once", l.prompt, l.answer)
			}
		case "linear":
			e := strings.ReplaceAll(strings.TrimRight(equationIn.FindString(l.prompt), " "), " ", "")
			x, ok := strings.CutPrefix(l.answer, "x=")
			if !ok || e == "" {
				t.Fatalf("%q has the answer %q", l.prompt, l.answer)
			}
			left, right, _ := strings.Cut(e, "=")
			put := func(s string) string {
				s = regexp.MustCompile(`(\d)([x(])`).ReplaceAllString(s, "$1*$2")
				return value(t, strings.ReplaceAll(s, "x", x))
			}
			if put(left) != put(right) {
				t.Fatalf("%q: %s is not a solution", l.prompt, l.answer)
			}
		default:
			if got := value(t, expression.FindString(l.prompt)); got != l.answer {
				t.Fatalf("%q has the answer %q; it is %s", l.prompt, l.answer, got)
			}
		}
	})
}

// Every line of a thought is true, and the last one leads to the answer.
func TestThoughts(t *testing.T) {
	each(t, func(t *testing.T, fam *family, level int, lang string, l lesson) {
		if fam.name == "countdown" || fam.name == "countdown4" {
			return // a search: TestAnswers has checked what it found
		}
		lines := strings.Split(strings.TrimSuffix(l.think, "\n"), "\n")
		for _, line := range lines {
			sides := strings.Split(line, "=")
			if strings.Contains(line, ":") {
				continue // a month has so many days: TestAnswers knows them from package time
			}
			if len(sides) == 1 { // what is left of an expression, or a sum so far
				if got := value(t, line); fam.name == "order" && got != l.answer || fam.name != "order" && fam.name != "mul" {
					t.Fatalf("%q: %q is %s, not %s", l.prompt, line, got, l.answer)
				}
				continue
			}
			if strings.ContainsAny(line, "xy期") {
				continue // an equation: TestAnswers has put the solution into the first; or a weekday
			}
			for _, side := range sides[1:] {
				if value(t, side) != value(t, sides[0]) {
					t.Fatalf("%q: %q is not true", l.prompt, line)
				}
			}
		}
		last := lines[len(lines)-1]
		switch fam.name {
		case "add", "sub": // digits of the columns, from below
			digits := ""
			for i := len(lines) - 1; i >= 0; i-- {
				_, r, _ := strings.Cut(lines[i], "=")
				if fam.name == "sub" {
					r, _, _ = strings.Cut(r, "-")
				} else if i < len(lines)-1 {
					r = r[1:]
				}
				digits += r
			}
			if n, err := strconv.Atoi(digits); err != nil || strconv.Itoa(n) != l.answer {
				t.Fatalf("%q: the columns say %s, the answer is %s", l.prompt, digits, l.answer)
			}
		case "mul":
			if last != l.answer && !strings.HasSuffix(last, "="+l.answer) {
				t.Fatalf("%q: the thought ends with %q, the answer is %q", l.prompt, last, l.answer)
			}
		case "calendar", "unit":
			n, err := strconv.Atoi(last[strings.LastIndex(last, "=")+1:])
			day := n >= 1 && n <= 7 && weekdays[lang][n] == l.answer
			if numbers := regexp.MustCompile(`\d+`).FindAllString(l.answer, -1); err != nil || !day && !slices.Contains(numbers, strconv.Itoa(n)) {
				t.Fatalf("%q: the thought ends with %q, the answer is %q", l.prompt, last, l.answer)
			}
		case "system":
			if !strings.HasSuffix(","+l.answer, ","+last) && !strings.HasPrefix(l.answer+",", last+",") {
				t.Fatalf("%q: the thought ends with %q, the answer is %q", l.prompt, last, l.answer)
			}
		case "linear":
			if last != l.answer {
				t.Fatalf("%q: the thought ends with %q, the answer is %q", l.prompt, last, l.answer)
			}
		default:
			if !strings.HasSuffix(last, "="+l.answer) {
				t.Fatalf("%q: the thought ends with %q, the answer is %q", l.prompt, last, l.answer)
			}
		}
		if strings.ContainsAny(l.prompt, "{}%#") {
			t.Fatalf("a place was not filled in: %q", l.prompt)
		}
	})
}

// A story's quantities all stand in it, and its steps are as many as its level.
func TestStories(t *testing.T) {
	for level := 1; level <= 6; level++ {
		for n := range 300 {
			lang := languages[n%2]
			l := makeWord(newDraw(1, "stories", level*1000+n), level, lang)
			ops := strings.Count(l.key, "(")
			if flat := strings.Count(l.key, "+") + strings.Count(l.key, "-") + strings.Count(l.key, "×") + strings.Count(l.key, "÷"); flat != level {
				t.Fatalf("level %d, %d operations in %s (%d)", level, flat, l.key, ops)
			}
			for _, q := range regexp.MustCompile(`\d+`).FindAllString(l.key, -1) {
				if !regexp.MustCompile(`\b`+q+`\b|\D`+q+`\D`).MatchString(l.prompt) && q != "2" && q != "3" {
					t.Fatalf("%s does not stand in %q", q, l.prompt)
				}
			}
		}
	}
}

// Of two measures that are added the key has the smaller first, whichever is asked first.
func TestUnitKeys(t *testing.T) {
	for i := range 200 {
		var of, x, y int
		if n, err := fmt.Sscanf(makeUnit(newDraw(1, "units", i), 4, "en").key, "unit 4 %d %d+%d", &of, &x, &y); n != 3 || err != nil || x > y {
			t.Fatalf("problem %d: %d+%d, %v", i, x, y, err)
		}
	}
}

// A key survives reordering, rephrasing and the sides of an equation.
func TestKeys(t *testing.T) {
	countdown := func(n ...int) string {
		return countdownLesson(newDraw(1, "keys", 0), askCountdown["en"], n, 10, "", leaf(10)).key
	}
	same := [][2]string{
		{sumOf(leaf(3), leaf(5)).key(), sumOf(leaf(5), leaf(3)).key()},
		{plus(plus(leaf(1), leaf(2)), leaf(3)).key(), plus(leaf(3), plus(leaf(2), leaf(1))).key()},
		{plus(plus(leaf(1), leaf(2)), leaf(3)).key(), plus(leaf(1), plus(leaf(2), leaf(3))).key()},
		{times(times(leaf(4), leaf(2)), leaf(3)).key(), times(leaf(4), times(leaf(3), leaf(2))).key()},
		{times(leaf(2), plus(leaf(4), leaf(1))).key(), times(plus(leaf(1), leaf(4)), leaf(2)).key()},
		{equationKey("3x+5=20"), equationKey("20=5+3x")},
		{equationKey("4x-7=x+5"), equationKey("5+x=-7+4x")},
		{countdown(5, 2, 3), countdown(2, 3, 5)},
	}
	for _, p := range same {
		if p[0] != p[1] {
			t.Errorf("%s and %s should be one key", p[0], p[1])
		}
	}
	differ := [][2]string{
		{minus(leaf(5), leaf(3)).key(), minus(leaf(3), leaf(5)).key()},
		{plus(leaf(5), times(leaf(3), leaf(2))).key(), times(plus(leaf(5), leaf(3)), leaf(2)).key()},
		{equationKey("3x+5=20"), equationKey("5x+3=20")},
		{equationKey("x÷3+5=8"), equationKey("3(x+5)=8")},
		{countdown(5, 2, 3), countdown(5, 2, 4)},
	}
	for _, p := range differ {
		if p[0] == p[1] {
			t.Errorf("%s stands for two problems", p[0])
		}
	}
	// the same draw gives the same problem in every language, but for its words
	for i := range 200 {
		for f := range families {
			fam := &families[f]
			l := fam.make(newDraw(3, "key", i), 1, "en")
			if again := fam.make(newDraw(3, "key", i), 1, "en"); fmt.Sprint(again) != fmt.Sprint(l) {
				t.Fatalf("%s: one draw, two problems", fam.name)
			}
			if part := partOf(l.key); part != partOf(l.key) {
				t.Fatal("partOf is not a function")
			}
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"What is 3+4?", "what is 4 + 3", true},
		{"6×4=?", "4*6=", true},
		{"计算3+4。", "计算4+3", true},
		{"3+4=?", "3-4=?", false},
		{"3+4=?", "3+5=?", false},
		{"13+4=?", "1+34=?", false},
	} {
		if got := fold(c.a) == fold(c.b); got != c.same {
			t.Errorf("%q and %q: near duplicates %t, want %t", c.a, c.b, got, c.same)
		}
	}
}
