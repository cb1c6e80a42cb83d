package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"suiren/stage/operate/care"
)

// small mounts a small disk, where this process may, and returns what fills it.
func small(t *testing.T, kib int) (disk string, fill func() (free func())) {
	t.Helper()
	disk = t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skip("mounting a small disk needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk, func() func() {
		path := filepath.Join(disk, "ballast")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for b := make([]byte, 4096); err == nil; _, err = f.Write(b) {
		}
		f.Close()
		return func() { os.Remove(path) }
	}
}

// On a full disk an erasure and a retention fail and say so, and nothing is lost; with room
// they come to their end.
func TestFullDiskErase(t *testing.T) {
	t.Parallel()
	disk, fill := small(t, 24<<10)
	k := newKept(t, filepath.Join(disk, "p"))
	k.person("zs")
	k.said("zs", 300, 1)
	k.said("other", 300, 1)
	k.said("old", 300, 40)
	k.check(k.dir.care().SetKeep(care.Content, 30))
	before := k.sum()
	fill()
	ballast := filepath.Join(disk, "ballast")
	info, err := os.Stat(ballast)
	k.check(err)
	stops := 0
	for room := int64(0); ; room += 96 << 10 { // at whatever step the room ends
		k.check(os.Truncate(ballast, max(0, info.Size()-room)))
		out, err := program("user", "erase", "zs", "--plan", k.plan).CombinedOutput()
		if err == nil || strings.Contains(string(out), "nobody of this name") {
			out, err = program("care", "run", "--plan", k.plan).CombinedOutput()
		}
		if err == nil {
			break
		}
		if stops++; !strings.Contains(string(out), "disk") {
			t.Errorf("%d KiB: %s", room>>10, out)
		}
		t.Logf("%d KiB: %.200s", room>>10, out)
		if room > info.Size() {
			t.Fatal("it does not end")
		}
	}
	if stops < 2 {
		t.Errorf("the disk was full %d times, so this tests little", stops)
	}
	os.Remove(ballast)
	if len(holds(t, string(k.dir), "SAID-other")) == 0 {
		t.Error("what another said is gone")
	}
	if found := holds(t, string(k.dir), "SAID-zs", "TITLE-zs", "SAID-old"); len(found) > 0 {
		t.Errorf("with room: %v", found)
	}
	if after := k.sum(); after != before {
		t.Errorf("the sums were %+v and are %+v", before, after)
	}
	suiren(t, "", "audit", "verify", k.plan)
}

// A backup that finds no room says so, is known to have failed, and takes nothing away that
// was made before.
func TestFullDiskBackup(t *testing.T) {
	t.Parallel()
	disk, fill := small(t, 8<<10)
	k := newKept(t, filepath.Join(t.TempDir(), "p"))
	k.said("li", 300, 1)
	k.check(k.dir.care().SetBackup(&care.Schedule{Hours: 1, Folder: disk, Keep: 1}))
	suiren(t, "", "care", "run", "--plan", k.plan)
	s, err := k.dir.care().Read()
	k.check(err)
	if len(s.Backup.Made) != 1 {
		t.Fatalf("%+v", s.Backup)
	}
	first := filepath.Join(disk, s.Backup.Made[0].Name)
	for i, known := range []bool{true, false} { // by the last one's size beforehand, or by the disk
		free := fill()
		k.check(k.dir.care().Change(func(s *care.State) error {
			s.Backup.Last = care.Run{}
			if !known {
				s.Backup.Made = nil
			}
			return nil
		}))
		time.Sleep(time.Second) // backups are named by the second
		out, err := program("care", "run", "--plan", k.plan).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "disk") {
			t.Errorf("%d: %v %s", i, err, out)
		}
		free()
		if s, err := k.dir.care().Read(); err != nil || s.Backup.Last.Error == "" {
			t.Errorf("%d: it is not known that it failed: %+v %v", i, s.Backup, err)
		}
		suiren(t, "", "restore", "--check", first)
		if list, err := filepath.Glob(filepath.Join(disk, "*.part")); len(list) > 0 || err != nil {
			t.Errorf("%d: left %v %v", i, list, err)
		}
	}
}
