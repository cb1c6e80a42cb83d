package leak

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/pii"
	"suiren/stage/guard/detect"
)

func kindOf(h detect.Hit) pii.Kind { return pii.Kind(h.Kind) }

// inside finds what is in a text that stood in an encoding. What is before it may
// announce it.
func (s *stream) inside(text string) []detect.Hit {
	in := &stream{kinds: s.kinds, sights: s.sights, special: s.special, keys: s.keys, depth: s.depth + 1}
	before := string(s.context[max(0, len(s.context)-contextLen):])
	hits := in.Flush(in.Write(nil, before+text))
	for i := range hits {
		hits[i].From = max(0, hits[i].From-len(before))
		hits[i].To -= len(before)
	}
	return slices.DeleteFunc(hits, func(h detect.Hit) bool { return h.To <= 0 })
}

// encoded finds what stands in base64, in hexadecimal digits, or in escapes of
// addresses, HTML or source code.
func (s *stream) encoded(list []found) []found {
	v := s.view(nil, false)
	for _, e := range s.escapes(v.text) {
		text, at := unescape(e.lead+v.text, e.read)
		for _, h := range s.inside(text) {
			i, j := v.at[max(0, at[h.From]-len(e.lead))], v.at[max(0, at[h.To]-len(e.lead)-1)]
			if at[h.To]-at[h.From] > h.To-h.From { // else it is found as it stands
				list = append(list, found{kindOf(h), int(i), int(j) + 1, h.Confidence, h.Value})
			}
		}
	}
	list = s.bytesApart(s.blocks(list, &v), &v)
	if strings.IndexByte(v.text, '\n') > 0 || strings.IndexByte(v.text, ' ') > 0 { // wrapped lines, bytes set apart
		if w := s.view(s.without(s.end()), false); len(w.text) < len(v.text) {
			list = s.rows(s.blocks(list, &w))
		}
	}
	return list
}

// blocks finds runs of base64, base32 or hexadecimal digits.
func (s *stream) blocks(list []found, v *view) []found {
	t := v.text
	for i := 0; i < len(t); {
		n := 0
		for i+n < len(t) && (isAlnum(rune(t[i+n])) || strings.IndexByte("+/-_", t[i+n]) >= 0) {
			n++
		}
		run := t[i : i+n]
		if n >= 12 && mixed([]byte(run)) || n >= 16 && strings.Trim(run, base32Digits) == "" {
			for _, text := range decode(run, s.part && i == 0) {
				if hits := s.inside(text); len(hits) > 0 {
					list = append(list, found{kindOf(hits[0]), int(v.at[i]), int(v.at[i+n-1]) + 1, hits[0].Confidence, hits[0].Value})
					break
				}
			}
		}
		i += n + 1
	}
	return list
}

const base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// decode returns the texts that a run of signs may stand for. A run whose beginning
// is missing may be out of step.
func decode(run string, part bool) (texts []string) {
	keep := func(b []byte) {
		if text, ok := readable(b); ok {
			texts = append(texts, text)
		}
	}
	if h := strings.TrimPrefix(run, "0x"); len(h)%2 == 0 {
		if b, err := hex.DecodeString(h); err == nil {
			keep(b)
		}
	}
	if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(run); err == nil {
		keep(b)
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(run)
	steps := 1
	if part {
		steps = 4
	}
	for k := range steps {
		r := plain[k:]
		if len(r)%4 == 1 {
			r = r[:len(r)-1]
		}
		if b, err := base64.RawStdEncoding.DecodeString(r); err == nil {
			keep(b)
		}
	}
	return texts
}

// readable returns bytes as text if that is what they are, but for a rune cut at an end.
func readable(b []byte) (string, bool) {
	bad, n := 0, 0
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError || unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' {
			bad++
		}
		n++
		if i += size; bad > 2 && bad*8 > n {
			return "", false
		}
	}
	return string(b), bad*8 <= n && n > 0
}

// fewestQuoted is how many signs = may be of quoted-printable: in addresses they stand
// between names and values.
const fewestQuoted = 8

// An escaping is a way in which signs may be escaped.
type escaping struct {
	lead string // of the first sign, that is not among the units
	read func(text string) (c rune, n int, raw bool)
}

