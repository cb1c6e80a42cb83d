package duplicate

import (
	"math"
	"math/rand/v2"
	"testing"

	"suiren/internal/cpu"
)

// Every implementation of sign gives the definition's signature, at the edges of
// its arithmetic too: where a·x+b is a multiple of 2⁶¹−1, or just beside.
func TestSignImplementations(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	var edges []uint64
	for p := range hashes {
		inverse := multipliers[p] // of an odd number modulo 2⁶⁴, by Newton
		for range 6 {
			inverse *= 2 - multipliers[p]*inverse
		}
		if multipliers[p]*inverse != 1 {
			continue // an even one has none
		}
		for _, want := range []uint64{0, 1, mersenne - 1, mersenne, mersenne + 1, 7 * mersenne, 8*mersenne + 7, math.MaxUint64} {
			edges = append(edges, (want-offsets[p])*inverse)
		}
	}
	if len(edges) < 100 {
		t.Fatal("no edges")
	}
	sets := [][]uint64{{0}, {math.MaxUint64}, {0, math.MaxUint64, 1 << 32, 1<<32 - 1}, edges}
	for _, x := range edges {
		sets = append(sets, []uint64{x})
	}
	for n := 1; n < 70; n++ {
		set := make([]uint64, n)
		for i := range set {
			set[i] = r.Uint64()
		}
		sets = append(sets, set)
	}
	for _, impl := range cpu.Impls("stage/data/duplicate: sign") {
		if !impl.Have {
			t.Logf("%s: not here", impl.Name)
			continue
		}
		for _, set := range sets {
			var want, got Signature
			signGeneric(&want, set)
			if sign(&got, set); got != want {
				t.Fatalf("%s: %d shingles: %v, want %v", impl.Name, len(set), got, want)
			}
		}
	}
}

func BenchmarkPermutations(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 1))
	set := make([]uint64, 500)
	for i := range set {
		set[i] = r.Uint64()
	}
	var sig Signature
	b.Run("generic", func(b *testing.B) {
		for b.Loop() {
			signGeneric(&sig, set)
		}
	})
	b.Run("chosen", func(b *testing.B) {
		for b.Loop() {
			sign(&sig, set)
		}
	})
}
