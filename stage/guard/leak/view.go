package leak

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suiren/pii"
	"suiren/stage/guard/detect"
	"suiren/stage/guard/fold"
)

// What a rune is to the finder.
type sort uint8

const (
	other   sort = iota // ends what is looked at: a Chinese character, 。
	sign                // a letter, digit or mark of ASCII, or what a reader takes for one
	numeral             // a Chinese numeral
	gap                 // white space
	unseen              // draws nothing
	place               // a character that begins the number plates of a province
)

const plates = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"

// numerals are the Chinese ones, in order of value from 0.
var numerals = []string{"〇零○", "一壹幺", "二贰貳两", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖"}

// sights holds what look says of the runes below 0x10000: sort at bit 8, sign below.
var sights = sync.OnceValue(func() *[1 << 16]uint16 {
	var t [1 << 16]uint16
	for c := range rune(len(t)) {
		s, v := look(c)
		t[c] = uint16(s)<<8 | uint16(v)
	}
	return &t
})

// special are the runes below 0x10000 that look does not call other, and those with which a
// phrase may begin.
var special = sync.OnceValue(func() *fold.Set {
	var set fold.Set
	for c, e := range sights() {
		if sort(e>>8) != other {
			set.Add(rune(c))
		}
	}
	for _, c := range "址住〔" {
		set.Add(c)
	}
	return &set
})

// keys are the letters with which a secret may begin that is known by how it begins.
var keys = sync.OnceValue(func() *detect.Prefixes {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var p detect.Prefixes
	for _, a := range letters {
		for _, b := range letters {
			for _, c := range letters {
				if pii.KeyMayBegin(string([]rune{a, b, c})) {
					p.Add(a|0x20, b|0x20, c|0x20)
				}
			}
		}
	}
	return &p
})

// look returns what a rune is, and the sign of ASCII that it stands for.
func look(c rune) (sort, byte) {
	switch {
	case c == ' ', c == '\t', c == '\n':
		return gap, byte(c)
	case c == '\r': // of a new line
		return unseen, 0
	case c > ' ' && c < 0x7f:
		return sign, byte(c)
	case c >= 0x3400 && c < 0x4e00, c >= 0xa000 && c < 0xf900: // no digits of these stand for others
		if _, ok := decimal(c); !ok {
			return other, 0
		}
	case unicode.IsSpace(c):
		return gap, ' '
	case c == utf8.RuneError, strings.ContainsRune("，；？！、", c): // they end a clause, as 。 does
		return other, 0
	case fold.Hidden(c) || unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Me, c):
		return unseen, 0
	case c >= 0x4e00 && c <= 0x9fff, c == '〇', c == '○':
		if strings.ContainsRune(plates, c) {
			return place, 0
		}
		for n, set := range numerals {
			if strings.ContainsRune(set, c) {
				return numeral, '0' + byte(n)
			}
		}
		return other, 0
	}
	if c >= '〡' && c <= '〩' { // as on a market of Suzhou
		return numeral, '1' + byte(c-'〡')
	}
	if n, ok := shaped(c); ok {
		return numeral, '0' + n
	}
	for _, r := range rings {
		if c >= r.from && c < r.from+rune(len(r.signs)) {
			return sign, r.signs[c-r.from]
		}
	}
	switch c {
	case '‐', '‑', '‒', '–', '—', '−', '﹣', '－':
		return sign, '-'
	case '·', '•', '∙', '⋅', '・':
		return sign, '.'
	}
	if n, ok := decimal(c); ok {
		return sign, '0' + n
	}
	var first byte
	var buf [utf8.UTFMax]byte
	form := buf[:utf8.EncodeRune(buf[:], c)]
	if d := norm.NFKD.Properties(form).Decomposition(); d != nil {
		form = d
	}
	for len(form) > 0 {
		d, n := utf8.DecodeRune(form)
		form = form[n:]
		if unicode.Is(unicode.Mn, d) {
			continue
		}
		if d >= 0x80 {
			folded, kind := fold.Rune(nil, d)
			if kind != fold.Plain || len(folded) != 1 || folded[0] >= 0x80 {
				return other, 0
			}
			if d = folded[0]; unicode.IsUpper(c) && d >= 'a' && d <= 'z' {
				d -= 'a' - 'A'
			}
		}
		switch {
		case d == '(' || d == ')' || d == '.' && first != 0: // ⑴ ⒈
			if c >= 0xff00 && c < 0xff60 {
				return sign, byte(d)
			}
		case d <= ' ' || first != 0:
			return other, 0
		default:
			first = byte(d)
		}
	}
	if first == 0 {
		return other, 0
	}
	return sign, first
}

// shaped is the value of a Chinese numeral in a circle, in brackets, or as a radical.
func shaped(c rune) (value byte, ok bool) {
	var buf [utf8.UTFMax]byte
	form := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], c)]).Decomposition()
	digit := strings.Trim(string(form), "()")
	if c, n := utf8.DecodeRuneInString(digit); n > 0 && n == len(digit) {
		for v, set := range numerals {
			if strings.ContainsRune(set, c) {
				return byte(v), true
			}
		}
	}
	return 0, false
}

// decimal is the value of a decimal digit of any script: they stand in tens, from 0.
func decimal(c rune) (byte, bool) {
	for _, r := range unicode.Nd.R16 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) && r.Stride == 1 {
			return byte((c - rune(r.Lo)) % 10), true
		}
	}
	for _, r := range unicode.Nd.R32 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) && r.Stride == 1 {
			return byte((c - rune(r.Lo)) % 10), true
		}
	}
	return 0, false
}

// rings are signs in circles and squares that Unicode does not decompose.
var rings = []struct {
	from  rune
	signs string
}{
	{0x2776, "123456789"}, {0x2780, "123456789"}, {0x278A, "123456789"}, {0x24FF, "0"}, {0x24F5, "123456789"}, {0x1F10B, "0"}, {0x1F10C, "0"},
	{0x1F150, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {0x1F170, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {0x1F1E6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
}