// escapes are the ways in which signs of a text may be.
func (s *stream) escapes(text string) (list []escaping) {
	if strings.ContainsAny(text, `%&\`) || strings.Contains(text, "U+") {
		list = append(list, escaping{"", escape})
	}
	if strings.Count(text, "=") >= fewestQuoted {
		e := escaping{"", quoted}
		if n := len(s.context); n > 0 && s.context[n-1] == '=' && !s.part {
			e.lead = "="
		}
		list = append(list, e)
	}
	return list
}

// quoted reads a byte of quoted-printable (RFC 2045): =41.
func quoted(text string) (c rune, n int, raw bool) {
	if len(text) > 2 && text[0] == '=' {
		if v, err := strconv.ParseUint(text[1:3], 16, 8); err == nil {
			return rune(v), 3, true
		}
	}
	return 0, 0, false
}

// unescape undoes escapes. at is the place in text of each byte that it returns, and the end.
func unescape(text string, read func(string) (rune, int, bool)) (out string, at []int) {
	var b []byte
	put := func(c rune, raw bool, from int) {
		if raw {
			b = append(b, byte(c))
		} else {
			b = utf8.AppendRune(b, c)
		}
		for len(at) < len(b) {
			at = append(at, from)
		}
	}
	for i := 0; i < len(text); {
		c, n, raw := read(text[i:])
		if n == 0 {
			c, n = utf8.DecodeRuneInString(text[i:])
		}
		put(c, raw, i)
		i += n
	}
	return string(b), append(at, len(text))
}

// escape reads one of %41, &#65;, &#65, &#x41;, \u0041, \u{41}, \x41, \101 and U+0041 at the beginning of
// text: its rune, its length, and whether the rune is a byte.
func escape(text string) (c rune, n int, raw bool) {
	number := func(from, digits, base int) (rune, bool) {
		if len(text) < from+digits {
			return 0, false
		}
		v, err := strconv.ParseUint(text[from:from+digits], base, 32)
		return rune(v), err == nil && v <= unicode.MaxRune
	}
	switch {
	case len(text) < 3:
	case text[0] == '%':
		if v, ok := number(1, 2, 16); ok {
			return v, 3, true
		}
	case text[0] == '\\' && text[1] == 'x':
		if v, ok := number(2, 2, 16); ok {
			return v, 4, true
		}
	case strings.HasPrefix(text, `\u{`):
		end := strings.IndexByte(text[:min(len(text), 11)], '}')
		if v, ok := number(3, max(end-3, 0), 16); ok {
			return v, end + 1, false
		}
	case text[0] == '\\' && text[1] == 'u':
		if v, ok := number(2, 4, 16); ok {
			return v, 6, false
		}
	case text[0] == '\\':
		if v, ok := number(1, 3, 8); ok && v < 0x100 {
			return v, 4, true
		}
	case strings.HasPrefix(text, "U+"):
		end := 2
		for end < len(text) && end < 8 && isAlnum(rune(text[end])) {
			end++
		}
		if v, ok := number(2, end-2, 16); ok && end >= 6 {
			if end < len(text) && text[end] == ' ' {
				end++
			}
			return v, end, false
		}
	case strings.HasPrefix(text, "&#"):
		from, base := 2, 10
		if text[2]|0x20 == 'x' {
			from, base = 3, 16
		}
		end := from
		for end < len(text) && end < 11 && isAlnum(rune(text[end])) && (base == 16 || text[end] <= '9') {
			end++
		}
		if v, ok := number(from, end-from, base); ok && end > from {
			if end < len(text) && text[end] == ';' {
				end++
			}
			return v, end, false
		}
	case strings.HasPrefix(text, "&commat;"):
		return '@', 8, false
	case strings.HasPrefix(text, "&period;"):
		return '.', 8, false
	}
	return 0, 0, false
}

// spoken finds addresses of mail that spell their signs: jane (at) example [dot] com.
func (s *stream) spoken(list []found) []found {
	v := s.view(nil, true)
	low := strings.ToLower(v.text)
	out := view{head: v.head}
	b := []byte(v.text[:v.head])
	said := false
	for i := v.head; i < len(v.text); {
		if mark, n := spokenSign(low[i:]); n > 0 {
			said = true
			b = append(b, mark)
			out.at = append(out.at, v.at[i-v.head])
			i += n
			continue
		}
		b = append(b, v.text[i])
		out.at = append(out.at, v.at[i-v.head])
		i++
	}
	if !said {
		return list
	}
	out.text = string(b)
	for _, f := range out.search(nil, false) {
		if f.kind == pii.Email {
			list = append(list, f)
		}
	}
	return list
}

// spokenSign reads @ or . as it is spelled in brackets, with the space around.
func spokenSign(text string) (mark byte, n int) {
	rest := strings.TrimLeft(text, " ")
	if rest == "" || strings.IndexByte("([{<", rest[0]) < 0 {
		return 0, 0
	}
	rest = strings.TrimLeft(rest[1:], " ")
	for word, sign := range map[string]byte{"at": '@', "dot": '.', "@": '@', ".": '.'} {
		if after, ok := strings.CutPrefix(rest, word); ok {
			after = strings.TrimLeft(after, " ")
			if after != "" && strings.IndexByte(")]}>", after[0]) >= 0 {
				return sign, len(text) - len(strings.TrimLeft(after[1:], " "))
			}
		}
	}
	return 0, 0
}
