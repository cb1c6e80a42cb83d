package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/store"
)

// followEvery is how often a server looks whether other releases are to answer.
const followEvery = 200 * time.Millisecond

// servingState is the name of the state in which a server says what answers.
const servingState = "serving"

// A serving is that state.
type serving struct {
	Version int64     `json:"version"` // of the tracks
	Time    time.Time `json:"time"`
	Error   string    `json:"error,omitempty"` // what kept it from answering so
}

// A follower has a server answer from the releases that the tracks of one name
// say: the live one and its canaries. What was live before stays open, so that
// going back takes no time.
type follower struct {
	s       *service
	name    string
	machine stage.Machine
	lock    *os.File // held by the one server that says so in servingState

	mu      sync.Mutex
	opened  map[store.Digest]*served
	watches map[store.Digest]*watched
	version int64
	answers bool // the live one does

	end func() // stops following and closes what is open
}

// A watched release is stopped by what its watch sees.
type watched struct {
	*operate.Watch
	stage string
}

// follow begins with what the tracks say, and goes on until the service closes.
func (s *service) follow(name string, machine stage.Machine) error {
	f := &follower{s: s, name: name, machine: machine, opened: map[store.Digest]*served{}, watches: map[store.Digest]*watched{}}
	if lock, err := os.OpenFile(s.w.path("serving.lock"), os.O_RDWR|os.O_CREATE, 0o600); err == nil {
		if held, err := store.TryLock(lock); held && err == nil {
			f.lock = lock
		} else {
			lock.Close()
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	f.end = func() { stop(); <-done; f.close() }
	s.follower.Store(f)
	if err := f.sync(); err != nil && !f.answers {
		close(done)
		s.follower.Store(nil) // a later release may be opened
		f.end()
		return err
	} else if err != nil {
		s.w.a.screen.Note(say.T("not all releases that should answer do: %v", "并非所有应作答的版本都能打开：%v", err))
	}
	s.tend()
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(followEvery):
			}
			if v, err := s.w.st.StateVersion(operate.StateName); err != nil || v == f.version {
				continue
			}
			if err := f.sync(); err != nil {
				s.w.a.screen.Note(say.T("the releases stay as they are: %v", "发布版本保持不变：%v", err))
			}
		}
	}()
	return nil
}

func (f *follower) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.opened {
		r.close()
	}
	if f.lock != nil {
		f.lock.Close()
	}
}

// sync makes the server answer as the tracks say.
func (f *follower) sync() error {
	all, version, err := operate.ReadTracks(f.s.w.st)
	if err == nil {
		err = f.open(all.Track(f.name))
	}
	f.version = version
	f.tell(err)
	return err
}

// open opens what answers, lets it answer, and closes what does not any more
// when its last request has ended.
func (f *follower) open(tr *operate.Track) error {
	live := tr.Live()
	if live == nil {
		return say.Errorf("nothing is live", "没有正在服务的版本")
	}
	standing := append([]*operate.Standing{live}, tr.Canaries()...)
	var list []*serve.Release
	var failed error
	keep := map[store.Digest]bool{live.Before: true}
	for _, r := range standing {
		s, err := f.served(r.Digest)
		if err != nil && r == live {
			return err
		}
		if err != nil { // a canary that cannot be opened takes nothing from the live one
			failed = errors.Join(failed, err)
			continue
		}
		keep[r.Digest] = true
		rel := *s.release // a canary today may be live tomorrow
		if r.Stage == operate.Canary {
			rel.Canary = &serve.Canary{Share: r.Rule.Share, Callers: r.Rule.Callers, Tenants: r.Rule.Tenants, Header: r.Rule.Header}
		}
		list = append(list, &rel)
	}
	failed = errors.Join(failed, f.watch(standing))
	ended := f.s.Open(list...)
	f.answers = true
	f.mu.Lock()
	defer f.mu.Unlock()
	for d, s := range f.opened {
		if !keep[d] {
			delete(f.opened, d)
			go func() { <-ended; s.close() }()
		}
	}
	return failed
}

