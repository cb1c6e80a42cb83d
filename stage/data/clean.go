package data

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// clean writes a text in NFC, without control and invisible characters,
// spaces at the ends of lines and more than one empty line at a time.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u00A0', r == '\u2007', r == '\u202F': // spaces that do not break
			return ' '
		case unicode.IsControl(r), r == '\uFEFF', r == '\u200B', r == '\u2060', r == '\u00AD':
			return -1
		}
		return r
	}, newlines.Replace(norm.NFC.String(s)))
	var b strings.Builder
	empty := 0
	for line := range strings.Lines(s) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 && empty > 0 {
			b.WriteByte('\n')
		}
		empty = 0
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}
