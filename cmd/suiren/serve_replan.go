package main

import (
	"crypto/sha256"
	"os"
	"slices"
	"sync"
	"time"

	"suiren/plan"
	"suiren/stage"
	"suiren/store"
)

// Another terminal may change the plan file, or apply it, while a server shows the plan:
// whoever asks for the plan has it made again then. As that reads all of the owner's files,
// there is a pause of replanEvery behind it, or of as long as it took. Who asks waits for
// replanWait, and else sees the plan before.
const (
	replanEvery = time.Second
	replanWait  = 2 * time.Second
)

// A shownPlan is what the plan that a server shows was made of.
type shownPlan struct {
	mu       sync.Mutex
	sum      store.Digest  // of the plan file
	standing []store.Block // then or, of a plan that was applied here, afterwards
	machine  stage.Machine
	applied  int           // here, now: the plan tells how far it is, and stays
	next     time.Time     // to make it again, not before
	making   chan struct{} // closed when it is made again
}

// note keeps what a plan was made of.
func (v *shownPlan) note(sum store.Digest, standing []store.Block, m stage.Machine) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum, v.standing, v.machine = sum, standing, m
}

// show shows a plan.
func (s *service) show(p *plan.Plan, m stage.Machine) {
	s.shown.note(p.File.Sum, p.Standing, m)
	s.plan.Store(p)
}

// applying keeps the plan that is shown while it is applied here, and until something
// else than that changes afterwards: it tells what failed.
func (s *service) applying() (done func()) {
	v := &s.shown
	v.mu.Lock()
	defer v.mu.Unlock()
	v.applied++
	return func() {
		standing, err := s.w.st.Blocks()
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.applied--; err == nil {
			v.standing = standing
		}
	}
}

// planNow is the plan as the plan file and what stands are now; nil if there is none.
func (s *service) planNow() *plan.Plan {
	if making := s.planAgain(); making != nil {
		select {
		case <-making:
		case <-time.After(replanWait):
		}
	}
	return s.plan.Load()
}

// planAgain begins to make the plan again if that is due; it returns what is closed when
// it is made, nil if it is not being made.
func (s *service) planAgain() <-chan struct{} {
	v := &s.shown
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.making != nil {
		return v.making
	}
	if v.applied > 0 || s.life.Err() != nil {
		return nil
	}
	text, err := os.ReadFile(s.w.file.Path)
	if err != nil {
		return nil
	}
	standing, err := s.w.st.Blocks()
	if err != nil || sha256.Sum256(text) == v.sum && slices.Equal(standing, v.standing) {
		return nil
	}
	making, pause := make(chan struct{}), time.Until(v.next)
	v.making = making
	s.beside.Go(func() {
		select {
		case <-s.life.Done():
		case <-time.After(pause):
			s.replan()
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		close(making)
		v.making = nil
	})
	return making
}

// replan makes the plan that is shown again, unless it is applied by now.
func (s *service) replan() {
	h, v, began := s.house, &s.shown, time.Now()
	h.planning.Lock()
	defer h.planning.Unlock()
	v.mu.Lock()
	m, applied := v.machine, v.applied > 0
	v.mu.Unlock()
	if applied {
		return
	}
	text, err := os.ReadFile(s.w.file.Path)
	if err != nil {
		return
	}
	standing, err := s.w.st.Blocks()
	if err != nil {
		return
	}
	v.note(sha256.Sum256(text), standing, m) // of a file that is wrong, too: the plan before is shown, and the page says what is wrong
	h.replan(s.life, s, m)
	v.mu.Lock()
	v.next = time.Now().Add(max(replanEvery, time.Since(began)))
	v.mu.Unlock()
}
