package care

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at is a book whose clock the test turns.
func at(t testing.TB) (*Book, *time.Time) {
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	b := Open(t.TempDir())
	b.Now = func() time.Time { return now }
	return b, &now
}

func TestKeep(t *testing.T) {
	b, _ := at(t)
	for _, bad := range []struct {
		class string
		days  int
	}{{"letters", 10}, {Security, 182}, {Security, 1}, {Content, -1}, {Content, 36501}} {
		if err := b.SetKeep(bad.class, bad.days); err == nil {
			t.Errorf("%s is kept for %d days", bad.class, bad.days)
		}
	}
	check(t, b.SetKeep(Content, 30))
	check(t, b.SetKeep(Security, 365))
	s, err := b.Read()
	check(t, err)
	if s.Age(Content) != 30*24*time.Hour || s.Age(Traces) != 0 || s.SecurityAge() != 365*24*time.Hour {
		t.Errorf("%+v", s.Keep)
	}
	for _, tt := range []struct {
		class string
		days  int
		want  bool
	}{{Content, 29, true}, {Content, 30, false}, {Content, 0, false}, {Traces, 1000, true}} {
		if got := s.Shorter(tt.class, tt.days); got != tt.want {
			t.Errorf("%s %d: shorter is %v", tt.class, tt.days, got)
		}
	}
	check(t, b.SetKeep(Content, 0))
	if s, _ := b.Read(); s.Age(Content) != 0 {
		t.Error("ever is not ever")
	}
	// A file in which someone has written less is not believed.
	check(t, os.WriteFile(b.path, []byte(`{"format":1,"keep":{"security":7}}`), 0o600))
	if _, err := b.Read(); err == nil {
		t.Error("security records of 7 days were accepted from the file")
	}
}

func TestHold(t *testing.T) {
	b, _ := at(t)
	if err := b.AddHold(Hold{Name: "li", By: "cli"}); err == nil {
		t.Error("a hold without a reason")
	}
	check(t, b.AddHold(Hold{Name: "li", Reason: "case 7", By: "cli"}))
	if err := b.AddHold(Hold{Name: "li", Reason: "case 8", By: "cli"}); err == nil {
		t.Error("two holds of a name")
	}
	if _, err := b.BeginErase("li", "cli", false); err == nil || !strings.Contains(err.Error(), "on hold") {
		t.Errorf("erased on hold: %v", err)
	}
	if _, err := b.BeginErase("wang", "cli", false); err != nil {
		t.Errorf("another: %v", err)
	}
	check(t, b.AddHold(Hold{Name: Everyone, Reason: "the court", By: "cli"}))
	if _, err := b.BeginErase("zhao", "cli", false); err == nil {
		t.Error("erased while everyone is on hold")
	}
	check(t, b.EndHold(Everyone))
	check(t, b.EndHold("li"))
	if b.EndHold("li") == nil {
		t.Error("a hold ended twice")
	}
	if _, err := b.BeginErase("li", "cli", false); err != nil {
		t.Error(err)
	}
}

