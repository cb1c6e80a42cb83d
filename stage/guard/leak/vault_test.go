package leak

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/stage/guard/detect"
)

// replace puts stand-ins where hits are.
func replace(v *Vault, text string) string {
	var b strings.Builder
	at := 0
	for _, h := range detect.Find(New(), text) {
		if h.From >= at {
			b.WriteString(text[at:h.From] + v.StandIn(h))
			at = h.To
		}
	}
	return b.String() + text[at:]
}

func TestVault(t *testing.T) {
	v := NewVault([]byte("key of this conversation"))
	text := "电话13812345678，邮箱jane.doe@example.org；再说一次：1 3 8 1 2 3 4 5 6 7 8，JANE.DOE@EXAMPLE.ORG，密钥sk-proj-Ab3dEf6hIj9kLm2nOp5q"
	sent := replace(v, text)
	for _, left := range []string{"138", "jane", "JANE", "sk-proj"} {
		if strings.Contains(sent, left) {
			t.Errorf("%q holds %q", sent, left)
		}
	}
	mobile := v.StandIn(detect.Hit{Detector: "pii", Kind: "mobile", Value: "138 1234 5678"})
	if strings.Count(sent, mobile) != 2 {
		t.Errorf("%q does not stand twice in %q", mobile, sent)
	}
	if other := replace(NewVault([]byte("another")), text); strings.Contains(other, mobile) {
		t.Error("another key gives the same stand-in")
	}
	want := strings.NewReplacer("1 3 8 1 2 3 4 5 6 7 8", "13812345678", "JANE.DOE@EXAMPLE.ORG", "jane.doe@example.org").Replace(text)
	rapid.Check(t, func(t *rapid.T) {
		r := v.Restore()
		got := ""
		for at := 0; at < len(sent); {
			n := min(len(sent)-at, rapid.IntRange(1, 9).Draw(t, "n"))
			got += r.Write(sent[at : at+n])
			at += n
		}
		if got += r.Flush(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
	if got := NewVault(nil).Restore().Write("100"); got != "100" {
		t.Error(got)
	}
}

// The addresses of many machines do not become one another's.
func TestVaultIsOneToOne(t *testing.T) {
	v := NewVault([]byte("k"))
	seen := map[string]bool{}
	for i := range 1000 {
		s := v.StandIn(detect.Hit{Detector: "pii", Kind: "ip", Value: fmt.Sprintf("8.8.%d.%d", i/250, i%250)})
		if seen[s] {
			t.Fatal(s)
		}
		seen[s] = true
	}
}
