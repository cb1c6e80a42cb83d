package tensor

import (
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"
)

func TestArena(t *testing.T) {
	var count Arena
	sizes := []int{1, 16, 17, 0, 1000}
	for _, n := range sizes {
		if s := count.Float32(n); s != nil {
			t.Fatalf("a counting arena handed out %d floats", len(s))
		}
	}
	a, err := NewArena(count.Len())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for i, n := range sizes {
		s := a.Float32(n)
		if len(s) != n {
			t.Fatalf("asked for %d floats, got %d", n, len(s))
		}
		for j := range s {
			if s[j] != 0 {
				t.Fatalf("slice %d is not zero at %d", i, j)
			}
			s[j] = float32(i + 1)
		}
		if n > 0 && uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
			t.Errorf("slice %d is not aligned", i)
		}
	}
	if a.Len() != count.Len() {
		t.Errorf("counted %d floats, handed out %d", count.Len(), a.Len())
	}
}

func TestTeamVisitsEachOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 3, 7} {
		for _, n := range []int{0, 1, 2, 100} {
			team := NewTeam(workers)
			seen := make([]atomic.Int32, n)
			busy := make([]atomic.Int32, team.Size())
			team.For(n, func(w, i int) {
				if busy[w].Add(1) != 1 {
					t.Errorf("worker %d runs twice at a time", w)
				}
				seen[i].Add(1)
				busy[w].Add(-1)
			})
			for i := range seen {
				if seen[i].Load() != 1 {
					t.Errorf("%d workers: %d of %d visited %d times", workers, i, n, seen[i].Load())
				}
			}
		}
	}
}

// Spans cover everything once, held or not, and a worker begins with its own.
func TestSpans(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 5} {
		team := NewTeam(workers)
		check := func() {
			for _, n := range []int{0, 1, 2, 7, 64, 1000} {
				seen := make([]atomic.Int32, n)
				team.Spans(n, func(_, lo, hi int) {
					if lo >= hi && n > 0 {
						t.Errorf("%d workers, %d: span %d to %d", workers, n, lo, hi)
					}
					for i := lo; i < hi; i++ {
						seen[i].Add(1)
					}
				})
				for i := range seen {
					if seen[i].Load() != 1 {
						t.Fatalf("%d workers: %d of %d visited %d times", workers, i, n, seen[i].Load())
					}
				}
			}
		}
		check()
		team.Hold(check)
	}
}

// Every part of a chain is run once, behind the one before it, and those of
// another one meanwhile.
func TestChains(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 7} {
		team := NewTeam(workers)
		check := func() {
			for _, n := range []int{0, 1, 2, 3, 20} {
				const parts = 5
				done, rest := make([]atomic.Int32, n), make([]atomic.Int32, n/2)
				busy := make([]atomic.Int32, team.Size())
				team.Chains(n, parts, func(w, i, part int) {
					if busy[w].Add(1) != 1 {
						t.Errorf("worker %d runs twice at a time", w)
					}
					if got := done[i].Load(); got != int32(part) {
						t.Errorf("%d workers: part %d of %d begun behind %d others", workers, part, i, got)
					}
					runtime.Gosched()
					done[i].Add(1)
					busy[w].Add(-1)
				}, n/2, func(w, i int) {
					if busy[w].Add(1) != 1 {
						t.Errorf("worker %d runs twice at a time", w)
					}
					rest[i].Add(1)
					busy[w].Add(-1)
				})
				for i := range done {
					if done[i].Load() != parts {
						t.Errorf("%d workers: %d of %d has %d parts", workers, i, n, done[i].Load())
					}
				}
				for i := range rest {
					if rest[i].Load() != 1 {
						t.Errorf("%d workers: %d behind %d chains ran %d times", workers, i, n, rest[i].Load())
					}
				}
			}
		}
		check()
		team.Hold(check)
	}
	// While one worker is slow, the other goes through all chains but its, and the rest.
	team, slow := NewTeam(2), make(chan struct{})
	var ran atomic.Int32
	team.Chains(3, 4, func(_, i, part int) {
		if i == 0 && part == 0 {
			<-slow
		} else {
			ran.Add(1)
		}
	}, 2, func(_, i int) {
		if i == 1 {
			if ran.Load() != 8 {
				t.Errorf("the rest begun behind %d parts of 8", ran.Load())
			}
			close(slow)
		}
	})
}

// Loops of a held team are those of any other, whatever their lengths.
func TestHold(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		team := NewTeam(workers)
		for range 20 {
			team.Hold(func() {
				for n := range 40 {
					seen := make([]atomic.Int32, n)
					team.For(n, func(w, i int) { seen[i].Add(1) })
					for i := range seen {
						if seen[i].Load() != 1 {
							t.Fatalf("%d workers: %d of %d visited %d times", workers, i, n, seen[i].Load())
						}
					}
				}
			})
		}
	}
}

func TestRandIsUniform(t *testing.T) {
	const n = 1 << 16
	var bins [16]int
	for i := range uint64(n) {
		u := Uniform(Rand(1, 2, i))
		if u < 0 || u >= 1 {
			t.Fatalf("Uniform gave %g", u)
		}
		bins[int(u*16)]++
	}
	var chi float64
	for _, b := range bins {
		d := float64(b) - n/16
		chi += d * d / (n / 16)
	}
	if chi > 37.7 { // χ² with 15 degrees of freedom exceeds it once in 1,000; the seed is fixed
		t.Errorf("χ² = %.1f over 16 bins", chi)
	}
	if Rand(1, 2, 3) == Rand(1, 3, 2) || Rand(1, 2, 3) == Rand(2, 1, 3) {
		t.Error("Rand ignores the order of its arguments")
	}
}
