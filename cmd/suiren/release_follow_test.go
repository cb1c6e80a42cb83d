package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// twoReleases makes a plan's folder with a live release and a candidate that
// passed its checks, which refuses the word durian, and starts the server.
func twoReleases(t *testing.T, args ...string) (dir string, s *server) {
	t.Helper()
	from, err := madeTutor()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := copyTree(dir, from); err != nil {
		t.Fatal(err)
	}
	s, err = startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	path := filepath.Join(dir, "suiren.hcl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), `pack = "minors-zh"`, "pack = \"minors-zh\"\n  keywords = [\"durian\"]", 1)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "apply", dir)
	mustRun(t, "release", "check", "tutor", "--plan", dir)
	return dir, s
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("suiren %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Under load, a promotion and a rollback hold when the command ends, and no
// request is lost: each ends with an answer of one of the two. How long the
// command took is logged.
func TestRollbackUnderLoad(t *testing.T) {
	dir, s := twoReleases(t)
	var stop atomic.Bool
	var mu sync.Mutex
	by := map[string]int{}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				stream := ""
				if i%2 == 1 {
					stream = `,"stream":true`
				}
				status, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key,
					fmt.Sprintf(`{"messages":[{"role":"user","content":"%dx+5=20"}],"seed":1%s}`, n%9+1, stream))
				if err != nil || status != http.StatusOK {
					t.Errorf("a request was lost: %d %v\n%s", status, err, b)
					return
				}
				r, err := readAnswer(b)
				if err != nil || r.Finish != "stop" && r.Finish != "length" {
					t.Errorf("a broken answer: %+v %v", r, err)
					return
				}
				var head struct {
					System string `json:"system_fingerprint"`
				}
				first, _, _ := strings.Cut(strings.TrimPrefix(string(b), "data: "), "\n")
				if err := json.Unmarshal([]byte(first), &head); err != nil {
					t.Error(err)
				}
				mu.Lock()
				by[head.System]++
				mu.Unlock()
			}
		})
	}
	refuses := func() bool {
		_, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key, `{"messages":[{"role":"user","content":"durian"}]}`)
		return err == nil && strings.Contains(string(b), "content_filter")
	}
	answers := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, of := range by {
			n += of
		}
		return n
	}
	// more waits for so many more answers than there are clients: one at least began after now.
	more := func() {
		before := answers()
		within(t, "the clients are answered", func() bool { return answers() > before+6 || t.Failed() })
	}
	more()
	mustRun(t, "release", "promote", "tutor", "--plan", dir)
	if !refuses() {
		t.Error("the promoted release does not answer")
	}
	more()
	began := time.Now()
	mustRun(t, "release", "rollback", "--plan", dir)
	took := time.Since(began)
	if refuses() {
		t.Error("the release that went back still answers")
	}
	more()
	stop.Store(true)
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	t.Logf("back in %v; answers by release: %v", took, by)
	if len(by) != 2 {
		t.Errorf("answers by release: %v", by)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// A promoted release that refuses too much goes back by itself, and the audit
// log says so.
func TestGoesBackByItself(t *testing.T) {
	dir, s := twoReleases(t)
	mustRun(t, "release", "promote", "tutor", "--stop", "refused=5%", "--plan", dir)
	ask := func() (refused bool) {
		status, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key, `{"messages":[{"role":"user","content":"durian"}],"max_tokens":2}`)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %v\n%s", status, err, b)
		}
		return strings.Contains(string(b), "content_filter")
	}
	n := 0
	within(t, "the release goes back", func() bool { n++; return !ask() })
	t.Logf("back after %d refusals", n)
	b, err := os.ReadFile(filepath.Join(dir, ".suiren", "audit.jsonl"))
	if err != nil || !strings.Contains(string(b), `"actor":"watch","action":"release.rollback"`) {
		t.Errorf("the audit log does not say who went back: %v", err)
	}
	if list := mustRun(t, "release", "list", "--plan", dir); !strings.Contains(list, "refused: refused ") {
		t.Errorf("the reason is not told:\n%s", list)
	}
}

// What a release has shown is not forgotten when its server is killed: it goes back
// after as many refusals as if it had not been, and a rating counts for an answer that
// was given before.
func TestKilledWatchRemembers(t *testing.T) {
	dir, s := twoReleases(t)
	mustRun(t, "release", "promote", "tutor", "--stop", "refused=5%,bad=20%", "--plan", dir)
	back := func() bool {
		time.Sleep(100 * time.Millisecond)
		return strings.Contains(mustRun(t, "release", "list", "--plan", dir), "refused: ")
	}
	n, id := 0, ""
	for ; !back(); n++ {
		if n == 8 { // of which it takes 3 or 4
			within(t, "it goes back after 8 refusals", back)
			break
		}
		status, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key, `{"messages":[{"role":"user","content":"durian"}],"max_tokens":2}`)
		var reply struct{ ID string }
		if err != nil || status != http.StatusOK || json.Unmarshal(b, &reply) != nil {
			t.Fatalf("%d %v\n%s", status, err, b)
		}
		if id == "" {
			id = reply.ID
		}
		key := s.Key
		s.cmd.Process.Kill() // after every answer
		s.cmd.Wait()
		if s, err = startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0")); err != nil {
			t.Fatal(err)
		}
		s.Key = key
		again := s
		t.Cleanup(func() { again.cmd.Process.Kill(); again.cmd.Wait() })
		if n == 0 {
			if status, b, err := send("POST", s.Address, "/api/feedback", s.Key, `{"id":"`+id+`","good":false}`); err != nil || status >= 300 {
				t.Errorf("rating: %d %v %s", status, err, b)
			}
		}
	}
	if n < 2 {
		t.Errorf("back after %d refusals", n)
	}
	list := mustRun(t, "release", "list", "--plan", dir)
	t.Logf("back after %d refusals, each of another process\n%s", n, list)
	if !strings.Contains(list, "bad 1/1") {
		t.Errorf("the rating was not seen:\n%s", list)
	}
}

