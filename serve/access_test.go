package serve

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/internal/say"
)

func TestListen(t *testing.T) {
	for _, tt := range []struct {
		addr  string
		keyed bool
		ok    bool
	}{
		{"127.0.0.1:0", false, true},
		{"[::1]:0", true, true},
		{"localhost:0", false, true},
		{"0.0.0.0:0", false, false},
		{":0", false, false},
		{"0.0.0.0:0", true, true},
		{"example.com:80", true, false},
		{"127.0.0.1", true, false},
	} {
		ln, err := Listen(tt.addr, tt.keyed)
		if ln != nil {
			ln.Close()
		}
		if tt.addr == "[::1]:0" && err != nil && strings.Contains(err.Error(), "cannot") {
			continue // a machine without IPv6
		}
		if (err == nil) != tt.ok {
			t.Errorf("Listen(%q, %v): %v", tt.addr, tt.keyed, err)
		}
	}
}

func TestAccess(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), func(c *Config, _ *Release) { c.Hosts = []string{"tutor.school"} })
	for _, tt := range []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"key", "GET", "/v1/models", nil, 200},
		{"wrong key", "GET", "/v1/models", []string{"Authorization", "Bearer nope"}, 401},
		{"no key", "GET", "/metrics", []string{"Authorization", ""}, 401},
		{"no key, api", "GET", "/api/state", []string{"Authorization", ""}, 401},
		{"health is open", "GET", "/healthz", []string{"Authorization", ""}, 200},
		{"page is open", "GET", "/", []string{"Authorization", ""}, 200},
		{"stranger's name", "GET", "/healthz", []string{"Host", "evil.example"}, 421},
		{"our name", "GET", "/healthz", []string{"Host", "tutor.school:7740"}, 200},
		{"address", "GET", "/healthz", []string{"Host", "[::1]:7740"}, 200},
		{"other site", "POST", "/v1/chat/completions", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"nowhere", "GET", "/nowhere", nil, 404},
		{"wrong method", "DELETE", "/v1/models", nil, 405},
		{"no way up", "GET", "/../console.go", nil, 404},
		{"one model", "GET", "/v1/models/tutor", nil, 200},
		{"no such model", "GET", "/v1/models/x", nil, 404},
	} {
		resp := b.request(t, tt.method, tt.path, "", tt.header...)
		resp.Body.Close()
		if resp.StatusCode != tt.want && !(tt.name == "no way up" && resp.StatusCode/100 == 3) {
			t.Errorf("%s: %d, want %d", tt.name, resp.StatusCode, tt.want)
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", tt.name, csp)
		}
	}
}

// The address that is printed signs one browser in, once.
func TestSession(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), nil)
	path := b.s.OpenPath()
	resp := b.request(t, "GET", path, "", "Authorization", "")
	resp.Body.Close()
	cookies := resp.Cookies()
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("%d, %v", resp.StatusCode, cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("cookie %v", c)
	}
	in := c.Name + "=" + c.Value
	if code, body := b.send(t, "GET", "/api/state", "", "Authorization", "", "Cookie", in); code != 200 || !strings.Contains(body, "一加一？") {
		t.Errorf("with the session: %d %s", code, body)
	}
	if code, _ := b.send(t, "GET", "/api/state", "", "Authorization", "", "Cookie", in+"x"); code != 401 {
		t.Errorf("with a made-up session: %d", code)
	}
	resp = b.request(t, "GET", path, "", "Authorization", "")
	resp.Body.Close()
	if len(resp.Cookies()) != 0 {
		t.Error("the token worked twice")
	}
	resp = b.request(t, "POST", "/api/session", `{"key":"`+goodKey+`"}`, "Authorization", "")
	resp.Body.Close()
	if resp.StatusCode != 200 || len(resp.Cookies()) != 1 {
		t.Errorf("signing in by key: %d", resp.StatusCode)
	}
	if code, _ := b.send(t, "POST", "/api/session", `{"key":"wrong"}`, "Authorization", ""); code != 401 {
		t.Errorf("signing in by a wrong key: %d", code)
	}
	if code, _ := b.send(t, "DELETE", "/api/session", "", "Authorization", "", "Cookie", in); code != 200 {
		t.Errorf("signing out: %d", code)
	}
	if code, _ := b.send(t, "GET", "/api/state", "", "Authorization", "", "Cookie", in); code != 401 {
		t.Errorf("after signing out: %d", code)
	}
	now := time.Now()
	s := &sessions{live: map[[32]byte]session{}, now: func() time.Time { return now }}
	secret, _ := s.Begin(Caller{Name: "page"}, now.Add(SessionTime))
	if who, ok := s.Find(secret); !ok || who.Name != "page" {
		t.Error("no session")
	}
	now = now.Add(SessionTime)
	if _, ok := s.Find(secret); ok {
		t.Error("a session never ends")
	}
}

func TestModels(t *testing.T) {
	_, body := start(t, words(nil, nil), nil).send(t, "GET", "/v1/models", "")
	want := `{"data":[{"id":"tutor","object":"model","created":1,"owned_by":"suiren"}],"object":"list"}`
	if strings.TrimSpace(body) != want {
		t.Errorf("got %s", body)
	}
	if _, body := start(t, nil, nil).send(t, "GET", "/v1/models", ""); strings.TrimSpace(body) != `{"data":[],"object":"list"}` {
		t.Errorf("without a release: %s", body)
	}
}

