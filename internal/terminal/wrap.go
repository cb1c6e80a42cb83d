package terminal

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Widest is how many columns a line of Wrap has at most, where it may be broken: a
// terminal would break a longer one anywhere.
const Widest = 96

var trailing = regexp.MustCompile(` +\n`)

// Wrap breaks lines that are wider than Widest, at spaces and between the
// characters of Chinese. The lines of a paragraph are one; indented ones stand as
// they are.
func Wrap(text string) string {
	var b strings.Builder
	for line := range strings.Lines(join(text)) {
		at := 0 // columns of the line so far
		for len(line) > 0 {
			n := word(line)
			if w := Columns(strings.TrimRight(line[:n], " \n")); at > 0 && at+w > Widest {
				b.WriteString("\n")
				at = 0
			}
			at += Columns(line[:n])
			b.WriteString(line[:n])
			line = line[n:]
		}
	}
	return trailing.ReplaceAllString(b.String(), "\n")
}

// Fold breaks one line at at most n columns, as Wrap does; the lines after the
// first begin with indent. A word that is wider is cut.
func Fold(text string, n int, indent string) (lines []string) {
	line, at := "", 0
	for len(text) > 0 {
		part := text[:word(text)]
		w := Columns(strings.TrimRight(part, " "))
		if line != "" && at+w > n {
			lines = append(lines, strings.TrimRight(line, " "))
			line, at = indent, Columns(indent)
		}
		text = text[len(part):]
		for fits := 0; at+w > n; w = Columns(part) { // what no line holds
			fits = len(strings.TrimSuffix(Cut(part, max(n-at, 2)), "…"))
			if fits == 0 {
				break
			}
			lines = append(lines, line+part[:fits])
			line, at, part = indent, Columns(indent), part[fits:]
		}
		line += part
		at += Columns(part)
	}
	if line = strings.TrimRight(line, " "); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// join makes one line of each paragraph.
func join(text string) string {
	var b strings.Builder
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(line)
		switch {
		case b.Len() == 0:
		case before == "" || line == "" || before[0] == ' ' || first == ' ':
			b.WriteByte('\n')
		case runeColumns(last) == 1 || runeColumns(first) == 1 && !strings.ContainsRune("，。；：、！？）”》", last):
			b.WriteByte(' ')
		}
		b.WriteString(line)
		before = line
	}
	if strings.HasSuffix(text, "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}

// word returns the bytes of a text up to where a line may end: behind a word of
// letters and its spaces, or behind a character of Chinese and what may not begin
// a line.
func word(text string) int {
	last := utf8.RuneError
	for i, r := range text {
		wide, before := runeColumns(r) == 2, runeColumns(last) == 2
		switch {
		case i == 0, r == ' ', r == '\n', strings.ContainsRune("，。；：、！？）”》", r), last == '（', last == '“', last == '《':
		case last == ' ', wide, before:
			return i
		}
		last = r
	}
	return len(text)
}
