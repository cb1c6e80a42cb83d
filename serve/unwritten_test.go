package serve

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What cannot be written down is not answered: each interface says so in its own form, from
// the first request on, whether it is found out before the answer or after it.
func TestUnwritten(t *testing.T) {
	const chat = `"messages":[{"role":"user","content":"hi"}]`
	full := errors.New("SQLITE_FULL of a secret path")
	for name, change := range map[string]func(*Config){
		"before": func(c *Config) {
			c.Reserve = func(Hold) (int, error) { return 0, full }
			c.Release = func(string) error { return nil }
		},
		"after": func(c *Config) { c.Record = func(*Record) error { return full } },
	} {
		b := start(t, nil, func(c *Config, r *Release) { change(c) })
		b.s.Open(everything())
		for _, c := range []struct{ path, body, want string }{
			{"/v1/chat/completions", `{` + chat + `}`, `"code":"books_closed"`},
			{"/v1/chat/completions", `{` + chat + `,"n":3}`, `"code":"books_closed"`},
			{"/v1/chat/completions", `{` + chat + `,"stream":true}`, `"code":"books_closed"`},
			{"/v1/completions", `{"prompt":"hi","stream":true}`, `"code":"books_closed"`},
			{"/v1/responses", `{"input":"hi"}`, `"code":"books_closed"`},
			{"/v1/responses", `{"input":"hi","stream":true}`, `"code":"books_closed"`},
			{"/v1/messages", `{"max_tokens":9,` + chat + `}`, `"type":"overloaded_error"`},
			{"/v1/messages", `{"max_tokens":9,` + chat + `,"stream":true}`, `"type":"overloaded_error"`},
			{"/v1/embeddings", `{"input":"hi"}`, `"code":"books_closed"`},
			{"/v1/rerank", `{"query":"hi","documents":["ho"]}`, `"code":"books_closed"`},
			{"/api/chat", `{` + chat + `}`, `{"error":"nothing is answered now: the books cannot be written`},
			{"/api/generate", `{"prompt":"hi","stream":false}`, `{"error":"nothing is answered now: the books cannot be written`},
			{"/api/embed", `{"input":"hi"}`, `{"error":"nothing is answered now: the books cannot be written`},
		} {
			resp := b.request(t, "POST", c.path, c.body)
			data, err := io.ReadAll(resp.Body)
			if resp.Body.Close(); err != nil {
				t.Fatal(err)
			}
			text := string(data)
			streamed := resp.StatusCode == http.StatusOK && name == "after" && (strings.Contains(c.body, `"stream":true`) || c.path == "/api/chat")
			if !streamed && (resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "10") {
				t.Errorf("%s %s: %d, Retry-After %q", name, c.path, resp.StatusCode, resp.Header.Get("Retry-After"))
			}
			last := text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:]
			if !strings.Contains(last, c.want) || strings.Contains(text, "secret") || strings.Contains(text, "[DONE]") {
				t.Errorf("%s %s %s: %s", name, c.path, c.body, text)
			}
		}
	}
}

// Where a write finds no room, a client is told so, and may try again.
func TestNoRoom(t *testing.T) {
	full := errors.New("full")
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.NoRoom = func(err error) bool { return errors.Is(err, full) }
		c.Rate = func(Rating) error { return full }
	})
	if code, text := b.send(t, "POST", "/api/feedback", `{"id":"chatcmpl-1","good":true}`); code != http.StatusServiceUnavailable || !strings.Contains(text, `"disk_full"`) {
		t.Errorf("%d %s", code, text)
	}
}
