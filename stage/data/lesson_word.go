package data

import (
	"fmt"
	"strconv"
	"strings"
)

// makeWord makes a story of level steps. The thought does the steps in order.
func makeWord(d *draw, level int, lang string) lesson {
	for {
		text, n := chain(d, level, lang)
		if list := stories[level]; len(list) > 0 && d.below(2) == 0 {
			text, n = pick(d, list).tell(d, lang)
		}
		v, ok := n.eval(orderLimit)
		if !ok || v == 0 {
			continue
		}
		var t strings.Builder
		n.solve(&t)
		return lesson{prompt: text, think: t.String(), answer: strconv.Itoa(v), key: n.key()}
	}
}

// solve writes the line of each operation of an expression, innermost first,
// and returns its value.
func (n node) solve(t *strings.Builder) int {
	if n.op == 0 {
		return n.value
	}
	a, b := n.parts[0].solve(t), n.parts[1].solve(t)
	last := node{op: n.op, parts: []node{leaf(a), leaf(b)}}
	last.work(t)
	return last.calculate()
}

// cast is who and what a story is about.
type cast struct{ names, things, units []string }

var casts = map[string]cast{
	"en": {
		names:  []string{"Tom", "Anna", "Ben", "Lily", "Jack", "Mia"},
		things: []string{"apples", "pencils", "books", "stamps", "flowers", "cards"},
	},
	"zh": {
		names:  []string{"小明", "小红", "小刚", "小丽", "小华", "小军"},
		things: []string{"苹果", "铅笔", "书", "邮票", "花", "卡片"},
		units:  []string{"个", "支", "本", "张", "朵", "张"},
	},
}

// fill puts names, things and quantities into a text: A and B are two
// persons, T the thing, U its measure word, and a digit the quantity of that
// number, all in braces.
func fill(d *draw, lang, text string, q []int) string {
	c := casts[lang]
	a := d.below(len(c.names))
	b := (a + 1 + d.below(len(c.names)-1)) % len(c.names)
	t := d.below(len(c.things))
	pairs := []string{"{A}", c.names[a], "{B}", c.names[b], "{T}", c.things[t]}
	if lang == "zh" {
		pairs = append(pairs, "{U}", c.units[t])
	}
	for i, v := range q {
		pairs = append(pairs, fmt.Sprintf("{%d}", i), strconv.Itoa(v))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// An event of a chain changes how much A has.
type event struct {
	op rune
	en string
	zh string
}

var events = []event{
	{'+', "{B} gives {A} {#} more.", "{B}又给了{A}{#}{U}。"},
	{'+', "{A} buys {#} more.", "{A}又买了{#}{U}。"},
	{'+', "{A} finds {#} more.", "{A}又找到{#}{U}。"},
	{'-', "{A} gives {#} to {B}.", "{A}送给{B}{#}{U}。"},
	{'-', "{A} loses {#}.", "{A}弄丢了{#}{U}。"},
	{'-', "{A} sells {#}.", "{A}卖掉了{#}{U}。"},
	{'×', "Then {A} gets {#} times as many.", "后来数量变成原来的{#}倍。"},
	{'÷', "{A} puts them equally into {#} bags and keeps one bag.", "{A}把它们平均装进{#}个袋子，只留下一袋。"},
}

// chain tells what happens to one heap, an event a step.
func chain(d *draw, steps int, lang string) (string, node) {
	n := leaf(d.between(2, 40))
	start, end, gap := "{A} has {0} {T}. ", "How many {T} does {A} have now?", " "
	if lang == "zh" {
		start, end, gap = "{A}有{0}{U}{T}。", "{A}现在有多少{U}{T}？", ""
	}
	text, q := start, []int{n.value}
	for i := range steps {
		e := pick(d, events)
		v := d.between(2, 30)
		if e.op == '×' || e.op == '÷' {
			v = d.between(2, 9)
		}
		n = node{op: e.op, parts: []node{n, leaf(v)}}
		q = append(q, v)
		say := e.en
		if lang == "zh" {
			say = e.zh
		}
		text += strings.Replace(say, "{#}", fmt.Sprintf("{%d}", i+1), 1) + gap
	}
	return fill(d, lang, text+end, q), n
}

// A story is told with quantities drawn from ranges; its value is an
// expression of them.
type story struct {
	low, high []int
	value     func(q []node) node
	en, zh    []string
}

func (s story) tell(d *draw, lang string) (string, node) {
	var q []int
	var leaves []node
	for i := range s.low {
		q = append(q, d.between(s.low[i], s.high[i]))
		leaves = append(leaves, leaf(q[i]))
	}
	list := s.en
	if lang == "zh" {
		list = s.zh
	}
	return fill(d, lang, pick(d, list), q), s.value(leaves)
}

func op(o rune) func(a, b node) node {
	return func(a, b node) node { return node{op: o, parts: []node{a, b}} }
}

var plus, minus, times, over = op('+'), op('-'), op('×'), op('÷')
