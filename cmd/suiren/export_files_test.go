package main

import (
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What a server exports goes to whoever asks: it writes none of it as a file, which
// would outlast what retention and erasure know of.
func TestExportsAreNotFiles(t *testing.T) {
	home, tmp := t.TempDir(), t.TempDir()
	c := program("serve", filepath.Join(repository, "testdata/oracle/qwen3/folder"), "-o", "jsonl", "--listen", "127.0.0.1:0", "--traces")
	c.Env = append(c.Env, "SUIREN_HOME="+home, "TMPDIR="+tmp)
	s, err := startServer(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	get := func(method, path, body string) string {
		t.Helper()
		status, got, err := send(method, s.Address, path, "", body)
		if err != nil || status != 200 {
			t.Fatalf("%s: %d %v %s", path, status, err, got)
		}
		return string(got)
	}
	get("POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"PLANTED-asked"}],"max_tokens":2}`)
	files := func() (list []string) {
		for _, dir := range []string{home, tmp} {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") {
					list = append(list, path)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return list
	}
	before := files()
	for path, want := range map[string]string{"/api/usage?by=key&format=csv": "key", "/api/usage/entries": "", "/api/audit?limit=1000": "", "/api/traces?limit=1000&text=PLANTED-asked": "chatcmpl-"} {
		if got := get("GET", path, ""); got == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, format := range []string{"md", "html", "json", "docx", "pdf"} {
		if got := get("POST", "/api/export", `{"format":"`+format+`","turns":[{"role":"user","text":"PLANTED-asked"},{"role":"assistant","text":"a"}]}`); len(got) < 10 {
			t.Errorf("%s: %q", format, got)
		}
	}
	if after := files(); !reflect.DeepEqual(before, after) {
		t.Errorf("after the exports there are\n%q\nand before\n%q", after, before)
	}
}
