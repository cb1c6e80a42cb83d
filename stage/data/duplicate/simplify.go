package duplicate

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suiren/stage/data/quality"
)

// Simplify appends a text in the form in which texts are compared: lower case, each
// number a 0, marks and runs of space one space, no accents. It is datatrove's
// simplify_text.
func Simplify(buf []byte, text string) []byte {
	begin := len(buf)
	gap := false // a space is due before the next character
	t := simple()
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			c := t.ascii[b]
			switch {
			case c == ' ':
				gap = true
				i++
				continue
			case c == '0':
				i = number(text, i)
			default:
				i++
			}
			if gap && len(buf) > begin {
				buf = append(buf, ' ')
			}
			gap = false
			buf = append(buf, c)
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		var out string
		if c >= 0x4e00 && c <= 0x9fff {
			out = text[i : i+size]
		} else if unicode.Is(unicode.Nd, c) {
			out, size = "0", number(text, i)-i
			if c == '１' { // its digit is a mark to datatrove, but only where no number is
				out = "0"
			}
		} else {
			out = t.of(c)
		}
		i += size
		if out == " " {
			gap = true
			continue
		}
		if out == "" {
			continue
		}
		if gap && len(buf) > begin {
			buf = append(buf, ' ')
		}
		gap = false
		buf = append(buf, out...)
	}
	return buf
}

// number returns where the number that begins at i ends: digits of any script,
// and once more digits after a decimal mark.
func number(text string, i int) int {
	digits := func(i int) int {
		for i < len(text) {
			if b := text[i]; b < utf8.RuneSelf {
				if b < '0' || b > '9' {
					return i
				}
				i++
				continue
			}
			c, size := utf8.DecodeRuneInString(text[i:])
			if !unicode.Is(unicode.Nd, c) {
				return i
			}
			i += size
		}
		return i
	}
	end := digits(i)
	if end == len(text) {
		return end
	}
	c, size := utf8.DecodeRuneInString(text[end:])
	if strings.ContainsRune(".,،٫⎖⎗⎘", c) {
		if more := digits(end + size); more > end+size {
			return more
		}
	}
	return end
}

type simpleTable struct {
	ascii [128]byte
	plane [1 << 16]uint16 // 1 + place in out; 0: the character itself
	out   []string
}

var simple = sync.OnceValue(func() *simpleTable {
	t := &simpleTable{}
	for c := range t.ascii {
		t.ascii[c] = simplified(rune(c))[0]
		if c >= '0' && c <= '9' {
			t.ascii[c] = '0'
		}
	}
	place := map[string]uint16{}
	for c := rune(128); c < 1<<16; c++ {
		if c >= 0xac00 && c <= 0xd7a3 || utf8.RuneLen(c) < 0 {
			continue
		}
		s := simplified(c)
		if s == string(c) {
			continue
		}
		p, ok := place[s]
		if !ok {
			t.out = append(t.out, s)
			p = uint16(len(t.out))
			place[s] = p
		}
		t.plane[c] = p
	}
	return t
})

func (t *simpleTable) of(c rune) string {
	if c < 1<<16 && !(c >= 0xac00 && c <= 0xd7a3) {
		if p := t.plane[c]; p > 0 {
			return t.out[p-1]
		}
		return string(c)
	}
	return simplified(c)
}

// simplified is what a character that is no digit becomes: " ", "" or others.
func simplified(c rune) string {
	if c == utf8.RuneError {
		return string(c)
	}
	low := string(unicode.ToLower(c))
	if c == 'İ' {
		low = "i" // and a dot, which falls
	}
	var b strings.Builder
	for _, r := range low {
		if quality.IsRemoved(r) || unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f {
			return " "
		}
		b.WriteRune(r)
	}
	whole := norm.NFD.String(b.String())
	b.Reset()
	for _, r := range whole {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
