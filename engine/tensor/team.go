package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A Team runs loops on a fixed number of workers. One goroutine at a time
// uses it.
type Team struct {
	n    int
	held bool // Hold keeps the other workers awake

	// Of the loop under way. Workers see a new loop by round.
	f     func(worker, i int)
	count int64
	next  atomic.Int64
	round atomic.Uint32
	busy  atomic.Int64 // workers that have not finished the round

	asleep atomic.Int64 // workers that looked long enough
	mu     sync.Mutex
	wake   sync.Cond
}

// NewTeam returns a team of n workers, at least one.
func NewTeam(n int) *Team {
	t := &Team{n: max(n, 1)}
	t.wake.L = &t.mu
	return t
}

// Size returns the number of workers.
func (t *Team) Size() int { return t.n }

// For calls f(worker, i) for every i in [0, n), in no order, and waits.
// No two calls at a time share a worker number, so scratch memory belongs to
// a worker; which worker takes which i is not fixed, so a result must not.
func (t *Team) For(n int, f func(worker, i int)) {
	switch {
	case t.n == 1 || n == 1:
		for i := range n {
			f(0, i)
		}
		return
	case t.held:
		t.begin(n, f)
		t.work(0)
		t.wait(func() bool { return t.busy.Load() == 0 })
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

// Hold runs f with the workers kept awake: a loop in it begins in less than
// a microsecond, where waking a sleeping worker takes tens.
func (t *Team) Hold(f func()) {
	if t.n == 1 || t.held {
		f()
		return
	}
	t.held = true
	var wg sync.WaitGroup
	for w := 1; w < t.n; w++ {
		seen := t.round.Load()
		wg.Go(func() {
			for {
				t.wait(func() bool { return t.round.Load() != seen })
				seen++
				if t.f == nil {
					return
				}
				t.work(w)
				if t.busy.Add(-1) == 0 {
					t.rouse()
				}
			}
		})
	}
	defer func() {
		t.begin(0, nil)
		wg.Wait()
		t.held = false
	}()
	f()
}

func (t *Team) begin(n int, f func(worker, i int)) {
	t.f, t.count = f, int64(n)
	t.next.Store(0)
	t.busy.Store(int64(t.n - 1))
	t.round.Add(1)
	t.rouse()
}

func (t *Team) work(worker int) {
	for {
		i := t.next.Add(1) - 1
		if i >= t.count {
			return
		}
		t.f(worker, int(i))
	}
}

// spins is how often a worker looks before it sleeps: some tens of
// microseconds. Longer would take the processor from the very worker that it
// waits for, where others use the machine too.
const spins = 1 << 14

// wait returns when done does, which others change before they call rouse.
func (t *Team) wait(done func() bool) {
	for i := range spins {
		if done() {
			return
		}
		if i%512 == 511 {
			runtime.Gosched()
		}
	}
	t.asleep.Add(1)
	t.mu.Lock()
	for !done() {
		t.wake.Wait()
	}
	t.mu.Unlock()
	t.asleep.Add(-1)
}

func (t *Team) rouse() {
	if t.asleep.Load() > 0 {
		t.mu.Lock()
		t.wake.Broadcast()
		t.mu.Unlock()
	}
}
