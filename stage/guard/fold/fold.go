// Package fold says in which form text is compared: what a disguise of letters and
// digits stands for. It is a view for matching only; what is sent on is always cut
// from the original.
package fold

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a rune is to the matcher.
type Class uint8

const (
	Plain     Class = iota // part of a word: matched as it is folded
	Skipped                // white space, punctuation, symbols: may stand between the runes of a keyword
	Invisible              // no glyph of its own: as if it were not there
	Broken                 // a byte that is no UTF-8: ends every match
)

// Rune returns the form of r in which keywords are compared, and what r is.
//
// Width, case, ligatures and accents go (Unicode NFKD, then marks dropped, then
// lower case), letters that look like Latin ones become these, and a traditional
// Chinese character becomes its simplified one
// where simple.go lists it. It is a view for matching only: ① becomes 1 and ㎏
// becomes kg, so what is sent on is always cut from the original.
//
// The runes are appended to dst.
func Rune(dst []rune, r rune) ([]rune, Class) {
	if r < utf8.RuneSelf {
		switch {
		case 'A' <= r && r <= 'Z':
			return append(dst, r+'a'-'A'), Plain
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return append(dst, r), Plain
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return dst, Invisible
		}
		return dst, Skipped
	}
	if 0x4E00 <= r && r <= 0x9FFF { // Han: none decomposes
		if s, ok := simplified[r]; ok {
			r = s
		}
		return append(dst, r), Plain
	}
	if Hidden(r) {
		return dst, Invisible
	}
	var buf [utf8.UTFMax]byte
	whole := buf[:utf8.EncodeRune(buf[:], r)]
	form := norm.NFKD.Properties(whole).Decomposition()
	if form == nil {
		form = whole
	}
	before := len(dst)
	for len(form) > 0 {
		d, n := utf8.DecodeRune(form)
		form = form[n:]
		if !unicode.Is(unicode.M, d) && isWord(d) {
			d = unicode.ToLower(d)
			if s, ok := simplified[d]; ok {
				d = s
			} else if s, ok := lookalikes[d]; ok {
				d = s
			}
			dst = append(dst, d)
		}
	}
	switch {
	case len(dst) > before:
		return dst, Plain
	case unicode.Is(unicode.M, r):
		return dst, Invisible
	}
	return dst, Skipped
}

// Known and Joined are bits of the entries of Table.
const (
	Known  = 1 << 31
	Joined = 1 << 30
)

// Table holds what Rune says of the runes below 0x10000, which is most of a
// text: its kind at bit 16, whether it is joined, and the one rune that it
// becomes. Runes that become several are 0.
var Table = sync.OnceValue(func() *[1 << 16]uint32 {
	var table [1 << 16]uint32
	var buf []rune
	for r := range rune(len(table)) {
		var kind Class
		if buf, kind = Rune(buf[:0], r); len(buf) > 1 || len(buf) == 1 && buf[0] >= 1<<16 {
			continue
		}
		e := Known | uint32(kind)<<16
		if len(buf) == 1 {
			if e |= uint32(buf[0]); IsJoined(buf[0]) {
				e |= Joined
			}
		}
		table[r] = e
	}
	return &table
})

// A Set holds runes below 0x10000 in 8 kB, which stay near the processor where Table
// does not.
type Set [1 << 10]uint64

// Add puts a rune into the set.
func (s *Set) Add(c rune) { s[c>>6&(1<<10-1)] |= 1 << (c & 63) }

// Has reports whether a rune below 0x10000 is in the set.
func (s *Set) Has(c rune) bool { return s[c>>6&(1<<10-1)]>>(c&63)&1 != 0 }

// Changed are the Chinese characters that fold to another.
var Changed = sync.OnceValue(func() *Set {
	var s Set
	for from := range simplified {
		if from < 1<<16 {
			s.Add(from)
		}
	}
	return &s
})

// IsHan reports whether c is of the block of Chinese characters that most text is
// written in.
func IsHan(c rune) bool { return c >= 0x4E00 && c <= 0x9FFF }

// lookalikes are lower case letters of Cyrillic and Greek that a reader takes
// for Latin ones, and a few that stand for them (Unicode TR 39's intent; our
// own, short list).
var lookalikes = pairs("аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwӏlкkмmтtвbнhгrпnзeαaοoνvρpτtυuιiκkχxεeηnωwγyɑaɡgıiʟl")

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// Hidden reports runes that draw nothing: format characters (zero-width
// spaces and joiners, bidi controls, the tag block), variation selectors,
// fillers and control codes.
func Hidden(r rune) bool {
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800:
		return true // grapheme joiner, Hangul fillers, the empty Braille cell
	}
	return IsTag(r)
}

// IsTag reports the tag block, which mirrors ASCII invisibly. Rails remove it:
// it has carried instructions past readers.
func IsTag(r rune) bool { return 0xE0000 <= r && r <= 0xE007F }

// IsJoined reports whether words in r's script are written apart, so that a
// keyword must not begin or end inside one: "rape" is not in "grape".
func IsJoined(r rune) bool {
	return isWord(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
