package watch

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

func free(*sql.Tx) error { return nil }

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
				got, err := w.Strike("a", *now, "terrorism", limit)
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
			ok, err := w.Ask(context.Background(), "a", time.Now(), "borderline", Content{Stage: "output", Before: "an answer ", Found: "x", Said: []Said{{"user", "a question"}}}, time.Minute)
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
		if list[0].Content.Text() != "an answer x" || list[0].Content.Said[0].Text != "a question" || list[0].State != Waiting || list[0].Kind != Answer {
			t.Errorf("%+v", list[0])
		}
		if text, err := w.Decide(list[0].ID, "li", allow, "seen"); err != nil || text != "an answer x" {
			t.Fatal(text, err)
		}
		if _, err := w.Decide(list[0].ID, "li", true, ""); !errors.Is(err, ErrNone) {
			t.Errorf("decided twice: %v", err)
		}
		if got := <-done; got != allow {
			t.Errorf("asked: %v, decided %v", got, allow)
		}
		all, err := w.Items(true)
		if err != nil || all[0].Content.Text() != "" || all[0].Content.Said != nil || all[0].Person != "li" {
			t.Errorf("what was decided keeps no content: %+v, %v", all, err)
		}
	}
	// Nobody decides, or the client leaves: it is refused.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := w.Ask(ctx, "a", time.Now(), "r", Content{}, time.Minute); ok || err != nil {
		t.Errorf("left: %v, %v", ok, err)
	}
	if ok, err := w.Ask(t.Context(), "a", time.Now(), "r", Content{}, 10*time.Millisecond); ok || err != nil {
		t.Errorf("timed out: %v, %v", ok, err)
	}
	if list, err := w.Items(false); len(list) != 0 || err != nil {
		t.Errorf("still waiting: %+v, %v", list, err)
	}
}

// What waits is bounded, whatever it is, and what is nearest to what was found stays.
func TestFit(t *testing.T) {
	c := Content{Before: strings.Repeat("火", 100_000) + "a", Found: strings.Repeat("\x01", 100_000), After: "b" + strings.Repeat("\x01", 100_000),
		Call: &Call{"t", strings.Repeat("\x01", 100_000)}}
	for range 1000 {
		c.Said = append(c.Said, Said{"user", strings.Repeat("\x01", 100)})
	}
	c.Said = append(c.Said, Said{"assistant", "last"})
	c.fit()
	b, err := json.Marshal(c)
	if err != nil || len(b) > maxContent || !c.Cut || !strings.HasSuffix(c.Before, "火a") || !strings.HasPrefix(c.After, "b") || !utf8.ValidString(c.Text()) || c.Said[len(c.Said)-1].Text != "last" || len(c.Said) < 100 {
		t.Errorf("%d bytes, %d said, %v", len(b), len(c.Said), err)
	}
	if c := (Content{Before: "a", Found: "b", Said: []Said{{"user", "c"}}}); true {
		if c.fit(); c.Cut || c.Text() != "ab" || len(c.Said) != 1 {
			t.Errorf("what is short is cut: %+v", c)
		}
	}
}

