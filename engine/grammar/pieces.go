package grammar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// pieces returns texts of which one leads on from s to an end, if the search
// is to find one.
func (g *Grammar) pieces(s *state) (list []piece) {
	for _, t := range s.threads {
		switch i := &g.prog[t.pc]; i.op {
		case opText, opFree:
			if i.op == opFree && i.x == 0 || int(t.at) == len(i.text) {
				continue
			}
			list = append(list, piece{i.text[t.at:], i.tag})
		case opWords:
			for b := range 256 {
				if _, ok := i.words.next[t.at][byte(b)]; ok {
					list = append(list, piece{text: string([]byte{byte(b)})})
				}
			}
		case opRegex:
			low, high := rune(0), rune(utf8.MaxRune)
			if t.text != "" {
				low, high = begun(t.text)
			}
			for _, r := range i.regex.ahead(t.at, low, high, 16) {
				list = append(list, piece{text: string(r)[len(t.text):]})
			}
		case opSchema:
			list = i.schema.pieces(list, t.f)
		}
	}
	return list
}

func (m *machine) pieces(list []piece, f *frame) []piece {
	each := func(s string) {
		for i := range len(s) {
			list = append(list, piece{text: s[i : i+1]})
		}
	}
	value := func(g *group) {
		if m.anything(g) {
			each("0123456789") // in an array that must be unique not all may come
			return
		}
		sum := m.sumOf(g.roots)
		for i, begin := range []string{"n", "tf", "0123456789-", `"`, "[", "{"} {
			if sum[i] < farther {
				each(begin)
			}
		}
	}
	switch f.phase {
	case atValue:
		value(f.g)
	case arrFirst:
		each("]")
		value(f.g.element(m, 0).g)
	case arrNext:
		each("],")
	case objFirst:
		each(`}"`)
	case objKey:
		each(`"`)
	case objColon:
		each(":")
	case objNext:
		each("},")
	case inLiteral:
		word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[f.text[0]]
		list = append(list, piece{text: word[len(f.text):]})
	case inNumber:
		if f.place == numDigit || f.place == numSign || m.digitsRemain(f) > 0 {
			each("0123456789.")
		}
		if f.parent != nil {
			each(",]}")
		}
	case inString, inKey:
		switch {
		case strings.HasPrefix(f.text, `\`):
			each(`"\/bfnrtu0123456789aAbBcCdDeEfF`)
		case f.text != "":
			for b := range 64 {
				list = append(list, piece{text: string([]byte{0x80 + byte(b)})})
			}
		default:
			each(`"`)
			for _, text := range m.onward(f) {
				list = append(list, piece{text: text})
			}
		}
	}
	return list
}

// anything reports whether g asks nothing of a value.
func (m *machine) anything(g *group) bool {
	for _, id := range g.nodes {
		if n := &m.nodes[id]; !n.plain() || n.never || len(n.inPlace()) > 0 {
			return false
		}
	}
	return true
}

// inJSON returns a character as it stands in a string.
func inJSON(r rune) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r < ' ':
		const hex = "0123456789abcdef"
		return `\u00` + string([]byte{hex[r>>4], hex[r&15]})
	}
	return string(r)
}

// onward returns texts that lead a string on towards its end.
func (m *machine) onward(f *frame) (list []string) {
	const most = 64
	known := func(t *trie, n int32, words []string, seen string) bool {
		if t == nil || n < 0 {
			return false
		}
		from := t.from[n]
		if seen != "" {
			from = slices.DeleteFunc(slices.Clone(from), func(w int32) bool { return seen[w] != 0 })
		}
		if len(from) == 1 { // one way to go
			rest := []rune(words[from[0]])[t.depth[n]:]
			text := ""
			for _, r := range rest {
				text += inJSON(r)
			}
			if text != "" {
				list = append(list, text)
			}
			return true
		}
		at := len(list)
		for r := range t.next[n] {
			list = append(list, inJSON(r))
		}
		slices.Sort(list[at:])
		list = list[:min(len(list), at+8*most)]
		return len(from) > 0
	}
	bound := known(f.g.words, f.word, f.g.wordList, "")
	patterns := f.g.patterns
	if f.phase == inKey {
		bound = known(f.parent.g.keys, f.key, f.parent.g.names, f.parent.seen) && len(f.parent.g.shapes) == 0 || bound
		patterns = slices.Concat(patterns, f.parent.g.shapes)
	}
	for i, p := range patterns {
		for _, r := range p.ahead(stateAt(f.states, i), 0, utf8.MaxRune, most) {
			list = append(list, inJSON(r))
		}
	}
	if !bound {
		list = append(list, "a", "0", "A", "-")
	}
	return list
}

// ahead returns characters from low to high that lead to a match, those that
// lead the shortest way.
func (p *pattern) ahead(s int32, low, high rune, most int) (list []rune) {
	if s == dead || p.far[s] == 0 && low == 0 {
		return nil
	}
	least := int32(farther)
	for i := p.letters.segment(low); i < len(p.letters.from) && p.letters.from[i] <= high; i++ {
		c := p.letters.class[i]
		to := p.next[int(s)*len(p.letters.some)+int(c)]
		if to == dead || p.far[to] > least || p.far[to] == least && len(list) >= most {
			continue
		}
		if p.far[to] < least {
			least, list = p.far[to], nil
		}
		r := p.letters.some[c]
		if r < low || r > high {
			r = max(low, p.letters.from[i])
		}
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}
