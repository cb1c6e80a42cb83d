package plain

import (
	"fmt"
	"strings"
	"testing"

	"suiren/engine/grammar"
)

// The forms that are kept are bounded in number and in what they remember.
func TestGrammarsAreBounded(t *testing.T) {
	var k grammars
	compiled := 0
	get := func(key string) *grammar.Grammar {
		g, err := k.get(key, func() (*grammar.Grammar, error) { compiled++; return grammar.Regex("[a-z]*") })
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for i := range 2 * maxKept {
		get(fmt.Sprint(i))
	}
	if len(k.kept) != maxKept || get(fmt.Sprint(2*maxKept-1)) != k.kept[maxKept-1].g || compiled != 2*maxKept {
		t.Errorf("%d are kept, %d compiled", len(k.kept), compiled)
	}
	big := strings.Repeat("x", maxKeptBytes/2-1<<16)
	get(big + "1")
	get(big + "2")
	if n := len(k.kept); n < 2 || k.kept[n-2].key != big+"1" {
		t.Error("two that fit are not kept")
	}
	get(big + "3")
	if n := len(k.kept); n != 2 || k.kept[0].key != big+"2" {
		t.Errorf("%d of three that do not fit are kept", n)
	}
	get(big + big + big)
	if len(k.kept) != 1 {
		t.Errorf("%d are kept beside one that is too large", len(k.kept))
	}
}
