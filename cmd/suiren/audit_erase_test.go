package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"suiren/stage/guard/watch"
)

// A visitor is a browser, or a program with a key, at a server.
type visitor struct {
	t       *testing.T
	address string
	key     string
	cookie  string
}

func (v *visitor) do(method, path, body string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequest(method, "http://"+v.address+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if v.key != "" {
		req.Header.Set("Authorization", "Bearer "+v.key)
	}
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if list := resp.Cookies(); len(list) > 0 {
		v.cookie = list[0].Name + "=" + list[0].Value
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// must is do that succeeds.
func (v *visitor) must(method, path, body string) string {
	v.t.Helper()
	code, text := v.do(method, path, body)
	if code != 200 {
		v.t.Fatalf("%s %s: %d %s", method, path, code, text)
	}
	return text
}

// holds lists the files below a folder that hold one of some words; of backups what
// is packed in them.
func holds(t *testing.T, dir string, words ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it went meanwhile
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".zst") {
			if z, err := zstd.NewReader(bytes.NewReader(b)); err == nil {
				plain, err := io.ReadAll(z)
				if err != nil {
					return err
				}
				b = plain
			}
		}
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				found = append(found, filepath.Base(path)+" "+w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// suiren runs a command that succeeds.
func suiren(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	c := program(args...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

const poem = "seven otters read poems"

// A person is erased: nothing of what they said, nor their account, is in any file of the
// state folder or of the next backup; a backup from before, restored, is without them too;
// the ledger adds up and the audit log holds.
func TestErasePerson(t *testing.T) {
	t.Parallel()
	dir, plan := madeCopy(t)
	suiren(t, poem+"\n", "user", "add", "zhangsan", "--plan", plan, "--password", "--title", "TITLE-zs", "--tag", "ward=TAG-zs", "--role", "operator")
	suiren(t, poem+"\n", "user", "add", "stayer", "--plan", plan, "--password")
	cmd := program("serve", plan, "-o", "jsonl", "--listen", "127.0.0.1:0", "--traces")
	s, err := startServer(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer s.cmd.Process.Kill()
	owner := &visitor{t: t, address: s.Address, key: s.Key}
	enter := func(name string) *visitor {
		v := &visitor{t: t, address: s.Address}
		v.must("POST", "/api/session", `{"name":"`+name+`","password":"`+poem+`"}`)
		return v
	}
	zs, other := enter("zhangsan"), enter("stayer")
	say := func(v *visitor, word string) string {
		var a struct{ ID string }
		text := v.must("POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"`+word+` 3x+5=20"}],"seed":7}`)
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		v.must("POST", "/api/feedback", `{"id":"`+a.ID+`","good":true,"reason":"WHY-`+word+`"}`)
		return a.ID
	}
	id := say(zs, "SAID-zs")
	say(other, "SAID-other")
	zs.must("GET", "/v1/receipts/"+id, "")
	words := []string{"SAID-zs", "TITLE-zs", "TAG-zs", "WHY-SAID-zs", "APPEAL-zs"}
	state := filepath.Join(plan, ".suiren")
	queue, err := watch.Open(bookDir(state).guard())
	if err != nil {
		t.Fatal(err)
	}
	defer queue.Close()
	if _, err := queue.Strike("zhangsan", time.Now(), "r", watch.Limit{Row: 1, For: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Appeal("zhangsan", "APPEAL-zs"); err != nil {
		t.Fatal(err)
	}
	passed := make(chan bool, 1) // what a reviewer has yet to decide
	go func() {
		ok, err := queue.Ask(t.Context(), "zhangsan", time.Now(), "r", watch.Content{Found: "SAID-zs"}, time.Hour)
		passed <- ok || err != nil
	}()
	within(t, "it waits", func() bool {
		list, err := queue.Items(false)
		return err == nil && len(list) == 2
	})
	if found := holds(t, state, words...); len(found) < 3 {
		t.Fatalf("nothing was there to be erased: %v", found)
	}
	old := filepath.Join(dir, "backups", "old.tar.zst")
	if err := os.Mkdir(filepath.Dir(old), 0o700); err != nil {
		t.Fatal(err)
	}
	suiren(t, "", "backup", old, "--plan", plan)
	if len(holds(t, filepath.Dir(old), words...)) == 0 {
		t.Fatal("the backup does not hold what it should")
	}

	var e erased
	if err := json.Unmarshal([]byte(owner.must("POST", "/api/people/zhangsan/erase", "")), &e); err != nil || e.Contents != 1 || !strings.HasPrefix(e.As, "erased-") || e.Digest != "" {
		t.Fatalf("%+v %v", e, err)
	}
	if <-passed {
		t.Error("what the erased asked has passed")
	}
	if list, err := queue.Items(false); err != nil || len(list) != 0 {
		t.Errorf("of the erased there still waits %+v, %v", list, err)
	}
	if code, _ := zs.do("GET", "/api/session", ""); code != 401 {
		t.Errorf("the session of the erased goes on: %d", code)
	}
	if code, _ := owner.do("POST", "/api/people/zhangsan/erase", ""); code != 404 {
		t.Errorf("erased twice: %d", code)
	}
	if text := owner.must("GET", "/api/erasures", ""); !strings.Contains(text, e.As) || strings.Contains(text, "zhangsan") || strings.Contains(text, "salt") {
		t.Errorf("the list of erasures: %s", text)
	}
	clean := func(what, state string) {
		t.Helper()
		if found := holds(t, state, words...); len(found) > 0 {
			t.Errorf("%s: %v", what, found)
		}
		for _, f := range holds(t, state, "zhangsan") {
			t.Errorf("%s: the name is in %s", what, f)
		}
		if len(holds(t, state, "SAID-other")) == 0 {
			t.Errorf("%s: what another said is gone", what)
		}
	}
	clean("while serving", state)

	// Another process erases: the server hears of it, not of whom, and forgets everybody.
	kept := say(other, "SAID-other-again")
	other.must("GET", "/v1/receipts/"+kept, "")
	suiren(t, "", "key", "create", "robot", "--plan", plan)
	suiren(t, "", "user", "erase", "robot", "--plan", plan)
	within(t, "the server forgets", func() bool {
		code, _ := other.do("GET", "/v1/receipts/"+kept, "")
		return code == 404
	})
	next := filepath.Join(dir, "next")
	if err := os.Mkdir(next, 0o700); err != nil {
		t.Fatal(err)
	}
	suiren(t, "", "backup", filepath.Join(next, "next.tar.zst"), "--plan", plan)
	clean("the next backup", next)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	clean("after the server", state)
	suiren(t, "", "usage", "check", plan)
	suiren(t, "", "audit", "verify", plan)

	// The old backup, with the list that lies beside the plan.
	back := filepath.Join(dir, "back")
	if out := suiren(t, "", "restore", old, back, "--erased", filepath.Join(plan, "suiren-erased.json")); !strings.Contains(out, "restored") {
		t.Error(out)
	}
	clean("restored", filepath.Join(back, ".suiren"))
	suiren(t, "", "usage", "check", back)
	suiren(t, "", "audit", "verify", back)
	if out := suiren(t, "", "user", "list", "--plan", back); strings.Contains(out, "zhangsan") || !strings.Contains(out, "stayer") {
		t.Error(out)
	}
	// Without the list they are back: it is the list that does it.
	bare := filepath.Join(dir, "bare")
	suiren(t, "", "restore", old, bare)
	if len(holds(t, bare, words...)) == 0 {
		t.Error("the list was not needed, so this tests nothing")
	}
	if _, err := os.Stat(filepath.Join(back, ".suiren", "care.json")); errors.Is(err, fs.ErrNotExist) {
		t.Error("who was erased is forgotten by the restored folder")
	}
}
