package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage/operate/ledger"
)

// askers are a question on each interface, and where its error says of which kind it is.
var askers = []struct{ path, body, kind string }{
	{"/v1/chat/completions", `{"messages":[{"role":"user","content":"hi"}],"max_tokens":2}`, "error.code books_closed"},
	{"/v1/chat/completions", `{"messages":[{"role":"user","content":"hi"}],"max_tokens":2,"stream":true}`, "error.code books_closed"},
	{"/v1/completions", `{"prompt":"hi","max_tokens":2,"n":2}`, "error.code books_closed"},
	{"/v1/messages", `{"messages":[{"role":"user","content":"hi"}],"max_tokens":2}`, "error.type overloaded_error"},
	{"/api/chat", `{"messages":[{"role":"user","content":"hi"}],"options":{"num_predict":2},"stream":false}`, "error nothing is answered now"},
}

// A ledger that can take no more, for the disk is full or the file may not grow, answers
// 503 on every interface from the first request on, budgets or not; what was acknowledged
// is in it, and with room again all that was used.
func TestFullDiskBooks(t *testing.T) {
	model := filepath.Join(repository, "testdata/oracle/qwen3/folder")
	for _, budget := range []bool{false, true} {
		t.Run(fmt.Sprintf("disk,budget=%t", budget), func(t *testing.T) {
			t.Parallel()
			home, fill := small(t, 8<<10)
			c := program("serve", model, "-o", "jsonl", "--listen", "127.0.0.1:0")
			fullBooks(t, c, home, budget, fill)
		})
		t.Run(fmt.Sprintf("limit,budget=%t", budget), func(t *testing.T) {
			t.Parallel()
			c := exec.Command("sh", "-c", `ulimit -f 2000; exec suiren "$@"`, "sh", "serve", model, "-o", "jsonl", "--listen", "127.0.0.1:0") // of 512 bytes
			c.Env = program().Env
			fullBooks(t, c, t.TempDir(), budget, nil)
		})
	}
}

// fullBooks runs a server until its ledger is full: by fill, or by what is asked.
func fullBooks(t *testing.T, c *exec.Cmd, home string, budget bool, fill func() (free func())) {
	c.Env = append(c.Env, "SUIREN_HOME="+home)
	s, err := startServer(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.cmd.Process.Kill()
	if budget {
		if status, b, err := send("POST", s.Address, "/api/budgets", "", `{"scope":"all","unit":"tokens","period":"total","amount":1000000000}`); status != 200 {
			t.Fatalf("%d %v %s", status, err, b)
		}
	}
	acknowledged := map[string]bool{}
	ask := func(i int) (status int) {
		t.Helper()
		q := askers[i%len(askers)]
		r, b, err := exchange("POST", s.Address, q.path, "", q.body)
		if err != nil {
			t.Fatal(err)
		}
		last := strings.TrimSpace(string(b))
		if at := strings.LastIndex(last, "data: {\"error\""); at >= 0 { // its status had gone
			last = last[at+len("data: "):]
		} else if r.StatusCode == http.StatusOK {
			acknowledged[r.Header.Get("X-Request-Id")] = true
			return r.StatusCode
		} else if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q, %s", q.path, r.StatusCode, r.Header.Get("Retry-After"), b)
		}
		keys, want, _ := strings.Cut(q.kind, " ")
		var got any
		if err := json.Unmarshal([]byte(last), &got); err != nil {
			t.Errorf("%s: %v in %s", q.path, err, last)
		}
		for key := range strings.SplitSeq(keys, ".") {
			m, _ := got.(map[string]any)
			got = m[key]
		}
		if text, _ := got.(string); !strings.HasPrefix(text, want) {
			t.Errorf("%s: %s, want %s", q.path, last, q.kind)
		}
		return http.StatusServiceUnavailable
	}
	for i := range askers {
		if status := ask(i); status != http.StatusOK {
			t.Fatalf("with room: %d", status)
		}
	}
	free := func() {}
	if fill != nil {
		free = fill()
	}
	refused := 0
	for i := 0; refused < 2*len(askers); i++ { // a page of the log may be free, and a few fit
		if ask(i) != http.StatusOK {
			refused++
		}
		if i > 5000 {
			t.Fatal("the ledger is never full")
		}
	}
	free()
	if fill != nil { // with room it answers again
		if status := ask(0); status != http.StatusOK {
			t.Errorf("with room again: %d", status)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, "usage.db")
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for id := range acknowledged {
		if _, err := l.Find(id); err != nil {
			t.Errorf("%s was answered: %v", id, err)
		}
	}
	if _, n, err := l.Check(); err != nil || int(n) < len(acknowledged) {
		t.Errorf("%d entries, %d acknowledged, %v", n, len(acknowledged), err)
	}
}
