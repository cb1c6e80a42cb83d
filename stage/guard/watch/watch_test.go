package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func open(t testing.TB) (*Watch, *time.Time) {
	t.Helper()
	w, err := Open(filepath.Join(t.TempDir(), "guard.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	w.Now = func() time.Time { return now }
	return w, &now
}

// Who was suspended, and what waits for a person, is for the owner alone to read.
func TestMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.db")
	w, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// Suspensions are those of a list in memory: three in a row or five within 24
// hours, until they end or are lifted.
func TestSuspension(t *testing.T) {
	limit := Limit{Row: 3, Day: 5, For: 24 * time.Hour}
	rapid.Check(t, func(rt *rapid.T) {
		w, now := open(t)
		var strikes []time.Time
		row := 0
		var until time.Time
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			*now = now.Add(time.Duration(rapid.IntRange(0, 9*60).Draw(rt, "minutes")) * time.Minute)
			switch rapid.SampledFrom([]string{"bad", "bad", "good", "lift"}).Draw(rt, "step") {
			case "bad":
				strikes, row = append(strikes, *now), row+1
				day := 0
				for _, s := range strikes {
					if s.After(now.Add(-24 * time.Hour)) {
						day++
					}
				}
				got, err := w.Strike("a", "terrorism", limit)
				want := row >= 3 || day >= 5
				if got != want || err != nil {
					rt.Fatalf("strike: %v, %v; want %v (row %d, day %d)", got, err, want, row, day)
				}
				if want {
					strikes, row, until = nil, 0, now.Add(limit.For)
				}
			case "good":
				row = 0
				if err := w.Good("a"); err != nil {
					rt.Fatal(err)
				}
			case "lift":
				err := w.Lift("a", "li")
				if now.Before(until) != (err == nil) {
					rt.Fatalf("lift: %v", err)
				}
				if err == nil {
					until, strikes, row = time.Time{}, nil, 0
				}
			}
			s, err := w.Suspended("a")
			if err != nil || (s != nil) != now.Before(until) {
				rt.Fatalf("suspended: %+v, %v; want until %v at %v", s, err, until, *now)
			}
			if s, _ := w.Suspended("b"); s != nil {
				rt.Fatal("another caller is suspended")
			}
		}
	})
}

func TestAsk(t *testing.T) {
	w, _ := open(t)
	w.Now = time.Now
	for _, allow := range []bool{true, false} {
		done := make(chan bool)
		go func() {
			ok, err := w.Ask(context.Background(), "a", "borderline", Content{Stage: "output", Found: "x", Written: "an answer"}, time.Minute)
			if err != nil {
				t.Error(err)
			}
			done <- ok
		}()
		var list []Item
		for len(list) == 0 {
			var err error
			if list, err = w.Items(false); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		if list[0].Content.Written != "an answer" || list[0].State != Waiting || list[0].Kind != Answer {
			t.Errorf("%+v", list[0])
		}
		if err := w.Decide(list[0].ID, "li", allow, "seen"); err != nil {
			t.Fatal(err)
		}
		if err := w.Decide(list[0].ID, "li", true, ""); !errors.Is(err, ErrNone) {
			t.Errorf("decided twice: %v", err)
		}
		if got := <-done; got != allow {
			t.Errorf("asked: %v, decided %v", got, allow)
		}
		all, err := w.Items(true)
		if err != nil || all[0].Content.Written != "" || all[0].Person != "li" {
			t.Errorf("what was decided keeps no content: %+v, %v", all, err)
		}
	}
	// Nobody decides, or the client leaves: it is refused.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := w.Ask(ctx, "a", "r", Content{}, time.Minute); ok || err != nil {
		t.Errorf("left: %v, %v", ok, err)
	}
	if ok, err := w.Ask(t.Context(), "a", "r", Content{}, 10*time.Millisecond); ok || err != nil {
		t.Errorf("timed out: %v, %v", ok, err)
	}
	if list, err := w.Items(false); len(list) != 0 || err != nil {
		t.Errorf("still waiting: %+v, %v", list, err)
	}
	if ok, err := w.Ask(t.Context(), "a", "r", Content{Found: strings.Repeat("x", maxContent)}, time.Minute); ok || err == nil {
		t.Error("a text without bounds was put into the queue")
	}
}

func TestAppeal(t *testing.T) {
	w, _ := open(t)
	if _, err := w.Appeal("a", "please"); !errors.Is(err, ErrNone) {
		t.Errorf("an appeal of nobody: %v", err)
	}
	if s, err := w.Strike("a", "hatred", Limit{Row: 1, For: time.Hour}); !s || err != nil {
		t.Fatal(s, err)
	}
	id, err := w.Appeal("a", "it was a quotation")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Appeal("a", "again"); err == nil {
		t.Error("two appeals wait")
	}
	if err := w.Decide(id, "li", true, "a quotation indeed"); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Suspended("a"); s != nil || err != nil {
		t.Errorf("after the appeal: %+v, %v", s, err)
	}
}