// A draft is asked what was asked of the live release, and nobody is answered by it.
func TestShadow(t *testing.T) {
	dir, s := twoReleases(t)
	inBooks := func() int {
		return strings.Count(mustRun(t, "trace", "list", "--plan", dir, "-o", "jsonl"), `"type":"trace"`)
	}
	before := inBooks()
	compare := func() string {
		var old, draft struct{ Digest string }
		for line := range strings.Lines(mustRun(t, "release", "list", "--plan", dir, "-o", "jsonl")) {
			var v struct{ Digest, Stage string }
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if v.Stage == "live" {
				old.Digest = v.Digest
			} else {
				draft.Digest = v.Digest
			}
		}
		out, _ := program("release", "compare", old.Digest[:12], draft.Digest[:12], "--last", "50", "--plan", dir).CombinedOutput()
		return string(out)
	}
	if out := compare(); !strings.Contains(out, "no request is kept") {
		t.Errorf("without content: %s", out)
	}
	mustRun(t, "trace", "capture", "on", "--plan", dir)
	const asked = 12
	rated := 0
	for i := range asked {
		question := fmt.Sprintf("%dx+5=20", i%9+1)
		if i%3 == 0 {
			question = "durian " + question
		}
		status, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key, `{"messages":[{"role":"user","content":"`+question+`"}],"temperature":0,"seed":1}`)
		var reply struct {
			ID      string
			Choices []struct {
				Finish string `json:"finish_reason"`
			}
		}
		if err != nil || status != http.StatusOK || json.Unmarshal(b, &reply) != nil {
			t.Fatalf("%d %v\n%s", status, err, b)
		}
		if reply.Choices[0].Finish == "stop" && i%3 != 0 && rated < 3 {
			rated++
			if status, b, err := send("POST", s.Address, "/api/feedback", s.Key, `{"id":"`+reply.ID+`","good":true}`); err != nil || status != http.StatusOK {
				t.Fatalf("%d %v %s", status, err, b)
			}
		}
	}
	out := compare()
	if !regexp.MustCompile(`(?m)^not refused +100\.0% +66\.7% +-33\.3 +-\d+\.\d … -\d+\.\d +0 +4$`).MatchString(out) {
		t.Errorf("the draft refuses 4 of 12:\n%s", out)
	}
	if rated > 0 && !strings.Contains(out, fmt.Sprintf("no difference shown of %d questions", rated)) {
		t.Errorf("%d were rated good, and both answer them so:\n%s", rated, out)
	}
	t.Logf("%d rated\n%s", rated, out)
	if n := inBooks() - before; n != asked {
		t.Errorf("%d requests more are in the books, of %d", n, asked)
	}
}

// A canary that cannot be opened takes nothing from the live release, which
// answers, also after a start; the server says what is wrong.
func TestBrokenCanary(t *testing.T) {
	dir, s := twoReleases(t)
	var view struct{ Digest string }
	out := mustRun(t, "release", "show", "tutor", "--plan", dir, "-o", "jsonl")
	if err := json.Unmarshal([]byte(out), &view); err != nil {
		t.Fatal(err)
	}
	bill := filepath.Join(dir, ".suiren", "origin", view.Digest+".note")
	if err := os.Remove(bill); err != nil {
		t.Fatal(err)
	}
	if out, err := program("release", "canary", "tutor", "--share", "100%", "--plan", dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "no signed bill of origin") {
		t.Errorf("nobody is told of a canary that does not answer: %v\n%s", err, out)
	}
	answers := func(s *server, key string) {
		t.Helper()
		status, b, err := send("POST", s.Address, "/v1/chat/completions", key, `{"messages":[{"role":"user","content":"3x+5=20"}],"max_tokens":2}`)
		if err != nil || status != http.StatusOK {
			t.Errorf("the live release does not answer: %d %v\n%s", status, err, b)
		}
	}
	answers(s, s.Key)
	if _, b, err := send("GET", s.Address, "/api/health", s.Key, ""); err != nil || !strings.Contains(string(b), `"name":"release","level":"fail"`) {
		t.Errorf("health: %v\n%s", err, b)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	again, err := startServer(program("serve", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	answers(again, s.Key)
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}
