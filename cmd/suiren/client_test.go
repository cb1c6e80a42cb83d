package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servers are those of the scripts that run: *testscript.TestScript to *server.
var servers sync.Map

// A server is a suiren serve or suiren up that runs in the background.
type server struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr *bytes.Buffer

	URL     string // of the page, with its one-time token
	Address string
	Key     string // "" if it was not new
}

// startServer runs the program with args until it says where it serves.
func startServer(cmd *exec.Cmd) (*server, error) {
	s := &server{cmd: cmd, stderr: new(bytes.Buffer)}
	s.cmd.Stderr = s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	return s, s.serving()
}

// serving reads the program's lines up to the next that says where it serves.
func (s *server) serving() error {
	late := time.AfterFunc(5*time.Minute, func() { s.cmd.Process.Kill() }) // better than a test that hangs
	defer late.Stop()
	for {
		line, err := s.out.ReadBytes('\n')
		if err != nil {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			return fmt.Errorf("%v: %w\n%s", s.cmd.Args, err, s.stderr)
		}
		var said struct{ Type, URL, Address, Key string }
		if err := json.Unmarshal(line, &said); err != nil {
			return err
		}
		if said.Type == "serving" {
			s.URL, s.Address = said.URL, said.Address
			if said.Key != "" {
				s.Key = said.Key
			}
			return nil
		}
	}
}

// stop interrupts the server, which must then end well.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	go io.Copy(io.Discard, s.out)
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("after an interrupt: %w\n%s", err, s.stderr)
	}
	return nil
}

// serveCmd runs a server for a script: serve start FOLDER FLAGS… (suiren
// serve), serve up FOLDER FLAGS… (suiren up), serve stop. It sets ADDRESS, and
// KEY if a key was made.
func serveCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve start|up FOLDER FLAGS… | serve stop")
	}
	command := "serve"
	switch args[0] {
	case "up":
		command = "up"
	case "stop":
		if s, ok := servers.LoadAndDelete(ts); ok {
			ts.Check(s.(*server).stop())
		}
		return
	}
	cmd := program(append([]string{command, "-o", "jsonl", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(cmd.Env, "SUIREN_HOME="+ts.Getenv("SUIREN_HOME"))
	s, err := startServer(cmd)
	ts.Check(err)
	servers.Store(ts, s)
	ts.Defer(func() {
		if servers.CompareAndDelete(ts, s) {
			s.cmd.Process.Signal(syscall.SIGKILL)
			s.cmd.Wait()
		}
	})
	ts.Setenv("ADDRESS", s.Address)
	if s.Key != "" {
		ts.Setenv("KEY", s.Key)
	}
}

// httpCmd sends a request and prints the status and the body of the reply:
// http GET /healthz, http POST /api/feedback BODY. The variable CONTEXT is what the
// request says of itself; KEY its key; COOKIE a person's session, which a sign-in sets;
// SPEAKS the language of the asker.
func httpCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD PATH [BODY]")
	}
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	r, b, err := exchange(args[0], ts.Getenv("ADDRESS"), args[1], ts.Getenv("KEY"), body,
		"Suiren-Context", ts.Getenv("CONTEXT"), "Cookie", ts.Getenv("COOKIE"), "Accept-Language", ts.Getenv("SPEAKS"), "Sec-Fetch-Site", "same-origin")
	ts.Check(err)
	if cookie, _, ok := strings.Cut(r.Header.Get("Set-Cookie"), ";"); ok {
		ts.Setenv("COOKIE", cookie)
	}
	fmt.Fprintf(ts.Stdout(), "%d\n%s\n", r.StatusCode, b)
}

// send sends one request.
func send(method, address, path, key, body string, headers ...string) (status int, reply []byte, err error) {
	r, reply, err := exchange(method, address, path, key, body, headers...)
	if err != nil {
		return 0, nil, err
	}
	return r.StatusCode, reply, nil
}

// exchange is send with all of the response but its body, which is read.
func exchange(method, address, path, key, body string, headers ...string) (resp *http.Response, reply []byte, err error) {
	req, err := http.NewRequest(method, "http://"+address+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Header.Set("Accept-Language", "en")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err = http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	reply, err = io.ReadAll(resp.Body)
	return resp, reply, err
}

// askCmd asks the served model, streamed or not as the body says, and prints
// what came in the same form for both: ask '{"messages": …}'. It sets ID; SPEAKS is
// the language of the asker.
func askCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ask BODY")
	}
	status, b, err := send("POST", ts.Getenv("ADDRESS"), "/v1/chat/completions", ts.Getenv("KEY"), args[0], "Suiren-Context", ts.Getenv("CONTEXT"), "Accept-Language", ts.Getenv("SPEAKS"))
	ts.Check(err)
	if status != http.StatusOK {
		fmt.Fprintf(ts.Stdout(), "%d\n%s\n", status, b)
		return
	}
	r, err := readAnswer(b)
	ts.Check(err)
	ts.Setenv("ID", r.ID)
	r.print(ts.Stdout())
	ts.Logf("%d pieces", r.Pieces)
	if strings.Contains(args[0], `"stream":true`) != (r.Pieces > 0) {
		ts.Fatalf("the answer came in %d pieces", r.Pieces)
	}
}

