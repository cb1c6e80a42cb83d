package say

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// raw reports whether a character of someone else's text commands a terminal, or turns
// the order in which people read a line: a control character, or an override of the
// direction of writing.
func raw(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// plain is text in which what is raw is written as Go escapes it, so that it is seen
// and does nothing. Line ends and tabs stay where several lines may be said.
func plain(text string, lines bool) string {
	kept := func(r rune) bool { return !raw(r) || lines && (r == '\n' || r == '\t') }
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !kept(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1: // a terminal of eight bits may take it for a command
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case kept(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += n
	}
	return b.String()
}

// A filling is what fills a verb, and may be someone else's text. It is written as it is,
// but for what is raw; %q quotes that itself.
type filling struct{ value any }

// Format implements fmt.Formatter.
func (f filling) Format(s fmt.State, verb rune) {
	text := fmt.Sprintf(fmt.FormatString(s, verb), f.value)
	if verb != 'q' {
		text = plain(text, false)
	}
	fmt.Fprint(s, text)
}

// fill is a as it may be written in a sentence. Numbers are nobody's text.
func fill(a any) any {
	switch reflect.ValueOf(a).Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return a
	}
	return filling{a}
}
