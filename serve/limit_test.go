package serve

import (
	"errors"
	"testing"
	"time"

	"suiren/serve/form"
)

func TestLimits(t *testing.T) {
	l := newLimits()
	rel := &Release{Name: "m", Limits: Limits{AtOnce: 2, Minute: 3}}
	now := time.Unix(0, 0)
	refused := func(caller string) int {
		t.Helper()
		done, err := l.begin(rel, caller, now)
		if err == nil {
			t.Cleanup(done)
			return 0
		}
		e, ok := errors.AsType[*form.Error](err)
		if !ok || e.Status != 429 {
			t.Fatal(err)
		}
		return e.After
	}
	first, err := l.begin(rel, "a", now)
	if err != nil {
		t.Fatal(err)
	}
	if refused("a") != 0 || refused("a") == 0 || refused("b") != 0 {
		t.Error("two at a time for each caller")
	}
	first()
	if refused("a") != 0 {
		t.Error("an answer that ended makes no room")
	}
	now = now.Add(10 * time.Second)
	if after := refused("a"); after != retryAfterS { // at once is looked at first
		t.Error(after)
	}
	rel.Limits.AtOnce = 0
	if after := refused("a"); after != 51 {
		t.Errorf("told to come back after %d s", after)
	}
	now = now.Add(51 * time.Second)
	if refused("a") != 0 {
		t.Error("after a minute there is no room")
	}
}

func TestLimitTokens(t *testing.T) {
	for _, c := range [][3]int{{0, 7, 7}, {5, 7, 5}, {5, form.NoLimit, 5}, {9, 7, 7}, {0, form.NoLimit, form.NoLimit}} {
		req := &form.Request{MaxTokens: c[1]}
		Limits{Tokens: c[0]}.bound(req)
		if req.MaxTokens != c[2] {
			t.Errorf("limit %d, asked %d: %d, want %d", c[0], c[1], req.MaxTokens, c[2])
		}
	}
}
