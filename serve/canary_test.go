package serve

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"suiren/serve/form"
)

func TestCanaryTakes(t *testing.T) {
	const n = 20000
	taken := func(c *Canary) (count int, who map[int]bool) {
		who = map[int]bool{}
		for i := range n {
			if c.takes("digest", Caller{Name: "caller"}, "", fmt.Sprint("session ", i)) {
				who[i] = true
			}
		}
		return len(who), who
	}
	small, who := taken(&Canary{Share: 0.05})
	if d := math.Abs(float64(small)/n - 0.05); d > 5*math.Sqrt(0.05*0.95/n) {
		t.Errorf("%d of %d sessions with a share of 5%%", small, n)
	}
	_, more := taken(&Canary{Share: 0.25})
	for i := range who {
		if !more[i] {
			t.Fatal("a larger share lost a session")
		}
	}
	for share, want := range map[float64]int{0: 0, 1: n} {
		if got, _ := taken(&Canary{Share: share}); got != want {
			t.Errorf("share %v took %d", share, got)
		}
	}
	c := &Canary{Callers: []string{"class"}, Tenants: []string{"ward"}, Header: "new"}
	other := Caller{Name: "other", Tenant: "house"}
	if !c.takes("d", Caller{Name: "class"}, "", "s") || !c.takes("d", Caller{Name: "other", Tenant: "ward"}, "", "s") || !c.takes("d", other, "new", "s") ||
		c.takes("d", other, "old", "s") || (&Canary{}).takes("d", Caller{}, "", "s") || (&Canary{Tenants: []string{""}}).takes("d", Caller{}, "", "s") {
		t.Error("callers, tenants and headers")
	}
}

func TestChoose(t *testing.T) {
	s := New(Config{})
	live := &Release{Name: "m", Digest: "1"}
	canary := &Release{Name: "m", Digest: "2", Canary: &Canary{Share: 0.5, Header: "new"}}
	other := &Release{Name: "n", Digest: "3", Canary: &Canary{Share: 1}}
	s.Open(live, canary, other)
	got := map[string]int{}
	for i := range 200 {
		ask := &form.Request{Messages: []form.Message{{Role: "system", Text: "always the same"}, {Role: "user", Text: fmt.Sprint("question ", i)}}}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r = r.WithContext(context.WithValue(r.Context(), scopeKey{}, &scope{s: s}))
		first, err := s.choose(r, ask)
		if err != nil {
			t.Fatal(err)
		}
		got[first.Digest]++
		// The conversation goes on with the same release.
		ask.Messages = append(ask.Messages, form.Message{Role: "assistant", Text: "a"}, form.Message{Role: "user", Text: "more"})
		if again, _ := s.choose(r, ask); again != first {
			t.Fatal("a conversation changed its release")
		}
		r.Header.Set(CanaryHeader, "new")
		if rel, _ := s.choose(r, ask); rel != canary {
			t.Fatal("the header does not choose")
		}
		r.Header.Del(CanaryHeader)
		r.Header.Set(SessionHeader, "one")
		one, _ := s.choose(r, ask)
		ask.Messages[1].Text = "another"
		if rel, _ := s.choose(r, ask); rel != one {
			t.Fatal("a session changed its release")
		}
	}
	if got["1"] < 60 || got["2"] < 60 || got["3"] > 0 {
		t.Errorf("of 200: %v", got)
	}
	s.Open(canary, live)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	if rel, _ := s.pick(r.WithContext(context.WithValue(r.Context(), scopeKey{}, &scope{s: s})), ""); rel != live {
		t.Error("a canary answers for the name")
	}
}

func TestEpochs(t *testing.T) {
	e := newEpochs()
	closed := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	first := e.enter()
	a := e.turn(func() {})
	second := e.enter()
	b := e.turn(func() {})
	second()
	if closed(a) || closed(b) {
		t.Fatal("ended while a request that began before goes on")
	}
	first()
	<-a
	<-b
	<-e.turn(func() {}) // an epoch without requests ends
}
