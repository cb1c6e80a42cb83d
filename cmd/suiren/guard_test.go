package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A text that a rail will not let pass by itself waits for a person, who
// decides with a command while the server runs; both are in the audit log.
func TestReviewOfAnswers(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.hcl")
	text := "policy \"p\" {\n  pack = \"minimal\"\n  rail \"unsure\" {\n    on = [\"input\"]\n    keywords = [\"borderline\"]\n    action = \"ask_human\"\n    en = \"Nobody allowed it.\"\n  }\n}\n"
	if err := os.WriteFile(policy, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		c := program(args...)
		c.Env = append(c.Env, "SUIREN_HOME="+filepath.Join(dir, "home"))
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	c := program("serve", filepath.Join(repository, "testdata/oracle/qwen3/folder"), "-o", "jsonl", "--listen", "127.0.0.1:0", "--policy", policy)
	c.Env = append(c.Env, "SUIREN_HOME="+filepath.Join(dir, "home"))
	s, err := startServer(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	for _, allow := range []bool{true, false} {
		type reply struct {
			status int
			body   []byte
			err    error
		}
		done := make(chan reply, 1)
		go func() {
			status, body, err := send("POST", s.Address, "/v1/chat/completions", "", `{"messages":[{"role":"user","content":"a borderline case"}],"max_tokens":2}`)
			done <- reply{status, body, err}
		}()
		var item struct {
			Type, ID, Caller, Rule, State string
			Content                       struct{ Stage, Found string }
		}
		for late := time.Now().Add(time.Minute); item.ID == "" && time.Now().Before(late); {
			if out := run("guard", "review", "--models", "-o", "jsonl"); out != "" {
				if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &item); err != nil {
					t.Fatal(err, out)
				}
			}
		}
		if item.Type != "review" || item.Rule != "unsure" || item.State != "waiting" || item.Content.Stage != "input" || item.Content.Found != "borderline" {
			t.Fatalf("waiting: %+v", item)
		}
		run("guard", "review", "--models", map[bool]string{true: "--allow", false: "--refuse"}[allow], item.ID, "--reason", "looked at")
		r := <-done
		if r.err != nil || r.status != http.StatusOK || strings.Contains(string(r.body), "Nobody allowed it.") == allow {
			t.Errorf("allow %v: %d %v %s", allow, r.status, r.err, r.body)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "home", "audit.jsonl"))
	if err != nil || !strings.Contains(string(log), `"action":"review.allow"`) || !strings.Contains(string(log), `"action":"review.refuse"`) || !strings.Contains(string(log), `owner unsure"`) {
		t.Errorf("%v: %s", err, log)
	}
	if strings.Contains(string(log), "borderline") {
		t.Error("the audit log holds what was asked")
	}
}
