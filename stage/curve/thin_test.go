package curve

import (
	"slices"
	"testing"
)

// Of a million points a few hundred stay, with every spike among them.
func TestThin(t *testing.T) {
	const n = 1_000_000
	x, y := make([]int, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = i, float64(i%7)
	}
	y[123_456], y[654_321] = 99, -99
	tx, ty := Thin(x, y, 800)
	if len(tx) > 800 || len(tx) < 400 || len(tx) != len(ty) {
		t.Fatalf("%d points", len(tx))
	}
	if !slices.IsSorted(tx) || tx[0] != 0 || tx[len(tx)-1] != n-1 {
		t.Errorf("from %d to %d", tx[0], tx[len(tx)-1])
	}
	for _, spike := range []float64{99, -99} {
		i := slices.Index(ty, spike)
		if i < 0 || y[tx[i]] != spike {
			t.Errorf("the spike of %v is lost", spike)
		}
	}
	for _, few := range []int{0, 1, 3, 5} {
		if tx, _ := Thin(x[:few], y[:few], 800); len(tx) != few {
			t.Errorf("of %d points %d stay", few, len(tx))
		}
	}
}

func BenchmarkThin(b *testing.B) {
	const n = 1_000_000
	x, y := make([]int, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = i, float64(i%97)
	}
	for b.Loop() {
		Thin(x, y, 800)
	}
}
