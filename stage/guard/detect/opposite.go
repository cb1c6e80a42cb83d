package detect

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed opposites.txt
var oppositesText string

// A side is one of the two of a line of opposites.txt.
type side struct {
	line  int
	other bool // the second
	turns bool // a sentence turned round may say the same with the other word
	lasts bool // the two begin and end what lasts
}

// opposite is the other side of the line.
func (s side) opposite() side { s.other = !s.other; return s }

// opposites are the sides that a word stands on.
var opposites = func() map[string][]side {
	m := map[string][]side{}
	for n, line := range strings.Split(oppositesText, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line, turns := strings.CutPrefix(line, "~")
		line, lasts := strings.CutPrefix(line, "@")
		for i, words := range strings.SplitN(line, "|", 2) {
			for _, w := range strings.Fields(words) {
				m[w] = append(m[w], side{n, i == 1, turns, lasts})
			}
		}
	}
	return m
}()

// beginsOpposite are the Chinese characters with which words begin that have an opposite.
var beginsOpposite = func() map[string]bool {
	m := map[string]bool{}
	for w := range opposites {
		if r, n := utf8.DecodeRuneInString(w); unicode.Is(unicode.Han, r) {
			m[w[:n]] = true
		}
	}
	return m
}()

// longestOpposite is the most Chinese characters of a word that has an opposite.
const longestOpposite = 4

// A place is where a word stands that has an opposite: between what other words.
type place struct {
	side
	before, after string // "": the clause begins or ends
	until         bool   // the clause says until when; of what lasts
}

// untilWhen finds until when something lasts.
var untilWhen = regexp.MustCompile(`(?:[至到]|\b(?:to|until|till)\b) ?\d`)

// places finds the words of a clause that have an opposite.
func places(text string) (list []place) {
	units := unitsOf(text)
	for i := 0; i < len(units); {
		n, sides := 1, opposites[units[i]]
		if beginsOpposite[units[i]] {
			for n = min(longestOpposite, len(units)-i); n > 1; n-- {
				if sides = opposites[strings.Join(units[i:i+n], "")]; sides != nil {
					break
				}
			}
		}
		for _, s := range sides {
			p := place{side: s, until: s.lasts && untilWhen.MatchString(text)}
			for k := i - 1; k >= 0 && p.before == ""; k-- {
				p.before = content(units[k])
			}
			for k := i + n; k < len(units) && p.after == ""; k++ {
				p.after = content(units[k])
			}
			list = append(list, p)
		}
		i += n
	}
	return list
}

// content is a unit as a neighbour is compared; "" for one that says nothing.
func content(unit string) string {
	if r, _ := utf8.DecodeRuneInString(unit); r < utf8.RuneSelf && unicode.IsLetter(r) && (len(unit) < 3 || stopWords[unit]) {
		return ""
	}
	return stem(unit)
}

// unitsOf returns the Chinese characters of a folded text, and what stands between marks
// of other scripts.
func unitsOf(text string) (list []string) {
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		from := 0
		for i, c := range part {
			if unicode.Is(unicode.Han, c) {
				if from < i {
					list = append(list, part[from:i])
				}
				from = i + utf8.RuneLen(c)
				list = append(list, part[i:from])
			}
		}
		if from < len(part) {
			list = append(list, part[from:])
		}
	}
	return list
}

// between reports whether two words stand between the same ones, or alone.
func (p *place) between(q *place) bool { return p.before == q.before && p.after == q.after }

// beside reports whether two words stand beside the same one, or alone.
func (p *place) beside(q *place) bool {
	return p.between(q) || p.before == q.before && p.before != "" || p.after == q.after && p.after != ""
}

// against reports whether q is the opposite of p in its place.
func (p *place) against(q *place) bool {
	switch {
	case p.side != q.opposite() || p.lasts && p.until != q.until:
		return false
	case p.turns:
		return p.between(q)
	}
	return p.beside(q)
}

// alone returns where s says a word whose opposite it does not say, and that no sentence of a
// passage says of the same: "open from 9. Closes at 17." says when what is open closes.
func (s *said) alone(passage []said) (list []*place) {
	for i := range s.clauses {
		c := &s.clauses[i]
		for k := range c.places {
			p := &c.places[k]
			if c.negs == 0 && !s.says(p.opposite()) && !slices.ContainsFunc(passage, func(o said) bool { return o.agrees(p, c) }) {
				list = append(list, p)
			}
		}
	}
	return list
}

// agrees reports whether s says a word of p's side beside the same word, or in a clause with a number that
// p's clause has.
func (s *said) agrees(p *place, of *clause) bool {
	for i := range s.clauses {
		c := &s.clauses[i]
		for k := range c.places {
			if q := &c.places[k]; q.side == p.side && (p.beside(q) || slices.ContainsFunc(c.numbers, func(n string) bool { return slices.Contains(of.numbers, n) })) {
				return true
			}
		}
	}
	return false
}

// opposes reports whether s says the opposite of a word in its place.
func (s *said) opposes(list []*place) bool {
	for _, p := range list {
		for i := range s.clauses {
			c := &s.clauses[i]
			if c.negs == 0 && slices.ContainsFunc(c.places, func(q place) bool { return p.against(&q) }) {
				return true
			}
		}
	}
	return false
}

// saysOpposite reports whether s says the opposite of a word of a clause, and not that word.
func (s *said) saysOpposite(of *clause) bool {
	return slices.ContainsFunc(of.places, func(p place) bool { return s.says(p.opposite()) && !s.says(p.side) })
}

// says reports whether a word of a side stands in s.
func (s *said) says(x side) bool {
	return slices.ContainsFunc(s.clauses, func(c clause) bool {
		return slices.ContainsFunc(c.places, func(p place) bool { return p.side == x })
	})
}
