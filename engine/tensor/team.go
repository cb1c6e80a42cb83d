package tensor

import (
	"sync"
	"sync/atomic"
)

// A Team runs loops on a fixed number of workers.
type Team struct{ n int }

// NewTeam returns a team of n workers, at least one.
func NewTeam(n int) *Team { return &Team{max(n, 1)} }

// Size returns the number of workers.
func (t *Team) Size() int { return t.n }

// For calls f(worker, i) for every i in [0, n), in no order, and waits.
// No two calls at a time share a worker number, so scratch memory belongs to
// a worker; which worker takes which i is not fixed, so a result must not.
func (t *Team) For(n int, f func(worker, i int)) {
	if t.n == 1 || n == 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	work := func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(worker, i)
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(t.n, n); w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
}
