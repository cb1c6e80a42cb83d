package ledger

import (
	"encoding/json"
	"testing"
	"time"
)

// The marks of an answer are kept with what was said and go with it, to the last byte;
// how many there were stays, until the trace is too old. Where nothing is kept only that
// is written down.
func TestMarks(t *testing.T) {
	l := fresh(t)
	now := noon
	l.Now = func() time.Time { return now }
	bare := used("bare", "li", 1, 0, 0, 1)
	bare.Sentences = &Sentences{All: 3, Unsupported: 1, Corrected: 2}
	settle(t, l, said("kept", "li", "said-of-li"), bare, used("plain", "li", 1, 0, 0, 1))
	find := func(id string) *Trace {
		t.Helper()
		r, err := l.Find(id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var marks []struct{ Cites []struct{ File string } }
	if r := find("kept"); r.Sentences == nil || r.Sentences.All != 2 || json.Unmarshal(r.Content.Marks, &marks) != nil || marks[0].Cites[0].File != "said-of-li" {
		t.Errorf("kept: %+v %+v", r.Sentences, r.Content)
	}
	if r := find("bare"); r.Content != nil || r.Sentences == nil || *r.Sentences != *bare.Sentences {
		t.Errorf("bare: %+v", r)
	}
	if r := find("plain"); r.Sentences != nil {
		t.Errorf("plain: %+v", r.Sentences)
	}
	if _, err := l.Forget(now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if r := find("kept"); r.Content != nil || r.Sentences == nil || r.Sentences.Unsupported != 1 {
		t.Errorf("forgotten: %+v", r)
	}
	if left := holds(t, l, "said-of-li"); left != nil {
		t.Errorf("the marks are left in %v", left)
	}
	now = noon.Add(1000 * 24 * time.Hour)
	if _, err := l.Retain(Retention{Traces: 24 * time.Hour}, false); err != nil {
		t.Fatal(err)
	}
	if r := find("bare"); r.Sentences != nil {
		t.Errorf("too old: %+v", r.Sentences)
	}
}
