package grammar

import (
	"testing"
	"unicode/utf8"
)

// What a character begun may become holds the character.
func TestBegun(t *testing.T) {
	for r := rune(0x80); r <= utf8.MaxRune; r += 7 {
		s := string(r)
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		for n := 1; n < len(s); n++ {
			if low, high := begun(s[:n]); r < low || r > high || high-low > 1<<18 {
				t.Fatalf("%x of %U: %U to %U", s[:n], r, low, high)
			}
		}
	}
}
