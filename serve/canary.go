package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"sync"

	"suiren/serve/form"
)

// A Canary says which requests for its name a release answers in the place of
// the release that answers the rest.
type Canary struct {
	Share   float64  // of the conversations, 0 to 1
	Callers []string // all of theirs
	Tenants []string // all of theirs
	Header  string   // those whose CanaryHeader is this
}

// Headers of a request that say which release answers it.
const (
	CanaryHeader  = "Suiren-Canary"
	SessionHeader = "Suiren-Session" // what belongs together; else a conversation does
)

// takes reports whether the canary answers a request. A session stays with
// one release, and a larger share keeps those of a smaller one.
func (c *Canary) takes(digest string, by Caller, header, session string) bool {
	if c.Header != "" && header == c.Header || slices.Contains(c.Callers, by.Name) || by.Tenant != "" && slices.Contains(c.Tenants, by.Tenant) {
		return true
	}
	sum := sha256.Sum256([]byte(digest + "\x00" + by.Name + "\x00" + session))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11)/(1<<53) < c.Share
}

// choose finds the release that answers a request for answers.
func (s *Server) choose(r *http.Request, req *form.Request) (*Release, error) {
	live, err := s.pick(r, req.Model)
	if err != nil {
		return nil, err
	}
	if err := live.adapts(req); err != nil {
		return nil, err
	}
	session := r.Header.Get(SessionHeader)
	if session == "" {
		session = opening(req)
	}
	for _, rel := range s.releases() {
		if rel.Canary != nil && rel.Name == live.Name && rel.Canary.takes(rel.Digest, CallerOf(r), r.Header.Get(CanaryHeader), session) {
			return rel, nil
		}
	}
	return live, nil
}

// opening is what a conversation keeps while it goes on: its first question.
func opening(req *form.Request) string {
	for _, m := range req.Messages {
		if m.Role == "user" {
			return m.Text
		}
	}
	if len(req.Prompts) > 0 {
		return req.Prompts[0].Text
	}
	return ""
}

// epochs tell when the last request has ended that may hold a release which
// the server does not answer from any more: when all have that began before.
type epochs struct {
	mu  sync.Mutex
	now *epoch
}

type epoch struct {
	requests sync.WaitGroup
	before   chan struct{} // closed when all before it have ended
}

func newEpochs() *epochs {
	first := &epoch{before: make(chan struct{})}
	close(first.before)
	return &epochs{now: first}
}

// enter begins a request; the caller calls leave at its end.
func (e *epochs) enter() (leave func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now.requests.Add(1)
	return e.now.requests.Done
}

// turn begins an epoch by f, and returns what is closed when the requests of
// all before it have ended.
func (e *epochs) turn(f func()) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
	old, ended := e.now, make(chan struct{})
	e.now = &epoch{before: ended}
	go func() {
		<-old.before
		old.requests.Wait()
		close(ended)
	}()
	return ended
}
