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

// On generated near-duplicates, and texts that share a part, what shares a band is
// what the exact Jaccard index calls alike (from .8 on): precision and recall are
// within .01 of it.
func TestPrecisionAndRecall(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for name, sign := range map[string]func(*Signature, []uint64) bool{"fineweb": Sign, "once": SignOnce} {
		buckets := map[uint64][]int{}
		var sets [][]uint64
		var groups []int
		add := func(group int, words []string) {
			var s Signer
			var sig Signature
			set := slices.Clone(s.Shingles(strings.Join(words, " "), "en"))
			sign(&sig, set)
			for _, k := range sig.BandKeys() {
				buckets[k] = append(buckets[k], len(sets))
			}
			slices.Sort(set)
			sets, groups = append(sets, slices.Compact(set)), append(groups, group)
		}
		for group := range 500 {
			a := make([]string, 300+r.IntN(300))
			for i := range a {
				a[i] = word(r)
			}
			add(group, a)
			for range 2 { // a few words are others
				b := slices.Clone(a)
				for range 1 + r.IntN(3) {
					b[r.IntN(len(b))] = word(r)
				}
				add(group, b)
			}
			c := slices.Clone(a) // a quarter to a half is another text
			for i := range len(c)/2 + r.IntN(len(c)/4) {
				c[i] = word(r)
			}
			add(group, c)
		}
		found := map[[2]int]bool{}
		for _, list := range buckets {
			for i, a := range list {
				for _, b := range list[i+1:] {
					found[[2]int{a, b}] = true
				}
			}
		}
		alike, both := 0, 0
		for i := range sets {
			for j := i + 1; j < len(sets) && groups[j] == groups[i]; j++ { // others share nothing
				if n, of := Jaccard(sets[i], sets[j]); 10*n >= 8*of {
					alike++
					if found[[2]int{i, j}] {
						both++
					}
				}
			}
		}
		precision, recall := float64(both)/float64(len(found)), float64(both)/float64(alike)
		t.Logf("%s: %d pairs alike, %d found; precision %.4f, recall %.4f", name, alike, len(found), precision, recall)
		if precision < .99 || recall < .99 || alike < 1000 {
			t.Errorf("%s: precision %.4f, recall %.4f of %d", name, precision, recall, alike)
		}
	}
}
