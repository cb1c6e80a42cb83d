package tokenizer

import "unicode/utf8"

// levels are the runes that stand for the bytes: printable ones for
// themselves, the others for U+0100 and on. Source: GPT-2's encoder.py,
// bytes_to_unicode.
var levels = func() (table [256]rune) {
	next := rune(256)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= '¡' && b <= '¬' || b >= '®' && b <= 'ÿ' {
			table[b] = b
		} else {
			table[b] = next
			next++
		}
	}
	return table
}()

var unlevels = func() (table [512]int16) {
	for i := range table {
		table[i] = -1
	}
	for b, r := range levels {
		table[r] = int16(b)
	}
	return table
}()

// toLevel returns bytes as the runes of the byte-level form.
func toLevel(s string) string {
	var out []byte
	for i := range len(s) {
		out = utf8.AppendRune(out, levels[s[i]])
	}
	return string(out)
}

// fromLevel is the inverse of toLevel, false if s is not of that form.
func fromLevel(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if uint32(r) >= uint32(len(unlevels)) || unlevels[r] < 0 {
			return "", false
		}
		out = append(out, byte(unlevels[r]))
	}
	return string(out), len(out) > 0
}
