package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"suiren/stage/operate"
)

// A running server tells a webhook, once, and goes nowhere else with it.
func TestTold(t *testing.T) {
	notices := make(chan operate.Notice, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n operate.Notice
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil || r.Method != http.MethodPost {
			t.Error(r.Method, err)
		}
		notices <- n
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	defer hook.Close()
	from, err := madeTutor()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := copyTree(dir, from); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "alert", "add", "backup", "--webhook", hook.URL, "--plan", dir)
	s, err := startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-notices:
		if n.Name != "backup" || n.Level != operate.Warn || n.Text == "" {
			t.Errorf("%+v", n)
		}
	case <-time.After(2 * time.Minute):
		t.Error("nobody was told")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	mustRun(t, "alert", "add", "any", "--webhook", hook.URL+"/away", "--plan", dir)
	if out, err := program("alert", "test", "2", "--plan", dir).CombinedOutput(); err == nil {
		t.Errorf("a redirect is an answer: %s", out)
	}
	<-notices
	if len(notices) > 0 {
		t.Errorf("told again: %+v", <-notices)
	}
}
