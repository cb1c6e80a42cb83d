package serve

import (
	"bytes"
	"strings"
	"testing"
)

// wide is a vocabulary of long pieces with short numbers.
type wide struct{ letters }

func (wide) Piece(id int32) ([]byte, bool) { return bytes.Repeat([]byte{'w'}, 64<<10), id == 1 }

func (wide) Spell(ids []int32) string { panic("a text of any length") }

// A small request about tokens is not answered with a huge text.
func TestTokensAreBounded(t *testing.T) {
	b := start(t, parrot{}, func(_ *Config, r *Release) { *r = *everything(); r.Speller = wide{} })
	if code, text := b.send(t, "POST", "/detokenize", `{"tokens":[`+strings.Repeat("1,", 64)+`1]}`); code != 400 || !strings.Contains(text, "too_many_tokens") {
		t.Errorf("/detokenize: %d %.200s", code, text)
	}
	b = start(t, parrot{}, func(_ *Config, r *Release) { *r = *everything() })
	long := strings.Repeat("a", mostPieces+1)
	for _, ask := range []string{`"with_pieces":true`, `"return_token_strs":true`} {
		if code, text := b.send(t, "POST", "/tokenize", `{"content":"`+long+`",`+ask+`}`); code != 400 || !strings.Contains(text, "too_many_tokens") {
			t.Errorf("/tokenize with %s: %d %.200s", ask, code, text)
		}
		if code, text := b.send(t, "POST", "/tokenize", `{"content":"`+long[1:]+`",`+ask+`}`); code != 200 {
			t.Errorf("/tokenize with %s: %d %.200s", ask, code, text)
		}
	}
	if code, text := b.send(t, "POST", "/tokenize", `{"content":"`+long+`"}`); code != 200 {
		t.Errorf("/tokenize: %d %.200s", code, text)
	}
}
