package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A server is a suiren that serves, and what it said about that.
type server struct {
	url  string // signs a browser in, once
	key  string // "" unless the server has just made it
	home string // folder of what is the owner's and no plan's
	cmd  *exec.Cmd

	once  sync.Once
	ended error
}

// served are the addresses of all servers: the browser may connect to these alone.
var served = map[string]bool{}

// start runs suiren with the arguments until it serves, and ends it with the test.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	return startIn(t, "", args...)
}

// startIn does so in a folder.
func startIn(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	return startAt(t, t.TempDir(), dir, args...)
}

// startAt is startIn in a home that has something in it.
func startAt(t *testing.T, home, dir string, args ...string) *server {
	t.Helper()
	s := &server{home: home, cmd: exec.Command(*suiren, append([]string{args[0], "--listen", "127.0.0.1:0", "-o", "jsonl", "--lang", "en"}, args[1:]...)...)}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "SUIREN_HOME="+s.home) // not the reader's own
	var said bytes.Buffer
	s.cmd.Stderr = &said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for s.url == "" && lines.Scan() {
		var line struct{ Type, URL, Key string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Type == "serving" {
			s.url, s.key = line.URL, line.Key
		}
	}
	if s.url == "" {
		s.cmd.Wait()
		t.Fatalf("suiren %s does not serve: %s", strings.Join(args, " "), said.String())
	}
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	served[u.Host] = true
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() { // or its pipe would fill and hold it
		}
	}()
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended by %v:\n%s", err, said.String())
		}
		<-read
	})
	return s
}

// stop ends the server as Ctrl+C does, and returns how it ended. It may be
// called again.
func (s *server) stop() error {
	s.once.Do(func() {
		s.cmd.Process.Signal(os.Interrupt)
		s.ended = s.cmd.Wait()
	})
	return s.ended
}

// tiny writes the tutor's plan made so small that it is done in a moment. Its
// model talks nonsense, but it thinks, answers and is judged as the large one.
func tiny(t *testing.T, from string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "handbook"), os.DirFS(filepath.Join(from, "handbook"))); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(from, "suiren.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	plan := string(b)
	for _, s := range []struct{ block, key, value string }{
		{`examples "lessons"`, "count", "3000"}, {`examples "lessons"`, "heldout", "100"},
		{`weights "taught"`, "minutes", ""}, {`weights "taught"`, "depth", "2"}, {`weights "taught"`, "flops", "2e11"},
		{`weights "direct"`, "minutes", ""}, {`weights "direct"`, "depth", "2"}, {`weights "direct"`, "flops", "2e11"},
		{`weights "tutor"`, "steps", "2"}, {`weights "tutor"`, "prompts", "8"},
		{`corpus "handbook"`, "recipe", `"measure"`}, // so that the data page has measures
		{`scenario "tutor"`, "think", "48"}, {`verdict "ready"`, "require", "{ accuracy = 0 }"},
	} {
		plan = set(t, plan, s.block, s.key, s.value)
	}
	if err := os.WriteFile(filepath.Join(dir, "suiren.hcl"), []byte(plan), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// set sets a key of a block of a plan, or takes it away if the value is "".
func set(t *testing.T, plan, block, key, value string) string {
	t.Helper()
	head, body, ok := strings.Cut(plan, "\n"+block+" {")
	body, tail, ok2 := strings.Cut(body, "\n}")
	if !ok || !ok2 {
		t.Fatalf("the plan has no block %s", block)
	}
	body = regexp.MustCompile(`(?m)^\s*`+key+`\s*=.*$`).ReplaceAllString(body, "")
	if value != "" {
		body = "\n  " + key + " = " + value + body
	}
	return head + "\n" + block + " {" + body + "\n}" + tail
}
