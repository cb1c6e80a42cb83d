package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/store"
)

// A disk that fills stops apply with a clear message, at whatever step; what
// was made stays, and with more room apply goes on to the same bytes.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	_, want := madeDigests(t)
	dir, disk := newTutor(t), t.TempDir()
	size := func(kib, flags int) error {
		return syscall.Mount("tmpfs", disk, "tmpfs", uintptr(flags), fmt.Sprintf("size=%dk", kib))
	}
	kib, more := 1024, 768
	if err := size(kib, 0); err != nil {
		t.Skip("mounting a small disk needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	state := filepath.Join(disk, "state")
	stood := ""
	for stops := 0; ; stops++ {
		lang, words := "en", []string{"the disk is full; what was made before is safe", "--state"}
		if stops%2 == 1 {
			lang, words = "zh", []string{"磁盘已满；此前的产物不受影响", "--state"}
		}
		cmd := program("apply", dir, "--state", state, "--lang", lang, "--checkpoint-every", "1ms")
		out, err := cmd.CombinedOutput()
		if err == nil {
			if stops < 3 {
				t.Errorf("the disk was full %d times, so this tests little", stops)
			}
			break
		}
		if code := cmd.ProcessState.ExitCode(); code != exitFailed {
			t.Fatalf("%d KiB: exit code %d\n%s", kib, code, out)
		}
		for _, w := range words {
			if !strings.Contains(string(out), w) {
				t.Errorf("%d KiB: no %q in\n%s", kib, w, out)
			}
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		last := lines[len(lines)-1]
		t.Logf("%d KiB: %s", kib, last)
		// A little more room is made. What stood still stands.
		kib += more
		if err := size(kib, syscall.MS_REMOUNT); err != nil {
			t.Fatal(err)
		}
		now := digests(t, "--state", state)
		for block := range strings.Lines(stood) {
			if !strings.Contains(now, block) {
				t.Errorf("%d KiB: lost %s", kib, block)
			}
		}
		stood = now
	}
	if got := digests(t, "--state", state); got != want {
		t.Errorf("after full disks\n%s\nwithout\n%s", got, want)
	}
	if out, err := program("store", "verify", "--state", state).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A file that may not grow on is said to be that, in the state folder and
// outside it, and so is a full disk outside it.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	dir, model := t.TempDir(), filepath.Join(repository, "testdata/oracle/arch/qwen3")
	if err := os.WriteFile(filepath.Join(dir, plan.FileName), []byte("examples \"lessons\" {\n  generate = \"lessons\"\n  count = 8000\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	limited := func(blocks int, args ...string) string { // of 512 bytes
		c := exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec suiren "$@"`, blocks), "sh"}, args...)...)
		c.Env = append(os.Environ(), "SUIREN_THREADS=1")
		out, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitFailed {
			t.Errorf("%v: %v", args, err)
		}
		return string(out)
	}
	if out := limited(1024, "apply", dir, "--lang", "en"); !strings.Contains(out, "a file would be larger than the limit here; what was made before is safe; raise the limit (ulimit -f") || !strings.Contains(out, "--state") {
		t.Error(out)
	}
	if out := limited(8, "models", "export", model, filepath.Join(t.TempDir(), "m.gguf"), "--lang", "zh"); !strings.Contains(out, "文件将超过此处的大小上限；此前的产物不受影响；请在那里腾出空间或放宽上限（ulimit -f）") {
		t.Error(out)
	}
	// SQLite says of it only that it could not write.
	if out, err := program("apply", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out := limited(0, "show", "--plan", dir, "--lang", "zh"); !strings.Contains(out, "suiren.db: 文件将超过此处的大小上限") {
		t.Error(out)
	}
	if err := os.Remove(filepath.Join(dir, ".suiren", "usage.db")); err != nil { // nothing stands in it yet, and to begin it takes more
		t.Fatal(err)
	}
	if out := limited(66, "budget", "set", "all", "--requests", "1", "--plan", dir, "--lang", "zh"); !strings.Contains(out, "usage.db: 文件将超过此处的大小上限") {
		t.Error(out)
	}
	if out := limited(66, "user", "add", "first", "--plan", dir, "--lang", "en"); !strings.Contains(out, "people.db: a file would be larger than the limit here; what was made before is safe; free some space there or raise the limit (ulimit -f)") {
		t.Error(out)
	}
	// While steps are made the ledger may come to the limit first, which ends the run.
	small := t.TempDir()
	for name, text := range map[string]string{plan.FileName: "examples \"a\" {\n  path = \"c.jsonl\"\n  heldout = 0\n}\n",
		"c.jsonl": `{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}`} {
		if err := os.WriteFile(filepath.Join(small, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := limited(280, "apply", small, "--lang", "en"); !strings.Contains(out, "usage.db: a file would be larger than the limit here") || strings.Contains(out, "cancel") {
		t.Error(out)
	}
	suiren(t, "", "user", "add", "first", "--plan", dir)
	suiren(t, "", "budget", "set", "all", "--requests", "1", "--plan", dir)
	err := fmt.Errorf("export: %w", &fs.PathError{Op: "write", Path: "m.gguf", Err: syscall.ENOSPC})
	if got := say.Err(say.English, unjoin(err)[0]); !strings.HasPrefix(got, "m.gguf: the disk is full; ") || strings.Contains(got, "--state") {
		t.Error(got)
	}
}

// A folder that may not be written is said to be that, with the way round.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Skip("mounting a folder needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	_, err := openStore(filepath.Join(dir, ".suiren"))
	if got := say.Err(say.English, err); got != filepath.Join(dir, ".suiren")+": nothing can be written there: read-only file system; name another folder for what is made with --state, or run as its owner" {
		t.Error(got)
	}
	if got := say.Err(say.Chinese, err); !strings.HasSuffix(got, ": 此处无法写入：文件系统是只读的；请用 --state 为产物指定其他目录，或以其所有者身份运行") {
		t.Error(got)
	}
}

// What stands in a folder that may not be written is looked at as any other, while it
// is written elsewhere and when nobody has it open; what would write says why not.
func TestReadOnlyFolderShown(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, plan.FileName), []byte("examples \"lessons\" {\n  generate = \"lessons\"\n  count = 100\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := program("apply", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := program("key", "create", "ann", "--plan", dir).CombinedOutput(); err != nil { // which is logged
		t.Fatalf("%v\n%s", err, out)
	}
	if err := syscall.Mount(dir, at, "", syscall.MS_BIND, ""); err != nil {
		t.Skip("mounting a folder needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mount("", at, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, open := range []bool{false, true} {
		if open { // the newest is in SQLite's log
			st, err := store.Open(filepath.Join(dir, ".suiren"))
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			if err := st.SetBlock(store.Block{Kind: store.Policy, Name: "late"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range [][]string{{"show", "--plan", at}, {"status", at}, {"plan", at}, {"release", "list", "--plan", at}, {"usage", at}, {"trace", "list", "--plan", at},
			{"audit", "verify", at}, {"audit", "list", at}, {"show", "examples.lessons", "--plan", at}, {"key", "list", "--plan", at}} {
			out, err := program(c...).CombinedOutput()
			if err != nil || c[0] == "usage" && !strings.Contains(string(out), "cli") || len(c) == 3 && c[0] == "show" && (!strings.Contains(string(out), "examples.lessons") || open != strings.Contains(string(out), "policy.late")) {
				t.Errorf("%v, while it is open %t: %v\n%s", c, open, err, out)
			}
		}
		for _, c := range [][]string{{"store", "gc", at}, {"apply", at, "--anew", "examples.lessons"}} {
			if out, err := program(c...).CombinedOutput(); err == nil || !strings.Contains(string(out), "this state folder is read-only: what stands in it can be looked at, and nothing be made or changed; make it writable, or copy it and name the copy with --state") {
				t.Errorf("%v: %v\n%s", c, err, out)
			}
		}
		if out, err := program("budget", "set", "all", "--requests", "1", "--plan", at, "--lang", "zh").CombinedOutput(); err == nil || !strings.Contains(string(out), "用量账本只读：可以查看，但不能写入") {
			t.Errorf("%v\n%s", err, out)
		}
		if out, err := program("user", "add", "first", "--plan", at).CombinedOutput(); err == nil || !strings.Contains(string(out), "its disk is read-only: it can be looked at, and nothing be written") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
