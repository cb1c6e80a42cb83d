package leak

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"suiren/pii"
)

// longestBetween bounds what stands between the signs of something that is spread.
const longestBetween = 8

// spread finds what has the same signs, two or more, between all of its own: cells of a table,
// items of a list, "a", "b", [a][b], <b>a</b><b>b</b>. Numbers are told by their groups.
func (s *stream) spread(list []found) []found {
	if s.singles() < mostSingles {
		return list
	}
	same := func(a, b unit) bool { return a.s == gap && b.s == gap || a.s != gap && a.v == b.v }
	for n := 2; n <= longestBetween; n++ {
		step := n + 1
		for k := 0; k+mostSingles*step < len(s.units); k++ {
			if s.units[k].s == gap || isAlnum(s.units[k+1].v) || isAlnum(s.units[k+n].v) {
				continue
			}
			e := k
			for e+step+n < len(s.units) && !slices.ContainsFunc(s.units[e+1:e+step], func(u unit) bool { return isOneOf(u.v, "+=") }) {
				if !slices.EqualFunc(s.units[e+1:e+step], s.units[e+step+1:e+step+step], same) {
					break
				}
				e += step
			}
			if e-k < (mostSingles-1)*step {
				continue
			}
			var idx []int32
			for i := k; i <= e+step && i < len(s.units) && s.units[i].s != gap; i += step {
				idx = append(idx, int32(i))
			}
			if !isAlnum(s.units[idx[0]].v) && isAlnum(s.units[idx[1]].v) { // of the list itself
				idx = idx[1:]
			}
			v := s.view(idx, true)
			for _, f := range v.search(nil, true) {
				if pii.NumberKind(f.value) == "" {
					list = append(list, f)
				}
			}
			k = e
		}
	}
	return list
}

// singles is how many letters and digits stand by themselves.
func (s *stream) singles() (n int) {
	for k, u := range s.units {
		if isAlnum(u.v) && (k == 0 || !isAlnum(s.units[k-1].v)) && (k+1 == len(s.units) || !isAlnum(s.units[k+1].v)) {
			n++
		}
	}
	return n
}

// fewestBytes is how many bytes, each by itself, may be a text.
const fewestBytes = 8

// bytesApart finds texts whose bytes stand one by one, in hexadecimal or decimal digits, with the
// same signs between: 31:33:38, 0x31, 0x33, or 49 51 56.
func (s *stream) bytesApart(list []found, v *view) []found {
	t := v.text
	for i := 0; i < len(t); {
		if !isAlnum(rune(t[i])) {
			i++
			continue
		}
		var few [2 * fewestBytes]string
		parts := few[:0]
		sep, end := "", i
		for at := i; ; {
			e := at
			for e < len(t) && e-at < 5 && isAlnum(rune(t[e])) {
				e++
			}
			if e == at || e < len(t) && isAlnum(rune(t[e])) || !isByte(t[at:e]) {
				break
			}
			parts, end = append(parts, t[at:e]), e
			next := e
			for next < len(t) && next-e < 3 && strings.IndexByte(" \n:,;-|/", t[next]) >= 0 {
				next++
			}
			if next == e || sep != "" && t[e:next] != sep {
				break
			}
			sep, at = t[e:next], next
		}
		if len(parts) < fewestBytes {
			for i < len(t) && isAlnum(rune(t[i])) {
				i++
			}
			continue
		}
		for _, text := range [2]string{hexadecimal(parts), decimals(parts)} {
			if text == "" {
				continue
			}
			if hits := s.inside(text); len(hits) > 0 {
				list = append(list, found{kindOf(hits[0]), int(v.at[i]), int(v.at[end-1]) + 1, hits[0].Confidence, hits[0].Value})
				break
			}
		}
		i = end
	}
	return list
}

// isByte reports whether a part may be a byte.
func isByte(part string) bool {
	part = strings.TrimPrefix(part, "0x")
	for i := range len(part) {
		if c := part[i]; !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return false
		}
	}
	return len(part) == 2 || len(part) == 3
}

// hexadecimal is the text of bytes in two hexadecimal digits each, or "".
func hexadecimal(parts []string) string {
	var b []byte
	for _, p := range parts {
		p = strings.TrimPrefix(p, "0x")
		x, err := hex.DecodeString(p)
		if err != nil || len(x) != 1 {
			return ""
		}
		b = append(b, x...)
	}
	text, _ := readable(b)
	return text
}

// decimals is the text of bytes, or runes, in decimal digits, or "".
func decimals(parts []string) string {
	var b []byte
	for _, p := range parts {
		x, err := strconv.ParseUint(p, 10, 8)
		if err != nil || x < ' ' {
			return ""
		}
		b = append(b, byte(x))
	}
	text, _ := readable(b)
	return text
}
