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
			if !strings.ContainsRune("。！？…!?.", r) {
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

// endsHere reports whether an ASCII mark ends the sentence before rest: a
// space and no small letter must follow, and 1. or e.g. is no sentence.
func endsHere(sentence, rest string) bool {
	if rest == "" {
		return true
	}
	next := strings.TrimLeft(rest, " \t")
	if next == rest && rest[0] != '\n' {
		f, _ := utf8.DecodeRuneInString(rest)
		return isCJK(f)
	}
	f, _ := utf8.DecodeRuneInString(next)
	if unicode.IsLower(f) {
		return false
	}
	words := strings.TrimRight(strings.TrimSpace(sentence), ".!?")
	return strings.IndexFunc(words, unicode.IsSpace) >= 0 || utf8.RuneCountInString(words) > 3
}
