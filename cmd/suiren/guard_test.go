package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/stage/guard/watch"
	"suiren/stage/operate"
)

// Without names, the queue tells neither who asked nor who decided.
func TestReviewsWithoutNames(t *testing.T) {
	w, err := watch.Open(filepath.Join(t.TempDir(), "guard.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Strike("nadia", time.Now(), "r", watch.Limit{Row: 1, For: time.Hour}); err != nil {
		t.Fatal(err)
	}
	id, err := w.Appeal("nadia", "please")
	if err == nil {
		_, err = w.Decide(id, "olga", false, "no")
	}
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{books: &books{watch: w}}
	for _, names := range []bool{true, false} {
		v, err := d.Reviews(true, names)
		b, err2 := json.Marshal(v)
		if err != nil || err2 != nil || strings.Contains(string(b), "nadia") != names || strings.Contains(string(b), "olga") != names || !strings.Contains(string(b), id) {
			t.Errorf("names %v: %s, %v, %v", names, b, err, err2)
		}
	}
}

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
			status, body, err := send("POST", s.Address, "/v1/chat/completions", "", `{"messages":[{"role":"user","content":"before it"},{"role":"assistant","content":"said"},{"role":"user","content":"a borderline case\nof two lines"}],"max_tokens":2}`)
			done <- reply{status, body, err}
		}()
		var item struct {
			Type, ID, Caller, Rule, State string
			Content                       struct {
				Stage, Release, Policy, Digest, Before, Found, After string
				Said                                                 []struct{ Role, Text string }
				Refusal                                              struct{ En, Zh string }
			}
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
		c := item.Content
		if c.Before != "a " || c.After != " case\nof two lines" || len(c.Said) != 2 || c.Said[1].Role != "assistant" || c.Said[1].Text != "said" || c.Refusal.En != "Nobody allowed it." || c.Release == "" || c.Policy != "minimal" || len(c.Digest) != 64 {
			t.Errorf("the person sees %+v", c)
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte("of two lines")) {
				t.Errorf("what waits is to be read in %s", path)
			}
			if errors.Is(err, fs.ErrNotExist) { // a journal that a transaction has ended
				return nil
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		shown := run("guard", "review", "--models", "--lang", "en")
		for _, want := range []string{"policy  minimal " + c.Digest[:12], "user  before it", "assistant  said", "asked  a «borderline» case\n      of two lines", "if allowed  it goes on to the model", "if refused  the caller is told: Nobody allowed it."} {
			if !strings.Contains(shown, "    "+want+"\n") {
				t.Errorf("it is shown without %q:\n%s", want, shown)
			}
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
	var kept struct {
		State   string
		Content struct{ Found, Salt string }
	}
	out := run("guard", "review", "--models", "--all", "-o", "jsonl")
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &kept); err != nil || kept.Content.Found != "" {
		t.Fatalf("%v: %s", err, out)
	}
	if d := operate.ContentDigest(kept.Content.Salt, "a borderline case\nof two lines\nlooked at"); !strings.Contains(string(log), `"content":"`+d+`"`) {
		t.Errorf("the log has no digest of what was decided: %s", log)
	}
}
