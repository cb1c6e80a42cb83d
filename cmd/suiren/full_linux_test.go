package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