// Somebody who was erased is known in an older backup, in no newer one, and by nothing
// but the digest; what was begun is not forgotten.
func TestErased(t *testing.T) {
	b, now := at(t)
	before := *now
	*now = now.Add(time.Hour)
	e, err := b.BeginErase("李雷", "admin", false)
	check(t, err)
	again, err := b.BeginErase("李雷", "admin", false)
	check(t, err)
	if again.As != e.As {
		t.Error("two erasures of one person at once")
	}
	s, _ := b.Read()
	if u := s.Under(); len(u) != 1 || u[0].Name != "李雷" {
		t.Fatalf("what was begun is not there: %+v", s.Erased)
	}
	e.Contents = 3
	check(t, b.EndErase(&e))
	text, err := os.ReadFile(b.path)
	check(t, err)
	if strings.Contains(string(text), "李雷") {
		t.Errorf("the name stays: %s", text)
	}
	s, _ = b.Read()
	names := []string{"wang", "李雷", "李"}
	if k := Known(s.Erased, names, before); len(k) != 1 || k["李雷"].As != e.As || k["李雷"].Contents != 3 {
		t.Errorf("in an older backup: %+v", k)
	}
	if k := Known(s.Erased, names, now.Add(time.Second)); len(k) != 0 {
		t.Errorf("somebody of the same name who came later would be erased: %+v", k)
	}

	// Beside the backups, two houses' lists add up, and say no names.
	dir := t.TempDir()
	check(t, WriteErased(dir, s.Erased))
	other, _ := at(t)
	o, err := other.BeginErase("zhao", "x", true)
	check(t, err)
	check(t, other.EndErase(&o))
	s2, _ := other.Read()
	check(t, WriteErased(dir, s2.Erased))
	check(t, WriteErased(dir, nil))
	list, err := ReadErased(filepath.Join(dir, ErasedName))
	check(t, err)
	if k := Known(list, append(names, "zhao"), before.Add(-time.Hour)); len(list) != 2 || len(k) != 2 || !k["zhao"].Said {
		t.Errorf("%d in the list, known %+v", len(list), k)
	}
	fresh, _ := at(t)
	check(t, fresh.AddErased(list))
	check(t, fresh.AddErased(list))
	if s, _ := fresh.Read(); len(s.Erased) != 2 {
		t.Errorf("%d were taken over", len(s.Erased))
	}
	if _, err := ReadErased(filepath.Join(t.TempDir(), ErasedName)); err != nil {
		t.Errorf("none: %v", err)
	}
	check(t, os.WriteFile(filepath.Join(dir, ErasedName), []byte(`{"format":1,"erased":[{"as":"x","name":"li","time":"2026-01-01T00:00:00Z"}]}`), 0o600))
	if list, err := ReadErased(filepath.Join(dir, ErasedName)); err != nil || len(list) != 0 {
		t.Errorf("a file names somebody to be erased: %v %v", list, err)
	}
}

