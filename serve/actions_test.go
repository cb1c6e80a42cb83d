package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"suiren/serve/form"
	"suiren/serve/openai"
)

// bodies are what the routes about a thing are asked, so that the request names it.
var bodies = map[string]string{
	"POST /api/feedback":                 `{"id":"chatcmpl-1","good":true}`,
	"POST /api/export":                   `{"format":"md","turns":[{"role":"user","text":"a"}]}`,
	"POST /api/releases/{act}":           `{"release":"tutor"}`,
	"POST /v1/chat/completions":          `{"model":"parrot","messages":[{"role":"user","content":"a"}]}`,
	"POST /v1/completions":               `{"model":"parrot","prompt":"a"}`,
	"POST /v1/responses":                 `{"model":"parrot","input":"a"}`,
	"POST /v1/responses/input_tokens":    `{"input":"hi"}`,
	"POST /v1/embeddings":                `{"model":"parrot","input":"a"}`,
	"POST /v1/rerank":                    `{"model":"parrot","query":"a","documents":["b"]}`,
	"POST /v2/rerank":                    `{"model":"parrot","query":"a","documents":["b"]}`,
	"POST /v1/vector_stores/{id}/search": `{"query":"a"}`,
	"POST /v1/messages":                  `{"model":"parrot","max_tokens":5,"messages":[{"role":"user","content":"a"}]}`,
	"POST /v1/messages/count_tokens":     `{"model":"parrot","messages":[{"role":"user","content":"a"}]}`,
	"POST /api/show":                     `{"model":"parrot"}`,
	"POST /api/chat":                     `{"model":"parrot","stream":false,"messages":[{"role":"user","content":"a"}]}`,
	"POST /api/generate":                 `{"model":"parrot","stream":false,"prompt":"a"}`,
	"POST /api/embed":                    `{"model":"parrot","input":"a"}`,
	"POST /api/embeddings":               `{"model":"parrot","prompt":"a"}`,
	"POST /tokenize":                     `{"model":"parrot","content":"a"}`,
	"POST /detokenize":                   `{"model":"parrot","tokens":[1]}`,
	"POST /apply-template":               `{"model":"parrot","messages":[{"role":"user","content":"a"}]}`,
}

// fill fills a pattern's holes.
func fill(pattern string) (method, at string) {
	method, at, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{model}", "parrot", "{id}", "handbook", "{run}", "latest", "{act}", "promote").Replace(at)
}

var errDenied = &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "denied"}

// Every route with an action asks Decide about that action and does nothing if
// it says no; if it says no to all other actions, the route does its work.
func TestEveryRouteIsDecided(t *testing.T) {
	var mu sync.Mutex
	var allowed func(Action) bool
	var asked []Question
	var denied int
	b := start(t, parrot{}, func(c *Config, r *Release) {
		*r = *everything()
		c.Export = func(*Export) (string, []byte, error) { return "text/plain", nil, nil }
		c.Releases = func() (json.RawMessage, error) { return nil, nil }
		c.ReleaseAct = func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) { return nil, nil }
		c.Search = func([]string, string, string, int) ([]openai.Found, error) { return nil, nil }
		c.Decide = func(q Question) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, q)
			if allowed(q.Action) {
				return nil
			}
			return errDenied
		}
		c.Decided = func(_ Question, err error) error {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				denied++
			}
			return nil
		}
	})
	do := func(pattern string, may func(Action) bool) (int, string) {
		mu.Lock()
		allowed, asked, denied = may, nil, 0
		mu.Unlock()
		method, at := fill(pattern)
		if pattern == "GET /api/events" {
			at += "?once"
		}
		return b.send(t, method, at, bodies[pattern], "Last-Event-ID", "0")
	}
	keyed := 0
	for _, r := range b.s.Routes() {
		if r.Action == Open {
			continue
		}
		keyed++
		code, body := do(r.Pattern, func(a Action) bool { return a == ReadModels && r.Action != ReadModels })
		switch {
		case r.Action == ReadModels && (code == 404 || !strings.Contains(body, "parrot")): // what one may not know of is not there
		case code != 403 || denied != 1:
			t.Errorf("%s: %d, %d denials written down: %s", r.Pattern, code, denied, body)
		}
		if code, body = do(r.Pattern, func(a Action) bool { return a == r.Action || a == ReadModels }); code == 403 || code == 400 {
			t.Errorf("%s: allowed %s alone: %d %s", r.Pattern, r.Action, code, body)
		}
		found := false
		for _, q := range asked {
			found = found || q.Action == r.Action && q.Caller.Name == "first" && (q.Kind != TheServer) == named[r.Action]
		}
		if !found {
			t.Errorf("%s was not decided as %s: %v", r.Pattern, r.Action, asked)
		}
		method, at := fill(r.Pattern)
		if code, _ := b.send(t, method, at, bodies[r.Pattern], "Authorization", ""); code != 401 {
			t.Errorf("%s without a key: %d", r.Pattern, code)
		}
	}
	if keyed < 30 {
		t.Errorf("only %d routes need a key", keyed)
	}
}

// Of the routes that need no key these are all.
func TestOpenRoutes(t *testing.T) {
	var open []string
	for _, r := range New(Config{}).Routes() {
		if r.Action == Open {
			open = append(open, r.Pattern)
		}
	}
	if got, want := strings.Join(open, ", "), "GET /healthz, GET /health, GET /open, POST /api/session, GET /{file...}, /"; got != want {
		t.Errorf("open routes: %s", got)
	}
}

func FuzzParseContext(f *testing.F) {
	f.Add("purpose=treatment&patient=P1")
	f.Add("case_id=%E6%A1%88&ward=3")
	f.Add("a;b&&=")
	f.Fuzz(func(t *testing.T, text string) {
		says, err := ParseContext(text)
		if err != nil && says != nil {
			t.Error("half of it is read")
		}
		for k, v := range says {
			if !slices.Contains(contextNames, k) || v == "" || len(v) > 1024 {
				t.Errorf("%q says %q=%q", text, k, v)
			}
		}
	})
}
