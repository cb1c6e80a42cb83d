package chinese

import (
	"unicode"
)

// Fold returns the character that c is compared as: simplified, of half width,
// lower case.
func Fold(c rune) rune {
	if c < 1<<16 && c >= 0 {
		return rune(data().chars[c].plain)
	}
	return fold(data(), c)
}

func fold(t *tables, c rune) rune {
	switch {
	case c >= '！' && c <= '～': // full width of ASCII
		c -= '！' - '!'
	case c == '\u3000':
		c = ' '
	}
	if s, ok := t.folds[c]; ok && (c >= 1<<16 || s < 1<<16) {
		return s
	}
	if l := unicode.ToLower(c); c >= 1<<16 || l < 1<<16 {
		return l
	}
	return c
}

// Pinyin returns how c is read, without tone, ü as v; "" if c is no Chinese
// character or its reading is not known. Of several readings it is the first.
func Pinyin(c rune) string {
	if s, ok := data().sounds[c]; ok {
		return data().syllables[s]
	}
	return ""
}

// IsHan reports whether c is a Chinese character.
func IsHan(c rune) bool {
	return c >= 0x4e00 && c <= 0x9fff || c >= 0x3400 && c <= 0x4dbf || c >= 0x20000 && c <= 0x3ffff || c >= 0xf900 && c <= 0xfaff || c == '〇'
}
