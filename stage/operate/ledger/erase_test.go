package ledger

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// holds reports which of the ledger's files hold a text.
func holds(t *testing.T, l *Ledger, text string) (list []string) {
	t.Helper()
	files, err := filepath.Glob(l.path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			list = append(list, filepath.Base(f))
		}
	}
	return list
}

func said(id, key, text string, rails ...Decision) *Trace {
	r := used(id, key, 1, 0, 0, 1)
	r.Rails = rails
	r.Content = &Content{Messages: []Message{{"user", text}}, Answer: "of " + text, Salt: "SALT" + text}
	return r
}

// Nothing that was said is left in any byte of the files, the books add up as
// before, and what must be kept is kept until it need not be.
func TestErase(t *testing.T) {
	l := fresh(t)
	now := noon
	l.Now = func() time.Time { return now }
	refused := Decision{"A.1", "r", "refuse"}
	for i := range 30 { // some pages
		settle(t, l, said(strings.Repeat("x", i+1), "li", "li-secret-"+strings.Repeat("s", 300)), said(strings.Repeat("y", i+1), "wang", "wang-words"))
	}
	settle(t, l, said("refused", "li", "li-bomb", refused))
	person := said("p", "k9", "by-person")
	person.Person = "li"
	settle(t, l, person)
	if err := l.Rate("x", true, "li-reason"); err != nil {
		t.Fatal(err)
	}
	if err := l.SetBudget(Budget{Scope: OfKey, Name: "li", Unit: Tokens, Period: Day, Amount: 9}); err != nil {
		t.Fatal(err)
	}
	if err := l.AddSpans([]Foreign{{Trace: "t", Span: "s", Key: "li", Name: "li-span", Time: now}}); err != nil {
		t.Fatal(err)
	}
	sum, n := balanced(t, l)
	f, err := l.Erase("li")
	if err != nil || f.Accounts != 2 || f.Contents != 31 || f.Held != 1 || f.Spans != 1 || !f.Until.Equal(noon.Add(SecurityHold)) || len(f.Learnt) != 1 || f.Learnt[0] != "x" {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, text := range []string{"li-secret", "SALTli-secret", "by-person", "li-reason", "li-span"} {
		if list := holds(t, l, text); len(list) > 0 {
			t.Errorf("%q is still in %v", text, list)
		}
	}
	if len(holds(t, l, "wang-words")) == 0 || len(holds(t, l, "li-bomb")) == 0 {
		t.Error("too much is gone")
	}
	list, err := l.Usage([]string{"key", "person"}, Days{}, nil)
	if err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, u := range list {
		if u.By[0] == "li" || u.By[1] == "li" {
			t.Errorf("the name stands in %+v", u)
		}
	}
	if again, m := balanced(t, l); again != sum || m != n {
		t.Errorf("%+v in %d entries, before %+v in %d", again, m, sum, n)
	}
	if _, err := l.Erase("li"); err == nil {
		t.Error("there is nobody to be erased any more")
	}
	now = now.Add(SecurityHold + time.Hour)
	if f, err := l.Forget(noon.Add(-time.Hour)); err != nil || f.Contents != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if list := holds(t, l, "li-bomb"); len(list) > 0 {
		t.Errorf("after the hold it is still in %v", list)
	}
}

func TestForget(t *testing.T) {
	l := fresh(t)
	now := noon
	l.Now = func() time.Time { return now }
	settle(t, l, said("a", "k", "old-words"), said("b", "k", "old-refused", Decision{"A.1", "r", "refuse"}))
	later := said("c", "k", "new-words")
	later.Time = noon.Add(time.Hour)
	settle(t, l, later)
	f, err := l.Forget(noon.Add(time.Minute))
	if err != nil || f.Contents != 1 || f.Held != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	for text, want := range map[string]int{"old-words": 0, "old-refused": 1, "new-words": 1} {
		if got := len(holds(t, l, text)); min(got, 1) != want {
			t.Errorf("%q is in %d files", text, got)
		}
	}
}

// What is kept is what was asked for: of a release, of a tenant.
func TestCapture(t *testing.T) {
	l := fresh(t)
	want := func(model, tenant string, on bool) {
		t.Helper()
		if got, err := l.Captured(model, tenant); got != on || err != nil {
			t.Errorf("%s of %q: %v, %v", model, tenant, got, err)
		}
	}
	want("tutor", "", false)
	for _, c := range []Capture{{"tutor", "school"}, {"other", "*"}, {"", "court"}} {
		if err := l.SetCapture(c, true); err != nil {
			t.Fatal(err)
		}
	}
	want("tutor", "school", true)
	want("tutor", "", false)
	want("other", "", true)
	want("third", "court", true)
	want("third", "school", false)
	if err := l.SetCapture(Capture{"tutor", "school"}, false); err != nil {
		t.Fatal(err)
	}
	want("tutor", "school", false)
}

func TestSearch(t *testing.T) {
	l := fresh(t)
	const n = 230
	for i := range n {
		r := said(strings.Repeat("q", i+1), []string{"a", "b"}[i%2], "words "+strings.Repeat("w", i%7))
		r.Reason = []string{"stop", "length", "error"}[i%3]
		r.Total = time.Duration(i) * time.Second
		r.Spans = []Span{{Name: "queue", Total: time.Second}}
		r.Parent = "00-" + strings.Repeat("ab", 16) + "-" + strings.Repeat("cd", 8) + "-01"
		settle(t, l, r)
	}
	school, none := "school", ""
	for _, c := range []struct {
		q    Query
		want int
	}{
		{Query{}, n}, {Query{Key: "a"}, n / 2}, {Query{Key: "b", Reason: "stop"}, 38}, {Query{Tenant: &school}, n}, {Query{Tenant: &none}, 0},
		{Query{Text: "wwwwww"}, 32}, {Query{Slower: 200 * time.Second}, 29}, {Query{Parent: strings.Repeat("ab", 16)}, n}, {Query{Parent: strings.Repeat("00", 16)}, 0},
		{Query{Rated: "good"}, 0}, {Query{From: noon.Add(time.Second)}, 0}, {Query{To: noon.Add(time.Second), Model: "tutor", Release: "r1", Operation: "chat"}, n},
		{Query{Text: `"role"`}, 0},
	} {
		got, pages := map[string]bool{}, 0
		last := int64(1 << 60)
		for q := c.q; ; pages++ {
			q.Limit = 40
			list, next, err := l.Traces(&q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if got[r.ID] || r.Seq >= last {
					t.Fatalf("%+v: %s comes twice, or in another order", c.q, r.ID)
				}
				got[r.ID], last = true, r.Seq
			}
			if next == 0 {
				break
			}
			q.Before = next
		}
		if len(got) != c.want || pages > n/40 {
			t.Errorf("%+v: %d of %d in %d pages", c.q, len(got), c.want, pages)
		}
	}
	r, err := l.Find("qqq")
	if err != nil || len(r.Spans) != 1 || r.Content == nil || r.Content.Messages[0].Text != "words ww" || r.Total != 2*time.Second {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := l.Find("nobody"); err != ErrNoAnswer {
		t.Error(err)
	}
	if err := l.Rate("nobody", true, ""); err != ErrNoAnswer {
		t.Error(err)
	}
}
