package serve

import "sync"

// A meter shares the processor time of the process, and the energy of its
// processor where that is metered, among the requests that are generating:
// between two changes of their number each gets an equal part, so that the parts
// and what was used while nobody was served, idle, add up to what was used.
type meter struct {
	mu     sync.Mutex
	clock  func() share // used so far
	last   share
	idle   share
	active map[*share]bool
}

// A share is one request's part.
type share struct{ seconds, joules float64 }

func newMeter(clock func() share) *meter {
	return &meter{clock: clock, last: clock(), active: map[*share]bool{}}
}

// machineClock is the clock of this process on this machine.
func machineClock() (clock func() share, metered string) {
	e := openEnergy(powercap)
	if e != nil {
		metered = "rapl"
	}
	return func() share { return share{cpuSeconds(), e.joules()} }, metered
}

func (m *meter) begin() *share {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.divide()
	s := new(share)
	m.active[s] = true
	return s
}

// end returns what s came to.
func (m *meter) end(s *share) share {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.divide()
	delete(m.active, s)
	return *s
}

// spare returns what was used while nobody was served.
func (m *meter) spare() share {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.divide()
	return m.idle
}

func (m *meter) divide() {
	now := m.clock()
	d := share{now.seconds - m.last.seconds, now.joules - m.last.joules}
	m.last = now
	if len(m.active) == 0 {
		m.idle.add(d, 1)
	}
	for s := range m.active {
		s.add(d, 1/float64(len(m.active)))
	}
}

func (s *share) add(d share, part float64) {
	s.seconds += d.seconds * part
	s.joules += d.joules * part
}
