package serve

import (
	"io"
	"testing"
)

// A server that asks for no key charges one that is shown, and has the budgets of its
// holder hold; with any other key, or none, a caller is anyone.
func TestShownKeyIsCharged(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.Key, c.Decide = nil, nil
		c.Shown = func(secret string) (Caller, bool) {
			return Caller{Name: "fin", Tenant: "t", Project: "p"}, secret == "sk-good"
		}
	})
	for _, c := range []struct{ header, value, want string }{
		{"Authorization", "Bearer sk-good", "fin t p"}, {"X-Api-Key", "sk-good", "fin t p"}, {"X-Api-Key", "sk-other", "anyone  "}, {"Authorization", "", "anyone  "},
	} {
		resp := b.request(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"good day"}]}`, "Authorization", "", c.header, c.value)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		r := b.lastRecord(t)
		if got := r.Caller + " " + r.Tenant + " " + r.Project; resp.StatusCode != 200 || got != c.want {
			t.Errorf("%s %q: %d, charged to %q, not %q", c.header, c.value, resp.StatusCode, got, c.want)
		}
	}
}

// A reply without an answer, too, says the id of its trace, as X-Request-Id.
func TestRequestIDOfVectors(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) { r.Embedder, r.Reranker = lengths{}, lengths{} })
	for path, body := range map[string]string{
		"/v1/embeddings":  `{"input":"one"}`,
		"/api/embed":      `{"model":"tutor","input":"one"}`,
		"/api/embeddings": `{"model":"tutor","prompt":"one"}`,
		"/v1/rerank":      `{"query":"one","documents":["two"]}`,
	} {
		resp := b.request(t, "POST", path, body)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
		if id, is := resp.Header.Get("X-Request-Id"), b.lastRecord(t).ID; id == "" || id != is {
			t.Errorf("%s: id %q, of the record %q", path, id, is)
		}
	}
}
