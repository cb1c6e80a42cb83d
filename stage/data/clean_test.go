package data

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// What is called clean is not changed by cleaning, and cleaned texts mostly are called so.
func TestIsClean(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	signs := []rune("ab é中国。，　 \t\n\n\n\r\v\u0085\u00a0\u00ad\u200b\u2028\u3000\u0301e\u0301\u1112\u1161\uff21\u212b\ufeff“”—…\x7f\x00")
	called := 0
	for range 200_000 {
		var b strings.Builder
		for range r.IntN(9) {
			b.WriteRune(signs[r.IntN(len(signs))])
		}
		if r.IntN(2) == 0 {
			b.WriteByte('\n')
		}
		s := b.String()
		if isClean(s) {
			called++
			if c := cleaned(s); c != s {
				t.Fatalf("%q is called clean, and cleaned it is %q", s, c)
			}
		}
	}
	if called < 1000 {
		t.Errorf("%d called clean", called)
	}
	for _, s := range []string{"The first line.\n\nThe “second” – one…\n", "第一行。\n第二行（完）！\n", "déjà vu\n"} {
		if !isClean(s) {
			t.Errorf("%q is not called clean", s)
		}
	}
	for c := rune(0); c < 0x30000; c++ { // alone, after and before what could join it
		for _, s := range []string{string(c) + "\n", "e" + string(c) + "\n", string(c) + "\u1161\n", string(c) + "\u11a8\n", string(c) + "\u3099\n"} {
			if isClean(s) && cleaned(s) != s {
				t.Errorf("%q is called clean", s)
			}
		}
	}
	if isClean("bad \xff\n") {
		t.Error("a text that is no UTF-8 is called clean")
	}
}

func FuzzIsClean(f *testing.F) {
	f.Add("a\n\nb \n")
	f.Fuzz(func(t *testing.T, s string) {
		if isClean(s) && cleaned(s) != s {
			t.Fatalf("%q is called clean", s)
		}
	})
}
