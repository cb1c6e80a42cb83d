package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	r.Content = &Content{Messages: []Message{{"user", text}}, Answer: "of " + text, Salt: "SALT" + text, Marks: json.RawMessage(`[{"from":0,"to":1,"supported":true,"cites":[{"file":"` + text + `"}]}]`)}
	r.Sentences = &Sentences{All: 2, Unsupported: 1}
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

// Who was erased while a request was on its way is not brought back by it; what it
// took is charged, to the name that stands for theirs.
func TestEraseInFlight(t *testing.T) {
	l := fresh(t)
	if err := l.SetBudget(Budget{Scope: OfKey, Name: "li", Unit: Requests, Period: Ever, Amount: 9}); err != nil {
		t.Fatal(err)
	}
	settle(t, l, said("before", "li", "first-words"))
	if _, err := l.Reserve(&Hold{ID: "late", Account: Account{Key: "li"}, Model: "tutor", Prompt: 1, Answer: 1}); err != nil {
		t.Fatal(err)
	}
	l.Erased = func(name string, after time.Time) string {
		if name == "li" && after.Before(noon.Add(time.Minute)) {
			return "erased-1"
		}
		return ""
	}
	if _, err := l.EraseAs("li", "erased-1"); err != nil {
		t.Fatal(err)
	}
	late := func(id, key, person, words string, at time.Time, rails ...Decision) *Trace {
		r := said(id, key, words, rails...)
		r.Person, r.Time = person, at
		return r
	}
	settle(t, l, late("late", "li", "", "late-words", noon), late("late2", "k9", "li", "late-words", noon), late("late3", "li", "", "held-words", noon, Decision{"A.1", "r", "refuse"}),
		late("other", "wang", "", "wang-words", noon), late("new", "li", "", "new-words", noon.Add(time.Hour)))
	if list := holds(t, l, "late-words"); len(list) > 0 {
		t.Errorf("late words are in %v", list)
	}
	for _, words := range []string{"held-words", "wang-words", "new-words"} {
		if len(holds(t, l, words)) == 0 {
			t.Errorf("%s are gone", words)
		}
	}
	list, err := l.Usage([]string{"key", "person"}, Days{}, nil)
	if got := fmt.Sprint(list[0].By, list[0].Requests, list[1].By, list[1].Requests, list[2].By, list[3].By); err != nil || got != "[erased-1 ] 3 [k9 erased-1] 1 [li ] [wang ]" {
		t.Errorf("%s, %v", got, err)
	}
	if b, err := l.Budgets(); err != nil || len(b) != 1 || b[0].Name != "erased-1" || b[0].Used != 3 || b[0].Held != 0 {
		t.Errorf("%+v, %v", b, err)
	}
	balanced(t, l)
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

// A set holds what was chosen, of which something is kept; an erased person leaves it,
// as a chooser too; it never holds a copy.
func TestSets(t *testing.T) {
	l := fresh(t)
	bare := used("bare", "li", 1, 0, 0, 1)
	settle(t, l, said("a", "li", "li-words"), said("b", "wang", "wang-words"), bare)
	c, err := l.Choose("hard", "boss", []string{"a", "b", "bare", "a"})
	if err != nil || *c != (Chosen{Added: 2, Already: 1, Empty: 1}) {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := l.Choose("hard", "boss", []string{"b", "nobody"}); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("an unknown id: %v", err)
	}
	for _, name := range []string{"", "../x", "Hard", "a b", strings.Repeat("x", 70)} {
		if _, err := l.Choose(name, "boss", []string{"a"}); err == nil {
			t.Errorf("a set is called %q", name)
		}
	}
	if _, err := l.Choose("hard", "boss", make([]string, MaxChosen+1)); err == nil {
		t.Error("no bound")
	}
	list, err := l.Rated("tutor")
	if err != nil || len(list) != 2 || list[0].Sets[0] != "hard" || list[0].Rating != 0 || list[1].Messages[0].Text != "wang-words" {
		t.Fatalf("%+v, %v", list, err)
	}
	page, _, err := l.Traces(&Query{Set: "hard"})
	if err != nil || len(page) != 2 {
		t.Errorf("%+v, %v", page, err)
	}
	f, err := l.Erase("li")
	if err != nil || len(f.Learnt) != 1 || f.Learnt[0] != "a" {
		t.Fatalf("%+v, %v", f, err)
	}
	again, err := l.EraseAs(f.Name, f.Name) // as after a crash in between
	if err != nil || len(again.Learnt) != 1 {
		t.Errorf("gone on with: %+v, %v", again, err)
	}
	names, err := l.Names()
	if err != nil || !slices.Contains(names, "boss") {
		t.Errorf("%v, %v", names, err)
	}
	if f, err = l.Erase("boss"); err != nil {
		t.Fatal(err)
	}
	sets, err := l.Sets()
	if err != nil || len(sets) != 1 || sets[0].Traces != 2 || sets[0].Kept != 1 || len(sets[0].Actors) != 1 || sets[0].Actors[0] != f.Name {
		t.Errorf("%+v, %v", sets, err)
	}
	if list, err = l.Rated("tutor"); err != nil || len(list) != 1 || list[0].ID != "b" {
		t.Errorf("%+v, %v", list, err)
	}
	if n, err := l.Unchoose("hard", []string{"b", "nobody"}); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := l.Unchoose("hard", nil); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if sets, _ = l.Sets(); len(sets) != 0 {
		t.Errorf("%+v", sets)
	}
}

// A ledger of before there were sets gets them, and keeps its form: the earlier program
// opens it again.
func TestSetsComeLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, l, said("a", "li", "li-words"))
	if err := l.write(true, func(t *tx) error { _, err := t.exec(`drop table chosen`); return err }); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if c, err := l.Choose("s", "x", []string{"a"}); err != nil || c.Added != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	var v int
	if err := l.read.QueryRow(`pragma user_version`).Scan(&v); err != nil || v != 2 {
		t.Errorf("form %d, %v", v, err)
	}
}
