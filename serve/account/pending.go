package account

import (
	"crypto/rand"
	"sync"
	"time"

	"suiren/serve/form"
)

// Bounds of sign-ins that have begun: in all, and of one address, so that nobody
// keeps the others out.
const (
	maxPending = 1000
	maxFrom    = 20
)

// pending are sign-ins that have begun elsewhere: at a device, or at an issuer.
type pending[T any] struct {
	mu   sync.Mutex
	open map[string]begun[T]
}

type begun[T any] struct {
	what T
	from string
	ends time.Time
}

// begin keeps something for a while, and returns the id that ends it.
func (p *pending[T]) begin(now time.Time, from string, long time.Duration, what T) (id string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := 0
	for id, old := range p.open {
		if now.After(old.ends) {
			delete(p.open, id)
		} else if old.from == from {
			same++
		}
	}
	if len(p.open) >= maxPending || same >= maxFrom {
		return "", form.Busy()
	}
	if p.open == nil {
		p.open = map[string]begun[T]{}
	}
	id = rand.Text()
	p.open[id] = begun[T]{what, from, now.Add(long)}
	return id, nil
}

// finish returns what was kept, once.
func (p *pending[T]) finish(now time.Time, id string) (what T, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.open[id]
	delete(p.open, id)
	return b.what, ok && !now.After(b.ends)
}