// What waits is in no file as it is read, and of what was decided, expired or erased
// nothing is left in any, sealed or not; what was sealed by another key is not shown.
func TestSealed(t *testing.T) {
	w, now := open(t)
	dir := filepath.Dir(w.path)
	files := func() (all []byte) {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	sealed := func(id string) string {
		var text string
		if err := w.db.QueryRow(`select content from items where id = ?`, id).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	ends := map[string]func(id string) error{
		"decided": func(id string) error { _, err := w.Decide(id, "li", false, ""); return err },
		"expired": func(string) error { *now = now.Add(time.Hour); _, err := w.Items(false); return err },
		"erased":  func(string) error { return w.Erase("caller-0", "x") },
		"retained": func(string) error { // with a server that ended while it waited
			*now = now.Add(time.Hour)
			_, err := w.Retain(now.Add(-24*time.Hour), nil, false)
			return err
		},
		"opened": func(string) error { // and begun anew
			again, err := Open(w.path)
			if err == nil {
				err = again.Close()
			}
			return err
		},
	}
	for name, end := range ends {
		*now = time.Now()
		if name == "opened" {
			*now = now.Add(-2 * time.Hour)
		}
		id, err := w.put(Answer, "caller-0", "r", Content{Before: "PLANTED-before", Found: "PLANTED-found", Said: []Said{{"user", "PLANTED-said"}}}, time.Minute, free)
		if err != nil {
			t.Fatal(err)
		}
		as := sealed(id)
		if got := files(); bytes.Contains(got, []byte("PLANTED")) || !bytes.Contains(got, []byte(as[:64])) {
			t.Fatalf("%s: what waits is to be read, or not there", name)
		}
		if err := end(id); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(files(), []byte(as[:64])) {
			t.Errorf("%s: what waited is still in a file", name)
		}
		if err := w.Salt(id, "SALT-"+name); err != nil {
			t.Fatal(err)
		}
		if name == "decided" {
			if list, err := w.Items(true); err != nil || list[0].Content.Salt != "SALT-decided" {
				t.Errorf("%+v, %v", list, err)
			}
			if err := w.Erase("caller-0", "x"); err != nil || bytes.Contains(files(), []byte("SALT-decided")) {
				t.Errorf("the salt of who was erased is still there: %v", err)
			}
		}
	}
	*now = time.Now()
	id, err := w.put(Answer, "a", "r", Content{Found: "x"}, time.Minute, free)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, KeyName), bytes.Repeat([]byte{1}, keySize), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := Open(w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if list, err := other.Items(false); err != nil || len(list) != 1 || list[0].ID != id || list[0].Content.Found != "" || !list[0].Content.Cut {
		t.Errorf("with another key: %+v, %v", list, err)
	}
	info, err := os.Stat(filepath.Join(dir, KeyName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(dir, KeyName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(w.path); err == nil {
		t.Error("opened with a key of no bytes")
	}
}

// A request on its way when its caller is erased leaves nothing of them: nobody is
// asked about it, it counts against nobody, and a decision that was under way leaves no
// salt.
func TestErasedInFlight(t *testing.T) {
	w, now := open(t)
	erased := map[string]time.Time{}
	w.Erased = func(caller string, after time.Time) string {
		if at, ok := erased[caller]; ok && at.After(after) {
			return "erased-" + caller
		}
		return ""
	}
	erase := func(caller string) {
		erased[caller] = *now
		if err := w.Erase(caller, "erased-"+caller); err != nil {
			t.Fatal(err)
		}
	}
	began := *now
	decided, err := w.put(Answer, "li", "r", Content{Found: "x"}, time.Minute, free)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Decide(decided, "security", false, "why"); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Second)
	erase("li")
	if err := w.Salt(decided, "SALT"); err != nil {
		t.Fatal(err)
	}
	if ok, err := w.Ask(t.Context(), "li", began, "r", Content{Found: "said"}, time.Minute); ok || err != nil {
		t.Errorf("asked: %v, %v", ok, err)
	}
	if s, err := w.Strike("li", began, "r", Limit{Row: 1, For: time.Hour}); s || err != nil {
		t.Errorf("suspended: %v, %v", s, err)
	}
	names, err := w.Names()
	if err != nil || strings.Join(names, " ") != "erased-li security" {
		t.Errorf("known are %q, %v", names, err)
	}
	if list, err := w.Items(true); err != nil || len(list) != 1 || list[0].Content.Salt != "" || list[0].Reason != "" {
		t.Errorf("%+v, %v", list, err)
	}
	// Somebody of the same name who comes later is another.
	if s, err := w.Strike("li", now.Add(time.Second), "r", Limit{Row: 1, For: time.Hour}); !s || err != nil {
		t.Errorf("not suspended: %v, %v", s, err)
	}
}

func TestAppeal(t *testing.T) {
	w, _ := open(t)
	if _, err := w.Appeal("a", "please"); !errors.Is(err, ErrNone) {
		t.Errorf("an appeal of nobody: %v", err)
	}
	if s, err := w.Strike("a", time.Now(), "hatred", Limit{Row: 1, For: time.Hour}); !s || err != nil {
		t.Fatal(s, err)
	}
	id, err := w.Appeal("a", "it was a quotation")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Appeal("a", "again"); err == nil {
		t.Error("two appeals wait")
	}
	if text, err := w.Decide(id, "li", true, "a quotation indeed"); err != nil || text != "it was a quotation" {
		t.Fatal(text, err)
	}
	if s, err := w.Suspended("a"); s != nil || err != nil {
		t.Errorf("after the appeal: %+v, %v", s, err)
	}
}