// watch begins to watch what stands with signals, before it answers. What the ledger
// has of a release since it stands so counts: a restart forgets nothing.
func (f *follower) watch(standing []*operate.Standing) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.watches
	f.watches = map[store.Digest]*watched{}
	var failed error
	for _, r := range standing {
		if w := old[r.Digest]; w != nil && w.stage == r.Stage {
			f.watches[r.Digest] = w
			continue
		}
		if len(r.Stop) == 0 {
			continue
		}
		w := &watched{operate.NewWatch(r.Stop), r.Stage}
		by := ""
		see := func(signal string) { by = cmp.Or(by, signal) }
		err := f.s.ledger.Outcomes(r.Digest.String(), r.Since, func(reason string, took time.Duration) { see(w.Answered(reason, took)) }, func(good bool) {
			if w.See(operate.Bad, !good) {
				see(operate.Bad)
			}
		})
		failed = errors.Join(failed, err)
		if f.watches[r.Digest] = w; by != "" {
			f.stop(r.Digest, by)
		}
	}
	return failed
}

// served opens a release, if it is not open.
func (f *follower) served(d store.Digest) (*served, error) {
	f.mu.Lock()
	s := f.opened[d]
	f.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := f.s.w.serveRelease(f.name, d, f.machine)
	if err != nil {
		return nil, err
	}
	if !f.s.begun(d.String()) {
		if err := f.s.begin(f.name, d.String()); err != nil {
			s.close()
			return nil, err
		}
	}
	f.mu.Lock()
	f.opened[d] = s
	f.mu.Unlock()
	return s, nil
}

// tell says which version of the tracks is answered by.
func (f *follower) tell(failed error) {
	if f.lock == nil {
		return
	}
	v := serving{Version: f.version, Time: time.Now().UTC()}
	if failed != nil {
		v.Error = say.Err(say.English, failed)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return
	}
	for range 10 {
		_, version, err := f.s.w.st.State(servingState)
		if err == nil {
			err = f.s.w.st.SetState(servingState, version, b)
		}
		if !errors.Is(err, store.ErrChanged) {
			return
		}
	}
}

// answered shows a request that has ended to the watch of its release.
func (f *follower) answered(r *serve.Record) {
	d, err := store.ParseDigest(r.Release.Digest)
	if err != nil || r.Messages == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.watches[d]; w != nil {
		if by := w.Answered(r.Reason, r.Total); by != "" {
			f.stop(d, by)
		}
	}
}

// rated shows a rating to the watch of the release that gave the answer.
func (f *follower) rated(id string, good bool) {
	digest, err := f.s.ledger.ReleaseOf(id)
	d, err2 := store.ParseDigest(digest)
	if err != nil || err2 != nil { // of a model, which nobody watches
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.watches[d]; w != nil && w.See(operate.Bad, !good) {
		f.stop(d, operate.Bad)
	}
}

// stop takes a release back that has shown too much of a signal. f.mu is held.
func (f *follower) stop(d store.Digest, by string) {
	w := f.watches[d]
	delete(f.watches, d)
	why := by + ": " + w.Seen().String()
	go func() {
		action := "release.retire"
		_, err := operate.ChangeTracks(f.s.w.st, func(all *operate.Tracks) error {
			tr, step := all.Track(f.name), operate.Step{By: "watch", Why: why, Now: time.Now()}
			r := tr.Find(d)
			switch {
			case r == nil || r.Stage != w.stage: // the owner was faster
				return nil
			case r.Stage == operate.Canary:
				return tr.Retire(d, step)
			}
			action = "release.rollback"
			_, err := tr.Rollback(step)
			return err
		})
		if err == nil {
			_, err = f.s.audit.Append("watch", action, f.name+" "+d.String()+" "+why, "")
		}
		if err != nil {
			f.s.w.a.screen.Note(say.T("release %s should go back (%s) and does not: %v", "版本 %s 应当回退（%s），但未能回退：%v", d.Short(), why, err))
			return
		}
		f.s.w.a.screen.Note(say.T("release %s went back: %s", "版本 %s 已回退：%s", d.Short(), why))
	}()
}
