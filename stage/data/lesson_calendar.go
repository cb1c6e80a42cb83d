package data

import (
	"fmt"
	"strconv"
	"strings"
)

// weekdays are the days of the week, Monday first; days of them that have
// the number 7 are Sundays, and those of 0 too.
var weekdays = map[string][]string{
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	"zh": {"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"},
}

var months = []string{"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// monthDays are the days of a month. No problem goes over the end of a
// February, which would need the year.
var monthDays = []int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// A date is a day of a year.
type date struct{ month, day int }

// in writes a date in a language.
func (t date) in(lang string) string {
	if lang == "zh" {
		return fmt.Sprintf("%d月%d日", t.month, t.day)
	}
	return fmt.Sprintf("%s %d", months[t.month], t.day)
}

var askCalendar = map[string][4][]string{
	"en": {
		{"Today is %w. What day of the week is it in %n days?", "If today is %w, what day of the week comes %n days later?"},
		{"What date is %n days after %a?", "It is %a. What is the date in %n days?"},
		{"How many days is it from %a to %b?", "How many days after %a is %b?"},
		{"%a is a %w. What day of the week is %b of the same year?", "If %a is a %w, what day of the week is %b of that year?"},
	},
	"zh": {
		{"今天是%w，%n天后是星期几？", "如果今天是%w，再过%n天是星期几？"},
		{"%a之后%n天是几月几日？", "今天是%a，再过%n天是几月几日？"},
		{"从%a到%b有多少天？", "%b是%a之后的第几天？"},
		{"%a是%w，同年的%b是星期几？", "某年%a是%w，那年%b是星期几？"},
	},
}

// makeCalendar asks about days:
//
//	1  the weekday n days later
//	2  the date n days later, in the next month
//	3  the days from a date to another, up to three months later
//	4  the weekday of a date, by that of another
//
// A thought counts through the ends of the months, and takes whole weeks off.
func makeCalendar(d *draw, level int, lang string) lesson {
	var t derivation
	ask := func(w int, a, b date, n int) string {
		text := pick(d, askCalendar[lang][level-1])
		return strings.NewReplacer("%w", weekdays[lang][w], "%n", strconv.Itoa(n), "%a", a.in(lang), "%b", b.in(lang)).Replace(text)
	}
	w := d.between(1, 7)
	switch level {
	case 1:
		n := d.between(2, 69)
		day := t.weekday(lang, w, n)
		return t.lesson(ask(w, date{}, date{}, n), weekdays[lang][day], fmt.Sprintf("weekday %d+%d", w, n))
	case 2:
		a, b := dates(d, 1)
		n := monthDays[a.month] - a.day + b.day
		t.work('+', a.day, n)
		t.line("%d:%d", a.month, monthDays[a.month])
		t.work('-', a.day+n, monthDays[a.month])
		return t.lesson(ask(0, a, b, n), b.in(lang), fmt.Sprintf("date %d/%d+%d", a.month, a.day, n))
	case 3:
		a, b := dates(d, d.between(1, 3))
		n := t.count(a, b)
		return t.lesson(ask(0, a, b, 0), strconv.Itoa(n), fmt.Sprintf("days %d/%d-%d/%d", a.month, a.day, b.month, b.day))
	}
	a, b := dates(d, d.between(1, 2))
	day := t.weekday(lang, w, t.count(a, b))
	return t.lesson(ask(w, a, b, 0), weekdays[lang][day], fmt.Sprintf("weekday of %d/%d by %d/%d %d", b.month, b.day, a.month, a.day, w))
}

// dates draws two dates that are some months apart and have no end of a
// February between them.
func dates(d *draw, apart int) (a, b date) {
	m := d.between(3, 12-apart)
	if apart == 1 && d.below(8) == 0 {
		m = 1
	}
	return date{m, d.between(1, monthDays[m])}, date{m + apart, d.between(1, monthDays[m+apart])}
}

// count writes the days from a to b: what is left of the first month, then
// month by month.
func (t *derivation) count(a, b date) int {
	t.line("%d:%d", a.month, monthDays[a.month])
	n := t.work('-', monthDays[a.month], a.day)
	for m := a.month + 1; m < b.month; m++ {
		t.line("%d:%d", m, monthDays[m])
		n = t.work('+', n, monthDays[m])
	}
	return t.work('+', n, b.day)
}

// weekday writes which day comes n days after weekday w.
func (t *derivation) weekday(lang string, w, n int) int {
	if weeks := n / 7; weeks > 0 {
		t.work('×', 7, weeks)
		n = t.work('-', n, 7*weeks)
	}
	t.line("%s=%d", weekdays[lang][w], w)
	w = t.work('+', w, n)
	if w > 7 {
		w = t.work('-', w, 7)
	}
	return w
}

// line writes a line of a thought.
func (t *derivation) line(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// work writes a calculation with numbers of any size and returns its value.
func (t *derivation) work(op rune, a, b int) int {
	n := node{op: op, parts: []node{leaf(a), leaf(b)}}
	var text strings.Builder
	n.work(&text)
	t.lines = append(t.lines, strings.TrimSuffix(text.String(), "\n"))
	return n.calculate()
}

func (t *derivation) lesson(prompt, answer, key string) lesson {
	return lesson{prompt: prompt, think: strings.Join(t.lines, "\n") + "\n", answer: answer, key: key}
}