// An answer is a chat completion, or what its chunks add up to.
type answer struct {
	ID, Reasoning, Content, Refusal, Finish string
	Usage                                   struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Total      int `json:"total_tokens"`
		Details    struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
	Sources []string
	Seed    uint64
	Pieces  int // chunks; 0: it was not a stream
}

// readAnswer reads the body of a chat completion: JSON, or server-sent events.
func readAnswer(body []byte) (*answer, error) {
	r := new(answer)
	if !bytes.HasPrefix(body, []byte("data: ")) {
		return r, r.add(body)
	}
	done := false
	for line := range bytes.Lines(body) {
		data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data: "))
		switch {
		case !ok:
		case done:
			return nil, fmt.Errorf("%s after [DONE]", data)
		case string(data) == "[DONE]":
			done = true
		default:
			r.Pieces++
			if err := r.add(data); err != nil {
				return nil, err
			}
		}
	}
	if !done {
		return nil, fmt.Errorf("no [DONE] at the end of %s", body)
	}
	return r, nil
}

// add adds a completion, or one chunk of it.
func (r *answer) add(b []byte) error {
	type part struct {
		Content   string  `json:"content"`
		Reasoning string  `json:"reasoning_content"`
		Refusal   *string `json:"refusal"`
	}
	var c struct {
		ID      string
		Choices []struct {
			Message, Delta *part
			Finish         *string `json:"finish_reason"`
		}
		Usage  *json.RawMessage
		Suiren *struct {
			Sources []struct{ File string }
			Seed    uint64
		}
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return fmt.Errorf("%w in %s", err, b)
	}
	if r.ID != "" && r.ID != c.ID {
		return fmt.Errorf("id %s became %s", r.ID, c.ID)
	}
	r.ID = c.ID
	for _, ch := range c.Choices {
		for _, p := range []*part{ch.Message, ch.Delta} {
			if p != nil {
				r.Content += p.Content
				r.Reasoning += p.Reasoning
				if p.Refusal != nil {
					r.Refusal = *p.Refusal
				}
			}
		}
		if ch.Finish != nil {
			r.Finish = *ch.Finish
		}
	}
	if s := c.Suiren; s != nil {
		r.Seed = max(r.Seed, s.Seed)
		for _, source := range s.Sources {
			r.Sources = append(r.Sources, source.File)
		}
	}
	if c.Usage != nil {
		return json.Unmarshal(*c.Usage, &r.Usage)
	}
	return nil
}

// print writes the answer for a script to look at, the same for a stream and
// for a whole answer.
func (r *answer) print(w io.Writer) {
	fmt.Fprintf(w, "reasoning: %q\ncontent: %q\nfinish: %s\n", r.Reasoning, r.Content, r.Finish)
	fmt.Fprintf(w, "usage: prompt %d completion %d reasoning %d total %d\n", r.Usage.Prompt, r.Usage.Completion, r.Usage.Details.Reasoning, r.Usage.Total)
	if r.Refusal != "" {
		fmt.Fprintf(w, "refusal: %s\n", r.Refusal)
	}
	for _, s := range r.Sources {
		fmt.Fprintf(w, "source: %s\n", s)
	}
}

func TestReadAnswer(t *testing.T) {
	r, err := readAnswer([]byte("data: {\"id\":\"a\",\"choices\":[{\"delta\":{\"reasoning_content\":\"x=\"}}]}\n\n" +
		"data: {\"id\":\"a\",\"choices\":[{\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	if err != nil || r.Reasoning != "x=" || r.Content != "4" || r.Finish != "stop" || r.Pieces != 2 {
		t.Errorf("%+v %v", r, err)
	}
	for _, bad := range []string{"data: {\"id\":\"a\"}\n\n", "data: {\"id\":\"a\"}\n\ndata: {\"id\":\"b\"}\n\ndata: [DONE]\n\n", "{"} {
		if _, err := readAnswer([]byte(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
