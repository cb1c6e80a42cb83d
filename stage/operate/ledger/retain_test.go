package ledger

import (
	"fmt"
	"testing"
	"time"
)

// What is older than it may be goes, what is held or excepted stays, and the sums are
// as before; dry tells beforehand what goes.
func TestRetain(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	l, err := Open(t.TempDir() + "/usage.db")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const day = 24 * time.Hour
	l.Now = func() time.Time { return now }
	put := func(id, key string, age time.Duration, refused bool) {
		t.Helper()
		r := &Trace{ID: id, Time: now.Add(-age), Account: Account{Key: key}, Supply: Supply{"r", "m"}, Operation: "chat", Reason: "stop",
			Amounts: Amounts{Requests: 1, Prompt: 7, Answer: 5}, Params: []byte(`{"max_tokens":9}`), Spans: []Span{{Name: "decode", Total: time.Second}}, Seed: 3,
			Content: &Content{Messages: []Message{{"user", "said " + id}}, Answer: "yes"}}
		if refused {
			r.Rails = []Decision{{Class: "c", Rule: "r", Action: "refuse"}}
		}
		if err := l.Settle(r); err != nil {
			t.Fatal(err)
		}
		if err := l.Rate(id, true, "why "+id); err != nil {
			t.Fatal(err)
		}
	}
	for _, age := range []time.Duration{1, 29, 31, 100, 200, 400} {
		put(fmt.Sprint("a", int(age)), "li", age*day, false)
		put(fmt.Sprint("r", int(age)), "li", age*day, true)
		put(fmt.Sprint("h", int(age)), "held", age*day, false)
	}
	sum := func() Amounts {
		t.Helper()
		list, err := l.Usage([]string{"model"}, Days{}, nil)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].Amounts
	}
	before := sum()
	r := Retention{Content: 30 * day, Traces: 90 * day, Feedback: 10 * day, Except: []string{"held"}}
	// Of li: contents of 31, 100, 200, 400 days, and refused ones of 200 and 400, whose hold of
	// 183 days is over; the course of 100, 200, 400, and of refused ones of 200, 400.
	want := Retained{Contents: 6, Traces: 5, Reasons: 10, Held: 2}
	dry, err := l.Retain(r, true)
	if err != nil || *dry != want {
		t.Fatalf("dry %+v %v, want %+v", dry, err, want)
	}
	did, err := l.Retain(r, false)
	if err != nil || *did != want {
		t.Fatalf("%+v %v, want %+v", did, err, want)
	}
	if after := sum(); after != before {
		t.Errorf("the sums were %+v and are %+v", before, after)
	}
	again, err := l.Retain(r, false)
	if err != nil || *again != (Retained{Held: 2}) {
		t.Errorf("a second time %+v %v", again, err)
	}
	for id, kept := range map[string]struct{ content, course, why bool }{
		"a29": {true, true, false}, "a31": {false, true, false}, "a100": {false, false, false}, "r100": {true, true, false}, "r200": {false, false, false},
		"h400": {true, true, true}, "a1": {true, true, true},
	} {
		x, err := l.Find(id)
		if err != nil {
			t.Fatal(err)
		}
		if (x.Content != nil) != kept.content || (x.Spans != nil && x.Seed == 3) != kept.course || (x.Rating.Why != "") != kept.why {
			t.Errorf("%s: %+v, want %+v", id, x, kept)
		}
	}
	// A longer hold, and an end of it.
	l.Hold = 500 * day
	if got, err := l.Retain(Retention{Security: 500 * day}, true); err != nil || got.Contents != 0 {
		t.Errorf("%+v %v", got, err)
	}
	l.Hold = SecurityHold
	put("r300", "li", 300*day, true)
	if got, err := l.Retain(Retention{Security: SecurityHold}, false); err != nil || got.Contents != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if x, err := l.Find("r100"); err != nil || x.Content == nil {
		t.Error("a refused request of 100 days was deleted", err)
	}
}
