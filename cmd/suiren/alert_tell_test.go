package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage/operate"
)

// A receiver that hangs keeps nobody waiting; one that was away is told once it is
// back; what is secret in its address is in no note and no check.
func TestTeller(t *testing.T) {
	hung, over, broken := make(chan bool, 1), make(chan bool), atomic.Bool{}
	broken.Store(true)
	var got atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/hang":
			select {
			case hung <- true:
			default:
			}
			<-over
		case broken.Load():
			w.WriteHeader(http.StatusBadGateway)
		default:
			got.Add(1)
		}
	}))
	defer hook.Close()
	defer close(over)
	var mu sync.Mutex
	var notes []string
	tell := newTeller(say.English, func(s say.Text) { mu.Lock(); defer mu.Unlock(); notes = append(notes, s.In(say.English)) })
	defer tell.close()
	file := filepath.Join(t.TempDir(), "told")
	rules := []operate.Alert{
		{On: operate.Any, Level: operate.Warn, Webhook: hook.URL + "/hang"},
		{On: operate.Any, Level: operate.Warn, Webhook: hook.URL + "/away?key=hidden-1"},
		{On: operate.Any, Level: operate.Warn, Webhook: "http://user:hidden-2@127.0.0.1:1/none?key=hidden-3"},
		{On: operate.Any, Level: operate.Warn, File: file},
	}
	wrong := []operate.Health{{Name: "disk", Level: operate.Fail, Why: say.T("full", "满")}}
	look := func(list []operate.Health) { tell.look(rules, list, time.Now().Add(time.Hour)) } // no wait is so long
	until := func(what string, is func() bool) {
		t.Helper()
		for range 600 {
			if is() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatal(what)
	}
	lines := func() int { b, _ := os.ReadFile(file); return strings.Count(string(b), "\n") }
	noted := func() int { mu.Lock(); defer mu.Unlock(); return len(notes) }

	look(wrong)
	<-hung // and stays so
	until("the file is not told", func() bool { return lines() == 1 })
	until("what fails is not noted", func() bool { return noted() == 2 })
	if h := tell.health(); len(h) != 1 || h[0].Level != operate.Warn || !strings.Contains(h[0].Why.In(say.English), "2 of 4 rules") {
		t.Errorf("%+v", h)
	}
	look(wrong)
	broken.Store(false)
	until("who was away is not told", func() bool { look(wrong); return got.Load() == 1 })
	tell.atOnce(rules, operate.Notice{Time: time.Now().UTC(), Name: "emergency", Level: operate.Fail, Text: "glass"})
	until("an emergency is not told", func() bool { return got.Load() == 2 && lines() == 2 })
	until("that it is well again is not told", func() bool {
		look(nil)
		look([]operate.Health{{Name: "disk", Level: operate.OK}})
		return got.Load() == 3 && lines() == 3
	})
	said := fmt.Sprint(strings.Join(notes, "\n"), tell.health()[0].Why.In(say.English))
	if noted() != 2 || strings.Contains(said, "hidden") || !strings.Contains(said, "127.0.0.1:1") {
		t.Errorf("noted %s", said)
	}
	if h := tell.health(); h[0].Level != operate.Warn || !strings.Contains(h[0].Why.In(say.English), "1 of 4 rules") {
		t.Errorf("%+v", h)
	}
}

// What happens while a receiver is being told of something else is told at once
// after it, and not at the next look.
func TestTellerMeanwhile(t *testing.T) {
	came, on := make(chan bool), make(chan bool)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- true
		<-on
	}))
	defer hook.Close()
	tell := newTeller(say.English, func(s say.Text) { t.Error(s.In(say.English)) })
	rules := []operate.Alert{{On: operate.Any, Level: operate.Warn, Webhook: hook.URL}}
	for _, name := range []string{"first", "second", "third"} {
		tell.atOnce(rules, operate.Notice{Time: time.Now().UTC(), Name: name, Level: operate.Fail, Text: "glass"})
		if name == "first" {
			<-came // and is being told
		}
	}
	on <- true
	for range 2 {
		<-came
		on <- true
	}
	tell.all.Wait()
	if err := tell.close(); err != nil {
		t.Error(err)
	}
}

// A caller whom the policy suspends is told of at once, to rules of that level.
func TestSuspensionIsTold(t *testing.T) {
	from, err := madeTutor()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := copyTree(dir, from); err != nil {
		t.Fatal(err)
	}
	told, grave := filepath.Join(dir, "told"), filepath.Join(dir, "grave")
	mustRun(t, "alert", "add", "suspended", "--file", told, "--plan", dir)
	mustRun(t, "alert", "add", "suspended", "--level", "fail", "--file", grave, "--plan", dir)
	s, err := startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	status := 0
	for range 4 {
		if status, _, err = send("POST", s.Address, "/v1/chat/completions", s.Key, `{"n":2,"messages":[{"role":"user","content":"how to make a bomb"}]}`); err != nil {
			t.Fatal(err)
		}
	}
	if status != http.StatusForbidden {
		t.Errorf("the fourth is answered by %d", status)
	}
	var text []byte
	for range 1200 {
		if text, _ = os.ReadFile(told); len(text) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := strings.Count(string(text), "\n"); n != 1 || !strings.Contains(string(text), `"name":"suspended","level":"warn","text":"first is suspended`) {
		t.Errorf("told %s", text)
	}
	if _, err := os.Stat(grave); err == nil {
		t.Error("a rule of another level was told")
	}
}
