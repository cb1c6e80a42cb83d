package serve

import "sync"

// A meter shares the processor time of the process among the requests that
// are generating: between two changes of their number each gets an equal
// part, so that the parts add up to what was used.
type meter struct {
	mu     sync.Mutex
	clock  func() float64 // seconds of processor time used so far
	last   float64
	active map[*share]bool
}

// A share is one request's part, in seconds.
type share struct{ seconds float64 }

func newMeter(clock func() float64) *meter {
	return &meter{clock: clock, active: map[*share]bool{}}
}

func (m *meter) begin() *share {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.divide()
	s := new(share)
	m.active[s] = true
	return s
}

// end returns the seconds that s came to.
func (m *meter) end(s *share) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.divide()
	delete(m.active, s)
	return s.seconds
}

func (m *meter) divide() {
	now := m.clock()
	for s := range m.active {
		s.seconds += (now - m.last) / float64(len(m.active))
	}
	m.last = now
}
