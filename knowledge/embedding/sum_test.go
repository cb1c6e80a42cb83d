package embedding

import (
	"math/rand/v2"
	"slices"
	"testing"

	"suiren/internal/cpu"
)

// A sum is that of the rows by their weights, whatever adds it and however
// often a word comes.
func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{1, 15, 16, 47, 128} {
		const n = 50
		rows, scales, terms := make([]int8, n*width), make([]uint16, n), make([]uint32, n)
		for i := range terms {
			terms[i], scales[i] = uint32(i+1)<<20, uint16(r.Uint32()|0xf000)
		}
		for i := range rows {
			rows[i] = int8(r.IntN(255) - 127)
		}
		m, err := Unmarshal(Marshal(width, terms, scales, rows))
		if err != nil {
			t.Fatal(err)
		}
		want := make([]int64, width)
		var asked [][2]int
		for range 3000 {
			i, times := r.IntN(n), []int{1, 1, 1, 2, 300, 1000}[r.IntN(6)]
			asked = append(asked, [2]int{i, times})
			for k := range want {
				want[k] += int64(times) * int64(scales[i]) * int64(rows[i*width+k])
			}
		}
		for _, impl := range cpu.Impls("knowledge/embedding: add") {
			old := *impl.Use
			*impl.Use = false
			sums(t, m, asked, terms, want)
			*impl.Use = old
		}
		sums(t, m, asked, terms, want)
	}
}

func sums(t *testing.T, m *Model, asked [][2]int, terms []uint32, want []int64) {
	t.Helper()
	s := m.NewSum()
	for range 2 {
		s.Reset()
		for _, a := range asked {
			if !s.Add(uint64(terms[a[0]])<<32, a[1]) {
				t.Fatal("a word is not known")
			}
		}
		if s.Add(7<<32, 1) {
			t.Error("a word is known that is not in the model")
		}
		s.Vector()
		if !slices.Equal(s.all, want) {
			t.Errorf("width %d: %v, want %v", m.width, s.all, want)
		}
	}
}
