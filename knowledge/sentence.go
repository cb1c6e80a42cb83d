package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences splits a text into its sentences, without the space between
// them. A line ends a sentence.
func Sentences(text string) []string {
	var list []string
	for _, s := range split(text) {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// split splits a text after its sentences; the pieces joined are the text.
func split(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		start := 0
		for i := 0; i < len(line); {
			r, n := utf8.DecodeRuneInString(line[i:])
			i += n
			switch r {
			case '。', '！', '？', '…', '!', '?', '.':
			default:
				continue
			}
			for i < len(line) { // closing marks belong to the sentence
				c, n := utf8.DecodeRuneInString(line[i:])
				if !strings.ContainsRune("。！？…!?.”’」』）)\"'", c) {
					break
				}
				i += n
			}
			if strings.ContainsRune("!?.", r) && !endsHere(line[start:i], line[i:]) {
				continue
			}
			for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
				i++
			}
			list = append(list, line[start:i])
			start = i
		}
		if start < len(line) {
			list = append(list, line[start:])
		}
	}
	return list
}

// short are words that end in a point in the middle of a sentence.
var short = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "st": true, "vs": true, "cf": true, "fig": true, "eq": true, "vol": true}

// endsHere reports whether an ASCII mark ends the sentence before rest: a
// space and no small letter must follow, and no 1. or e.g. or Dr. stand
// before it.
func endsHere(sentence, rest string) bool {
	next := strings.TrimLeft(rest, " \t")
	if next == "" || next[0] == '\n' {
		return true
	}
	f, _ := utf8.DecodeRuneInString(next)
	if next == rest {
		return isCJK(f)
	}
	words := strings.Fields(strings.TrimRight(sentence, ".!?"))
	if unicode.IsLower(f) || len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	number := strings.Trim(last, "0123456789") == "" && len(words) == 1
	return !number && !short[strings.ToLower(last)] && !(strings.Contains(last, ".") && len(last) <= 4)
}