func TestTwoPeople(t *testing.T) {
	b, now := at(t)
	ask := Request{Act: Erase, Subject: "li", Asker: "a", Body: json.RawMessage(`{"x":[1,2]}`)}
	check(t, b.Clear(ask)) // not needed
	check(t, b.SetTwoPeople([]string{Reset, Erase, Erase}))
	if b.SetTwoPeople([]string{"dance"}) == nil {
		t.Error("an act that there is none of")
	}
	wait := func(r Request) string {
		t.Helper()
		w, ok := errors.AsType[*Wait](b.Clear(r))
		if !ok {
			t.Fatalf("%+v may be done by one", r)
		}
		return w.Request.ID
	}
	id := wait(ask)
	if wait(ask) != id {
		t.Error("asked twice, there are two requests")
	}
	if _, err := b.Decide(id, "a", true, ""); !errors.Is(err, ErrSelf) {
		t.Errorf("approved by who asked: %v", err)
	}
	if _, err := b.Decide("none", "b", true, ""); !errors.Is(err, ErrNoRequest) {
		t.Errorf("%v", err)
	}
	if _, err := b.Decide(id, "b", true, "yes"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Decide(id, "c", false, ""); !errors.Is(err, ErrNoRequest) {
		t.Errorf("decided twice: %v", err)
	}
	// Only this act, of this asker, about this, and once.
	for _, other := range []Request{{Act: Erase, Subject: "wang", Asker: "a", Body: ask.Body}, {Act: Erase, Subject: "li", Asker: "b", Body: ask.Body},
		{Act: Reset, Subject: "li", Asker: "a", Body: ask.Body}, {Act: Erase, Subject: "li", Asker: "a", Body: json.RawMessage(`{"x":[1,3]}`)}} {
		wait(other)
	}
	check(t, b.Clear(ask))
	wait(ask)
	// Refused, expired.
	r, err := b.Decide(wait(ask), "b", false, "no")
	check(t, err)
	if r.State != Refused || r.Body != nil {
		t.Errorf("%+v", r)
	}
	id = wait(ask)
	*now = now.Add(waitTime)
	if _, err := b.Decide(id, "b", true, ""); !errors.Is(err, ErrNoRequest) {
		t.Errorf("decided when it was over: %v", err)
	}
	id = wait(ask)
	if _, err := b.Decide(id, "b", true, ""); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(useTime)
	if b.Clear(ask) == nil {
		t.Error("an approval was used when it was over")
	}
	s, _ := b.Read()
	if !s.Needs(Alone) || !s.Fewer([]string{Reset}) || s.Fewer([]string{Reset, Erase, Export}) {
		t.Errorf("%+v", s.TwoPeople)
	}
	for range 2 * maxWaiting {
		ask.Subject += "i"
		err = b.Clear(ask)
		if !errors.Is(err, ErrWaiting) {
			break
		}
	}
	if errors.Is(err, ErrWaiting) {
		t.Error("requests are not bounded")
	}
	*now = now.Add(rememberFor + 2*waitTime)
	ask.Subject = "z"
	wait(ask)
	if list, err := b.List(); len(list) != 1 || err != nil {
		t.Errorf("%d requests are remembered: %v", len(list), err)
	}
}

func TestSchedule(t *testing.T) {
	b, now := at(t)
	dir := t.TempDir()
	for _, bad := range []Schedule{{Hours: 0, Folder: dir, Keep: 1}, {Hours: 1, Folder: dir}, {Hours: 1, Folder: "here", Keep: 1}, {Hours: 1, Folder: filepath.Dir(b.path), Keep: 1}} {
		if b.SetBackup(&bad) == nil {
			t.Errorf("%+v", bad)
		}
	}
	c := &Schedule{Hours: 24, Folder: dir, Keep: 2}
	check(t, b.SetBackup(c))
	if !c.Due(*now) {
		t.Error("the first is not due")
	}
	c.Last = Run{Time: *now}
	for after, want := range map[time.Duration]bool{time.Hour: false, 23 * time.Hour: false, 24 * time.Hour: true, -time.Hour: true} {
		if c.Due(now.Add(after)) != want {
			t.Errorf("after %v due is %v", after, !want)
		}
	}
	c.Last.Error = "the disk was away"
	if c.Due(now.Add(59*time.Minute)) || !c.Due(now.Add(time.Hour)) || !c.Next().Equal(now.Add(time.Hour)) {
		t.Error("a failed one is not tried again after an hour")
	}
	for i := range 5 {
		c.Made = append(c.Made, Made{Name: string(rune('a' + i)), Time: now.Add(time.Duration(i) * time.Hour)})
	}
	names := func(list []Made) (s string) {
		for _, m := range list {
			s += m.Name
		}
		return s
	}
	if got := names(c.Old(time.Time{})); got != "abc" {
		t.Errorf("old are %s", got)
	}
	if got := names(c.Old(now.Add(3 * time.Hour))); got != "abcd" {
		t.Errorf("from before an erasure: %s", got)
	}
	if got := names(c.Old(now.Add(9 * time.Hour))); got != "abcd" {
		t.Errorf("the newest goes too: %s", got)
	}
}

// Many change it at once, and nothing is lost.
func TestAtOnce(t *testing.T) {
	b, _ := at(t)
	check(t, b.SetTwoPeople([]string{Erase}))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := Open(filepath.Dir(b.path)).AddHold(Hold{Name: string(rune('a' + i)), Reason: "x", By: "y"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s, err := b.Read(); err != nil || len(s.Holds) != 20 {
		t.Errorf("%d holds, %v", len(s.Holds), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"keep":{"content":30},"backup":{"hours":24,"folder":"/b","keep":7}}`))
	f.Add([]byte(`{"format":1,"requests":[{"id":"a","body":{}}],"erased":[{"as":"x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parse(b)
		if err != nil {
			return
		}
		s.now(time.Unix(0, 0))
		s.Under()
		s.LastErased()
		Known(s.Erased[:min(len(s.Erased), 2)], []string{"a"}, time.Time{})
		if s.Backup != nil {
			s.Backup.Old(time.Now())
			s.Backup.Due(time.Now())
		}
		s.rename("a", "b")
	})
}
