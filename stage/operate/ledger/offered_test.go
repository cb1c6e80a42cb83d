package ledger

import (
	"testing"
	"time"
)

// The tools of a request are kept with what was said, and go with it to the last byte.
func TestOffered(t *testing.T) {
	l := fresh(t)
	with := said("with", "li", "said-of-li")
	with.Content.Tools = []byte(`[{"type":"function","function":{"name":"tool-of-li"}}]`)
	settle(t, l, with, said("without", "wu", "said-of-wu"))
	for id, want := range map[string]string{"with": string(with.Content.Tools), "without": ""} {
		if r, err := l.Find(id); err != nil || string(r.Content.Tools) != want {
			t.Errorf("%s: %+v, %v", id, r.Content, err)
		}
	}
	if _, err := l.Forget(noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left := holds(t, l, "tool-of-li"); left != nil {
		t.Errorf("the tools are left in %v", left)
	}
}
