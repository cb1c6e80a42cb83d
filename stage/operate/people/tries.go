package people

import (
	"sync"
	"time"
)

// Failures that are free, and the waits after them: one second, doubled with
// each failure, up to a quarter of an hour. A quarter of an hour without one
// forgets them.
const (
	freeTries = 5
	maxWait   = 15 * time.Minute
	maxTries  = 10_000 // names and addresses that are remembered
)

// tries remembers who failed to sign in.
type tries struct {
	mu   sync.Mutex
	list map[string]*try
}

type try struct {
	failed int
	last   time.Time
	open   int // attempts under way, which count as failed until they are not
}

func (t *try) next() time.Time {
	n := t.failed + t.open - freeTries
	if n < 0 {
		return time.Time{}
	}
	return t.last.Add(min(maxWait, time.Second<<min(n, 20)))
}

// begin counts an attempt under each of its names, or says to wait. The caller
// tells done how it went.
func (t *tries) begin(now time.Time, names ...string) (done func(ok bool), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil {
		t.list = map[string]*try{}
	}
	for _, name := range names {
		if c := t.list[name]; c != nil && now.Before(c.next()) {
			return nil, &Wait{c.next().Sub(now)}
		}
	}
	t.tidy(now)
	for _, name := range names {
		c := t.list[name]
		if c == nil {
			c = &try{}
			t.list[name] = c
		}
		c.open, c.last = c.open+1, now
	}
	return func(ok bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, name := range names {
			c := t.list[name]
			if c == nil {
				continue
			}
			if c.open--; !ok {
				c.failed++
			} else {
				c.failed = 0
			}
		}
	}, nil
}

// tidy forgets the old, and if there are still too many whoever failed least.
func (t *tries) tidy(now time.Time) {
	if len(t.list) < maxTries {
		return
	}
	for least := 0; len(t.list) >= maxTries; least++ {
		for name, c := range t.list {
			if c.open == 0 && (now.Sub(c.last) > maxWait || c.failed <= least) {
				delete(t.list, name)
			}
		}
		if least > freeTries+20 {
			return
		}
	}
}
