package data

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"suiren/stage"
)

// A dialogue is a conversation that a program made: it keeps the state that the
// user's words change, so each of the assistant's answers is right, and so is the
// verifier of the last one.
type dialogue struct {
	messages []stage.Message // the assistant's last
	verify   string          // a verify.Spec of the last answer
	key      string          // canonical: what happens, in no language's words
}

func (g *dialogue) user(text string)      { g.say("user", text) }
func (g *dialogue) assistant(text string) { g.say("assistant", text) }

func (g *dialogue) say(role, text string) {
	g.messages = append(g.messages, stage.Message{Role: role, Content: text})
}

// A talkFamily is one kind of dialogue.
type talkFamily struct {
	name string
	make func(d *draw, s speaker) dialogue
}

var talkFamilies = []talkFamily{{"sums", makeSums}, {"stock", makeStock}, {"booking", makeBooking}}

// A speaker says things in one language: each is a rule of a grammar without
// context, whose alternatives are drawn. <name> is another rule, {x} a value.
type speaker struct {
	d    *draw
	lang string
}

func (s speaker) say(rule string, values ...any) string {
	list, ok := grammars[s.lang][rule]
	if !ok {
		panic("data: no rule " + rule)
	}
	text := pick(s.d, list)
	for {
		before, rest, ok := strings.Cut(text, "<")
		if !ok {
			break
		}
		name, after, _ := strings.Cut(rest, ">")
		text = before + s.say(name) + after
	}
	for i := 0; i < len(values); i += 2 {
		text = strings.ReplaceAll(text, "{"+values[i].(string)+"}", fmt.Sprint(values[i+1]))
	}
	return text
}

// word is the i-th of a rule's alternatives.
func (s speaker) word(rule string, i int) string { return grammars[s.lang][rule][i] }

func verifyNumber(n int) string { return `{"number":` + strconv.Itoa(n) + `}` }

// verifyWord accepts an answer that names the word.
func verifyWord(word string) string {
	b, err := json.Marshal(map[string]string{"regex": "(?s).*" + word + ".*"})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// makeSums calculates on with the last result.
func makeSums(d *draw, s speaker) (g dialogue) {
	n := d.between(2, 60)
	m := d.between(2, 60)
	g.user(s.say("sum", "a", n, "b", m))
	g.key = fmt.Sprintf("sums %d+%d", min(n, m), max(n, m))
	n += m
	g.assistant(s.say("equals", "n", n))
	for range d.between(1, 4) {
		v, op, now := d.between(2, 40), "plus", 0
		switch now = n + v; d.below(3) {
		case 0:
			if n-v >= 0 {
				op, now = "minus", n-v
			}
		case 1:
			if n < 200 {
				v = d.between(2, 5)
				op, now = "times", n*v
			}
		}
		g.user(s.say(op, "v", v))
		g.key += fmt.Sprintf(" %s %d", op, v)
		n = now
		g.assistant(s.say("equals", "n", n))
	}
	g.verify = verifyNumber(n)
	return g
}

// makeStock keeps count of what comes and goes.
func makeStock(d *draw, s speaker) (g dialogue) {
	n := d.between(5, 90)
	thing := s.say("thing")
	g.user(s.say("have", "n", n, "T", thing))
	g.assistant(s.say("noted", "n", n, "T", thing))
	g.key = fmt.Sprintf("stock %d", n)
	for range d.between(2, 5) {
		v, op := d.between(1, 30), "come"
		if d.below(2) == 0 && v <= n {
			op = "go"
			n -= v
		} else {
			n += v
		}
		g.key += fmt.Sprintf(" %s %d", op, v)
		g.user(s.say(op, "v", v, "T", thing))
		g.assistant(s.say("noted", "n", n, "T", thing))
	}
	g.user(s.say("howMany", "T", thing))
	g.assistant(s.say("thereAre", "n", n, "T", thing))
	g.verify = verifyNumber(n)
	return g
}

// makeBooking asks for what is missing of a day, a time and a number of people,
// lets the user change his mind, and is asked for one of them at the end.
func makeBooking(d *draw, s speaker) (g dialogue) {
	slots := []string{"day", "time", "people"}
	draws := []func() (string, string){
		func() (string, string) { i := d.below(7); return s.word("days", i), strconv.Itoa(i) },
		func() (string, string) {
			t := fmt.Sprintf("%02d:%02d", d.between(9, 21), 15*d.below(4))
			return t, t
		},
		func() (string, string) { n := strconv.Itoa(d.between(2, 12)); return n, n },
	}
	value := map[string]string{}
	set := func(slot int) string {
		for {
			shown, canon := draws[slot]()
			if value[slots[slot]] != shown {
				value[slots[slot]] = shown
				g.key += " " + slots[slot] + " " + canon
				return shown
			}
		}
	}
	g.key = "booking"
	first := d.below(3)
	g.user(s.say("book", "it", s.say("with "+slots[first], "x", set(first))))
	for k := 1; k < 3; k++ {
		slot := (first + k) % 3
		g.assistant(s.say("ask " + slots[slot]))
		g.user(s.say("tell "+slots[slot], "x", set(slot)))
	}
	booked := func() string {
		return s.say("booked", "day", value["day"], "time", value["time"], "people", value["people"])
	}
	g.assistant(booked())
	for range d.below(3) {
		slot := d.below(3)
		g.user(s.say("change "+slots[slot], "x", set(slot)))
		g.assistant(booked())
	}
	asked := slots[d.below(3)]
	g.key += " ask " + asked
	g.user(s.say("which " + asked))
	g.assistant(s.say("it is "+asked, "x", value[asked]))
	g.verify = verifyWord(value[asked])
	if asked == "people" {
		g.verify = `{"number":` + value[asked] + `}`
	}
	return g
}