func TestBodyLimit(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), nil)
	big := ask(`,"user":"` + strings.Repeat("x", maxBody) + `"`)
	if code, body := b.send(t, "POST", "/v1/chat/completions", big); code != 413 || !strings.Contains(body, "body_too_large") {
		t.Errorf("%d %s", code, body)
	}
	req, err := http.NewRequest("POST", b.URL+"/v1/chat/completions", io.MultiReader(strings.NewReader(big))) // of a length that it does not say
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+goodKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("in chunks: %d", resp.StatusCode)
	}
}

func TestFeedback(t *testing.T) {
	b := start(t, words(nil, []string{"2"}), nil)
	for body, want := range map[string]int{
		`{"id":"chatcmpl-1","good":true,"reason":" clear "}`: 200,
		`{"id":"chatcmpl-1","good":false}`:                   200,
		`{"id":"chatcmpl-9","good":true}`:                    404,
		`{"id":"chatcmpl-1"}`:                                400,
		`{"good":true}`:                                      400,
		`{"id":"chatcmpl-1","good":true,"reason":"` + strings.Repeat("长", maxReason+1) + `"}`: 400,
		`x`: 400,
	} {
		if code, got := b.send(t, "POST", "/api/feedback", body); code != want {
			t.Errorf("%.60s: %d %s", body, code, got)
		}
	}
	if !slices.Contains(b.ratings, Rating{"chatcmpl-1", true, "clear", "first"}) || len(b.ratings) != 2 {
		t.Errorf("ratings %v", b.ratings)
	}
}

func TestMetrics(t *testing.T) {
	b := start(t, words([]string{"a"}, []string{"b"}), nil)
	b.send(t, "POST", "/v1/chat/completions", ask(""))
	b.lastRecord(t)
	_, body := b.send(t, "GET", "/metrics", "")
	for _, want := range []string{
		"\nsuiren_prompt_tokens_total 3\n", "\nsuiren_tokens_predicted_total 2\n", "\nsuiren_reasoning_tokens_total 1\n",
		"\nsuiren_request_success_total{finished_reason=\"stop\"} 1\n", "\nsuiren_time_to_first_token_seconds_count 1\n",
		"\nsuiren_inter_token_latency_seconds_count 1\n", "\nsuiren_requests_processing 0\n", "\nsuiren_requests_deferred 0\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", strings.TrimSpace(want))
		}
	}
}

func TestEvents(t *testing.T) {
	b := start(t, nil, func(c *Config, _ *Release) {
		c.Events = func(_ context.Context, run string, after int64, _ say.Lang) iter.Seq2[Event, error] {
			return func(yield func(Event, error) bool) {
				if run != "latest" {
					yield(Event{}, errNotFound)
					return
				}
				for id := after + 1; id <= 3; id++ {
					if !yield(Event{id, json.RawMessage(`{"type":"progress"}`)}, nil) {
						return
					}
				}
			}
		}
	})
	_, body := b.send(t, "GET", "/api/runs/latest/events", "", "Last-Event-ID", "1")
	want := "id: 2\ndata: {\"type\":\"progress\"}\n\nid: 3\ndata: {\"type\":\"progress\"}\n\ndata: {\"type\":\"end\"}\n\n"
	if body != want {
		t.Errorf("got %q", body)
	}
	if code, _ := b.send(t, "GET", "/api/runs/none/events", ""); code != 404 {
		t.Errorf("no such run: %d", code)
	}
}

func TestPlanAndReport(t *testing.T) {
	b := start(t, nil, func(c *Config, _ *Release) {
		c.Plan = func(l say.Lang) (json.RawMessage, error) { return json.RawMessage(`{"lang":"` + l + `"}`), nil }
		c.Report = func() (json.RawMessage, error) { return nil, nil }
	})
	if _, body := b.send(t, "GET", "/api/plan", "", "Accept-Language", "zh"); strings.TrimSpace(body) != `{"lang":"zh"}` {
		t.Errorf("plan %s", body)
	}
	if code, body := b.send(t, "GET", "/api/report", ""); code != 200 || strings.TrimSpace(body) != "null" {
		t.Errorf("no report yet: %d %s", code, body)
	}
	if code, _ := b.send(t, "GET", "/api/runs", ""); code != 404 {
		t.Errorf("runs without a source: %d", code)
	}
}

// Serve ends when its context does, and takes its streams along.
func TestServeEnds(t *testing.T) {
	ln, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	m := words(nil, []string{"a"})
	m.block = make(chan struct{})
	s := New(Config{})
	s.Open(&Release{Name: "tutor", Answerer: m})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, ln) }()
	got := make(chan error)
	go func() {
		resp, err := http.Post("http://"+ln.Addr().String()+"/v1/chat/completions", "application/json", strings.NewReader(ask(`,"stream":true`)))
		if err == nil {
			resp.Body.Close()
		}
		got <- err
	}()
	for m.waits() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-got
}

func (m *script) waits() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}
