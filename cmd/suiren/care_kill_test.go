package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/stage/operate/care"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/people"
	"suiren/store"
)

// A kept is a state folder with books, and no model.
type kept struct {
	t    *testing.T
	plan string
	dir  bookDir
}

func newKept(t *testing.T, plan string) *kept {
	t.Helper()
	if err := os.MkdirAll(plan, 0o755); err != nil {
		t.Fatal(err)
	}
	k := &kept{t, plan, bookDir(filepath.Join(plan, ".suiren"))}
	st, err := store.Open(string(k.dir))
	k.check(err)
	k.check(st.Close())
	k.check(k.dir.log("begin", ""))
	return k
}

func (k *kept) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kept) ledger(do func(*ledger.Ledger) error) {
	k.t.Helper()
	l, err := k.dir.openLedger()
	k.check(err)
	k.check(do(l))
	k.check(l.Close())
}

// said lets somebody have said things, some days ago.
func (k *kept) said(name string, n, days int) {
	k.t.Helper()
	k.ledger(func(l *ledger.Ledger) error {
		for i := range n {
			err := l.Settle(&ledger.Trace{ID: fmt.Sprintf("%s-%d-%d", name, days, i), Time: time.Now().Add(-time.Duration(days) * 24 * time.Hour), Account: ledger.Account{Key: name, Person: name},
				Supply: ledger.Supply{Release: "r", Model: "m"}, Operation: "chat", Reason: "stop", Amounts: ledger.Amounts{Requests: 1, Prompt: 3, Answer: 4},
				Content: &ledger.Content{Messages: []ledger.Message{{Role: "user", Text: fmt.Sprintf("SAID-%s-%d ", name, days) + strings.Repeat("x", 2000)}}, Answer: "yes"}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *kept) person(name string) {
	k.t.Helper()
	s, err := k.dir.people()
	k.check(err)
	k.check(s.Add(people.Person{Name: name, Title: "TITLE-" + name, Roles: []string{"user"}}))
	k.check(s.Close())
}

// sum is what the ledger adds up to.
func (k *kept) sum() (a ledger.Amounts) {
	k.t.Helper()
	k.ledger(func(l *ledger.Ledger) error {
		list, err := l.Usage([]string{"model"}, ledger.Days{}, nil)
		if err == nil && len(list) == 1 {
			a = list[0].Amounts
		}
		return err
	})
	return a
}

// killAfter runs a command, and kills it after a while, if it has not ended; it reports
// whether it had.
func killAfter(t *testing.T, after time.Duration, args ...string) (ended bool) {
	t.Helper()
	c := program(args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(after, func() { c.Process.Kill() })
	err := c.Wait()
	kill.Stop()
	return err == nil
}

// An erasure that is killed at any moment is not begun, or is finished by the next run; what
// others have said stays, and the sums.
func TestKilledErase(t *testing.T) {
	t.Parallel()
	k := newKept(t, filepath.Join(t.TempDir(), "p"))
	k.said("other", 50, 1)
	rng := rand.New(rand.NewPCG(3, 4))
	began, finished := 0, 0
	for round := range 10 {
		name := fmt.Sprint("zs", round)
		k.person(name)
		k.said(name, 200, 1)
		before := k.sum()
		c := program("user", "erase", name, "--plan", k.plan)
		k.check(c.Start())
		over := make(chan error, 1)
		go func() { over <- c.Wait() }()
		var ended bool
		for waiting := true; waiting; { // until it is written down that it began, and a little longer
			select {
			case err := <-over:
				ended, waiting = err == nil, false
			default:
				if b, _ := os.ReadFile(k.dir.path(care.Name)); strings.Contains(string(b), `"name": "`+name+`"`) {
					time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
					c.Process.Kill()
					ended, waiting = <-over == nil, false
				}
			}
		}
		s, err := k.dir.care().Read()
		k.check(err)
		was, done := len(s.Under()) > 0, len(s.Erased) > finished // done: killed between its last word and its end
		if was {
			began++
		}
		suiren(t, "", "care", "run", "--plan", k.plan)
		if ended || was || done {
			finished++
			if found := holds(t, string(k.dir), "SAID-"+name, "TITLE-"+name); len(found) > 0 {
				t.Errorf("round %d: %v", round, found)
			}
		}
		if s, err := k.dir.care().Read(); err != nil || len(s.Under()) > 0 || len(s.Erased) != finished {
			t.Errorf("round %d: %d under way, %d erased of %d: %v", round, len(s.Under()), len(s.Erased), finished, err)
		}
		if after := k.sum(); after != before {
			t.Errorf("round %d: the sums were %+v and are %+v", round, before, after)
		}
		if len(holds(t, string(k.dir), "SAID-other")) == 0 {
			t.Errorf("round %d: what another said is gone", round)
		}
		suiren(t, "", "audit", "verify", k.plan)
		suiren(t, "", "usage", "check", k.plan)
	}
	t.Logf("of 10 erasures %d were killed in the middle, %d came to their end", began, finished)
	if began == 0 {
		t.Error("none was killed in the middle, so this tests nothing")
	}
}

// Retention and a backup that are killed lose nothing that is young, and leave no backup
// that is not whole.
func TestKilledCare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKept(t, filepath.Join(dir, "p"))
	to := filepath.Join(dir, "b")
	k.check(os.Mkdir(to, 0o700))
	k.said("young", 200, 1)
	k.check(k.dir.care().SetKeep(care.Content, 30))
	k.check(k.dir.care().SetBackup(&care.Schedule{Hours: 1, Folder: to, Keep: 3}))
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 8 {
		k.said("old", 300, 40+round)
		before := k.sum()
		k.check(k.dir.care().Change(func(s *care.State) error { s.Backup.Last.Time = time.Time{}; return nil }))
		killAfter(t, time.Duration(rng.IntN(1200))*time.Millisecond, "care", "run", "--plan", k.plan)
		list, err := os.ReadDir(to)
		k.check(err)
		for _, e := range list {
			if strings.HasSuffix(e.Name(), ".tar.zst") {
				suiren(t, "", "restore", "--check", filepath.Join(to, e.Name()))
			}
		}
		if after := k.sum(); after != before {
			t.Errorf("round %d: the sums were %+v and are %+v", round, before, after)
		}
		suiren(t, "", "audit", "verify", k.plan)
	}
	k.check(k.dir.care().Change(func(s *care.State) error { s.Backup.Last.Time = time.Time{}; return nil }))
	suiren(t, "", "care", "run", "--plan", k.plan)
	if found := holds(t, string(k.dir), "SAID-old"); len(found) > 0 {
		t.Errorf("after a run to its end: %v", found)
	}
	k.ledger(func(l *ledger.Ledger) error {
		n := 0
		err := l.Each(&ledger.Query{}, func(x *ledger.Trace) error {
			if x.Content != nil {
				n++
			}
			return nil
		})
		if n != 200 {
			t.Errorf("%d of 200 young contents are left", n)
		}
		return err
	})
	list, err := os.ReadDir(to)
	k.check(err)
	s, err := k.dir.care().Read()
	k.check(err)
	for _, e := range list {
		if strings.HasSuffix(e.Name(), ".part") {
			t.Errorf("%s was left", e.Name())
		}
	}
	if len(s.Backup.Made) == 0 || len(s.Backup.Made) > 3 {
		t.Errorf("%d backups are known", len(s.Backup.Made))
	}
}
