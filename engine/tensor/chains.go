package tensor

import "sync"

// chains are those of a loop of Chains.
type chains struct {
	mu    sync.Mutex
	parts int
	each  func(worker, i, part int)
	next  []int  // the part of each chain that is next
	busy  []bool // who has one under way
	rest  func(worker, i int)
	runs  int // calls of run that are for chains
	run   func(worker, i int)
}

// Chains calls f(worker, i, part) for every i in [0, n) and every part in
// [0, parts), the parts of one i in order and never two at a time, and
// g(worker, i) for every i in [0, rest), and waits. A worker takes a part of
// whatever i is least advanced, and goes on to the rest when others have all
// that are left under way: so g may be called before f is done, and the workers
// end together though there be few i, or though one worker is slower.
func (t *Team) Chains(n, parts int, f func(worker, i, part int), rest int, g func(worker, i int)) {
	if t.n == 1 || n == 1 && rest == 0 {
		for i := range n {
			for part := range parts {
				f(0, i, part)
			}
		}
		t.For(rest, g)
		return
	}
	c := &t.chains
	if c.run == nil {
		c.run = c.work
	}
	if cap(c.next) < n {
		c.next, c.busy = make([]int, n), make([]bool, n)
	}
	c.parts, c.each, c.next, c.busy = parts, f, c.next[:n], c.busy[:n]
	clear(c.next)
	c.runs, c.rest = min(t.n, n), g
	t.For(c.runs+rest, c.run)
}

// work runs parts until none is left that another worker does not have under
// way, or that comes after one; or what comes after the chains.
func (c *chains) work(worker, i int) {
	if i >= c.runs {
		c.rest(worker, i-c.runs)
		return
	}
	for i := c.take(); i >= 0; i = c.take() {
		c.each(worker, i, c.next[i])
		c.mu.Lock()
		c.next[i]++
		c.busy[i] = false
		c.mu.Unlock()
	}
}

// take returns the chain that is least advanced of those that nobody has, or −1.
func (c *chains) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	least := -1
	for i, next := range c.next {
		if next < c.parts && !c.busy[i] && (least < 0 || next < c.next[least]) {
			least = i
		}
	}
	if least >= 0 {
		c.busy[least] = true
	}
	return least
}
