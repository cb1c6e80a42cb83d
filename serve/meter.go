package serve

import (
	"sync"
	"time"
)

// A meter shares the processor time of the process, and the energy of its
// processor where that is metered, among the requests that are generating:
// between two changes of their number each gets an equal part, so that the parts,
// what was used while nobody was served, idle, and the few millionths that did not
// divide, rest, add up to what was used, exactly.
type meter struct {
	mu     sync.Mutex
	clock  func() share // used so far
	last   share
	idle   share
	rest   share // comes to those that are active next
	active map[*share]bool
	looked time.Time // when the clock was
}

// A share is one request's part.
type share struct{ microseconds, microjoules int64 }

func newMeter(clock func() share) *meter {
	return &meter{clock: clock, last: clock(), active: map[*share]bool{}}
}

// sysClass is where Linux shows its devices by their classes.
const sysClass = "/sys/class"

// machineClock is the clock of this process on this machine.
func machineClock(sys string) (clock func() share, metered string) {
	e := openEnergy(sys)
	if e != nil {
		metered = e.kind
	}
	return func() share { return share{cpuMicroseconds(), e.used()} }, metered
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

// sample divides what was used so far, if that was not done for a while: a sensor of
// power says only what is drawn when it is looked at.
func (m *meter) sample(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.looked) >= sampleEvery {
		m.looked = now
		m.divide()
	}
}

func (m *meter) divide() {
	now, n := m.clock(), int64(len(m.active))
	d := share{max(now.microseconds-m.last.microseconds, 0), max(now.microjoules-m.last.microjoules, 0)}
	m.last = now
	if n == 0 {
		m.idle.add(d)
		return
	}
	d.add(m.rest)
	m.rest = share{d.microseconds % n, d.microjoules % n}
	for s := range m.active {
		s.add(share{d.microseconds / n, d.microjoules / n})
	}
}

func (s *share) add(d share) {
	s.microseconds += d.microseconds
	s.microjoules += d.microjoules
}
