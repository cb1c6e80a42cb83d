package duplicate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// word is a word without digits: all numbers are the same to a signature.
func word(r *rand.Rand) string {
	var b [4]byte
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b[:]) + "q"
}

// Near duplicates of a known Jaccard index are found as often as the bands say,
// 1 − (1 − s⁸)¹⁴, by both kernels; and where it matters, from .9 on and up to .5, the
// verdict is that of the exact index.
func TestFoundShareIsThatOfTheBands(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	text := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = word(r)
		}
		return list
	}
	for name, sign := range map[string]func(*Signature, []uint64) bool{"fineweb": Sign, "once": SignOnce} {
		var found, expected, variance float64
		right, judged := 0, 0
		for range 1200 {
			a := text(400)
			b := slices.Clone(a)
			for range 1 + r.IntN(40) { // each change touches five shingles
				b[r.IntN(len(b))] = word(r)
			}
			var s Signer
			var sa, sb Signature
			ha := slices.Clone(s.Shingles(strings.Join(a, " "), "en"))
			hb := slices.Clone(s.Shingles(strings.Join(b, " "), "en"))
			sign(&sa, ha)
			sign(&sb, hb)
			slices.Sort(ha)
			slices.Sort(hb)
			both, either := Jaccard(slices.Compact(ha), slices.Compact(hb))
			j := float64(both) / float64(either)
			ka, kb := sa.BandKeys(), sb.BandKeys()
			got := 0.0
			for i := range ka {
				if ka[i] == kb[i] {
					got = 1
				}
			}
			p := 1 - math.Pow(1-math.Pow(j, Rows), Bands)
			found, expected, variance = found+got, expected+p, variance+p*(1-p)
			if j >= .9 || j <= .5 {
				judged++
				if (got == 1) == (j >= .9) {
					right++
				}
			}
		}
		if d := math.Abs(found - expected); d > 3*math.Sqrt(variance)+1 {
			t.Errorf("%s: %.0f pairs found, expected %.1f ± %.1f", name, found, expected, math.Sqrt(variance))
		}
		t.Logf("%s: %.0f pairs found, expected %.1f ± %.1f; %d of %d right where the index is clear", name, found, expected, math.Sqrt(variance), right, judged)
		if 100*right < 95*judged || judged < 100 {
			t.Errorf("%s: %d of %d", name, right, judged)
		}
	}
}
