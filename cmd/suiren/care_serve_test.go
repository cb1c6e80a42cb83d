package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/stage/operate/care"
)

// within waits until something is so: long, for a machine that does much beside.
func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

// A server makes the backups that the schedule asks for; those from before an erasure go with
// the next; that one fails is told, and so is a broken glass, at once.
func TestCareWhileServing(t *testing.T) {
	t.Parallel()
	dir, plan := madeCopy(t)
	to, told := filepath.Join(dir, "b"), filepath.Join(dir, "told")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	suiren(t, poem+"\n", "user", "add", "zs", "--plan", plan, "--password", "--title", "TITLE-zs")
	suiren(t, poem+"\n", "user", "add", "nurse", "--plan", plan, "--password")
	suiren(t, "", "alert", "add", "backup", "--level", "fail", "--file", told, "--plan", plan)
	suiren(t, "", "alert", "add", "emergency", "--file", told, "--plan", plan)
	suiren(t, "", "care", "backup", "--to", to, "--every", "24h", "--keep", "5", "--plan", plan)
	s, err := startServer(program("serve", plan, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.cmd.Process.Kill()
	owner := &visitor{t: t, address: s.Address, key: s.Key}
	book := bookDir(filepath.Join(plan, ".suiren")).care()
	state := func() *care.State {
		s, err := book.Read()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	within(t, "a backup of the schedule", func() bool { b := state().Backup; return b != nil && len(b.Made) == 1 })
	if len(holds(t, to, "TITLE-zs")) != 1 {
		t.Error("the backup does not hold what it should")
	}
	owner.must("POST", "/api/people/zs/erase", "")
	if text := owner.must("POST", "/api/backups", "{}"); !strings.Contains(text, `"task"`) {
		t.Error(text)
	}
	defer func() {
		if t.Failed() {
			t.Logf("%+v", state().Backup)
		}
	}()
	within(t, "the next backup, and the end of the one from before", func() bool {
		b := state().Backup
		list, _ := filepath.Glob(filepath.Join(to, "*.zst"))
		return len(b.Made) == 1 && len(list) == 1 && len(holds(t, to, "TITLE-zs")) == 0
	})
	if list, err := care.ReadErased(filepath.Join(to, care.ErasedName)); len(list) != 1 || err != nil {
		t.Errorf("beside the backups: %v %v", list, err)
	}

	// The disk is away.
	if err := os.Rename(to, to+"-away"); err != nil {
		t.Fatal(err)
	}
	owner.must("POST", "/api/backups", "{}")
	hears := func(words ...string) func() bool {
		return func() bool {
			b, _ := os.ReadFile(told)
			for line := range strings.Lines(string(b)) {
				all := true
				for _, w := range words {
					all = all && strings.Contains(line, w)
				}
				if all {
					return true
				}
			}
			return false
		}
	}
	within(t, "that no backup was made is told", hears(`"name":"backup","level":"fail"`, "is not there"))
	if _, err := os.Stat(to); err == nil {
		t.Error("a backup was written beside the disk that is away")
	}

	nurse := &visitor{t: t, address: s.Address}
	nurse.must("POST", "/api/session", `{"name":"nurse","password":"`+poem+`"}`)
	began := time.Now()
	nurse.must("POST", "/api/session/emergency", `{"reason":"a patient does not breathe","minutes":5}`)
	within(t, "a broken glass is told", hears(`"name":"emergency","level":"fail"`, "nurse"))
	t.Logf("told after %v", time.Since(began))
	b, err := os.ReadFile(told)
	if err != nil || strings.Contains(string(b), "breathe") {
		t.Errorf("the reason was told: %s %v", b, err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	suiren(t, "", "audit", "verify", plan)
}

// A command that cares for a folder waits while another process does, says so, and then
// does what is left; it stops waiting when it is interrupted.
func TestCareRunWaits(t *testing.T) {
	t.Parallel()
	dir, plan := madeCopy(t)
	to, said := filepath.Join(dir, "b"), filepath.Join(dir, "said")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	suiren(t, "", "care", "backup", "--to", to, "--every", "24h", "--plan", plan)
	waits := func() bool {
		b, _ := os.ReadFile(said)
		return strings.Contains(string(b), "waiting until it is done")
	}
	begin := func() *exec.Cmd {
		f, err := os.Create(said)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c := program("care", "run", "--plan", plan)
		c.Stdout, c.Stderr = f, f
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Process.Kill() })
		return c
	}
	var second *exec.Cmd
	ran, err := bookDir(filepath.Join(plan, ".suiren")).alone(func() error {
		first := begin()
		within(t, "that it waits is said", waits)
		if err := first.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if first.Wait(); first.ProcessState.ExitCode() != exitInterrupted {
			t.Errorf("interrupted while it waits: %v", first.ProcessState)
		}
		second = begin()
		within(t, "that it waits is said again", waits)
		return nil
	})
	if !ran || err != nil {
		t.Fatal(ran, err)
	}
	err = second.Wait()
	b, _ := os.ReadFile(said)
	if list, _ := filepath.Glob(filepath.Join(to, "*.zst")); err != nil || len(list) != 1 || !strings.Contains(string(b), "\nbackup: ") {
		t.Errorf("after it has waited: %v, %d backups\n%s", err, len(list), b)
	}
}
