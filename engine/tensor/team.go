package tensor

import (
	"math"
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
	each  func(worker, i int)      // of For
	span  func(worker, lo, hi int) // of Spans
	left  []share
	round atomic.Uint32
	first uint32       // the round before the first of Hold
	busy  atomic.Int64 // workers that have not finished the round

	chains chains

	asleep atomic.Int64 // workers that looked long enough
	mu     sync.Mutex
	wake   sync.Cond

	// What the workers but the first run, made once: a closure for each loop would be an allocation.
	once, stay []func()
	out        sync.WaitGroup // those that run
}

// A share is what is left of a part of a loop, lo·2³² + hi, alone in its cache
// lines.
type share struct {
	atomic.Uint64
	_ [120]byte
}

// front takes the first of s, or the first half, at least one.
func (s *share) front(one bool) (lo, hi int) {
	for {
		x := s.Load()
		lo, hi = int(x>>32), int(uint32(x))
		n := 1
		if !one {
			n = max((hi-lo)/2, 1)
		}
		if lo >= hi {
			return 0, 0
		}
		if s.CompareAndSwap(x, x+uint64(n)<<32) {
			return lo, lo + n
		}
	}
}

// back takes the last half of s, at least one.
func (s *share) back() (lo, hi int) {
	for {
		x := s.Load()
		lo, hi = int(x>>32), int(uint32(x))
		n := max((hi-lo)/2, 1)
		if lo >= hi {
			return 0, 0
		}
		if s.CompareAndSwap(x, x-uint64(n)) {
			return hi - n, hi
		}
	}
}

// NewTeam returns a team of n workers, at least one.
func NewTeam(n int) *Team {
	t := &Team{n: max(n, 1)}
	t.left = make([]share, t.n)
	t.wake.L = &t.mu
	for w := 1; w < t.n; w++ {
		t.once = append(t.once, func() {
			t.work(w)
			t.out.Done()
		})
		t.stay = append(t.stay, func() {
			t.stayed(w)
			t.out.Done()
		})
	}
	return t
}

// Size returns the number of workers.
func (t *Team) Size() int { return t.n }

// For calls f(worker, i) for every i in [0, n), begun in that order, and waits.
// No two calls at a time share a worker number, so scratch memory belongs to
// a worker; which worker takes which i is not fixed, so a result must not.
func (t *Team) For(n int, f func(worker, i int)) {
	if t.n == 1 || n <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	t.loop(n, f, nil)
}

// Spans is For with a call for i from lo up to hi, in no order. Each worker
// goes through a part of [0, n) that is its own, so that what it reads is one
// stream, and then takes from the end of others'. Spans get shorter, so that
// the workers end together.
func (t *Team) Spans(n int, f func(worker, lo, hi int)) {
	if t.n == 1 || n == 1 {
		f(0, 0, n)
		return
	}
	t.loop(n, nil, f)
}

func (t *Team) loop(n int, each func(worker, i int), span func(worker, lo, hi int)) {
	if n > math.MaxUint32 {
		panic("tensor: a loop is too long")
	}
	t.begin(n, each, span)
	if t.held {
		t.work(0)
		t.wait(func() bool { return t.busy.Load() == 0 })
		return
	}
	for _, f := range t.once[:max(min(t.n, n)-1, 0)] {
		t.out.Add(1)
		go f()
	}
	t.work(0)
	t.out.Wait()
}

// Hold runs f with the workers kept awake: a loop in it begins in less than
// a microsecond, where waking a sleeping worker takes tens.
func (t *Team) Hold(f func()) {
	if t.n == 1 || t.held {
		f()
		return
	}
	t.held, t.first = true, t.round.Load()
	for _, f := range t.stay {
		t.out.Add(1)
		go f()
	}
	defer func() {
		t.begin(0, nil, nil) // which ends them
		t.out.Wait()
		t.held = false
	}()
	f()
}

// stayed is what a worker does that is kept awake.
func (t *Team) stayed(w int) {
	for seen := t.first; ; {
		t.wait(func() bool { return t.round.Load() != seen })
		seen++
		if t.each == nil && t.span == nil {
			return
		}
		t.work(w)
		if t.busy.Add(-1) == 0 {
			t.rouse()
		}
	}
}

func (t *Team) begin(n int, each func(worker, i int), span func(worker, lo, hi int)) {
	t.each, t.span = each, span
	t.left[0].Store(uint64(n))
	for w := range t.left {
		if span != nil { // each worker has a share, not the first alone
			t.left[w].Store(uint64(n*w/t.n)<<32 | uint64(n*(w+1)/t.n))
		}
	}
	if !t.held {
		return
	}
	t.busy.Store(int64(t.n - 1))
	t.round.Add(1)
	t.rouse()
}

// work does the worker's share, then what is left of the others'.
func (t *Team) work(worker int) {
	if t.each != nil {
		for lo, hi := t.left[0].front(true); lo < hi; lo, hi = t.left[0].front(true) {
			t.each(worker, lo)
		}
		return
	}
	for lo, hi := t.left[worker].front(false); lo < hi; lo, hi = t.left[worker].front(false) {
		t.span(worker, lo, hi)
	}
	for i := range t.n {
		s := &t.left[(worker+i)%t.n]
		for lo, hi := s.back(); lo < hi; lo, hi = s.back() {
			t.span(worker, lo, hi)
		}
	}
}

// spins is how often a worker looks before it sleeps: about a tenth of a
// millisecond, as long as waking it takes. Longer would take the
// processor from the very worker that it waits for, where others use the
// machine too.
const spins = 1 << 16

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
