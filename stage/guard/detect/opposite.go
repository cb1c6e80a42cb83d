package detect

import (
	_ "embed"
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
}

// opposites are the sides that a word stands on.
var opposites = func() map[string][]side {
	m := map[string][]side{}
	for n, line := range strings.Split(oppositesText, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line, turns := strings.CutPrefix(line, "~")
		for i, words := range strings.SplitN(line, "|", 2) {
			for _, w := range strings.Fields(words) {
				m[w] = append(m[w], side{n, i == 1, turns})
			}
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
}

// places finds the words of a clause that have an opposite.
func places(text string) (list []place) {
	units := unitsOf(text)
	for i := 0; i < len(units); {
		n, sides := 1, opposites[units[i]]
		if r, _ := utf8.DecodeRuneInString(units[i]); unicode.Is(unicode.Han, r) {
			for n = min(longestOpposite, len(units)-i); n > 1; n-- {
				if sides = opposites[strings.Join(units[i:i+n], "")]; sides != nil {
					break
				}
			}
		}
		for _, s := range sides {
			p := place{side: s}
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

// against reports whether q is on the other side of p's line, between the same words.
func (p *place) against(q *place) bool {
	if p.line != q.line || p.other == q.other {
		return false
	}
	before, after := p.before == q.before, p.after == q.after
	if p.turns {
		return before && after
	}
	return before && p.before != "" || after && p.after != ""
}

// opposes reports whether other says the opposite of a word of s in its place, and nowhere what s says of it.
func (s *said) opposes(other *said) bool {
	for i := range s.clauses {
		c := &s.clauses[i]
		for k := range c.places {
			if p := &c.places[k]; c.negs == 0 && !s.says(side{p.line, !p.other, p.turns}, nil) && other.contradicts(p, c) {
				return true
			}
		}
	}
	return false
}

// contradicts reports whether a clause says the opposite of what stands in a place of a clause of
// another sentence, and none that has something in common with that clause says the same.
func (s *said) contradicts(p *place, of *clause) bool {
	if s.says(p.side, of.words) {
		return false
	}
	for i := range s.clauses {
		c := &s.clauses[i]
		for k := range c.places {
			if c.negs == 0 && p.against(&c.places[k]) {
				return true
			}
		}
	}
	return false
}

// saysOpposite reports whether s says the opposite of a word of a clause, and not that word.
func (s *said) saysOpposite(of *clause) bool {
	for k := range of.places {
		if x := of.places[k].side; s.says(side{x.line, !x.other, x.turns}, nil) && !s.says(x, nil) {
			return true
		}
	}
	return false
}

// says reports whether a word of a side stands in a clause, one that holds any of these words besides;
// nil: in any.
func (s *said) says(x side, words map[string]bool) bool {
	for i := range s.clauses {
		c := &s.clauses[i]
		for k := range c.places {
			if c.places[k].side != x {
				continue
			}
			if words == nil {
				return true
			}
			n := 0
			for w := range c.words {
				if words[w] {
					n++
				}
			}
			if n > 1 { // the word itself is one
				return true
			}
		}
	}
	return false
}
