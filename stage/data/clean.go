package data

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean writes a text in NFC, without control and invisible characters,
// spaces at the ends of lines and more than one empty line at a time.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	return cleaned(s)
}

func cleaned(s string) string {
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

// isClean reports that clean would change nothing. It knows the common
// characters only, and is false wherever it does not know.
func isClean(s string) bool {
	if s == "" || s[0] == '\n' || s[len(s)-1] != '\n' {
		return false
	}
	lines := 1     // ends of line in a row
	space := false // the last character was one
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			i++
			switch {
			case b == '\n':
				if lines++; lines > 2 || space {
					return false
				}
				continue
			case b == ' ', b == '\t':
				space = true
			case b < ' ', b == 0x7f:
				return false
			default:
				space = false
			}
			lines = 0
			continue
		}
		lines = 0
		c, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case c >= 0x4e00 && c <= 0x9fff, c >= 0x3001 && c <= 0x3029, c >= 0xff01 && c <= 0xff5e, // composed, or with nothing to compose
			c >= 0xae && c <= 0x17f, c >= 0xa1 && c <= 0xac, c >= 0x2010 && c <= 0x2027, c >= 0x2030 && c <= 0x205e,
			c >= 0x3041 && c <= 0x3096, c >= 0x30a0 && c <= 0x30ff, c >= 0x3400 && c <= 0x4dbf, c >= 0xac00 && c <= 0xd7a3,
			c >= 0x400 && c <= 0x482, c >= 0x2190 && c <= 0x2328, c >= 0x2460 && c <= 0x27bf:
			space = false
		case c == 0x3000:
			space = true
		default:
			return false
		}
	}
	return lines == 1
}
