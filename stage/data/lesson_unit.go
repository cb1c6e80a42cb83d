package data

import (
	"fmt"
	"strconv"
	"strings"
)

// A measure is a unit and the smaller one that it is a multiple of.
type measure struct {
	big, small map[string]string
	times      int
}

var measures = []measure{
	{word("h", "小时"), word("min", "分钟"), 60},
	{word("min", "分钟"), word("s", "秒"), 60},
	{word("m", "米"), word("cm", "厘米"), 100},
	{word("km", "千米"), word("m", "米"), 1000},
	{word("kg", "千克"), word("g", "克"), 1000},
	{word("weeks", "星期"), word("days", "天"), 7},
}

func word(en, zh string) map[string]string { return map[string]string{"en": en, "zh": zh} }

// say writes a quantity of both units.
func (m *measure) say(lang string, big, small int) string {
	if lang == "zh" {
		return fmt.Sprintf("%d%s%d%s", big, m.big[lang], small, m.small[lang])
	}
	return fmt.Sprintf("%d %s %d %s", big, m.big[lang], small, m.small[lang])
}

var askUnit = map[string][4][]string{
	"en": {
		{"How many %s are %n %b?", "Convert %n %b to %s."},
		{"How many %s are %p?", "Convert %p to %s."},
		{"Write %n %s in %b and %s.", "How many %b and %s are %n %s?"},
		{"What is %p plus %q?", "Add %p and %q."},
	},
	"zh": {
		{"%n%b是多少%s？", "%n%b等于几%s？"},
		{"%p是多少%s？", "%p等于几%s？"},
		{"%n%s是几%b几%s？", "把%n%s化成%b和%s。"},
		{"%p加%q是多少？", "%p与%q一共是多少？"},
	},
}

// makeUnit asks about units of measure:
//
//	1  a quantity in the smaller unit
//	2  one of both units, in the smaller one
//	3  one of the smaller unit, in both
//	4  a sum of quantities of both units
//
// A digit of zeros is put on after the multiplication of the rest.
func makeUnit(d *draw, level int, lang string) lesson {
	i := d.below(len(measures))
	m := &measures[i]
	big, small := d.between(1, 12), d.between(1, m.times-1)
	big2, small2 := d.between(1, 12), d.between(1, m.times-1)
	if m.times > 60 { // people speak of tens of centimetres and grams
		small, small2 = d.between(1, 19)*m.times/20, d.between(1, 19)*m.times/20
	}
	var t derivation
	n, answer := big, ""
	switch level {
	case 1:
		answer = strconv.Itoa(t.smaller(m, big))
		small = 0
	case 2:
		answer = strconv.Itoa(t.work('+', t.smaller(m, big), small))
	case 3:
		n = big*m.times + small
		t.work('-', n, t.smaller(m, big))
		answer = m.say(lang, big, small)
	case 4:
		s := t.work('+', small, small2)
		b := big + big2
		if s >= m.times {
			s = t.work('-', s, m.times)
			t.work('+', big, big2)
			b = t.work('+', b, 1)
		} else {
			t.work('+', big, big2)
		}
		answer = m.say(lang, b, s)
	}
	key := fmt.Sprintf("unit %d %d %d", level, i, big*m.times+small)
	if level == 4 {
		x, y := big*m.times+small, big2*m.times+small2
		key = fmt.Sprintf("unit 4 %d %d+%d", i, min(x, y), max(x, y))
	}
	text := strings.NewReplacer("%n", strconv.Itoa(n), "%b", m.big[lang], "%s", m.small[lang],
		"%p", m.say(lang, big, small), "%q", m.say(lang, big2, small2)).Replace(pick(d, askUnit[lang][level-1]))
	return t.lesson(text, answer, key)
}

// smaller writes how much n of the bigger unit is in the smaller one.
func (t *derivation) smaller(m *measure, n int) int {
	zeros, rest := 1, m.times
	for rest%10 == 0 {
		zeros, rest = zeros*10, rest/10
	}
	if rest > 1 && zeros > 1 {
		t.work('×', n, rest)
	}
	return t.work('×', n, m.times)
}
