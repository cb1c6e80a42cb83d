package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/internal/say"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	check(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// put makes an artifact of files given as path, content, path, content, …
func put(t testing.TB, s *Store, files ...string) Digest {
	t.Helper()
	dir, err := s.Temp()
	check(t, err)
	write(t, dir, files...)
	d, err := s.Put(dir)
	check(t, err)
	return d
}

func write(t testing.TB, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, filepath.FromSlash(files[i]))
		check(t, os.MkdirAll(filepath.Dir(path), 0o777))
		check(t, os.WriteFile(path, []byte(files[i+1]), 0o666))
	}
}

func names(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	check(t, err)
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestPut(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "new", "state"))
	files := []string{"train/rows.jsonl", "1\n2\n", "heldout/rows.jsonl", "3\n", "report.json", "{}"}
	d := put(t, s, files...)
	if again := put(t, s, files...); again != d {
		t.Errorf("the same files became %v and %v", d, again)
	}
	if temp := names(t, s.tmp); temp != "lock" {
		t.Errorf("left in tmp: %s", temp)
	}
	dir, err := s.Dir(d)
	check(t, err)
	b, err := os.ReadFile(filepath.Join(dir, "train", "rows.jsonl"))
	if err != nil || string(b) != "1\n2\n" {
		t.Errorf("read back %q, %v", b, err)
	}
	info, err := os.Stat(filepath.Join(dir, "report.json"))
	check(t, err)
	if info.Mode().Perm() != 0o444 {
		t.Errorf("mode %v, want read-only", info.Mode())
	}
	if have, err := DirDigest(dir); err != nil || have != d {
		t.Errorf("the folder's digest is %v, %v; want %v", have, err, d)
	}
	if _, err := s.Dir(Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Dir of nothing: %v", err)
	}
	if info, err := os.Stat(filepath.Join(s.Path(), "suiren.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("suiren.db: %v, %v", info.Mode(), err)
	}
}

// Put of the bytes of an artifact that was damaged meanwhile repairs it.
func TestPutRepairs(t *testing.T) {
	s := open(t, t.TempDir())
	d := put(t, s, "a", "1", "b", "2")
	check(t, os.Remove(filepath.Join(s.artifact(d), "a")))
	if again := put(t, s, "a", "1", "b", "2"); again != d {
		t.Fatalf("%v, want %v", again, d)
	}
	check(t, s.Verify(t.Context(), func(d Digest, p *Problem) {
		if p != nil {
			t.Errorf("%v: %v", d, p)
		}
	}))
}

// Folders without files are not in the digest, and not in the artifact.
func TestPutEmptyFolders(t *testing.T) {
	s := open(t, t.TempDir())
	dir, err := s.Temp()
	check(t, err)
	write(t, dir, "a", "1")
	check(t, os.MkdirAll(filepath.Join(dir, "watch", "deep"), 0o777))
	d, err := s.Put(dir)
	check(t, err)
	if got := names(t, s.artifact(d)); got != "a" {
		t.Errorf("the artifact holds %s", got)
	}
	if none := put(t, s); names(t, s.artifact(none)) != "" {
		t.Error("an artifact of no files holds some")
	}
}

func TestPutRefuses(t *testing.T) {
	s := open(t, t.TempDir())
	dir, err := s.Temp()
	check(t, err)
	write(t, dir, "a", "1")
	check(t, os.Symlink("/etc/hostname", filepath.Join(dir, "link")))
	_, err = s.Put(dir)
	if e, ok := errors.AsType[*say.Error](err); !ok || !strings.HasSuffix(e.Where, "/link") {
		t.Errorf("a symbolic link: %v", err)
	}
	if have, err := s.artifacts(); len(have) != 0 || err != nil {
		t.Errorf("made %v, %v", have, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err != nil {
		t.Errorf("what could not be put is gone: %v", err)
	}
}

func TestPart(t *testing.T) {
	s := open(t, t.TempDir())
	d := put(t, s, "train/rows", "1", "train/deep/er", "2", "train-more", "3", "heldout/rows", "4")
	for _, c := range []struct{ part, dir string }{{"", ""}, {"train", "train"}, {"train/deep", "train/deep"}, {"heldout", "heldout"}} {
		got, dir, err := s.Part(d, c.part)
		check(t, err)
		if want := filepath.Join(s.artifact(d), c.dir); dir != want {
			t.Errorf("%q lies in %s, want %s", c.part, dir, want)
		}
		if want, err := DirDigest(dir); err != nil || got != want {
			t.Errorf("%q has digest %v, its folder %v (%v)", c.part, got, want, err)
		}
	}
	want, _, err := s.Part(d, "train")
	check(t, err)
	check(t, os.Remove(s.artifact(d)+listSuffix))
	if got, _, err := s.Part(d, "train"); got != want || err != nil {
		t.Errorf("without the list: %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"..", "../" + d.String(), "/", "/etc", ".", "train/..", "train/../heldout", "train/", "./train", "train//deep"} {
		if _, _, err := s.Part(d, bad); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("part %q: %v, want it refused", bad, err)
		}
	}
	for _, none := range []string{"watch", "train-more", "train/rows"} { // the last two are files
		if _, _, err := s.Part(d, none); !errors.Is(err, ErrNotFound) {
			t.Errorf("part %q: %v, want not found", none, err)
		}
	}
}

func TestWork(t *testing.T) {
	s := open(t, t.TempDir())
	dir, err := s.Work(Digest{7})
	check(t, err)
	write(t, dir, "checkpoint", "x")
	check(t, s.Close())
	s = open(t, s.Path())
	if again, err := s.Work(Digest{7}); err != nil || again != dir || names(t, again) != "checkpoint" {
		t.Errorf("%s, %v", again, err)
	}
	check(t, s.DropWork(Digest{7}))
	check(t, s.DropWork(Digest{7}))
	if w := names(t, filepath.Join(s.Path(), "work")); w != "" {
		t.Errorf("left: %s", w)
	}
}

func TestRecord(t *testing.T) {
	s := open(t, t.TempDir())
	out := put(t, s, "model", "x")
	r := Record{
		Key: Digest{1}, Kind: Weights, Name: "taught", Operator: "sft", Revision: 3, Settings: json.RawMessage(`{"Depth":4}`),
		Inputs: []Used{{Arg: "from", Block: "tokens.rows", Digest: Digest{2}, From: Digest{2}},
			{Arg: "watch", Block: "examples.lessons", Part: "watch", Digest: Digest{3}, From: Digest{4}}},
		Output: out, Bytes: 1, Machine: json.RawMessage(`{"cpu":"x"}`), Version: "v0", Began: time.Date(2026, 11, 25, 1, 2, 3, 4, time.UTC),
		Seconds: 1.5, Memory: 1 << 30, FLOPs: 2.4e13, Forecast: json.RawMessage(`{"high":2}`), Run: "20261125T010203Z-abcd",
	}
	check(t, s.Record(r))
	equal := func(got Record) {
		t.Helper()
		a, _ := json.Marshal(r)
		if b, _ := json.Marshal(got); string(a) != string(b) {
			t.Errorf("\n%s, want\n%s", b, a)
		}
	}
	got, ok, err := s.Made(r.Key)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	equal(got)
	r.Seconds, r.Inputs = 2, r.Inputs[:1]
	check(t, s.Record(r)) // replaces
	other := r
	other.Key, other.Began = Digest{9}, r.Began.Add(time.Nanosecond)
	check(t, s.Record(other))
	list, err := s.MadeBy(out)
	if err != nil || len(list) != 2 || list[0].Key != other.Key {
		t.Fatalf("%v, %v", list, err)
	}
	equal(list[1])
	if list, err := s.Earlier("sft", 3, r.Settings); len(list) != 2 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := s.Earlier("sft", 3, json.RawMessage(`{"Depth":5}`)); len(list) != 0 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	if _, ok, err := s.Made(Digest{8}); ok || err != nil {
		t.Error(ok, err)
	}
	check(t, s.removeArtifact(out))
	if _, ok, err := s.Made(r.Key); ok || err != nil {
		t.Errorf("made without its output: %v, %v", ok, err)
	}
	r.Settings = json.RawMessage(`{`)
	if err := s.Record(r); err == nil {
		t.Error("settings that are not JSON were kept")
	}
}

func TestLock(t *testing.T) {
	s := open(t, t.TempDir())
	unlock, err := s.Lock()
	check(t, err)
	other := open(t, s.Path())
	_, err = other.Lock()
	if e, ok := errors.AsType[*say.Error](err); !errors.Is(err, ErrLocked) || !ok || e.Next.IsZero() {
		t.Errorf("a second lock: %v", err)
	}
	if _, _, err := other.GC(t.Context(), false); !errors.Is(err, ErrLocked) {
		t.Errorf("gc under a lock: %v", err)
	}
	unlock()
	unlock()
	unlock, err = other.Lock()
	check(t, err)
	unlock()
}

// A child is this test binary running one of children.
type child struct {
	cmd *exec.Cmd
	out *bufio.Reader
	in  io.WriteCloser
}

const childVar = "SUIREN_STORE_TEST_CHILD"

var children = map[string]func(s *Store) error{"hold": hold, "make": makeForever}

func TestMain(m *testing.M) {
	if what := os.Getenv(childVar); what != "" {
		s, err := Open(os.Args[1])
		if err == nil {
			err = children[what](s)
		}
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, what, dir string, args ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	c := &child{cmd: exec.Command(exe, append([]string{dir}, args...)...)}
	c.cmd.Env = append(os.Environ(), childVar+"="+what)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	check(t, err)
	c.out = bufio.NewReader(out)
	c.in, err = c.cmd.StdinPipe()
	check(t, err)
	check(t, c.cmd.Start())
	t.Cleanup(c.kill)
	return c
}

// kill ends the child with SIGKILL and waits for its end.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

// hold takes the lock and a temporary directory and keeps both.
func hold(s *Store) error {
	if _, err := s.Lock(); err != nil {
		return err
	}
	dir, err := s.Temp()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "half"), []byte("x"), 0o600); err != nil {
		return err
	}
	os.Stdout.WriteString(dir + "\n")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// What a live process makes is left alone; what a dead one left is removed,
// and its lock is free.
func TestDeath(t *testing.T) {
	dir := t.TempDir()
	c := start(t, "hold", dir)
	line, err := c.out.ReadString('\n')
	check(t, err)
	half := filepath.Join(strings.TrimSpace(line), "half")
	s := open(t, dir)
	if _, err := os.Stat(half); err != nil {
		t.Errorf("a live process lost its work: %v", err)
	}
	if _, err := s.Lock(); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	c.kill()
	unlock, err := s.Lock()
	check(t, err)
	defer unlock()
	open(t, dir)
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dead process's work is still there: %v", err)
	}
	if left := names(t, filepath.Join(dir, "tmp")); left != "lock" {
		t.Errorf("in tmp: %s", left)
	}
}

// Processes that make a store at the same time make one.
func TestOpenTogether(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Temp(); err != nil {
				t.Error(err)
			}
			if err := s.SetBlock(Block{Kind: Corpus, Name: "a"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestNewerFormat(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.db.Exec("PRAGMA user_version = 99")
	check(t, err)
	if _, err := Open(s.Path()); err == nil || !strings.Contains(err.Error(), "newer suiren") {
		t.Errorf("%v", err)
	}
}

func TestNotADatabase(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "suiren.db"), []byte(strings.Repeat("no database ", 1000)), 0o600))
	_, err := Open(dir)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Next.IsZero() {
		t.Errorf("%v", err)
	}
}

// A folder's name may hold what means something in a URL.
func TestOddFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "状态 50%?x=1#y&z")
	s := open(t, dir)
	check(t, s.SetBlock(Block{Kind: Corpus, Name: "a"}))
	check(t, s.Close())
	if got := names(t, dir); !strings.Contains(got, "suiren.db") {
		t.Error(got)
	}
	if b, err := open(t, dir).Blocks(); len(b) != 1 || err != nil {
		t.Errorf("%v, %v", b, err)
	}
}
